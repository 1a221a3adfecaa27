/* SPDX-License-Identifier: BSD-2-Clause */
/* Two legs and the bytes between them. No byte crosses before both legs are open, which for a TLS leg means that its
 * peer's certificate matched. */
#pragma once

#include "agw/leg.h"

struct relay;
struct msrp_b2b;
struct relay_alive;
struct relay_rate;

/* What the relay has to say; the worker turns it into letters and counters. */
struct relay_owner {
	void (*on_event)(struct relay *r, const struct event *e); /* relay id is filled in */
	void (*on_refused)(struct relay *r);
	/* Taken from the peer of that side; spliced: they were never in our memory. */
	void (*on_octets)(struct relay *r, uint8_t side, size_t len, bool spliced);
	/* So many more than before. */
	void (*on_msrp)(struct relay *r, const struct msrp_stats *more);
};

/* Accepted connections that call up the partner's, and the time in which they are counted. */
enum { RELAY_CALLS_MAX = 256, RELAY_CALLS_MS = 1000 };

struct relay {
	struct leg leg[2];
	const struct relay_owner *owner;
	void *arg;
	slot_id id;
	uint64_t opened_ms, calls_ms;
	unsigned calls; /* since calls_ms; those that were refused count, too */
	/* The leg ends a connection whose partner is gone already: its end means nothing to the partner, which may
	 * have the next one. */
	bool leaving[2];
	struct relay_rate *rate[2]; /* what may be read from the peer of that side, and when; NULL: anything */
	/* Application-aware MSRP: NULL and all false for a relay that looks at no byte. */
	struct msrp_b2b *msrp;
	struct relay_alive *alive; /* NULL: no peer is to be kept alive */
	bool is_aware[2];
	bool is_held;    /* one leg only is aware, or a path is not known yet: no byte can cross */
	bool is_feeding, is_stale; /* the connections ended while msrp was at work: it forgets them after */
};

void relay_init(struct relay *r, struct leg_env *env, slot_id id, const struct relay_owner *owner, void *arg);
/* Closes both legs silently; idempotent. The memory must stay until the end of the loop's turn. */
void relay_fini(struct relay *r);

/* Applies the specs and listeners of ORDER_OPEN. */
void relay_open(struct relay *r, const struct order *o);
/* ORDER_CHANGE. */
void relay_change(struct relay *r, const struct order *o);
/* Memory was refused for what an order wanted of that side; the order counts as executed without it. */
void relay_log_nomem(struct relay *r, unsigned side);
/* Fills stats and duration_ms of e. */
void relay_stats(const struct relay *r, struct event *e);
