#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A UE that vanishes without FIN or RST does not lock out its next connection, behind either gate: who comes again is refused
# once, and let in when the old peer has answered no probe. A UE that lives answers, and stays. The call goes on.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99
command -v nft >/dev/null || skip "nft is not installed"
netns_begin

OLD_PORT=41000
count_of() { ctl show agw counters | tr -d ' \n' | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }
probed() { echo $(($(count_of probe_answered) + $(count_of probe_dead) + $(count_of probe_unsure))); }
is_probed() { [ "$(probed)" -gt "$1" ]; }
holds() { grep -q holding "$WORK/$1.log"; }

# call ID FAMILY FLAGS...: a call that is up, of a UE with these flags; nothing is said before the file ID.enough is there.
call() {
	local id=$1 f=$2
	shift 2
	offer "$f" "$id"
	core_peer "$f" "$id.old.core" --hold="$WORK/$id.enough" --messages=1
	answer "$f" "$id" "$FINGERPRINT" || fail "answer refused"
	ue_peer "$id.old.ue" "${good[@]}" --hold="$WORK/$id.enough" --send=hello "$@"
	wait_for 30 holds "$id.old.ue"
	wait_for 30 holds "$id.old.core"
}

# knock: a newcomer at T1, who is reset; then the old peer's probe has ended.
knock() {
	local host=${T1%:*} before
	before=$(probed)
	host=${host#[} host=${host%]}
	# shellcheck disable=SC2016
	in_ns ue timeout 60 bash -c 'exec 3<>"/dev/tcp/$0/$1" && cat <&3' "$host" "${T1##*:}" >"$WORK/knock.log" 2>&1
	[ $? != 124 ] || fail "a newcomer was neither refused nor served"
	wait_for 60 is_probed "$before"
}

# finds COUNTER: newcomers knock until the probe has come to this end; a machine that stands still for seconds leaves it unsure.
finds() {
	local try before unsure
	before=$(count_of "$1")
	for try in 1 2 3 4; do
		unsure=$(count_of probe_unsure)
		knock
		[ "$(count_of probe_unsure)" -gt "$unsure" ] || break
		note "unsure after question $try"
	done
	[ "$(count_of "$1")" = $((before + 1)) ] || fail "$1 did not rise by one"
}

nothing_leaves() {
	in_ns ue nft -f - <<-END || skip "no packet filter"
		add table inet vanish
		add chain inet vanish out { type filter hook output priority 0; }
		add rule inet vanish out tcp sport $OLD_PORT drop
	END
}

stays() {
	local id=stays
	CORE_PORT=7655
	call $id "$1"
	finds probe_answered
	touch "$WORK/$id.enough"
	wait_for_exit $id.old.ue || fail "a UE that lives was disturbed"
	wait_for_exit $id.old.core || fail "the core's peer of a UE that lives was disturbed"
	hang_up $id
	CORE_PORT=7654
}

vanishes() {
	local f=$1 id=vanishes
	call $id "$f" --bind="$(bracket "$(ip_of "$f" UE)"):$OLD_PORT"
	nothing_leaves
	end_with $id.old.ue KILL
	finds probe_dead
	wait_for_exit $id.old.core && fail "the core's old connection was not ended"
	core_peer "$f" $id.core --messages=1
	ue_peer $id.ue "${good[@]}" --send=hello
	wait_for_exit $id.ue || fail "the UE did not get in again"
	wait_for_exit $id.core || fail "the core's next connection"
	grep -q 'received 200' "$WORK/$id.ue.log" || fail "no 200 at the UE"
	hang_up $id
	wait_for 30 no_contexts
	in_ns ue nft delete table inet vanish
}

make_ue ue
good=(--cert="$WORK/ue.pem" --key="$WORK/ue.key")
AGW_FLAGS=(--syn-gate=nfqueue)
start_daemons --syn-policy=latch
stays 4
note "a UE that lives is not disturbed by a newcomer"
vanishes 4
stop_daemons
note "nfqueue, IPv4: the UE that vanished made way"
AGW_FLAGS=(--syn-gate=socket)
start_daemons --syn-policy=latch
vanishes 6
stop_daemons
note "socket, IPv6: the UE that vanished made way"
