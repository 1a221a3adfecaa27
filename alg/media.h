/* SPDX-License-Identifier: BSD-2-Clause */
/* One m-line that goes through a gateway: one H.248 context with T1 and T2, from Add to Subtract. */
#pragma once

#include "alg/agwset.h"
#include "alg/mgc.h"
#include "alg/policy.h"
#include "proto/base/fsm.h"

enum media_state {
	MEDIA_IDLE,
	MEDIA_RESERVING,   /* Add sent */
	MEDIA_ABANDONING,  /* released while the Add is under way: its reply must be seen to be subtracted */
	MEDIA_OFFERED,     /* both terminations reserved, the offer may leave */
	MEDIA_CONFIGURING, /* Modify sent */
	MEDIA_ACTIVE,      /* configured with the answer */
	MEDIA_CHANGING,    /* Modify of an active context sent */
	MEDIA_RELEASING,   /* Subtract sent */
	MEDIA_GONE,        /* no context any more; only its report remains */
	MEDIA_STATES,
};

enum media_event {
	MEDIA_EV_RESERVE,
	MEDIA_EV_RESERVED,
	MEDIA_EV_HALF_MADE, /* the Add failed but left a context */
	MEDIA_EV_CONFIGURE,
	MEDIA_EV_CONFIGURED,
	MEDIA_EV_REFUSED,   /* the Modify was refused: the gateway changed nothing */
	MEDIA_EV_FAILED,    /* the request under way failed, nothing was left behind by it */
	MEDIA_EV_RELEASE,
	MEDIA_EV_RELEASED,
	MEDIA_EV_LOST,      /* the gateway lost the context */
	MEDIA_EVENTS,
};

/* What the owner hears. */
enum media_report {
	MEDIA_DONE,   /* what was asked for by reserve or configure is so */
	MEDIA_FAILED, /* it is not; m->why and m->reason say why. The context is being released, or still ACTIVE as it was */
	MEDIA_TROUBLE, /* a connection failed or fell silent; m->reason says why, the context stays */
	MEDIA_UP,     /* the connections of both sides are up (only when env->report_up) */
	MEDIA_ENDED,  /* the context is gone; m may be freed at the end of the turn, not in the callback */
};

struct media;
typedef void (*media_report_fn)(void *owner, struct media *m, enum media_report r);

/* What all media share; borrowed. */
struct media_env {
	struct slots *slots; /* id -> struct media, for replies and Notify */
	struct agwset *agws;
	const struct iq_names *names;
	struct alg_stats *stats;
	bool report_up; /* the gateway tells when connections are up */
	struct loop *loop;
	struct log_limit *refused_log, *report_log; /* what gateways refuse, and report, for all calls together */
};

/* What its call has it for. */
enum media_use {
	MEDIA_PROPOSED, /* reserved for an offer that is not answered */
	MEDIA_AGREED,
	MEDIA_LEAVING,  /* replaced or given up; released, or about to be */
};

enum { MEDIA_REASON_MAX = 64 };
/* What a request to the gateway was, given back with its reply. */
enum media_request { MEDIA_REQ_ADD, MEDIA_REQ_MODIFY, MEDIA_REQ_SUBTRACT, MEDIA_REQ_ESTABLISH };

struct media {
	struct fsm fsm;
	const struct media_env *env;
	media_report_fn report;
	void *owner;
	slot_id id;
	uint32_t index;             /* of its m-line, from 0 */
	enum treatment treatment;   /* E2AE or ANCHOR */
	enum media_use use;
	char *path[SIDES];          /* a=path as that peer last sent it; heap, NULL: not known */
	slot_id gw;
	uint32_t ctx;               /* MGCO_CTX_NULL: none */
	struct mgc_term want[SIDES]; /* last ordered */
	struct mgc_term before[SIDES]; /* what it was before the last media_configure() */
	struct mgc_end end[SIDES];   /* as the gateway chose */
	struct mgc_stats stats[SIDES];
	struct mgc_failure why;      /* of the last failed request */
	bool up[SIDES];              /* its connection is; known only when env->report_up */
	bool broken;                 /* one failed since, and none was ordered anew */
	char reason[MEDIA_REASON_MAX]; /* last failure: a word of cause.def or reason.def, or the gateway's own; "": none */
};

/* A m-line on gateway gw. NULL out of memory. */
struct media *media_new(const struct media_env *env, slot_id gw, uint32_t index, media_report_fn report,
                        void *owner);
/* Any state; what the gateway still holds is then its own (hangterm brings it up again). NULL is legal. */
void media_free(struct media *m);

/* Add both terminations. DONE or FAILED is reported, perhaps before the return. */
void media_reserve(struct media *m, const struct mgc_term want[SIDES]);
/* Modify those of both that differ from what was ordered last, or always when a signal is wanted. As above. */
void media_configure(struct media *m, const struct mgc_term want[SIDES]);
/* True when this is what was ordered last, signals aside. */
bool media_is_ordered(const struct media *m, const struct mgc_term want[SIDES]);
/* Subtract in any state; idempotent. ENDED is reported once, perhaps before the return. */
void media_release(struct media *m);
/* Remembers the a=path of a peer; an empty one, or no memory, leaves what was known. */
void media_set_path(struct media *m, enum side s, struct span path);

/* From the gateway's side: by agwset's handler through the slots. */
void media_on_reply(struct media *m, enum media_request what, int err, const struct mgco_txn *reply);
void media_on_observed(struct media *m, struct span term, const struct mgco_event *e);
/* Were events asked for under this request id at the termination? Id 0 is for further study in H.248.1 7.2.7: whoever uses it
 * is heard. So is who names a termination that we do not know. */
bool media_expects(const struct media *m, struct span term, uint32_t request);
void media_on_lost(struct media *m);
void media_on_out(struct media *m, struct span term); /* wildcards are allowed */

/* For the files of this module. */
/* Orders the connection of a side once more; the machine does not move. */
void media_establish(struct media *m, enum side s);
void media_set_failure(struct media *m, uint32_t code, const char *text, const char *reason);
/* The Subtract did not get there: the context is left to agwset, which tries again. */
void media_orphan(struct media *m);
/* The request could not be sent. */
void media_set_unsent(struct media *m, int err);

bool media_is_ended(const struct media *m);
/* True when both sides reported their connections. */
bool media_is_up(const struct media *m);
/* True from the reply to Add until release. */
bool media_has_context(const struct media *m);
const char *media_state_name(const struct media *m);
/* For tests and the picture of the machine. */
extern const struct fsm_desc media_fsm_desc;
void media_fsm_start(struct media *m);
/* Actions of the machine, in media.c. */
void media_do_reserve(void *obj);
void media_do_configure(void *obj);
void media_do_subtract(void *obj);
void media_do_report_done(void *obj);
void media_do_keep(void *obj);
void media_do_fail_subtract(void *obj);
void media_do_end(void *obj);
void media_do_fail_end(void *obj);
