/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agw/worker_priv.h"
#include "proto/base/err.h"
#include "proto/base/log.h"

enum { ANSWER_RETRY_MS = 20 };

static void
knock(void *arg)
{
	struct worker *w = arg;

	inbox_knock(w->conf.events);
}

static int
put(struct worker *w, const struct event *e)
{
	loop_defer(w->loop, &w->knock, knock, w);
	return inbox_put(w->conf.events, e);
}

void
worker_post(struct worker *w, const struct event *e)
{
	uint32_t skipped;
	int err = put(w, e);

	if (err)
		worker_count(&w->counters.events_lost, 1);
	if (err && log_limit_pass(&w->log_limit, loop_now_ms(w->loop), &skipped))
		log_error("event lost worker=%u error=\"%s\" skipped=%u", w->conf.index, err_str(err), skipped);
}

static void
on_event(struct relay *r, const struct event *e)
{
	struct worker *w = r->arg;

	switch (e->kind) {
	case EVENT_ACCEPTED:
		worker_count(&w->counters.accepted, 1);
		break;
	case EVENT_CONNECTED:
		worker_count(&w->counters.connected, 1);
		break;
	case EVENT_TLS_UP:
		worker_count(&w->counters.handshakes, 1);
		worker_count(&w->counters.fp_matched, 1);
		break;
	case EVENT_FAILED:
		worker_count_failure(&w->counters, e);
		break;
	case EVENT_CLOSED:
	case EVENT_IDLE:
	case EVENT_STATS:
		break;
	}
	worker_post(w, e);
}

static void
on_refused(struct relay *r)
{
	struct worker *w = r->arg;

	worker_count(&w->counters.refused, 1);
}

static void
on_octets(struct relay *r, uint8_t side, size_t len, bool spliced)
{
	struct worker *w = r->arg;

	worker_count_octets(&w->counters, side, len, spliced);
}

static void
on_msrp(struct relay *r, const struct msrp_stats *more)
{
	struct worker *w = r->arg;

	worker_count_msrp(&w->counters, more);
}

const struct relay_owner worker_owns_relays = {
	.on_event = on_event,
	.on_refused = on_refused,
	.on_octets = on_octets,
	.on_msrp = on_msrp,
};

static void
on_again(struct loop_timer *t)
{
	struct worker *w = t->arg;

	if (put(w, &w->unsent) && !__atomic_load_n(&w->leaving, __ATOMIC_RELAXED))
		loop_timer_set(t, ANSWER_RETRY_MS);
	else
		inbox_resume(w->orders);
}

void
worker_answer(struct worker *w, const struct event *e)
{
	if (put(w, e) == 0)
		return;
	w->unsent = *e;
	inbox_pause(w->orders);
	loop_timer_set(&w->again, ANSWER_RETRY_MS);
}

/* ---- life ---- */

static void
on_limit(void *arg, enum leg_limit which)
{
	struct worker *w = arg;
	uint32_t skipped;

	worker_count(which == LEG_LIMIT_HANDSHAKES ? &w->counters.waits_handshakes : &w->counters.waits_descriptors, 1);
	if (log_limit_pass(&w->limit_log[which], loop_now_ms(w->loop), &skipped))
		log_warning("accepting pauses worker=%u cause=%s handshakes=%u skipped=%u", w->conf.index,
		            which == LEG_LIMIT_HANDSHAKES ? "handshakes" : "descriptors", w->env.handshakes, skipped);
}

static void *
run(void *arg)
{
	struct worker *w = arg;
	char name[16];

	snprintf(name, sizeof(name), "worker-%u", w->conf.index % 1000);
	pthread_setname_np(pthread_self(), name);
	loop_run(w->loop);
	return NULL;
}

struct worker *
worker_new(struct loop *l, const struct worker_conf *conf)
{
	struct worker *w = calloc(1, sizeof(*w));
	const char *what = "memory";

	if (!w)
		goto fail;
	w->conf = *conf;
	w->own_loop = l == NULL;
	loop_defer_init(&w->knock);
	w->loop = l ? l : loop_new();
	if (!w->loop || leg_env_init(&w->env, w->loop))
		goto fail;
	w->env.copies = conf->copies;
	w->env.ktls = conf->ktls;
	w->env.handshakes_max = conf->max_handshakes;
	w->env.lingers_max = conf->max_lingers;
	w->env.keepalive_s = conf->keepalive_s;
	w->env.dead_s = conf->dead_s;
	w->env.msrp = conf->msrp;
	w->env.on_limit = on_limit;
	w->env.limit_arg = w;
	loop_timer_init(&w->again, w->loop, on_again, w);
	w->env.filters = conf->filters;
	w->env.is_gated = conf->is_gated;
	w->orders = inbox_new(w->loop, sizeof(struct order), worker_do_order, w);
	if (!w->orders)
		goto fail;
	inbox_set_max(w->orders, WORKER_ORDERS_MAX);
	what = "thread";
	if (w->own_loop && pthread_create(&w->thread, NULL, run, w))
		goto fail;
	w->started = w->own_loop;
	return w;
fail:
	log_error("cannot start a worker worker=%u missing=%s", conf->index, what);
	worker_free(w);
	return NULL;
}

int
worker_order(struct worker *w, const struct order *o)
{
	return inbox_post(w->orders, o);
}

void
worker_free(struct worker *w)
{
	const struct order quit = { .kind = ORDER_QUIT, .listen_fd = { -1, -1 } };

	if (!w)
		return;
	__atomic_store_n(&w->leaving, true, __ATOMIC_RELAXED);
	if (w->started) {
		/* Beyond WORKER_ORDERS_MAX letters it is only a matter of time until there is room. */
		while (worker_order(w, &quit) != 0)
			usleep(1000);
		pthread_join(w->thread, NULL);
	}
	worker_drop_all(w);
	loop_timer_stop(&w->again);
	if (w->orders)
		inbox_free(w->orders, worker_drop_order);
	loop_defer_cancel(&w->knock);
	/* The loop runs what was deferred: the entries' memory. In a borrowed loop that is its next turn. */
	if (w->loop && w->env.loop)
		leg_env_fini(&w->env);
	if (w->own_loop)
		loop_free(w->loop);
	free(w);
}

void
worker_read_counters(const struct worker *w, struct worker_counters *c)
{
	worker_copy_counters(&w->counters, &w->env, c);
}
