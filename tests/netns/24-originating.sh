#!/bin/bash
# TS 23.334 6.2.10.3.1.1: the UE offers. The gateway as TCP server and client on both sides, as TLS server and client on
# T1, with OpenSSL peers over real interfaces; both variants, IPv4 and IPv6.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
netns_begin

UE_PORT=40000

# ue_waits FAMILY NAME: a UE that listens, and so is the TLS server.
ue_waits() {
	start "$2" ue msrp_peer --name="$2" --listen="$(bracket "$(ip_of "$1" UE)"):$UE_PORT" --tls=server \
		--cert="$WORK/ue.pem" --key="$WORK/ue.key" --messages=1 --timeout=$PEER_S
	wait_for 30 grep -q 'listening on' "$WORK/$2.log"
}

# core_connects NAME: to T2, with a message.
core_connects() { start "$1" core msrp_peer --name="$1" --connect="$T2" --send=hello --timeout=$PEER_S; }

ends_well() {
	wait_for_exit "$1.ue" || fail "the UE's end of $1"
	wait_for_exit "$1.core" || fail "the core's end of $1"
	hang_up "$1"
	wait_for 30 no_contexts
}

says() { grep -q "^a=setup:$2" "$WORK/$1.answer.out" || fail "$1: the UE was not told a=setup:$2"; }

# The core waits, so the UE connects: TLS server at T1, TCP client at T2.
ue_connects() {
	local f=$1 id=$2
	ue_offer "$f" "$id" "$FINGERPRINT" actpass $UE_PORT
	core_peer "$f" "$id.core" --messages=1
	core_answer "$f" "$id" passive || fail "answer refused"
	says "$id" passive
	ue_peer "$id.ue" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=hello
	ends_well "$id"
	note "IPv$f variant $3: core passive, UE is TLS client"
}

# The core connects, so the gateway connects to the UE: TLS client at T1, TCP server at T2.
core_connects_first() {
	local f=$1 id=$2
	ue_waits "$f" "$id.ue"
	ue_offer "$f" "$id" "$FINGERPRINT" actpass $UE_PORT
	core_answer "$f" "$id" active || fail "answer refused"
	says "$id" active
	if [ "$3" = A ]; then
		! grep -q accepted "$WORK/$id.ue.log" || fail "T1 connected before T2 (variant A)"
	fi
	core_connects "$id.core"
	ends_well "$id"
	note "IPv$f variant $3: core active, UE is TLS server"
}

# Both wait: the gateway connects to both.
both_wait() {
	local f=$1 id=$2
	ue_waits "$f" "$id.ue"
	ue_offer "$f" "$id" "$FINGERPRINT" passive $UE_PORT
	core_peer "$f" "$id.core" --send=hello
	core_answer "$f" "$id" passive || fail "answer refused"
	says "$id" active
	ends_well "$id"
	note "IPv$f variant $3: both passive, the gateway connects to both"
}

# Both connect: TCP merge.
both_connect() {
	local f=$1 id=$2
	ue_offer "$f" "$id" "$FINGERPRINT" active
	core_answer "$f" "$id" active || fail "answer refused"
	says "$id" passive
	core_connects "$id.core"
	start "$id.ue" ue msrp_peer --name="$id.ue" --connect="$T1" --tls=client --cert="$WORK/ue.pem" --key="$WORK/ue.key" \
		--messages=1 --timeout=$PEER_S
	ends_well "$id"
	note "IPv$f variant $3: both active, TCP merge"
}

# Two UEs of the same gateway: the core leads the first call back to it, so that T2 of the second connects to T2 of the first.
one_behind_the_other() {
	local out=behind-out in=behind-in t1
	ue_offer 4 $out "$FINGERPRINT" active
	CORE4=$GW_CORE4 CORE_PORT=${T2##*:} offer 4 $in
	t1=$T1
	answer 4 $in "$FINGERPRINT" || fail "answer refused"
	T2=$(address_in "$WORK/$in.answer.out")
	CORE4=$GW_CORE4 CORE_PORT=${T2##*:} core_answer 4 $out active || fail "answer refused"
	ue_peer $out.ue --cert="$WORK/ue.pem" --key="$WORK/ue.key" --messages=1
	T1=$t1
	ue_peer $in.ue --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=hello
	wait_for_exit $out.ue || fail "the UE that called"
	wait_for_exit $in.ue || fail "the UE that was called"
	hang_up $in
	hang_up $out
	wait_for 30 no_contexts
	note "two calls of the gateway, one behind the other"
}

# A UE that shows another certificate than its offer named, as TLS server.
wrong_certificate() {
	local id=wrong right=$FINGERPRINT
	make_ue other
	ue_waits 4 $id.ue
	ue_offer 4 $id "$FINGERPRINT" passive $UE_PORT
	FINGERPRINT=$right
	core_peer 4 $id.core --send=secret
	core_answer 4 $id passive || fail "answer refused"
	wait_for_exit $id.ue && fail "a wrong certificate was accepted"
	! grep -q 'received SEND' "$WORK/$id.ue.log" || fail "a message reached the wrong UE"
	wait_for 30 mismatch_is_known
	stop $id.core
	hang_up $id
	wait_for 30 no_contexts
	note "a TLS server with another certificate gets an alert and no message"
}
mismatch_is_known() { ctl query --call-id=wrong --json | grep -q fp-mismatch; }

# Neither knows CEMA: each sees an MSRP endpoint of the gateway, and the UE must name ours (481 otherwise).
without_cema() {
	local f=$1 id=aware$1 CEMA=
	ue_offer "$f" "$id" "$FINGERPRINT" active
	grep -q "^a=path:msrp://$(bracket "$(ip_of "$f" GW_CORE)" | sed 's/[][]/\\&/g'):" "$WORK/$id.offer.out" || fail "the core's path is not ours"
	core_peer "$f" "$id.core" --messages=1
	core_answer "$f" "$id" passive || fail "answer refused"
	grep -q '^a=path:msrps://' "$WORK/$id.answer.out" || fail "no msrps path in the answer to the UE"
	ue_peer "$id.ue" --cert="$WORK/ue.pem" --key="$WORK/ue.key" --send=hello --to-path="$(path_in "$WORK/$id.answer.out")" \
		--from-path="$(path_in "$WORK/$id.offer")"
	ends_well "$id"
	note "IPv$f: aware, each peer sees a path of the gateway"
}

for variant in A B; do
	start_daemons --interlink=$([ $variant = A ] && echo on || echo off)
	make_ue ue
	for f in 4 6; do
		ue_connects $f ue-connects-$variant$f $variant
		core_connects_first $f core-connects-$variant$f $variant
		both_wait $f both-wait-$variant$f $variant
		both_connect $f both-connect-$variant$f $variant
	done
	without_cema 4
	without_cema 6
	[ $variant = B ] || one_behind_the_other
	wrong_certificate
	stop_daemons
done
