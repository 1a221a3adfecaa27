/* SPDX-License-Identifier: BSD-2-Clause */
/* MSRP requests that went out one way and whose response is awaited: which transaction the response belongs
 * to. */
#pragma once

#include <stdint.h>

#include "proto/base/bounds.h"
#include "proto/base/err.h"
#include "proto/base/span.h"

struct msrp_txn;

enum msrp_hops {
	MSRP_ALL_HOPS, /* the response goes to the origin */
	MSRP_ONE_HOP,  /* to the next hop only: of SEND */
	MSRP_NO_HOP,   /* nowhere: the request was ours, or we have answered it */
};

/* All zero is empty; holds no memory while empty. */
struct msrp_txns {
	struct msrp_txn *all; /* by transaction id as it went out, in order of time */
	struct msrp_txn *last; /* the request under way, whose time has not begun */
	uint64_t forgot_ms;   /* until then, a response may be of one that had to be forgotten */
};

/* A request begins. tid as it came; out gets the one to send: the same, or another one when a request with
 * that id is still unanswered. What cannot be remembered is sent all the same. fill: random octets for another
 * id. */
void msrp_txn_begin(struct msrp_txns *t, struct span tid, enum msrp_hops hops, uint64_t now_ms,
                    void (*fill)(void *buf, size_t len), char out[MSRP_TID_MAX + 1]);
/* A request of our own, between those of others. */
void msrp_txn_own(struct msrp_txns *t, uint64_t now_ms, void (*fill)(void *buf, size_t len),
                  char out[MSRP_TID_MAX + 1]);
/* Its last octet went out: the time for the response begins. */
void msrp_txn_sent(struct msrp_txns *t, uint64_t now_ms);
/* The request under way is answered by us, whatever the peer will say to it; was gets its id as it came.
 * ERR_NOTFOUND: it is not remembered. */
int msrp_txn_stop(struct msrp_txns *t, char was[MSRP_TID_MAX + 1]) MUST_CHECK;
/* The response to tid (as we sent it) came: the id of the request as it came. The transaction ends. ERR_NOTFOUND:
 * there is none. */
int msrp_txn_answer(struct msrp_txns *t, struct span tid, uint64_t now_ms, char was[MSRP_TID_MAX + 1],
                    enum msrp_hops *hops) MUST_CHECK;
void msrp_txns_clear(struct msrp_txns *t);
