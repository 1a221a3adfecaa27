#!/bin/bash
# One INVITE with audio and MSRP through a P-CSCF that chains ims-alg and Debian's rtpengine: each changes its own lines and
# leaves the other's alone, towards both sides.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/kamailio.sh" || exit 99
command -v rtpengine >/dev/null || skip "rtpengine is not installed"
netns_begin

# audio FILE: its m=audio line that came through rtpengine
audio() { grep '^m=audio' "$WORK/$1" | grep -v "audio 40000 " | head -n 1; }
gone() { ctl show alg calls | tr -d ' \n' | grep -q '"count":0' && no_contexts; }
acked() { grep -q '^ACK ' "$WORK/mixed.core.sip"; }

AGW_FLAGS=()
start_daemons --msrp=agnostic
start rtpengine gw rtpengine --foreground --log-stderr --log-level=5 --table=-1 --interface="$GW_ACCESS4" \
	--listen-ng=127.0.0.1:2225 --port-min=41000 --port-max=41100 --pidfile="$WORK/rtpengine.daemon"
wait_for 10 in_ns gw sh -c 'ss -Hlun "sport = :2225" | grep -q 2225'
start_kamailio -A WITH_RTPENGINE
make_ue ue
register_ue
core_peer 4 mixed.core --messages=1
sipp_ue mixed ue-uas-mixed -key fp "$FINGERPRINT"
sipp_core mixed core-uac-mixed
wait_for 10 acked
read_sip mixed
for side in ue core; do
	[ -n "$(audio mixed.$side.txt)" ] || fail "$side: the audio did not pass rtpengine"
done
grep -q '^a=3ge2ae:applied' "$WORK/mixed.ue.txt" || fail "no e2ae behind rtpengine"
grep -qE '^a=fingerprint|TCP/TLS' "$WORK/mixed.core.txt" && fail "TLS towards the core"
learn_t1 mixed
# the c= line of the MSRP line's own, after its m=
T1=$(sed -n '/^m=message [0-9]* TCP\/TLS/,$ s/^c=IN IP4 //p' "$WORK/mixed.ue.txt" | head -n 1):$T1PORT
ue_peer mixed.peer --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send="hello beside audio"
wait_for_exit mixed.peer || fail "the UE's MSRP"
wait_for_exit mixed.core || fail "the core's MSRP"
hang_up_core mixed
sipp_ended mixed
wait_for 5 gone
note "audio through rtpengine at $(audio mixed.ue.txt), MSRP with e2ae at $T1"
stop kamailio
stop rtpengine
stop_daemons
