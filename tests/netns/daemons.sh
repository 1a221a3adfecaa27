# Sourced after lib.sh: both daemons in the gateway namespace, calls played through ims-ctl, peers in ue and core.
# shellcheck shell=bash

TOP_BUILDDIR=${TOP_BUILDDIR:-.}
PATH=$TOP_BUILDDIR:$TOP_BUILDDIR/tests/tools:$PATH
CORE_PORT=7654
# The gateway's own limits are not what these tests are about: they wait as long as the peers do. A flag that comes later
# takes the place of one of these.
PATIENT=(--tcp-timeout=$PEER_S --tls-timeout=$PEER_S --fingerprint-timeout=$PEER_S)

# start_daemons [FLAGS OF ims-alg...]; AGW_FLAGS (array) adds flags of ims-agw, ACCESS_MORE and CORE_MORE items of its realms,
# AGW_WRAP is put before it, H248=udp changes the transport, MGC_AT=HOST:PORT where it is spoken.
start_daemons() {
	local at=${H248:-tcp}:${MGC_AT:-127.0.0.1:2944}
	start alg gw ims-alg --control="$WORK/alg.sock" --h248="$at" --log-level=debug "$@"
	wait_for 30 test -S "$WORK/alg.sock"
	start agw gw ${AGW_WRAP:-} ims-agw --control="$WORK/agw.sock" --mgc="$at" --log-level=debug --workers=1 \
		--realm="access,address=$GW_ACCESS4,address=$GW_ACCESS6,ports=20000-20199${ACCESS_MORE:-}" \
		--realm="core,address=$GW_CORE4,address=$GW_CORE6,ports=30000-30199${CORE_MORE:-}" "${PATIENT[@]}" "${AGW_FLAGS[@]}"
	wait_for 30 registered
}

registered() { ctl show alg gateways | tr -d ' \n' | grep -q '"state":"up"'; }

# Both end cleanly: a leak or a sanitizer's report makes the exit status.
stop_daemons() {
	stop agw || fail "ims-agw ended with $?"
	stop alg || fail "ims-alg ended with $?"
}

# No packet gets lost here, so that one try may last.
ctl() {
	in_ns gw ims-ctl --timeout=15 --tries=4 --alg-control="$WORK/alg.sock" --agw-control="$WORK/agw.sock" "$@"
}

# family 4|6 ADDRESS-PREFIX: ip 4 UE -> $UE4
ip_of() { local v=$2$1; echo "${!v}"; }
bracket() { case $1 in *:*) echo "[$1]" ;; *) echo "$1" ;; esac; }

