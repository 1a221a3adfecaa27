/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of the calls: call.c (life), call_find.c (which one is meant), exchange.c (one offer or answer). */
#pragma once

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "alg/call.h"
#include "proto/base/log.h"

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
	struct log_limit refused_log, failed_log, told_log, host_log, gateway_log, report_log; /* lines of all calls together */
};

/* ---- call_find.c ---- */
struct call_bucket *bucket_find(const struct calls *cs, struct span call_id);
struct call *find_for_offer(struct call_bucket *b, const struct alg_request *req);
struct call *find_for_answer(struct call_bucket *b, const struct alg_request *req);
/* The calls that a delete or query means; 0: none. */
uint32_t find_for_delete(struct call_bucket *b, const struct alg_request *req, struct call *found[ALG_SPIRAL_MAX]);
/* Adds to these n what rang beside a call that had a 2xx: other branches of the same INVITE. Returns how many there are
 * then. */
uint32_t find_losers(const struct call *winner, struct call *found[ALG_SPIRAL_MAX], uint32_t n);

/* Which side an offer within the call comes from: the tags say it, where they are known. */
enum side call_offer_side(const struct call *c, const struct alg_request *req);
/* The tag of whoever did not make the first offer: it names the dialog. May be empty. */
struct span call_dialog_tag(const struct call *c, const struct alg_request *req);
/* The side whose offer this answers. */
enum side call_answered_side(const struct call *c, const struct alg_request *req);

/* The side whose pending offer came under this branch, or SIDES. */
enum side call_branch_side(const struct call *c, struct span via_branch);

/* ---- call.c ---- */
struct call *call_new(struct calls *cs, const struct alg_request *req);
/* Takes the call out of the table and releases its contexts; freed when they are gone. Idempotent. */
void call_end(struct call *c);
/* A fresh media, MEDIA_PROPOSED. ERR_LIMIT, ERR_NOMEM. */
int call_add_media(struct call *c, uint32_t index, struct media **m);
void call_done(struct call *c, slot_id waiter, const struct alg_result *r);

/* ---- call_agree.c: what is offered, agreed and leaving ---- */
void call_agree_init(struct call *c);
void call_agree_fini(struct call *c);
/* Takes p over as what p->from offers now, in place of what it offered before. */
void call_propose(struct call *c, struct proposal *p);
/* Drops what that side offered and nobody answered: the call is as it was before. */
void call_roll_back(struct call *c, enum side from);
/* Contexts that no offer names any more are released. */
void call_sweep(struct call *c);
/* p, pending or agreed already, is agreed on with these contexts (n of them, NULL where there is none); agreed
 * contexts that are not among them leave. */
void call_agree(struct call *c, struct proposal *p, struct media *const *used, uint32_t n);
/* The offer that an answer to an offer of this side answers, or NULL. */
struct proposal *call_answered(const struct call *c, enum side offerer);
/* False when a context that the offer was sent out with is gone. */
bool call_is_whole(const struct call *c, const struct proposal *p);
/* The media that an id names while it lives, or NULL. */
struct media *call_find_media(const struct call *c, slot_id id);
/* The answer under this tag, made if need be; NULL out of memory. */
struct dialog *call_find_dialog(const struct call *c, struct span to_tag);
struct dialog *call_need_dialog(struct call *c, struct span to_tag);
/* The dialog whose answer is in force. */
int call_enter_dialog(struct call *c, const struct dialog *d);

/* ---- call_fork.c: several answers to one offer ---- */
/* True when this answer to the agreed offer, in another dialog than the one in force, is not to take its place. */
bool call_forks(const struct call *c, const struct alg_request *req);
/* It gets a call of its own, or none. */
void call_fork(struct call *c, const struct alg_request *req, slot_id waiter);
/* The answer in force came with this status (0: not told). With the first 2xx the other early dialogs go. */
void call_take_status(struct call *c, unsigned status);

/* ---- call_queue.c: offers and answers that wait for the one before ---- */
void call_queue_init(struct call *c);
void call_queue_fini(struct call *c);
void call_queue_add(struct call *c, const struct alg_request *req, bool is_answer, slot_id waiter);
/* Something ended: the next one has its turn, soon. */
void call_queue_next(struct call *c);
void call_queue_cancel(struct call *c, const char *error);

/* ---- call_request.c ---- */
/* An offer or answer comes to nothing: counted by its cause, and told. */
void calls_note_refusal(struct calls *cs, bool is_answer, struct span call_id, const char *error);
/* The same, and whoever waits gets the error. */
void calls_refuse(struct calls *cs, bool is_answer, struct span call_id, slot_id waiter, const char *error);
void call_refuse(struct call *c, bool is_answer, slot_id waiter, const char *error);
void call_offer(struct call *c, const struct alg_request *req, slot_id waiter);
void call_answer(struct call *c, const struct alg_request *req, slot_id waiter);

/* ---- call_failure.c ---- */
/* The media of this line failed. What is done depends on the policy; unanswered and ending calls do not care. */
void call_on_trouble(struct call *c, const struct media *m, const char *reason, uint32_t ctx);
/* A connection of a line came up. */
void call_on_established(struct call *c);
/* A line was given its peers' addresses: connections are to come now. */
void call_on_configured(struct call *c);
/* Only provisional responses so far: nobody is told of failures, and no time-out runs. */
void call_on_early(struct call *c);
/* ... and now a 2xx came: what failed meanwhile counts, and the time-out begins. */
void call_on_confirmed(struct call *c);
void call_on_watch(struct loop_timer *t);

/* ---- exchange.c ---- */
/* Starts working on an SDP that came from this side: the answer to `answered`, or an offer when that is NULL. Completes
 * perhaps before the return. */
void exchange_start(struct call *c, const struct alg_request *req, struct proposal *answered, enum side from,
                    slot_id waiter);
/* True when the exchange under way is of this kind and has this SDP: waiter then gets its result. */
bool exchange_join(struct exchange *x, const struct alg_request *req, bool is_answer, slot_id waiter);
bool exchange_is_answer(const struct exchange *x);
/* True for an offer under this branch. */
bool exchange_is_offer_of(const struct exchange *x, struct span via_branch);
/* Gives up: its waiters get this error. */
void exchange_cancel(struct exchange *x, const char *error);
/* Frees without a word. NULL is legal. */
void exchange_free(struct exchange *x);
void exchange_on_host(struct exchange *x, const char *name, const struct addr *a);
void exchange_on_media(struct exchange *x, struct media *m, enum media_report r);
