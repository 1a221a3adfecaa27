#!/bin/bash
# A real P-CSCF: sipp calls through an unpatched Kamailio whose script is contrib/kamailio/kamailio.cfg. The UE then
# connects to the offered address with TLS, the core peer gets plain TCP, SEND and 200 cross, BYE releases the context.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
netns_begin
for tool in kamailio sipp; do command -v $tool >/dev/null || skip "$tool is not installed"; done

SIP=5060
scenario=$TOP_SRCDIR/tests/sipp

# The last SDP of a kind in a sipp message log: sdp LOG KIND, where KIND is "received" or "sent".
message_with() { awk -v kind="$2" -v want="$3" '
	/^-----/ { on = 0 } index($0, "message " kind) { on = 1; text = "" }
	on { text = text $0 "\n"; if (index($0, want)) keep = 1 }
	/^-----/ { if (keep) last = prev; keep = 0 } { prev = text } END { if (keep) last = prev; printf "%s", last }' "$1"; }

start_kamailio() {
	start kamailio gw kamailio -DD -E -m 32 -M 8 -f "$TOP_SRCDIR/contrib/kamailio/kamailio.cfg" \
		-l "udp:$GW_ACCESS4:$SIP" -l "udp:$GW_CORE4:$SIP" -Y "$WORK" -w "$WORK" -P "$WORK/kamailio.daemon"
	wait_for 15 in_ns gw sh -c "ss -Hlun 'sport = :$SIP' | grep -q $GW_CORE4"
}

register_ue() {
	in_ns ue sipp -sf "$scenario/ue-register.xml" -m 1 -i "$UE4" -p 5061 -key ue_port 5062 -timeout 10s -nostdin \
		"$GW_ACCESS4:$SIP" >"$WORK/register.log" 2>&1 || fail "registration"
}

# call NAME
call() {
	local id=$1
	core_peer 4 "$id.core" --messages=1
	start "$id.uas" ue sipp -sf "$scenario/ue-uas.xml" -m 1 -i "$UE4" -p 5062 -key fp "$FINGERPRINT" -timeout 60s \
		-nostdin -trace_msg -message_file "$WORK/$id.ue.sip"
	wait_for 5 in_ns ue sh -c 'ss -Hlun "sport = :5062" | grep -q 5062'
	start "$id.uac" core sipp -sf "$scenario/core-uac.xml" -m 1 -i "$CORE4" -p 5070 -s ue -cid_str "$id-%u@core" \
		-key msrp_port $CORE_PORT -timeout 60s -nostdin -trace_msg -message_file "$WORK/$id.core.sip" "$GW_CORE4:$SIP"
	wait_for 10 grep -q '^ACK ' "$WORK/$id.core.sip"

	tr -d '\r' <"$WORK/$id.ue.sip" >"$WORK/$id.ue.txt"
	tr -d '\r' <"$WORK/$id.core.sip" >"$WORK/$id.core.txt"
	grep -q '^a=3ge2ae:applied' "$WORK/$id.ue.txt" || fail "the UE's offer has no a=3ge2ae:applied"
	T1PORT=$(sed -n 's|^m=message \([0-9]*\) TCP/TLS/MSRP.*|\1|p' "$WORK/$id.ue.txt" | head -n 1)
	T1=$(sed -n 's/^c=IN IP4 //p' "$WORK/$id.ue.txt" | head -n 1):$T1PORT
	# what the core received: its own offer came first in that log, the answer is the m= line with another port
	grep '^m=message' "$WORK/$id.core.txt" | grep -v "message $CORE_PORT " | grep -qv 'TCP/MSRP' && fail "TLS towards the core"
	[ "$(grep -c '^m=message [0-9]* TCP/MSRP' "$WORK/$id.core.txt")" -ge 2 ] || fail "no rewritten answer at the core"
	grep -q '^a=fingerprint' "$WORK/$id.core.txt" && fail "the UE's fingerprint leaked to the core"

	ue_peer "$id.ue" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send="hello through Kamailio"
	wait_for_exit "$id.ue" || fail "the UE's MSRP"
	wait_for_exit "$id.core" || fail "the core's MSRP"
	grep -q 'received 200' "$WORK/$id.ue.log" || fail "no 200 at the UE"
	grep -q 'received SEND' "$WORK/$id.core.log" || fail "no SEND at the core"
	no_contexts && fail "the context went before BYE"

	# the caller's scenario waits for this MESSAGE (its Call-ID), then sends BYE
	local cid
	cid=$(sed -n 's/^Call-ID: //p' "$WORK/$id.core.txt" | head -n 1)
	printf '%s\r\n' "MESSAGE sip:core@$CORE4 SIP/2.0" "Via: SIP/2.0/UDP $CORE4:5099;branch=z9hG4bKgo" 'From: <sip:t@t>;tag=t' \
		"To: <sip:core@$CORE4>" "Call-ID: $cid" 'CSeq: 9 MESSAGE' 'Content-Length: 0' '' >"$WORK/go.sip"
	in_ns core bash -c "cat '$WORK/go.sip' >/dev/udp/$CORE4/5070"
	wait_for_exit "$id.uac" || fail "sipp at the core"
	wait_for_exit "$id.uas" || fail "sipp at the UE"
	wait_for 5 no_contexts
	note "$id: call through Kamailio, SEND and 200 crossed, BYE released the context"
}

AGW_FLAGS=()
for variant in on off; do
	start_daemons --interlink=$variant
	start_kamailio
	make_ue ue
	register_ue
	call variant-$variant
	stop kamailio
	stop_daemons
done
