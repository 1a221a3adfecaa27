#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The SYN gate against real SYNs: who must not be answered is not, at no time (TS 23.334 6.2.10.3.1.2.1 step 10).
. "${TOP_SRCDIR:-.}/tests/netns/lib.sh"

PROBE=$BUILD/tests/tools/gate_probe
SPRAY=$BUILD/tests/tools/syn_spray
LO=20000 HI=20063 PORTS=64
QUEUE=7
LAST=

netns_begin
[ -x "$PROBE" ] && [ -x "$SPRAY" ] || fail "gate_probe and syn_spray are not built"

# gate ARGS...: starts a probe on $GW and waits until it stands
gate()
{
	start probe gw "$PROBE" --ip "$GW" --ports $LO-$HI --queue $QUEUE "$@"
	wait_for 30 grep -q '^ready' "$WORK/probe.log"
}

gate_end()
{
	stop probe || fail "gate_probe ended with status $?"
	LAST=$(grep '^counters' "$WORK/probe.log")
}

# spray ARGS...: 20 SYNs to each port of the range; SENT, SYN_ACKS and RSTS are what came of it, where SENT is what the
# gateway got
spray()
{
	_lost=$(lost_on_the_way ue to-gw)
	in_ns ue "$SPRAY" --from "$UE" --to "$GW" --ports $LO-$HI --rate 20000 --count $((PORTS * 20)) "$@" \
		>"$WORK/spray.log" 2>&1 || fail "syn_spray: $(tail -n 1 "$WORK/spray.log")"
	set -- $(tail -n 1 "$WORK/spray.log")
	SENT=$(($2 + _lost - $(lost_on_the_way ue to-gw))) SYN_ACKS=$4 RSTS=$6
	ANSWERING=$(grep -c '^port.*syn-ack [1-9]' "$WORK/spray.log")
	wait_for 30 all_delivered
}

# Every port resets, which is nobody's but the kernel's doing.
is_reset()
{
	spray "$@"
	[ "$RSTS" -ge $PORTS ]
}

expect_silence()
{
	[ "$SYN_ACKS" = 0 ] && [ "$RSTS" = 0 ] ||
		fail "$1: expected no answer to $SENT SYNs, came $SYN_ACKS SYN-ACKs and $RSTS RSTs"
	note "$1: silent ($SENT SYNs)"
}

is_silent()
{
	spray --count $PORTS
	[ "$SYN_ACKS$RSTS" = 00 ]
}

expect_all_ports()
{
	[ "$ANSWERING" = $PORTS ] && [ "$SYN_ACKS" -ge $PORTS ] ||
		fail "$1: expected a SYN-ACK from $PORTS ports, came $SYN_ACKS from $ANSWERING"
	note "$1: every port answers"
}

# counter NAME: of the gate that has ended
counter()
{
	echo "$LAST" | sed "s/.* $1 \([0-9]*\).*/\1/"
}

expect_counter()
{
	_got=$(counter "$1")
	[ "$_got" = "$2" ] || fail "counter $1: expected $2, got $_got ($LAST)"
}

# Where there is a sieve, it must have dropped all of the latest flood, so that none was queued.
expect_sieved()
{
	grep -q 'sieve=bpf' "$WORK/probe.log" || return 0
	expect_counter sieved "$SENT"
	note "$1: dropped in the kernel"
}

rules()
{
	in_ns gw iptables -t mangle -S 2>/dev/null
	in_ns gw ip6tables -t mangle -S 2>/dev/null
	in_ns gw nft list ruleset inet 2>/dev/null
}

expect_no_rules()
{
	! rules | grep -iqE 'ims.(gate|sieve)' || fail "$1: rules stayed behind: $(rules | grep -iE 'ims.(gate|sieve)')"
}

# Where the sieve accepts, too, it must have accepted all of N SYNs, so that none was queued.
expect_passed()
{
	grep -q 'accepts-by=bpf' "$WORK/probe.log" || return 0
	expect_counter passed "$2"
	note "$1: accepted in the kernel"
}

