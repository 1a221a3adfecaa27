/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/base/out.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_FIRST = 256 };

void
out_init(struct out *o, char *buf, size_t cap)
{
	*o = (struct out){ .buf = buf, .cap = cap, .max = cap };
}

void
out_init_heap(struct out *o, size_t max)
{
	*o = (struct out){ .max = max, .heap = true };
}

void
out_fini(struct out *o)
{
	if (o->heap)
		free(o->buf);
	*o = (struct out){ 0 };
}

void
out_reset(struct out *o)
{
	o->len = 0;
	o->err = 0;
}

/* Makes room for need more bytes; false (with the error set) when that is not possible. */
static bool
reserve(struct out *o, size_t need)
{
	size_t want;
	char *p;

	if (o->err)
		return false;
	if (need <= o->cap - o->len)
		return true;
	if (!o->heap || need > o->max - o->len) {
		o->err = ERR_TOOBIG;
		return false;
	}
	want = o->cap ? o->cap : OUT_FIRST;
	while (want - o->len < need)
		want *= 2;
	if (want > o->max)
		want = o->max;
	p = realloc(o->buf, want);
	if (!p) {
		o->err = ERR_NOMEM;
		return false;
	}
	o->buf = p;
	o->cap = want;
	return true;
}

void
out_bytes(struct out *o, const void *p, size_t len)
{
	if (!len || !reserve(o, len))
		return;
	memcpy(o->buf + o->len, p, len);
	o->len += len;
}

void
out_span(struct out *o, struct span s)
{
	out_bytes(o, s.p, s.len);
}

void
out_str(struct out *o, const char *s)
{
	out_bytes(o, s, strlen(s));
}

void
out_char(struct out *o, char c)
{
	out_bytes(o, &c, 1);
}

void
out_u64(struct out *o, uint64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	out_bytes(o, digits + at, sizeof(digits) - at);
}

void
out_vprintf(struct out *o, const char *fmt, va_list ap)
{
	char stack[512];
	char *big;
	va_list again;
	int n;

	if (o->err)
		return;
	va_copy(again, ap);
	n = vsnprintf(stack, sizeof(stack), fmt, ap);
	if (n >= 0 && (size_t)n < sizeof(stack)) {
		out_bytes(o, stack, (size_t)n);
	} else if (n >= 0 && (big = malloc((size_t)n + 1)) != NULL) {
		vsnprintf(big, (size_t)n + 1, fmt, again);
		out_bytes(o, big, (size_t)n);
		free(big);
	} else {
		o->err = n < 0 ? ERR_INVAL : ERR_NOMEM;
	}
	va_end(again);
}

void
out_printf(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out_vprintf(o, fmt, ap);
	va_end(ap);
}

const char *
out_cstr(struct out *o)
{
	if (!reserve(o, 1))
		return NULL;
	o->buf[o->len] = '\0';
	return o->buf;
}

char *
out_take(struct out *o)
{
	char *p;

	assert(o->heap);
	if (!out_cstr(o))
		return NULL;
	p = o->buf;
	*o = (struct out){ .max = o->max, .heap = true };
	return p;
}
