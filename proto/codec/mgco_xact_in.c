/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of the peer: executed at most once, remembered for LONG-TIMER after the reply. */
#include "proto/codec/mgco_xact.h"

#include <stdlib.h>

#include "proto/codec/mgco_xact_priv.h"

static struct xact_in *
in_find(struct mgco_xact *x, uint32_t id)
{
	struct xact_in *e;

	HASH_FIND_BYHASHVALUE(hh, x->in, &id, sizeof(id), xact_hash(x, id), e);
	return e;
}

static void
drop_reply(struct mgco_xact *x, struct xact_in *e)
{
	xact_due_clear(x, &e->due);
	if (!e->reply)
		return;
	x->reply_bytes -= e->reply_len;
	list_unlink(&e->by_reply);
	free(e->reply);
	e->reply = NULL;
}

static void
in_free(struct mgco_xact *x, struct xact_in *e)
{
	drop_reply(x, e);
	if (e->ticket)
		x->running--;
	list_unlink(&e->by_age);
	HASH_DEL(x->in, e);
	free(e);
}

void
xact_in_forget_all(struct mgco_xact *x)
{
	while (x->in)
		in_free(x, x->in);
}

void
xact_in_expire(struct mgco_xact *x, uint64_t now_ms)
{
	while (!list_is_empty(&x->by_age)) {
		struct xact_in *e = LIST_OF(x->by_age.next, struct xact_in, by_age);

		if (e->forget_ms > now_ms)
			break;
		in_free(x, e);
	}
}

static void
send_error(struct mgco_xact *x, uint32_t version, uint32_t id, uint32_t code)
{
	struct mgco_error error = { .code = code, .text = span_str(mgco_error_text(code)) };
	struct mgco_txn t = { .kind = MGCO_REPLY, .id = id, .error = &error };

	xact_send_once(x, version, &t);
}

/* Keeps what was just printed, so that a duplicate gets the same bytes. */
static void
store_reply(struct mgco_xact *x, struct xact_in *e)
{
	char *copy = malloc(x->scratch.len);

	if (!copy) /* the id is known all the same: never executed again */
		return;
	memcpy(copy, x->scratch.buf, x->scratch.len);
	e->reply = copy;
	e->reply_len = x->scratch.len;
	list_append(&x->by_reply, &e->by_reply);
	x->reply_bytes += e->reply_len;
	while (x->reply_bytes > XACT_REPLY_BYTES_MAX)
		drop_reply(x, LIST_OF(x->by_reply.next, struct xact_in, by_reply));
}

/* From running to remembered; the reply, if one could be printed and sent, is in the scratch buffer. */
static void
in_done(struct mgco_xact *x, struct xact_in *e, uint64_t now_ms, bool sent, bool imm_ack)
{
	e->ticket = 0;
	x->running--;
	e->forget_ms = now_ms + x->conf.long_ms;
	list_append(&x->by_age, &e->by_age);
	if (sent)
		store_reply(x, e);
	if (e->reply && imm_ack) {
		e->rto_ms = x->conf.rto_first_ms;
		e->give_up_ms = now_ms + x->conf.t_max_ms;
		xact_due_set(x, &e->due, now_ms + e->rto_ms); /* armed before: cannot fail */
	} else {
		xact_due_clear(x, &e->due);
	}
	if (HASH_COUNT(x->in) - x->running > XACT_IDS_MAX)
		in_free(x, LIST_OF(x->by_age.next, struct xact_in, by_age));
}

static void
in_reply(struct mgco_xact *x, struct xact_in *e, uint64_t now_ms, struct mgco_txn *t)
{
	int rc;

	/* After a Pending the peer repeats its request rarely, so that the reply has to be confirmed. */
	t->imm_ack = e->pendings > 0 && !x->conf.reliable;
	rc = xact_print(x, e->version, t, !x->conf.reliable);
	if (rc == 0)
		rc = xact_send(x);
	if (rc == ERR_TOOBIG) {
		x->counters->replies_too_big++;
		rc = xact_send_shorter(x, e->version, t);
	}
	in_done(x, e, now_ms, rc == 0, t->imm_ack);
}

