/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/mgco.h"

bool
mgco_term_matches(struct span pattern, const char *name)
{
	struct span rest = span_str(name);

	while (pattern.p && rest.p) {
		struct span want = span_cut(&pattern, '/'), got;

		if (span_eqs(want, "*") && !pattern.p)
			return true;
		got = span_cut(&rest, '/');
		if (!span_eqs(want, "*") && !span_caseeq(want, got))
			return false;
	}
	return !pattern.p && !rest.p;
}
