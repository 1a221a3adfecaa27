#!/bin/bash
# The H.248 of whole calls, captured on the wire, decodes in tshark without a malformed mark: TCP, UDP, and SCTP where
# the kernel has it; else the daemons say so.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/wire.sh" || exit 99
netns_begin
can_capture || skip "tcpdump or tshark is not installed"

notified() { ctl query --call-id=bad --json | grep -q fp-mismatch; }

# refused WORDS...: the daemon does not start and says why.
refused() {
	! in_ns gw "$@" >"$WORK/refused" 2>&1 && grep -q 'this kernel has no SCTP' "$WORK/refused" ||
		fail "$1 should have said that there is no SCTP: $(cat "$WORK/refused")"
}

AGW_FLAGS=(--fingerprint-timeout=5)
transports='tcp udp'
if in_ns gw ims-alg --check --h248=sctp:127.0.0.1:2944 >/dev/null 2>&1; then
	transports+=' sctp'
else
	refused ims-alg --check --h248=sctp:127.0.0.1:2944
	refused ims-agw --check --mgc=sctp:127.0.0.1:2944
	note "SKIP of SCTP: this kernel has none, and both daemons say so"
fi
for H248 in $transports; do
	capture_h248 "$H248"
	start_daemons --syn-policy=latch
	make_ue ue
	for id in good bad; do # a call that works and one that ends in a Notify
		offer 4 $id
		core_peer 4 $id.core
		make_ue $id
		[ $id = bad ] && make_ue other
		answer 4 $id "$FINGERPRINT" || fail "answer refused"
		ue_peer $id.ue --cert="$WORK/$id.pem" --key="$WORK/$id.key" --send=x --early
		wait_for 30 grep -qE 'failed|received 200|sent 200' "$WORK/$id.ue.log" "$WORK/$id.core.log"
		[ $id = good ] || wait_for 30 notified
		stop $id.ue
		stop $id.core
		hang_up $id
		wait_for 30 no_contexts
	done
	stop_daemons
	check_capture "$H248" 10
	for c in Add Modify Subtract Notify ServiceChange; do # request and reply; its text, since tshark shows no fields after an ack
		[ "$(grep -oE "\b$c=" "$WORK/$H248.verbose" | wc -l)" -ge 2 ] || fail "no $c over $H248"
	done
done
