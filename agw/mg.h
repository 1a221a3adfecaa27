/* SPDX-License-Identifier: BSD-2-Clause */
/* The H.248 server of the gateway: request trees become calls on contexts and terminations, and reply trees.
 * This module alone maps our errors to H.248.8 codes. */
#pragma once

#include "agw/ctx.h"
#include "proto/codec/iq_names.h"
#include "proto/io/mgco_node.h"

struct mg;
struct realm;

enum mg_right {
	MG_MAY,      /* the controller that we are registered with */
	MG_NOT_YET,  /* ours, but it has not answered our ServiceChange: error 505 */
	MG_STRANGER, /* error 504 */
};

/* What ROOT was told, the base root package of H.248.1 E.2 version 2. Times in ms. */
struct mg_root {
	uint32_t mg_execution_ms, mg_provisional_ms;   /* the shorter one is when we send a Pending */
	uint32_t mgc_execution_ms, mgc_provisional_ms; /* of the controller: when requests of ours are repeated */
	uint32_t mg_pendings, mgc_pendings;            /* Pendings for one request that we send, or take */
	uint32_t events_id;                            /* request id of its Events */
	uint32_t ito_ms;                               /* it/ito: silence of the controller to tell of; 0: not armed */
	bool has_arc;                                  /* ipra/arc: realms that come and go */
};

struct mg_conf {
	struct loop *loop;
	struct ctxs *ctxs;
	const struct iq_names *names;
	struct realm *const *realms;
	unsigned n_realms;
	/* Items of packages that are not ours, or of ours that we do not have, are passed over and counted instead of
	 * refused with 440, 445, 451 or 454. Signals are always refused: something would not happen. */
	bool ignores_properties; /* and parameters */
	bool ignores_events;
	unsigned pending_ms; /* default of root/normalMGExecutionTime; 0: 100 */
	bool wildcard_one;   /* Modify and Subtract of several terminations are answered as if W- stood before them */
	enum mg_right (*right)(void *arg, const struct mgco_incoming *in);
	/* The controller sent a ServiceChange for ROOT, which was answered; NULL: not wanted. method and mgc_id are
	 * valid during the call. */
	void (*on_service)(void *arg, struct span method, struct span mgc_id);
	void (*on_root)(void *arg, const struct mg_root *root); /* ROOT was told something new (unless NULL) */
	void (*on_answered)(void *arg); /* a request was answered, and what it did may be told now (unless NULL) */
	void *arg;
};

struct mg_counters {
	uint64_t requests, commands, refused, adds, subtracts;
	uint64_t ignored_properties, ignored_events;
};

/* conf is copied. NULL out of memory. */
struct mg *mg_new(const struct mg_conf *conf);
/* Answers transactions that still wait with error 503. */
void mg_free(struct mg *m);
/* Takes in; answers it now or when the workers have given their statistics. */
void mg_on_request(struct mg *m, struct mgco_incoming *in);
/* An EVENT_STATS of s whose tag is ours. Call it before ctx_stream_on_stats(). */
void mg_on_stats(struct mg *m, const struct ctx_stream *s, const struct event *ev);
/* No new contexts from now on (error 503): the gateway is being taken out of service. */
void mg_set_draining(struct mg *m, bool on);
bool mg_is_draining(const struct mg *m);
const struct mg_root *mg_get_root(const struct mg *m);
const struct mg_counters *mg_get_counters(const struct mg *m);
