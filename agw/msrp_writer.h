/* SPDX-License-Identifier: BSD-2-Clause */
/* MSRP on its way out: all that is to be sent now goes by one write, copied together; a body that is all
 * there is goes as it lies. Copying costs less than more writes and shorter TLS records. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/span.h"

/* Where messages go. write() gets each octet once, in order, for the peer of a side; bytes last during the
 * call. room: scratch in which small pieces are collected. */
struct msrp_sink {
	uint8_t *room;
	size_t cap;
	void (*write)(void *arg, unsigned side, const uint8_t *bytes, size_t len);
	void *arg;
};

struct msrp_writer {
	const struct msrp_sink *sink;
	unsigned side;
	size_t used; /* of the sink's room */
};

/* Writes what was collected. */
void msrp_flush(struct msrp_writer *w);
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

/* is_all: nothing follows before the next flush. */
void msrp_put_body(struct msrp_writer *w, struct span body, bool is_all);
