/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <unistd.h>

/* Out of memory is an answer to one order here, not the end of the program. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(e) ((e)->entered = false)
#include <uthash.h>

#include "agw/worker_priv.h"

struct worker_entry {
	struct relay relay;
	struct loop_defer gone;
	bool entered; /* in the hash; false while it waits to be freed */
	UT_hash_handle hh;
};

static struct worker_entry *
find(struct worker *w, slot_id id)
{
	struct worker_entry *e;

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
drop_entry(struct worker *w, struct worker_entry *e)
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
	worker_post(w, &e);
}

static void
do_open(struct worker *w, const struct order *o)
{
	struct worker_entry *e = NULL;

	if (!find(w, o->relay) && HASH_COUNT(w->relays) < w->conf.max_relays)
		e = calloc(1, sizeof(*e));
	if (!e) {
		refuse_order(w, o, REASON_OVERLOAD);
		return;
	}
	loop_defer_init(&e->gone);
	relay_init(&e->relay, &w->env, o->relay, &worker_owns_relays, w);
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
	struct worker_entry *e = find(w, o->relay);

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
	struct worker_entry *e = find(w, o->relay);

	if (e) {
		relay_stats(&e->relay, &ev);
		ev.closed = o->kind == ORDER_CLOSE;
		if (ev.closed)
			drop_entry(w, e);
	}
	worker_answer(w, &ev);
}

void
worker_drop_all(struct worker *w)
{
	struct worker_entry *e, *next;

	HASH_ITER(hh, w->relays, e, next) {
		drop_entry(w, e);
	}
}

void
worker_do_order(void *arg, void *letter)
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
		worker_drop_all(w);
		if (w->own_loop)
			loop_stop(w->loop);
		break;
	}
}

void
worker_drop_order(void *arg, void *letter)
{
	const struct order *o = letter;

	(void)arg;
	if (o->kind == ORDER_OPEN || o->kind == ORDER_CHANGE)
		close_fds(o);
}
