/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/gate.h"

#include <pthread.h>
#include <stdatomic.h>

#include "agw/syngate_pace.h"
#include "tests/lib/gate_cases.h"

static void
every_mode_decides_by_source(void)
{
	for (size_t i = 0; i < sizeof(decide_cases) / sizeof(decide_cases[0]); i++) {
		const struct decide_case *c = &decide_cases[i];
		struct gate_rule rule = rule_of(c->mode, c->remote);
		struct addr src = addr_of(c->src);
		enum gate_verdict got = gate_decide(&rule, &src);

		if (got != c->want)
			fprintf(stderr, "case %zu mode %d remote %s src %s: got %d\n", i, c->mode,
			        c->remote ? c->remote : "-", c->src, got);
		CU_ASSERT_EQUAL(got, c->want);
	}
}

static enum gate_verdict
ask(const struct gate_table *t, const char *local, const char *src)
{
	struct addr l = addr_of(local), s = addr_of(src);

	return gate_table_decide(t, &l, &s);
}

static void
each_port_has_its_own_rule(void)
{
	struct gate_table *t = gate_table_new();
	struct addr v4 = addr_of("10.0.0.1:0"), v6 = addr_of("[2001:db8::9]:0");

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_EQUAL(gate_table_add(t, &v4, 1000, 1999), 0);
	CU_ASSERT_EQUAL(gate_table_add(t, &v6, 65535, 65535), 0);
	CU_ASSERT_EQUAL(ask(t, "10.0.0.1:1000", V4A), GATE_DROP);
	CU_ASSERT_EQUAL(set(t, "10.0.0.1:1000", GATE_LATCH, NULL), 0);
	CU_ASSERT_EQUAL(set(t, "10.0.0.1:1999", GATE_FILTER_ADDR_PORT, V4A), 0);
	CU_ASSERT_EQUAL(set(t, "[2001:db8::9]:65535", GATE_FILTER_ADDR, V6A), 0);
	CU_ASSERT_EQUAL(ask(t, "10.0.0.1:1000", V4A), GATE_ACCEPT);
	CU_ASSERT_EQUAL(ask(t, "10.0.0.1:1001", V4A), GATE_DROP);
	CU_ASSERT_EQUAL(ask(t, "10.0.0.1:1999", V4A), GATE_ACCEPT);
	CU_ASSERT_EQUAL(ask(t, "10.0.0.1:1999", V4A_OTHER_PORT), GATE_DROP);
	CU_ASSERT_EQUAL(ask(t, "[2001:db8::9]:65535", V6A_OTHER_PORT), GATE_ACCEPT);
	CU_ASSERT_EQUAL(ask(t, "[2001:db8::9]:65535", V6B), GATE_DROP);
	CU_ASSERT_EQUAL(set(t, "10.0.0.1:1000", GATE_IGNORE, NULL), 0);
	CU_ASSERT_EQUAL(ask(t, "10.0.0.1:1000", V4A), GATE_DROP);
	gate_table_free(t);
}

static void
ports_that_are_not_ours_drop(void)
{
	struct gate_table *t = gate_table_new();
	struct addr v4 = addr_of("10.0.0.1:0"), local = addr_of("10.0.0.1:1500"), other = addr_of("10.0.0.2:1500");

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_EQUAL(gate_table_add(t, &v4, 1000, 1999), 0);
	CU_ASSERT_EQUAL(set(t, "10.0.0.1:999", GATE_OPEN, NULL), ERR_NOTFOUND);
	CU_ASSERT_EQUAL(set(t, "10.0.0.1:2000", GATE_OPEN, NULL), ERR_NOTFOUND);
	CU_ASSERT_EQUAL(set(t, "10.0.0.2:1000", GATE_OPEN, NULL), ERR_NOTFOUND);
	CU_ASSERT_EQUAL(ask(t, "10.0.0.1:999", V4A), GATE_DROP);
	CU_ASSERT_EQUAL(ask(t, "[2001:db8::9]:1000", V6A), GATE_DROP);
	CU_ASSERT(gate_table_has(t, &local));
	CU_ASSERT_FALSE(gate_table_has(t, &other));
	gate_table_free(t);
	gate_table_free(NULL);
}

