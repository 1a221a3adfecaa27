/* SPDX-License-Identifier: BSD-2-Clause */
/* Contexts on the control side, and how they become orders for the workers. A context has up to CTX_TERMS_MAX
 * terminations; every H.248 stream id in it is one relay on the context's worker, whose side n is the n-th
 * termination. */
#pragma once

#include "agw/gate.h"
#include "agw/term.h"
#include "proto/base/log.h"

struct own_addrs;

/* One stream of a context: a relay on a worker. */
struct ctx_stream {
	struct ctx_stream *next;
	struct list unsent; /* in ctxs.unsent while its worker has no room for orders */
	slot_id relay;
	struct ctxs *table;
	struct ctx *ctx; /* NULL: the context is gone, the worker's last answer is awaited */
	unsigned worker;
	uint16_t id; /* the H.248 stream id */
	bool is_open;              /* ORDER_OPEN was posted */
	bool is_dirty[2];          /* the side's leg_spec changed since the last order */
	enum leg_trigger trigger[2]; /* as last ordered: it depends on the partner too */
	bool has_left[2];          /* a termination left the side since the last order */
	bool is_promised;          /* whoever wants them (below) was told that they will come */
	uint64_t want;             /* tag of whoever wants statistics with the next orders; 0: nobody */
	struct term_stream *side[2];
	struct term_stream *leaving;  /* subtracted; their ports are given back with the worker's answer */
	uint64_t base_in[2], base_out[2]; /* octets that earlier terminations of the side had */
};

struct ctx {
	struct list node; /* in ctxs.all */
	struct ctxs *table;
	uint32_t id;
	unsigned worker;
	struct term *terms[CTX_TERMS_MAX]; /* by side; NULL: free */
	struct ctx_stream *streams;
	uint64_t born_ms;
	bool emergency;
	uint8_t priority;
};

/* What the contexts need of the world. */
struct ctx_env {
	struct loop *loop;
	struct gate_table *gates;
	const struct syngate *syngate; /* NULL in tests: nothing is armed */
	const struct own_addrs *own;   /* NULL in tests: no address is ours */
	int (*order)(void *arg, unsigned worker, const struct order *o);
	/* Statistics that were promised cannot be had; ev says so with nothing counted. */
	void (*on_unasked)(void *arg, const struct ctx_stream *s, const struct event *ev);
	loop_timer_fn on_thb; /* a termination's heartbeat timer; its arg is the struct term */
	void *arg;            /* for order */
	unsigned n_workers;
	uint32_t tcp_ms, tls_ms, fpr_ms, idle_ms, passive_ms;
	uint32_t max_contexts;
	int max_fd; /* new listeners stay below; 0: no limit */
};

struct ctxs {
	struct ctx_env env;
	bool keeps_filter_fds; /* the gate works by socket filters */
	struct slots relays;   /* of struct ctx_stream */
	struct list unsent;    /* those whose orders are still to be posted */
	struct loop_timer again;
	uint64_t refused, no_ports, fds_refused; /* contexts; terminations without a port; listeners, for want of descriptors */
	struct log_limit denied; /* for Remotes that must not be called */
	uint64_t retries;      /* rounds in which they were tried again */
	struct list ended;     /* of struct term: signals of theirs have ended and were not told */
	struct list all;       /* of struct ctx, oldest first; the walker may free the one it stands on */
	struct ctx_node *by_id;
	struct term_node *by_number;
	uint32_t last_ctx, last_term;
	struct log_limit service_log; /* terminations that go out of service and come back */
	uint32_t n, n_terms;
	uint32_t load[AGW_WORKERS_MAX]; /* contexts on each worker */
};

void ctxs_init(struct ctxs *x, const struct ctx_env *env);
/* Drops everything without orders: the workers are gone. */
void ctxs_fini(struct ctxs *x);

/* ERR_LIMIT beyond max_contexts and while a worker does not take orders, ERR_NOMEM. */
int ctx_new(struct ctxs *x, struct ctx **ctx);
struct ctx *ctx_find(const struct ctxs *x, uint32_t id);
unsigned ctx_n_terms(const struct ctx *c);
/* Removes all terminations, orders the workers to close, and frees c. */
void ctx_drop(struct ctx *c);
/* Frees a context without terminations. */
void ctx_free(struct ctx *c);

/* Termination by name ("ip/1/access/17", any case), wherever it is. */
struct term *ctxs_find_term(const struct ctxs *x, struct span name);
/* An empty termination with a new number, findable by name but in no context yet. NULL out of memory. */
struct term *ctxs_new_term(struct ctxs *x, struct realm *realm);
/* Frees one that is in no context and has no streams. */
void ctxs_free_term(struct ctxs *x, struct term *t);
/* Puts a termination on a free side, of which there must be one; its streams were reserved. */
void ctx_add_term(struct ctx *c, struct term *t);
/* Takes it out of its context and frees it; its ports return when the worker has closed them. */
void ctx_remove_term(struct term *t);

/* Statistics of the termination's streams shall come as EVENT_STATS with tag after the next ctx_post(). */
void ctx_want_stats(struct term *t, uint64_t tag);
/* Sends the orders for everything that changed since the last call; what a worker has no room for now is repeated
 * until it has. The number of EVENT_STATS with a wanted tag that will come. */
unsigned ctx_post(struct ctx *c);
/* The spec of one side's leg as it is wanted now. */
void ctx_stream_spec(const struct ctx_stream *s, unsigned side, struct leg_spec *spec);
/* What its peer's certificate must match. */
void ctx_stream_fprs(const struct ctx_stream *s, unsigned side, struct fpr_set *fprs);
/* What its application-aware MSRP is; *m all zero before. */
void ctx_stream_msrp(const struct ctx_stream *s, unsigned side, struct leg_msrp *m);
/* Installs the stream's present SYN rule in the gate table and on its listener. */
void ctx_arm_gate(struct ctxs *x, struct term_stream *s);

/* The stream of a relay id, or NULL. */
struct ctx_stream *ctxs_find_relay(const struct ctxs *x, slot_id relay);
/* Octets of the termination that is (or was) at the side when the statistics were asked for. */
void ctx_stream_octets(const struct ctx_stream *s, const struct event *ev, unsigned side, uint64_t *in,
                       uint64_t *out);
/* To be called last for EVENT_STATS: returns ports, frees a closed stream. */
void ctx_stream_on_stats(struct ctxs *x, struct ctx_stream *s, const struct event *ev);
/* Any other event: phase, peer, learned address, gate. The termination's stream, or NULL when it has gone. */
struct term_stream *ctx_stream_on_event(struct ctxs *x, struct ctx_stream *s, const struct event *ev);
/* Set in the tags of answers that follow a side's leaving; the rest is the wanted tag. */
#define CTX_TAG_LEFT(side) (UINT64_C(1) << (62 + (side)))
#define CTX_TAG_WANT(tag) ((tag) & ~(CTX_TAG_LEFT(0) | CTX_TAG_LEFT(1)))
