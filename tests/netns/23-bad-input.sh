#!/bin/bash
# Whatever arrives at the control ports: a clear error in the protocol's terms, and a call that is up goes on.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
netns_begin

# ng DATAGRAM-AS-PRINTF [SECONDS]: one datagram to ims-alg; prints what comes back within that time, if anything.
ng() {
	printf "$1" >"$WORK/datagram" # cat writes it at once, printf would make a datagram of each line
	in_ns gw bash -c 'exec 3<>/dev/udp/127.0.0.1/2223; cat "$1" >&3; timeout "$2" dd bs=65535 count=1 <&3 2>/dev/null' _ \
		"$WORK/datagram" "${2:-30}"
}
expect() { # NAME DATAGRAM REGEX
	local got
	got=$(ng "$2" | tr -d '\0')
	[[ $got =~ $3 ]] || fail "$1: got '$got', wanted $3"
	note "NG $1: $got"
}

AGW_FLAGS=()
ACCESS_MORE=,call-deny=10.201.1.64/26
start_daemons --syn-policy=latch
make_ue ue
offer 4 held
core_peer 4 held.core --messages=1
answer 4 held "$FINGERPRINT" || fail "answer refused"
ue_peer held.ue --cert="$WORK/ue.pem" --key="$WORK/ue.key" --hold="$WORK/go" --send="still here"
wait_for 30 grep -q holding "$WORK/held.ue.log"

expect 'ping' '1 d7:command4:pinge' '^1 d6:result4:ponge$'
expect 'JSON ping' '2 {"command":"ping"}' '^2 \{"result": ?"pong"\}$'
expect 'unknown command' '3 d7:command4:nopee' 'Unrecognized command'
expect 'truncated bencode' '4 d7:command4:pi' 'error'
expect 'truncated JSON' '5 {"command":' 'error'
expect 'no call-id' '6 d7:command5:offer8:from-tag1:y3:sdp4:nopee' 'No call-id in message'
expect 'no SDP' '7 d7:call-id1:x7:command5:offer8:from-tag1:ye' 'No SDP body in message'
expect 'broken SDP' '8 d7:call-id1:x7:command5:offer8:from-tag1:y3:sdp4:nopee' 'Failed to parse SDP'
expect 'answer of an unknown call' '9 d7:call-id1:x7:command6:answer8:from-tag1:y6:to-tag1:z3:sdp7:v=0\r\n\r\ne' 'Unknown call-id'
[ -z "$(ng 'nocookie' 1)" ] || fail "an answer to a datagram without cookie"
sdp='v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'
len=$(printf "$sdp" | wc -c)
expect 'SDP without MSRP byte-identical' "10 d7:call-id1:n7:command5:offer8:from-tag1:y3:sdp$len:${sdp}e" \
	"$(printf "sdp$len:$sdp" | head -c 20)"
printf "$sdp" >"$WORK/audio.sdp"
ctl offer --call-id=n2 --from-tag=y --direction=core,access --sdp="$WORK/audio.sdp" >"$WORK/audio.out" || fail "audio offer"
cmp "$WORK/audio.sdp" "$WORK/audio.out" || fail "SDP without MSRP was changed"

# random, oversized and truncated datagrams, bounded
in_ns gw bash -c 'for i in $(seq 300); do head -c $((RANDOM % 1400 + 1)) /dev/urandom >/dev/udp/127.0.0.1/2223
	{ printf "$i d7:command5:offer7:call-id1:x"; head -c $((RANDOM % 900)) /dev/urandom; } >/dev/udp/127.0.0.1/2223; done
	head -c 65000 /dev/zero >/dev/udp/127.0.0.1/2223' 2>/dev/null
# H.248 over TCP: wrong TPKT, a giant length, garbage in a right frame, a stranger's request
# h248 OCTETS-AS-PRINTF [SECONDS]: on a connection of its own; prints the first that comes back within that time.
h248() {
	in_ns gw bash -c 'exec 3<>/dev/tcp/127.0.0.1/2944; printf "$1" >&3; timeout "$2" dd bs=65535 count=1 <&3 2>/dev/null' _ \
		"$1" "${2:-30}" | tr -d '\0'
}
h248 'GET / HTTP/1.0\r\n\r\n' 1 >/dev/null
h248 '\x03\x00\xff\xff' 1 >/dev/null
got=$(h248 '\x03\x00\x00\x0cgarbage!')
[[ $got =~ Error|ER ]] || fail "H.248 garbage got '$got'"
note "H.248 garbage: $got"
got=$(h248 '\x03\x00\x00\x42MEGACO/1 [127.0.0.1]:9 Transaction = 7 { Context = $ { Add = $ }')
[[ $got =~ Error|ER ]] || fail "a truncated transaction got '$got'"
note "H.248 truncated transaction: $got"
in_ns gw bash -c 'for i in $(seq 50); do { printf "\x03\x00\x01\x00"; head -c 252 /dev/urandom; } >/dev/tcp/127.0.0.1/2944; done' 2>/dev/null

# denied NAME ADDRESS PORT WHY: a UE that would have the gateway connect there.
denied() {
	offer 4 "$1"
	UE4=$2 answer 4 "$1" "$FINGERPRINT" passive "$3" 2>"$WORK/$1.why" && fail "$1: the answer was taken"
	grep -q "remote-denied: .*: $4" "$WORK/$1.why" || fail "$1: $(cat "$WORK/$1.why")"
	note "the gateway does not connect to $2:$3: $4"
}
denied inside 10.201.1.70 4000 'in call-deny= of the realm'
denied control 127.0.0.1 2944 'a loopback address'
denied itself "$GW_CORE4" 22 'an address of the gateway'
grep -q 'remote refused .*reason=remote-denied' "$WORK/agw.log" || fail "no log line of the gateway"
ctl show agw realms | tr -d ' \n' | grep -q '"remotes_denied":3' || fail "not counted"

touch "$WORK/go"
wait_for_exit held.ue || fail "the call that was up was disturbed"
wait_for_exit held.core || fail "the core of the call that was up"
hang_up held
wait_for 30 no_contexts
expect 'ping after all' '99 d7:command4:pinge' '^99 d6:result4:ponge$'
note "the call that was up went on"
stop_daemons
