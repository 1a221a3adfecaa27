#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# TLS in the kernel (--ktls=on): whole calls with openssl as UE, and what must stay with OpenSSL. See run.sh.
. "$TOP_SRCDIR/tests/uml/lib.sh" || exit 99
modprobe tls || skip "no module tls"
one_host_begin
# Whoever calls the gateway has the address that was signalled.
ip route replace local $GW_ACCESS4 dev lo table local src $UE4 && ip route replace local $GW_CORE4 dev lo table local src $CORE4 ||
	fail "no routes"
OCTETS=1000000

# count NAME: of the only worker.
count() { ctl show agw counters | tr -d ' \n' | sed "s/.*\"ktls_$1\":\([0-9]*\).*/\1/"; }
counts() { [ "$(count "$1")" = "$2" ]; }

# call ID SETUP [PORT]: a UE's call; the core is who connects to T2.
call() {
	ue_offer 4 "$1" "$FINGERPRINT" "$2" "${3:-9}"
	core_answer 4 "$1" active || fail "the answer to $1 was refused"
}
end_call() {
	ctl delete --call-id="$1" --from-tag=ue >/dev/null || fail "delete $1"
	wait_for 30 no_contexts
}

# core ID [COMMAND]: connects to T2, sends all of down, and takes what comes: as many octets as up has, or as COMMAND does.
core() {
	: >"$WORK/$1.up"
	start "$1.core" core bash -c "exec 3<>/dev/tcp/${T2%:*}/${T2##*:}; cat $WORK/down >&3; ${2:-head -c $OCTETS} <&3 >$WORK/$1.up"
}

ue_client() { # ID CERTIFICATE [FLAGS...], stdin
	local id=$1 cert=$2
	shift 2
	timeout $PEER_S openssl s_client -connect "$T1" -cert "$WORK/$cert.pem" -key "$WORK/$cert.key" "$@" \
		>"$WORK/$id.down" 2>"$WORK/$id.log"
}

# Every octet of both directions, and an end by close_notify.
check_octets() {
	wait_for_exit "$1.core"
	cmp "$WORK/up" "$WORK/$1.up" || fail "$1: the core got something else"
	wait_for 30 cmp "$WORK/down" "$WORK/$1.down"
}

client_call() { # ID [FLAGS...]
	call "$1" active
	core "$1"
	ue_client "$1" ue -quiet "${@:2}" <"$WORK/up" || fail "$1: s_client, status $?"
	check_octets "$1"
	end_call "$1"
}

# The UE is TLS server, and sends tickets behind its handshake.
server_call() { # ID
	start "$1" ue bash -c "{ cat $WORK/up; exec sleep $PEER_S; } | openssl s_server -accept $UE4:7000 -naccept 1 -quiet -Verify 1 \
		-cert $WORK/ue.pem -key $WORK/ue.key >$WORK/$1.down"
	wait_for 30 listens 7000
	call "$1" passive 7000
	core "$1"
	check_octets "$1"
	end_call "$1"
}
listens() { grep -q "$(printf ':%04X 00000000:0000 0A' "$1")" /proc/net/tcp; }

# A UE that says something, changes its keys and goes on.
key_update() { # ID
	call "$1" active
	core "$1" cat
	{ echo hello; wait_for 30 grep -q hello "$WORK/$1.up"; echo K; wait_for 30 ended "$(cat "$WORK/$1.core.pid")"; } |
		ue_client "$1" ue >/dev/null
	[ "$(cat "$WORK/$1.up")" = hello ] || fail "$1: the core got something else"
	end_call "$1"
}

# Another certificate than the one that was signalled: an alert, and not an octet.
mismatch() { # ID
	call "$1" active
	core "$1" cat
	! ue_client "$1" stranger -quiet <"$WORK/up" || fail "a stranger was let in"
	grep -q 'alert bad certificate' "$WORK/$1.log" || fail "the stranger saw no alert"
	wait_for_exit "$1.core"
	[ ! -s "$WORK/$1.up" ] || fail "the core got octets of a stranger"
	end_call "$1"
}

dd if=/dev/urandom of="$WORK/up" bs=$OCTETS count=1 2>/dev/null
dd if=/dev/urandom of="$WORK/down" bs=$OCTETS count=1 2>/dev/null
make_ue stranger
make_ue ue
# shellcheck disable=SC2034 # for start_daemons
AGW_FLAGS=(--syn-gate=off --ktls=on)
start_daemons
! grep -q 'the kernel has no TLS' "$WORK/agw.log" || fail "ims-agw did not find the kernel's TLS"

# A kernel without the cipher: nobody loads it.
if ! grep -q '^gcm ' /proc/modules; then
	read -r loader </proc/sys/kernel/modprobe
	echo /nonexistent >/proc/sys/kernel/modprobe
	client_call refused
	counts refused 1 || fail "a kernel without AES-GCM took the keys"
	echo "$loader" >/proc/sys/kernel/modprobe
	note "without the cipher the call stays with OpenSSL"
fi

client_call taken
counts taken 1 || fail "the kernel did not take the keys"
note "s_client: $OCTETS octets each way through the kernel's TLS"
server_call served
counts taken 2 || fail "the kernel did not take the keys of a TLS client"
note "s_server: the same, with tickets"
key_update rekeyed
counts taken 3 && counts rekeyed 1 || fail "a key update was not counted"
note "a key update ends the connection"
mismatch strange
counts taken 3 || fail "the kernel got the keys of a stranger's connection"
note "a fingerprint that does not match: an alert"
client_call old -tls1_2
counts taken 3 && counts version 1 || fail "TLS 1.2 was not counted"
note "TLS 1.2 stays with OpenSSL"
stop_daemons
