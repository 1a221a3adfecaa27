/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/ctx_stream.h"

#include <stdlib.h>
#include <unistd.h>

#include "agw/realm.h"
#include "agw/term_msrp.h"
#include "proto/io/sock.h"

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* NULL: the termination is gone. */
static void
change_rule(struct ctxs *x, const struct addr *local, const struct gate_rule *rule)
{
	if (rule)
		(void)gate_table_set(x->env.gates, local, rule);
	else
		(void)gate_table_clear(x->env.gates, local);
	if (x->env.syngate)
		syngate_wake(x->env.syngate);
}

void
term_stream_drop_listener(struct ctxs *x, struct term_stream *s)
{
	/* The rule first: a SYN that it let through to a closed port would be answered by a RST. */
	if (s->bound.family != ADDR_NONE && x->env.gates)
		change_rule(x, &s->bound, NULL);
	close_fd(&s->listener);
	close_fd(&s->filter_fd);
	s->has_listener = false;
}

void
term_stream_free(struct ctxs *x, struct term_stream *s)
{
	term_stream_drop_listener(x, s);
	if (s->bound.family != ADDR_NONE)
		realm_give(s->realm, &s->bound);
	term_msrp_free(s, NULL);
	free(s->fprs);
	free(s);
}

static void
free_leaving(struct ctxs *x, struct ctx_stream *s)
{
	while (s->leaving) {
		struct term_stream *gone = s->leaving;

		s->leaving = gone->next;
		term_stream_free(x, gone);
	}
}

void
ctx_stream_free(struct ctxs *x, struct ctx_stream *s)
{
	free_leaving(x, s);
	list_unlink(&s->unsent);
	slots_remove(&x->relays, s->relay);
	free(s);
}

void
ctx_arm_gate(struct ctxs *x, struct term_stream *s)
{
	const struct gate_rule ignore = { .mode = GATE_IGNORE };
	struct gate_rule rule;
	int fd = s->listener >= 0 ? s->listener : s->filter_fd;

	/* A socket's own filter stands before it listens, the table's rule comes after: a SYN that passed it must find
	 * a listener. */
	term_gate_rule(s, &rule);
	if (x->env.gates)
		change_rule(x, &s->bound, s->has_listener ? &rule : &ignore);
	if (x->env.syngate && fd >= 0)
		(void)syngate_arm_socket(x->env.syngate, fd, &rule);
}

/* ---- orders ---- */

static int
send_order(struct ctx_stream *s, const struct ctxs *x, struct order *o)
{
	o->relay = s->relay;
	return x->env.order(x->env.arg, s->worker, o);
}

/* The worker checks the rule again on what it accepted. So that it never refuses what the gate let through, a rule
 * is narrowed here before the order leaves and widened after. */
static void
arm_side(struct ctxs *x, struct ctx_stream *s, unsigned side, bool before)
{
	struct gate_rule rule;

	if (!s->side[side] || !s->is_dirty[side])
		return;
	term_gate_rule(s->side[side], &rule);
	if ((rule.mode == GATE_IGNORE) == before)
		ctx_arm_gate(x, s->side[side]);
}

void
term_stream_mark_listener(struct term_stream *s)
{
	const struct term_control *c = &s->control;
	uint8_t mark = c->copies_dscp ? 0 : c->has_dscp ? c->dscp : s->realm->dscp;

	if (s->listener < 0 || s->listener_mark == mark)
		return;
	s->listener_mark = mark;
	(void)sock_set_dscp(s->listener, s->bound.family, mark);
}

/* The worker takes it for marked as the order says. */
static int
take_listener(struct term_stream *t)
{
	if (t)
		term_stream_mark_listener(t);
	return t ? t->listener : -1;
}

static void
on_posted(struct ctxs *x, struct ctx_stream *s, unsigned side, enum leg_trigger trigger)
{
	if (s->side[side])
		s->side[side]->listener = -1;
	arm_side(x, s, side, false);
	s->is_dirty[side] = false;
	s->trigger[side] = trigger;
}

/* The side itself changed, or its partner so that another trigger follows. */
static bool
needs_change(const struct ctx_stream *s, unsigned side)
{
	if (s->is_dirty[side] || !s->side[side])
		return s->is_dirty[side];
	return ctx_stream_trigger(s, side) != s->trigger[side];
}

static int
post_open(struct ctxs *x, struct ctx_stream *s)
{
	struct order o = { .kind = ORDER_OPEN };
	int err;

	for (unsigned i = 0; i < 2; i++) {
		o.listen_fd[i] = take_listener(s->side[i]);
		ctx_stream_spec(s, i, &o.leg[i]);
		ctx_stream_fprs(s, i, &o.fprs[i]);
		ctx_stream_msrp(s, i, &o.msrp[i]);
		arm_side(x, s, i, true);
	}
	err = send_order(s, x, &o);
	if (err)
		return err;
	for (unsigned i = 0; i < 2; i++)
		on_posted(x, s, i, o.leg[i].trigger);
	s->is_open = true;
	return 0;
}

static int
post_change(struct ctxs *x, struct ctx_stream *s, unsigned side)
{
	struct order o = { .kind = ORDER_CHANGE, .side = (uint8_t)side, .listen_fd = { -1, -1 } };
	int err;

	o.listen_fd[side] = take_listener(s->side[side]);
	ctx_stream_spec(s, side, &o.leg[side]);
	ctx_stream_fprs(s, side, &o.fprs[side]);
	ctx_stream_msrp(s, side, &o.msrp[side]);
	arm_side(x, s, side, true);
	err = send_order(s, x, &o);
	if (err)
		return err;
	on_posted(x, s, side, o.leg[side].trigger);
	return 0;
}

