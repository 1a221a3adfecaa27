#!/bin/bash
# The H.248 of whole calls, captured on the wire, decodes in tshark without a malformed mark: TCP, UDP, and SCTP where
# the kernel has it; else the daemons say so.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
netns_begin
command -v tshark >/dev/null || skip "tshark is not installed"

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
	cap=$WORK/$H248.pcapng
	start "$H248.cap" gw tcpdump -i lo -U --immediate-mode -w "$cap" "$H248 port 2944"
	wait_for 5 grep -q 'listening on' "$WORK/$H248.cap.log"
	start_daemons --syn-policy=latch
	make_ue ue
	for id in good bad; do # a call that works and one that ends in a Notify
		offer 4 $id
		core_peer 4 $id.core
		make_ue $id
		[ $id = bad ] && make_ue other
		answer 4 $id "$FINGERPRINT" || fail "answer refused"
		ue_peer $id.ue --cert="$WORK/$id.pem" --key="$WORK/$id.key" --send=x --early
		wait_for 10 grep -qE 'failed|received 200|sent 200' "$WORK/$id.ue.log" "$WORK/$id.core.log"
		[ $id = good ] || wait_for 10 notified
		stop $id.ue
		stop $id.core
		hang_up $id
		wait_for 5 no_contexts
	done
	stop_daemons
	stop "$H248.cap"
	tshark -r "$cap" -Y megaco -T fields -e megaco.transid -e megaco.context -e megaco.command >"$WORK/$H248.decoded" 2>/dev/null
	tshark -r "$cap" -Y 'megaco && (_ws.malformed || _ws.expert.severity == error)' -V >"$WORK/$H248.malformed" 2>/dev/null
	[ -s "$WORK/$H248.malformed" ] && { head -n 80 "$WORK/$H248.malformed"; fail "malformed H.248 over $H248"; }
	tshark -r "$cap" -Y megaco -V 2>/dev/null >"$WORK/$H248.verbose"
	for c in Add Modify Subtract Notify ServiceChange; do # request and reply; its text, since tshark shows no fields after an ack
		[ "$(grep -oE "\b$c=" "$WORK/$H248.verbose" | wc -l)" -ge 2 ] || fail "no $c over $H248"
	done
	n=$(wc -l <"$WORK/$H248.decoded")
	[ "$n" -ge 10 ] || fail "only $n messages decoded over $H248"
	note "$n H.248 messages over $H248 decode in tshark, none malformed"
done
