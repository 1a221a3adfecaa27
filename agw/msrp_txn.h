/* SPDX-License-Identifier: BSD-2-Clause */
/* MSRP requests that went out one way and whose response is awaited: which transaction the response belongs
 * to. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/bounds.h"
#include "proto/base/err.h"
#include "proto/base/span.h"

struct msrp_txn;

/* All zero is empty; holds no memory while empty. */
struct msrp_txns {
	struct msrp_txn *all; /* by transaction id as it went out, in order of time */
	struct msrp_txn *last; /* the request under way, whose time has not begun */
	uint64_t forgot_ms;   /* until then, a response may be of one that had to be forgotten */
};

/* A request begins. tid as it came; out gets the one to send: the same, or another one when a request with
 * that id is still unanswered. is_hop: the response goes one hop only (SEND). What cannot be remembered is
 * sent all the same. fill: random octets for another id. */
void msrp_txn_begin(struct msrp_txns *t, struct span tid, bool is_hop, uint64_t now_ms,
                    void (*fill)(void *buf, size_t len), char out[MSRP_TID_MAX + 1]);
/* Its last octet went out: the time for the response begins. */
void msrp_txn_sent(struct msrp_txns *t, uint64_t now_ms);
/* The response to tid (as we sent it) came: the id of the request as it came, and is_hop. The transaction ends.
 * ERR_NOTFOUND: there is none. */
int msrp_txn_answer(struct msrp_txns *t, struct span tid, uint64_t now_ms, char was[MSRP_TID_MAX + 1],
                    bool *is_hop) MUST_CHECK;
void msrp_txns_clear(struct msrp_txns *t);