static int
post_stats(struct ctxs *x, struct ctx_stream *s, enum order_kind kind)
{
	struct order o = { .kind = kind, .tag = s->want, .listen_fd = { -1, -1 } };
	int err;

	o.tag |= (s->has_left[0] ? CTX_TAG_LEFT(0) : 0) | (s->has_left[1] ? CTX_TAG_LEFT(1) : 0);
	err = send_order(s, x, &o);
	if (err)
		return err;
	s->want = 0;
	s->is_promised = false;
	s->has_left[0] = s->has_left[1] = false;
	return 0;
}

/* What is wanted, never what changed: it may be tried as often as need be. */
static int
try_post(struct ctx_stream *s)
{
	struct ctxs *x = s->table;
	int err = 0;

	if (!s->side[0] && !s->side[1])
		return s->is_open ? post_stats(x, s, ORDER_CLOSE) : 0;
	if (!s->is_open) {
		free_leaving(x, s);
		s->has_left[0] = s->has_left[1] = false;
		err = post_open(x, s);
		if (!err && s->want)
			err = post_stats(x, s, ORDER_STATS);
		return err;
	}
	/* Statistics first: they belong to those who were there before the change. */
	if (s->want || s->has_left[0] || s->has_left[1])
		err = post_stats(x, s, ORDER_STATS);
	for (unsigned i = 0; i < 2 && !err; i++)
		if (needs_change(s, i))
			err = post_change(x, s, i);
	return err;
}

unsigned
ctx_stream_post(struct ctx_stream *s)
{
	struct ctxs *x = s->table;
	bool asks = s->want && !s->is_promised && (s->is_open || s->side[0] || s->side[1]);

	s->is_promised |= asks;
	if (try_post(s) != 0 && list_is_empty(&s->unsent)) {
		list_append(&x->unsent, &s->unsent);
		if (!loop_timer_is_set(&x->again))
			loop_timer_set(&x->again, ORDER_RETRY_MS);
	}
	return asks;
}

void
ctx_stream_on_again(struct loop_timer *t)
{
	struct ctxs *x = t->arg;

	x->retries++;
	while (!list_is_empty(&x->unsent)) {
		struct ctx_stream *s = LIST_OF(x->unsent.next, struct ctx_stream, unsent);

		if (try_post(s) != 0) {
			loop_timer_set(t, ORDER_RETRY_MS);
			return;
		}
		list_unlink(&s->unsent);
	}
}

void
ctx_stream_unask(struct ctx_stream *s)
{
	struct ctxs *x = s->table;
	struct event ev = { .kind = EVENT_STATS, .relay = s->relay, .tag = s->want };

	if (!s->is_promised)
		return;
	for (unsigned i = 0; i < 2; i++) {
		ev.stats[i].octets_in = s->base_in[i];
		ev.stats[i].octets_out = s->base_out[i];
	}
	s->want = 0;
	s->is_promised = false;
	x->env.on_unasked(x->env.arg, s, &ev);
}

/* ---- events ---- */

void
ctx_stream_octets(const struct ctx_stream *s, const struct event *ev, unsigned side, uint64_t *in, uint64_t *out)
{
	*in = ev->stats[side].octets_in - s->base_in[side];
	*out = ev->stats[side].octets_out - s->base_out[side];
}

void
ctx_stream_on_stats(struct ctxs *x, struct ctx_stream *s, const struct event *ev)
{
	for (unsigned i = 0; i < 2; i++)
		if (ev->tag & CTX_TAG_LEFT(i)) {
			free_leaving(x, s);
			s->base_in[i] = ev->stats[i].octets_in;
			s->base_out[i] = ev->stats[i].octets_out;
		}
	if (ev->closed && !s->ctx)
		ctx_stream_free(x, s);
}

/* The worker latches by itself, but not where ports are filtered: there it has to be told. */
static void
learn(struct ctxs *x, struct ctx_stream *s, unsigned side, const struct addr *whom)
{
	struct term_stream *t = s->side[side];

	t->learned = *whom;
	ctx_arm_gate(x, t);
	if (!term_latches_ports(t))
		return;
	s->is_dirty[side] = true;
	(void)ctx_stream_post(s); /* asks nothing that it has not asked before */
}

struct term_stream *
ctx_stream_on_event(struct ctxs *x, struct ctx_stream *s, const struct event *ev)
{
	const struct addr nobody = { .family = ADDR_NONE };
	struct term_stream *t = s->ctx && ev->side < 2 ? s->side[ev->side] : NULL;

	if (!t)
		return NULL;
	switch (ev->kind) {
	case EVENT_ACCEPTED:
	case EVENT_CONNECTED:
		t->phase = TERM_PHASE_TCP;
		t->peer = ev->peer;
		if (!term_is_tls(&t->local))
			t->failure.reason = REASON_NONE;
		if (ev->kind == EVENT_ACCEPTED && t->latch != TERM_LATCH_OFF)
			learn(x, s, ev->side, &ev->peer);
		break;
	case EVENT_TLS_UP:
		t->phase = TERM_PHASE_TLS;
		t->failure.reason = REASON_NONE;
		break;
	case EVENT_FAILED:
		if (term_is_tls(&t->local) && t->phase == TERM_PHASE_TCP && t->latch != TERM_LATCH_OFF)
			learn(x, s, ev->side, &nobody); /* as the worker does */
		t->phase = TERM_PHASE_FAILED;
		break;
	case EVENT_CLOSED:
		t->phase = TERM_PHASE_CLOSED;
		break;
	case EVENT_IDLE:
	case EVENT_STATS:
		break;
	}
	return t;
}
