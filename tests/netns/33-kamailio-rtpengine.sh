#!/bin/bash
# ims-alg and Debian's rtpengine chained on one call with audio, video and MSRP, in either order: each changes its own lines
# and leaves the other's alone, towards both sides. First over NG, byte by byte against what each makes alone; only
# the ports differ from call to call and are taken out before. Then in a P-CSCF, with real messages.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/pcscf.sh" || exit 99
command -v rtpengine >/dev/null || skip "rtpengine is not installed"
netns_begin

RTPENGINE=udp:127.0.0.1:2225
AGW_FLAGS=()
start_daemons --msrp=agnostic
start rtpengine gw rtpengine --foreground --log-stderr --log-level=5 --table=-1 --interface="$GW_ACCESS4" \
	--listen-ng=${RTPENGINE#udp:} --port-min=41000 --port-max=41999 --pidfile="$WORK/rtpengine.daemon"
wait_for 30 in_ns gw sh -c 'ss -Hlun "sport = :2225" | grep -q 2225'
make_ue ue

# ---- over NG ----

# One step of a call: rtp|alg offer|answer CALL-ID IN OUT; ims-alg is told DIRECTION.
rtp() {
	ctl "$1" --ng=$RTPENGINE --call-id="$2" --from-tag=f --to-tag=t --sdp="$3" >"$4" ||
		fail "rtpengine refused $3"
}
alg() {
	ctl "$1" --call-id="$2" --from-tag=f --to-tag=t --direction="$DIRECTION" --sdp="$3" ue-e2ae=yes >"$4" || fail "ims-alg refused $3"
}

# part NAME FILE: its session part, or the section of its m=NAME line, without the ports that are chosen anew for each call.
part() {
	sed -E 's/^(m=(audio|video) )[1-9][0-9]*/\1PORT/; s/^(m=message )([1-8][0-9]|[1-9][0-9][0-9])[0-9]*/\1PORT/; s/^(a=rtcp:)[0-9]+/\1PORT/' "$2" |
		awk -v want="$1" '/^m=/ { split(substr($0, 3), w, " "); at = w[1] } BEGIN { at = "session" } at == want'
}

same() { # PART FILE FILE
	part "$1" "$WORK/$2" >"$WORK/one"
	part "$1" "$WORK/$3" >"$WORK/other"
	[ -s "$WORK/one" ] || fail "$2 has no part $1"
	cmp "$WORK/one" "$WORK/other" || fail "$1 of $2 and $3 differ: $(diff "$WORK/one" "$WORK/other")"
}

# chain NAME DIRECTION OFFER ANSWER: through each alone, and through both in either order.
chain() {
	local name=$1 step direction=$2 in
	for step in offer answer; do
		DIRECTION=$direction
		[ $step = offer ] || DIRECTION=${direction#*,},${direction%,*}
		in=$3
		[ $step = offer ] || in=$4
		rtp $step "$name-r" "$in" "$WORK/$name.$step.rtp"
		alg $step "$name-a" "$in" "$WORK/$name.$step.alg"
		alg $step "$name-ar" "$in" "$WORK/half"
		rtp $step "$name-ar" "$WORK/half" "$WORK/$name.$step.alg-rtp"
		rtp $step "$name-ra" "$in" "$WORK/half"
		alg $step "$name-ra" "$WORK/half" "$WORK/$name.$step.rtp-alg"
		for order in alg-rtp rtp-alg; do
			same session "$name.$step.$order" "$name.$step.rtp"
			same audio "$name.$step.$order" "$name.$step.rtp"
			same video "$name.$step.$order" "$name.$step.rtp"
			same message "$name.$step.$order" "$name.$step.alg"
		done
	done
	for id in a ar ra; do
		ctl delete --call-id="$name-$id" --from-tag=f >"$WORK/deleted" || fail "delete $name-$id"
	done
}

# sdp NAME ADDRESS PORT PROTO SCHEME LINE...: audio, MSRP with these lines, and video.
sdp() {
	local name=$1 a=$2 port=$3 proto=$4 scheme=$5
	shift 5
	printf '%s\r\n' v=0 "o=$name 1 1 IN IP4 $a" s=- "c=IN IP4 $a" b=AS:500 't=0 0' a=x-session:1 \
		'm=audio 40000 RTP/AVP 104 8 101' 'a=rtpmap:104 AMR-WB/16000' 'a=fmtp:104 mode-change-capability=2; max-red=0' \
		'a=rtpmap:8 PCMA/8000' 'a=rtpmap:101 telephone-event/8000' 'a=fmtp:101 0-15' a=ptime:20 a=x-audio:1 \
		"m=message $port $proto *" 'a=accept-types:message/cpim application/im-iscomposing+xml' \
		"a=path:$scheme://$a:$port/${name}1234567;tcp" a=msrp-cema "$@" a=chatroom:private-messages a=x-message:1 \
		'm=video 40002 RTP/AVP 96' b=AS:384 'a=rtpmap:96 H264/90000' 'a=fmtp:96 profile-level-id=42c00b' a=x-video:1
}

sdp core "$CORE4" 7654 TCP/MSRP msrp a=setup:actpass >"$WORK/core.sdp"
sdp core "$CORE4" 7654 TCP/MSRP msrp a=setup:passive >"$WORK/core.answer"
sdp ue "$UE4" 9 TCP/TLS/MSRP msrps a=setup:active "a=fingerprint:$FINGERPRINT" >"$WORK/ue.answer"
sdp ue "$UE4" 9 TCP/TLS/MSRP msrps a=setup:active "a=fingerprint:$FINGERPRINT" a=3ge2ae:requested >"$WORK/ue.sdp"
chain term core,access "$WORK/core.sdp" "$WORK/ue.answer"
chain orig access,core "$WORK/ue.sdp" "$WORK/core.answer"
tr -d '\r' <"$WORK/core.sdp" >"$WORK/core.lf"
tr -d '\r' <"$WORK/ue.answer" >"$WORK/ue.lf"
chain lf core,access "$WORK/core.lf" "$WORK/ue.lf"
grep -q '^a=3ge2ae:applied' "$WORK/term.offer.rtp-alg" || fail "no e2ae towards the UE behind rtpengine"
grep -qE '^a=fingerprint|TCP/TLS/MSRP' "$WORK/orig.offer.alg-rtp" && fail "TLS towards the core"

# rtpengine takes a fingerprint at session level for its own media, so that one who is asked after it must refuse.
sed "/^a=fingerprint:.*/d; s/^t=0 0/&\r\na=fingerprint:$FINGERPRINT/" "$WORK/ue.sdp" >"$WORK/ue.session"
DIRECTION=access,core
rtp offer s-ra "$WORK/ue.session" "$WORK/half"
alg offer s-ra "$WORK/half" "$WORK/s.out"
grep -q '^m=message 0 ' "$WORK/s.out" || fail "an offer that lost its fingerprint was not refused"
alg offer s-ar "$WORK/ue.session" "$WORK/s.out"
grep -q '^m=message [1-9][0-9]* TCP/MSRP' "$WORK/s.out" || fail "a fingerprint at session level was not seen"
for id in s-ra s-ar; do
	ctl delete --call-id=$id --from-tag=f >"$WORK/deleted"
done
wait_for 30 no_contexts
note "each daemon's lines are those that it makes alone, in either order: offers and answers of both directions, CRLF and LF"

# Many calls at a time, as contrib/bench-ng measures them: none is refused or lost.
PATH=$TOP_BUILDDIR/tests/bench:$PATH
for load in "message 2223" "audio 2225"; do
	in_ns gw ng_load "${load% *}" --target=127.0.0.1:"${load#* }" --window=16 --calls=100 >"$WORK/load.log" || fail "ng_load $load"
	grep -q '"failed": 0, "lost": 0' "$WORK/load.log" || fail "ng_load $load: $(cat "$WORK/load.log")"
done
wait_for 30 no_contexts

# ---- in a P-CSCF ----

gone() { ctl show alg calls | tr -d ' \n' | grep -q '"count":0' && no_contexts; }
acked() { grep -q '^ACK ' "$WORK/$1.core.sip"; }

# body FILE START: the SDP of the first message in a sipp log that begins so.
body() {
	awk -v start="$2" '!seen && index($0, start) == 1 { at = 1; seen = 1 } at == 1 && $0 == "" { at = 2; next }
		at == 2 && ($0 == "" || /^---/) { exit } at == 2' "$1"
}

# play NAME FLAGS...: one call.
play() {
	local name=$1
	shift
	start_proxy -A WITH_RTPENGINE "$@"
	register_ue
	core_peer 4 "$name.core" --messages=1
	sipp_ue "$name" ue-uas-mixed -key fp "$FINGERPRINT"
	sipp_core "$name" core-uac-mixed
	wait_for 30 acked "$name"
	read_sip "$name"
	body "$WORK/$name.ue.txt" "INVITE " >"$WORK/$name.offer"
	body "$WORK/$name.core.txt" "SIP/2.0 200" >"$WORK/$name.answer"
	for sdp in offer answer; do
		[ "$(grep -c '^v=0' "$WORK/$name.$sdp")" = 1 ] || fail "$name: not one SDP in the $sdp"
		grep -q '^m=audio 41[0-9][0-9][0-9] ' "$WORK/$name.$sdp" || fail "$name: audio of the $sdp did not pass rtpengine"
	done
	grep -q '^a=3ge2ae:applied' "$WORK/$name.offer" || fail "$name: no e2ae"
	grep -qE '^a=fingerprint|TCP/TLS' "$WORK/$name.answer" && fail "$name: TLS towards the core"
	learn_t1 "$name"
	# the c= line of the MSRP line's own, after its m=
	T1=$(sed -n '/^m=message [0-9]* TCP\/TLS/,$ s/^c=IN IP4 //p' "$WORK/$name.offer" | head -n 1):$T1PORT
	ue_peer "$name.peer" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send="hello beside audio"
	wait_for_exit "$name.peer" || fail "$name: the UE's MSRP"
	wait_for_exit "$name.core" || fail "$name: the core's MSRP"
	hang_up_core "$name"
	sipp_ended "$name"
	wait_for 30 gone
	stop proxy
}

play after
note "through $PCSCF, after ims-alg: MSRP with e2ae beside audio"
if [ $PCSCF = kamailio ]; then
	play before -A RTPENGINE_FIRST
	for sdp in offer answer; do
		for part in session audio message; do
			same $part after.$sdp before.$sdp
		done
	done
	note "before it: the same SDP but for ports, and MSRP with e2ae"
fi
stop rtpengine
stop_daemons
