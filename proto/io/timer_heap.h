/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop's timers by due time: a pairing heap whose nodes are the timers themselves, so nothing is allocated.
 * Adding costs O(1), removing O(log n) amortized. */
#pragma once

#include "proto/io/loop.h"

struct timer_heap {
	struct loop_timer *root;
	uint32_t seq; /* next one to be given out */
};

/* t->due_ms is set and t is not armed. */
void timer_heap_add(struct timer_heap *h, struct loop_timer *t);
/* t is armed in this heap. */
void timer_heap_remove(struct timer_heap *h, struct loop_timer *t);
/* The earliest, first armed of equals; NULL when there is none. */
static inline struct loop_timer *
timer_heap_first(const struct timer_heap *h)
{
	return h->root;
}
