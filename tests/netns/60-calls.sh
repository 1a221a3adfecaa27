#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the data path costs, in system calls of the worker's thread: exact, whatever else the machine does. Each figure
# is the difference of two runs of the load generator under strace, divided by the difference of their units. How often the
# worker waits is left out: on a busy machine events come one by one (`make bench` counts waits, too).
. "${TOP_SRCDIR:-.}/tests/netns/lib.sh"

LOAD=$BUILD/tests/bench/load AGW=$BUILD/ims-agw

netns_begin
command -v strace >/dev/null || skip "needs strace"
! grep -qa __asan_init "$AGW" || skip "a sanitizer makes system calls of its own"
[ -x "$LOAD" ] && [ -x "$AGW" ] || fail "load and ims-agw are not built"
strace -o "$WORK/strace.try" true 2>/dev/null || skip "strace may not trace here"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/ue.key" -out "$WORK/ue.pem" \
	-days 2 -subj /CN=ue 2>/dev/null || fail "no certificate"

worker_of() {
	for _task in /proc/"$1"/task/*; do
		[ "$(cat "$_task/comm")" = worker-0 ] && basename "$_task"
	done
}

is_traced() { grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/$1/status"; }

# calls MODE UNITS FLAGS...: prints how many calls the worker made meanwhile; more in $WORK/strace
calls() {
	local mode=$1 units=$2 pid worker tracer
	shift 2
	start agw gw "$AGW" --workers=1 --mgc=tcp:127.0.0.1:2944 --control=none \
		--realm=access,address=127.0.0.1,ports=20000-23999 --realm=core,address=127.0.0.1,ports=24000-27999
	wait_for 30 grep -q 'ims-agw runs' "$WORK/agw.log"
	pid=$(cat "$WORK/agw.pid")
	worker=$(worker_of "$pid")
	strace -c -q -o "$WORK/strace" -p "$worker" >"$WORK/tracer.log" 2>&1 &
	tracer=$!
	wait_for 30 is_traced "$worker"
	in_ns gw "$LOAD" "$mode" --units="$units" --warm=10 --mgc=127.0.0.1:2944 --core=127.0.0.1:7654 \
		--cert="$WORK/ue.pem" --key="$WORK/ue.key" --limit=200 "$@" >"$WORK/load.log" 2>&1 ||
		fail "load: $(tail -n 2 "$WORK/load.log") $(tail -n 3 "$WORK/agw.log")" >&2
	kill -INT $tracer
	wait $tracer
	stop agw
	awk '$NF == "total" { n += $4 } $NF == "epoll_wait" { n -= $4 } END { print n }' "$WORK/strace"
}

# costs MODE FEW MANY BOUND FLAGS... What the machine does besides can add to a figure but takes nothing away, so that the
# second or third measurement may show what the first did not.
costs() {
	local mode=$1 few=$2 many=$3 bound=$4 a b _
	shift 4
	for _ in 1 2 3; do
		a=$(calls "$mode" "$few" "$@") || exit 1
		b=$(calls "$mode" "$many" "$@") || exit 1
		note "$mode: $(awk -v a="$a" -v b="$b" -v n=$((many - few)) 'BEGIN { printf "%.2f", (b - a) / n }') (at most $bound)"
		awk -v a="$a" -v b="$b" -v n=$((many - few)) -v max="$bound" 'BEGIN { exit !(b > a && (b - a) / n <= max) }' && return
	done
	cat "$WORK/strace"
	fail "$mode: too many system calls"
}

# With the listeners of both ports, three calls for going out from the port that was signalled and three that OpenSSL's
# random numbers make: 29 were measured on a quiet machine. On a busy one bytes come in more pieces: 31.
costs sessions 100 500 36 --ues=16
costs messages 4000 12000 4.2 --ues=50
# A MiB, in reads of at most 256 KiB: 8 were measured both ways, and 8 in splices, where nobody looks at it (33 without). On a
# busy machine TCP cuts the stream into more pieces, so that the bounds leave room for that; the best of the others needs
# 127 with TLS.
costs up 50 250 24 --ues=4
costs down 50 250 24 --ues=4
costs up 50 250 24 --ues=4 --plain
costs down 50 250 24 --ues=4 --plain
