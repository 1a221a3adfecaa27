/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/loop.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "proto/io/loop_priv.h"

/* ---- clock ---- */

static uint64_t
clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void
on_check(struct ev_loop *ev, ev_check *w, int revents)
{
	struct loop *l = w->data;

	(void)ev;
	(void)revents;
	if (!l->is_sim)
		l->now_ms = clock_ms();
}

uint64_t
loop_now_ms(const struct loop *l)
{
	return l->is_sim || l->in_turn ? l->now_ms : clock_ms();
}

/* ---- life ---- */

static void
on_alarm(struct ev_loop *ev, ev_timer *w, int revents)
{
	(void)ev;
	(void)w;
	(void)revents; /* it only ended the wait; the heap is looked at every turn */
}

static struct loop *
make(bool is_sim, uint64_t now_ms)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	/* NOENV: a privileged daemon does not choose its backend by the caller's environment. */
	l->ev = ev_loop_new(EVFLAG_NOENV);
	if (!l->ev || !loop_watch_gone(l)) {
		if (l->ev)
			ev_loop_destroy(l->ev);
		free(l);
		return NULL;
	}
	l->is_sim = is_sim;
	l->sim_fd = -1;
	l->now_ms = now_ms;
	list_init(&l->deferred);
	ev_check_init(&l->check, on_check);
	ev_set_priority(&l->check, EV_MAXPRI);
	l->check.data = l;
	ev_check_start(l->ev, &l->check);
	ev_timer_init(&l->alarm, on_alarm, 0., 0.);
	return l;
}

struct loop *
loop_new(void)
{
	return make(false, clock_ms());
}

struct loop *
loop_new_sim(uint64_t now_ms)
{
	struct loop *l = make(true, now_ms);

	if (l)
		loop_sim_init(l);
	return l;
}

static void
run_deferred(struct loop *l)
{
	struct list batch;

	if (list_is_empty(&l->deferred))
		return;
	/* What these defer in turn waits for the next turn, so that the work of one turn ends. */
	list_init(&batch);
	list_append(&l->deferred, &batch);
	list_unlink(&l->deferred);
	while (!list_is_empty(&batch)) {
		struct loop_defer *d = LIST_OF(batch.next, struct loop_defer, node);

		list_unlink(&d->node);
		l->ran++;
		d->fn(d->arg); /* frees d, as a rule */
	}
}

void
loop_free(struct loop *l)
{
	if (!l)
		return;
	while (!list_is_empty(&l->deferred))
		run_deferred(l);
	for (unsigned i = 0; i < l->n_signals; i++)
		ev_signal_stop(l->ev, &l->signals[i].ev);
	if (l->sim_fd >= 0)
		close(l->sim_fd);
	loop_unwatch_gone(l);
	ev_timer_stop(l->ev, &l->alarm);
	ev_check_stop(l->ev, &l->check);
	ev_loop_destroy(l->ev);
	free(l);
}

/* ---- turning ---- */

static void
run_timers(struct loop *l)
{
	uint32_t next_seq = l->timers.seq;
	struct loop_timer *t;

	/* A timer set from here on has a later seq and waits for the next turn, even with 0 ms. */
	while ((t = timer_heap_first(&l->timers)) != NULL && t->due_ms <= l->now_ms &&
	       (int32_t)(t->seq - next_seq) < 0) {
		timer_heap_remove(&l->timers, t);
		l->ran++;
		t->fn(t);
	}
}

/* Longest wait until a timer or deferred work needs the loop. */
static uint64_t
wait_ms(const struct loop *l, uint64_t at_most)
{
	const struct loop_timer *t = timer_heap_first(&l->timers);

	if (!list_is_empty(&l->deferred) || (t && t->due_ms <= l->now_ms))
		return 0;
	if (t && !l->is_sim && t->due_ms - l->now_ms < at_most)
		return t->due_ms - l->now_ms;
	return at_most;
}

static void
set_alarm(struct loop *l, uint64_t wait)
{
	uint64_t due = wait == UINT64_MAX ? UINT64_MAX : l->now_ms + wait;

	if (ev_is_active(&l->alarm) && l->alarm_ms == due && !l->is_sim)
		return;
	ev_timer_stop(l->ev, &l->alarm);
	l->alarm_ms = due;
	if (due == UINT64_MAX)
		return;
	/* Half a millisecond more: waking just before the tick would cost a second turn. */
	ev_timer_set(&l->alarm, (double)wait / 1e3 + 5e-4, 0.);
	ev_timer_start(l->ev, &l->alarm);
}

bool
loop_turn(struct loop *l, uint64_t at_most)
{
	uint64_t before = l->ran;
	uint64_t wait;

	assert(!l->in_turn);
	wait = wait_ms(l, at_most);
	if (wait)
		set_alarm(l, wait);
	l->in_turn = true;
	ev_run(l->ev, wait ? EVRUN_ONCE : EVRUN_NOWAIT);
	run_timers(l);
	run_deferred(l);
	l->in_turn = false;
	return l->ran != before;
}

void
loop_run(struct loop *l)
{
	l->stopped = false;
	if (!l->is_sim)
		l->now_ms = clock_ms();
	while (!l->stopped)
		loop_turn(l, UINT64_MAX);
}

void
loop_stop(struct loop *l)
{
	l->stopped = true;
}

bool
loop_poll(struct loop *l)
{
	return loop_turn(l, 0);
}
