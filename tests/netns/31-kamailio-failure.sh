#!/bin/bash
# The media of an answered call fail, ims-alg tells Kamailio by JSON-RPC, and Kamailio sends BYE to both sides: after a
# certificate that does not match, after a connection that never comes, and never for a call that is well.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/pcscf.sh" || exit 99
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

# told ID REASON: the P-CSCF was, and so both sides heard a BYE.
told() {
	sipp_ended "$1"
	wait_for 30 gone
	grep -q "call failed call=$1-.*reason=$2" "$WORK/alg.log" || fail "$1: not told of $2"
}
failures() { grep -c 'call failed' "$WORK/alg.log"; }

# run ESTABLISH-TIMEOUT
run() { start_daemons "${ON_FAILURE[@]}" --establish-timeout="$1"; }

AGW_FLAGS=()
run "$PEER_S"
start_proxy
make_ue ue
register_ue
register_ue 5064 other

core_peer 4 mismatch.core
answered mismatch "$OTHER" core-uac-ended
ue_peer mismatch.peer --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=secret
wait_for_exit mismatch.peer && fail "the UE's MSRP succeeded"
told mismatch fp-mismatch
stop mismatch.core
wait_for 30 no_contexts
note "fp-mismatch: the proxy sent BYE to both sides, the context is gone"

answered refused "$FINGERPRINT" core-uac-ended
ue_peer refused.peer --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=secret
wait_for_exit refused.peer && fail "the UE's MSRP succeeded"
told refused tcp-refused
note "tcp-refused at the core: the same"
[ "$(failures)" = 2 ] || fail "more than two failures: $(grep 'call failed' "$WORK/alg.log")"
stop_daemons

run 15
core_peer 4 well.core --messages=1
answered well "$FINGERPRINT" core-uac
ue_peer well.peer --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=hello
wait_for_exit well.peer || fail "the UE's MSRP"
# Answered later, and nobody connects: when its time-out strikes, that of the well one has passed.
UE_SIP=5064 CORE_SIP=5072 CALLEE=other answered nobody "$FINGERPRINT" core-uac-ended
told_of_nobody() { grep -q 'call failed call=nobody-.*reason=establish-timeout' "$WORK/alg.log"; }
wait_for 60 told_of_nobody
hang_up_core well
sipp_ended well
told nobody establish-timeout
note "establish-timeout: the same"
[ "$(failures)" = 1 ] || fail "told of a call that was well: $(grep 'call failed' "$WORK/alg.log")"
note "a call that is well is left alone"
stop proxy
stop_daemons
