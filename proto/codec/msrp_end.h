/* SPDX-License-Identifier: BSD-2-Clause */
/* The end-line of the message under way, and where it stands in a body; for msrp.c. */
#pragma once

#include "proto/codec/msrp.h"

enum { CRLF_LEN = 2, DASHES_LEN = 7 };

/* It has tid, and no flag yet. */
void msrp_end_set(struct msrp_framer *f, struct span tid);
/* Where it begins in s, if all of it up to its flag is there; NULL: not here. */
const char *msrp_end_find(const struct msrp_framer *f, struct span s);
/* The length of the longest end of s that it can begin with. */
size_t msrp_end_begun(const struct msrp_framer *f, struct span s);

static inline size_t
msrp_end_flag_at(const struct msrp_framer *f)
{
	return f->end_len - (size_t)CRLF_LEN - 1;
}

static inline bool
msrp_end_is_flag(char c)
{
	return c == '$' || c == '+' || c == '#';
}
