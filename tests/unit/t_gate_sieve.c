/* SPDX-License-Identifier: BSD-2-Clause */
/* The words that the kernel reads, against the rules that they are made from. */
#include "agw/gate.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "tests/lib/gate_cases.h"

enum { TORTURE_CHANGES = 200000, READERS = 2, READS_A_YIELD = 32 };

/* What the kernel makes of a port's words; the programs in agw/syngate_bpf.c say the same. */
static bool
is_sieved(uint64_t word, const struct addr *src)
{
	switch ((enum gate_sieve)(word >> GATE_SIEVE_SHIFT & GATE_SIEVE_KIND)) {
	case GATE_SIEVE_NOBODY:
		return true;
	case GATE_SIEVE_ADDR:
		return (uint32_t)word != gate_sieve_fold(src);
	case GATE_SIEVE_ADDR_PORT:
		return (uint32_t)word != gate_sieve_fold(src) || (word >> 32 & 0xffff) != src->port;
	case GATE_SIEVE_ALL:
		break;
	}
	return false;
}

static bool
is_same_ip6(const uint64_t pair[2], const struct addr *src)
{
	uint32_t ip[4];

	memcpy(ip, pair, sizeof(ip));
	for (unsigned i = 0; i < 4; i++)
		if (ip[i] != addr_word(src, i))
			return false;
	return true;
}

static bool
is_passed(const _Atomic uint64_t words[GATE_SIEVE_WORDS], const struct addr *src)
{
	static _Thread_local unsigned reads;
	uint64_t word = atomic_load_explicit(&words[0], memory_order_acquire), pair[2];
	uint64_t who = word >> GATE_SIEVE_SHIFT;

	if (!(who & GATE_SIEVE_SURE) || is_sieved(word, src))
		return false;
	if ((who & GATE_SIEVE_KIND) == GATE_SIEVE_ALL || src->family == ADDR_V4)
		return true;
	pair[0] = atomic_load_explicit(&words[1], memory_order_acquire);
	if (++reads % READS_A_YIELD == 0) /* a writer may do much in the middle */
		(void)sched_yield();
	pair[1] = atomic_load_explicit(&words[2], memory_order_acquire);
	return is_same_ip6(pair, src) && atomic_load_explicit(&words[0], memory_order_relaxed) == word;
}

static void
the_sieve_never_drops_what_the_gate_accepts(void)
{
	for (size_t i = 0; i < sizeof(decide_cases) / sizeof(decide_cases[0]); i++) {
		const struct decide_case *c = &decide_cases[i];
		struct gate_rule rule = rule_of(c->mode, c->remote);
		struct addr src = addr_of(c->src);
		bool sieved = is_sieved(gate_sieve_word(&rule, src.family, false), &src);

		CU_ASSERT(c->want == GATE_DROP || !sieved);
		/* All of these can be told by the word; only 64 bits stand for more. */
		CU_ASSERT(c->want == GATE_ACCEPT || sieved || addr_is_any(&rule.remote) || rule.remote.port == 0);
		CU_ASSERT_EQUAL(is_sieved(gate_sieve_word(&rule, src.family, true), &src), sieved && c->mode != GATE_IGNORE);
	}
}

/* A port has one family, and so has who comes to it. */
static void
the_sieve_accepts_what_the_gate_accepts(void)
{
	for (size_t i = 0; i < sizeof(decide_cases) / sizeof(decide_cases[0]); i++) {
		const struct decide_case *c = &decide_cases[i];
		struct gate_rule rule = rule_of(c->mode, c->remote);
		struct addr src = addr_of(c->src);
		_Atomic uint64_t words[GATE_SIEVE_WORDS] = { 0 };

		for (int park = 0; park < 2; park++) {
			gate_sieve_write(words, gate_sieve_word(&rule, src.family, park), &rule.remote, (uint32_t)i);
			if (is_passed(words, &src) != (c->want == GATE_ACCEPT))
				fprintf(stderr, "case %zu mode %d remote %s src %s\n", i, c->mode, c->remote ? c->remote : "-",
				        c->src);
			CU_ASSERT_EQUAL(is_passed(words, &src), c->want == GATE_ACCEPT);
		}
	}
}

/* Other addresses fold to the same, and so does an IPv4 address. */
static void
a_fold_is_no_address(void)
{
	struct gate_rule rule = rule_of(GATE_FILTER_ADDR, "[2001:db8::1]:4000");
	struct addr right = addr_of("[2001:db8::1]:9"), wrong = addr_of("[2001:db8:0:1:0:1:0:1]:9");
	struct addr v4 = { .family = ADDR_V4, .ip = { 0x20, 0x01, 0x0d, 0xb9 } };
	_Atomic uint64_t words[GATE_SIEVE_WORDS] = { 0 };

	CU_ASSERT_EQUAL_FATAL(gate_sieve_fold(&right), gate_sieve_fold(&wrong));
	CU_ASSERT_EQUAL_FATAL(gate_sieve_fold(&right), gate_sieve_fold(&v4));
	gate_sieve_write(words, gate_sieve_word(&rule, ADDR_V6, false), &rule.remote, 1);
	CU_ASSERT(is_passed(words, &right));
	CU_ASSERT_FALSE(is_passed(words, &wrong));
	gate_sieve_write(words, gate_sieve_word(&rule, ADDR_V4, false), &rule.remote, 2);
	CU_ASSERT_FALSE(is_passed(words, &v4));
}