static enum gate_verdict
ask_round(const struct gate_table *t, const char *local, uint32_t *round)
{
	struct addr l = addr_of(local), s = addr_of(V4A);

	return gate_table_ask(t, &l, &s, round);
}

static void
only_a_port_with_a_termination_parks(void)
{
	struct gate_table *t = gate_table_new();
	struct addr local = addr_of("10.0.0.1:11");
	uint32_t first = 0, again = 0, second = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_EQUAL(gate_table_add(t, &local, 10, 19), 0);
	CU_ASSERT_EQUAL(ask_round(t, "10.0.0.1:11", &first), GATE_DROP);
	CU_ASSERT_EQUAL(set(t, "10.0.0.1:11", GATE_IGNORE, NULL), 0);
	CU_ASSERT_EQUAL(ask_round(t, "10.0.0.1:11", &first), GATE_PARK);
	CU_ASSERT_EQUAL(ask(t, "10.0.0.1:11", V4A), GATE_DROP);
	CU_ASSERT_EQUAL(ask_round(t, "10.0.0.1:12", &again), GATE_DROP);
	CU_ASSERT_EQUAL(set(t, "10.0.0.1:11", GATE_FILTER_ADDR, V4B), 0);
	CU_ASSERT_EQUAL(ask_round(t, "10.0.0.1:11", &again), GATE_DROP); /* it is known by now who may come */
	CU_ASSERT_EQUAL(set(t, "10.0.0.1:11", GATE_FILTER_ADDR, V4A), 0);
	CU_ASSERT_EQUAL(ask_round(t, "10.0.0.1:11", &again), GATE_ACCEPT);
	CU_ASSERT_EQUAL(again, first);
	CU_ASSERT_EQUAL(gate_table_clear(t, &local), 0);
	CU_ASSERT_EQUAL(ask_round(t, "10.0.0.1:11", &again), GATE_DROP);
	CU_ASSERT_EQUAL(gate_table_clear(t, &local), 0); /* twice is once */
	CU_ASSERT_EQUAL(set(t, "10.0.0.1:11", GATE_IGNORE, NULL), 0);
	CU_ASSERT_EQUAL(ask_round(t, "10.0.0.1:11", &second), GATE_PARK);
	CU_ASSERT_NOT_EQUAL(second, first);
	gate_table_free(t);
}

static void
ranges_are_checked_and_listed(void)
{
	struct gate_table *t = gate_table_new();
	struct addr any = addr_of("0.0.0.0:0"), none = { 0 }, ip = addr_of("10.0.0.1:7"), got;
	uint16_t lo, hi;

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_FALSE(gate_table_range(t, 0, &got, &lo, &hi));
	CU_ASSERT_EQUAL(gate_table_add(t, &any, 1, 2), ERR_INVAL);
	CU_ASSERT_EQUAL(gate_table_add(t, &none, 1, 2), ERR_INVAL);
	CU_ASSERT_EQUAL(gate_table_add(t, &ip, 0, 2), ERR_INVAL);
	CU_ASSERT_EQUAL(gate_table_add(t, &ip, 3, 2), ERR_INVAL);
	CU_ASSERT_EQUAL(gate_table_add(t, &ip, 10, 20), 0);
	CU_ASSERT_EQUAL(gate_table_add(t, &ip, 20, 30), ERR_EXISTS);
	CU_ASSERT_EQUAL(gate_table_add(t, &ip, 1, 65535), ERR_EXISTS);
	CU_ASSERT_EQUAL(gate_table_add(t, &ip, 21, 21), 0);
	for (unsigned i = 2; i < GATE_ADDRS_MAX; i++) {
		ip.ip[2] = (uint8_t)i;
		CU_ASSERT_EQUAL(gate_table_add(t, &ip, 1, 1), 0);
	}
	ip.ip[2] = 250;
	CU_ASSERT_EQUAL(gate_table_add(t, &ip, 1, 1), ERR_LIMIT);
	CU_ASSERT(gate_table_range(t, 1, &got, &lo, &hi));
	CU_ASSERT(lo == 21 && hi == 21 && got.port == 0 && got.ip[0] == 10);
	CU_ASSERT_FALSE(gate_table_range(t, GATE_ADDRS_MAX, &got, &lo, &hi));
	gate_table_free(t);
}

/* Two rules that share no word: "only A" and "only B" of different families. Whatever a reader gets must be one of
 * them as a whole, so the four mixed sources below can never pass. */
