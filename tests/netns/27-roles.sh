#!/bin/bash
# Pairs of roles over real interfaces: the gateway as TCP server and client on either side, with TLS of its own on T1 (server
# and client), with end-to-end TLS that passes through, and plain; from IPv4 to IPv6 and back; and for IPv4 the address
# that stands in front of a NAT. 24-originating.sh has e2ae within one family, 20-early-syn.sh terminating calls.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
netns_begin

UE_PORT=40000 PUBLIC=192.0.2.50

# sdp HOST FAMILY PORT PROTO SETUP EXTRA...
sdp() {
	local a=$1 f=$2 port=$3 proto=$4 setup=$5 scheme=msrp
	shift 5
	case $proto in *TLS*) scheme=msrps ;; esac
	printf '%s\r\n' v=0 "o=- 1 1 IN IP$f $a" s=- "c=IN IP$f $a" 't=0 0' "m=message $port $proto *" \
		'a=accept-types:text/plain' "a=setup:$setup" "a=path:$scheme://$(bracket "$a"):$port/s123456789;tcp" \
		a=msrp-cema "$@"
}

# tls_of KIND SIDE: does this end speak TLS?
tls_of() { [ "$1" = e2e ] || { [ "$1" = e2ae ] && [ "$2" = ue ]; }; }

# end NAME NS KIND SIDE HOW ADDRESS FLAGS...: HOW is connect or listen; who connects is TLS client.
end() {
	local name=$1 ns=$2 kind=$3 side=$4 how=$5 address=$6
	shift 6
	if tls_of "$kind" "$side"; then
		set -- --tls="$([ "$how" = connect ] && echo client || echo server)" --cert="$WORK/ue.pem" --key="$WORK/ue.key" "$@"
	fi
	start "$name" "$ns" msrp_peer --name="$name" --"$how"="$address" --timeout=$PEER_S "$@"
	[ "$how" = connect ] || wait_for 30 grep -q 'listening on' "$WORK/$name.log"
}

# play KIND UE-SETUP CORE-SETUP UE-FAMILY CORE-FAMILY: the UE offers, and sends a message.
play() {
	local kind=$1 ue=$2 core=$3 uf=$4 cf=$5 id=$1-$2-$3-$4$5 proto=TCP/TLS/MSRP core_proto=TCP/MSRP extra=() how=connect
	[ "$kind" = plain ] && proto=TCP/MSRP
	[ "$kind" = e2e ] && core_proto=TCP/TLS/MSRP
	[ "$kind" = plain ] || extra=("a=fingerprint:$FINGERPRINT")
	[ "$kind" = e2ae ] && extra+=(a=3ge2ae:requested)
	sdp "$(ip_of "$uf" UE)" "$uf" $UE_PORT $proto "$ue" "${extra[@]}" >"$WORK/$id.offer"
	ctl offer --call-id="$id" --from-tag=ue --direction=access,core --sdp="$WORK/$id.offer" address-family=IP"$cf" \
		>"$WORK/$id.offer.out" || fail "offer $id was refused"
	grep -q "^m=message [1-9][0-9]* $core_proto" "$WORK/$id.offer.out" || fail "$id: the core is not offered $core_proto"
	T2=$(address_in "$WORK/$id.offer.out")
	[ "$ue" = active ] || [ "$core" = passive ] || how=listen
	[ "$ue" = passive ] && how=listen
	# A listener must be there when the gateway comes.
	[ $how = connect ] || end "$id.ue" ue "$kind" ue listen "$(bracket "$(ip_of "$uf" UE)"):$UE_PORT" --send=hello
	[ "$core" = active ] || end "$id.core" core "$kind" core listen "$(bracket "$(ip_of "$cf" CORE)"):$CORE_PORT" --messages=1
	extra=()
	[ "$kind" = e2e ] && extra=("a=fingerprint:$FINGERPRINT")
	sdp "$(ip_of "$cf" CORE)" "$cf" $CORE_PORT $core_proto "$core" "${extra[@]}" >"$WORK/$id.answer"
	ctl answer --call-id="$id" --from-tag=ue --to-tag=core --direction=core,access --sdp="$WORK/$id.answer" \
		address-family=IP"$uf" >"$WORK/$id.answer.out" || fail "answer $id was refused"
	T1=$(address_in "$WORK/$id.answer.out")
	[ "$uf" = 6 ] || [ "${T1%:*}" = $PUBLIC ] || fail "$id: the UE was told $T1"
	[ "$core" = passive ] || end "$id.core" core "$kind" core connect "$T2" --messages=1
	[ $how = listen ] || end "$id.ue" ue "$kind" ue connect "$T1" --send=hello
	wait_for_exit "$id.ue" || fail "the UE's end of $id"
	wait_for_exit "$id.core" || fail "the core's end of $id"
	ctl delete --call-id="$id" --from-tag=ue >"$WORK/$id.delete" || fail "delete $id"
	wait_for 30 no_contexts
	note "$kind: UE $ue, core $core, IPv$uf to IPv$cf"
}

command -v nft >/dev/null || skip "nft is not installed"
in_ns ue nft -f - <<-END || skip "no NAT"
	table ip nat {
		chain out {
			type nat hook output priority -100
			ip daddr $PUBLIC dnat to $GW_ACCESS4
		}
	}
END
ip -n "$NS-ue" route add $PUBLIC via $GW_ACCESS4 || fail "no route"
make_ue ue
start alg gw ims-alg --control="$WORK/alg.sock" --h248=tcp:127.0.0.1:2944 --log-level=debug
wait_for 30 test -S "$WORK/alg.sock"
start agw gw ims-agw --control="$WORK/agw.sock" --mgc=tcp:127.0.0.1:2944 --workers=2 \
	--realm="access,address=$GW_ACCESS4,advertise=$PUBLIC,address=$GW_ACCESS6,ports=20000-20199" \
	--realm="core,address=$GW_CORE4,address=$GW_CORE6,ports=30000-30199"
wait_for 30 registered
for families in '4 6' '6 4'; do
	for kind in e2ae plain e2e; do
		# shellcheck disable=SC2086
		{
			play $kind actpass passive $families
			play $kind actpass active $families
			[ $kind = e2ae ] || continue # the roles that both agree on are carried through
			play $kind passive passive $families
			play $kind active active $families
		}
	done
done
stop_daemons
