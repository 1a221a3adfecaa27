#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every message that our programs send in the simulations, against Erlang/OTP's megaco as in mgco.sh, and to tshark as
# in tshark-mgco.sh, where that is. 77 without Erlang.
set -eu

top=${TOP_SRCDIR:-.}
build=${TOP_BUILDDIR:-.}
command -v escript >/dev/null || { echo "SKIP: no escript (erlang-base)"; exit 77; }
H248_TRACE=$(mktemp -d)
export H248_TRACE
trap 'rm -rf "$H248_TRACE"' EXIT
n=0
for sim in "$build"/tests/sim/s_agw "$build"/tests/sim/s_agw_[nqrs]* "$build"/tests/sim/s_alg* \
	"$build"/tests/sim/s_call* "$build"/tests/sim/s_aware "$build"/tests/sim/s_limits "$build"/tests/sim/s_vectors; do
	case $sim in *.o | *.c | *.log | *.trs) continue ;; esac
	[ -x "$sim" ] || continue
	"$sim" >"$H248_TRACE.log" 2>&1 || { tail -n 40 "$H248_TRACE.log"; echo "FAIL: $sim"; exit 1; }
	n=$((n + 1))
done
rm -f "$H248_TRACE.log"
[ "$n" -gt 0 ] || { echo "SKIP: no simulation is built (CUnit)"; exit 77; }
"$top/tests/erlang/mgco.sh" "$H248_TRACE"
rc=0
"$top/tests/tools/tshark-mgco.sh" "$H248_TRACE" || rc=$?
[ $rc -eq 0 ] || [ $rc -eq 77 ]
