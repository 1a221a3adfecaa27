#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs a test that must come to an end: limit.sh TEST [ARGUMENT ...]. What takes longer than TEST_LIMIT_S seconds is
# shown with all its processes and ended: by SIGTERM, so that it can take down what it made, then by SIGKILL.
limit=${TEST_LIMIT_S:-600}
grace=20

set -m # the test and the watch are process groups of their own
"$@" </dev/null &
test=$!
{
	sleep "$limit"
	echo "FAIL: no end after $limit s: $*"
	ps -e -o pid,ppid,pgid,stat,etimes,wchan:24,args | awk -v g=$test 'NR == 1 || $3 == g'
	kill -TERM -- -$test
	sleep $grace
	kill -KILL -- -$test
} </dev/null &
watch=$!
set +m
trap 'kill -TERM -- -$test -$watch 2>/dev/null' INT TERM
wait $test
status=$?
{ kill -TERM -- -$watch && wait $watch; } 2>/dev/null
kill -KILL -- -$test 2>/dev/null # what it left behind
exit $status
