#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# --metrics of both daemons, IPv4 and IPv6: what HTTP and ims-ctl give is the same, and tells of a call.
. "${TOP_SRCDIR:-.}/tests/netns/lib.sh"
. "${TOP_SRCDIR:-.}/tests/netns/daemons.sh"

netns_begin
AGW_FLAGS=(--syn-gate=socket --metrics="[$GW_CORE6]:9464")
ALG_AT=$GW_CORE4/9463 AGW_AT=$GW_CORE6/9464

# get HOST/PORT PATH: from the core's host, with nothing but bash.
get() {
	# shellcheck disable=SC2016
	in_ns core timeout 60 bash -c 'exec 3<>"/dev/tcp/$1" && printf "GET %s HTTP/1.1\r\nHost: gw\r\n\r\n" "$2" >&3 && cat <&3' - "$@"
}

# is NAME VALUE HOST/PORT: the sample has that value now.
is() { get "$3" /metrics | grep -qxF "$1 $2"; }

# series: names and labels of what comes in, without values.
series() { sed 's/\r$//; s/\([^#].*\) [0-9]*$/\1/' | grep '^[#i]'; }

start_daemons --metrics="$GW_CORE4:9463"
get "$ALG_AT" /metrics >"$WORK/alg.http" || fail "ims-alg has no metrics"
get "$AGW_AT" /metrics >"$WORK/agw.http" || fail "ims-agw has no metrics"
head -n 1 "$WORK/agw.http" | grep -q '^HTTP/1.1 200 ' || fail "no 200: $(head -n 1 "$WORK/agw.http")"
grep -q '^Content-Type: text/plain; version=0.0.4' "$WORK/agw.http" || fail "no type"
for d in alg agw; do
	ctl metrics $d | series >"$WORK/$d.ctl"
	[ -s "$WORK/$d.ctl" ] || fail "ims-ctl metrics $d says nothing"
	sed '1,/^\r$/d' "$WORK/$d.http" | series | diff - "$WORK/$d.ctl" || fail "ims-$d: HTTP and ims-ctl differ"
done
get "$AGW_AT" /other | grep -q '^HTTP/1.1 404 ' || fail "no 404"

make_ue ue
offer 4 a
answer 4 a "$FINGERPRINT" || fail "the answer was refused"
wait_for 30 is ims_agw_contexts 1 "$AGW_AT"
is ims_alg_calls 1 "$ALG_AT" || fail "no call in ims-alg's metrics"
is ims_alg_offers_total 1 "$ALG_AT" || fail "no offer in ims-alg's metrics"
is 'ims_agw_realm_sessions{realm="access"}' 1 "$AGW_AT" || fail "no session of the access realm"
hang_up a
wait_for 30 is ims_agw_contexts 0 "$AGW_AT"
is ims_agw_h248_subtracts_total 2 "$AGW_AT" || fail "Subtracts are not counted: $(get "$AGW_AT" /metrics | grep subtracts)"

stop_daemons
note "both daemons tell over HTTP what ims-ctl tells"
