/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/mgco_xact.h"

#include <stdlib.h>

#include "proto/codec/mgco_xact_priv.h"

enum { HEAP_FIRST = 64 };

/* splitmix64: small, seedable, good enough to keep senders out of step. */
static uint64_t
next_random(struct mgco_xact *x)
{
	uint64_t z = x->rng += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

uint32_t
xact_jitter(struct mgco_xact *x, uint32_t rto_ms)
{
	return rto_ms - (uint32_t)(next_random(x) % (rto_ms / 4 + 1));
}

/* ---- heap of deadlines ---- */

static void
heap_put(struct mgco_xact *x, uint32_t at, struct xact_due *d)
{
	x->heap[at] = d;
	d->heap_at = at + 1;
}

static void
heap_up(struct mgco_xact *x, uint32_t at, struct xact_due *d)
{
	while (at > 0 && d->at_ms < x->heap[(at - 1) / 2]->at_ms) {
		heap_put(x, at, x->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_put(x, at, d);
}

static void
heap_down(struct mgco_xact *x, uint32_t at, struct xact_due *d)
{
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child + 1 < x->heap_len && x->heap[child + 1]->at_ms < x->heap[child]->at_ms)
			child++;
		if (child >= x->heap_len || x->heap[child]->at_ms >= d->at_ms)
			break;
		heap_put(x, at, x->heap[child]);
		at = child;
	}
	heap_put(x, at, d);
}

static int
heap_reserve(struct mgco_xact *x)
{
	uint32_t cap = x->heap_cap ? x->heap_cap * 2 : HEAP_FIRST;
	struct xact_due **heap;

	if (x->heap_len < x->heap_cap)
		return 0;
	heap = realloc(x->heap, cap * sizeof(struct xact_due *));
	if (!heap)
		return ERR_NOMEM;
	x->heap = heap;
	x->heap_cap = cap;
	return 0;
}

int
xact_due_set(struct mgco_xact *x, struct xact_due *d, uint64_t at_ms)
{
	uint32_t at;

	if (!d->heap_at) {
		if (heap_reserve(x) != 0)
			return ERR_NOMEM;
		at = x->heap_len++;
	} else {
		at = d->heap_at - 1;
	}
	d->at_ms = at_ms;
	if (at > 0 && at_ms < x->heap[(at - 1) / 2]->at_ms)
		heap_up(x, at, d);
	else
		heap_down(x, at, d);
	return 0;
}

void
xact_due_clear(struct mgco_xact *x, struct xact_due *d)
{
	struct xact_due *last;

	if (!d->heap_at)
		return;
	last = x->heap[--x->heap_len];
	if (last != d) {
		uint32_t at = d->heap_at - 1;

		last->heap_at = at + 1;
		xact_due_set(x, last, last->at_ms);
	}
	d->heap_at = 0;
}

/* ---- printing ---- */

static int
print(struct mgco_xact *x, const struct mgco_msg *msg, const struct mgco_style *style)
{
	out_reset(&x->scratch);
	mgco_print(&x->scratch, msg, style);
	return x->scratch.err;
}

/* As the peer is to have it; where that is too long, in the fewest octets that say the same. */
static int
print_to_fit(struct mgco_xact *x, const struct mgco_msg *msg)
{
	struct mgco_style terse = x->conf.style;
	int rc = print(x, msg, &x->conf.style);

	terse.short_tokens = true;
	terse.pretty = false;
	return rc == ERR_TOOBIG ? print(x, msg, &terse) : rc;
}

int
xact_print(struct mgco_xact *x, uint32_t version, struct mgco_txn *t, bool with_acks)
{
	struct mgco_msg msg = { .version = version, .mid = x->conf.mid, .txns = t };
	struct mgco_txn ack = { .kind = MGCO_ACK, .next = t, .acks = x->acks };
	uint32_t n = x->n_acks;

	if (!with_acks || !n)
		return print_to_fit(x, &msg);
	x->n_acks = 0;
	for (uint32_t i = 0; i < n; i++)
		x->acks[i].next = i + 1 < n ? &x->acks[i + 1] : NULL;
	msg.txns = &ack;
	if (print(x, &msg, &x->conf.style) != ERR_TOOBIG)
		return x->scratch.err;
	ack.next = NULL;
	if (print_to_fit(x, &msg) == 0 && t)
		(void)xact_send(x); /* they are a courtesy */
	msg.txns = t;
	return t ? print_to_fit(x, &msg) : x->scratch.err;
}

int
xact_send(struct mgco_xact *x)
{
	return x->ops.send(x->arg, out_get(&x->scratch));
}

void
xact_send_once(struct mgco_xact *x, uint32_t version, struct mgco_txn *t)
{
	if (xact_print(x, version, t, false) == 0)
		(void)xact_send(x);
}

/* ---- the machine ---- */

struct mgco_xact *
mgco_xact_new(const struct mgco_xact_conf *conf, const struct mgco_xact_ops *ops, void *arg,
              struct mgco_counters *counters)
{
	struct mgco_xact *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->conf = *conf;
	x->ops = *ops;
	x->arg = arg;
	x->counters = counters;
	x->max_sent = XACT_PENDINGS_MAX;
	x->max_taken = UINT32_MAX; /* the time is limited */
	x->rto_pending_ms = conf->rto_max_ms;
	x->rng = conf->seed;
	x->hash_mul = next_random(x) | 1;
	x->hash_add = next_random(x);
	/* Anywhere in the lower half: ids of an earlier life of ours may still be remembered by the peer. */
	x->next_id = (uint32_t)(next_random(x) & 0x7FFFFFFF) + 1;
	list_init(&x->by_age);
	list_init(&x->by_reply);
	out_init_heap(&x->scratch, conf->message_max);
	return x;
}

void
mgco_xact_free(struct mgco_xact *x)
{
	if (!x)
		return;
	while (x->out) {
		struct xact_out *o = x->out;

		HASH_DEL(x->out, o);
		free(o);
	}
	xact_in_forget_all(x);
	out_fini(&x->scratch);
	free(x->heap);
	free(x);
}

static void
on_txn(struct mgco_xact *x, uint64_t now_ms, const struct mgco_msg *msg, const struct mgco_txn *t,
       uint32_t *ack_budget)
{
	switch (t->kind) {
	case MGCO_REQUEST:
		xact_in_on_request(x, now_ms, msg->version, t);
		break;
	case MGCO_REPLY:
		xact_out_on_reply(x, t);
		break;
	case MGCO_PENDING:
		xact_out_on_pending(x, now_ms, t->id);
		break;
	case MGCO_ACK:
		xact_in_on_acks(x, t->acks, ack_budget);
		break;
	}
}

void
mgco_xact_on_msg(struct mgco_xact *x, uint64_t now_ms, const struct mgco_msg *msg)
{
	uint32_t ack_budget = XACT_ACK_IDS_MAX;

	xact_in_expire(x, now_ms);
	if (msg->error && !x->closed)
		xact_out_on_msg_error(x, msg->error);
	for (const struct mgco_txn *t = msg->txns; t && !x->closed; t = t->next)
		on_txn(x, now_ms, msg, t, &ack_budget);
}

int
mgco_xact_tick(struct mgco_xact *x, uint64_t now_ms)
{
	int rc = 0;

	/* Each round moves a deadline behind now_ms or removes it, so the loop ends. */
	while (x->heap_len && x->heap[0]->at_ms <= now_ms) {
		struct xact_due *d = x->heap[0];

		if (d->is_out)
			rc = xact_out_due(x, LIST_OF(d, struct xact_out, due), now_ms) ? ERR_TIMEOUT : rc;
		else
			xact_in_due(x, LIST_OF(d, struct xact_in, due), now_ms);
	}
	xact_in_expire(x, now_ms);
	return rc;
}

uint64_t
mgco_xact_due_ms(const struct mgco_xact *x)
{
	uint64_t due = x->heap_len ? x->heap[0]->at_ms : UINT64_MAX;

	if (!list_is_empty(&x->by_age)) {
		uint64_t forget = LIST_OF(x->by_age.next, struct xact_in, by_age)->forget_ms;

		due = forget < due ? forget : due;
	}
	return due;
}

void
mgco_xact_shut(struct mgco_xact *x, int err)
{
	x->shut = true;
	x->n_acks = 0;
	xact_out_fail_all(x, err);
}

void
mgco_xact_open(struct mgco_xact *x)
{
	x->shut = x->closed;
}

void
mgco_xact_reset(struct mgco_xact *x)
{
	xact_in_forget_all(x);
}

void
mgco_xact_close(struct mgco_xact *x, int err)
{
	x->closed = true;
	mgco_xact_reset(x);
	mgco_xact_shut(x, err);
}

void
mgco_xact_set_version(struct mgco_xact *x, uint32_t version)
{
	x->conf.version = version;
}

void
mgco_xact_set_pendings(struct mgco_xact *x, uint32_t pending_ms, uint32_t max_sent, uint32_t max_taken)
{
	x->conf.pending_ms = pending_ms;
	x->max_sent = max_sent < XACT_PENDINGS_MAX ? max_sent : XACT_PENDINGS_MAX;
	x->max_taken = max_taken;
}

void
mgco_xact_set_patience(struct mgco_xact *x, uint32_t first_ms, uint32_t pending_ms)
{
	x->conf.rto_first_ms = first_ms < x->conf.rto_max_ms ? first_ms : x->conf.rto_max_ms;
	x->rto_pending_ms = pending_ms < x->conf.rto_max_ms ? pending_ms : x->conf.rto_max_ms;
}

uint32_t
mgco_xact_running(const struct mgco_xact *x)
{
	return x->running;
}
