/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of an exchange: exchange.c (from beginning to end) and exchange_plan.c (what to do, deciding only). */
#pragma once

#include "alg/call_priv.h"

enum { ERROR_MAX = 320 };

enum line_order { LINE_NOTHING, LINE_RESERVE, LINE_CONFIGURE };

/* What happens to one m-line. */
struct line_plan {
	enum treatment treatment;
	enum line_order order;
	enum sdp_setup write;         /* a=setup that leaves */
	bool cema;                    /* a=msrp-cema that leaves, where the gateway is aware */
	enum msrp_mode msrp;          /* offer: what is wished for */
	struct media *media;          /* NULL: not through a gateway, or refused in the answer */
	struct media *keep;           /* refused by one branch of several: kept for the others */
	struct mgc_term want[SIDES];  /* RESERVE, CONFIGURE */
};

struct exchange {
	struct call *call;
	bool is_answer;
	enum side from;
	struct proposal *prop; /* the offer in the making, ours; or the one that is answered, the call's */
	unsigned status;       /* of the SIP response with the answer; 0: not told */
	struct flow_opts opts;
	struct flow_host hosts[FLOW_HOSTS_MAX];
	bool waits_for[FLOW_HOSTS_MAX];
	uint32_t n_hosts, n_waits; /* n_waits: of these, still being resolved */
	enum msrp_policy msrp;
	bool hide_origin, hide_session;
	slot_id waiters[ALG_WAITERS_MAX];
	uint32_t n_waiters;
	struct arena arena;
	struct span in;       /* in the arena */
	struct span dialog;   /* its tag */
	struct sdp sdp;
	struct line_plan *plan;
	uint32_t outstanding; /* m-lines whose gateway has not answered, and 1 while they are being asked */
	char error[ERROR_MAX]; /* "" so far so good */
	struct loop_timer timer;
};

static inline bool
needs_gateway(enum treatment t)
{
	return t == TREAT_E2AE || t == TREAT_ANCHOR;
}

static inline struct alg_stats *
exchange_stats(const struct exchange *x)
{
	return x->call->calls->conf.stats;
}

/* The first failure is the one that is told. */
void exchange_fail(struct exchange *x, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Takes the request over: options, copy of the SDP, its index. False after exchange_fail(). */
bool exchange_prepare(struct exchange *x, const struct alg_request *req);
/* Has the host names resolved that planning needs; false when it need not wait. */
bool exchange_ask_hosts(struct exchange *x);
/* One is resolved, or not; true when it was the last one. Names that are not waited for are ignored. */
bool exchange_take_host(struct exchange *x, const char *name, const struct addr *a);
/* The rest is unknown. */
void exchange_give_up_hosts(struct exchange *x);
/* Fills the plan of every line, or fails; orders nothing. */
void exchange_plan(struct exchange *x);
/* The live agreed context of a line, or NULL. */
struct media *exchange_agreed_media(const struct exchange *x, uint32_t i);
/* The SDP that leaves, on the heap; NULL when it does not fit. */
char *exchange_write(struct exchange *x, size_t *len);
