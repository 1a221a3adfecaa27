/* SPDX-License-Identifier: BSD-2-Clause */
/* Bump allocator for one message or one transaction: everything is freed at once. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "proto/base/span.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t used;  /* bytes handed out, headers not counted */
	size_t limit; /* refuse beyond this, so that peer input cannot grow it without bound */
};

/* limit in bytes. Allocates nothing yet. */
void arena_init(struct arena *a, size_t limit);
/* Frees everything that came from it; the arena can be used again. */
void arena_fini(struct arena *a);
/* Zeroed, aligned for any type; NULL beyond the limit or out of memory. */
void *arena_alloc(struct arena *a, size_t size);
/* Copies with a terminating NUL; a span whose p is NULL means failure (an empty copy has p set). */
struct span arena_span(struct arena *a, struct span s);
/* printf into the arena, with a NUL behind it; p is NULL on failure. */
struct span arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct span arena_vprintf(struct arena *a, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