static void
the_sieve_follows_the_table(void)
{
	struct gate_table *t = gate_table_new();
	struct addr v4 = addr_of("10.0.0.1:0"), v6 = addr_of("[2001:db8::9]:0"), local = addr_of("10.0.0.1:11");
	_Atomic uint64_t words[15 * GATE_SIEVE_WORDS] = { 0 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_EQUAL(gate_table_add(t, &v4, 10, 19), 0);
	CU_ASSERT_EQUAL(gate_table_add(t, &v6, 65531, 65535), 0);
	CU_ASSERT_EQUAL(gate_table_ports(t), 15);
	gate_table_mirror(t, words, true);
	CU_ASSERT_EQUAL(set(t, "10.0.0.1:11", GATE_IGNORE, NULL), 0);
	CU_ASSERT_EQUAL(set(t, "[2001:db8::9]:65531", GATE_LATCH, NULL), 0);
	CU_ASSERT_EQUAL(set(t, "[2001:db8::9]:65535", GATE_FILTER_ADDR_PORT, "[1:0:2:0:4::8]:9"), 0);
	CU_ASSERT_EQUAL(words[1 * GATE_SIEVE_WORDS] >> GATE_SIEVE_SHIFT, GATE_SIEVE_ALL); /* may be parked */
	CU_ASSERT_EQUAL(words[10 * GATE_SIEVE_WORDS] >> GATE_SIEVE_SHIFT, GATE_SIEVE_ALL | GATE_SIEVE_SURE);
	CU_ASSERT_EQUAL(words[14 * GATE_SIEVE_WORDS] & ~(~0ULL << GATE_SIEVE_TURN_SHIFT),
	                (uint64_t)(GATE_SIEVE_ADDR_PORT | GATE_SIEVE_SURE) << GATE_SIEVE_SHIFT | 9ULL << 32 |
	                (0x10000 ^ 0x20000 ^ 0x40000 ^ 8));
	CU_ASSERT_EQUAL(gate_table_clear(t, &local), 0);
	for (int i = 0; i < 14 * GATE_SIEVE_WORDS; i++)
		CU_ASSERT(i == 10 * GATE_SIEVE_WORDS || words[i] == 0);
	gate_table_free(t);
}

struct torture {
	_Atomic uint64_t words[GATE_SIEVE_WORDS];
	_Atomic bool stop;
	_Atomic unsigned started;
	_Atomic uint64_t passed, leaked;
};

/* Two IPv6 rules whose halves fold alike: only the turn and the order of reading tell them apart. */
static void *
torture_sieve(void *arg)
{
	static const char *const sources[] = { "[1:0:2:0:3:0:0:4]:5", "[3:0:0:0:0:4:3:0]:5",
		                               "[1:0:2:0:0:4:3:0]:5", "[3:0:0:0:3:0:0:4]:5" };
	struct torture *tt = arg;
	struct addr src[4];
	uint64_t passed = 0, leaked = 0;

	for (int i = 0; i < 4; i++)
		src[i] = addr_of(sources[i]);
	atomic_fetch_add(&tt->started, 1);
	for (int tries = 0; !atomic_load(&tt->stop) || (!passed && tries < TORTURE_CHANGES);
	     tries += atomic_load(&tt->stop)) {
		for (int i = 0; i < 2; i++) {
			passed += is_passed(tt->words, &src[i]);
			leaked += is_passed(tt->words, &src[2 + i]);
		}
	}
	atomic_fetch_add(&tt->passed, passed);
	atomic_fetch_add(&tt->leaked, leaked);
	return NULL;
}

static void
the_sieve_never_accepts_half_an_address(void)
{
	struct gate_rule rules[2] = { rule_of(GATE_FILTER_ADDR, "[1:0:2:0:3:0:0:4]:5"),
		                      rule_of(GATE_FILTER_ADDR, "[3:0:0:0:0:4:3:0]:5") };
	struct addr local = addr_of("[2001:db8::9]:5");
	struct gate_table *t = gate_table_new();
	static struct torture tt;
	pthread_t readers[READERS];

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_EQUAL_FATAL(gate_sieve_fold(&rules[0].remote), gate_sieve_fold(&rules[1].remote));
	CU_ASSERT_EQUAL_FATAL(gate_table_add(t, &local, 5, 5), 0);
	gate_table_mirror(t, tt.words, false);
	for (int i = 0; i < READERS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&readers[i], NULL, torture_sieve, &tt), 0);
	while (atomic_load(&tt.started) < READERS)
		;
	for (int i = 0; i < TORTURE_CHANGES; i++)
		CU_ASSERT_EQUAL_FATAL(gate_table_set(t, &local, &rules[i % 2]), 0);
	atomic_store(&tt.stop, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	CU_ASSERT(atomic_load(&tt.passed) > 0);
	CU_ASSERT_EQUAL(atomic_load(&tt.leaked), 0);
	gate_table_free(t);
}

const char test_suite[] = "gate_sieve";
const struct test_case test_cases[] = {
	TEST(the_sieve_never_drops_what_the_gate_accepts),
	TEST(the_sieve_accepts_what_the_gate_accepts),
	TEST(a_fold_is_no_address),
	TEST(the_sieve_follows_the_table),
	TEST(the_sieve_never_accepts_half_an_address),
	{ 0 },
};
