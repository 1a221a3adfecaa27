/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of ours: repeated with growing, jittered intervals until the reply or T-MAX. */
#include "proto/codec/mgco_xact.h"

#include <stdlib.h>

#include "proto/codec/mgco_xact_priv.h"

static struct xact_out *
req_find(struct mgco_xact *x, uint32_t id)
{
	struct xact_out *o;

	HASH_FIND_BYHASHVALUE(hh, x->out, &id, sizeof(id), xact_hash(x, id), o);
	return o;
}

/* Takes it out of everything; the caller calls back and frees. */
static void
req_detach(struct mgco_xact *x, struct xact_out *o)
{
	xact_due_clear(x, &o->due);
	HASH_DEL(x->out, o);
}

static void
req_end(struct mgco_xact *x, struct xact_out *o, int err, const struct mgco_txn *reply)
{
	mgco_reply_fn fn = o->fn;
	void *arg = o->arg;

	req_detach(x, o);
	free(o);
	if (fn)
		fn(arg, err, reply);
}

/* 0 is not used, and an id must not be given twice while the first is outstanding. */
static uint32_t
fresh_id(struct mgco_xact *x)
{
	uint32_t id;

	do {
		id = x->next_id++;
	} while (id == 0 || req_find(x, id));
	return id;
}

static int
req_enter(struct mgco_xact *x, struct xact_out *o, uint64_t now_ms)
{
	o->due.is_out = true;
	o->rto_ms = x->conf.rto_first_ms;
	o->give_up_ms = now_ms + x->conf.t_max_ms;
	o->hard_end_ms = now_ms + (uint64_t)x->conf.t_max_ms * XACT_PENDING_STRETCH;
	if (xact_due_set(x, &o->due, x->conf.reliable ? o->give_up_ms : now_ms + o->rto_ms) != 0)
		return ERR_NOMEM;
	HASH_ADD_BYHASHVALUE(hh, x->out, id, sizeof(o->id), xact_hash(x, o->id), o);
	if (!o->hh.tbl) {
		xact_due_clear(x, &o->due);
		return ERR_NOMEM;
	}
	return 0;
}

/* ERR_TOOBIG when it is refused after all. */
static int
first_send(struct mgco_xact *x, struct xact_out *o)
{
	int rc = xact_send(x);

	if (rc != ERR_TOOBIG)
		return 0;
	x->counters->requests_too_big++;
	req_detach(x, o);
	free(o);
	return rc;
}

int
mgco_xact_request(struct mgco_xact *x, uint64_t now_ms, const struct mgco_action *actions, mgco_reply_fn fn, void *arg)
{
	/* The printer only reads; the tree type is shared with the parser, which writes. */
	struct mgco_txn t = { .kind = MGCO_REQUEST, .actions = (struct mgco_action *)(uintptr_t)actions };
	struct xact_out *o;
	size_t keep;
	int rc;

	if (x->shut || x->closed)
		return ERR_CLOSED;
	if (mgco_xact_outstanding(x) >= x->conf.max_out)
		return ERR_LIMIT;
	t.id = fresh_id(x);
	rc = xact_print(x, x->conf.version, &t, !x->conf.reliable);
	if (rc == ERR_TOOBIG)
		x->counters->requests_too_big++;
	if (rc != 0)
		return rc;
	keep = x->conf.reliable ? 0 : x->scratch.len;
	o = calloc(1, sizeof(*o) + keep);
	if (!o)
		return ERR_NOMEM;
	o->id = t.id;
	o->fn = fn;
	o->arg = arg;
	o->len = keep;
	if (keep)
		memcpy(o->msg, x->scratch.buf, keep);
	if (req_enter(x, o, now_ms) != 0) {
		free(o);
		return ERR_NOMEM;
	}
	return first_send(x, o);
}

int
xact_out_due(struct mgco_xact *x, struct xact_out *o, uint64_t now_ms)
{
	uint64_t next;

	if (now_ms >= o->give_up_ms) {
		x->counters->timeouts++;
		req_end(x, o, ERR_TIMEOUT, NULL);
		return ERR_TIMEOUT;
	}
	if (x->conf.reliable) {
		xact_due_set(x, &o->due, o->give_up_ms);
		return 0;
	}
	o->rto_ms = o->rto_ms < x->conf.rto_max_ms / 2 ? o->rto_ms * 2 : x->conf.rto_max_ms;
	next = now_ms + xact_jitter(x, o->rto_ms);
	xact_due_set(x, &o->due, next < o->give_up_ms ? next : o->give_up_ms);
	x->counters->retransmissions++;
	o->was_repeated = true;
	if (x->ops.send(x->arg, span_of(o->msg, o->len)) == ERR_TOOBIG) { /* the network has learnt that meanwhile */
		x->counters->requests_too_big++;
		req_end(x, o, ERR_TOOBIG, NULL);
	}
	return 0;
}

