#!/bin/bash
# TS 23.334 6.2.10.3.1.2 steps 10, 10' and 11 with real SYNs: IGNORE, LATCH, FILTER, both variants, IPv4 and IPv6.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
netns_begin

SYN='Flags \[S\]' SYNACK='Flags \[S\.\]' RESET='Flags \[R'

# (a) A SYN before the answer: silence. The repeated SYN after the answer is answered. The message crosses.
ignored_until_answered() {
	local f=$1 id=ignore$1
	offer "$f" "$id"
	core_peer "$f" "$id.core" --messages=1
	capture_ue "$id.cap"
	start "$id.order" gw tcpdump -i any -n -l --immediate-mode tcp
	wait_for 30 grep -q 'listening on' "$WORK/$id.order.log"
	ue_peer "$id.ue" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=hello
	wait_for 30 at_least 2 "$id.cap" "> [^ ]*\.$T1PORT: $SYN"
	[ "$(packets "$id.cap" "\.$T1PORT > .*($SYNACK|$RESET)")" = 0 ] || fail "the gateway answered an ignored SYN"
	grep -q accepted "$WORK/$id.core.log" && fail "T2 connected before T1"
	answer "$f" "$id" "$FINGERPRINT" || fail "answer refused"
	wait_for_exit "$id.ue" || fail "the UE's call"
	wait_for_exit "$id.core" || fail "the core's call"
	[ ! -e "$WORK/$id.cap.pid" ] || stop "$id.cap"
	grep -q 'received 200' "$WORK/$id.ue.log" || fail "no 200 at the UE"
	# (d) variant A, in the gateway's own packets: T2's first SYN after T1's SYN-ACK
	wait_for 30 at_least 1 "$id.order" "> [^ ]*\.$CORE_PORT: $SYN"
	awk -v ack="\\.$T1PORT > .*Flags \\[S\\.\\]" -v syn="\\.$CORE_PORT: Flags \\[S\\]" \
		'$0 ~ ack { acked = 1 } $0 ~ syn { exit !acked }' "$WORK/$id.order.log" ||
		fail "T2's SYN left before T1's was accepted (variant A)"
	stop "$id.order"
	hang_up "$id"
	wait_for 30 no_contexts
	note "IPv$f: early SYN dropped without RST, the repeated one answered, the message crossed, T2 after T1"
}

# (b) LATCH: the early SYN is accepted, TLS starts and waits for the fingerprint.
latched_and_paused() {
	local f=$1 id=latch$1
	offer "$f" "$id"
	core_peer "$f" "$id.core" --messages=1
	capture_ue "$id.cap"
	ue_peer "$id.ue" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=hello --early
	wait_for 30 at_least 1 "$id.cap" "\.$T1PORT > .*length ([5-9][0-9][0-9]|[1-9][0-9]{3})"
	grep -q 'tls up' "$WORK/$id.ue.log" && grep -q 'bytes-in=[1-9]' "$WORK/$id.core.log" && fail "bytes before the fingerprint"
	ctl show agw contexts >"$WORK/$id.paused"
	answer "$f" "$id" "$FINGERPRINT" || fail "answer refused"
	wait_for_exit "$id.ue" || fail "the UE's call"
	wait_for_exit "$id.core" || fail "the core's call"
	[ ! -e "$WORK/$id.cap.pid" ] || stop "$id.cap"
	hang_up "$id"
	wait_for 30 no_contexts
	note "IPv$f: LATCH accepts the early SYN, TLS waits for the fingerprint, the message crossed"
}

# The same with a stranger, who sends until he is stuck, and looks what we say only when he is not. When the fingerprint comes, the
# alert must not get lost in the RST that a socket with unread octets makes.
latched_and_strange() {
	local f=$1 id=strange$1
	offer "$f" "$id"
	core_peer "$f" "$id.core"
	start "$id.ue" ue bash -c "openssl s_client -connect $T1 -cert $WORK/ue.pem -key $WORK/ue.key -tls1_3 -quiet <$WORK/flood"
	wait_for 30 is_stuck
	answer "$f" "$id" "sha-256 $(printf 'AB:%.0s' $(seq 31))CD" || fail "answer refused"
	wait_for_exit "$id.ue" && fail "a stranger was let in"
	grep -q 'alert bad certificate' "$WORK/$id.ue.log" || fail "the stranger saw no alert"
	hang_up "$id"
	wait_for 30 no_contexts
	stop "$id.core"
	! grep -q 'bytes-in=[1-9]' "$WORK/$id.core.log" || fail "octets of a stranger reached the core"
	note "IPv$f: a stranger who floods sees the alert when the fingerprint comes"
}

# 16 KiB or more wait unread at T1.
is_stuck() {
	in_ns gw cat /proc/net/tcp /proc/net/tcp6 | grep -qE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$T1PORT") [^ ]+ [^ ]+ [^ ]+:000(0[4-9A-F]|[1-9A-F].)... "
}

