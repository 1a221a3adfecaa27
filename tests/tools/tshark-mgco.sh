#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Shows every vector, printed by us in every style, to tshark as UDP 2944: each packet must be Megaco, with the
# transactions seen, and no error or malformed mark. 77 when the tools are missing. Left out: an error after
# ImmAckRequired, which tshark 4.0 takes for a context. Arguments: folders with messages, one a file, that take the
# place of the vectors.
set -eu

top=${TOP_SRCDIR:-.}
reprint=${TOP_BUILDDIR:-.}/tests/tools/mgco_reprint
for tool in tshark text2pcap od; do
	command -v "$tool" >/dev/null || { echo "SKIP: no $tool"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One capture for all: text2pcap starts a packet at each offset 0.
add() {
	od -Ax -tx1 -v "$1" | sed '$d' >>"$work/hex"
	echo "$2" >>"$work/names"
}

for dir; do
	for msg in "$dir"/*; do
		add "$msg" "$(basename "$msg")"
	done
done
for vec in "$top"/tests/vec/mgco/*.txt; do
	[ $# -eq 0 ] || break
	case $vec in *imm-ack-error*) continue ;; esac
	for style in -- -s -c -sc; do
		"$reprint" "$style" "$vec" >"$work/text"
		add "$work/text" "$(basename "$vec" .txt) $style"
	done
done
text2pcap -q -u 2944,2944 "$work/hex" "$work/pcap" 2>/dev/null
# Expert severities: error is 0x800000. "Empty Signal Descriptor" is a warning, and what we mean.
tshark -r "$work/pcap" -T fields -E separator='|' -e frame.protocols -e _ws.malformed -e _ws.expert.severity \
	-e megaco.transid 2>"$work/err" >"$work/seen" || { cat "$work/err"; echo "SKIP: tshark does not run here"; exit 77; }

[ "$(wc -l <"$work/names")" -eq "$(wc -l <"$work/seen")" ] || { echo "packets were lost"; cat "$work/seen"; exit 1; }
paste -d '|' "$work/names" "$work/seen" | awk -F '|' '
	$2 !~ /:megaco(:sdp)*$/ || $3 != "" { print "not plain megaco: " $0; bad = 1 }
	$4 ~ /8388608/ { print "expert error: " $0; bad = 1 }
	$5 == "" && $1 !~ /message-error/ { print "no transaction seen: " $0; bad = 1 }
	END { print NR " messages"; exit bad }'