# What only one of the kinds can do is not asked here: $KIND is nfqueue or socket.
check_kind()
{
	gate --kind $KIND --do hold --mode ignore
	spray
	expect_silence "$FAMILY $KIND: listeners that ignore"
	gate_end

	[ $KIND = socket ] || check_without_sieve

	gate --kind $KIND --do churn
	spray --count 40000
	[ "$SYN_ACKS" = 0 ] || fail "$FAMILY $KIND: $SYN_ACKS SYN-ACKs while listeners come and go"
	[ $KIND = socket ] || expect_silence "$FAMILY $KIND: listeners that come and go"
	gate_end
	expect_counter listened 0
	if [ $KIND = nfqueue ]; then
		expect_counter dropped $((SENT - $(counter overflows)))
		expect_counter foreign 0
		expect_sieved "$FAMILY: ports that nobody is let in by"
	fi

	gate --kind $KIND --do hold --mode addr-port --remote "$UE_HOST:40000"
	spray --sport 40001
	expect_silence "$FAMILY $KIND: another port than the signalled one"
	spray --answers $PORTS --sport 40000
	expect_all_ports "$FAMILY $KIND: the signalled address and port"
	gate_end
	expect_passed "$FAMILY: the signalled address and port" "$SENT"

	gate --kind $KIND --do hold --mode addr --remote "$STRANGER:40000"
	spray
	expect_silence "$FAMILY $KIND: another address than the signalled one"
	gate_end
	[ $KIND = socket ] || expect_sieved "$FAMILY: another address"

	gate --kind $KIND --do hold --mode addr --remote "$UE_HOST:1"
	spray --answers $PORTS
	expect_all_ports "$FAMILY $KIND: the signalled address, any port"
	gate_end
	expect_passed "$FAMILY: the signalled address, any port" "$SENT"

	gate --kind $KIND --do hold --mode latch
	spray --answers $PORTS
	expect_all_ports "$FAMILY $KIND: latching"
	gate_end
	expect_passed "$FAMILY: latching" "$SENT"
}

# The queue alone is as tight.
check_without_sieve()
{
	gate --kind $KIND --sieve no --do churn
	spray --count 40000
	expect_silence "$FAMILY $KIND: without a sieve, listeners that come and go"
	gate_end
	expect_counter listened 0
	expect_counter sieved 0
	gate --kind $KIND --sieve no --do hold --mode addr-port --remote "$UE_HOST:40000"
	spray --sport 40001
	expect_silence "$FAMILY $KIND: without a sieve, another port than the signalled one"
	spray --answers $PORTS --sport 40000
	expect_all_ports "$FAMILY $KIND: without a sieve, the signalled address and port"
	gate_end
}

check_nfqueue_only()
{
	gate --kind nfqueue --do empty
	spray
	expect_silence "$FAMILY nfqueue: ports without a listener"
	comes 30 is_reset --ports $((HI + 1))-$((HI + PORTS)) ||
		fail "ports outside the range are none of our business, but only $RSTS of $SENT RSTs came"
	gate_end
	expect_no_rules "after a clean stop"
	comes 30 is_reset ||
		fail "after a clean stop the kernel answers by itself, but only $RSTS RSTs came"

	gate --kind nfqueue --do hold --mode latch
	end_with probe KILL
	wait_for 30 is_silent # the kernel needs a moment until nobody is accepted; who may come is told by a RST till then
	spray
	expect_silence "$FAMILY nfqueue: after a crash"
	gate --kind auto --do hold --mode ignore
	grep -q '^ready nfqueue' "$WORK/probe.log" || fail "auto did not take nfqueue: $(cat "$WORK/probe.log")"
	_n=$(rules | grep -c 'NFQUEUE\|queue num')
	[ "$_n" = 1 ] || fail "the crashed run's rules were not replaced: $_n rules"
	_n=$(rules | grep -c 'INPUT -j IMS-GATE')
	[ "$_n" -le 1 ] || fail "the crashed run's jump was not replaced: $_n jumps"
	spray
	expect_silence "$FAMILY nfqueue: after a restart"

	if in_ns gw "$PROBE" --kind nfqueue --ip "$GW" --ports $LO-$HI --queue $QUEUE --do empty \
		>"$WORK/second.log" 2>&1; then
		fail "a second gate got the same queue"
	fi
	start second gw "$PROBE" --kind auto --ip "$GW" --ports $((HI + 1))-$((HI + 1)) --queue $QUEUE --do empty
	wait_for 30 grep -q '^ready' "$WORK/second.log"
	grep -q '^ready socket' "$WORK/second.log" || fail "auto with its queue in use: $(cat "$WORK/second.log")"
	grep -q 'another reader' "$WORK/second.log" || fail "auto does not say why it took socket filters"
	stop second || fail "auto with its queue in use ended with status $?"
	spray
	expect_silence "$FAMILY nfqueue: after a second gate's attempts"
	gate_end
	expect_no_rules "after the restart"
}

