#!/bin/bash
# What a P-CSCF meets beside the plain call: audio beside MSRP, a UE without e2ae, CANCEL, re-INVITE with hold and resume, and
# refused, a delayed offer, a UE that calls, SDP of odd shape. Unpatched Kamailio with contrib/kamailio/kamailio.cfg, sipp on
# both sides, real bytes.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/pcscf.sh" || exit 99
netns_begin

acked() { at_least_different "${2:-1}" CSeq 'ACK ' "$1"; }
gone() { ctl show alg calls | tr -d ' \n' | grep -q '"count":0' && no_contexts; }
contexts() { [ "$(ctl show agw contexts | grep -c '"context"')" = "$1" ]; }
finish() {
	hang_up_core "$1"
	sipp_ended "$1"
	wait_for 30 gone
}

# bytes ID: the UE's SEND reaches the core, the 200 comes back.
bytes() {
	ue_peer "$1.peer" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send="hello $1"
	wait_for_exit "$1.peer" || fail "$1: the UE's MSRP"
	wait_for_exit "$1.core" || fail "$1: the core's MSRP"
	grep -q 'received SEND' "$WORK/$1.core.log" || fail "$1: no SEND at the core"
}

mixed() {
	core_peer 4 mixed.core --messages=1
	sipp_ue mixed ue-uas-mixed -key fp "$FINGERPRINT"
	sipp_core mixed core-uac-mixed
	wait_for 30 acked mixed.core
	read_sip mixed
	grep -q "^m=audio 40000 RTP/AVP 0" "$WORK/mixed.ue.txt" || fail "the audio line changed on its way to the UE"
	[ "$(grep -c '^c=IN IP4' "$WORK/mixed.ue.txt")" -ge 2 ] || fail "no c= line of the MSRP line's own"
	T1PORT=$(sed -n 's|^m=message \([0-9]*\) TCP/TLS/MSRP.*|\1|p' "$WORK/mixed.ue.txt" | head -n 1)
	T1=$GW_ACCESS4:$T1PORT
	bytes mixed
	finish mixed
	note "mixed: audio untouched beside e2ae"
}

plain() {
	sipp_ue plain ue-uas-plain
	sipp_core plain core-uac
	wait_for 30 acked plain.core
	read_sip plain
	grep -q 'TCP/TLS' "$WORK/plain.ue.txt" && fail "TLS was offered to a UE without e2ae"
	grep -q '^a=3ge2ae' "$WORK/plain.ue.txt" && fail "a=3ge2ae to a UE without e2ae"
	grep '^m=message' "$WORK/plain.ue.txt" | grep -qv " $CORE_PORT \| 9 " || fail "not anchored"
	finish plain
	note "plain: a UE without e2ae is anchored without TLS"
}

cancelled() {
	sipp_ue cancelled ue-uas-cancelled
	sipp_core cancelled core-uac-cancel
	sipp_ended cancelled
	wait_for 30 gone
	note "cancelled: CANCEL releases the context"
}

hold() {
	core_peer 4 hold.core --messages=1
	sipp_ue hold ue-uas-hold -key fp "$FINGERPRINT"
	sipp_core hold core-uac-hold
	wait_for 30 acked hold.core 4
	read_sip hold
	learn_t1 hold
	# every offer to the UE names the same port
	[ "$(sed -n 's|^m=message \([0-9]*\) TCP/TLS/MSRP.*|\1|p' "$WORK/hold.ue.txt" | grep -vx 9 | sort -u | wc -l)" = 1 ] ||
		fail "another port in a re-INVITE"
	bytes hold
	finish hold
	note "hold: three re-INVITEs, one port, the connection works after resume"
}

