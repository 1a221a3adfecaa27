#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs a libFuzzer target on copies of its distributed inputs: run.sh [-t SECONDS] PROGRAM. Without -t each input
# runs once; with it libFuzzer searches on for that long. Findings stay in the present directory.
set -e
seconds=
if [ "$1" = -t ]; then
	seconds=$2
	shift 2
fi
prog=$1
name=$(basename "$prog")
case $name in
fuzz_*) ;;
*) exec "$@" ;; # another test of make check
esac
src=${TOP_SRCDIR:-.}/tests/fuzz/$name
[ -n "$(ls -A "$src.in")" ]
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$src.in"/* "$work"
for more in "$src.min" "$src.repro"; do
	[ ! -d "$more" ] || cp "$more"/* "$work"
done
if [ -n "$seconds" ]; then
	"$prog" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 "$work"
else
	"$prog" -runs=0 "$work"
fi
