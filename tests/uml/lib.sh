# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the scripts of this folder in place of tests/netns/lib.sh and daemons.sh, whose functions it has: the kernel
# is ours alone, so that all hosts may be one, without namespaces. A process costs some ten milliseconds here.
#
#   . "$TOP_SRCDIR/tests/uml/lib.sh"
#   one_host_begin [ADDRESS...]       instead of netns_begin; what is left out of the hosts' addresses, lo gets
#   ENTER[HOST]='CMD...'              stands before the commands of HOST: it is in a namespace after all
# shellcheck shell=bash
. "$TOP_SRCDIR/tests/netns/lib.sh" || exit 99
. "$TOP_SRCDIR/tests/netns/daemons.sh" || exit 99

declare -A ENTER=()
# The peers' addresses are the gateway's own, which it calls only when they are named.
ACCESS_MORE=,call-allow=$UE4,call-allow=$UE6 CORE_MORE=,call-allow=$CORE4,call-allow=$CORE6
HOSTS4="$UE4 $GW_ACCESS4 $GW_CORE4 $CORE4" HOSTS6="$UE6 $GW_ACCESS6 $GW_CORE6 $CORE6"

one_host_begin() {
	local a
	WORK=$(mktemp -d) || fail "no temporary folder"
	trap one_host_end EXIT
	trap 'exit 1' INT TERM
	for a in $HOSTS4 $HOSTS6; do
		[[ " $* " == *" $a "* ]] || echo "addr add $a dev lo"
	done | ip -batch - || fail "no addresses"
}

in_ns() {
	local host=$1
	shift
	${ENTER[$host]:-} "$@"
}

start() {
	local name=$1 host=$2
	shift 2
	${ENTER[$host]:-} "$@" >"$WORK/$name.log" 2>&1 &
	echo $! >"$WORK/$name.pid"
	STARTED="$STARTED $name"
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

registered() { [[ $(ctl show alg gateways) =~ \"state\":\ *\"up\" ]]; }
no_contexts() { [[ $(ctl show agw contexts) =~ \"contexts\":\ *\[\] ]]; }

# A tenth of a second, without a process.
exec {PAUSE_FD}<> <(:)
pause() { read -rt 0.1 -u "$PAUSE_FD"; }
