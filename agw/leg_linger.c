/* SPDX-License-Identifier: BSD-2-Clause */
/* How a connection's socket ends. close(2) while the peer still sends makes a RST, and whoever meets that in the midst of
 * sending never comes to read what we said last: the alert that tells why, or close_notify behind the last octets. Where
 * that may be, the socket lingers on without its leg: FIN is out, and what comes is thrown away unopened until the
 * peer ends too, within bounds of time, octets and number. The leg, and whoever is to hear of the end, wait for
 * nothing. */
#include "agw/leg.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agw/leg_priv.h"
#include "agw/tls.h"

struct lingerer {
	struct leg_env *env;
	struct list node;
	struct loop_io io;
	struct loop_timer timer;
	struct loop_defer gone;
	size_t octets; /* thrown away */
	bool ktls;
};

static void
count(struct leg_env *env, enum leg_linger end)
{
	uint64_t *n = &env->linger_ends[end];

	__atomic_store_n(n, __atomic_load_n(n, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

static void
free_lingerer(void *arg)
{
	free(arg);
}

static void
let_go(struct lingerer *g, enum leg_linger end)
{
	int fd = g->io.fd;

	count(g->env, end);
	loop_timer_stop(&g->timer);
	loop_io_stop(&g->io);
	close(fd);
	list_unlink(&g->node);
	g->env->n_lingering--;
	loop_defer(g->env->loop, &g->gone, free_lingerer, g);
}

static void
on_late(struct loop_timer *t)
{
	let_go(t->arg, LEG_LINGER_LATE);
}

static void
on_io(struct loop_io *io, unsigned ready)
{
	struct lingerer *g = io->arg;
	/* The kernel's TLS knows no other way than to open its records. */
	ssize_t n = ready & LOOP_READ ? recv(io->fd, g->env->in, LEG_READ_MAX, g->ktls ? 0 : MSG_TRUNC) : 0;

	if (n > 0) {
		g->octets += (size_t)n;
		if (g->octets >= LEG_LINGER_OCTETS)
			let_go(g, LEG_LINGER_FLOODED);
	} else if (n == 0 || (!g->ktls && errno != EAGAIN && errno != EINTR)) {
		let_go(g, LEG_LINGER_HEARD);
	} else if (g->ktls && errno != EAGAIN && errno != EINTR) {
		/* A record that it does not give, such as a broken one: only the end can still be waited for. */
		loop_io_want(io, LOOP_GONE);
	}
}

void
leg_linger_fini(struct leg_env *env)
{
	while (!list_is_empty(&env->lingering))
		let_go(LIST_OF(env->lingering.next, struct lingerer, node), LEG_LINGER_LATE);
}

/* Takes the socket, which no watcher has any more. False: it is to be closed. */
static bool
begin(struct leg *l)
{
	struct leg_env *env = l->env;
	struct lingerer *g;

	if (env->lingers_max && env->n_lingering >= env->lingers_max) {
		count(env, LEG_LINGER_FULL);
		return false;
	}
	/* Fails when the peer's RST is here already. */
	if (shutdown(l->fd, SHUT_WR) != 0 || !(g = calloc(1, sizeof(*g))))
		return false;
	g->env = env;
	g->ktls = l->ktls;
	list_append(&env->lingering, &g->node);
	env->n_lingering++;
	loop_defer_init(&g->gone);
	loop_timer_init(&g->timer, env->loop, on_late, g);
	loop_timer_set(&g->timer, LEG_LINGER_MS);
	loop_io_init(&g->io, env->loop, l->fd, on_io, g);
	loop_io_want(&g->io, LOOP_READ);
	return true;
}

bool
leg_is_heard(const struct leg *l)
{
	return leg_takes_input(l) &&
	       (!(l->io.want & LOOP_READ) || loop_now_ms(l->env->loop) - l->heard_ms < LEG_HEARD_MS);
}

static void
close_socket(struct leg *l, bool reset)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	loop_io_stop(&l->io);
	if (reset)
		setsockopt(l->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	else if (l->lingers && begin(l))
		return;
	else if (l->tls && l->reason != REASON_NONE)
		/* What is unread now, at least, makes no RST. */
		(void)!recv(l->fd, l->env->in, LEG_READ_MAX, MSG_DONTWAIT);
	close(l->fd);
}

void
leg_drop(struct leg *l, bool reset)
{
	if (l->fd >= 0)
		close_socket(l, reset);
	l->fd = -1;
	leg_settle(l);
	list_unlink(&l->young);
	list_unlink(&l->probed);
	tls_free(l->tls);
	l->tls = NULL;
	bufq_clear(&l->env->pool, &l->out);
	bufpool_give_back(&l->env->pool, l->unread);
	l->unread = NULL;
	l->is_bulk = l->pressed = l->is_relatched = l->ktls = l->bye = l->in_part = l->has_sent = l->is_prompt = false;
	l->has_ended = l->lingers = false;
}
