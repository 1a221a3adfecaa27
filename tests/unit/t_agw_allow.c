/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/agw_allow.h"

#include <stdio.h>

#include "proto/base/err.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "agw_allow";

static struct agw_allow list;

static int
add(const char *text)
{
	return agw_allow_add(&list, span_str(text));
}

static bool
may(const char *mid, const char *host)
{
	struct addr a;

	CU_ASSERT_EQUAL_FATAL(addr_parse_ip(span_str(host), &a), 0);
	return agw_allow_host(&list, &a) && agw_allow_mid(&list, span_str(mid), &a);
}

static void
without_rules_everybody_may(void)
{
	list.n = 0;
	CU_ASSERT(may("<a>", "192.0.2.1"));
	CU_ASSERT(may("", "2001:db8::1"));
}

static void
a_rule_shuts_all_others_out(void)
{
	list.n = 0;
	CU_ASSERT_EQUAL(add("192.0.2.1"), 0);
	CU_ASSERT_EQUAL(add("2001:db8:1::/48"), 0);
	CU_ASSERT(may("<a>", "192.0.2.1"));
	CU_ASSERT(may("<b>", "2001:db8:1:ffff::1"));
	CU_ASSERT_FALSE(may("<a>", "192.0.2.2"));
	CU_ASSERT_FALSE(may("<a>", "2001:db8:2::1"));
}

static void
a_mid_that_is_named_may_come_from_there_only(void)
{
	struct addr a;

	list.n = 0;
	CU_ASSERT_EQUAL(add("<Gw1.example>@192.0.2.1"), 0);
	CU_ASSERT_EQUAL(add("<gw1.example>@192.0.2.2"), 0);
	CU_ASSERT_EQUAL(add("192.0.2.0/24"), 0);
	CU_ASSERT(may("<gw1.example>", "192.0.2.1"));
	CU_ASSERT(may("<GW1.EXAMPLE>", "192.0.2.2"));
	CU_ASSERT_FALSE(may("<gw1.example>", "192.0.2.3"));
	CU_ASSERT(may("<gw2.example>", "192.0.2.1"));
	CU_ASSERT(may("[192.0.2.9]:2944", "192.0.2.9"));
	CU_ASSERT_EQUAL(addr_parse_ip(span_str("192.0.2.1"), &a), 0);
	CU_ASSERT(agw_allow_names(&list, span_str("<gw1.example>"), &a));
	CU_ASSERT_FALSE(agw_allow_names(&list, span_str("<gw2.example>"), &a));
	CU_ASSERT_FALSE(agw_allow_names(&list, span_str(""), &a));
}

static void
prefixes_count_bits(void)
{
	list.n = 0;
	CU_ASSERT_EQUAL(add("192.0.2.128/25"), 0);
	CU_ASSERT(may("<a>", "192.0.2.255"));
	CU_ASSERT_FALSE(may("<a>", "192.0.2.127"));
	CU_ASSERT_EQUAL(add("0.0.0.0/0"), 0);
	CU_ASSERT(may("<a>", "198.51.100.1"));
	CU_ASSERT_FALSE(may("<a>", "::1"));
}

static void
nonsense_is_refused(void)
{
	static const char *const bad[] = { "", "@192.0.2.1", "host", "<a>@", "192.0.2.1/33", "192.0.2.1/", "::/129", "::1/x",
		"<a>@host.example", "192.0.2.1:2944" };
	char text[200];

	list.n = 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(add(bad[i]), ERR_SYNTAX);
	(void)snprintf(text, sizeof(text), "<%0150d>@192.0.2.1", 1);
	CU_ASSERT_EQUAL(add(text), ERR_TOOBIG);
	CU_ASSERT_EQUAL(list.n, 0);
	for (unsigned i = 0; i < ALG_AGW_MAX; i++)
		CU_ASSERT_EQUAL(add("a@b@192.0.2.1"), 0); /* the last "@" counts */
	CU_ASSERT_STRING_EQUAL(list.rules[0].mid, "a@b");
	CU_ASSERT_EQUAL(add("192.0.2.1"), ERR_LIMIT);
}

const struct test_case test_cases[] = {
	TEST(without_rules_everybody_may),
	TEST(a_rule_shuts_all_others_out),
	TEST(a_mid_that_is_named_may_come_from_there_only),
	TEST(prefixes_count_bits),
	TEST(nonsense_is_refused),
	{ NULL, NULL },
};
