#!/bin/bash
# A flood of SYNs at all access ports, from strangers, while calls go on: every call is set up and carries its message,
# nobody else is let through, and ims-agw does not grow. With the sieve and without, dropping and parking, two queues;
# with socket filters.
#   FLOOD_RATE   SYNs a second that are tried to be sent, of each of two senders (25000); 100000 make 200000 of two
#                families
#   FLOOD_WRAP   put before the senders ("chrt -f 1": whatever else runs)
#   FLOOD_CALLS  calls one after the other (4)
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
netns_begin

RATE=${FLOOD_RATE:-25000} CALLS=${FLOOD_CALLS:-4}
STRANGER4=10.201.1.66 STRANGER6=2001:db8:1::66
GROWTH_KB=4096 # glibc's arenas of new calls; one SYN of 100 bytes kept would be ten times that

count_of() { ctl show agw counters | tr -d ' \n' | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }
memory_kb() { awk '/^VmRSS/ {print $2}' "/proc/$AGW_PID/status"; }
cpu_ms() { # of all its threads, in user space and for the kernel's half of its system calls
	awk -v hz="$(getconf CLK_TCK)" '{print ($14 + $15) * 1000 / hz}' "/proc/$AGW_PID/stat"
}
flood_begin() {
	local mac
	mac=$(in_ns gw cat /sys/class/net/to-ue/address)
	rm -f "$WORK/enough"
	LOST=$(lost_on_the_way ue to-gw)
	for f in 4 6; do
		start "flood$f" ue ${FLOOD_WRAP:-} syn_spray --from "$(ip_of $f STRANGER)" --to "$(ip_of $f GW_ACCESS)" --ports 20000-20199 \
			--sport 40000 --rate "$RATE" --count 50000000 --until "$WORK/enough" --dev to-gw --mac "$mac"
	done
}

flood_end() {
	: >"$WORK/enough"
	wait_for_exit flood4 && wait_for_exit flood6 || fail "syn_spray"
	wait_for 30 all_delivered
	LOST=$(($(lost_on_the_way ue to-gw) - LOST))
	SENT=$(tail -qn 1 "$WORK"/flood[46].log | awk -v lost=$LOST '{n += $2} END {print n - lost}')
	MS=$(tail -qn 1 "$WORK"/flood[46].log | awk '$8 > n {n = $8} END {print n}')
	RSTS=$(tail -qn 1 "$WORK"/flood[46].log | awk '{n += $6} END {print n}')
}

call() {
	local f=$1 id=$2
	offer "$f" "$id"
	core_peer "$f" "$id.core" --messages=1
	ue_peer "$id.ue" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=hello
	answer "$f" "$id" "$FINGERPRINT" || fail "answer refused"
	wait_for_exit "$id.ue" || fail "the UE's call in a flood"
	wait_for_exit "$id.core" || fail "the core's call in a flood"
	grep -q 'received 200' "$WORK/$id.ue.log" || fail "no 200 at the UE"
	hang_up "$id"
}

# under_flood NAME [FLAGS OF ims-agw...]
under_flood() {
	local name=$1 before cpu
	shift
	AGW_FLAGS=(--log-level=info "$@")
	start_daemons --syn-policy=ignore
	AGW_PID=$(cat "$WORK/agw.pid")
	make_ue ue
	for f in 4 6; do call $f "$name.warm$f"; done
	before=$(memory_kb) cpu=$(cpu_ms)
	flood_begin
	for i in $(seq "$CALLS"); do call $((4 + i % 2 * 2)) "$name.$i"; done
	flood_end
	cpu=$(($(cpu_ms) - cpu))
	# Socket filters hide only ports where somebody listens.
	[ "$RSTS" = 0 ] || [ "$name" = socket ] || fail "$name: the flood got $RSTS RSTs"
	[ $(($(memory_kb) - before)) -le $GROWTH_KB ] || fail "$name: grew from $before KiB to $(memory_kb) KiB"
	wait_for 30 no_contexts
	note "$name: $CALLS calls under $((SENT * 1000 / MS)) SYNs/s ($SENT; sieved $(count_of sieved), dropped" \
		"$(count_of dropped), overflows $(count_of overflows), parked $(count_of parked));" \
		"ims-agw $cpu ms CPU, from $before to $(memory_kb) KiB"
}

for f in 4 6; do
	in_ns ue ip addr add "$(ip_of $f STRANGER)/$([ $f = 4 ] && echo 24 || echo 64)" dev to-gw \
		$([ $f = 4 ] || echo nodad preferred_lft 0) # so that no call leaves from there
done

for early in drop park; do
	under_flood "sieve-$early" --syn-gate=nfqueue:5,2 --early-syn=$early
	if grep -q 'sieve=bpf' "$WORK/agw.log"; then
		[ "$(count_of sieved)" -gt $((SENT / 2)) ] || fail "the sieve dropped $(count_of sieved) of $SENT"
	else
		note "no sieve here"
	fi
	stop_daemons
done

if command -v setpriv >/dev/null; then
	AGW_WRAP='setpriv --bounding-set -sys_admin,-bpf --inh-caps -all'
	under_flood queue --syn-gate=nfqueue:5,2
	grep -q 'sieve=none' "$WORK/agw.log" || fail "a sieve without the capability"
	[ "$(count_of sieved)" = 0 ] || fail "sieved without a sieve"
	stop_daemons
fi

AGW_WRAP=
under_flood socket --syn-gate=socket
stop_daemons
