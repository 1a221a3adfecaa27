#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# With --user the gateway keeps CAP_NET_ADMIN and nothing else, in every thread, and that is enough to install the
# gate's rules and to remove them at exit.
. "${TOP_SRCDIR:-.}/tests/netns/lib.sh"

netns_begin
chmod 755 "$WORK"
mkdir "$WORK/run" && chmod 777 "$WORK/run"

rules()
{
	in_ns gw sh -c 'nft list ruleset; iptables-save -t mangle; ip6tables-save -t mangle' 2>/dev/null
}

start agw gw "$BUILD/ims-agw" --user=nobody --syn-gate=nfqueue --control="$WORK/run/c/agw.sock" --workers=2 \
	--realm="access,address=$GW_ACCESS4,address=$GW_ACCESS6,ports=20000-20099" \
	--realm="core,address=$GW_CORE4,ports=20100-20199"
wait_for 30 test -S "$WORK/run/c/agw.sock"
pid=$(cat "$WORK/agw.pid")

for task in /proc/"$pid"/task/*; do
	caps=$(sed -n 's/^CapEff:[[:space:]]*//p' "$task/status")
	uid=$(sed -n 's/^Uid:[[:space:]]*\([0-9]*\).*/\1/p' "$task/status")
	[ "$caps" = 0000000000001000 ] && [ "$uid" = "$(id -u nobody)" ] ||
		fail "$(cat "$task/comm") has uid $uid and capabilities $caps"
done
[ "$(sed -n 's/^NoNewPrivs:[[:space:]]*//p' "/proc/$pid/status")" = 1 ] || fail "new privileges are possible"
rules | grep -q 20000 || fail "there are no rules"

stop agw || fail "ims-agw ended with status $?"
rules | grep -qE '20000|20100' && fail "rules are left behind"
[ -e "$WORK/run/c/agw.sock" ] && fail "the control socket is left behind"
note "as nobody: rules made and removed with CAP_NET_ADMIN alone"
