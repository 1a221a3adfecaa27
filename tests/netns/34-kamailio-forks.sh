#!/bin/bash
# One Call-ID, several dialogs: an INVITE that Kamailio forks to two UEs (one wins; both answer), one that the core
# forks to two callees, one that passes the P-CSCF twice because both UEs are behind it, and the same with two P-CSCFs
# on one ALG. Unpatched Kamailio with contrib/kamailio/kamailio.cfg, sipp at the ends, real bytes with the winner.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/pcscf.sh" || exit 99
command -v kamailio >/dev/null || skip "kamailio, the core's proxy, is not installed"
netns_begin

gone() { ctl show alg calls | tr -d ' \n' | grep -q '"count":0' && no_contexts; }
contexts() { [ "$(ctl show agw contexts | grep -c '"context"')" = "$1" ]; }
got() { [ "$(tr -d '\r' <"$WORK/$3.sip" | grep -c "^$2")" -ge "$1" ]; }

# answered N START LOG: by so many different dialogs.
answered() { at_least_different "$1" To "$2" "$3"; }

# ue_sdp FINGERPRINT [SETUP [ATTRIBUTE]], plain_sdp PORT SETUP: m-line and attributes, of a UE and of a core peer.
ue_sdp() {
	printf '%s\r\n' 'm=message 9 TCP/TLS/MSRP *' a=accept-types:text/plain "a=setup:${2:-active}" "a=fingerprint:$1" \
		"a=path:msrps://$UE4:9/9di4ea;tcp" a=msrp-cema ${3:+"$3"}
}
plain_sdp() {
	printf '%s\r\n' "m=message $1 TCP/MSRP *" a=accept-types:text/plain "a=setup:$2" \
		"a=path:msrp://$CORE4:$1/jshA7weztas;tcp" a=msrp-cema
}

# callee NAME NS ADDRESS PORT SCENARIO SDP
callee() {
	start "$1" "$2" sipp -sf "$SCENARIOS/$5.xml" -m 1 -i "$3" -p "$4" -key tag "${1//[^a-z]/}" -key sdp "$6" -timeout ${PEER_S}s \
		-nostdin -trace_msg -message_file "$WORK/$1.sip"
	wait_for 30 in_ns "$2" sh -c "ss -Hlun 'sport = :$4' | grep -q $4"
}

# caller NAME NS ADDRESS TO WHOM SCENARIO SDP
caller() {
	start "$1" "$2" sipp -sf "$SCENARIOS/$6.xml" -m 1 -i "$3" -p 5070 -cid_str "$1-%u@caller" -key whom "$5" -key sdp "$7" \
		-timeout ${PEER_S}s -nostdin -trace_msg -message_file "$WORK/$1.sip" "$4"
}

all_ended() {
	for name; do
		wait_for_exit "$name" || fail "sipp $name"
	done
}

# ports LOG PROTO: the ports of the gateway in a log, in their order; ours have other numbers of digits.
ports() { tr -d '\r' <"$WORK/$1.sip" | sed -n "s|^m=message \([0-9]\{5\}\) $2 .*|\1|p"; }

# two_ues ID SCENARIO-OF-B SCENARIO-OF-CALLER WHOM TO: both UEs ring, with an early answer each.
two_ues() {
	local id=$1
	callee "$id-a" ue $UE4 5062 uas-early "$(ue_sdp "$FP_A")"
	callee "$id-b" ue $UE4 5064 "$2" "$(ue_sdp "$FP_B")"
	caller "$id-core" core $CORE4 "$5" "$4" "$3" "$(plain_sdp $CORE_PORT actpass)"
	wait_for 30 answered 2 'SIP/2.0 183' "$id-core"
	contexts 2 || fail "$id: not two contexts"
	PORT_A=$(ports "$id-a" TCP/TLS/MSRP | head -n 1) PORT_B=$(ports "$id-b" TCP/TLS/MSRP | head -n 1)
	[ "$PORT_A" != "$PORT_B" ] || fail "$id: both UEs were offered the same port"
	[ "$(ports "$id-core" TCP/MSRP | sort -u | wc -l)" = 2 ] || fail "$id: both answers have the same port"
}

