#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Man pages: clean under mandoc -Tlint, and the flags of a program's page are those of its --help, both ways.
#   check-man.sh SOURCE-FOLDER PROGRAM...      programs of the build folder, in which this runs
src=$1
shift
bad=0

if command -v mandoc >/dev/null; then
	# Our own pages are not installed where mandoc looks for references.
	mandoc -Tlint -W style "$src"/man/*.[1-8] 2>&1 | grep -v 'referenced manual not found: Xr ims-' && bad=1
else
	echo "check-man: no mandoc here, pages not linted"
fi
for program; do
	page=$(ls "$src"/man/"$program".[1-8] 2>/dev/null)
	if [ -z "$page" ]; then
		echo "$program has no man page"
		bad=1
		continue
	fi
	tmp=$(mktemp -d) || exit 2
	./"$program" --help | sed -n 's/^  --\([a-z0-9-]*\).*/\1/p' | sort >"$tmp/help"
	# "Fl -name" and "Fl Fl name" are the same; an item may name several.
	sed -n '/^\.It Fl/p' "$page" | grep -oE 'Fl (-|Fl )[a-z0-9][a-z0-9-]*' | sed 's/.*Fl -\{0,1\}//' | sort >"$tmp/page"
	for flag in $(comm -23 "$tmp/help" "$tmp/page"); do
		echo "$page: --$flag of $program is missing"
		bad=1
	done
	for flag in $(comm -13 "$tmp/help" "$tmp/page"); do
		echo "$page: $program has no --$flag (or the page has it twice)"
		bad=1
	done
	[ -s "$tmp/help" ] || { echo "$program --help shows no flags"; bad=1; }
	rm -r "$tmp"
done
exit $bad
