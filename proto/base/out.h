/* SPDX-License-Identifier: BSD-2-Clause */
/* Bounded writer with a sticky error: after the first failure every call is a no-op, so encoders check
 * once at the end. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"
#include "proto/base/span.h"

struct out {
	char *buf;
	size_t len; /* bytes written so far */
	size_t cap; /* bytes that buf can hold now */
	size_t max; /* bytes it may grow to */
	bool heap;  /* buf is ours and may be reallocated */
	int err;    /* sticky: ERR_TOOBIG or ERR_NOMEM */
};

/* Writes into a caller's buffer of cap bytes; never grows. */
void out_init(struct out *o, char *buf, size_t cap);
/* Writes into heap memory that grows up to max bytes. Ends with out_fini or out_take. */
void out_init_heap(struct out *o, size_t max);
/* Frees the heap buffer if there is one; safe after out_take and on a zeroed struct. */
void out_fini(struct out *o);
/* Forgets what was written and the error; keeps the memory. */
void out_reset(struct out *o);

void out_bytes(struct out *o, const void *p, size_t len);
void out_span(struct out *o, struct span s);
void out_str(struct out *o, const char *s);
void out_char(struct out *o, char c);
void out_u64(struct out *o, uint64_t v);
void out_printf(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
void out_vprintf(struct out *o, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* What was written; valid until the next write. */
static inline struct span
out_get(const struct out *o)
{
	return span_of(o->buf, o->len);
}

/* Terminates with NUL (not counted in len) and returns the buffer; NULL after an error. */
const char *out_cstr(struct out *o);
/* Hands the NUL-terminated heap buffer to the caller, who frees it; NULL after an error. Heap mode only. */
char *out_take(struct out *o);
