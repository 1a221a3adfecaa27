#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Holds many idle sessions at a time (TCP, full TLS 1.3 handshake with the UE's certificate checked, one message there and
# back, then silence), prints what one costs, takes them down and prints what is left.
#   idle.sh [SESSIONS [EACH]]
#   GATE=auto|nfqueue|socket|off   the SYN gate (auto)
#   SETTLE=S                       silence before memory is looked at (45: H.248 replies are forgotten by then)
# A session takes 4 descriptors of the gateway and 2 of the load generator, so that a limit of descriptors divides them:
# there is a gateway with a generator for each EACH sessions, each pair with addresses of its own, in network namespaces
# of their own. With room for 600,000 descriptors in a process, EACH may be 100000 and one gateway holds them all.
set -u
build=$(cd "${TOP_BUILDDIR:-.}" && pwd)
sessions=${1:-100000}
ulimit -n "$(ulimit -Hn)"
[ "$(id -u)" = 0 ] || { echo "SKIP: needs root"; exit 77; }
fit=$((($(ulimit -n) - 1000) / 4)) # socket gates: 6, see below
gate=${GATE:-auto}
[ "$gate" != socket ] || fit=$((fit * 4 / 6))
each=${2:-$((fit < sessions ? fit : sessions))}
settle=${SETTLE:-45} limit=${LIMIT:-900}
pairs=$(((sessions + each - 1) / each))
work=$(mktemp -d) || exit 99
started=

finish() {
	local status=$?
	trap - EXIT
	exec {go}>&- 2>/dev/null
	for pid in $started; do kill "$pid" 2>/dev/null; done
	wait
	[ $status = 0 ] || grep -h -E 'load:|failed|error|warning' "$work"/*.log | grep -v 'all are up' | tail -n 30
	for i in $(seq "$pairs"); do ip netns del "idle$$-$i" 2>/dev/null; done
	rm -rf "$work"
	exit $status
}
trap finish EXIT
trap 'exit 1' INT TERM

die() { echo "FAIL: $*"; exit 1; }
# until_there SECONDS FILE REGEX PID: the process may not end meanwhile.
until_there() {
	local end=$((SECONDS + $1))
	until grep -q "$3" "$2" 2>/dev/null; do
		if [ $SECONDS -ge $end ] || ! kill -0 "$4" 2>/dev/null; then die "waited in vain for $3 in $2"; fi
		sleep 0.1
	done
}
meminfo() { awk -v key="$1:" '$1 == key { print $2 }' /proc/meminfo; }
field() { sed -n "s/.*\"$2\": \([0-9.]*\).*/\1/p" <<<"$1"; }
# sum WHEN FIELD: over all generators.
sum() {
	local n=0 v
	for log in "$work"/load*.out; do
		v=$(field "$(grep "\"$1\"" "$log")" "$2")
		n=$(awk -v a="$n" -v b="${v:-0}" 'BEGIN { print a + b }')
	done
	echo "$n"
}
# pair I N: a gateway and its generator, which holds N sessions.
pair() {
	local i=$1 n=$2 ns=idle$$-$1 a=127.$((1 + $1 / 250)).$((1 + $1 % 250))
	if ! ip netns add "$ns" || ! ip -n "$ns" link set lo up; then die "no network namespace"; fi
	ip netns exec "$ns" "$build/ims-agw" --workers=1 --mgc="tcp:$a.1:2944" --control="$work/agw$i.sock" --syn-gate="$gate" \
		--max-sessions=1000000 --log-level=notice --realm="access,address=$a.2,address=$a.3,ports=1024-65535" \
		--realm="core,address=$a.4,address=$a.5,ports=1024-65535" 2>"$work/agw$i.log" {go}>&- &
	agw=$!
	started="$started $agw"
	until_there 30 "$work/agw$i.log" 'ims-agw runs' $agw
	ip netns exec "$ns" "$build/tests/bench/load" idle --ues="$n" --mgc="$a.1:2944" --core="$a.6:7654" --hold \
		--cert="$work/ue.pem" --key="$work/ue.key" --pid=$agw --settle=$((settle * 1000)) --limit="$limit" \
		<"$work/go" >"$work/load$i.out" 2>"$work/load$i.log" {go}>&- &
	load=$!
	started="$started $load"
	loads="$loads $load"
	agws="$agws $agw"
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/ue.key" -out "$work/ue.pem" -days 2 \
	-subj /CN=ue 2>"$work/openssl.log" || die "no certificate"
mkfifo "$work/go"
exec {go}<>"$work/go"
chmod 755 "$work"
loads='' agws='' left=$sessions
slab=$(meminfo Slab) percpu=$(meminfo Percpu) began=$SECONDS
for i in $(seq "$pairs"); do
	n=$((left < each ? left : each)) left=$((left - each))
	pair "$i" "$n"
	until_there "$limit" "$work/load$i.log" 'all are up' $load
done
up=$((SECONDS - began))
i=0
for load in $loads; do
	i=$((i + 1))
	until_there "$limit" "$work/load$i.out" '"held"' "$load"
done
sessions=$(sum held sessions)
private=$(sum idle private_kb) # a session's, of each pair
slab=$(($(meminfo Slab) - slab)) percpu=$(($(meminfo Percpu) - percpu))
echo "held: $sessions sessions in $pairs gateways with $(sum held descriptors) descriptors, gate $gate;" \
	"set up in $up s"
awk -v p="$private" -v n="$pairs" -v k="$slab" -v c="$percpu" -v s="$sessions" 'BEGIN {
	printf "memory of a session in the gateway: %.2f KiB (private of smaps)\n", p / n
	printf "memory of a session in the kernel: %.2f KiB, for the gateway, the UE and the core side together\n", (k + c) / s }'
echo "private memory of all gateways: $(sum held private_kb) KiB"
grep -E '^(TCP|TCPv6|sock_inode_cache|filp|eventpoll_epi|request_sock_TCP) ' /proc/slabinfo 2>/dev/null |
	awk -v s="$sessions" '{ printf "  %s: %.2f KiB a session\n", $1, $3 * $4 / 1024 / s }'
began=$SECONDS
exec {go}>&-
for load in $loads; do wait "$load" || die "a generator ended with $?"; done
echo "taken down in $((SECONDS - began - settle)) s: $(sum ended broken) broken, $(sum ended sessions) left," \
	"$(sum ended descriptors) descriptors, $(sum ended private_kb) KiB private in all gateways"
for agw in $agws; do
	kill "$agw"
	wait "$agw" || die "ims-agw ended with $?"
done
started=