# refused: the offer of a re-INVITE is taken back, the session goes on as it was agreed.
refused() {
	core_peer 4 refused.core --messages=1
	sipp_ue refused ue-uas-refused -key fp "$FINGERPRINT"
	sipp_core refused core-uac-refused
	wait_for 30 acked refused.core 2
	read_sip refused
	[ "$(sed -n 's|^m=message \([0-9]\{5\}\) TCP/TLS/MSRP.*|\1|p' "$WORK/refused.ue.txt" | sort -u | wc -l)" = 2 ] ||
		fail "refused: the re-INVITE had no port of its own"
	grep -q '^a=fingerprint' "$WORK/refused.core.txt" && fail "the SDP of the 488 leaked to the core"
	wait_for 30 contexts 1
	learn_t1 refused
	bytes refused
	finish refused
	note "refused: a re-INVITE for another session gets 488, the agreed one goes on"
}

delayed() {
	core_peer 4 delayed.core --messages=1
	sipp_ue delayed ue-uas-delayed -key fp "$FINGERPRINT"
	sipp_core delayed core-uac-delayed
	wait_for 30 acked delayed.ue
	read_sip delayed
	grep -q '^a=fingerprint' "$WORK/delayed.core.txt" && fail "the UE's fingerprint leaked to the core"
	learn_t1 delayed
	T1PORT=$(sed -n 's|^m=message \([0-9]*\) TCP/TLS/MSRP.*|\1|p' "$WORK/delayed.ue.txt" | grep -vx 9 | tail -n 1)
	T1=$GW_ACCESS4:$T1PORT
	bytes delayed
	finish delayed
	note "delayed: the offer in the 200, the answer in the ACK"
}

# with_body SCENARIO FILE: a copy of it, $WORK/SCENARIO.xml, whose SDP is this file as it is; sipp would write CRLF.
with_body() {
	awk -v file="$2" '/^v=0/ { skip = 1; printf "[file name=%s]", file } /^\]\]>/ { skip = 0 } !skip' \
		"$SCENARIOS/$1.xml" >"$WORK/$1.xml"
}

# The lines that are not ours of an SDP, or of the first message in a raw sipp log that begins with START: FILE [START].
others() {
	awk -v start="${2:-}" 'start != "" && !at { if (index($0, start) == 1) at = 1; next } at == 1 { if ($0 == "\r") at = 2; next }
		at == 2 && (/^\r?$/ || /^---/) { exit } { print }' "$1" |
		grep -vE '^(m=message|c=|a=(setup|fingerprint|3ge2ae))'
}

# Two MSRP lines, a chat (RFC 7701) and a file (RFC 5547), a host name in a=path, LF and no last line end.
shapes() {
	local file='a=file-selector:name:"holiday in M\xc3\xbcnchen.jpg" type:image/jpeg size:32349 hash:sha-1:72:24:5F'
	printf '%b\n' v=0 "o=core 1 1 IN IP4 $CORE4" s= "c=IN IP4 $CORE4" 't=0 0' a=tool:odd "m=message $CORE_PORT TCP/MSRP *" \
		'a=accept-types:message/cpim text/plain' 'a=chatroom:nickname private-messages' a=setup:actpass a=msrp-cema \
		"a=path:msrp://core.example.com:$CORE_PORT/chat1234567;tcp" 'm=message 7655 TCP/MSRP *' a=sendonly "$file" \
		a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd a=file-disposition:attachment a=setup:actpass a=msrp-cema \
		"a=path:msrp://core.example.com:7655/file1234567;tcp" | head -c -1 >"$WORK/shapes.offer"
	printf '%b\n' v=0 "o=ue 1 1 IN IP4 $UE4" s=- "c=IN IP4 $UE4" 't=0 0' 'm=message 9 TCP/TLS/MSRP *' \
		'a=accept-types:message/cpim' a=chatroom a=setup:active "a=fingerprint:$FINGERPRINT" a=msrp-cema \
		"a=path:msrps://$UE4:9/chat7654321;tcp" 'm=message 9 TCP/TLS/MSRP *' a=recvonly "$file" a=setup:active \
		"a=fingerprint:$FINGERPRINT" a=msrp-cema "a=path:msrps://$UE4:9/file7654321;tcp" | head -c -1 >"$WORK/shapes.answer"
	with_body core-uac "$WORK/shapes.offer"
	with_body ue-uas "$WORK/shapes.answer"
	core_peer 4 shapes.core --messages=1
	SCENARIOS=$WORK sipp_ue shapes ue-uas
	SCENARIOS=$WORK sipp_core shapes core-uac
	wait_for 30 acked shapes.core
	[ "$(others "$WORK/shapes.ue.sip" 'INVITE ' | wc -l)" = 15 ] || fail "shapes: not the whole offer"
	cmp <(others "$WORK/shapes.offer") <(others "$WORK/shapes.ue.sip" 'INVITE ') || fail "shapes: the offer's other lines"
	cmp <(others "$WORK/shapes.answer") <(others "$WORK/shapes.core.sip" 'SIP/2.0 200') || fail "shapes: the answer's other lines"
	read_sip shapes
	[ "$(grep -c '^m=message 2[0-9]* TCP/TLS/MSRP' "$WORK/shapes.ue.txt")" = 2 ] || fail "shapes: not both lines have e2ae"
	learn_t1 shapes
	T1=$GW_ACCESS4:$T1PORT
	bytes shapes
	finish shapes
	note "shapes: a chat and a file in one SDP with LF and no last line end, all else as it was"
}

