/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/parked.h"

#include "tests/lib/tmain.h"

enum { CAP = 3, LEFT_MAX = 16 };

#define UE "192.0.2.1:4000"
#define STRANGER "192.0.2.66:4000"

static struct addr
addr_of(const char *hostport)
{
	struct addr a = { 0 };

	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(span_str(hostport), &a), 0);
	return a;
}

/* Ports 10 to 19 of 10.0.0.1, and who has left so far. */
struct bench {
	struct gate_table *t;
	struct parked all[CAP];
	struct parked_list l;
	unsigned left;
	uint32_t ids[LEFT_MAX];
	enum gate_verdict verdicts[LEFT_MAX];
};

static void
on_leave(void *arg, const struct parked *p, enum gate_verdict v)
{
	struct bench *b = arg;

	CU_ASSERT_FATAL(b->left < LEFT_MAX);
	b->ids[b->left] = p->id;
	b->verdicts[b->left++] = v;
}

static void
bench_init(struct bench *b)
{
	struct addr ip = addr_of("10.0.0.1:0");

	*b = (struct bench){ .t = gate_table_new() };
	b->l = (struct parked_list){ .all = b->all, .cap = CAP };
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->t);
	CU_ASSERT_EQUAL_FATAL(gate_table_add(b->t, &ip, 10, 19), 0);
}

static void
set(struct bench *b, const char *local, enum gate_mode mode, const char *remote)
{
	struct addr l = addr_of(local);
	struct gate_rule r = { .mode = mode };

	if (remote)
		r.remote = addr_of(remote);
	CU_ASSERT_EQUAL(gate_table_set(b->t, &l, &r), 0);
}

static void
come(struct bench *b, uint32_t id, const char *local, const char *src, int64_t until_ms)
{
	struct parked p = { .id = id, .src = addr_of(src), .dst = addr_of(local), .until_ms = until_ms };

	parked_add(&b->l, b->t, &p, on_leave, b);
}

/* The n-th that left. */
static bool
has_left(const struct bench *b, unsigned n, uint32_t id, enum gate_verdict v)
{
	return n < b->left && b->ids[n] == id && b->verdicts[n] == v;
}

static void
the_rule_lets_its_source_in_and_nobody_else(void)
{
	struct bench b;

	bench_init(&b);
	set(&b, "10.0.0.1:10", GATE_IGNORE, NULL);
	set(&b, "10.0.0.1:11", GATE_IGNORE, NULL);
	set(&b, "10.0.0.1:12", GATE_IGNORE, NULL);
	come(&b, 1, "10.0.0.1:10", UE, 3000);
	come(&b, 2, "10.0.0.1:11", STRANGER, 3000);
	come(&b, 3, "10.0.0.1:12", UE, 3000);
	parked_review(&b.l, b.t, 10, on_leave, &b);
	CU_ASSERT_EQUAL(b.left, 0);
	set(&b, "10.0.0.1:10", GATE_FILTER_ADDR, UE);
	set(&b, "10.0.0.1:11", GATE_FILTER_ADDR, UE);
	parked_review(&b.l, b.t, 10, on_leave, &b);
	CU_ASSERT(b.left == 2 && b.l.n == 1);
	CU_ASSERT(has_left(&b, 0, 1, GATE_ACCEPT));
	CU_ASSERT(has_left(&b, 1, 2, GATE_DROP));
	gate_table_free(b.t);
}

static void
the_newest_takes_the_place(void)
{
	struct bench b;

	bench_init(&b);
	set(&b, "10.0.0.1:10", GATE_IGNORE, NULL);
	come(&b, 1, "10.0.0.1:10", STRANGER, 3000);
	come(&b, 2, "10.0.0.1:10", UE, 3100);
	CU_ASSERT(b.left == 1 && b.l.n == 1 && has_left(&b, 0, 1, GATE_DROP));
	set(&b, "10.0.0.1:10", GATE_LATCH, NULL);
	parked_review(&b.l, b.t, 10, on_leave, &b);
	CU_ASSERT(b.left == 2 && b.l.n == 0 && has_left(&b, 1, 2, GATE_ACCEPT));
	gate_table_free(b.t);
}

