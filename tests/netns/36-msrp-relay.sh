#!/bin/bash
# An MSRP relay that is not ours (RFC 4976, Kamailio's msrp module) between an application-aware gateway and the core's
# peer: it understands what the gateway writes, finds the way by the To-Path, and its answers find back to the UE.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
command -v kamailio >/dev/null || skip "kamailio is not installed"
find /usr/lib* -path '*/kamailio/modules/msrp.so' 2>/dev/null | grep -q . || skip "kamailio has no msrp module"
netns_begin

RELAY=msrp://$CORE4:2856/relay1234567\;tcp
PEER=msrp://$CORE4:$CORE_PORT/core1234567\;tcp

# A SEND is answered hop by hop (RFC 4976), so that nobody waits for the core's answer to the relay.
cat >"$WORK/relay.cfg" <<-'CFG'
	children=1
	tcp_children=2
	tcp_accept_no_cl=yes
	loadmodule "pv.so"
	loadmodule "sl.so"
	loadmodule "msrp.so"
	request_route { exit; }
	event_route[msrp:frame-in] {
		if (msrp_is_reply()) exit;
		if ($msrp(method) == "SEND") msrp_reply("200", "OK");
		msrp_relay();
	}
CFG

start_daemons
make_ue ue
core_peer 4 core --from-path="$PEER" --messages=1
start relay core kamailio -DD -E -m 16 -M 4 -f "$WORK/relay.cfg" -l "tcp:$CORE4:2856" -Y "$WORK" -w "$WORK" \
	-P "$WORK/relay.daemon"
wait_for 30 in_ns core sh -c 'ss -Hltn "sport = :2856" | grep -q 2856'

CEMA= ue_offer 4 r "$FINGERPRINT" active
printf '%s\r\n' v=0 "o=core 1 1 IN IP4 $CORE4" s=- "c=IN IP4 $CORE4" 't=0 0' "m=message $CORE_PORT TCP/MSRP *" \
	'a=accept-types:text/plain' a=setup:passive "a=path:$RELAY $PEER" >"$WORK/r.answer"
ctl answer --call-id=r --from-tag=ue --to-tag=core --direction=core,access --sdp="$WORK/r.answer" >"$WORK/r.answer.out" ||
	fail "the answer was refused"
T1=$(address_in "$WORK/r.answer.out")
ue_peer ue --cert="$WORK/ue.pem" --key="$WORK/ue.key" --from-path=msrps://$UE4:9/ue12345678\;tcp \
	--to-path="$(path_in "$WORK/r.answer.out")" --send='over a relay'
wait_for 30 grep -q 'received 200' "$WORK/ue.log"
wait_for_exit ue || fail "the UE is not content"
wait_for_exit core || fail "the core is not content"
grep -q 'received SEND d93kswow' "$WORK/core.log" || fail "the core did not get the message"
counters=$(ctl show agw counters | tr -d ' \n')
echo "$counters" | grep -q '"msrp_messages":1,' || fail "not one message: $counters"
echo "$counters" | grep -q '"msrp_errors":0,' || fail "the gateway did not pass everything on: $counters"
note "a message crossed gateway and relay, and both answers found back"
ctl delete --call-id=r --from-tag=ue >/dev/null || fail "delete"
wait_for 30 no_contexts
stop_daemons
