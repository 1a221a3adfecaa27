#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fails when a source file has more than 400 lines or a function more than 60, unless contrib/size-exceptions.txt
# lists it ("path reason" or "path:function reason"); an exception that is no longer needed fails too.
#   check-size.sh [SOURCE-FOLDER]
cd "${1:-.}" || exit 2
find proto agw alg tests -name '*.[ch]' | sort | xargs awk -v file_max=400 -v function_max=60 -v list=contrib/size-exceptions.txt '
function complain(key, text) {
	if (key in excused) {
		used[key] = 1
		return
	}
	print text
	bad = 1
}
function end_file() {
	if (lines > file_max)
		complain(file, file ": " lines " lines, more than " file_max)
}
BEGIN {
	while ((getline line < list) > 0) {
		if (line !~ /^#/ && split(line, word, " ") > 1)
			excused[word[1]] = 1
		else if (line !~ /^#/ && line != "") {
			print list ": no reason: " line
			bad = 1
		}
	}
}
FNR == 1 {
	if (file)
		end_file()
	file = FILENAME
	start = 0
}
{ lines = FNR }
/^[a-z_]+[a-z0-9_]*\(/ { name = $0; sub(/\(.*/, "", name) }
/^\{$/ { start = FNR }
/^\}/ && start {
	if (FNR - start - 1 > function_max)
		complain(file ":" name, file ":" start ": " name "() has " FNR - start - 1 " lines, more than " function_max)
	start = 0
}
END {
	end_file()
	for (key in excused) {
		if (!(key in used)) {
			print list ": not needed any more: " key
			bad = 1
		}
	}
	exit bad
}'
