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

# A controller of another make looks at streams, payload protocol, addresses and bounds of messages.
foreign_controller() {
	local f=$1 at
	at=$(ip_of "$f" CORE)
	start "mgc$f" core sctp_mgc "$at" 2944 "$at"
	wait_for 10 grep -q listens "$WORK/mgc$f.log"
	start "agw$f" gw ims-agw --control="$WORK/agw$f.sock" --mgc="sctp:$(bracket "$at"):2944" --workers=1 \
		--log-level=debug --syn-gate=off --realm="access,address=$GW_ACCESS4" --realm="core,address=$GW_CORE4"
	wait_for_exit "mgc$f" 80 || fail "the controller over IPv$f"
	stop "agw$f" || fail "ims-agw ended with $?"
	sed "s/^sctp_mgc/-- IPv$f/" "$WORK/mgc$f.log"
}

# A UE that is called (e2ae), a message, and the end.
whole_call() {
	local f=$1 id=$2
	offer "$f" "$id"
	core_peer "$f" "$id.core" --messages=1
	answer "$f" "$id" "$FINGERPRINT" || fail "answer refused"
	ue_peer "$id.ue" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=hello
	wait_for_exit "$id.ue" || fail "the UE's call"
	wait_for_exit "$id.core" || fail "the core's call"
	grep -q 'received 200' "$WORK/$id.ue.log" || fail "no 200 at the UE"
	hang_up "$id"
	wait_for 5 no_contexts
	note "IPv$f: a call, set up over SCTP at $MGC_AT"
}

lost() { grep -q 'state reg=0 UP -> LINKING' "$WORK/agw.log"; }

unit_test
ip link set lo mtu 1500 # so that long messages are cut
foreign_controller 4
foreign_controller 6

make_ue ue
# shellcheck disable=SC2034 # for start_daemons
AGW_FLAGS=(--syn-gate=off) H248=sctp
MGC_AT=127.0.0.1:2944
start_daemons --syn-policy=latch
whole_call 4 before
end_with alg KILL # its kernel aborts the association
wait_for 10 lost
start alg gw ims-alg --control="$WORK/alg.sock" --h248="sctp:$MGC_AT" --log-level=debug --syn-policy=latch
wait_for 30 registered
note "registered again after the controller was killed"
whole_call 4 after
stop_daemons

MGC_AT='[::1]:2944'
start_daemons --syn-policy=latch
whole_call 6 six
stop_daemons