# (c) FILTER: another port, another address: silence. The right one passes.
filtered() {
	local f=$1 id=filter$1 other
	other=$([ "$f" = 4 ] && echo 10.201.1.3 || echo 2001:db8:1::3)
	in_ns ue ip addr add "$other/$([ "$f" = 4 ] && echo 24 || echo 64)" dev to-gw $([ "$f" = 4 ] || echo nodad)
	offer "$f" "$id"
	core_peer "$f" "$id.core" --messages=1
	answer "$f" "$id" "$FINGERPRINT" active 40000 || fail "answer refused"
	capture_ue "$id.cap"
	ue_peer "$id.wrongport" --bind="$(bracket "$(ip_of "$f" UE)"):40001"
	ue_peer "$id.wronghost" --bind="$(bracket "$other"):40000"
	wait_for 30 at_least 2 "$id.cap" "\.40001 > [^ ]*\.$T1PORT: $SYN"
	wait_for 30 at_least 2 "$id.cap" "3\.40000 > [^ ]*\.$T1PORT: $SYN"
	[ "$(packets "$id.cap" "\.$T1PORT > .*($SYNACK|$RESET)")" = 0 ] || fail "the gateway answered a filtered SYN"
	ue_peer "$id.ue" --bind="$(bracket "$(ip_of "$f" UE)"):40000" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=hello
	wait_for_exit "$id.ue" || fail "the right source"
	wait_for_exit "$id.core" || fail "the core's call"
	[ ! -e "$WORK/$id.cap.pid" ] || stop "$id.cap"
	stop "$id.wrongport"; stop "$id.wronghost"
	in_ns ue ip addr del "$other/$([ "$f" = 4 ] && echo 24 || echo 64)" dev to-gw
	hang_up "$id"
	wait_for 30 no_contexts
	note "IPv$f: FILTER drops another port and another address, the right source passes"
}

# (d) variant B: the ALG orders T2; the core peer is connected before the UE sends its first SYN.
ordered() {
	local f=$1 id=order$1
	offer "$f" "$id"
	core_peer "$f" "$id.core" --messages=1
	answer "$f" "$id" "$FINGERPRINT" || fail "answer refused"
	wait_for 30 grep -q accepted "$WORK/$id.core.log"
	ue_peer "$id.ue" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=hello
	wait_for_exit "$id.ue" || fail "the UE's call"
	wait_for_exit "$id.core" || fail "the core's call"
	[ ! -e "$WORK/$id.cap.pid" ] || stop "$id.cap"
	hang_up "$id"
	wait_for 30 no_contexts
	note "IPv$f: variant B connects T2 on the ALG's order"
}

# (e) --early-syn=park: the early SYN gets no answer until the answer arms the port, and then at once: one SYN is all.
# FAMILY TRY; false when the SYN was repeated behind the answer, as it is where the gateway stood still.
parked_until_answered() {
	local f=$1 id=park$1-$2 parked unparked answered again=
	parked=$(count_of parked) unparked=$(count_of unparked)
	offer "$f" "$id"
	core_peer "$f" "$id.core" --messages=1
	capture_ue "$id.cap"
	ue_peer "$id.ue" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=hello
	wait_for 30 at_least 1 "$id.cap" "> [^ ]*\.$T1PORT: $SYN"
	wait_for 30 more_than "$parked" parked
	[ "$(packets "$id.cap" "\.$T1PORT > .*($SYNACK|$RESET)")" = 0 ] || fail "the gateway answered a parked SYN"
	answer "$f" "$id" "$FINGERPRINT" || fail "answer refused"
	answered=$(date +%H:%M:%S.%6N)
	wait_for_exit "$id.ue" || fail "the UE's call"
	wait_for_exit "$id.core" || fail "the core's call"
	# There may be repetitions before the answer, 1 s after the first SYN and later.
	awk -v to="\\.$T1PORT: Flags [[]S[]]," -v answered="$answered" '$0 ~ to && $1 "" > answered "" { again = 1 }
		END { exit !again }' "$WORK/$id.cap.log" && again=yes
	more_than "$unparked" unparked || fail "no SYN left the queue"
	hang_up "$id"
	wait_for 30 no_contexts
	stop "$id.cap"
	[ -z "$again" ] || { note "IPv$f: the UE repeated its SYN behind the answer"; return 1; }
	note "IPv$f: early SYN parked, accepted with the answer, no second SYN"
}

# A call that ends takes its parked SYN along: no answer, and nothing is left for the port's next call.
parked_and_gone() {
	local f=$1 id=gone$1 dropped
	offer "$f" "$id"
	capture_ue "$id.cap"
	dropped=$(count_of dropped)
	ue_peer "$id.ue"
	wait_for 30 at_least 1 "$id.cap" "> [^ ]*\.$T1PORT: $SYN"
	hang_up "$id"
	wait_for 30 no_contexts
	wait_for 30 more_than "$dropped" dropped
	[ "$(packets "$id.cap" "\.$T1PORT > .*($SYNACK|$RESET)")" = 0 ] || fail "the gateway answered a SYN of a call that is over"
	stop "$id.ue"
	stop "$id.cap"
	note "IPv$f: a parked SYN goes with its call, silently"
}

count_of() { ctl show agw counters | tr -d ' \n' | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }
more_than() { [ "$(count_of "$2")" -gt "$1" ]; }

if [ "${GATES:-nfqueue}" = nfqueue ] || [ "${GATES:-}" = park ]; then
	AGW_FLAGS=(--syn-gate=nfqueue:3,2 --early-syn=park)
	start_daemons --syn-policy=ignore
	make_ue ue
	for f in 4 6; do
		parked_until_answered $f 1 || parked_until_answered $f 2 || parked_until_answered $f 3 ||
			fail "the UE has to repeat its SYN"
		parked_and_gone $f
	done
	stop_daemons
fi

[ "${GATES:-}" != park ] || exit 0
head -c 4000000 /dev/zero >"$WORK/flood"
for gate in ${GATES:-nfqueue socket}; do
	for policy in ignore latch filter order; do
		AGW_FLAGS=(--syn-gate=$gate)
		case $policy in
		order) start_daemons --interlink=off ;;
		*) start_daemons --syn-policy=$policy ;;
		esac
		make_ue ue
		echo "# gate $gate, policy $policy"
		for f in 4 6; do
			case $policy in
			ignore) ignored_until_answered $f ;;
			latch) latched_and_paused $f && latched_and_strange $f ;;
			filter) filtered $f ;;
			order) ordered $f ;;
			esac
		done
		stop_daemons
	done
done
