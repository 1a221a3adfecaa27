/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/timer_heap.h"

static bool
is_before(const struct loop_timer *a, const struct loop_timer *b)
{
	if (a->due_ms != b->due_ms)
		return a->due_ms < b->due_ms;
	return (int32_t)(a->seq - b->seq) < 0; /* the counter may wrap */
}

/* Joins two trees whose roots have no siblings; either may be NULL. */
static struct loop_timer *
meld(struct loop_timer *a, struct loop_timer *b)
{
	if (!a)
		return b;
	if (!b)
		return a;
	if (is_before(b, a)) {
		struct loop_timer *t = a;

		a = b;
		b = t;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	return a;
}

static struct loop_timer *
detach_first(struct loop_timer **list)
{
	struct loop_timer *t = *list;

	if (t) {
		*list = t->next;
		t->next = t->prev = NULL;
	}
	return t;
}

/* One tree of a list of siblings: pairs from left to right, then all from right to left. */
static struct loop_timer *
meld_siblings(struct loop_timer *list)
{
	struct loop_timer *pairs = NULL, *all = NULL, *t;

	while (list) {
		struct loop_timer *a = detach_first(&list);
		struct loop_timer *b = detach_first(&list);

		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while ((t = detach_first(&pairs)) != NULL)
		all = meld(all, t);
	return all;
}

void
timer_heap_add(struct timer_heap *h, struct loop_timer *t)
{
	t->seq = h->seq++;
	t->child = t->next = t->prev = NULL;
	t->armed = true;
	h->root = meld(h->root, t);
}

void
timer_heap_remove(struct timer_heap *h, struct loop_timer *t)
{
	struct loop_timer *below = meld_siblings(t->child);

	if (t == h->root) {
		h->root = below;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next)
			t->next->prev = t->prev;
		h->root = meld(h->root, below);
	}
	t->child = t->next = t->prev = NULL;
	t->armed = false;
}