# bytes ID UE PORT: that UE's SEND reaches the core, the 200 comes back.
bytes() {
	T1=$GW_ACCESS4:$3
	core_peer 4 "$1.core" --messages=1
	ue_peer "$1.peer" --cert="$WORK/$2.pem" --key="$WORK/$2.key" --send="hello $1"
	wait_for_exit "$1.peer" || fail "$1: the UE's MSRP"
	wait_for_exit "$1.core" || fail "$1: the core's MSRP"
	grep -q 'received SEND' "$WORK/$1.core.log" || fail "$1: no SEND at the core"
}

# one_wins ID WHOM TO
one_wins() {
	local id=$1
	two_ues "$id" uas-early-cancelled uac "$2" "$3"
	poke ue $UE4 5062 "$id-a" "$id"
	wait_for 30 got 1 'ACK ' "$id-core"
	wait_for 30 contexts 1
	bytes "$id" a "$PORT_A"
	poke core $CORE4 5070 "$id-core" "$id"
	all_ended "$id-core" "$id-a" "$id-b"
	wait_for 30 gone
}

forked() {
	one_wins forked "sip:two@$GW_CORE4" "$GW_CORE4:$SIP"
	note "forked: a port for each UE, the loser's context went with its 487, bytes with the winner"
}

bye_answered() {
	tr -d '\r' <"$WORK/$1.sip" | awk '/^SIP\/2.0 200/ { on = 1 } $0 == "" { on = 0 } on && /^CSeq: [0-9]* BYE/ { found = 1 }
		END { exit !found }'
}

both() {
	two_ues both uas-early-second uac-both "sip:two@$GW_CORE4" "$GW_CORE4:$SIP"
	poke ue $UE4 5062 both-a both
	wait_for 30 answered 2 'ACK ' both-core
	contexts 2 || fail "both: the second 2xx has no context"
	bytes both-1 a "$PORT_A"
	bytes both-2 b "$PORT_B"
	poke core $CORE4 5070 both-core both
	wait_for 30 contexts 1
	wait_for 30 bye_answered both-core
	ctl show alg calls | tr -d ' \n' | grep -q '"count":1' || fail "both: BYE of one dialog did not leave the other"
	poke core $CORE4 5070 both-core both
	all_ended both-core both-a both-b
	wait_for 30 gone
	note "both: a second 2xx has ports and bytes of its own, each BYE ends its own dialog"
}

# start_core NAME TO [ALSO]: a proxy at port 5071 of the core.
start_core() {
	mkdir -p "$WORK/$1"
	seldom "$TOP_SRCDIR/tests/netns/core-proxy.cfg" >"$WORK/$1.cfg"
	start "$1" core kamailio -DD -E -m 32 -M 8 -f "$WORK/$1.cfg" -l "udp:$CORE4:5071" -Y "$WORK/$1" \
		-w "$WORK" -P "$WORK/$1.daemon" -A "TO=\"$2\"" ${3:+-A "ALSO=\"$3\""}
	wait_for 30 in_ns core sh -c 'ss -Hlun "sport = :5071" | grep -q 5071'
}

# The core forks to two users of one P-CSCF, then to users of two: one Call-ID, one From tag, several INVITEs.
core_forks() {
	local id
	for id in same other; do
		start_core "$id-proxy" "sip:one@$GW_CORE4:$SIP" "sip:$id@$([ $id = same ] && echo $GW_CORE4 || echo $OTHER_CORE4):$SIP"
		one_wins "$id" "sip:user@$CORE4" "$CORE4:5071"
		stop "$id-proxy"
	done
	note "core_forks: to two UEs of one P-CSCF, and of two on the same ALG"
}

