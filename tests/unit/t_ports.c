/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/ports.h"
#include "proto/base/err.h"
#include "tests/lib/tmain.h"

static struct addr ips[2];

static struct ports *
two_addresses(uint16_t lo, uint16_t hi)
{
	(void)addr_parse_ip(span_str("192.0.2.1"), &ips[0]);
	(void)addr_parse_ip(span_str("192.0.2.2"), &ips[1]);
	return ports_new(ips, 2, lo, hi);
}

static void
gives_every_address_and_port_once(void)
{
	struct ports *p = two_addresses(1000, 1002);
	struct addr got[6], more;

	CU_ASSERT_EQUAL(ports_total(p), 6);
	for (int i = 0; i < 6; i++) {
		CU_ASSERT_EQUAL_FATAL(ports_take(p, &got[i]), 0);
		CU_ASSERT(got[i].port >= 1000 && got[i].port <= 1002);
		for (int k = 0; k < i; k++)
			CU_ASSERT_FALSE(addr_same(&got[i], &got[k]));
	}
	CU_ASSERT_EQUAL(ports_taken(p), 6);
	CU_ASSERT_EQUAL(ports_take(p, &more), ERR_LIMIT);
	ports_free(p);
}

static void
reuses_the_one_that_was_free_for_the_longest_time(void)
{
	struct ports *p = two_addresses(1000, 1001);
	struct addr a, b, c;

	CU_ASSERT_EQUAL_FATAL(ports_take(p, &a), 0);
	CU_ASSERT_EQUAL_FATAL(ports_take(p, &b), 0);
	ports_give(p, &b);
	ports_give(p, &a);
	CU_ASSERT_EQUAL(ports_take(p, &c), 0); /* two never used */
	CU_ASSERT(!addr_same(&c, &a) && !addr_same(&c, &b));
	CU_ASSERT_EQUAL(ports_take(p, &c), 0);
	CU_ASSERT(!addr_same(&c, &a) && !addr_same(&c, &b));
	CU_ASSERT_EQUAL(ports_take(p, &c), 0);
	CU_ASSERT(addr_same(&c, &b)); /* given back first */
	CU_ASSERT_EQUAL(ports_take(p, &c), 0);
	CU_ASSERT(addr_same(&c, &a));
	ports_free(p);
}

static void
survives_many_rounds_of_taking_and_giving(void)
{
	struct ports *p = two_addresses(1, 65535);
	struct addr held[100];

	CU_ASSERT_EQUAL(ports_total(p), 131070);
	for (int round = 0; round < 2000; round++) {
		for (int i = 0; i < 100; i++)
			CU_ASSERT_EQUAL(ports_take(p, &held[i]), 0);
		for (int i = 99; i >= 0; i--)
			ports_give(p, &held[i]);
	}
	CU_ASSERT_EQUAL(ports_taken(p), 0);
	ports_free(p);
}

const char test_suite[] = "ports";
const struct test_case test_cases[] = {
	TEST(gives_every_address_and_port_once),
	TEST(reuses_the_one_that_was_free_for_the_longest_time),
	TEST(survives_many_rounds_of_taking_and_giving),
	{ NULL, NULL },
};
