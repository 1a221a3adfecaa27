# Sourced after lib.sh: H.248 on the loopback of the gateway's host as tshark sees it.
# shellcheck shell=bash

can_capture() { command -v tcpdump && command -v tshark; } >/dev/null

# capture_h248 NAME; nothing where the tools are missing.
capture_h248() {
	can_capture || { note "no capture: tcpdump or tshark is not installed"; return; }
	start "$1.cap" gw tcpdump -i lo -U --immediate-mode -w "$WORK/$1.pcapng" port 2944
	wait_for 30 grep -q 'listening on' "$WORK/$1.cap.log"
}

# check_capture NAME AT_LEAST: ends it. So many messages were decoded, and nothing is malformed or an error to tshark.
check_capture() {
	local cap=$WORK/$1.pcapng n
	can_capture || return 0
	stop "$1.cap"
	tshark -r "$cap" -Y '_ws.malformed || _ws.expert.severity == error || udp.dstport == 2944 && !megaco && !icmp' -V \
		>"$WORK/$1.malformed" 2>/dev/null
	[ ! -s "$WORK/$1.malformed" ] || { head -n 80 "$WORK/$1.malformed"; fail "tshark objects to H.248 of $1"; }
	tshark -r "$cap" -Y megaco -V >"$WORK/$1.verbose" 2>/dev/null
	n=$(grep -c '^MEGACO' "$WORK/$1.verbose")
	[ "$n" -ge "$2" ] || fail "only $n messages of $1 decoded"
	note "$n H.248 messages of $1 decode in tshark, none malformed"
}
