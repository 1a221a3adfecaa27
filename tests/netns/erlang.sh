# Sourced after daemons.sh: Erlang/OTP's megaco application (tests/erlang/h248_peer.escript) at the other end of H.248.
# shellcheck shell=bash

# Both ends are on this host, over either IP version.
LOOP4=127.0.0.1 LOOP6=::1

need_erlang() {
	command -v escript >/dev/null || skip "escript is not installed (erlang-base)"
	erl -noshell -eval 'halt(case code:lib_dir(megaco) of {error, _} -> 1; _ -> 0 end).' || skip "no erlang-megaco"
}

declare -A PEER_INPUT

# start_peer NAME mgc|mg tcp|udp ADDRESS PORT pretty|compact: in the gateway namespace; the following commands are for
# it, until there is another one or use_peer NAME.
start_peer() {
	local name=$1 fd
	shift
	mkfifo "$WORK/$name.in"
	# shellcheck disable=SC2016
	start "$name" gw bash -c 'in=$1; shift; exec escript "$@" <"$in"' peer "$WORK/$name.in" \
		"$TOP_SRCDIR/tests/erlang/h248_peer.escript" "$@" "$WORK/$name.trace"
	exec {fd}>"$WORK/$name.in"
	PEER_INPUT[$name]=$fd
	PEER=$name
	wait_for $PEER_S heard "== $1 runs"
}

use_peer() { PEER=$1; }

end_peer() {
	local fd=${PEER_INPUT[$PEER]}
	echo quit >&"$fd"
	wait_for_exit "$PEER" || fail "$PEER ended with $?"
	exec {fd}>&-
	rm "$WORK/$PEER.in"
	# A copy of the first ServiceChange, which is version 1, may still come over UDP when version 2 has been agreed on; and
	# a request that was repeated, on a slow machine, is answered twice.
	local late='406,"Not negotiated version: 1 '
	[[ $PEER == *udp* ]] && late+="|^== unexpected [{]'TransactionReply'"
	! grep -E '^== (undecodable|syntax error|message error|bad request|unexpected)' "$WORK/$PEER.log" |
		grep -vE -- "$late" || fail "$PEER did not understand everything"
	# Not an error: an answer that found the connection closed, since the other end has just left.
	awk '/ERROR REPORT/ { report = 1 } /failed \(error\) sending message/ { report = 0 } END { exit report }' \
		"$WORK/$PEER.log" || fail "$PEER reported an error"
}

# What the peer's log has: a fixed string in any case, at least COUNT times.
heard() { [ "$(grep -ciF -- "$1" "$WORK/$PEER.log")" -ge "${2:-1}" ]; }
requests_done() { grep -c '^== done' "$WORK/$PEER.log"; }
more_done() { [ "$(requests_done)" -gt "$1" ]; }

# request VERDICT: sends the actions on standard input; "ok" or "error CODE" must come. Sets REPLY_TEXT.
request() {
	local before got
	before=$(requests_done)
	{ echo send; cat; echo .; } >&"${PEER_INPUT[$PEER]}"
	wait_for 60 more_done "$before"
	got=$(grep '^== done' "$WORK/$PEER.log" | tail -n 1)
	[ "$got" = "== done $1" ] || fail "wanted $1, got: $got"
	REPLY_TEXT=$(awk '/^(<--|-->|==) / { if (reply) last = text; text = ""; reply = 0; next }
		{ text = text $0 "\n" } /^(Reply|P) ?=/ { reply = 1 } END { printf "%s", last }' "$WORK/$PEER.log")
}

# replied REGEX: stands in the reply, in any case? (Erlang sends names in lower case, and they come back so.)
replied() { tr -d ' \t\r\n' <<<"$REPLY_TEXT" | grep -qiE -- "$1"; }
# The first group of REGEX in the reply, by sed's basic expressions; the Nth line that has one.
from_reply() { tr -d '\r' <<<"$REPLY_TEXT" | sed -n "s/.*$1.*/\1/p" | sed -n "${2:-1}p"; }

# agw_registered PROTO HOST [COUNT]: the gateway has the peer's reply, too. The peer tells what it hears before it answers,
# and until then the gateway takes no orders (505).
agw_registered() { [ "$(grep -cF "registered mgc=$1:$(bracket "$2"):2944" "$WORK/agw.log")" -ge "${3:-1}" ]; }

# What passed at all peers decodes with each other's decoders, and means the same after us as before.
check_texts() {
	"$TOP_SRCDIR/tests/erlang/mgco.sh" "$WORK"/*.trace/in "$WORK"/*.trace/out || fail "see above"
}
