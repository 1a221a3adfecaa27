/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/loop.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/io/timer_heap.h"
#include "tests/lib/tmain.h"

/* ---- timers ---- */

struct shot {
	struct loop_timer timer;
	struct trace *trace;
	int name;
	uint64_t again_ms;       /* re-armed that often by its callback, 0 for never */
	struct loop_timer *zero; /* armed with 0 ms by its callback */
};

struct trace {
	int names[64];
	uint64_t at[64];
	int n;
};

static void
on_shot(struct loop_timer *t)
{
	struct shot *s = t->arg;

	CU_ASSERT_FALSE(loop_timer_is_set(t));
	if (s->trace->n < 64) {
		s->trace->names[s->trace->n] = s->name;
		s->trace->at[s->trace->n++] = loop_now_ms(t->loop);
	}
	if (s->zero)
		loop_timer_set(s->zero, 0);
	if (s->again_ms)
		loop_timer_set(t, s->again_ms);
}

static void
shot_init(struct shot *s, struct loop *l, struct trace *tr, int name)
{
	*s = (struct shot){ .trace = tr, .name = name };
	loop_timer_init(&s->timer, l, on_shot, s);
}

static void
timers_fire_in_time_order_and_equal_ones_in_order_of_arming(void)
{
	struct loop *l = loop_new_sim(1000);
	struct trace tr = { 0 };
	struct shot s[5];
	static const int want[5] = { 3, 0, 2, 4, 1 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	for (int i = 0; i < 5; i++)
		shot_init(&s[i], l, &tr, i);
	loop_timer_set(&s[1].timer, 900);
	loop_timer_set(&s[0].timer, 50);
	loop_timer_set(&s[2].timer, 50);
	loop_timer_set(&s[4].timer, 50);
	loop_timer_set(&s[3].timer, 7);
	CU_ASSERT_FALSE(loop_sim_run(l, 10000, NULL, NULL));
	CU_ASSERT_EQUAL_FATAL(tr.n, 5);
	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(tr.names[i], want[i]);
	CU_ASSERT_EQUAL(tr.at[0], 1007);
	CU_ASSERT_EQUAL(tr.at[1], 1050);
	CU_ASSERT_EQUAL(tr.at[4], 1900);
	CU_ASSERT_EQUAL(loop_now_ms(l), 11000);
	loop_free(l);
}

static void
a_rearmed_timer_fires_once_and_a_stopped_one_never(void)
{
	struct loop *l = loop_new_sim(0);
	struct trace tr = { 0 };
	struct shot a, b, never = { 0 };

	shot_init(&a, l, &tr, 1);
	shot_init(&b, l, &tr, 2);
	loop_timer_set(&a.timer, 10);
	loop_timer_set(&a.timer, 30);
	loop_timer_set(&b.timer, 20);
	loop_timer_stop(&b.timer);
	loop_timer_stop(&b.timer);
	loop_timer_stop(&never.timer); /* zeroed */
	loop_sim_run(l, 100, NULL, NULL);
	CU_ASSERT_EQUAL(tr.n, 1);
	CU_ASSERT_EQUAL(tr.at[0], 30);
	loop_timer_set(&a.timer, UINT64_MAX);
	CU_ASSERT(loop_timer_is_set(&a.timer));
	CU_ASSERT_FALSE(loop_sim_run(l, 1000, NULL, NULL));
	CU_ASSERT_EQUAL(tr.n, 1);
	loop_timer_stop(&a.timer);
	loop_free(l);
}

static void
a_timer_of_zero_waits_for_the_next_turn(void)
{
	struct loop *l = loop_new_sim(0);
	struct trace tr = { 0 };
	struct shot a, b;

	shot_init(&a, l, &tr, 1);
	shot_init(&b, l, &tr, 2);
	loop_timer_set(&a.timer, 0);
	CU_ASSERT(loop_poll(l));
	CU_ASSERT_EQUAL(tr.n, 1);
	CU_ASSERT_FALSE(loop_poll(l));
	b.zero = &a.timer;
	loop_timer_set(&b.timer, 0);
	CU_ASSERT(loop_poll(l));
	CU_ASSERT_EQUAL(tr.n, 2);
	CU_ASSERT(loop_poll(l));
	CU_ASSERT_EQUAL(tr.n, 3);
	loop_free(l);
}

static void
the_heap_agrees_with_a_sorted_list(void)
{
	enum { N = 500, ROUNDS = 20000 };
	static struct loop_timer timers[N];
	struct timer_heap h = { .seq = UINT32_MAX - 1000 }; /* the counter wraps on the way */
	uint32_t rng = 12345;

	for (int r = 0; r < ROUNDS; r++) {
		struct loop_timer *t, *min = NULL;

		rng = rng * 1664525u + 1013904223u;
		t = &timers[(rng >> 8) % N];
		if (t->armed)
			timer_heap_remove(&h, t);
		if ((rng >> 4) % 3) {
			t->due_ms = (rng >> 20) % 97;
			timer_heap_add(&h, t);
		}
		for (int i = 0; i < N; i++) {
			struct loop_timer *c = &timers[i];

			if (c->armed && (!min || c->due_ms < min->due_ms ||
			                 (c->due_ms == min->due_ms && (int32_t)(c->seq - min->seq) < 0)))
				min = c;
		}
		CU_ASSERT_PTR_EQUAL_FATAL(timer_heap_first(&h), min);
	}
}

static void
a_real_loop_fires_a_rearming_timer_not_too_early(void)
{
	struct loop *l = loop_new();
	struct trace tr = { 0 };
	struct shot a;
	uint64_t start;

	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	shot_init(&a, l, &tr, 1);
	a.again_ms = 10;
	loop_timer_set(&a.timer, 10);
	start = a.timer.due_ms - 10;
	while (tr.n < 3)
		loop_poll(l);
	CU_ASSERT(tr.at[2] >= start + 30);
	loop_timer_stop(&a.timer);
	loop_free(l);
}

static void
stop_loop(void *arg)
{
	loop_stop(arg);
}

static void
on_stop_timer(struct loop_timer *t)
{
	loop_stop(t->arg);
}

static void
loop_run_returns_after_loop_stop_and_not_before_the_timer(void)
{
	struct loop *l = loop_new();
	struct loop_timer end;
	uint64_t start;

	loop_timer_init(&end, l, on_stop_timer, l);
	loop_timer_set(&end, 25);
	start = end.due_ms;
	loop_run(l);
	CU_ASSERT(loop_now_ms(l) >= start);
	CU_ASSERT(loop_now_ms(l) < start + 5000);
	loop_free(l);
}

/* ---- descriptors ---- */

struct end {
	struct loop_io io;
	struct end *victim;
	int reads, writes;
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
	TEST(timers_fire_in_time_order_and_equal_ones_in_order_of_arming),
	TEST(a_rearmed_timer_fires_once_and_a_stopped_one_never),
	TEST(a_timer_of_zero_waits_for_the_next_turn),
	TEST(the_heap_agrees_with_a_sorted_list),
	TEST(a_real_loop_fires_a_rearming_timer_not_too_early),
	TEST(loop_run_returns_after_loop_stop_and_not_before_the_timer),
	TEST(descriptors_report_what_is_wanted_only),
	TEST(a_watcher_stopped_by_another_callback_stays_silent),
	TEST(a_new_descriptor_of_the_same_number_is_watched),
	TEST(deferred_work_runs_once_at_the_end_of_the_turn),
	TEST(another_thread_wakes_a_sleeping_loop),
	TEST(a_signal_is_heard_in_the_loop),
	TEST(simulated_time_stops_where_the_condition_holds),
	{ 0 },
};
