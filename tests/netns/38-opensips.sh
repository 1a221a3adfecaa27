#!/bin/bash
# OpenSIPS as the P-CSCF, where there is one (Debian 12 has none): OPENSIPS is the program, OPENSIPS_MODULES the folder of
# its modules, in the layout of an installation or of its source tree. It accepts contrib/opensips/opensips.cfg, passes
# all that 30 to 34 ask of Kamailio, and shares the calls out to two ims-algs, one of which has no gateway, then is gone.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
export PCSCF=opensips
. "$TOP_SRCDIR/tests/netns/pcscf.sh" || exit 99
netns_begin

# accepted [FLAGS...]
accepted() {
	write_opensips_cfg "$WORK/checked.cfg" 127.0.0.1 127.0.0.2 127.0.0.1:8888 "$@"
	"$OPENSIPS" -C -f "$WORK/checked.cfg" >"$WORK/checked.log" 2>&1
}

accepted || fail "opensips -C"
accepted -A WITH_RTPENGINE || fail "opensips -C"
note "opensips -C accepts contrib/opensips/opensips.cfg, with and without rtpengine"

for script in "$TOP_SRCDIR"/tests/netns/3[0-4]-*.sh; do
	note "$(basename "$script" .sh)"
	bash "$script"
	status=$?
	[ $status = 0 ] || [ $status = 77 ] || fail "$script"
done

# call ID: of an e2ae call, up to its end.
call() {
	core_peer 4 "$1.core" --messages=1
	sipp_ue "$1" ue-uas -key fp "$FINGERPRINT"
	sipp_core "$1" core-uac
	wait_for 60 grep -q '^ACK ' "$WORK/$1.core.sip"
	read_sip "$1"
	learn_t1 "$1"
	ue_peer "$1.ue" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send="hello $1"
	wait_for_exit "$1.ue" || fail "$1: the UE's MSRP"
	wait_for_exit "$1.core" || fail "$1: the core's MSRP"
	hang_up_core "$1"
	sipp_ended "$1"
	wait_for 60 no_contexts
}

AGW_FLAGS=()
start_daemons
start_proxy
make_ue ue
register_ue
sipp_ue refused ue-uas-plain
sipp_core refused core-uac-ended
sipp_ended refused
wait_for 60 no_contexts
! grep '^m=' "$WORK/refused.core.sip" | grep -v " $CORE_PORT " || fail "an answer that was refused went on"
stop proxy
stop_daemons
note "a UE that answers without TLS: the answer is taken out, both sides get a BYE"

NG="udp:127.0.0.1:2223 udp:127.0.0.1:2224"
if ! accepted; then
	note "this version does not know how to fail over"
	exit 0
fi
start_daemons
start other gw ims-alg --control="$WORK/other.sock" --h248=tcp:127.0.0.1:2946 --ng=udp:127.0.0.1:2224 --log-level=debug
wait_for 60 test -S "$WORK/other.sock"
start_proxy
register_ue
# Which of them is asked is the sum of the octets of the Call-ID: one more is the other.
call a
call b
[ "$(grep -c 'offer refused .*gateway-lost' "$WORK/other.log")" = 1 ] || fail "the one without a gateway was not asked once"
note "an offer that one ims-alg cannot serve is made to the other, which has the call from then on"
stop other || fail "the other ims-alg ended with $?"
call c
call d
note "a call whose ims-alg is gone goes to the other"
stop proxy
stop_daemons
