#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs ims-agw and tests/bench/soak against each other on loopback, and looks whether anything is left afterwards.
#   soak.sh [MIB [WORKERS [OPTION-OF-SOAK ...]]]
# Without arguments a small one: some hundred sessions in a few seconds.
#   LOG=LEVEL                 of ims-agw (error)
#   GATE=off|socket|nfqueue   the SYN gate (off); another than off runs in a network namespace of its own, as root
build=${TOP_BUILDDIR:-.}
mib=${1:-150} workers=${2:-2}
patient=120 # neither side gives up while the machine is busy with others
[ $# -gt 2 ] && shift 2 || set -- --max-size=4000000 --aware=40 --limit=$patient
command -v openssl >/dev/null || { echo "SKIP: no openssl"; exit 77; }
gate=${GATE:-off}
if [ "$gate" != off ] && [ -z "${SOAK_NETNS:-}" ]; then
	[ "$(id -u)" = 0 ] && unshare -n true 2>/dev/null || { echo "SKIP: no network namespace"; exit 77; }
	SOAK_NETNS=1 exec unshare -n sh -c 'ip link set lo up && exec "$0" "$@"' "$0" "$mib" "$workers" "$@"
fi
realms="--realm=access,address=127.0.0.1,ports=19000-23999 --realm=core,address=127.0.0.1,ports=24000-28999"
if grep -qw lo /proc/net/if_inet6 2>/dev/null; then
	realms=$(echo "$realms" | sed 's/,ports/,address=::1,ports/g')
	set -- --ipv6 "$@"
fi
dir=$(mktemp -d) || exit 99
agw=
trap 'if [ -n "$agw" ]; then kill "$agw" 2>/dev/null; fi; rm -rf "$dir"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/key.pem" -out "$dir/cert.pem" \
	-days 2 -subj /CN=soak 2>"$dir/openssl.log" || { cat "$dir/openssl.log"; exit 99; }

# Somebody may sit on the port that we listen at as controller: then the next.
try=0 status=3
while [ $status = 3 ] && [ $try -lt 5 ]; do
	port=$((11000 + ($$ + try * 997) % 8000))
	try=$((try + 1))
	# shellcheck disable=SC2086
	"$build/ims-agw" --mgc=tcp:127.0.0.1:$port --mid='<soak>' --syn-gate="$gate" --workers="$workers" $realms \
		--tcp-timeout=$patient --tls-timeout=$patient --fingerprint-timeout=$patient \
		--control="$dir/agw.sock" --log-level="${LOG:-error}" 2>"$dir/agw.log" &
	agw=$!
	"$build/tests/bench/soak" --mgc=127.0.0.1:$port --cert="$dir/cert.pem" --key="$dir/key.pem" --pid=$agw \
		--mib="$mib" "$@"
	status=$?
	if [ $status = 0 ]; then
		"$build/ims-ctl" --agw-control="$dir/agw.sock" show agw counters >"$dir/state"
		"$build/ims-ctl" --agw-control="$dir/agw.sock" show agw realms >>"$dir/state"
		for what in contexts terminations relays ports_taken sessions events_lost; do
			grep -q "\"$what\"" "$dir/state" || { echo "$what is not told"; status=1; }
			grep "\"$what\": *[1-9]" "$dir/state" && status=1
		done
	fi
	kill $agw
	wait $agw || { echo "ims-agw ended with $?"; status=1; }
	agw=
done
cat "$dir/agw.log"
exit $status
