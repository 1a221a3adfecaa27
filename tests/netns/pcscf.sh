# SPDX-License-Identifier: BSD-2-Clause
# Sourced after daemons.sh: a P-CSCF in gw, sipp as UE and as core. PCSCF says which: kamailio, or opensips, which is the
# program that OPENSIPS names or an installed one; OPENSIPS_MODULES is the folder of its modules. They run the scripts of
# contrib.
# shellcheck shell=bash

SIP=5060
SCENARIOS=$TOP_SRCDIR/tests/sipp
PCSCF=${PCSCF:-kamailio}
OPENSIPS=${OPENSIPS:-opensips}
case $PCSCF in
kamailio)
	RPC=127.0.0.1:8060 NEEDS=(kamailio sipp)
	ON_FAILURE=("--on-failure=jsonrpc:http://$RPC/RPC")
	;;
opensips)
	RPC=127.0.0.1:8888 NEEDS=("$OPENSIPS" sipp)
	ON_FAILURE=("--on-failure=jsonrpc:http://$RPC/mi" "--on-failure-rpc=dlg_end_dlg {call-id}")
	OPENSIPS_MODULES=${OPENSIPS_MODULES:-$(ls -d /usr/lib/*/opensips/modules /usr/lib/opensips/modules \
		/usr/lib64/opensips/modules 2>/dev/null | head -n 1)}
	;;
esac
for tool in "${NEEDS[@]}"; do command -v "$tool" >/dev/null || skip "$tool is not installed"; done

# Requests are repeated after 5 s only, as those of sipp's scenarios are. Nothing gets lost here, and what comes again
# because somebody was late would only blur what is counted.
SELDOM_MS=5000

# seldom SCRIPT: Kamailio's script, so changed.
seldom() {
	printf '%s\n' "include_file \"$(realpath "$1")\"" "modparam(\"tm\", \"retr_timer1\", $SELDOM_MS)" \
		"modparam(\"tm\", \"retr_timer2\", $SELDOM_MS)"
}

start_a_kamailio() {
	local name=$1 access=$2 core=$3 rpc=$4
	shift 4
	mkdir -p "$WORK/$name.run"
	seldom "$TOP_SRCDIR/contrib/kamailio/kamailio.cfg" >"$WORK/$name.cfg"
	start "$name" gw kamailio -DD -E -m 32 -M 8 -f "$WORK/$name.cfg" -l "udp:$access:$SIP" \
		-l "udp:$core:$SIP" -l "tcp:$rpc" -Y "$WORK/$name.run" -w "$WORK" -P "$WORK/$name.daemon" -A "ACCESS=\"$access\"" "$@"
}

# write_opensips_cfg FILE ACCESS-ADDRESS CORE-ADDRESS RPC [FLAGS...]: OpenSIPS's scripts have no definitions; the addresses
# are put in, the lines for rtpengine taken in for -A WITH_RTPENGINE. NG names several ims-algs.
write_opensips_cfg() {
	local marks=none
	[[ " $* " != *" WITH_RTPENGINE "* ]] || marks=rtpengine
	[ -z "${NG:-}" ] || marks=several
	sed -e "s/^#$marks#//" -e "s/192\.0\.2\.1/$2/; s/198\.51\.100\.1/$3/" -e "s|^mpath=.*|mpath=\"$OPENSIPS_MODULES\"|" \
		-e "/\"httpd\", \"port\"/ s/8888/${4##*:}/" -e "s|1 == udp:127.0.0.1:2223|1 == ${NG:-udp:127.0.0.1:2223}|" \
		-e "/^loadmodule \"tm.so\"/ a modparam(\"tm\", \"T1_timer\", $SELDOM_MS)\nmodparam(\"tm\", \"T2_timer\", $((2 * SELDOM_MS)))" \
		"$TOP_SRCDIR/contrib/opensips/opensips.cfg" >"$1"
}

start_an_opensips() {
	local name=$1
	shift
	write_opensips_cfg "$WORK/$name.cfg" "$@"
	start "$name" gw "$OPENSIPS" -F -m 32 -M 8 -f "$WORK/$name.cfg" -w "$WORK" -P "$WORK/$name.daemon"
}

# start_pcscf NAME ACCESS-ADDRESS CORE-ADDRESS RPC [FLAGS...]
start_pcscf() {
	if [ $PCSCF = kamailio ]; then start_a_kamailio "$@"; else start_an_opensips "$@"; fi
	wait_for 60 in_ns gw sh -c "ss -Hlun 'sport = :$SIP' | grep -q $3"
	wait_for 60 in_ns gw sh -c "ss -Hltn 'sport = :${4##*:}' | grep -q ${4##*:}"
}

# start_proxy [FLAGS...]: named "proxy".
start_proxy() { start_pcscf proxy $GW_ACCESS4 $GW_CORE4 $RPC "$@"; }

# register_ue [PORT [USER [P-CSCF]]]
register_ue() {
	in_ns ue sipp -sf "$SCENARIOS/ue-register.xml" -m 1 -i "$UE4" -p 5061 -key ue_port "${1:-5062}" -s "${2:-ue}" \
		-timeout ${PEER_S}s -nostdin "${3:-$GW_ACCESS4}:$SIP" >"$WORK/register.log" 2>&1 || fail "registration"
}

# sipp_ue ID SCENARIO [FLAGS...]: a UE that is called, at UE_SIP (5062); its messages are $WORK/ID.ue.sip.
sipp_ue() {
	local id=$1 what=$2 port=${UE_SIP:-5062}
	shift 2
	start "$id.uas" ue sipp -sf "$SCENARIOS/$what.xml" -m 1 -i "$UE4" -p "$port" -timeout ${PEER_S}s -nostdin -trace_msg \
		-message_file "$WORK/$id.ue.sip" "$@"
	wait_for 30 in_ns ue sh -c "ss -Hlun 'sport = :$port' | grep -q $port"
}

# sipp_core ID SCENARIO [FLAGS...]: a caller in the core, at CORE_SIP (5070), who calls the user CALLEE (ue); its messages
# are $WORK/ID.core.sip.
sipp_core() {
	local id=$1 what=$2
	shift 2
	start "$id.uac" core sipp -sf "$SCENARIOS/$what.xml" -m 1 -i "$CORE4" -p "${CORE_SIP:-5070}" -s "${CALLEE:-ue}" -cid_str "$id-%u@core" \
		-key msrp_port $CORE_PORT -timeout ${PEER_S}s -nostdin -trace_msg -message_file "$WORK/$id.core.sip" "$@" \
		"$GW_CORE4:$SIP"
}

# Both logs without CR, as $WORK/ID.ue.txt and $WORK/ID.core.txt.
read_sip() {
	tr -d '\r' <"$WORK/$1.ue.sip" >"$WORK/$1.ue.txt"
	tr -d '\r' <"$WORK/$1.core.sip" >"$WORK/$1.core.txt"
}

# learn_t1 ID: sets T1 to the address that the UE was offered.
learn_t1() {
	T1PORT=$(sed -n 's|^m=message \([0-9]*\) TCP/TLS/MSRP.*|\1|p' "$WORK/$1.ue.txt" | head -n 1)
	T1=$(sed -n 's/^c=IN IP4 //p' "$WORK/$1.ue.txt" | head -n 1):$T1PORT
}

# poke NS ADDRESS PORT LOG ID: the sipp there, whose call is ID and whose messages are $WORK/LOG.sip, waits for a MESSAGE
# with its Call-ID (an earlier call's stray messages may be in the log too), then goes on.
poke() {
	local cid
	cid=$(tr -d '\r' <"$WORK/$4.sip" | sed -n "s/^Call-ID: \($5-.*\)/\1/p" | head -n 1)
	printf '%s\r\n' "MESSAGE sip:test@$2 SIP/2.0" "Via: SIP/2.0/UDP $2:5099;branch=z9hG4bKgo$RANDOM" \
		'From: <sip:t@t>;tag=t' "To: <sip:test@$2>" "Call-ID: $cid" 'CSeq: 9 MESSAGE' 'Content-Length: 0' '' \
		>"$WORK/go.sip"
	in_ns "$1" bash -c "cat '$WORK/go.sip' >/dev/udp/$2/$3"
}

# hang_up_core ID: the caller in the core says BYE.
hang_up_core() { poke core $CORE4 5070 "$1.core" "$1"; }

# different HEADER START LOG: how many values of this header the messages of a sipp log have that begin with START. What
# comes again counts once.
different() {
	tr -d '\r' <"$WORK/$3.sip" | awk -v name="$1:" -v start="$2" '
		index($0, start) == 1 { on = 1 } $0 == "" { on = 0 }
		on && index($0, name) == 1 && !seen[$0]++ { n++ } END { print n + 0 }'
}
at_least_different() { [ "$(different "$2" "$3" "$4")" -ge "$1" ]; }

sipp_ended() {
	wait_for_exit "$1.uac" || fail "$1: sipp at the core"
	wait_for_exit "$1.uas" || fail "$1: sipp at the UE"
}
