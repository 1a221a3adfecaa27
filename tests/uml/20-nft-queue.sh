#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The SYN gate through nftables' own `queue`, where the kernel has it: real SYNs of a UE are dropped without an answer
# before the fingerprint is known, and let in when they are repeated afterwards. See run.sh.
#
# Debian built this kernel's nf_tables for the bridge family alone. Its expressions are those of all families, so the
# access network is a bridge here, and the family's name is exchanged on nft's way to the kernel.
. "$TOP_SRCDIR/tests/uml/lib.sh" || exit 99
modprobe -a bridge veth nft_queue nfnetlink_queue || skip "no module nft_queue, nfnetlink_queue, bridge or veth"
command -v nft >/dev/null || skip "nft is not installed (package nftables)"
one_host_begin "$UE4" "$UE6" "$GW_ACCESS4" "$GW_ACCESS6"

exchange_family() {
	local nft
	nft=$(command -v nft)
	: >/run/nft && mount --bind "$nft" /run/nft || fail "mount"
	printf '#!/bin/sh\nsed "s/inet ims_gate/bridge ims_gate/g" | exec /run/nft "$@"\n' >/run/nft-bridge
	chmod +x /run/nft-bridge
	mount --bind /run/nft-bridge "$nft" || fail "mount"
}

connect_ue() {
	ENTER[ue]="ip netns exec ue"
	ip netns add ue
	ip -batch - <<-END || fail "no bridge"
		link add access type bridge
		link add to-ue type veth peer name to-gw netns ue
		link set to-ue master access up
		link set access up
		addr add $GW_ACCESS4/24 dev access
		addr add $GW_ACCESS6/64 dev access nodad
	END
	ip -n ue -batch - <<-END || fail "no interface of the UE"
		link set to-gw up
		addr add $UE4/24 dev to-gw
		addr add $UE6/64 dev to-gw nodad
	END
}

# Of the gate, which comes last: in DROPPED.
read_dropped() { [[ $(ctl show agw counters) =~ .*\"dropped\":\ *([0-9]+) ]] && DROPPED=${BASH_REMATCH[1]}; }
more_dropped() { read_dropped && [ "$DROPPED" -gt "$1" ]; }
gate_tables() { /run/nft list tables | grep -c ims_gate; }

ignored_until_answered() {
	local f=$1 id=ignored$1 dropped=0
	offer "$f" "$id"
	core_peer "$f" "$id.core" --messages=1
	read_dropped && dropped=$DROPPED
	ue_peer "$id.ue" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=hello
	wait_for 40 more_dropped "$dropped"
	! grep -qE 'connected|failed' "$WORK/$id.ue.log" || fail "the gateway answered an ignored SYN"
	answer "$f" "$id" "$FINGERPRINT" || fail "answer refused"
	wait_for_exit "$id.ue" || fail "the UE's call"
	wait_for_exit "$id.core" || fail "the core's call"
	grep -q 'received 200' "$WORK/$id.ue.log" || fail "no 200 at the UE"
	hang_up "$id"
	wait_for 40 no_contexts
	note "IPv$f: early SYNs dropped, no RST, a repeated one answered, the message crossed"
}

by_nftables() { grep -q 'syn gate by nfqueue .*rules=nftables' "$WORK/agw.log" || fail "the gate has no rules by nftables"; }

exchange_family
connect_ue
make_ue ue
AGW_FLAGS=(--syn-gate=nfqueue:3)
start_daemons --syn-policy=ignore
by_nftables
ignored_until_answered 4
end_with agw KILL
[ "$(gate_tables)" = 1 ] || fail "after a crash the rules should stay, and drop"
ue_peer crash.ue --timeout=120
stop alg || fail "ims-alg ended with $?"

AGW_FLAGS=(--syn-gate=nfqueue:3,2)
start_daemons --syn-policy=ignore
by_nftables
[ "$(gate_tables)" = 1 ] || fail "the rules of the run that crashed were not replaced"
ignored_until_answered 6
! grep -qE 'connected|failed' "$WORK/crash.ue.log" || fail "a SYN was answered while nobody read the queue"
stop_daemons
[ "$(gate_tables)" = 0 ] || fail "rules stay behind"
note "rules stay after a crash, are replaced at the next start, and removed at the end"