# through_twice ID P-CSCF: UE b calls UE a, which is registered there.
through_twice() {
	local id=$1
	start_core "$id-proxy" "sip:one@$2:$SIP"
	callee "$id-a" ue $UE4 5062 uas-early "$(ue_sdp "$FP_A")"
	caller "$id-b" ue $UE4 "$GW_ACCESS4:$SIP" "sip:core@$CORE4:5071" uac "$(ue_sdp "$FP_B" active a=3ge2ae:requested)"
	wait_for 30 got 1 'SIP/2.0 183' "$id-b"
	poke ue $UE4 5062 "$id-a" "$id"
	wait_for 30 got 1 'ACK ' "$id-a"
	contexts 2 || fail "$id: not two contexts"
	T1=$GW_ACCESS4:$(ports "$id-a" TCP/TLS/MSRP | head -n 1)
	ue_peer "$id.a" --cert="$WORK/a.pem" --key="$WORK/a.key" --messages=1
	T1=$GW_ACCESS4:$(ports "$id-b" TCP/TLS/MSRP | tail -n 1)
	ue_peer "$id.b" --cert="$WORK/b.pem" --key="$WORK/b.key" --send="hello $id"
	wait_for_exit "$id.b" || fail "$id: the caller's MSRP"
	wait_for_exit "$id.a" || fail "$id: the callee's MSRP"
	grep -q 'received SEND' "$WORK/$id.a.log" || fail "$id: no SEND at the callee"
	poke ue $UE4 5070 "$id-b" "$id"
	all_ended "$id-b" "$id-a"
	wait_for 30 gone
	stop "$id-proxy"
}

spiral() {
	through_twice spiral $GW_CORE4
	note "spiral: both UEs behind this P-CSCF, e2ae for each, BYE releases both contexts"
}

# A UE's INVITE that the core forks: two answers with different tags, the ports of each are the UE's to connect to.
upstream() {
	local t1
	start_core upstream-proxy "sip:a@$CORE4:5072" "sip:b@$CORE4:5073"
	callee upstream-a core $CORE4 5072 uas-early "$(plain_sdp 7655 passive)"
	callee upstream-b core $CORE4 5073 uas-early-cancelled "$(plain_sdp 7656 passive)"
	caller upstream-ue ue $UE4 "$GW_ACCESS4:$SIP" "sip:core@$CORE4:5071" uac "$(ue_sdp "$FP_A" active a=3ge2ae:requested)"
	wait_for 30 answered 2 'SIP/2.0 183' upstream-ue
	contexts 2 || fail "upstream: not a context for each early dialog"
	[ "$(ports upstream-ue TCP/TLS/MSRP | sort -u | wc -l)" = 2 ] || fail "upstream: both early dialogs have the same port"
	poke core $CORE4 5072 upstream-a upstream
	wait_for 30 got 1 'ACK ' upstream-ue
	wait_for 30 contexts 1
	t1=$(ports upstream-ue TCP/TLS/MSRP | tail -n 1)
	CORE_PORT=7655 bytes upstream a "$t1"
	poke ue $UE4 5070 upstream-ue upstream
	all_ended upstream-ue upstream-a upstream-b
	wait_for 30 gone
	stop upstream-proxy
	note "upstream: the core forks a UE's call, a port for each early dialog, the loser's went with the 2xx"
}

two_pcscfs() {
	through_twice pcscfs $OTHER_CORE4
	note "two_pcscfs: the UEs are behind two P-CSCFs on one ALG"
}

OTHER_ACCESS4=10.201.1.3 OTHER_CORE4=10.201.2.3
ip -n "$NS-gw" addr add $OTHER_ACCESS4/24 dev to-ue
ip -n "$NS-gw" addr add $OTHER_CORE4/24 dev to-core
AGW_FLAGS=()
start_daemons
start_proxy
start_pcscf other $OTHER_ACCESS4 $OTHER_CORE4 127.0.0.1:8061
make_ue a
FP_A=$FINGERPRINT
make_ue b
FP_B=$FINGERPRINT
register_ue 5062 two
register_ue 5064 two
register_ue 5062 one
register_ue 5064 same
register_ue 5062 one $OTHER_ACCESS4
register_ue 5064 other $OTHER_ACCESS4
for scene in ${SCENES:-forked both spiral core_forks upstream two_pcscfs}; do $scene; done
stop proxy
stop other
stop_daemons
