/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 4096, PRINT_BYTES = 512 }; /* printed once if it is no longer than the latter */

struct arena_block {
	struct arena_block *next;
	size_t len, cap;
	max_align_t mem[];
};

void
arena_init(struct arena *a, size_t limit)
{
	*a = (struct arena){ .limit = limit };
}

void
arena_fini(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *b = a->blocks;

		a->blocks = b->next;
		free(b);
	}
	a->used = 0;
}

static struct arena_block *
block_for(struct arena *a, size_t size)
{
	struct arena_block *b = a->blocks;
	size_t cap = BLOCK_BYTES - sizeof(*b);

	if (b && size <= b->cap - b->len)
		return b;
	if (size > cap)
		cap = size;
	b = malloc(sizeof(*b) + cap);
	if (!b)
		return NULL;
	b->len = 0;
	b->cap = cap;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	const size_t align = sizeof(max_align_t);
	struct arena_block *b;
	void *p;

	if (size > a->limit)
		return NULL;
	size = (size + align - 1) / align * align;
	if (size > a->limit - a->used)
		return NULL;
	b = block_for(a, size);
	if (!b)
		return NULL;
	p = (char *)b->mem + b->len;
	b->len += size;
	a->used += size;
	memset(p, 0, size);
	return p;
}

struct span
arena_span(struct arena *a, struct span s)
{
	char *p = arena_alloc(a, s.len + 1);

	if (!p)
		return SPAN_NULL;
	if (s.len)
		memcpy(p, s.p, s.len);
	return span_of(p, s.len);
}

struct span
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	char text[PRINT_BYTES];
	va_list again;
	char *p = NULL;
	int n;

	va_copy(again, ap);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	if (n >= 0)
		p = arena_alloc(a, (size_t)n + 1);
	if (p && (size_t)n < sizeof(text))
		memcpy(p, text, (size_t)n);
	else if (p)
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p ? span_of(p, (size_t)n) : SPAN_NULL;
}

struct span
arena_printf(struct arena *a, const char *fmt, ...)
{
	struct span s;
	va_list ap;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}