# offer FAMILY CALL-ID: the core's offer through ims-alg; sets T1 to the address that the UE was offered.
offer() {
	local f=$1 id=$2 a
	a=$(ip_of "$f" CORE)
	printf '%s\r\n' v=0 "o=core 1 1 IN IP$f $a" s=- "c=IN IP$f $a" 't=0 0' "m=message $CORE_PORT TCP/MSRP *" \
		'a=accept-types:text/plain' a=setup:actpass "a=path:msrp://$(bracket "$a"):$CORE_PORT/core1234567;tcp" \
		a=msrp-cema >"$WORK/$id.offer"
	ctl offer --call-id="$id" --from-tag=core --direction=core,access --sdp="$WORK/$id.offer" ue-e2ae=yes \
		>"$WORK/$id.offer.out" || fail "offer $id was refused"
	grep -q '^a=3ge2ae:applied' "$WORK/$id.offer.out" || fail "no a=3ge2ae:applied in the offer to the UE"
	grep -q '^m=message [0-9]* TCP/TLS/MSRP' "$WORK/$id.offer.out" || fail "no TLS in the offer to the UE"
	T1=$(address_in "$WORK/$id.offer.out") T1PORT=${T1##*:}
}

# answer FAMILY CALL-ID FINGERPRINT [SETUP [PORT]]: the UE's answer; false when ims-alg refuses it.
answer() {
	local f=$1 id=$2 fp=$3 setup=${4:-active} port=${5:-9} a
	a=$(ip_of "$f" UE)
	printf '%s\r\n' v=0 "o=ue 1 1 IN IP$f $a" s=- "c=IN IP$f $a" 't=0 0' "m=message $port TCP/TLS/MSRP *" \
		'a=accept-types:text/plain' "a=setup:$setup" ${fp:+"a=fingerprint:$fp"} \
		"a=path:msrps://$(bracket "$a"):$port/ue12345678;tcp" a=msrp-cema >"$WORK/$id.answer"
	ctl answer --call-id="$id" --from-tag=core --to-tag=ue --direction=access,core --sdp="$WORK/$id.answer" \
		>"$WORK/$id.answer.out" || return 1
	grep -q '^m=message [0-9]* TCP/MSRP' "$WORK/$id.answer.out" || fail "the core's answer is not TCP/MSRP"
	! grep -qE '^a=(fingerprint|3ge2ae)' "$WORK/$id.answer.out" || fail "TLS attributes leaked to the core"
}

# CEMA= (empty) leaves a=msrp-cema out of both:
# ue_offer FAMILY CALL-ID FINGERPRINT SETUP [PORT]: a UE's offer that asks for e2ae; sets T2, where the core may connect.
ue_offer() {
	local f=$1 id=$2 fp=$3 setup=$4 port=${5:-9} a
	a=$(ip_of "$f" UE)
	printf '%s\r\n' v=0 "o=ue 1 1 IN IP$f $a" s=- "c=IN IP$f $a" 't=0 0' "m=message $port TCP/TLS/MSRP *" \
		'a=accept-types:text/plain' "a=setup:$setup" "a=fingerprint:$fp" a=3ge2ae:requested \
		"a=path:msrps://$(bracket "$a"):$port/ue12345678;tcp" ${CEMA-a=msrp-cema} >"$WORK/$id.offer"
	ctl offer --call-id="$id" --from-tag=ue --direction=access,core --sdp="$WORK/$id.offer" >"$WORK/$id.offer.out" ||
		fail "offer $id was refused"
	grep -q '^m=message [1-9][0-9]* TCP/MSRP' "$WORK/$id.offer.out" || fail "the core's offer is not TCP/MSRP"
	! grep -qE '^a=(fingerprint|3ge2ae)' "$WORK/$id.offer.out" || fail "TLS attributes leaked to the core"
	T2=$(address_in "$WORK/$id.offer.out")
}

# core_answer FAMILY CALL-ID SETUP: the core's answer; sets T1, where the UE may connect.
core_answer() {
	local f=$1 id=$2 setup=$3 a
	a=$(ip_of "$f" CORE)
	printf '%s\r\n' v=0 "o=core 1 1 IN IP$f $a" s=- "c=IN IP$f $a" 't=0 0' "m=message $CORE_PORT TCP/MSRP *" \
		'a=accept-types:text/plain' "a=setup:$setup" "a=path:msrp://$(bracket "$a"):$CORE_PORT/core1234567;tcp" \
		${CEMA-a=msrp-cema} >"$WORK/$id.answer"
	ctl answer --call-id="$id" --from-tag=ue --to-tag=core --direction=core,access --sdp="$WORK/$id.answer" \
		>"$WORK/$id.answer.out" || return 1
	grep -q '^m=message [1-9][0-9]* TCP/TLS/MSRP' "$WORK/$id.answer.out" || fail "no TLS in the answer to the UE"
	grep -q '^a=fingerprint:sha-256 ' "$WORK/$id.answer.out" || fail "no fingerprint in the answer to the UE"
	T1=$(address_in "$WORK/$id.answer.out")
}

# address_in FILE: HOST:PORT of its message line.
address_in() {
	local port
	port=$(sed -n 's/^m=message \([0-9]*\) .*/\1/p' "$1")
	echo "$(bracket "$(sed -n 's/^c=IN IP[46] \([^\r]*\).*/\1/p' "$1" | tail -n 1)"):$port"
}

# path_in FILE: its a=path.
path_in() { sed -n 's/^a=path:\([^\r]*\).*/\1/p' "$1"; }

hang_up() { ctl delete --call-id="$1" --from-tag=core >"$WORK/$1.delete" || fail "delete $1"; }

no_contexts() { ctl show agw contexts | tr -d ' \n' | grep -q '"contexts":\[\]'; }

# make_ue NAME: a certificate; sets FINGERPRINT.
make_ue() {
	msrp_peer --name="$1" --tls=client --make-cert --cert="$WORK/$1.pem" --key="$WORK/$1.key" >"$WORK/$1.cert.log"
	FINGERPRINT=$(sed -n 's/.*: fingerprint //p' "$WORK/$1.cert.log")
}

# core_peer FAMILY NAME [FLAGS...]: listens on CORE_PORT; its output is $WORK/NAME.log.
core_peer() {
	local f=$1 name=$2
	shift 2
	start "$name" core msrp_peer --name="$name" --listen="$(bracket "$(ip_of "$f" CORE)"):$CORE_PORT" --timeout=$PEER_S "$@"
	wait_for 30 grep -q 'listening on' "$WORK/$name.log"
}

# ue_peer NAME [FLAGS...]: connects to T1 with TLS.
ue_peer() {
	local name=$1
	shift
	start "$name" ue msrp_peer --name="$name" --connect="$T1" --tls=client --timeout=$PEER_S "$@"
}

# Everything TCP that the UE's interface sees, a line a packet; lines appear as packets do.
capture_ue() {
	start "$1" ue tcpdump -i any -n -l --immediate-mode tcp
	wait_for 30 grep -q 'listening on' "$WORK/$1.log"
}

# packets FILE REGEX: how many lines of a capture match.
packets() { grep -cE "$2" "$WORK/$1.log"; }
at_least() { [ "$(packets "$2" "$3")" -ge "$1" ]; }
