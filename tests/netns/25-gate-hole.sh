#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The gate of the running daemon has no hole: terminations are opened, armed and closed in a loop while another host sprays
# SYNs at the whole range. Not one is answered, and with NFQUEUE not one is reset.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
netns_begin

STRANGER4=10.201.1.9
CALLS=25

# spray NAME SOURCE GATE: SYNs to T1's range until the calls are over; the totals must be silence.
spray() { start "$1" ue syn_spray --from "$2" --to "$GW_ACCESS4" --ports 20000-20199 --rate 20000 --count 30000; }
silence() { # NAME GATE
	wait_for_exit "$1" || fail "syn_spray: $(tail -n 1 "$WORK/$1.log")"
	# shellcheck disable=SC2046
	set -- "$1" "$2" $(tail -n 1 "$WORK/$1.log")
	[ "$6" = 0 ] || fail "$1: $6 of $4 SYNs were answered"
	[ "$2" = socket ] || [ "$8" = 0 ] || fail "$1: $8 of $4 SYNs were reset"
	note "$1: $4 SYNs, $6 answered, $8 reset"
}

in_ns ue ip addr add $STRANGER4/24 dev to-gw
for gate in nfqueue socket; do
	AGW_FLAGS=(--syn-gate=$gate)
	start_daemons --syn-policy=ignore
	make_ue ue

	spray $gate-ignored "$UE4" # the UE itself, whose answer never comes
	for i in $(seq $CALLS); do
		offer 4 "i$i"
		hang_up "i$i"
	done
	silence $gate-ignored $gate

	spray $gate-armed $STRANGER4 # a stranger, while the ports are armed for the UE
	for i in $(seq $CALLS); do
		offer 4 "a$i"
		answer 4 "a$i" "$FINGERPRINT" || fail "answer refused"
		hang_up "a$i"
	done
	silence $gate-armed $gate
	wait_for 30 no_contexts
	stop_daemons
done

# A crash leaves ports that are silent to all, to the one who was let in as well: nothing of what accepts outlives us.
# probe none|some: does the port answer the one who may come not at all, or with a SYN-ACK?
probe() {
	in_ns ue syn_spray --from "$UE4" --to "$GW_ACCESS4" --ports "$T1PORT-$T1PORT" --rate 1000 --count 10 >"$WORK/probe.log" 2>&1
	# shellcheck disable=SC2046
	set -- "$1" $(tail -n 1 "$WORK/probe.log")
	case $1 in
	none) [ "$5$7" = 00 ] ;;
	some) [ "$5" -gt 0 ] ;;
	esac
}
AGW_FLAGS=(--syn-gate=nfqueue)
start_daemons --syn-policy=ignore
offer 4 crash
probe none || fail "an ignored port answers: $(tail -n 1 "$WORK/probe.log")"
answer 4 crash "$FINGERPRINT" || fail "answer refused"
wait_for 30 probe some
end_with agw KILL
wait_for 30 probe none
note "after a crash: silence"