static void
in_reply_error(struct mgco_xact *x, struct xact_in *e, uint64_t now_ms, uint32_t code)
{
	struct mgco_error error = { .code = code, .text = span_str(mgco_error_text(code)) };
	struct mgco_txn t = { .kind = MGCO_REPLY, .id = e->id, .error = &error };

	in_reply(x, e, now_ms, &t);
}

void
mgco_xact_respond(struct mgco_xact *x, uint64_t now_ms, uint64_t ticket, const struct mgco_action *actions,
                  const struct mgco_error *error)
{
	struct xact_in *e = in_find(x, (uint32_t)ticket);
	/* The printer only reads, see mgco_xact_request(). */
	struct mgco_txn t = {
		.kind = MGCO_REPLY,
		.id = (uint32_t)ticket,
		.actions = error ? NULL : (struct mgco_action *)(uintptr_t)actions,
		.error = (struct mgco_error *)(uintptr_t)error,
	};

	if (!e || e->ticket != ticket)
		return;
	if (!actions && !error)
		in_reply_error(x, e, now_ms, 500);
	else
		in_reply(x, e, now_ms, &t);
}

static void
send_pending(struct mgco_xact *x, struct xact_in *e, uint64_t now_ms)
{
	struct mgco_txn t = { .kind = MGCO_PENDING, .id = e->id };

	if (e->pendings >= x->max_sent) {
		in_reply_error(x, e, now_ms, 506);
		return;
	}
	e->pendings++;
	x->counters->pendings_out++;
	/* Often enough that a peer which repeats nothing (TCP) does not give up. */
	xact_due_set(x, &e->due, now_ms + x->conf.t_max_ms / 3 + 1);
	xact_send_once(x, e->version, &t);
}

/* The stored reply once more. The network may have learnt meanwhile that it carries less. */
static void
repeat_reply(struct mgco_xact *x, struct xact_in *e)
{
	struct mgco_txn t = { .kind = MGCO_REPLY, .id = e->id, .imm_ack = e->due.heap_at != 0 };

	if (x->ops.send(x->arg, span_of(e->reply, e->reply_len)) != ERR_TOOBIG)
		return;
	x->counters->replies_too_big++;
	if (xact_send_shorter(x, e->version, &t) != 0 || x->scratch.len > e->reply_len)
		return;
	memcpy(e->reply, x->scratch.buf, x->scratch.len);
	x->reply_bytes -= e->reply_len - x->scratch.len;
	e->reply_len = x->scratch.len;
}

void
xact_in_due(struct mgco_xact *x, struct xact_in *e, uint64_t now_ms)
{
	if (e->ticket) {
		send_pending(x, e, now_ms);
		return;
	}
	if (now_ms >= e->give_up_ms) {
		xact_due_clear(x, &e->due);
		return;
	}
	e->rto_ms = e->rto_ms < x->conf.rto_max_ms / 2 ? e->rto_ms * 2 : x->conf.rto_max_ms;
	xact_due_set(x, &e->due, now_ms + xact_jitter(x, e->rto_ms));
	x->counters->retransmissions++;
	repeat_reply(x, e);
}

static void
on_duplicate(struct mgco_xact *x, struct xact_in *e, uint64_t now_ms)
{
	x->counters->duplicates++;
	if (e->ticket)
		send_pending(x, e, now_ms);
	else if (e->reply)
		repeat_reply(x, e);
	/* else: the peer confirmed the reply, so this is an old copy */
}

/* FNV-1a. A peer can collide only with itself. */
static uint64_t
digest_of(struct span text)
{
	uint64_t h = 0xCBF29CE484222325u;

	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (unsigned char)text.p[i]) * 0x100000001B3u;
	return h;
}

