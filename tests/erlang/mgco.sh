#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Our H.248 text against Erlang/OTP's megaco: every vector, printed by us in every style, decodes there; what Erlang
# then writes, pretty and compact, decodes here; and printed by us once more it still means the same to Erlang.
# 77 when the tools are missing. Arguments: folders with messages, one a file, that take the place of the vectors.
set -eu

top=${TOP_SRCDIR:-.}
reprint=${TOP_BUILDDIR:-.}/tests/tools/mgco_reprint
decode=$top/tests/erlang/decode.escript
command -v escript >/dev/null || { echo "SKIP: no escript (erlang-base)"; exit 77; }
erl -noshell -eval 'halt(case code:lib_dir(megaco) of {error, _} -> 1; _ -> 0 end).' ||
	{ echo "SKIP: no erlang-megaco"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/ours" "$work/theirs" "$work/back"

# Legal, but not for Erlang's megaco 4.4.2.
known_trouble() {
	case $1 in
	25-topology.*) echo "several triples in one Topology, EmergencyOff written in full" ;;
	27-notify-error.*) echo "an Error beside ObservedEvents in a Notify" ;;
	28-escaped-brace.*) echo "} in SDP, written \\}" ;;
	17-audit-reply.*) echo "decodes, but its encoder cannot write an Error in AuditValue = Context" ;;
	11-short-tokens.*) echo "O-W- before a command (its scanner in C only)" ;;
	29-extension-method.*) echo "an X- method of ServiceChange, and items changed in it" ;;
	*.-b)
		tr -d ' \t\n' <"$work/ours/$1" | grep -q 'Signals{}' || return 1
		echo "Signals{} without signals (--h248-empty-signals=braces)"
		;;
	*) return 1 ;;
	esac
}

fail() {
	echo "FAIL: $*"
	exit 1
}

for vec in "$top"/tests/vec/mgco/*.txt; do
	[ $# -eq 0 ] || break
	for style in -- -s -c -sc -u -cl -cq -n -b -csunq; do
		"$reprint" "$style" "$vec" >"$work/ours/$(basename "$vec" .txt).$style" || fail "we do not parse $vec"
	done
done
for dir; do
	for msg in "$dir"/*; do
		cp "$msg" "$work/ours/$(basename "$(dirname "$dir")")-$(basename "$dir")-$(basename "$msg")"
	done
done

escript "$decode" encode "$work/ours" "$work/theirs" >"$work/encode"
while read -r result name why; do
	case "$result $why" in
	"unwritable "*invalid_property_parm_values*)
		echo "$name decodes, but Erlang's encoder cannot write a range or list in an event"
		continue
		;;
	esac
	if known=$(known_trouble "$name"); then
		[ "$result" != ok ] || fail "$name is no longer refused by Erlang: take it off the list"
		echo "$result by Erlang, known: $name: $known"
	elif [ "$result" != ok ]; then
		fail "$name: $result by Erlang: $why; $(cat "$work/ours/$name")"
	fi
done <"$work/encode"

for text in "$work"/theirs/*; do
	"$reprint" "$text" >"$work/back/$(basename "$text")" || fail "we do not parse what Erlang wrote: $(cat "$text")"
done
escript "$decode" compare "$work/theirs" "$work/back" >"$work/compare"
while read -r result name why; do
	[ "$result" = ok ] || fail "$name: $result $why; Erlang wrote: $(cat "$work/theirs/$name") " \
		"we made of it: $(cat "$work/back/$name")"
done <"$work/compare"
echo "$(wc -l <"$work/encode") messages of ours, $(wc -l <"$work/compare") of Erlang's"
