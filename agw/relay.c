/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/relay.h"

#include <stdlib.h>

#include "agw/relay_msrp.h"
#include "proto/io/sock.h"

/* Of a side whose peer is policed: few are. */
struct relay_rate {
	struct relay *relay;
	struct police police;
	struct loop_timer thaw; /* set: nothing is read before */
};

/* Bytes may go from side `from` to the other one. */
static bool
can_flow(const struct relay *r, unsigned from)
{
	const struct leg *a = &r->leg[from], *b = &r->leg[!from];

	return leg_takes_input(a) && leg_takes_output(b) && a->spec.flow_in && b->spec.flow_out &&
	       !leg_is_blocked(b) && !r->is_held && !(r->rate[from] && loop_timer_is_set(&r->rate[from]->thaw));
}

/* What one callback moves at most, in reads of LEG_READ_MAX: the rest has its turn after other relays. */
enum { PUMP_ROUNDS = 2 };

/* One read, one write. True when another round is worth while. */
static bool
pump(struct relay *r, unsigned from)
{
	struct leg *a = &r->leg[from], *b = &r->leg[!from];
	struct relay_rate *rate = r->rate[from];
	struct leg_chunk c;
	bool unseen = !r->msrp && leg_may_splice(a, b);
	size_t max = unseen ? LEG_SPLICE_MAX : r->msrp ? RELAY_MSRP_READ_MAX : LEG_READ_MAX;

	if (rate && (max = police_allow(&rate->police, max, loop_now_ms(a->env->loop))) == 0) {
		/* Its rate is used up: the peer finds its window closed. */
		leg_hold(a);
		loop_timer_set(&rate->thaw, police_wait_ms(&rate->police));
		return false;
	}
	if (unseen)
		leg_splice(a, b, max, &c);
	else
		leg_read(a, max, &c);
	if (c.len) {
		if (rate)
			police_take(&rate->police, c.len);
		r->owner->on_octets(r, (uint8_t)from, c.len, unseen);
		if (r->msrp)
			relay_msrp_pass(r, from, &c);
		else if (!unseen)
			leg_write(b, c.bytes, c.len);
	}
	if (c.end == LEG_ENDS) {
		if (r->msrp)
			(void)relay_msrp_cut(r, from);
		leg_finish(b); /* behind what is pending */
	}
	leg_end_input(a, &c);
	if (can_flow(r, from))
		leg_want_read(a, true);
	else
		leg_rest(a);
	return c.full && can_flow(r, from);
}

/* Whatever may have changed: let the direction run or hold it. */
static void
resume(struct relay *r, unsigned from)
{
	struct leg *a = &r->leg[from];

	/* Otherwise on_readable() finds out, if bytes come at all. */
	if (!can_flow(r, from))
		return;
	if (leg_has_unread(a))
		pump(r, from);
	else
		leg_want_read(a, true);
}

static void
on_thaw(struct loop_timer *t)
{
	struct relay_rate *rate = t->arg;

	resume(rate->relay, rate == rate->relay->rate[1]);
}

void
relay_log_nomem(struct relay *r, unsigned side)
{
	struct leg_env *env = r->leg[side].env;
	uint32_t skipped;

	if (log_limit_pass(&env->log_limit, loop_now_ms(env->loop), &skipped))
		log_error("out of memory relay=%u side=%u skipped=%u", (unsigned)r->id, side, skipped);
}

static void
apply_police(struct relay *r, unsigned side)
{
	const struct police_rates *wanted = &r->leg[side].spec.police;
	struct loop *loop = r->leg[side].env->loop;
	struct relay_rate *rate = r->rate[side];

	if (!rate && (wanted->peak || wanted->sustained)) {
		rate = r->rate[side] = calloc(1, sizeof(*rate));
		if (rate) {
			rate->relay = r;
			loop_timer_init(&rate->thaw, loop, on_thaw, rate);
		} else {
			relay_log_nomem(r, side); /* the rate is not enforced */
		}
	}
	if (!rate)
		return;
	police_set(&rate->police, wanted, loop_now_ms(loop));
	loop_timer_stop(&rate->thaw); /* the next read finds out */
}

/* Connects a leg if something asks for it (TS 23.334 6.2.10.3.1.2.1 step 11, .2.2 step 19). */
static void
consider_trigger(struct relay *r, unsigned side)
{
	const struct leg *partner = &r->leg[!side];
	struct leg *l = &r->leg[side];

	if (leg_is_ordered(l))
		leg_trigger(l);
	switch (l->spec.trigger) {
	case TRIGGER_NONE:
		break;
	case TRIGGER_NOW:
		leg_trigger(l);
		break;
	case TRIGGER_PARTNER:
		if (leg_is_live(partner) && partner->accepted && !r->leaving[!side])
			leg_trigger(l);
		break;
	}
}

/* Two calls that were told to call each other make a ring, in which a connection that has ended already calls up the next
 * one for ever. So does, on a smaller scale, a peer that connects over and over. True: the partner may be called. */
