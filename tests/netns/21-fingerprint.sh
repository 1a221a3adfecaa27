#!/bin/bash
# The invariant from outside: whatever is wrong with the UE's certificate, the core peer gets zero octets, the UE a TLS
# alert or a bounded time-out, and the ALG a Notify with the reason.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
netns_begin

OTHER=sha-256\ $(printf 'AB:%.0s' $(seq 31))CD
reason_known() { ctl query --call-id="$1" --json | grep -q "$2"; }

# refused NAME FINGERPRINT REASON [UE FLAGS...]
refused() {
	local id=$1 fp=$2 reason=$3
	shift 3
	offer 4 "$id"
	core_peer 4 "$id.core"
	[ "$fp" = never ] || answer 4 "$id" "$fp" || fail "answer refused"
	ue_peer "$id.ue" --send=secret --early "$@"
	wait_for_exit "$id.ue" && fail "$id: the UE's call succeeded"
	wait_for 30 reason_known "$id" "$reason"
	hang_up "$id"
	wait_for 30 no_contexts
	stop "$id.core"
	grep -q 'bytes-in=[1-9]' "$WORK/$id.core.log" && fail "$id: bytes reached the core"
	grep -E 'failed:' "$WORK/$id.ue.log"
	note "$id: $reason, zero octets at the core"
}

AGW_FLAGS=(--fingerprint-timeout=2)
start_daemons --syn-policy=latch
make_ue ue
stranger=(-cert "$WORK/ue.pem" -key "$WORK/ue.key")
good=(--cert="$WORK/ue.pem" --key="$WORK/ue.key")
refused mismatch "$OTHER" fp-mismatch "${good[@]}"
grep -q 'alert' "$WORK/mismatch.ue.log" || fail "no TLS alert for a mismatch"
refused no-certificate "$FINGERPRINT" no-certificate --no-cert
grep -q 'alert' "$WORK/no-certificate.ue.log" || fail "no TLS alert for a missing certificate"
refused weak-hash "sha-1 $(printf 'AB:%.0s' $(seq 19))CD" fp-unsupported "${good[@]}"
refused never-signalled never fp-missing "${good[@]}"

# A stranger who sends a flood at once, as TLS 1.3 lets a client: the alert is not lost in the RST that unread octets make.
head -c 1000000 /dev/zero >"$WORK/flood"
ue_offer 4 flood "$OTHER" active
core_answer 4 flood active || fail "the core's answer was refused"
for i in {1..20}; do
	in_ns ue timeout $PEER_S openssl s_client -connect "$T1" "${stranger[@]}" -tls1_3 -quiet <"$WORK/flood" >"$WORK/flood.log" 2>&1 &&
		fail "a stranger was let in"
	grep -q 'alert bad certificate' "$WORK/flood.log" || fail "stranger $i saw no alert"
done
wait_for 30 reason_known flood fp-mismatch
ctl delete --call-id=flood --from-tag=ue >/dev/null || fail "delete flood"
wait_for 30 no_contexts
note "20 strangers who flood: 20 alerts"

# The answer itself is refused when it would be a downgrade.
offer 4 nofp
answer 4 nofp '' && fail "an answer without a fingerprint was accepted"
hang_up nofp
note "an answer without a fingerprint is refused"
offer 4 unknown-hash
answer 4 unknown-hash 'sha-999 AB:CD' && fail "an answer with an unknown hash only was accepted"
hang_up unknown-hash
note "an answer with an unknown hash only is refused"

# A call beside all of this is not disturbed, and the right certificate relays.
offer 4 match
core_peer 4 match.core --messages=1
answer 4 match "$FINGERPRINT" || fail "answer refused"
ue_peer match.ue "${good[@]}" --send=hello --early
wait_for_exit match.ue || fail "the matching UE"
wait_for_exit match.core || fail "the core of the matching UE"
hang_up match
wait_for 30 no_contexts
note "the matching certificate relays"
stop_daemons
