#!/bin/bash
# MSRP clients that are not ours talk through a gateway that is application-aware, plain and with TLS on the access side,
# and through one that is not: text, messages in many chunks, reports, NICKNAME, abort. Neither is packaged by Debian:
# MSRP_NODE_LIB is the folder of msrp-node-lib with its dependencies, MSRP_JAVA the class path of msrp-java with
# slf4j-api. Neither knows TLS: stunnel, with the UE's certificate, stands before the one that is the UE.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
[ -n "${MSRP_NODE_LIB:-}${MSRP_JAVA:-}" ] || skip "neither MSRP_NODE_LIB nor MSRP_JAVA is set"
netns_begin
tools=$(realpath "$TOP_SRCDIR/tests/tools")

# through ID: the offer in ID.o becomes ID.o.gw, the answer in ID.a becomes ID.a.gw; both get paths of the gateway.
through() {
	local id=$1
	wait_for 30 test -s "$WORK/$id.o"
	ctl offer --call-id="$id" --from-tag=core --direction=core,access --sdp="$WORK/$id.o" e2ae=off \
		>"$WORK/$id.tmp" || fail "offer $id was refused"
	mv "$WORK/$id.tmp" "$WORK/$id.o.gw"
	wait_for 30 test -s "$WORK/$id.a"
	ctl answer --call-id="$id" --from-tag=core --to-tag=ue --direction=access,core --sdp="$WORK/$id.a" \
		e2ae=off >"$WORK/$id.tmp" || fail "answer $id was refused"
	mv "$WORK/$id.tmp" "$WORK/$id.a.gw"
	path_in "$WORK/$id.o.gw" | grep -q "^msrp://$GW_ACCESS4:" || fail "the UE was not offered a path of the gateway"
	path_in "$WORK/$id.a.gw" | grep -q "^msrp://$GW_CORE4:" || fail "the core was not answered a path of the gateway"
}