originating() {
	local id=originating cid
	core_peer 4 "$id.core" --messages=1
	start "$id.uas" core sipp -sf "$SCENARIOS/core-uas.xml" -m 1 -i "$CORE4" -p 5071 -key msrp_port $CORE_PORT -timeout ${PEER_S}s \
		-nostdin -trace_msg -message_file "$WORK/$id.core.sip"
	wait_for 30 in_ns core sh -c 'ss -Hlun "sport = :5071" | grep -q 5071'
	start "$id.uac" ue sipp -sf "$SCENARIOS/ue-uac.xml" -m 1 -i "$UE4" -p 5063 -s core -cid_str "$id-%u@ue" \
		-key core_ip "$CORE4" -key fp "$FINGERPRINT" -timeout ${PEER_S}s -nostdin -trace_msg \
		-message_file "$WORK/$id.ue.sip" "$GW_ACCESS4:$SIP"
	wait_for 30 acked "$id.core"
	read_sip "$id"
	grep -qE '^a=(fingerprint|3ge2ae)|TCP/TLS' "$WORK/$id.core.txt" && fail "$id: e2ae is visible in the core"
	T1PORT=$(sed -n 's|^m=message \([0-9]*\) TCP/TLS/MSRP.*|\1|p' "$WORK/$id.ue.txt" | grep -vx 9 | tail -n 1)
	T1=$GW_ACCESS4:$T1PORT
	bytes "$id"
	cid=$(sed -n 's/^Call-ID: //p' "$WORK/$id.ue.txt" | head -n 1)
	printf '%s\r\n' "MESSAGE sip:ue@$UE4 SIP/2.0" "Via: SIP/2.0/UDP $UE4:5099;branch=z9hG4bKgo$RANDOM" \
		'From: <sip:t@t>;tag=t' "To: <sip:ue@$UE4>" "Call-ID: $cid" 'CSeq: 9 MESSAGE' 'Content-Length: 0' '' >"$WORK/go.sip"
	in_ns ue bash -c "cat '$WORK/go.sip' >/dev/udp/$UE4/5063"
	sipp_ended "$id"
	wait_for 30 gone
	note "$id: the UE calls, the core sees plain MSRP"
}

AGW_FLAGS=()
start_daemons --msrp=agnostic
start_proxy
make_ue ue
register_ue
for scene in ${SCENES:-mixed cancelled hold refused delayed originating shapes}; do $scene; done
! grep 'no via found' "$WORK/proxy.log" || fail "a scenario's SIP is wrong"
stop proxy
start_proxy # forgets the binding
in_ns ue sipp -sf "$SCENARIOS/ue-register-plain.xml" -m 1 -i "$UE4" -p 5061 -key ue_port 5062 -timeout ${PEER_S}s -nostdin \
	"$GW_ACCESS4:$SIP" >"$WORK/register.log" 2>&1 || fail "registration"
plain
stop proxy
stop_daemons