enum { TORTURE_CHANGES = 200000, READERS = 2 };

struct torture {
	struct gate_table *t;
	struct addr local;
	_Atomic bool stop;
	_Atomic unsigned started;
	_Atomic uint64_t passed, leaked;
};

static void *
torture_read(void *arg)
{
	struct torture *tt = arg;
	struct addr a = addr_of("192.0.2.1:4000"), b = addr_of("[2001:db8::1]:5000");
	struct addr bad[4] = { addr_of("192.0.2.1:5000"), addr_of("[2001:db8::1]:4000"), a, b };
	uint64_t passed = 0, leaked = 0;

	bad[2].family = ADDR_V6; /* A's octets as IPv6 and the reverse: a torn family */
	bad[3].family = ADDR_V4;
	atomic_fetch_add(&tt->started, 1);
	/* On after the stop until something passed: a busy machine may not have let this thread run before. */
	for (int tries = 0; !atomic_load(&tt->stop) || (!passed && tries < TORTURE_CHANGES);
	     tries += atomic_load(&tt->stop)) {
		passed += gate_table_decide(tt->t, &tt->local, &a) == GATE_ACCEPT;
		passed += gate_table_decide(tt->t, &tt->local, &b) == GATE_ACCEPT;
		for (int i = 0; i < 4; i++)
			leaked += gate_table_decide(tt->t, &tt->local, &bad[i]) == GATE_ACCEPT;
	}
	atomic_fetch_add(&tt->passed, passed);
	atomic_fetch_add(&tt->leaked, leaked);
	return NULL;
}

static void
a_reader_never_sees_half_a_rule(void)
{
	struct gate_rule a = rule_of(GATE_FILTER_ADDR_PORT, "192.0.2.1:4000");
	struct gate_rule b = rule_of(GATE_FILTER_ADDR_PORT, "[2001:db8::1]:5000");
	struct torture tt = { .t = gate_table_new(), .local = addr_of("10.0.0.1:5") };
	pthread_t readers[READERS];

	CU_ASSERT_PTR_NOT_NULL_FATAL(tt.t);
	CU_ASSERT_EQUAL_FATAL(gate_table_add(tt.t, &tt.local, 5, 5), 0);
	for (int i = 0; i < READERS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&readers[i], NULL, torture_read, &tt), 0);
	while (atomic_load(&tt.started) < READERS)
		;
	for (int i = 0; i < TORTURE_CHANGES; i++)
		CU_ASSERT_EQUAL_FATAL(gate_table_set(tt.t, &tt.local, i % 2 ? &a : &b), 0);
	atomic_store(&tt.stop, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	CU_ASSERT(atomic_load(&tt.passed) > 0);
	CU_ASSERT_EQUAL(atomic_load(&tt.leaked), 0);
	gate_table_free(tt.t);
}

/* 1000 SYNs, one every step_ns; how often was it called busy? */
static unsigned
busy_of(struct pace *p, int64_t *now_ns, int64_t step_ns)
{
	unsigned busy = 0;

	for (int i = 0; i < 1000; i++, *now_ns += step_ns)
		busy += pace_note(p, *now_ns, 1);
	return busy;
}

static void
only_a_flood_makes_the_gate_nap(void)
{
	struct pace p = { .since_ns = 0 };
	int64_t now_ns = 5000000000;

	CU_ASSERT_EQUAL(busy_of(&p, &now_ns, 100000), 0);      /* 10,000 a second */
	CU_ASSERT(busy_of(&p, &now_ns, 20000) > 900);          /* 50,000 a second */
	now_ns += 1000000000;
	CU_ASSERT_FALSE(pace_note(&p, now_ns, 1));             /* the first after a pause waits for nobody */
	CU_ASSERT_EQUAL(busy_of(&p, &now_ns, 100000), 0);
}

const char test_suite[] = "gate";
const struct test_case test_cases[] = {
	TEST(every_mode_decides_by_source),
	TEST(only_a_port_with_a_termination_parks),
	TEST(each_port_has_its_own_rule),
	TEST(ports_that_are_not_ours_drop),
	TEST(ranges_are_checked_and_listed),
	TEST(a_reader_never_sees_half_a_rule),
	TEST(only_a_flood_makes_the_gate_nap),
	{ 0 },
};