/* The peer works on it: repeat at the long interval, and wait for longer. */
void
xact_out_on_pending(struct mgco_xact *x, uint64_t now_ms, uint32_t id)
{
	struct xact_out *o = req_find(x, id);
	uint64_t next;

	x->counters->pendings_in++;
	if (!o) /* after the reply: overtaken on the way */
		return;
	if (++o->pendings > x->max_taken) {
		x->counters->timeouts++;
		req_end(x, o, ERR_TIMEOUT, NULL);
		return;
	}
	o->give_up_ms = now_ms + x->conf.t_max_ms;
	if (o->give_up_ms > o->hard_end_ms)
		o->give_up_ms = o->hard_end_ms;
	o->rto_ms = x->rto_pending_ms;
	next = now_ms + xact_jitter(x, o->rto_ms);
	xact_due_set(x, &o->due, x->conf.reliable || next > o->give_up_ms ? o->give_up_ms : next);
}

/* Notes that the reply came, for a TransactionResponseAck. */
static void
ack_note(struct mgco_xact *x, uint32_t id)
{
	for (uint32_t i = 0; i < x->n_acks; i++) {
		struct mgco_ack *a = &x->acks[i];

		if (id >= a->first && id <= a->last)
			return;
		if (id == a->last + 1 && id != 0) {
			a->last = id;
			return;
		}
		if (id + 1 == a->first && a->first != 0) {
			a->first = id;
			return;
		}
	}
	if (x->n_acks == XACT_ACK_RANGES_MAX) { /* full: the oldest goes, it was a courtesy */
		x->n_acks--;
		memmove(&x->acks[0], &x->acks[1], x->n_acks * sizeof(x->acks[0]));
	}
	x->acks[x->n_acks++] = (struct mgco_ack){ .first = id, .last = id };
}

static void
ack_now(struct mgco_xact *x, uint32_t id)
{
	ack_note(x, id);
	if (xact_print(x, x->conf.version, NULL, true) == 0)
		(void)xact_send(x);
}

void
xact_out_on_reply(struct mgco_xact *x, const struct mgco_txn *reply)
{
	struct xact_out *o = req_find(x, reply->id);

	/* Again for a repeated reply: then the first acknowledgement was lost. */
	if (reply->imm_ack)
		ack_now(x, reply->id);
	else if (o && !x->conf.reliable && !x->conf.no_acks)
		ack_note(x, reply->id);
	if (!o) {
		x->counters->duplicates++;
		return;
	}
	req_end(x, o, 0, reply);
}

bool
mgco_xact_on_bad_reply(struct mgco_xact *x, uint32_t id, struct mgco_error *error)
{
	struct mgco_txn reply = { .kind = MGCO_REPLY, .id = id, .error = error };
	struct xact_out *o = x->closed ? NULL : req_find(x, id);

	if (o)
		req_end(x, o, 0, &reply);
	return o != NULL;
}

/* A message error names no transaction. When the peer cannot talk to us at all and one request waits, that is the
 * one, and the caller should not have to wait for T-MAX. Unless it was repeated: then it may be a copy that is refused, as a
 * registration in version 1 is by Erlang's megaco, which agreed on version 2 with the first one. */
void
xact_out_on_msg_error(struct mgco_xact *x, struct mgco_error *error)
{
	struct mgco_txn reply = { .kind = MGCO_REPLY, .error = error };

	if (mgco_xact_outstanding(x) != 1 || x->out->was_repeated || (error->code != 406 && error->code != 402))
		return;
	reply.id = x->out->id;
	req_end(x, x->out, 0, &reply);
}

void
xact_out_fail_all(struct mgco_xact *x, int err)
{
	/* Callbacks cannot add: the machine is shut. */
	while (x->out)
		req_end(x, x->out, err, NULL);
}

uint32_t
mgco_xact_outstanding(const struct mgco_xact *x)
{
	return HASH_COUNT(x->out);
}
