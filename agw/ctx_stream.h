/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams of contexts: what is wanted of them as orders, and what came of them from events. */
#pragma once

#include "agw/ctx.h"

/* Makes room for a stream id in a context, so that entering a termination with it cannot fail. ERR_NOMEM. */
int ctx_reserve_stream(struct ctx *c, uint16_t id);
/* The termination's streams are new or have changed. */
void ctx_join_streams(struct term *t);
/* Orders for one stream; see ctx_post(). */
unsigned ctx_stream_post(struct ctx_stream *s);
/* What makes the leg of a side that has a termination connect (ctx_spec.c). */
enum leg_trigger ctx_stream_trigger(const struct ctx_stream *s, unsigned side);
/* Answers a question for statistics that no worker will hear, with nothing counted. */
void ctx_stream_unask(struct ctx_stream *s);
/* The timer of ctxs.unsent. */
void ctx_stream_on_again(struct loop_timer *t);
/* Returns all ports and forgets it. */
void ctx_stream_free(struct ctxs *x, struct ctx_stream *s);
/* Ignores the port's SYNs from now on, and closes what control holds of its listener. */
void term_stream_drop_listener(struct ctxs *x, struct term_stream *s);
/* The listener, while it is ours, gets the DSCP that is wanted now: the first SYN-ACK is to bear it. */
void term_stream_mark_listener(struct term_stream *s);
/* The same, returns the port, frees. */
void term_stream_free(struct ctxs *x, struct term_stream *s);
