/* SPDX-License-Identifier: BSD-2-Clause */
/* MSRP between two legs that have paths of their own: To-Path and From-Path are written anew, everything
 * else passes as it came (TS 23.334 5.19.5, RFC 4975). Bodies stream through. Transactions run end to end:
 * responses and reports are those of the far peer; only what cannot go on is answered here: a message for a
 * foreign session (481), with broken headers (400), or beyond a limit (413). */
#pragma once

#include "agw/msrp_writer.h"
#include "agw/order.h"
#include "proto/base/err.h"
#include "proto/base/span.h"

struct msrp_b2b;

/* fill: random octets. limits are borrowed. NULL: out of memory. */
struct msrp_b2b *msrp_b2b_new(void (*fill)(void *buf, size_t len), const struct msrp_limits *limits);
void msrp_b2b_free(struct msrp_b2b *b);
/* What the leg of a side is from the next message on; another URI of ours is another session, counted from
 * zero. ERR_NOMEM: the side is then not ready. */
int msrp_b2b_set(struct msrp_b2b *b, unsigned side, const struct leg_msrp *m) MUST_CHECK;
/* Both sides know their own URI and the peer's path: messages can be written. */
bool msrp_b2b_is_ready(const struct msrp_b2b *b);
/* Octets from the peer of a side; only when ready. An error of the framer: the connection makes no sense any more
 * and must end; what came before has been written. *why (static) is set whenever the statistics count an error. */
int msrp_b2b_feed(struct msrp_b2b *b, unsigned from, struct span in, uint64_t now_ms,
                  const struct msrp_sink *sink, const char **why) MUST_CHECK;
/* The peer of a side will send no more. A chunk that it leaves unfinished is ended with '#' towards the
 * other one; true when that was so. */
bool msrp_b2b_cut(struct msrp_b2b *b, unsigned from, const struct msrp_sink *sink);
/* Sends the peer of a side an empty message of ours, whose response will not be passed on. False: it has not shown
 * itself yet, or a message is on its way to it. */
bool msrp_b2b_keep_alive(struct msrp_b2b *b, unsigned side, uint64_t now_ms, const struct msrp_sink *sink);
/* The connections are gone; the next octets are the first of new ones. */
void msrp_b2b_reset(struct msrp_b2b *b);
void msrp_b2b_stats(const struct msrp_b2b *b, unsigned side, struct msrp_stats *stats);
