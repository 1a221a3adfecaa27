#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Global names are unique over all libraries, so that one simulation can link both daemons.
#   check-symbols.sh LIBRARY.a...
again=$(nm -g --defined-only "$@" 2>/dev/null | awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' | sort | uniq -d)
[ -z "$again" ] || printf 'defined twice: %s\n' $again
[ -z "$again" ]
