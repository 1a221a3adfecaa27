/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/loop.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/tmain.h"

/* ---- descriptors ---- */

struct end {
	struct loop_io io;
	struct end *victim;
	int reads, writes, gone;
	bool stop_self;
};

static void
on_end(struct loop_io *io, unsigned ready)
{
	struct end *e = io->arg;
	char buf[64];

	if (ready & LOOP_READ) {
		e->reads++;
		CU_ASSERT(read(io->fd, buf, sizeof(buf)) >= 0);
	}
	if (ready & LOOP_WRITE) {
		e->writes++;
		loop_io_want(io, io->want & ~(unsigned)LOOP_WRITE);
	}
	e->gone += ready & LOOP_GONE ? 1 : 0;
	if (e->victim)
		loop_io_stop(&e->victim->io);
	if (e->stop_self)
		loop_io_stop(io);
}

static bool
has_read(void *arg)
{
	return ((struct end *)arg)->reads > 0;
}

static void
descriptors_report_what_is_wanted_only(void)
{
	struct loop *l = loop_new_sim(0);
	struct end e = { 0 };
	int sv[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
	loop_io_stop(&e.io); /* zeroed */
	loop_io_init(&e.io, l, sv[0], on_end, &e);
	CU_ASSERT_FALSE(loop_poll(l));
	loop_io_want(&e.io, LOOP_READ);
	CU_ASSERT_FALSE(loop_poll(l));
	CU_ASSERT_EQUAL(write(sv[1], "x", 1), 1);
	CU_ASSERT(loop_poll(l));
	CU_ASSERT_EQUAL(e.reads, 1);
	CU_ASSERT_EQUAL(e.writes, 0);
	loop_io_want(&e.io, LOOP_READ | LOOP_WRITE);
	CU_ASSERT(loop_poll(l));
	CU_ASSERT_EQUAL(e.writes, 1);
	CU_ASSERT_FALSE(loop_poll(l));
	loop_io_want(&e.io, 0);
	CU_ASSERT_EQUAL(write(sv[1], "x", 1), 1);
	CU_ASSERT_FALSE(loop_poll(l));
	loop_io_want(&e.io, LOOP_READ);
	CU_ASSERT(loop_sim_run(l, 0, has_read, &e));
	loop_io_stop(&e.io);
	loop_io_stop(&e.io);
	loop_io_want(&e.io, 0);
	close(sv[0]);
	close(sv[1]);
	loop_free(l);
}

static void
a_watcher_stopped_by_another_callback_stays_silent(void)
{
	struct loop *l = loop_new_sim(0);
	struct end e[2] = { 0 };
	int a[2], b[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, a), 0);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b), 0);
	e[0].victim = &e[1];
	e[1].victim = &e[0];
	e[0].stop_self = e[1].stop_self = true;
	loop_io_init(&e[0].io, l, a[0], on_end, &e[0]);
	loop_io_init(&e[1].io, l, b[0], on_end, &e[1]);
	loop_io_want(&e[0].io, LOOP_READ);
	loop_io_want(&e[1].io, LOOP_READ);
	CU_ASSERT_EQUAL(write(a[1], "x", 1), 1);
	CU_ASSERT_EQUAL(write(b[1], "x", 1), 1);
	CU_ASSERT(loop_poll(l));
	CU_ASSERT_FALSE(loop_poll(l));
	CU_ASSERT_EQUAL(e[0].reads + e[1].reads, 1);
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
	loop_free(l);
}

static void
a_new_descriptor_of_the_same_number_is_watched(void)
{
	struct loop *l = loop_new_sim(0);
	struct end e = { 0 };

	for (int i = 1; i <= 3; i++) {
		int sv[2];

		CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
		loop_io_init(&e.io, l, sv[0], on_end, &e);
		loop_io_want(&e.io, LOOP_READ);
		CU_ASSERT_FALSE(loop_poll(l));
		CU_ASSERT_EQUAL(write(sv[1], "x", 1), 1);
		CU_ASSERT(loop_poll(l));
		CU_ASSERT_EQUAL(e.reads, i);
		loop_io_stop(&e.io);
		close(sv[0]);
		close(sv[1]);
	}
	loop_free(l);
}

/* ---- deferred work ---- */

struct later {
	struct loop *loop;
	struct loop_defer defer, next;
	int ran, ran_next;
};

static void
run_next(void *arg)
{
	((struct later *)arg)->ran_next++;
}

static void
run_later(void *arg)
{
	struct later *d = arg;

	d->ran++;
	loop_defer(d->loop, &d->next, run_next, d);
}

