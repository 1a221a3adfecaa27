#!/bin/bash
# The media of an answered call fail, ims-alg tells Kamailio by JSON-RPC, and Kamailio sends BYE to both sides: after a
# certificate that does not match, after a connection that never comes, and never for a call that is well.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/kamailio.sh" || exit 99
netns_begin

OTHER=sha-256\ $(printf 'AB:%.0s' $(seq 31))CD
gone() { ctl show alg calls | tr -d ' \n' | grep -q '"count":0'; }

# answered ID FINGERPRINT CORE-SCENARIO: a call up to its ACK.
answered() {
	sipp_ue "$1" ue-uas -key fp "$2"
	sipp_core "$1" "$3"
	wait_for 30 grep -q '^ACK ' "$WORK/$1.core.sip"
	read_sip "$1"
	learn_t1 "$1"
}

AGW_FLAGS=()
start_daemons --on-failure="jsonrpc:http://$RPC/RPC" --establish-timeout=8
start_kamailio
make_ue ue
register_ue

core_peer 4 mismatch.core
answered mismatch "$OTHER" core-uac-ended
ue_peer mismatch.peer --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=secret
wait_for_exit mismatch.peer && fail "the UE's MSRP succeeded"
sipp_ended mismatch
stop mismatch.core
wait_for 30 gone
wait_for 30 no_contexts
grep -q 'call failed .*reason=fp-mismatch' "$WORK/alg.log" || fail "not told of the mismatch"
note "fp-mismatch: Kamailio sent BYE to both sides, the context is gone"

answered refused "$FINGERPRINT" core-uac-ended
ue_peer refused.peer --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=secret
wait_for_exit refused.peer && fail "the UE's MSRP succeeded"
sipp_ended refused
wait_for 30 gone
grep -q 'call failed .*reason=tcp-refused' "$WORK/alg.log" || fail "not told of the refused connection"
note "tcp-refused at the core: the same"

answered nobody "$FINGERPRINT" core-uac-ended
sipp_ended nobody
wait_for 30 gone
grep -q 'call failed .*reason=establish-timeout' "$WORK/alg.log" || fail "not told of the time-out"
note "establish-timeout: the same"

core_peer 4 well.core --messages=1
answered well "$FINGERPRINT" core-uac
ue_peer well.peer --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=hello
wait_for_exit well.peer || fail "the UE's MSRP"
# a call that was answered later, and nobody connects: when its time-out strikes, that of the well one has passed
offer 4 later
answer 4 later "$FINGERPRINT" || fail "answer later was refused"
wait_for 30 grep -q 'call failed call=later .*reason=establish-timeout' "$WORK/alg.log"
hang_up later
hang_up_core well
sipp_ended well
wait_for 30 gone
[ "$(grep 'call failed' "$WORK/alg.log" | grep -vc 'call=later ')" = 3 ] || fail "told of a call that was well"
note "a call that is well is left alone"
stop kamailio
stop_daemons