# tls_through ID MODE SCHEME: the UE's offer in ID.o gets TLS and becomes ID.o.gw, the core's answer in ID.a becomes
# ID.a.gw without TLS: that is stunnel's, which takes over where the UE dials. SCHEME is that of the UE's own path.
tls_through() {
	local id=$1 mode=$2 scheme=$3 dialled
	wait_for 30 test -s "$WORK/$id.o"
	sed -e 's|TCP/MSRP|TCP/TLS/MSRP|' -e "s|^a=path:msrp:|a=path:$scheme:|" \
		-e "s|^a=setup:.*|&\na=fingerprint:$FINGERPRINT\r\na=3ge2ae:requested\r|" "$WORK/$id.o" >"$WORK/$id.o.tls"
	ctl offer --call-id="$id" --from-tag=core --direction=access,core --sdp="$WORK/$id.o.tls" msrp="$mode" \
		>"$WORK/$id.tmp" || fail "offer $id was refused"
	mv "$WORK/$id.tmp" "$WORK/$id.o.gw"
	wait_for 30 test -s "$WORK/$id.a"
	ctl answer --call-id="$id" --from-tag=core --to-tag=ue --direction=core,access --sdp="$WORK/$id.a" \
		msrp="$mode" >"$WORK/$id.a.tls" || fail "answer $id was refused"
	grep -q '^m=message [1-9][0-9]* TCP/TLS/MSRP' "$WORK/$id.a.tls" || fail "the UE was not answered TLS"
	dialled=$(path_in "$WORK/$id.a.tls" | sed 's|.*//\([^/]*\)/.*|\1|')
	printf '%s\n' 'foreground = yes' 'pid =' 'setuid = nobody' '[ue]' 'client = yes' 'accept = 127.0.0.1:7500' \
		"connect = $(address_in "$WORK/$id.a.tls")" "cert = $WORK/ue.pem" "key = $WORK/ue.key" >"$WORK/$id.stunnel"
	start "$id.stunnel" ue stunnel "$WORK/$id.stunnel"
	wait_for 30 in_ns ue sh -c "ss -Hltn 'sport = :7500' | grep -q 7500"
	in_ns ue iptables -t nat -F OUTPUT
	in_ns ue iptables -t nat -A OUTPUT -p tcp -d "${dialled%:*}" --dport "${dialled##*:}" \
		-m owner ! --uid-owner nobody -j REDIRECT --to-ports 7500 || fail "no redirection"
	sed -e 's|TCP/TLS/MSRP|TCP/MSRP|' -e '/^a=fingerprint/d' -e '/^a=3ge2ae/d' "$WORK/$id.a.tls" >"$WORK/$id.tmp"
	mv "$WORK/$id.tmp" "$WORK/$id.a.gw"
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
counted() { statistics | grep -o "\"$1\":[0-9]*" | cut -d: -f2; }

# node_end HOST ROLE ADDRESS PORT ID, java_end HOST ROLE ADDRESS ID: a client, whose log is HOST's.
node_end() {
	local in=o.gw out=a
	[ "$2" = answer ] || in=a.gw out=o
	start "node.$1" "$1" node "$tools/msrp-node-end.js" "$MSRP_NODE_LIB" "$2" "$3" "$4" "$WORK/$5.$in" "$WORK/$5.$out"
}
java_end() {
	local in=o.gw out=a
	[ "$2" = answer ] || in=a.gw out=o
	start "java.$1" "$1" java -cp "$MSRP_JAVA:$WORK" MsrpJavaEnd "$2" "$3" "$WORK/$4.$in" "$WORK/$4.$out" "$WORK/file"
}

# node_talks ID, java_talks ID: all that the ends have to say arrives; then the call ends. OFFERER is ue or core.
node_talks() {
	wait_for 30 arrived node.core node.ue
	wait_for 30 arrived node.ue node.core
	end_call node "$1"
}
java_talks() {
	local answerer=core
	[ "$OFFERER" = ue ] || answerer=ue
	wait_for 30 arrived java.core java.ue
	wait_for 30 arrived java.ue java.core
	wait_for 30 has 2 java.core report
	wait_for 30 has 2 java.ue report
	wait_for 30 has 1 java.$answerer 'nickname Alice'
	wait_for 30 has 1 "java.$OFFERER" 'nickname answered'
	wait_for 30 has 1 java.$answerer aborted
	! grep -hE '^(failed|lost)' "$WORK"/java.*.log || fail "a client is not content"
	end_call java "$1"
}
end_call() {
	stop "$1.core"
	stop "$1.ue"
	hang_up "$2"
	wait_for 30 no_contexts
}

has_tls() { command -v stunnel >/dev/null && command -v iptables >/dev/null; }

start_daemons --msrp=aware
make_ue ue
# The UE must know a way to where its client dials, though stunnel will go elsewhere.
in_ns ue ip route add default via $GW_ACCESS4
has_tls || note "without stunnel and iptables: no TLS"

if [ -n "${MSRP_NODE_LIB:-}" ]; then
	command -v node >/dev/null || skip "needs node"
	node_end core offer $CORE4 7001 n
	node_end ue answer $UE4 7002 n
	through n
	node_talks n
	note "msrp-node-lib, aware: text and chunks both ways"
	for mode in aware agnostic; do
		has_tls || continue
		before=$(counted msrp_messages)
		node_end ue offer $UE4 7002 n$mode
		node_end core answer $CORE4 7001 n$mode
		tls_through n$mode $mode msrps
		node_talks n$mode
		stop n$mode.stunnel
		[ $mode = aware ] || [ "$(counted msrp_messages)" = "$before" ] || fail "the gateway looked at messages"
		note "msrp-node-lib over TLS, $mode: text and chunks both ways"
	done
fi

if [ -n "${MSRP_JAVA:-}" ]; then
	command -v javac >/dev/null || skip "needs javac"
	javac -nowarn -cp "$MSRP_JAVA" -d "$WORK" "$tools/MsrpJavaEnd.java" || fail "MsrpJavaEnd.java"
	head -c 60000000 /dev/urandom >"$WORK/file"
	java_end core offer $CORE4 j
	java_end ue answer $UE4 j
	through j
	OFFERER=core java_talks j
	note "msrp-java, aware: text, chunks, reports, NICKNAME, abort"
	for mode in aware agnostic; do
		has_tls || continue
		java_end ue offer $UE4 j$mode
		java_end core answer $CORE4 j$mode
		# It knows itself by msrp:// only.
		tls_through j$mode $mode msrp
		OFFERER=ue java_talks j$mode
		stop j$mode.stunnel
		note "msrp-java over TLS, $mode: text, chunks, reports, NICKNAME, abort"
	done
fi

[ "$(counted msrp_errors)" = 0 ] || fail "the gateway did not pass everything on: $(statistics)"
! has_tls || [ "$(counted fp_matched)" -ge 2 ] || fail "there was no TLS: $(statistics)"
stop_daemons
