/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/msrp_answers.h"

#include "agw/agw_limits.h"

void
msrp_answers_add(struct msrp_answers *a, const struct msrp_answer *one)
{
	struct out *o = &a->text;

	if (!o->heap)
		out_init_heap(o, MSRP_ANSWERS_MAX);
	if (o->len + 2 * one->tid.len + one->to.len + one->from.len + strlen(one->status) + 64 > MSRP_ANSWERS_MAX)
		return;
	out_printf(o, "MSRP %.*s %s\r\nTo-Path: %.*s\r\nFrom-Path: %.*s\r\n-------%.*s$\r\n", SPAN_FMT(one->tid),
	           one->status, SPAN_FMT(one->to), SPAN_FMT(one->from), SPAN_FMT(one->tid));
}

void
msrp_answers_clear(struct msrp_answers *a)
{
	if (a->text.heap)
		out_fini(&a->text);
}
