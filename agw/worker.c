/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/worker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Out of memory is an answer to one order here, not the end of the program. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(e) ((e)->entered = false)
#include <uthash.h>

#include "agw/relay.h"
#include "agw/worker_count.h"
#include "proto/base/err.h"
#include "proto/base/log.h"

struct entry {
	struct relay relay;
	struct worker *worker;
	struct loop_defer gone;
	bool entered; /* in the hash; false while it waits to be freed */
	UT_hash_handle hh;
};

struct worker {
	struct worker_conf conf;
	struct loop *loop;
	bool own_loop, started;
	pthread_t thread;
	struct inbox *orders;
	struct leg_env env;
	struct entry *relays;
	struct worker_counters counters;
	struct loop_defer knock; /* wakes control once a turn, however much happened in it */
	struct log_limit log_limit, limit_log[LEG_LIMITS];
	/* An answer that found no room: orders wait behind it, and it is posted again. */
	struct event unsent;
	struct loop_timer again;
	bool leaving; /* set by the control thread: it reads no events any more */
};

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

static void
post(struct worker *w, const struct event *e)
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
	post(w, e);
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

static const struct relay_owner relay_owner = {
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

/* Somebody waits for it: unlike other events it is never lost. */
static void
answer(struct worker *w, const struct event *e)
{
	if (put(w, e) == 0)
		return;
	w->unsent = *e;
	inbox_pause(w->orders);
	loop_timer_set(&w->again, ANSWER_RETRY_MS);
}

/* ---- relays ---- */

static struct entry *
find(struct worker *w, slot_id id)
{
	struct entry *e;

	HASH_FIND(hh, w->relays, &id, sizeof(id), e);
	return e;
}

static void
free_entry(void *arg)
{
	free(arg);
}

/* Inert at once; the memory goes at the end of the turn, when no callback can stand on it. */
static void
drop_entry(struct worker *w, struct entry *e)
{
	relay_fini(&e->relay);
	HASH_DEL(w->relays, e);
	e->entered = false;
	worker_count(&w->counters.relays, (uint64_t)-1);
	loop_defer(w->loop, &e->gone, free_entry, e);
}

static void
close_fds(const struct order *o)
{
	for (unsigned side = 0; side < 2; side++)
		if (o->listen_fd[side] >= 0)
			close(o->listen_fd[side]);
}

static void
refuse_order(struct worker *w, const struct order *o, enum reason why)
{
	const struct event e = { .kind = EVENT_FAILED, .relay = o->relay, .tag = o->tag, .side = o->side, .reason = why };

	close_fds(o);
	post(w, &e);
}

static void
do_open(struct worker *w, const struct order *o)
{
	struct entry *e = NULL;

	if (!find(w, o->relay) && HASH_COUNT(w->relays) < w->conf.max_relays)
		e = calloc(1, sizeof(*e));
	if (!e) {
		refuse_order(w, o, REASON_OVERLOAD);
		return;
	}
	loop_defer_init(&e->gone);
	e->worker = w;
	relay_init(&e->relay, &w->env, o->relay, &relay_owner, w);
	e->entered = true;
	HASH_ADD(hh, w->relays, relay.id, sizeof(e->relay.id), e);
	if (!e->entered) {
		free(e);
		refuse_order(w, o, REASON_OVERLOAD);
		return;
	}
	worker_count(&w->counters.relays, 1);
	relay_open(&e->relay, o);
}

static void
do_change(struct worker *w, const struct order *o)
{
	struct entry *e = find(w, o->relay);

	/* The order crossed the relay's end; whoever closed it knows. */
	if (!e)
		close_fds(o);
	else
		relay_change(&e->relay, o);
}

static void
do_report(struct worker *w, const struct order *o)
{
	struct event ev = { .kind = EVENT_STATS, .relay = o->relay, .tag = o->tag, .closed = true };
	struct entry *e = find(w, o->relay);

	if (e) {
		relay_stats(&e->relay, &ev);
		ev.closed = o->kind == ORDER_CLOSE;
		if (ev.closed)
			drop_entry(w, e);
	}
	answer(w, &ev);
}

static void
drop_all(struct worker *w)
{
	struct entry *e, *next;

	HASH_ITER(hh, w->relays, e, next) {
		drop_entry(w, e);
	}
}

static void
on_order(void *arg, void *letter)
{
	const struct order *o = letter;
	struct worker *w = arg;

	switch (o->kind) {
	case ORDER_OPEN:
		do_open(w, o);
		break;
	case ORDER_CHANGE:
		do_change(w, o);
		break;
	case ORDER_CLOSE:
	case ORDER_STATS:
		do_report(w, o);
		break;
	case ORDER_QUIT:
		drop_all(w);
		if (w->own_loop)
			loop_stop(w->loop);
		break;
	}
}

static void
drop_order(void *arg, void *letter)
{
	const struct order *o = letter;

	(void)arg;
	if (o->kind == ORDER_OPEN || o->kind == ORDER_CHANGE)
		close_fds(o);
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
	w->orders = inbox_new(w->loop, sizeof(struct order), on_order, w);
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
	drop_all(w);
	loop_timer_stop(&w->again);
	if (w->orders)
		inbox_free(w->orders, drop_order);
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
