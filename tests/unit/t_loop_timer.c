/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/loop.h"

#include "proto/io/timer_heap.h"
#include "tests/lib/tmain.h"

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
	CU_ASSERT(loop_now_ms(l) < start + 60000);
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

const char test_suite[] = "loop_timer";
const struct test_case test_cases[] = {
	TEST(timers_fire_in_time_order_and_equal_ones_in_order_of_arming),
	TEST(a_rearmed_timer_fires_once_and_a_stopped_one_never),
	TEST(a_timer_of_zero_waits_for_the_next_turn),
	TEST(a_real_loop_fires_a_rearming_timer_not_too_early),
	TEST(loop_run_returns_after_loop_stop_and_not_before_the_timer),
	TEST(the_heap_agrees_with_a_sorted_list),
	{ 0 },
};
