#!/bin/bash
# A real P-CSCF: sipp calls through an unpatched Kamailio whose script is contrib/kamailio/kamailio.cfg. The UE then
# connects to the offered address with TLS, the core peer gets plain TCP, SEND and 200 cross, BYE releases the context.
# (38-opensips.sh runs this and the next ones with OpenSIPS.)
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/pcscf.sh" || exit 99
netns_begin

# call NAME
call() {
	local id=$1
	core_peer 4 "$id.core" --messages=1
	sipp_ue "$id" ue-uas -key fp "$FINGERPRINT"
	sipp_core "$id" core-uac
	wait_for 30 grep -q '^ACK ' "$WORK/$id.core.sip"

	read_sip "$id"
	grep -q '^a=3ge2ae:applied' "$WORK/$id.ue.txt" || fail "the UE's offer has no a=3ge2ae:applied"
	learn_t1 "$id"
	# what the core received: its own offer came first in that log, the answer is the m= line with another port
	grep '^m=message' "$WORK/$id.core.txt" | grep -v "message $CORE_PORT " | grep -qv 'TCP/MSRP' && fail "TLS towards the core"
	[ "$(grep -c '^m=message [0-9]* TCP/MSRP' "$WORK/$id.core.txt")" -ge 2 ] || fail "no rewritten answer at the core"
	grep -q '^a=fingerprint' "$WORK/$id.core.txt" && fail "the UE's fingerprint leaked to the core"

	ue_peer "$id.ue" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send="hello through a P-CSCF"
	wait_for_exit "$id.ue" || fail "the UE's MSRP"
	wait_for_exit "$id.core" || fail "the core's MSRP"
	grep -q 'received 200' "$WORK/$id.ue.log" || fail "no 200 at the UE"
	grep -q 'received SEND' "$WORK/$id.core.log" || fail "no SEND at the core"
	no_contexts && fail "the context went before BYE"

	hang_up_core "$id"
	sipp_ended "$id"
	wait_for 30 no_contexts
	note "$id: call through $PCSCF, SEND and 200 crossed, BYE released the context"
}

AGW_FLAGS=()
for variant in on off; do
	start_daemons --interlink=$variant
	start_proxy
	make_ue ue
	register_ue
	call variant-$variant
	stop proxy
	stop_daemons
done