static bool
may_call(struct relay *r)
{
	uint64_t now = loop_now_ms(r->leg[0].env->loop);

	if (now - r->calls_ms >= RELAY_CALLS_MS) {
		r->calls_ms = now;
		r->calls = 0;
	}
	return r->calls++ < RELAY_CALLS_MAX;
}

/* A partner that copies marks (ds/tb = OFF) has them from whoever connected to us: only then the kernel knows. */
static void
pass_mark(struct relay *r, unsigned from)
{
	const struct leg *l = &r->leg[from];
	unsigned dscp;

	if (r->leg[!from].spec.copies_dscp && sock_peer_dscp(l->fd, l->stats.peer.family, &dscp) == 0)
		leg_set_mark(&r->leg[!from], (uint8_t)dscp);
}

static void
on_event(struct leg *l, const struct event *e)
{
	struct relay *r = l->arg;
	struct event out = *e;

	out.relay = r->id;
	r->owner->on_event(r, &out);
	if (e->kind == EVENT_ACCEPTED)
		pass_mark(r, l->side);
	if (e->kind != EVENT_ACCEPTED || r->leg[!l->side].spec.trigger != TRIGGER_PARTNER)
		return;
	if (may_call(r)) {
		consider_trigger(r, !l->side);
		return;
	}
	l->stats.refused++;
	r->owner->on_refused(r);
	leg_abort(l);
}

static void
on_open(struct leg *l)
{
	struct relay *r = l->arg;

	resume(r, l->side);
	resume(r, !l->side);
}

static void
on_readable(struct leg *l)
{
	struct relay *r = l->arg;

	if (!can_flow(r, l->side)) {
		leg_hold(l);
		return;
	}
	for (unsigned i = 0; i < PUMP_ROUNDS && pump(r, l->side); i++)
		;
}

static void
on_drained(struct leg *l)
{
	struct relay *r = l->arg;

	resume(r, !l->side);
}

static void
on_end(struct leg *l, enum reason why)
{
	struct relay *r = l->arg;
	struct leg *partner = &r->leg[!l->side];
	bool is_cut = false;

	if (r->leaving[l->side]) {
		r->leaving[l->side] = false;
		if (l->spec.trigger != TRIGGER_NOW)
			consider_trigger(r, l->side);
		return;
	}
	if (r->msrp) {
		is_cut = relay_msrp_cut(r, l->side);
		relay_msrp_reset(r);
	}
	if (!leg_is_live(partner))
		return;
	r->leaving[!l->side] = true;
	/* A reset would overtake the end-line of the message that was cut off. */
	if (why == REASON_PEER_RESET && !is_cut)
		leg_abort(partner);
	else
		leg_close(partner);
}

static void
on_refused(struct leg *l)
{
	struct relay *r = l->arg;

	r->owner->on_refused(r);
}

static const struct leg_owner leg_owner = {
	.on_event = on_event,
	.on_open = on_open,
	.on_readable = on_readable,
	.on_drained = on_drained,
	.on_end = on_end,
	.on_refused = on_refused,
};

void
relay_init(struct relay *r, struct leg_env *env, slot_id id, const struct relay_owner *owner, void *arg)
{
	*r = (struct relay){ .owner = owner, .arg = arg, .id = id, .opened_ms = loop_now_ms(env->loop) };
	for (uint8_t side = 0; side < 2; side++)
		leg_init(&r->leg[side], env, &leg_owner, r, side, (uint32_t)id);
}

void
relay_fini(struct relay *r)
{
	for (unsigned side = 0; side < 2; side++) {
		leg_fini(&r->leg[side]);
		if (r->rate[side])
			loop_timer_stop(&r->rate[side]->thaw);
		free(r->rate[side]);
		r->rate[side] = NULL;
	}
	relay_msrp_fini(r);
}

void
relay_open(struct relay *r, const struct order *o)
{
	/* Both know what is wanted before one may move. */
	for (unsigned side = 0; side < 2; side++)
		relay_msrp_apply(r, side, &o->msrp[side]);
	for (unsigned side = 0; side < 2; side++) {
		leg_apply(&r->leg[side], &o->leg[side], &o->fprs[side], o->listen_fd[side]);
		apply_police(r, side);
	}
	for (unsigned side = 0; side < 2; side++)
		consider_trigger(r, side);
}

void
relay_change(struct relay *r, const struct order *o)
{
	unsigned side = o->side & 1;

	leg_apply(&r->leg[side], &o->leg[side], &o->fprs[side], o->listen_fd[side]);
	apply_police(r, side);
	relay_msrp_apply(r, side, &o->msrp[side]);
	consider_trigger(r, side);
	resume(r, side);
	resume(r, !side);
}

void
relay_stats(const struct relay *r, struct event *e)
{
	for (unsigned side = 0; side < 2; side++) {
		e->stats[side] = r->leg[side].stats;
		e->stats[side].state = r->leg[side].fsm.state;
	}
	if (r->msrp)
		relay_msrp_stats(r, e);
	e->duration_ms = loop_now_ms(r->leg[0].env->loop) - r->opened_ms;
}