/* The peer lost its state, and perhaps the count of its transactions. */
static bool
is_restart(const struct mgco_txn *t)
{
	const struct mgco_cmd *c = t->actions && t->actions->ctx == MGCO_CTX_NULL ? t->actions->cmds : NULL;

	return c && c->kind == MGCO_SERVICECHANGE && mgco_name_is(c->term, "ROOT") && c->services &&
	       mgco_name_is(c->services->method, "Restart");
}

/* Is t, whose id is known, the request that had it? By the letter the id alone decides. A peer that starts anew may use the
 * same ids, though, and it may be the Restart itself that has a known one. */
static bool
is_copy(const struct mgco_xact *x, const struct xact_in *e, uint64_t now_ms, const struct mgco_txn *t)
{
	if (e->life == x->life && !is_restart(t))
		return true;
	return now_ms - e->heard_ms < XACT_STRAY_MS && e->digest == digest_of(t->text);
}

static struct xact_in *
in_new(struct mgco_xact *x, uint64_t now_ms, uint32_t version, const struct mgco_txn *t)
{
	struct xact_in *e = calloc(1, sizeof(*e));
	uint32_t id = t->id;

	if (!e)
		return NULL;
	e->id = id;
	e->version = version;
	e->life = x->life;
	e->heard_ms = now_ms;
	e->digest = digest_of(t->text);
	list_init(&e->by_age);
	list_init(&e->by_reply);
	if (xact_due_set(x, &e->due, now_ms + x->conf.pending_ms) != 0) {
		free(e);
		return NULL;
	}
	HASH_ADD_BYHASHVALUE(hh, x->in, id, sizeof(e->id), xact_hash(x, id), e);
	if (!e->hh.tbl) {
		xact_due_clear(x, &e->due);
		free(e);
		return NULL;
	}
	if (++x->next_ticket == 0)
		x->next_ticket = 1;
	e->ticket = (uint64_t)x->next_ticket << 32 | id;
	x->running++;
	return e;
}

void
xact_in_on_request(struct mgco_xact *x, uint64_t now_ms, uint32_t version, const struct mgco_txn *t)
{
	struct xact_in *e = in_find(x, t->id);

	if (e && is_copy(x, e, now_ms, t)) {
		e->heard_ms = now_ms;
		on_duplicate(x, e, now_ms);
		return;
	}
	if (e)
		in_free(x, e);
	if (is_restart(t)) {
		x->life++;
		x->n_acks = 0; /* it does not wait for them any more */
	}
	e = in_new(x, now_ms, version, t);
	if (!e)
		send_error(x, version, t->id, 510);
	else if (x->running > x->conf.max_in)
		in_reply_error(x, e, now_ms, 506);
	else
		x->ops.execute(x->arg, t, e->ticket);
}

void
mgco_xact_on_bad_request(struct mgco_xact *x, uint64_t now_ms, uint32_t version, uint32_t id,
                         const struct mgco_error *error)
{
	struct xact_in *e = in_find(x, id);
	struct mgco_txn t = {
		.kind = MGCO_REPLY,
		.id = id,
		.error = (struct mgco_error *)(uintptr_t)error, /* only read */
	};

	if (x->closed)
		return;
	if (e)
		on_duplicate(x, e, now_ms);
	else
		xact_send_once(x, version, &t);
}

/* The peer has these replies: no need to store them, but the ids stay known. */
void
xact_in_on_acks(struct mgco_xact *x, const struct mgco_ack *acks, uint32_t *budget)
{
	for (; acks && *budget; acks = acks->next) {
		uint32_t id = acks->last;

		/* Backwards: the newest are the ones still stored. */
		for (; *budget && id >= acks->first && acks->first <= acks->last; id--) {
			struct xact_in *e = in_find(x, id);

			--*budget;
			if (e && !e->ticket)
				drop_reply(x, e);
			if (id == 0)
				break;
		}
	}
}

uint32_t
mgco_xact_remembered(const struct mgco_xact *x)
{
	return HASH_COUNT(x->in) - x->running;
}
