/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls, found by Call-ID first; what tells calls under one Call-ID apart are direction, via-branch and tags, in the
 * way that real proxies send them (see find rules in call_find.c). */
#pragma once

#include <time.h>

#include "alg/agwset.h"
#include "alg/alg_limits.h"
#include "alg/failure.h"
#include "alg/flow.h"
#include "alg/media.h"
#include "alg/origin.h"
#include "alg/proposal.h"
#include "alg/request.h"
#include "proto/base/list.h"
#include "proto/io/loop.h"
#include "proto/io/resolver.h"

struct calls;
struct exchange;

/* What is done when media fail after the answer. */
struct failure_policy {
	bool wait;             /* --broken-connection=wait: leave the call, it may connect again */
	unsigned wait_ms;      /* ...for so long; 0: for ever */
	unsigned establish_ms; /* --establish-timeout; 0: none */
	bool log_only;         /* nobody but the log is told, so that the call stays as it is */
};

/* What never changes while calls live. All borrowed but the strings' owner, the configuration, too. */
struct calls_conf {
	struct flow_opts flow;        /* defaults of every exchange */
	enum e2ae_policy e2ae;
	enum msrp_policy msrp;
	struct agwset *agws;
	struct resolver *resolver; /* NULL: host names in SDP are not resolved */
	const struct iq_names *names;
	struct alg_stats *stats;
	struct failure_policy on_failure;
	struct failures *failures;    /* NULL: nobody is told */
};

enum call_told {
	CALL_NOT_TOLD,
	CALL_WAITING,      /* broken, and may connect again */
	CALL_TELLING,
	CALL_TOLD,         /* the P-CSCF will end the call */
	CALL_TOLD_REFUSED, /* nobody took it */
	CALL_TOLDS,
};

/* The failure that a call is ended for. */
struct call_failure {
	enum call_told told;
	bool is_counted;               /* a call that stays broken counts once */
	char reason[MEDIA_REASON_MAX]; /* "": there was none */
	char gateway[MGCO_MID_MAX];
	uint32_t line, ctx;
};

struct call {
	struct list node;            /* in its bucket, or in calls.ending */
	struct calls *calls;
	struct call_bucket *bucket;  /* NULL once it is ending */
	slot_id id;                  /* for timers and front ends */
	char *call_id, *from_tag, *to_tag, *via_branch; /* heap; tags "" when not known; to_tag: of the dialog in force */
	bool has_direction;
	enum side from;              /* who made the first offer */
	bool interlink;              /* variant A */
	struct addr origin[SIDES];   /* our address in o= towards each side, once it was said: it must not change */
	enum sdp_setup prefer[SIDES]; /* our role where a peer leaves the choice */
	struct origin sent[SIDES];   /* what each side knows of the other's o= */
	slot_id gw;                  /* gateway of all its m-lines; 0 until one is needed */
	struct media *media[ALG_CONTEXTS_MAX]; /* proposed, agreed and leaving ones */
	uint32_t n_media;
	struct proposal *pending[SIDES]; /* offered by that side and not answered: both at once is glare */
	struct proposal *agreed;     /* the offer that was answered last */
	struct list dialogs;         /* struct dialog: its answers */
	uint32_t n_dialogs;
	bool confirmed;              /* the dialog in force had a 2xx, as far as we were told */
	bool early;                  /* ...only provisional responses so far, as far as we were told */
	bool is_clone;               /* of the offer of another call, which had another answer */
	struct exchange *now;        /* the offer or answer being worked on */
	struct list queue;           /* struct call_waiting: offers and answers that came meanwhile */
	uint32_t n_queue;
	bool ending;                 /* deleted or failed: found by nobody, waits for its contexts to go */
	slot_id waiters[ALG_WAITERS_MAX]; /* deletes that wait for the end */
	uint32_t n_waiters;
	struct call_failure failure;
	struct loop_timer watch;     /* connection to be established, to come again, or delete to come */
	struct loop_timer timer;     /* ending: answers the deletes though the gateway is silent */
	struct loop_timer leaving;   /* contexts that were replaced go when it fires */
	struct loop_timer stale;     /* re-offers that nobody answered go when it fires */
	struct loop_defer turn;      /* the next of the queue */
	struct loop_defer reaper;
	time_t created, last_signal; /* wall clock, as "query" shows it */
};

/* done is called exactly once for each request. conf is copied. NULL out of memory. */
struct calls *calls_new(struct loop *l, const struct calls_conf *conf, alg_done_fn done, void *arg);
/* Requests that still wait are not answered. */
void calls_free(struct calls *cs);

/* The requests of a front end. waiter comes back in done, perhaps before the return. call_id, and for offer and answer
 * sdp and from_tag, must not be empty. */
void calls_offer(struct calls *cs, const struct alg_request *req, slot_id waiter);
void calls_answer(struct calls *cs, const struct alg_request *req, slot_id waiter);
void calls_delete(struct calls *cs, const struct alg_request *req, slot_id waiter);
/* The call that a query means, or NULL. */
const struct call *calls_find(const struct calls *cs, const struct alg_request *req);
/* Walk over live calls: *cursor starts at 0; NULL at the end. */
const struct call *calls_next(const struct calls *cs, uint32_t *cursor);
uint32_t calls_count(const struct calls *cs);
/* What they were made with. */
const struct calls_conf *calls_get_conf(const struct calls *cs);
/* From the gateways (struct agwset_handler); arg is the struct calls. */
void calls_on_reply(void *arg, slot_id user, unsigned what, int err, const struct mgco_txn *reply);
bool calls_on_observed(void *arg, slot_id user, struct span term, const struct mgco_events *observed);
void calls_on_lost(void *arg, slot_id user);
void calls_on_out(void *arg, slot_id user, struct span term);
/* From the resolver; tag is the call's id. */
void calls_on_host(void *arg, uint64_t tag, const char *name, const struct addr *a);

/* From the failures that are told (struct failures_handler). */
void calls_on_told(void *arg, slot_id user, int err);
bool calls_is_wanted(void *arg, slot_id user);
/* "no", "waiting", "telling", "told" or "refused". */
const char *call_told_name(const struct call *c);

/* The agreed context of a m-line, an ended one too; NULL when the line does not go through a gateway. */
struct media *call_media(const struct call *c, uint32_t index);
/* "new", "offered", "answered", "ending". */
const char *call_state_name(const struct call *c);
