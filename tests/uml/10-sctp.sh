#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# H.248 over the kernel's own SCTP: what the gateway puts on the wire, whole calls, lost associations. See run.sh.
. "$TOP_SRCDIR/tests/uml/lib.sh" || exit 99
modprobe sctp || skip "no module sctp"
one_host_begin

# What the unit test plays over TCP elsewhere.
unit_test() {
	local t=$TOP_BUILDDIR/tests/unit/t_mgco_node_sctp
	[ -x "$t" ] || { note "no unit test: CUnit is not installed"; return; }
	"$t" >"$WORK/unit.log" 2>&1 || fail "t_mgco_node_sctp"
	! grep SKIP "$WORK/unit.log" || fail "t_mgco_node_sctp found no SCTP"
	note "t_mgco_node_sctp passes with the kernel's sockets"
}

# A controller of another make looks at streams, payload protocol, addresses and bounds of messages: FAMILY [all].
start_controller() {
	local f=$1 at
	at=$(ip_of "$f" CORE)
	start "mgc$f" core sctp_mgc "$at" 2944 "$at" ${2:+"$2"}
	wait_for 40 grep -q listens "$WORK/mgc$f.log"
	start "agw$f" gw ims-agw --control="$WORK/agw$f.sock" --mgc="sctp:$(bracket "$at"):2944" --workers=1 \
		--log-level=debug --syn-gate=off --realm="access,address=$GW_ACCESS4" --realm="core,address=$GW_CORE4"
}

end_controller() {
	wait_for_exit "mgc$1" 80 || fail "the controller over IPv$1"
	stop "agw$1" || fail "ims-agw ended with $?"
	sed "s/^sctp_mgc/-- IPv$1/" "$WORK/mgc$1.log"
}

# A UE that is called (e2ae), a message, and the end: FAMILY CALL-ID [lose].
whole_call() {
	local f=$1 id=$2
	offer "$f" "$id"
	core_peer "$f" "$id.core" --messages=1
	answer "$f" "$id" "$FINGERPRINT" || fail "answer refused"
	ue_peer "$id.ue" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=hello ${3:+--hold="$WORK/go"}
	[ -z "${3:-}" ] || lose_association "$id"
	wait_for_exit "$id.ue" || fail "the UE's call"
	wait_for_exit "$id.core" || fail "the core's call"
	grep -q 'received 200' "$WORK/$id.ue.log" || fail "no 200 at the UE"
	hang_up "$id"
	wait_for 40 no_contexts
	note "IPv$f: a call, set up over SCTP at $MGC_AT"
}

# Both ends find out that the path is gone; when it is back the gateway registers, its context is asked for (AuditValue)
# and kept, and the call goes on.
lose_association() {
	wait_for 40 grep -q holding "$WORK/$1.ue.log"
	ip link set lo down
	wait_for 30 grep -q 'h248 peer lost.*transport=sctp' "$WORK/agw.log"
	wait_for 30 grep -q 'h248 peer lost.*transport=sctp' "$WORK/alg.log"
	ip link set lo up
	wait_for 60 grep -q 'gateway reconciled .*contexts=1' "$WORK/alg.log"
	: >"$WORK/go"
	note "the association was lost and made again, the call was kept"
}

# So that a path is given up within seconds, not minutes.
impatient() {
	local what
	for what in rto_initial=300 rto_min=200 rto_max=500 hb_interval=300 path_max_retrans=2 association_max_retrans=4; do
		echo "${what#*=}" >"/proc/sys/net/sctp/${what%=*}"
	done
}

unit_test
ip link set lo mtu 1500 # so that long messages are cut
start_controller 4 all
start_controller 6
end_controller 4
end_controller 6

make_ue ue
# shellcheck disable=SC2034 # for start_daemons
AGW_FLAGS=(--syn-gate=off) H248=sctp
MGC_AT='[::1]:2944'
start_daemons --syn-policy=latch
whole_call 6 six
stop_daemons

impatient
MGC_AT=127.0.0.1:2944
start_daemons --syn-policy=latch
whole_call 4 four lose
stop_daemons
