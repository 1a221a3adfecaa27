#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The README's first command plays its call to the end, with either SYN gate.
. "${TOP_SRCDIR:=.}/tests/netns/lib.sh" || exit 99
netns_begin
command -v tcpdump >/dev/null || skip "tcpdump is not installed"
cd "$TOP_SRCDIR" || exit 99
for gate in nfqueue socket; do
	# The control sockets are at their default places, which another program on this host may use.
	IMS_BUILD=$TOP_BUILDDIR in_ns gw sh -c 'mkdir -p /run/ims-e2ae && mount -t tmpfs none /run/ims-e2ae && exec "$@"' demo \
		contrib/run --once --syn-gate=$gate >"$WORK/demo-$gate.log" 2>&1 || fail "contrib/run with $gate"
	grep -q '^released' "$WORK/demo-$gate.log" || fail "contrib/run did not release its call"
	note "contrib/run --once --syn-gate=$gate: $(grep -c '^[0-9][0-9]:' "$WORK/demo-$gate.log") steps"
done
