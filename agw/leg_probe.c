/* SPDX-License-Identifier: BSD-2-Clause */
/* A peer that vanished without a word, having lost its network or its battery, leaves a connection that seems to live, and
 * would lock out its own successor until the ordinary keepalive finds it dead, minutes later. So a newcomer whom
 * the gate lets in, and who is refused for it, has the old peer asked at once, once a second. Who lives answers and
 * notices nothing; who does not has made way when the newcomer tries again. The newcomer decides nothing: the
 * verdict is about what the old peer's TCP does, as the kernel tells it. */
#include "agw/leg_probe.h"

#include "agw/leg.h"
#include "agw/leg_priv.h"

enum leg_probe
leg_probe_judge(const struct sock_silence *s, uint64_t asked_ms)
{
	if (s->silent_ms < asked_ms)
		return LEG_PROBE_ANSWERED;
	if (s->unanswered >= LEG_PROBE_UNANSWERED_MIN && s->silent_ms >= LEG_PROBE_SILENT_MS)
		return LEG_PROBE_DEAD;
	return asked_ms >= LEG_PROBE_MS ? LEG_PROBE_UNSURE : LEG_PROBE_GOES_ON;
}

/* All wait equally long for the next look: the list is in order of time. */
static void
queue(struct leg *l)
{
	struct leg_env *env = l->env;

	l->look_ms = loop_now_ms(env->loop) + LEG_PROBE_LOOK_MS;
	list_append(&env->probed, &l->probed);
	if (!loop_timer_is_set(&env->look))
		loop_timer_set(&env->look, LEG_PROBE_LOOK_MS);
}

/* For the newcomer's sake it is an end like any other, and the call goes on: to tell a failure would end it. */
static void
look(struct leg *l)
{
	struct leg_env *env = l->env;
	uint64_t asked_at = l->ask_ms - LEG_PROBE_MS;
	enum leg_probe end = LEG_PROBE_UNSURE;
	struct sock_silence s;

	if (sock_silence(l->fd, &s) == 0)
		end = leg_probe_judge(&s, loop_now_ms(env->loop) - asked_at);
	if (end == LEG_PROBE_GOES_ON) {
		queue(l);
		return;
	}
	__atomic_store_n(&env->probe_ends[end], env->probe_ends[end] + 1, __ATOMIC_RELAXED);
	if (end == LEG_PROBE_DEAD)
		leg_fail(l, REASON_PEER_RESET, 0, "the peer vanished, and a new one came");
	else
		(void)sock_set_liveness(l->fd, env->keepalive_s, env->dead_s);
}

static void
on_look(struct loop_timer *t)
{
	struct leg_env *env = t->arg;
	uint64_t now = loop_now_ms(env->loop);

	while (!list_is_empty(&env->probed)) {
		struct leg *l = LIST_OF(env->probed.next, struct leg, probed);

		if (l->look_ms > now) {
			loop_timer_set(t, (uint32_t)(l->look_ms - now));
			return;
		}
		list_unlink(&l->probed);
		look(l);
	}
}

void
leg_probe_init(struct leg_env *env)
{
	list_init(&env->probed);
	loop_timer_init(&env->look, env->loop, on_look, env);
}

void
leg_probe_fini(struct leg_env *env)
{
	loop_timer_stop(&env->look);
}

void
leg_probe(struct leg *l)
{
	uint64_t now = loop_now_ms(l->env->loop);

	if (now < l->ask_ms || !list_is_empty(&l->probed) || sock_probe(l->fd) != 0)
		return;
	l->ask_ms = now + LEG_PROBE_MS;
	list_unlink(&l->young); /* whoever answers is told what it would have been, in place of leg_grown.c */
	queue(l);
}
