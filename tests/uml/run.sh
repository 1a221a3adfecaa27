#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs test scripts under another kernel: Debian's user-mode-linux, an ordinary process, which has what this machine's
# kernel may lack (SCTP, kTLS, nftables' `queue`). One boot serves all scripts, one after another.
#
#   tests/uml/run.sh SCRIPT...   prints TAP; status 0, 1 (a script failed), 77 (all were skipped, the reason stands there)
#
# A script is root there, sees this machine's files read-only, and has TOP_SRCDIR, TOP_BUILDDIR, an empty tmpfs at
# /run and $TMPDIR, lo, and `modprobe NAME`. Namespaces and veth work, so that it may source tests/netns/lib.sh. It
# ends with 0, with 77 after a line `SKIP: why`, or has failed, and within UML_SCRIPT_S seconds. A fork takes some
# milliseconds there, and there is one processor. Those listed in tests/Makefile.inc run in `make check`.
set -u
TOP_SRCDIR=$(realpath "${TOP_SRCDIR:-.}")
TOP_BUILDDIR=$(realpath "${TOP_BUILDDIR:-.}")
MEM_MIB=512
BOOT_S=180 # until the first script, on a busy machine
SCRIPT_S=${UML_SCRIPT_S:-300}
work= uml= up=

skip_all() {
	echo "1..0 # SKIP $*"
	exit 77
}

# Its memory is a file, which may be executed and has room for all of it.
memory_folder() {
	local d
	for d in /dev/shm "${TMPDIR:-/tmp}" /var/tmp; do
		[ "$(df --output=avail -BM "$d" 2>/dev/null | tr -dc '0-9\n' | tail -n 1)" -gt $MEM_MIB ] 2>/dev/null &&
			! findmnt -n -o OPTIONS -T "$d" | grep -qw noexec && echo "$d" && return
	done
	return 1
}

ended() { ! kill -0 "$uml" 2>/dev/null || grep -q '^State:[[:space:]]*Z' "/proc/$uml/status" 2>/dev/null; }

# It leads a process group of its own; asked to end, it ends its processes itself.
end() {
	local i
	trap - EXIT INT TERM
	if [ -n "$uml" ] && ! ended; then
		kill -TERM "$uml"
		for i in {1..50}; do ended && break; sleep 0.1; done
		kill -KILL -- "-$uml" 2>/dev/null
	fi
	rm -rf "$work"
}

# What the kernel and the scripts said, as TAP, and the exit status of all; lines of the kernel become comments.
results() { # NUMBER OF SCRIPTS
	tr -d '\r' <"$work/console" | awk -v n="$1" '
		/^ok / { oks++ }
		/^ok .*# SKIP/ { skips++ }
		/^not ok / { bad++ }
		!/^(ok|not ok|#) / { $0 = "# " $0 }
		{ print }
		END {
			if (oks + bad < n) print "not ok " oks + ++bad " - the kernel came to no end"
			exit bad ? 1 : skips == n ? 77 : 0
		}'
}

[ $# -gt 0 ] || { sed -n 's/^# \{0,1\}//; 3,11p' "$0"; exit 2; }
[ -z "${NO_NETNS:-}" ] || skip_all "NO_NETNS is set"
[ "$(id -u)" = 0 ] || skip_all "needs root"
command -v linux.uml >/dev/null || skip_all "linux.uml is not installed (package user-mode-linux)"
command -v modprobe >/dev/null || skip_all "modprobe is not installed (package kmod)"
! grep -qE '__(asan|tsan|msan)_init' "$TOP_BUILDDIR/ims-agw" || skip_all "a sanitizer wants more address space"
folder=$(memory_folder) || skip_all "no folder for $MEM_MIB MiB of memory"

work=$(mktemp -d) || exit 99
trap end EXIT
: >"$work/console"
trap 'results 0; exit 1' INT TERM
# Its processes take turns, at every system call; on one processor that costs half.
cpu=$(sed -n 's/^Cpus_allowed_list:.*[^0-9]//p' /proc/self/status)
TMPDIR=$folder taskset -c "$cpu" linux.uml mem=${MEM_MIB}M root=/dev/root rootfstype=hostfs rootflags=/ ro quiet con=null con0=null,fd:1 \
	init="$TOP_SRCDIR/tests/uml/init.sh" TOP_SRCDIR="$TOP_SRCDIR" TOP_BUILDDIR="$TOP_BUILDDIR" UML_SCRIPT_S="$SCRIPT_S" \
	UML_SCRIPTS="$(realpath -s "$@" | tr '\n' :)" </dev/null >"$work/console" 2>&1 &
uml=$!
until=$((SECONDS + BOOT_S))
while ! ended; do
	if [ $SECONDS -ge $until ]; then
		echo "# no end after $SECONDS s"
		break
	elif [ -z "$up" ] && grep -q '^# up' "$work/console"; then
		up=1 until=$((SECONDS + (SCRIPT_S + 20) * $#))
	fi
	sleep 0.1
done
wait "$uml" 2>/dev/null
# Where it may not trace, or a limit of memory is in its way, it does not come as far as our script.
grep -q '^# up' "$work/console" || skip_all "linux.uml does not start here: $(tail -n 1 "$work/console" | tr -d '\r')"
echo "1..$#"
results $#
