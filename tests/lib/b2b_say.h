/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of b2b_bench.h: what one peer says, and what both hear. */
#pragma once

#include <stdio.h>

#include "tests/lib/b2b_bench.h"
#include "tests/lib/tmain.h"

enum { UE, CORE };

#define CRLF "\r\n"
#define MSG(start, to, from, rest) "MSRP " start CRLF "To-Path: " to CRLF "From-Path: " from CRLF rest
#define HELLO(end) \
	"Message-ID: 1" CRLF "Byte-Range: 1-5/5" CRLF "Content-Type: text/plain" CRLF CRLF "hello" CRLF end CRLF

static inline void
check(const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		printf("\n  wanted\n%s\n  got\n%s\n", want, got);
	CU_ASSERT_STRING_EQUAL(got, want);
}

/* From says in, the other side hears out (NULL: nothing), from itself hears answer. */
static inline void
pass(struct b2b_bench *x, unsigned from, const char *in, const char *out, const char *answer)
{
	CU_ASSERT_EQUAL(b2b_say(x, from, in), 0);
	check(b2b_told(x, !from), out ? out : "");
	check(b2b_told(x, from), answer ? answer : "");
}

static inline struct msrp_stats
stats(const struct b2b_bench *x, unsigned side)
{
	struct msrp_stats s;

	msrp_b2b_stats(x->b, side, &s);
	return s;
}
