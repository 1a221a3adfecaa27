/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/base/slot.h"

#include <stdlib.h>

enum { SLOTS_FIRST = 64 };

struct slot_entry {
	void *obj;
	uint32_t generation;
	uint32_t next_free;
};

void
slots_init(struct slots *s, uint32_t limit)
{
	*s = (struct slots){ .limit = limit };
}

void
slots_fini(struct slots *s)
{
	free(s->entries);
	*s = (struct slots){ .limit = s->limit };
}

static void
push_free(struct slots *s, uint32_t slot)
{
	s->entries[slot].next_free = 0;
	if (s->free_head)
		s->entries[s->free_tail - 1].next_free = slot + 1;
	else
		s->free_head = slot + 1;
	s->free_tail = slot + 1;
}

static int
grow(struct slots *s)
{
	uint64_t want = s->cap ? (uint64_t)s->cap * 2 : SLOTS_FIRST;
	struct slot_entry *e;
	uint32_t old = s->cap;

	if (want > s->limit)
		want = s->limit;
	if (want <= old)
		return -1;
	e = realloc(s->entries, want * sizeof(*e));
	if (!e)
		return -1;
	s->entries = e;
	s->cap = (uint32_t)want;
	for (uint32_t i = old; i < s->cap; i++) {
		e[i] = (struct slot_entry){ .generation = 1 };
		push_free(s, i);
	}
	return 0;
}

slot_id
slots_add(struct slots *s, void *obj)
{
	struct slot_entry *e;
	uint32_t slot;

	if (!s->free_head && grow(s) != 0)
		return 0;
	slot = s->free_head - 1;
	e = &s->entries[slot];
	s->free_head = e->next_free;
	if (!s->free_head)
		s->free_tail = 0;
	e->obj = obj;
	s->used++;
	return (uint64_t)e->generation << 32 | slot;
}

static struct slot_entry *
entry(const struct slots *s, slot_id id)
{
	uint32_t slot = (uint32_t)id;
	struct slot_entry *e;

	if (slot >= s->cap)
		return NULL;
	e = &s->entries[slot];
	return e->obj && e->generation == (uint32_t)(id >> 32) ? e : NULL;
}

void *
slots_find(const struct slots *s, slot_id id)
{
	struct slot_entry *e = entry(s, id);

	return e ? e->obj : NULL;
}

void
slots_remove(struct slots *s, slot_id id)
{
	struct slot_entry *e = entry(s, id);

	if (!e)
		return;
	e->obj = NULL;
	if (++e->generation == 0)
		e->generation = 1;
	push_free(s, (uint32_t)id);
	s->used--;
}

void *
slots_next(const struct slots *s, uint32_t *cursor)
{
	while (*cursor < s->cap) {
		void *obj = s->entries[(*cursor)++].obj;

		if (obj)
			return obj;
	}
	return NULL;
}
