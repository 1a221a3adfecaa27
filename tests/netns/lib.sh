# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the tests of this folder: three hosts in network namespaces, joined by veth pairs.
#
#   ue 10.201.1.2, 2001:db8:1::2 --- gw .1.1, 1::1   gw .2.1, 2::1 --- core 10.201.2.2, 2001:db8:2::2
#
#   . "${TOP_SRCDIR:-.}/tests/netns/lib.sh"
#   netns_begin                       exits 77 with the reason where this cannot be done
#   start NAME NS CMD...              in the background; its output is $WORK/NAME.log
#   wait_for SECONDS CMD...           until CMD succeeds; fails the test when it does not
#   comes SECONDS CMD...              the same, but the caller decides what it means when it does not
#   stop NAME                         SIGTERM, waits, gives its exit status
#   wait_for_exit NAME [SECONDS]      until it has ended by itself; its exit status
#   in_ns NS CMD...                   NS is ue, gw or core
#   fail SENTENCE                     ends the test; the logs follow
#
# Everything that was started is ended, and everything that was made is removed, at exit.
set -u

UE4=10.201.1.2 UE6=2001:db8:1::2
GW_ACCESS4=10.201.1.1 GW_ACCESS6=2001:db8:1::1
GW_CORE4=10.201.2.1 GW_CORE6=2001:db8:2::1
CORE4=10.201.2.2 CORE6=2001:db8:2::2
# How long a peer waits, and we for its end: long beside what a loaded machine takes, or one that stands still for a while.
PEER_S=240 PEER_EXIT_S=300
LAST_LOOKS=20
BUILD=${TOP_BUILDDIR:-.}
NS=ims$$
WORK=
STARTED=

skip()
{
	echo "SKIP: $*"
	exit 77
}

fail()
{
	echo "FAIL: $*"
	exit 1
}

note()
{
	echo "-- $*"
}

in_ns()
{
	_ns=$NS-$1
	shift
	ip netns exec "$_ns" "$@"
}

netns_end()
{
	_status=$?
	trap - EXIT INT TERM
	for _name in $STARTED; do
		kill -KILL "$(cat "$WORK/$_name.pid")" 2>/dev/null
	done
	for _host in ue gw core; do # whoever they had started
		for _pid in $(ip netns pids "$NS-$_host" 2>/dev/null); do
			kill -KILL "$_pid" 2>/dev/null
		done
	done
	wait
	if [ $_status -ne 0 ] && [ $_status -ne 77 ]; then
		for _log in "$WORK"/*.log; do
			[ -f "$_log" ] && echo "== $(basename "$_log")" && tail -n 60 "$_log"
		done
	fi
	for _host in ue gw core; do
		ip netns del "$NS-$_host" 2>/dev/null
	done
	rm -rf "$WORK"
	exit $_status
}

# join NS_A ADDR4 ADDR6 NS_B ADDR4 ADDR6
join()
{
	ip link add "$NS$1" netns "$NS-$1" type veth peer name "$NS$4" netns "$NS-$4" || skip "no veth"
	ip -n "$NS-$1" link set "$NS$1" name "to-$4" up
	ip -n "$NS-$4" link set "$NS$4" name "to-$1" up
	ip -n "$NS-$1" addr add "$2/24" dev "to-$4"
	ip -n "$NS-$4" addr add "$5/24" dev "to-$1"
	ip -n "$NS-$1" addr add "$3/64" dev "to-$4" nodad || skip "no IPv6"
	ip -n "$NS-$4" addr add "$6/64" dev "to-$1" nodad || skip "no IPv6"
}

link_is_up()
{
	ip -n "$NS-$1" link show dev "to-$2" | grep -q 'state UP'
}

netns_begin()
{
	[ -z "${NO_NETNS:-}" ] || skip "NO_NETNS is set"
	[ "$(id -u)" = 0 ] || skip "needs root"
	command -v ip >/dev/null || skip "needs ip (iproute2)"
	WORK=$(mktemp -d) || fail "no temporary folder"
	trap netns_end EXIT
	trap 'exit 1' INT TERM
	for _host in ue gw core; do
		ip netns add "$NS-$_host" 2>"$WORK/why" || skip "no network namespaces: $(cat "$WORK/why")"
		ip -n "$NS-$_host" link set lo up
	done
	join ue $UE4 $UE6 gw $GW_ACCESS4 $GW_ACCESS6
	join gw $GW_CORE4 $GW_CORE6 core $CORE4 $CORE6
	wait_for 30 link_is_up ue gw
	wait_for 30 link_is_up gw ue
	wait_for 30 link_is_up gw core
	wait_for 30 link_is_up core gw
}

# Where a kernel is behind with its soft interrupts, packets wait in a queue of the CPU, and are dropped when it is full.
all_delivered()
{
	awk 'NF >= 12 && $12 !~ /^0*$/ { waits = 1 } END { exit waits }' /proc/net/softnet_stat
}

# lost_on_the_way NS INTERFACE: how many packets of it found that queue full
lost_on_the_way()
{
	in_ns "$1" cat "/sys/class/net/$2/statistics/tx_dropped"
}

start()
{
	_name=$1 _host=$2
	shift 2
	: >"$WORK/$_name.log" # at once: nobody shall find an earlier run's words
	ip netns exec "$NS-$_host" "$@" >"$WORK/$_name.log" 2>&1 &
	echo $! >"$WORK/$_name.pid"
	STARTED="$STARTED $_name"
}

# ended PID: of a child of ours; it may be a zombie that nobody has waited for.
ended()
{
	! kill -0 "$1" 2>/dev/null || grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

wait_for_exit()
{
	read -r _pid <"$WORK/$1.pid"
	comes "${2:-$PEER_EXIT_S}" ended "$_pid" || fail "$1 does not end"
	wait "$_pid"
}

# end_with NAME SIGNAL: and wait for its end
end_with()
{
	kill "-$2" "$(cat "$WORK/$1.pid")" 2>/dev/null
	wait_for_exit "$1" 2>/dev/null
	_status=$?
	STARTED=$(echo " $STARTED " | sed "s/ $1 / /")
	return $_status
}

stop()
{
	end_with "$1" TERM
}

# Where a process is dear, another one may take its place.
pause()
{
	sleep 0.05
}

# A machine may stand still and take the time away; so when it is over there are LAST_LOOKS yet.
comes()
{
	read -r _up _ </proc/uptime
	_until=$((${_up%.*} + $1)) _left=$LAST_LOOKS
	shift
	until "$@" >/dev/null 2>&1; do
		read -r _up _ </proc/uptime
		[ "${_up%.*}" -le $_until ] || _left=$((_left - 1))
		[ $_left -gt 0 ] || return 1
		pause
	done
	return 0 # and not what pause had
}

wait_for()
{
	comes "$@" && return
	shift
	fail "waited in vain for: $*"
}
