/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of the calls: call.c (life), call_find.c (which one is meant), exchange.c (one offer or answer). */
#pragma once

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "alg/call.h"

/* All calls under one Call-ID. */
struct call_bucket {
	char *call_id;
	struct list calls;
	uint32_t n;
	UT_hash_handle hh;
};

struct calls {
	struct loop *loop;
	struct calls_conf conf;
	struct media_env env;
	struct call_bucket *buckets;
	struct slots ids;       /* every call */
	struct slots media_ids; /* every media */
	struct list ending;
	uint32_t live;
	alg_done_fn done;
	void *arg;
};

/* ---- call_find.c ---- */
struct call_bucket *bucket_find(const struct calls *cs, struct span call_id);
struct call *find_for_offer(struct call_bucket *b, const struct alg_request *req);
struct call *find_for_answer(struct call_bucket *b, const struct alg_request *req);
/* Marks the calls that a delete or query means and returns the first; NULL when the bucket is empty. */
uint32_t find_for_delete(struct call_bucket *b, const struct alg_request *req, struct call *found[ALG_SPIRAL_MAX]);

/* ---- call.c ---- */
struct call *call_new(struct calls *cs, const struct alg_request *req);
/* Takes the call out of the table and releases its contexts; freed when they are gone. Idempotent. */
void call_end(struct call *c);
/* Puts a fresh media into its m-line's place. ERR_LIMIT, ERR_NOMEM. */
int call_add_media(struct call *c, uint32_t index, struct media **m);
void call_done(struct call *c, slot_id waiter, const struct alg_result *r);
void calls_answer_error(struct calls *cs, slot_id waiter, const char *error);

/* ---- exchange.c ---- */
/* Starts working on an offer or answer of c; completes perhaps before the return. */
void exchange_start(struct call *c, const struct alg_request *req, bool is_answer, slot_id waiter);
/* True when the exchange under way is of this kind and has this SDP: waiter then gets its result. */
bool exchange_join(struct exchange *x, const struct alg_request *req, bool is_answer, slot_id waiter);
/* Gives up: its waiters get this error. */
void exchange_cancel(struct exchange *x, const char *error);
/* Frees without a word. NULL is legal. */
void exchange_free(struct exchange *x);
void exchange_on_media(struct exchange *x, struct media *m, enum media_report r);
