/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of loop: the only ones that know libev. */
#pragma once

#include <ev.h>

#include "proto/io/loop.h"
#include "proto/io/timer_heap.h"

enum { LOOP_SIGNALS_MAX = 8 };

struct loop_wake {
	struct loop *loop;
	loop_fn fn;
	void *arg;
	ev_async async;
};

struct loop_sig {
	struct loop *loop;
	loop_fn fn;
	void *arg;
	ev_signal ev;
};

struct loop {
	struct ev_loop *ev;
	ev_check check;  /* takes the time once a turn, before the callbacks */
	ev_timer alarm;  /* ends the wait when the first timer of the heap is due */
	uint64_t alarm_ms;
	bool is_sim, in_turn, stopped;
	unsigned sim_wait_ms;
	int sim_fd; /* UDP to itself, on loopback; or -1 */
	uint64_t now_ms;
	uint64_t ran;    /* callbacks, to tell whether a turn did anything */
	ev_io gone;      /* watches gone_fd */
	int gone_fd;     /* the epoll set of those who want LOOP_GONE or LOOP_BROKEN */
	struct timer_heap timers;
	struct list deferred;
	struct loop_sig signals[LOOP_SIGNALS_MAX];
	unsigned n_signals;
};

/* One turn, which waits at_most ms for something to do; true when a callback ran. */
bool loop_turn(struct loop *l, uint64_t at_most);
/* In loop_sim.c: what a simulated loop has besides. */
void loop_sim_init(struct loop *l);
/* In loop_watch.c: makes gone_fd and watches it; false when out of descriptors. */
bool loop_watch_gone(struct loop *l);
void loop_unwatch_gone(struct loop *l);
