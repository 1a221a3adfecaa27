#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Checks every #include against contrib/layers.txt, and three habits: a .c file includes its own header first, a header
# has #pragma once, and third-party headers appear in .c files and private headers only.
#   check-includes.sh [SOURCE-FOLDER]
cd "${1:-.}" || exit 2
find proto agw alg tests -name '*.[ch]' -o -name '*.def' | sort | xargs awk -v table=contrib/layers.txt '
function glob(pattern) { # a shell pattern as a regular expression
	if (pattern == "*")
		return "."
	gsub(/\./, "\\.", pattern)
	gsub(/\*/, "[^/]*", pattern)
	return "^" pattern "$"
}
function complain(text) {
	print FILENAME ":" FNR ": " text
	bad = 1
}
function exists(path,    line, rc) {
	rc = (getline line < path)
	close(path)
	return rc >= 0
}
function read_table(    line, n, i, word, rows_of_line) {
	while ((getline line < table) > 0) {
		if (line ~ /^#/ || line ~ /^[ \t]*$/)
			continue
		if (line !~ /^[ \t]/) {
			rows++
			n = index(line, " : ")
			if (!n) {
				print table ": no colon: " line
				exit bad = 2
			}
			files[rows] = substr(line, 1, n)
			line = substr(line, n + 3)
		}
		may[rows] = may[rows] " " line
	}
}
function row_of(path,    i, k, n, word) {
	for (i = 1; i <= rows; i++) {
		n = split(files[i], word, " ")
		for (k = 1; k <= n; k++)
			if (path ~ glob(word[k])) {
				used[i] = 1
				return i
			}
	}
	return 0
}
function allowed(row, what, by_default,    i, n, word, ok) {
	n = split(may[row], word, " ")
	ok = by_default
	for (i = 1; i <= n; i++)
		if (word[i] !~ /^!/ && what ~ glob(word[i]))
			ok = 1
	for (i = 1; i <= n; i++)
		if (word[i] ~ /^!/ && what ~ glob(substr(word[i], 2)))
			ok = 0
	return ok
}
BEGIN {
	read_table()
	third = "^<(ev|jansson|uthash|utlist|cap-ng|openssl/.*|libmnl/.*|libnetfilter_queue/.*|CUnit/.*)(\\.h)?>$"
}
FNR == 1 {
	row = row_of(FILENAME)
	if (!row)
		complain("no row in " table)
	n_includes = 0
	own = FILENAME
	sub(/\.c$/, ".h", own)
	private = FILENAME
	sub(/\.c$/, "_priv.h", private)
	is_c = FILENAME ~ /\.c$/
	has_own = is_c && exists(own)
	once = 0
	if (!/SPDX-License-Identifier/ && FILENAME !~ /\.def$/)
		complain("no SPDX line at the top")
}
/^#pragma once/ { once = 1 }
/^#[ \t]*include/ {
	what = $2
	gsub(/"/, "", what)
	n_includes++
	if (is_c && n_includes == 1 && has_own && what != own && what != private)
		complain("does not include its own header first")
	if (FILENAME ~ /\.h$/ && !once)
		complain("no #pragma once")
	if (!row)
		next
	is_third = what ~ third
	if (is_third && FILENAME ~ /\.h$/ && FILENAME !~ /_priv\.h$/ && FILENAME !~ /^tests/)
		complain("third-party header in a header: " what)
	if (!allowed(row, what, what ~ /^</ && !is_third))
		complain("may not include " what " (" table ")")
}
END {
	for (i = 1; i <= rows; i++)
		if (!used[i]) {
			print table ": names no file: " files[i]
			bad = 1
		}
	exit bad
}'
