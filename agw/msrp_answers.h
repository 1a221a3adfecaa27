/* SPDX-License-Identifier: BSD-2-Clause */
/* Our own answers to a peer: they go out between two messages, so that they may have to wait. */
#pragma once


#include "proto/base/out.h"
#include "proto/base/span.h"

/* All zero is empty; holds no memory while empty. */
struct msrp_answers {
	struct out text;
};

struct msrp_answer {
	struct span tid;
	const char *status; /* "481 No such session" */
	struct span to;     /* To-Path */
	struct span from;   /* From-Path */
};

/* Keeps one, unless there are MSRP_ANSWERS_MAX octets already: then the peer sends on and on what nobody wants to
 * hear, and gets none. */
void msrp_answers_add(struct msrp_answers *a, const struct msrp_answer *one);
void msrp_answers_clear(struct msrp_answers *a);

/* Those that wait. */
static inline struct span
msrp_answers_get(const struct msrp_answers *a)
{
	return a->text.err ? SPAN_NULL : out_get(&a->text);
}