static void
age_ends_it(void)
{
	struct bench b;

	bench_init(&b);
	set(&b, "10.0.0.1:10", GATE_IGNORE, NULL);
	set(&b, "10.0.0.1:11", GATE_IGNORE, NULL);
	CU_ASSERT_EQUAL(parked_wait_ms(&b.l, 0), -1);
	come(&b, 1, "10.0.0.1:10", UE, 3500);
	come(&b, 2, "10.0.0.1:11", UE, 3000);
	CU_ASSERT_EQUAL(parked_wait_ms(&b.l, 500), 2500);
	parked_review(&b.l, b.t, 2999, on_leave, &b);
	CU_ASSERT_EQUAL(b.left, 0);
	CU_ASSERT_EQUAL(parked_wait_ms(&b.l, 3001), 0);
	parked_review(&b.l, b.t, 3000, on_leave, &b);
	CU_ASSERT(b.left == 1 && has_left(&b, 0, 2, GATE_DROP));
	CU_ASSERT_EQUAL(parked_wait_ms(&b.l, 3000), 500);
	gate_table_free(b.t);
}

static void
the_next_termination_at_a_port_inherits_nothing(void)
{
	struct addr local = addr_of("10.0.0.1:10");
	struct bench b;

	bench_init(&b);
	set(&b, "10.0.0.1:10", GATE_IGNORE, NULL);
	come(&b, 1, "10.0.0.1:10", UE, 3000);
	CU_ASSERT_EQUAL(gate_table_clear(b.t, &local), 0);
	set(&b, "10.0.0.1:10", GATE_LATCH, NULL); /* before anybody looked */
	parked_review(&b.l, b.t, 10, on_leave, &b);
	CU_ASSERT(b.left == 1 && b.l.n == 0 && has_left(&b, 0, 1, GATE_DROP));
	set(&b, "10.0.0.1:10", GATE_IGNORE, NULL);
	come(&b, 2, "10.0.0.1:10", UE, 3000);
	CU_ASSERT_EQUAL(gate_table_clear(b.t, &local), 0);
	parked_review(&b.l, b.t, 10, on_leave, &b);
	CU_ASSERT(b.left == 2 && b.l.n == 0 && has_left(&b, 1, 2, GATE_DROP));
	gate_table_free(b.t);
}

static void
what_need_not_wait_does_not(void)
{
	struct bench b;

	bench_init(&b);
	set(&b, "10.0.0.1:10", GATE_LATCH, NULL); /* armed while the SYN was on its way to us */
	come(&b, 1, "10.0.0.1:10", UE, 3000);
	come(&b, 2, "10.0.0.1:11", UE, 3000); /* no termination */
	come(&b, 3, "10.0.0.9:10", UE, 3000); /* none of ours */
	CU_ASSERT(b.left == 3 && b.l.n == 0);
	CU_ASSERT(has_left(&b, 0, 1, GATE_ACCEPT) && has_left(&b, 1, 2, GATE_DROP) && has_left(&b, 2, 3, GATE_DROP));
	gate_table_free(b.t);
}

static void
a_full_list_keeps_what_it_has(void)
{
	static const char *const ports[] = { "10.0.0.1:10", "10.0.0.1:11", "10.0.0.1:12", "10.0.0.1:13" };
	struct bench b;

	bench_init(&b);
	for (uint32_t i = 0; i < 4; i++) {
		set(&b, ports[i], GATE_IGNORE, NULL);
		come(&b, i, ports[i], UE, 3000);
	}
	CU_ASSERT(b.left == 1 && b.l.n == CAP && has_left(&b, 0, 3, GATE_DROP));
	come(&b, 9, ports[0], UE, 3000); /* a place of its own is still exchanged */
	CU_ASSERT(b.left == 2 && b.l.n == CAP && has_left(&b, 1, 0, GATE_DROP));
	gate_table_free(b.t);
}

const char test_suite[] = "parked";
const struct test_case test_cases[] = {
	TEST(the_rule_lets_its_source_in_and_nobody_else),
	TEST(the_newest_takes_the_place),
	TEST(age_ends_it),
	TEST(the_next_termination_at_a_port_inherits_nothing),
	TEST(what_need_not_wait_does_not),
	TEST(a_full_list_keeps_what_it_has),
	{ 0 },
};
