/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams of contexts: what is wanted of them as orders, and what came of them from events. */
#pragma once

#include "agw/ctx.h"

/* Makes room for a stream id in a context, so that entering a termination with it cannot fail. ERR_NOMEM. */
int ctx_reserve_stream(struct ctx *c, uint16_t id);
/* The termination's streams are new or have changed. */
void ctx_join_streams(struct term *t);
/* Orders for one stream; see ctx_post(). */
int ctx_stream_post(struct ctx_stream *s, unsigned *answers);
/* Returns all ports and forgets it. */
void ctx_stream_free(struct ctxs *x, struct ctx_stream *s);
/* Ignores the port's SYNs from now on, and closes what control holds of its listener. */
void term_stream_drop_listener(struct ctxs *x, struct term_stream *s);
/* The same, returns the port, frees. */
void term_stream_free(struct ctxs *x, struct term_stream *s);
