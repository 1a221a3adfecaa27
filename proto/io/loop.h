/* SPDX-License-Identifier: BSD-2-Clause */
/* One event loop a thread: descriptors by libev, timers on our own clock so that tests can turn it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/list.h"

struct loop;
struct loop_io;
struct loop_timer;
struct loop_wake;

enum loop_want {
	LOOP_READ = 1,
	LOOP_WRITE = 2,
	/* One of them, told once, whatever waits to be read before it: */
	LOOP_GONE = 4,   /* the peer's FIN or RST came, or it is not there any more */
	LOOP_BROKEN = 8, /* the same without FIN, unless ours has gone too */
};

typedef void (*loop_io_fn)(struct loop_io *io, unsigned ready);
typedef void (*loop_timer_fn)(struct loop_timer *t);
typedef void (*loop_fn)(void *arg);

/* A descriptor watcher, embedded in its user. The fd is borrowed. */
struct loop_io {
	struct loop *loop;
	void *arg; /* the user's object */
	loop_io_fn fn;
	int fd;
	unsigned want;    /* of enum loop_want, now asked for */
	void *backend[6]; /* room for libev's watcher, so that this header does not need ev.h */
};

/* A one-shot timer, embedded in its user. It is its own heap node, so that arming can never fail. */
struct loop_timer {
	struct loop *loop;
	void *arg;
	loop_timer_fn fn;
	uint64_t due_ms;
	struct loop_timer *child, *next, *prev; /* pairing heap; prev is the parent for a first child */
	uint32_t seq;                           /* order of arming: equal times fire in it */
	bool armed;
};

/* Work for the end of the turn: freeing what a callback may still be standing on. */
struct loop_defer {
	struct list node;
	loop_fn fn;
	void *arg;
};

/* Real clock (CLOCK_MONOTONIC). NULL when out of memory or descriptors. */
struct loop *loop_new(void);
/* Starts at now_ms and moves only by loop_sim_run(). */
struct loop *loop_new_sim(uint64_t now_ms);
/* All watchers must be stopped before. */
void loop_free(struct loop *l);

/* Milliseconds, monotonic; constant during one turn. */
uint64_t loop_now_ms(const struct loop *l);
/* Runs until loop_stop(). */
void loop_run(struct loop *l);
/* From a callback of this loop. */
void loop_stop(struct loop *l);
/* One turn without waiting; true when a callback ran. */
bool loop_poll(struct loop *l);
/* Simulation: turns until done(arg) is true, and whenever descriptors are quiet moves the clock to the next
 * timer, by at most budget_ms in all. False when the budget ended first (the clock then stands at its end; before, a
 * kernel that is late got half a second of real time, if there was a budget), or with a log line when callbacks keep
 * running without the clock moving. done may be NULL: never. */
bool loop_sim_run(struct loop *l, uint64_t budget_ms, bool (*done)(void *arg), void *arg);
/* Simulation: real milliseconds to wait for the kernel before the clock moves (1). 0 is faster, and then bytes on
 * loopback may, rarely, come after a timer that they should have come before. */
void loop_sim_patience(struct loop *l, unsigned wait_ms);

void loop_io_init(struct loop_io *io, struct loop *l, int fd, loop_io_fn fn, void *arg);
/* Sets what is waited for (0 stops). Cheap when nothing changes. Legal in callbacks, its own too. */
void loop_io_want(struct loop_io *io, unsigned want);
/* Stops and forgets the fd; call before close(2). Idempotent; legal on a zeroed struct. */
void loop_io_stop(struct loop_io *io);

void loop_timer_init(struct loop_timer *t, struct loop *l, loop_timer_fn fn, void *arg);
/* (Re)arms to fire once, after_ms from now. Never fails. Timers of the same time fire in order of arming. */
void loop_timer_set(struct loop_timer *t, uint64_t after_ms);
/* Idempotent; legal on a zeroed struct. */
void loop_timer_stop(struct loop_timer *t);
static inline bool
loop_timer_is_set(const struct loop_timer *t)
{
	return t->armed;
}

/* Runs fn(arg) after the callbacks of this turn. d must live until then; a second call is a no-op. */
void loop_defer(struct loop *l, struct loop_defer *d, loop_fn fn, void *arg);
void loop_defer_init(struct loop_defer *d);
/* Takes it back if it has not run yet. */
void loop_defer_cancel(struct loop_defer *d);

/* Wakes this loop from any thread or from a signal handler; fn runs in the loop's thread. NULL on failure. */
struct loop_wake *loop_wake_new(struct loop *l, loop_fn fn, void *arg);
void loop_wake_send(struct loop_wake *w);
void loop_wake_free(struct loop_wake *w);
/* Calls fn(arg) in the loop when the signal comes. ERR_LIMIT when there is no room. */
int loop_signal(struct loop *l, int signum, loop_fn fn, void *arg);
