/* SPDX-License-Identifier: BSD-2-Clause */
/* Filters of H.248.43: networks, and ranges of ports. */
#include "agw/gate.h"

#include "tests/lib/tmain.h"

const char test_suite[] = "gate_range";

static struct addr
addr_of(const char *hostport)
{
	struct addr a = { 0 };

	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(span_str(hostport), &a), 0);
	return a;
}

/* The sieve knows no networks and no ranges: it may drop other addresses only, and accepts nobody. */
static bool
is_sieved(uint64_t word, const struct addr *src)
{
	uint64_t who = word >> GATE_SIEVE_SHIFT;

	CU_ASSERT_EQUAL(who & GATE_SIEVE_SURE, 0);
	CU_ASSERT_TRUE(who == GATE_SIEVE_ALL || who == GATE_SIEVE_ADDR);
	return who == GATE_SIEVE_ADDR && (uint32_t)word != gate_sieve_fold(src);
}

struct range_case {
	const char *remote;
	uint16_t port_hi;
	uint8_t host_bits;
	const char *in, *out;
};

static const struct range_case range_cases[] = {
	{ "192.0.2.128:0", 0, 7, "192.0.2.255:1", "192.0.2.127:1" },
	{ "192.0.2.200:0", 0, 7, "192.0.2.128:1", "192.0.3.200:1" },
	{ "192.0.2.1:0", 0, 32, "198.51.100.1:1", "[2001:db8::1]:1" },
	{ "192.0.2.1:4000", 4010, 0, "192.0.2.1:4010", "192.0.2.1:4011" },
	{ "192.0.2.1:4000", 4010, 0, "192.0.2.1:4000", "192.0.2.1:3999" },
	{ "192.0.2.1:4000", 4010, 8, "192.0.2.9:4005", "192.0.3.1:4005" },
	{ "192.0.2.1:4000", 0, 8, "192.0.2.9:4000", "192.0.2.9:4001" },
	{ "[2001:db8:1::1]:0", 0, 80, "[2001:db8:1:ffff::9]:1", "[2001:db8:2::1]:1" },
	{ "[2001:db8::1]:0", 0, 1, "[2001:db8::]:1", "[2001:db8::2]:1" },
	{ "[2001:db8::1]:1024", 65535, 64, "[2001:db8::ffff]:65535", "[2001:db8::ffff]:1023" },
};

static struct gate_rule
rule_of_range(const struct range_case *c)
{
	struct gate_rule r = { .remote = addr_of(c->remote) };

	r.mode = r.remote.port ? GATE_FILTER_ADDR_PORT : GATE_FILTER_ADDR;
	r.host_bits = c->host_bits;
	r.port_hi = c->port_hi;
	return r;
}

static void
a_filter_may_be_a_network_and_a_range_of_ports(void)
{
	struct gate_table *t = gate_table_new();
	struct addr local = addr_of("127.0.0.1:20000");

	CU_ASSERT_EQUAL_FATAL(gate_table_add(t, &local, 20000, 20000), 0);
	for (size_t i = 0; i < sizeof(range_cases) / sizeof(range_cases[0]); i++) {
		struct gate_rule r = rule_of_range(&range_cases[i]), none = { .mode = r.mode };
		struct addr in = addr_of(range_cases[i].in), out = addr_of(range_cases[i].out);

		if (gate_decide(&r, &in) != GATE_ACCEPT || gate_decide(&r, &out) != GATE_DROP)
			fprintf(stderr, "case %zu\n", i);
		CU_ASSERT_EQUAL(gate_decide(&r, &in), GATE_ACCEPT);
		CU_ASSERT_EQUAL(gate_decide(&r, &out), GATE_DROP);
		CU_ASSERT_FALSE(is_sieved(gate_sieve_word(&r, in.family, false), &in));
		/* Nothing is lost in the table. */
		CU_ASSERT_EQUAL(gate_table_set(t, &local, &r), 0);
		CU_ASSERT_EQUAL(gate_table_decide(t, &local, &in), GATE_ACCEPT);
		CU_ASSERT_EQUAL(gate_table_decide(t, &local, &out), GATE_DROP);
		none.host_bits = r.host_bits;
		CU_ASSERT_EQUAL(gate_decide(&none, &in), GATE_DROP);
	}
	gate_table_free(t);
}

static void
a_filter_may_be_of_ports_alone(void)
{
	struct gate_rule r = { .mode = GATE_FILTER_PORT, .remote = { .port = 4000 }, .port_hi = 4001 };
	struct addr in = addr_of("[2001:db8::1]:4001"), out = addr_of("192.0.2.1:4002");

	CU_ASSERT_EQUAL(gate_decide(&r, &in), GATE_ACCEPT);
	CU_ASSERT_EQUAL(gate_decide(&r, &out), GATE_DROP);
	r.remote.port = 0;
	CU_ASSERT_EQUAL(gate_decide(&r, &in), GATE_DROP);
}

const struct test_case test_cases[] = {
	TEST(a_filter_may_be_a_network_and_a_range_of_ports),
	TEST(a_filter_may_be_of_ports_alone),
	{ NULL, NULL },
};
