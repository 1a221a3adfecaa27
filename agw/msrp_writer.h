/* SPDX-License-Identifier: BSD-2-Clause */
/* MSRP on its way out: all that is to be sent now goes by one write, in pieces. Small ones are copied together, long
 * bodies go as they lie. */
#pragma once

#include <stdint.h>

#include "proto/base/span.h"

/* Where messages go. write() gets each octet once, in order, for the peer of a side, at most cap octets in at most
 * MSRP_PIECES_MAX pieces, which last during the call. room: scratch of cap octets where small pieces are collected. */
struct msrp_sink {
	uint8_t *room;
	size_t cap;
	size_t worth; /* shorter bodies are copied; more than MSRP_END_MAX, for look-alikes of end-lines do not last */
	void (*write)(void *arg, unsigned side, const struct span *pieces, unsigned n);
	void *arg;
};

enum { MSRP_PIECES_MAX = 32 };

struct msrp_writer {
	const struct msrp_sink *sink;
	unsigned side, n;
	size_t used; /* octets collected. What is copied lies in the room as if all were */
	size_t from; /* in none of the pieces yet */
	struct span piece[MSRP_PIECES_MAX];
};

/* Writes what was collected. */
void msrp_flush(struct msrp_writer *w);
/* More than there is room for now. */
void msrp_put_much(struct msrp_writer *w, struct span s);

static inline void
msrp_put(struct msrp_writer *w, struct span s)
{
	if (s.len == 0)
		return;
	if (s.len > w->sink->cap - w->used) {
		msrp_put_much(w, s);
		return;
	}
	memcpy(w->sink->room + w->used, s.p, s.len);
	w->used += s.len;
}

#define msrp_put_lit(w, text) msrp_put((w), SPAN_LIT(text))

/* If it is worth it, it must last until the next flush. */
void msrp_put_body(struct msrp_writer *w, struct span body);
