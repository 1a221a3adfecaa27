#!/bin/bash
# A gateway that we did not write, Erlang/OTP's megaco application, registers at ims-alg, over TCP and UDP, IPv4 and
# IPv6, and calls are made through it: what it chose comes into the SDP, what it is told is what the calls need.
. "$TOP_SRCDIR/tests/netns/lib.sh"
. "$TOP_SRCDIR/tests/netns/daemons.sh"
. "$TOP_SRCDIR/tests/netns/erlang.sh"
. "$TOP_SRCDIR/tests/netns/wire.sh"
netns_begin
need_erlang

# seen COMMAND: how often the gateway was sent one for a termination, the keyword long or short. What a slow machine makes
# us repeat over UDP counts once.
seen() {
	awk '/^(<--|-->|==) / { on = $1 == "<--"; next }
		on && match(tolower($0), /(^|[^a-z])(transaction|t) ?= ?[0-9]+ ?\{/) {
			id = substr($0, RSTART, RLENGTH)
			on = !(id in done)
			done[id] = 1
		}
		on' "$WORK/$PEER.log" | grep -oiE "\\b($1) ?= ?ip/" | wc -l
}
all_seen() { echo "$(seen 'Add|A')/$(seen 'Modify|MF')/$(seen 'Subtract|S')"; }
subtracted() { tr -d ' \t\n' <"$WORK/$PEER.log" | grep -qiE "(Context|C)=$1\{(Subtract|S)=\*"; }
refuse() {
	echo "refuse $*" >&"${PEER_INPUT[$PEER]}"
	wait_for 30 heard "== refuses $2"
}
calls_are() { ctl alg show gateways | tr -d ' \n' | grep -q "\"contexts\":$1\\b"; }
call_gone() { ! ctl query --call-id="$1" >/dev/null 2>&1; }

whole_call() {
	local id=$1
	offer 4 "$id"
	[[ $T1 =~ ^203\.0\.113\.[0-9]+:400[0-9]+$ ]] || fail "$T1 was not chosen by the gateway"
	grep -q '^a=fingerprint:sha-256 E5:E5:' "$WORK/$id.offer.out" || fail "the gateway's fingerprint is not offered"
	answer 4 "$id" "$FINGERPRINT" || fail "the answer was refused"
	grep -q '^c=IN IP4 203.0.113.' "$WORK/$id.answer.out" || fail "T2 was not chosen by the gateway"
	grep -qF "a=fingerprint:$FINGERPRINT" "$WORK/$PEER.log" || fail "the gateway was not told the UE's fingerprint"
	calls_are 1 || fail "the gateway's contexts are not counted"
	hang_up "$id"
	wait_for 30 calls_are 0
}

# failures: a Notify of the gateway reaches the call; one for a context that nobody knows is refused.
failures() {
	offer 4 lost
	request ok <<<'Context = 1007 { Notify = ip/1/access/8 { ObservedEvents = 1 {
		20261121T05300000:tlsbsc/BNCChange { Type = Failed, Reason = "fp-mismatch" } } } }'
	ctl query --call-id=lost --json | grep -q fp-mismatch || fail "the failure is not known at the call"
	note "$PEER: its Notify reaches the call"
	request 'error 411' <<<'Context = 99 { Notify = ip/1/access/99 { ObservedEvents = 1 { hangterm/thb } } }'
	wait_for 30 subtracted 99
	note "$PEER: a hanging termination is subtracted"
}

# It refuses an event that it may refuse, and then what a call must have.
refusals() {
	refuse 451 hangterm/thb
	offer 4 less
	grep -q 'gateway is asked for less.*hangterm/thb' "$WORK/alg.log" || fail "the refused event was not left out"
	hang_up less
	refuse 449 fingerprint
	! ctl offer --call-id=never --from-tag=core --direction=core,access --sdp="$WORK/less.offer" ue-e2ae=yes \
		>"$WORK/never.out" || fail "a call without fingerprint: $(cat "$WORK/never.out")"
	refuse 0 -
	offer 4 again
	hang_up again
	note "$PEER: asked for less, but not for less than TLS"
}

capture_h248 mg
for kind in "tcp pretty 4 upper" "tcp compact 6 default" "udp pretty 6 default" "udp compact 4 terse"; do
	set -- $kind
	A=$(ip_of "$3" LOOP)
	make_ue ue
	start alg gw ims-alg --control="$WORK/alg.sock" --h248="$1:$(bracket "$A"):2944" --gateway="erlang/mg1@$A" \
		--h248-profile="$4" --log-level=debug
	wait_for 30 test -S "$WORK/alg.sock"
	start_peer "mg-$1-$2" mg "$1" "$A" 2944 "$2"
	request ok <<<'Context = - { ServiceChange = ROOT { Services { Method = Restart, Reason = "901 Cold Boot",
		Version = 2, Profile = Iq/1 } } }'
	wait_for 30 registered
	whole_call "$2-1"
	whole_call "$2-2"
	[ "$(all_seen)" = 4/4/4 ] || fail "Add/Modify/Subtract: $(all_seen)"
	note "$PEER: two calls, 4 Add, 4 Modify, 4 Subtract"

	[ "$3" = 6 ] || { failures; refusals; }

	# It leaves: no new calls, those that it had are lost when it goes.
	request ok <<<'Context = - { ServiceChange = ROOT { Services { Method = Graceful, Delay = 600,
		Reason = "905 Termination Taken Out Of Service" } } }'
	ctl alg show gateways | tr -d ' \n' | grep -q '"state":"graceful"' || fail "the gateway is not leaving"
	request ok <<<'Context = - { ServiceChange = ROOT { Services { Method = Forced,
		Reason = "905 Termination Taken Out Of Service" } } }'
	[ "$3" = 6 ] || ctl query --call-id=lost --json | grep -q gateway-lost || call_gone lost ||
		fail "the lost call does not say so"
	note "$PEER: left"
	end_peer
	stop alg || fail "ims-alg ended with $?"
done
check_capture mg 80
check_texts
