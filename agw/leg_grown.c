/* SPDX-License-Identifier: BSD-2-Clause */
/* What only a connection that lasts needs: probes for a peer that fell silent, and the time after which it is dead. They
 * cost four system calls, and most connections are over before either could matter. All wait equally long for them,
 * so that one queue in order of age and one timer serve a worker. */
#include "agw/leg.h"

#include "agw/leg_priv.h"
#include "proto/io/sock.h"

enum {
	GROWN_MS = 5000,
	ROUND_MS = 250, /* between two looks, however many there are */
};

/* Not later than they could first matter: the kernel counts a silence from its beginning, not from the call. */
static uint64_t
grown_ms(const struct leg_env *env)
{
	uint64_t ms = GROWN_MS;

	if (env->keepalive_s && env->keepalive_s < ms / 1000)
		ms = env->keepalive_s * 1000;
	if (env->dead_s && env->dead_s < ms / 1000)
		ms = env->dead_s * 1000;
	return ms;
}

static void
look_again(struct leg_env *env)
{
	const struct leg *first = LIST_OF(env->young.next, struct leg, young);
	uint64_t due = first->born_ms + grown_ms(env), now = loop_now_ms(env->loop);

	loop_timer_set(&env->grown, due > now + ROUND_MS ? due - now : ROUND_MS);
}

static void
on_grown(struct loop_timer *t)
{
	struct leg_env *env = t->arg;
	uint64_t now = loop_now_ms(env->loop), age = grown_ms(env);

	while (!list_is_empty(&env->young)) {
		struct leg *l = LIST_OF(env->young.next, struct leg, young);

		if (now - l->born_ms < age) {
			look_again(env);
			return;
		}
		list_unlink(&l->young);
		(void)sock_set_liveness(l->fd, env->keepalive_s, env->dead_s);
	}
}

void
leg_grown_init(struct leg_env *env)
{
	list_init(&env->young);
	loop_timer_init(&env->grown, env->loop, on_grown, env);
}

void
leg_grown_fini(struct leg_env *env)
{
	loop_timer_stop(&env->grown);
}

void
leg_grow(struct leg *l)
{
	struct leg_env *env = l->env;

	if (env->keepalive_s == 0 && env->dead_s == 0)
		return;
	l->born_ms = loop_now_ms(env->loop);
	list_append(&env->young, &l->young);
	if (!loop_timer_is_set(&env->grown))
		look_again(env);
}
