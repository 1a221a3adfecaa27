/* SPDX-License-Identifier: BSD-2-Clause */
/* What a worker's legs may do all together: handshakes, of which one costs as much as a megabyte of data, and
 * connections when descriptors run out. */
#include "agw/leg.h"

#include "agw/leg_priv.h"

static void
reached(struct leg_env *env, enum leg_limit which)
{
	if (env->on_limit)
		env->on_limit(env->limit_arg, which);
}

/* ---- handshakes under way ---- */

/* As many listeners as there are handshakes to spare, the longest waiting first. One that finds nothing to accept, or
 * no room after all, comes back here. */
static void
wake_waiting(struct leg_env *env)
{
	uint32_t spare = env->handshakes_max - env->handshakes;

	while (env->handshakes < env->handshakes_max && spare-- && !list_is_empty(&env->waiting)) {
		struct leg *l = LIST_OF(env->waiting.next, struct leg, wait);

		list_unlink(&l->wait);
		leg_watch_listener(l);
	}
}

bool
leg_may_accept(struct leg *l)
{
	struct leg_env *env = l->env;

	if (!l->spec.tls || env->handshakes_max == 0 || env->handshakes < env->handshakes_max)
		return true;
	/* The kernel holds the connection meanwhile; the peer sees a slow handshake. */
	loop_io_want(&l->listener, 0);
	if (list_is_empty(&l->wait))
		list_append(&env->waiting, &l->wait);
	reached(env, LEG_LIMIT_HANDSHAKES);
	return false;
}

void
leg_leave_queue(struct leg *l)
{
	list_unlink(&l->wait);
	wake_waiting(l->env);
}

void
leg_begin_handshake(struct leg *l)
{
	l->shaking = true;
	l->env->handshakes++;
}

void
leg_settle(struct leg *l)
{
	list_unlink(&l->turn);
	if (!l->shaking)
		return;
	l->shaking = false;
	l->env->handshakes--;
	wake_waiting(l->env);
}

/* ---- handshakes of one turn ---- */

/* After the sockets of the turn: bytes of those who are talking go first. What is left over keeps the loop from
 * sleeping, and has its place in the next turn. */
static void
run_turns(void *arg)
{
	struct leg_env *env = arg;

	for (unsigned i = 0; i < LEG_HANDSHAKES_A_TURN && !list_is_empty(&env->turns); i++) {
		struct leg *l = LIST_OF(env->turns.next, struct leg, turn);

		list_unlink(&l->turn);
		leg_handshake(l, true);
	}
	if (!list_is_empty(&env->turns))
		loop_defer(env->loop, &env->next_turn, run_turns, env);
}

void
leg_queue_handshake(struct leg *l)
{
	if (list_is_empty(&l->turn))
		list_append(&l->env->turns, &l->turn);
	loop_defer(l->env->loop, &l->env->next_turn, run_turns, l->env);
}

/* ---- descriptors ---- */

void
leg_starve(struct leg *l)
{
	/* The listener would wake us for ever. A live connection's end wakes it too. */
	loop_io_want(&l->listener, 0);
	if (leg_get_state(l) == LEG_WAITING)
		leg_set_timer(l, LEG_ACCEPT_RETRY_MS);
	reached(l->env, LEG_LIMIT_DESCRIPTORS);
}

/* ---- a connection that does not come ---- */

void
leg_await(struct leg *l)
{
	bool listens = l->spec.role == LEG_LISTEN || l->spec.role == LEG_PROXY;

	if (l->was_met || !listens || l->spec.gate == GATE_IGNORE || !l->spec.wait_ms) {
		l->await_until = 0;
	} else if (!l->await_until) {
		l->await_until = loop_now_ms(l->env->loop) + l->spec.wait_ms;
		leg_set_timer(l, l->spec.wait_ms);
	}
}

bool
leg_is_forgotten(struct leg *l)
{
	uint64_t now = loop_now_ms(l->env->loop);

	if (!l->await_until)
		return false;
	if (now < l->await_until) {
		leg_set_timer(l, (uint32_t)(l->await_until - now));
		return false;
	}
	leg_meet(l); /* told once */
	return true;
}

void
leg_meet(struct leg *l)
{
	l->was_met = true;
	l->await_until = 0;
}
