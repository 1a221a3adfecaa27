#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# TLS in the kernel: the simulations of the relay, which fail when a connection of TLS 1.3 stays with OpenSSL. See run.sh.
SIMS="s_relay s_relay_abuse s_relay_end s_relay_linger s_relay_orders s_relay_rest s_police s_aware"
[ -x "$TOP_BUILDDIR/tests/sim/s_relay_ktls" ] || { echo "SKIP: no simulations: CUnit is not installed"; exit 77; }
for module in tls gcm ghash_generic ctr; do
	modprobe $module || { echo "SKIP: no module $module"; exit 77; }
done

run() { # PROGRAM
	"$TOP_BUILDDIR/tests/sim/$1" >"$TMPDIR/log" 2>&1 && echo "-- $1" && return
	cat "$TMPDIR/log"
	exit 1
}

run s_relay_ktls
export RIG_KTLS=must
for sim in $SIMS; do run "$sim"; done
