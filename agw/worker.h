/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker: one loop that owns whole relays (both legs, TLS, timers, buffers) and obeys orders. */
#pragma once

#include "agw/order.h"
#include "proto/io/inbox.h"

struct worker;

enum { WORKER_ORDERS_MAX = 65536 }; /* letters that wait for one worker */

struct worker_conf {
	unsigned index;       /* for log lines and thread names */
	struct inbox *events; /* where struct event letters go; borrowed, outlives the worker */
	uint32_t max_relays;
	bool filters;         /* the gate puts filters on listeners, which accepted sockets inherit */
	bool is_gated;        /* there is a gate: nobody gets through to a listener whose rule says IGNORE */
	bool copies;          /* no splice(2): for tests and comparisons */
	bool ktls;            /* the kernel gets TLS connections that are up; tls_ctx must keep secrets */
	uint32_t max_handshakes;      /* under way at a time; 0: no limit */
	uint32_t max_lingers;         /* sockets that wait for their peer's end; 0: no limit */
	uint32_t keepalive_s, dead_s; /* of connections, see sock_set_liveness() */
	struct msrp_limits msrp;      /* of application-aware relays */
};

/* Runs inside l when l is not NULL (simulation: the caller turns the loop); otherwise makes its own loop and
 * thread. NULL with a log line on failure. */
struct worker *worker_new(struct loop *l, const struct worker_conf *conf);
/* Posts an order from the control thread. On failure the caller still owns order->listen_fd. */
int worker_order(struct worker *w, const struct order *o);
/* Ends the thread, closes every leg and listener. */
void worker_free(struct worker *w);

/* Counters of a worker, added up by the reader; each is written by its worker only (relaxed atomics). */
struct worker_counters {
	uint64_t relays, accepted, connected, handshakes, handshakes_failed, fp_matched, fp_mismatched, refused,
		octets_access, octets_core, octets_spliced,
		/* of aware relays, both ways; see struct msrp_stats */
		msrp_messages, msrp_chunks, msrp_octets, msrp_aborted, msrp_errors, msrp_too_big, msrp_keepalives,
		waits_handshakes, waits_descriptors, /* times that a listener had to rest */
		/* connections by what became of them with ktls, see enum leg_ktls */
		ktls_taken, ktls_version, ktls_missing, ktls_refused, ktls_pending, ktls_late, ktls_rekeyed,
		/* connections that we ended while the peer might send, see enum leg_linger */
		linger_heard, linger_late, linger_flooded, linger_full,
		/* connections whose place another wanted, see enum leg_probe */
		probe_answered, probe_dead, probe_unsure,
		events_lost;
};
void worker_read_counters(const struct worker *w, struct worker_counters *c);
