#!/bin/bash
# MSRP clients that are not ours talk through an application-aware gateway: text, messages in many chunks, reports,
# NICKNAME, abort. Neither is packaged by Debian: MSRP_NODE_LIB is the folder of msrp-node-lib with its dependencies,
# MSRP_JAVA the class path of msrp-java with slf4j-api.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
[ -n "${MSRP_NODE_LIB:-}${MSRP_JAVA:-}" ] || skip "neither MSRP_NODE_LIB nor MSRP_JAVA is set"
netns_begin
tools=$(realpath "$TOP_SRCDIR/tests/tools")

# through ID: the offer in ID.o becomes ID.o.gw, the answer in ID.a becomes ID.a.gw; both get paths of the gateway.
through() {
	local id=$1
	wait_for 20 test -s "$WORK/$id.o"
	ctl offer --call-id="$id" --from-tag=core --direction=core,access --sdp="$WORK/$id.o" e2ae=off \
		>"$WORK/$id.tmp" || fail "offer $id was refused"
	mv "$WORK/$id.tmp" "$WORK/$id.o.gw"
	wait_for 20 test -s "$WORK/$id.a"
	ctl answer --call-id="$id" --from-tag=core --to-tag=ue --direction=access,core --sdp="$WORK/$id.a" \
		e2ae=off >"$WORK/$id.tmp" || fail "answer $id was refused"
	mv "$WORK/$id.tmp" "$WORK/$id.a.gw"
	path_in "$WORK/$id.o.gw" | grep -q "^msrp://$GW_ACCESS4:" || fail "the UE was not offered a path of the gateway"
	path_in "$WORK/$id.a.gw" | grep -q "^msrp://$GW_CORE4:" || fail "the core was not answered a path of the gateway"
}

# arrived FROM TO: all that FROM says that it sends, TO got. Both have sent COUNT.
arrived() {
	local from=$WORK/$1.log to=$WORK/$2.log
	[ "$(grep -c '^sends' "$from")" = 2 ] || return 1
	while read -r _ what; do
		grep -qx "got $what" "$to" || return 1
	done < <(grep '^sends' "$from")
}

# has N NAME LINE: at least N lines like that.
has() { [ "$(grep -cx "$3.*" "$WORK/$2.log")" -ge "$1" ]; }

statistics() { ctl show agw counters | tr -d ' \n'; }

start_daemons --msrp=aware

if [ -n "${MSRP_NODE_LIB:-}" ]; then
	command -v node >/dev/null || skip "needs node"
	start node.core core node "$tools/msrp-node-end.js" "$MSRP_NODE_LIB" offer $CORE4 7001 "$WORK/n.a.gw" "$WORK/n.o"
	start node.ue ue node "$tools/msrp-node-end.js" "$MSRP_NODE_LIB" answer $UE4 7002 "$WORK/n.o.gw" "$WORK/n.a"
	through n
	wait_for 20 arrived node.core node.ue
	wait_for 20 arrived node.ue node.core
	stop node.core
	stop node.ue
	hang_up n
	wait_for 15 no_contexts
	note "msrp-node-lib: text and chunks both ways"
fi

if [ -n "${MSRP_JAVA:-}" ]; then
	command -v javac >/dev/null || skip "needs javac"
	javac -nowarn -cp "$MSRP_JAVA" -d "$WORK" "$tools/MsrpJavaEnd.java" || fail "MsrpJavaEnd.java"
	head -c 60000000 /dev/urandom >"$WORK/file"
	for end in core:offer:$CORE4:a.gw:o ue:answer:$UE4:o.gw:a; do
		IFS=: read -r host role address in out <<<"$end"
		start "java.$host" "$host" java -cp "$MSRP_JAVA:$WORK" MsrpJavaEnd "$role" "$address" \
			"$WORK/j.$in" "$WORK/j.$out" "$WORK/file"
	done
	through j
	wait_for 20 arrived java.core java.ue
	wait_for 20 arrived java.ue java.core
	wait_for 10 has 2 java.core report
	wait_for 10 has 2 java.ue report
	wait_for 10 has 1 java.ue 'nickname Alice'
	wait_for 10 has 1 java.core 'nickname answered'
	wait_for 20 has 1 java.ue aborted
	! grep -hE '^(failed|lost)' "$WORK"/java.*.log || fail "a client is not content"
	stop java.core
	stop java.ue
	hang_up j
	wait_for 15 no_contexts
	note "msrp-java: text, chunks, reports, NICKNAME, abort"
fi

statistics | grep -q '"msrp_errors":0[,}]' || fail "the gateway did not pass everything on: $(statistics)"
stop_daemons
