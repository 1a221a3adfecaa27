/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/netwatch.h"

#include "tests/lib/tmain.h"

const char test_suite[] = "netwatch";

static void
addresses_of_this_host_are_known(void)
{
	const char *const texts[] = { "127.0.0.1", "192.0.2.77", "2001:db8::77" };
	struct addr ips[3];
	bool has[3] = { false, true, true };

	for (unsigned i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(addr_parse_ip(span_str(texts[i]), &ips[i]), 0);
	CU_ASSERT_EQUAL(netwatch_has(ips, 3, has), 0);
	CU_ASSERT(has[0] && !has[1] && !has[2]);
}

static void
count(void *arg)
{
	(*(unsigned *)arg)++;
}

/* What it hears is shown in a network namespace: tests/netns/40-erlang-mgc.sh. */
static void
a_watch_is_quiet_while_nothing_changes(void)
{
	struct loop *l = loop_new_sim(1000);
	unsigned n = 0;
	struct netwatch *w = netwatch_new(l, count, &n);

	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	(void)loop_poll(l);
	netwatch_free(w);
	netwatch_free(NULL);
	loop_free(l);
}

const struct test_case test_cases[] = {
	TEST(addresses_of_this_host_are_known),
	TEST(a_watch_is_quiet_while_nothing_changes),
	{ NULL, NULL },
};
