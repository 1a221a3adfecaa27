/* SPDX-License-Identifier: BSD-2-Clause */
/* Ids for objects that somebody waits for: a stale id finds nothing instead of freed memory. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* 0 is never a valid id: low 32 bits slot, high 32 bits generation (>= 1). */
typedef uint64_t slot_id;

struct slot_entry;

struct slots {
	struct slot_entry *entries;
	uint32_t cap, used;
	uint32_t limit;
	uint32_t free_head; /* slot + 1 of the first free one, 0 when none */
	uint32_t free_tail; /* freed slots are reused last, so that a stale id stays stale for long */
};

/* At most limit objects at a time. Allocates on demand. */
void slots_init(struct slots *s, uint32_t limit);
/* Frees the table, not the objects. */
void slots_fini(struct slots *s);
/* Enters obj (not NULL, borrowed) and returns its id; 0 when full or out of memory. */
slot_id slots_add(struct slots *s, void *obj);
/* The object, or NULL when the id was removed or never given. */
void *slots_find(const struct slots *s, slot_id id);
/* Makes the id stale. Unknown ids are ignored. */
void slots_remove(struct slots *s, slot_id id);
/* Walk: *cursor starts at 0; returns NULL at the end. Removal during the walk is allowed. */
void *slots_next(const struct slots *s, uint32_t *cursor);
