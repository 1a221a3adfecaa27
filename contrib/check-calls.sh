#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Calls that have no place in the programs: unbounded writers, parsers that cannot say no, shells, sleeping.
# contrib/calls-exceptions.txt lists what may stay: "path call reason".
#   check-calls.sh [SOURCE-FOLDER]
cd "${1:-.}" || exit 2
find proto agw alg -name '*.[ch]' | sort | xargs awk -v list=contrib/calls-exceptions.txt '
BEGIN {
	n = split("gets strcpy strcat sprintf vsprintf strtok atoi atol atoll scanf sscanf system popen sleep usleep " \
	          "alloca rand tmpnam", banned, " ")
	while ((getline line < list) > 0)
		if (line !~ /^#/ && split(line, word, " ") > 2)
			excused[word[1] " " word[2]] = 1
}
{
	for (i = 1; i <= n; i++) {
		if ($0 !~ "(^|[^A-Za-z0-9_>.])" banned[i] "\\(")
			continue
		if ((FILENAME " " banned[i]) in excused) {
			used[FILENAME " " banned[i]] = 1
			continue
		}
		print FILENAME ":" FNR ": " banned[i] "() is not used here"
		bad = 1
	}
}
END {
	for (key in excused)
		if (!(key in used)) {
			print list ": not needed any more: " key
			bad = 1
		}
	exit bad
}'