static void
an_end_is_told_once_and_before_what_waits_to_be_read(void)
{
	struct loop *l = loop_new_sim(0);

	for (int i = 0; i < 3; i++) {
		struct end e = { 0 };
		int sv[2];

		CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
		loop_io_init(&e.io, l, sv[0], on_end, &e);
		loop_io_want(&e.io, LOOP_GONE);
		CU_ASSERT_EQUAL(write(sv[1], "x", 1), 1);
		CU_ASSERT_FALSE(loop_poll(l));
		CU_ASSERT_EQUAL(e.gone, 0);
		if (i == 1)
			loop_io_want(&e.io, 0);
		CU_ASSERT_EQUAL(i == 2 ? close(sv[1]) : shutdown(sv[1], SHUT_WR), 0);
		loop_sim_run(l, 10, NULL, NULL);
		CU_ASSERT_EQUAL(e.gone, i != 1);
		CU_ASSERT_EQUAL(e.io.want, 0);
		loop_io_want(&e.io, LOOP_READ);
		CU_ASSERT(loop_poll(l));
		CU_ASSERT_EQUAL(e.reads, 1);
		loop_io_stop(&e.io);
		close(sv[0]);
		if (i != 2)
			close(sv[1]);
	}
	loop_free(l);
}

static void
deferred_work_runs_once_at_the_end_of_the_turn(void)
{
	struct loop *l = loop_new_sim(0);
	struct later d = { .loop = l };

	loop_defer_init(&d.defer);
	loop_defer_init(&d.next);
	loop_defer(l, &d.defer, run_later, &d);
	loop_defer(l, &d.defer, run_later, &d);
	CU_ASSERT_EQUAL(d.ran, 0);
	CU_ASSERT(loop_poll(l));
	CU_ASSERT_EQUAL(d.ran, 1);
	CU_ASSERT_EQUAL(d.ran_next, 0);
	CU_ASSERT(loop_poll(l));
	CU_ASSERT_EQUAL(d.ran_next, 1);
	CU_ASSERT_FALSE(loop_poll(l));
	loop_defer(l, &d.defer, run_later, &d);
	loop_defer_cancel(&d.defer);
	CU_ASSERT_FALSE(loop_poll(l));
	loop_defer(l, &d.defer, run_later, &d);
	loop_free(l); /* runs what is left, so that nothing leaks */
	CU_ASSERT_EQUAL(d.ran, 2);
	CU_ASSERT_EQUAL(d.ran_next, 2);
}

/* ---- wakes, signals ---- */

static void
stop_loop(void *arg)
{
	loop_stop(arg);
}

static void *
send_wake(void *arg)
{
	loop_wake_send(arg);
	return NULL;
}

static void
another_thread_wakes_a_sleeping_loop(void)
{
	struct loop *l = loop_new();
	struct loop_wake *w = loop_wake_new(l, stop_loop, l);
	pthread_t th;

	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&th, NULL, send_wake, w), 0);
	loop_run(l);
	pthread_join(th, NULL);
	loop_wake_free(w);
	loop_free(l);
}

static void
a_signal_is_heard_in_the_loop(void)
{
	struct loop *l = loop_new();

	CU_ASSERT_EQUAL(loop_signal(l, SIGUSR1, stop_loop, l), 0);
	CU_ASSERT_EQUAL(kill(getpid(), SIGUSR1), 0);
	loop_run(l);
	loop_free(l);
}

/* ---- simulation ---- */

static void
count(void *arg)
{
	++*(int *)arg;
}

static bool
is_three(void *arg)
{
	return *(int *)arg == 3;
}

static void
on_count_timer(struct loop_timer *t)
{
	++*(int *)t->arg;
	loop_timer_set(t, 1000);
}

static void
simulated_time_stops_where_the_condition_holds(void)
{
	struct loop *l = loop_new_sim(0);
	struct loop_timer t;
	struct loop_wake *w;
	int n = 0;

	loop_timer_init(&t, l, on_count_timer, &n);
	loop_timer_set(&t, 1000);
	CU_ASSERT(loop_sim_run(l, 100000, is_three, &n));
	CU_ASSERT_EQUAL(loop_now_ms(l), 3000);
	CU_ASSERT_FALSE(loop_sim_run(l, 500, NULL, NULL));
	CU_ASSERT_EQUAL(loop_now_ms(l), 3500);
	CU_ASSERT_EQUAL(n, 3);
	loop_timer_stop(&t);
	w = loop_wake_new(l, count, &n);
	loop_wake_send(w);
	n = 2;
	CU_ASSERT(loop_sim_run(l, 0, is_three, &n));
	loop_wake_free(w);
	loop_free(l);
}

const char test_suite[] = "loop";
const struct test_case test_cases[] = {
	TEST(descriptors_report_what_is_wanted_only),
	TEST(a_watcher_stopped_by_another_callback_stays_silent),
	TEST(a_new_descriptor_of_the_same_number_is_watched),
	TEST(an_end_is_told_once_and_before_what_waits_to_be_read),
	TEST(deferred_work_runs_once_at_the_end_of_the_turn),
	TEST(another_thread_wakes_a_sleeping_loop),
	TEST(a_signal_is_heard_in_the_loop),
	TEST(simulated_time_stops_where_the_condition_holds),
	{ 0 },
};