# Nothing waits for a verdict.
is_drained()
{
	in_ns gw awk '$3 > 0 { waits = 1 } END { exit waits }' /proc/net/netfilter/nfnetlink_queue
}

# SYNs of many sources spread over all queues, and each queue decides alike. The kernel counts what it queued in the
# last column but one.
check_queues()
{
	gate --kind nfqueue --sieve no --queues 2 --do hold --mode latch
	_all=0
	for _i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		case $FAMILY in
		ipv4) _from=10.201.1.$((100 + _i)) _bits=24 _flags= ;;
		ipv6) _from=2001:db8:1::1$_i _bits=64 _flags=nodad ;;
		esac
		in_ns ue ip addr add "$_from/$_bits" dev to-gw $_flags
		spray --from "$_from" --rate 40000 --count $((PORTS * 8)) --answers $PORTS
		[ "$ANSWERING" = $PORTS ] || fail "$FAMILY: a queue does not let $_from in"
		_all=$((_all + SENT))
		in_ns ue ip addr del "$_from/$_bits" dev to-gw
	done
	wait_for 30 is_drained
	_used=$(in_ns gw awk '$8 > 0' /proc/net/netfilter/nfnetlink_queue | wc -l)
	gate_end
	[ "$_used" = 2 ] || fail "$FAMILY: SYNs of 16 sources came to $_used of 2 queues"
	expect_counter accepted $((_all - $(counter overflows)))
	note "$FAMILY nfqueue: two queues share the work"
}

check_privileges()
{
	command -v setpriv >/dev/null || { note "no setpriv: privileges are not checked"; return; }
	start probe gw setpriv --bounding-set -net_admin --inh-caps -all -- \
		"$PROBE" --ip "$GW" --ports $LO-$HI --queue $QUEUE --kind auto --do hold --mode ignore
	wait_for 30 grep -q '^ready\|error:' "$WORK/probe.log"
	grep -q 'CAP_NET_ADMIN' "$WORK/probe.log" || fail "the log does not say what nfqueue lacks"
	if grep -q '^ready socket' "$WORK/probe.log"; then
		spray
		expect_silence "$FAMILY auto without CAP_NET_ADMIN"
		gate_end
	else # Linux of 2026 and later refuses filters as well
		! stop probe || fail "auto without CAP_NET_ADMIN: expected an error, not $(cat "$WORK/probe.log")"
		grep -q 'socket filters.*not permitted' "$WORK/probe.log" || fail "auto does not say why it gave up"
		note "auto without CAP_NET_ADMIN says why it cannot work"
	fi

	start probe gw setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps +net_admin \
		--ambient-caps +net_admin -- \
		"$PROBE" --ip "$GW" --ports $LO-$HI --queue $QUEUE --kind nfqueue --do hold --mode ignore
	wait_for 30 grep -q '^ready\|not possible' "$WORK/probe.log"
	grep -q '^ready nfqueue' "$WORK/probe.log" || fail "CAP_NET_ADMIN alone is not enough for nfqueue"
	spray
	expect_silence "$FAMILY nfqueue by a user with CAP_NET_ADMIN only"
	gate_end
	expect_no_rules "a user with CAP_NET_ADMIN only"
}

check_family()
{
	KIND=socket
	check_kind
	if start probe gw "$PROBE" --ip "$GW" --ports $LO-$HI --queue $QUEUE --kind nfqueue --do empty &&
		wait_for 30 grep -q '^ready\|not possible' "$WORK/probe.log" &&
		grep -q '^ready' "$WORK/probe.log"; then
		gate_end
		KIND=nfqueue
		check_kind
		check_nfqueue_only
		check_queues
		check_privileges
	else
		NO_QUEUE=$(cat "$WORK/probe.log")
	fi
}

NO_QUEUE=
FAMILY=ipv4 UE=$UE4 UE_HOST=$UE4 GW=$GW_ACCESS4 STRANGER=$CORE4
check_family
FAMILY=ipv6 UE=$UE6 UE_HOST=[$UE6] GW=$GW_ACCESS6 STRANGER=[$CORE6]
check_family
[ -z "$NO_QUEUE" ] || skip "socket filters pass; no NFQUEUE here: $NO_QUEUE"
