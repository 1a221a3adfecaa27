# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the scripts of this folder in place of tests/netns/lib.sh, whose functions it has: the kernel is ours alone,
# so that all hosts may be one, without namespaces. A process costs some ten milliseconds here.
#
#   . "$TOP_SRCDIR/tests/uml/lib.sh"
#   one_host_begin                    instead of netns_begin
# shellcheck shell=bash
. "$TOP_SRCDIR/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99

one_host_begin() {
	local a
	WORK=$(mktemp -d) || fail "no temporary folder"
	trap one_host_end EXIT
	trap 'exit 1' INT TERM
	for a in $UE4/32 $GW_ACCESS4/32 $GW_CORE4/32 $CORE4/32 $UE6/128 $GW_ACCESS6/128 $GW_CORE6/128 $CORE6/128; do
		case $a in *:*) echo "addr add $a dev lo nodad" ;; *) echo "addr add $a dev lo" ;; esac
	done | ip -batch - || fail "no addresses"
	in_ns() { shift; "$@"; }
	start() {
		local name=$1
		shift 2
		"$@" >"$WORK/$name.log" 2>&1 &
		echo $! >"$WORK/$name.pid"
		STARTED="$STARTED $name"
	}
}

one_host_end() {
	local status=$? log
	trap - EXIT INT TERM
	if [ $status -ne 0 ] && [ $status -ne 77 ]; then
		for log in "$WORK"/*.log; do
			[ -f "$log" ] && echo "== ${log##*/}" && tail -n 60 "$log"
		done
	fi
	exit $status # the script's processes and addresses end with it
}

wait_for() {
	local until=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -le $until ] || fail "waited in vain for: $*"
		pause
	done
}

wait_for_exit() {
	local pid until=$((SECONDS + ${2:-60}))
	read -r pid <"$WORK/$1.pid"
	until ended "$pid"; do
		[ $SECONDS -le $until ] || fail "$1 does not end"
		pause
	done
	wait "$pid"
}

# A tenth of a second, without a process.
exec {PAUSE_FD}<> <(:)
pause() { read -rt 0.1 -u "$PAUSE_FD"; }
