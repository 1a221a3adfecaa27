/* SPDX-License-Identifier: BSD-2-Clause */
/* Only names that need no network: this host's own, and ones that can have no address. */
#include "proto/io/resolver.h"

#include <stdio.h>

#include "proto/base/err.h"
#include "tests/lib/tmain.h"

enum { WAIT_MS = 10000 };

static struct loop *l;
static unsigned n_answers;
static uint64_t tags;
static struct addr last;
static char last_name[RESOLVER_NAME_MAX];

static void
on_answer(void *arg, uint64_t tag, const char *name, const struct addr *a)
{
	CU_ASSERT_PTR_EQUAL(arg, &n_answers);
	n_answers++;
	tags += tag;
	last = *a;
	snprintf(last_name, sizeof(last_name), "%s", name);
}

static bool
have(void *arg)
{
	return n_answers >= *(const unsigned *)arg;
}

static struct resolver *
start(void)
{
	struct resolver *r;

	n_answers = 0;
	tags = 0;
	l = loop_new_sim(0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	loop_sim_patience(l, 100); /* threads live in real time */
	r = resolver_new(l, on_answer, &n_answers);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	return r;
}

static void
wait_for(unsigned n)
{
	bool got;

	loop_sim_patience(l, 10000); /* threads live in real time, and the machine may be busy */
	got = loop_sim_run(l, WAIT_MS, have, &n);
	loop_sim_patience(l, 100);
	CU_ASSERT_FATAL(got);
}

static void
a_name_becomes_an_address_of_the_family_asked_for(void)
{
	struct resolver *r = start();
	struct addr want;

	CU_ASSERT_EQUAL(addr_parse_ip(SPAN_LIT("127.0.0.1"), &want), 0);
	CU_ASSERT_EQUAL(resolver_ask(r, SPAN_LIT("localhost"), ADDR_V4, 7), 0);
	CU_ASSERT_EQUAL(n_answers, 0); /* never before the return */
	wait_for(1);
	CU_ASSERT(addr_same_ip(&last, &want));
	CU_ASSERT_EQUAL(last.port, 0);
	CU_ASSERT_STRING_EQUAL(last_name, "localhost");
	CU_ASSERT_EQUAL(resolver_ask(r, SPAN_LIT("::1"), ADDR_V6, 7), 0);
	wait_for(2);
	CU_ASSERT_EQUAL(last.family, ADDR_V6);
	CU_ASSERT_EQUAL(tags, 14);
	resolver_free(r);
	loop_free(l);
}

static void
a_name_that_cannot_be_is_answered_too(void)
{
	struct resolver *r = start();
	char name[RESOLVER_NAME_MAX + 1];

	CU_ASSERT_EQUAL(resolver_ask(r, SPAN_LIT("a..b"), ADDR_NONE, 1), 0);
	wait_for(1);
	CU_ASSERT_EQUAL(last.family, ADDR_NONE);
	memset(name, 'a', sizeof(name));
	CU_ASSERT_EQUAL(resolver_ask(r, span_of(name, RESOLVER_NAME_MAX), ADDR_NONE, 1), ERR_TOOBIG);
	resolver_free(r);
	loop_free(l);
}

static void
many_questions_are_answered_once_each(void)
{
	struct resolver *r = start();
	unsigned asked = 0;

	for (unsigned i = 0; i < 200; i++)
		asked += resolver_ask(r, SPAN_LIT("localhost"), ADDR_V4, 1) == 0;
	CU_ASSERT_EQUAL(asked, 200);
	wait_for(asked);
	loop_sim_run(l, 10, NULL, NULL);
	CU_ASSERT_EQUAL(n_answers, asked);
	CU_ASSERT_EQUAL(tags, asked);
	resolver_free(r);
	loop_free(l);
}

static void
a_resolver_may_go_while_it_is_asked(void)
{
	for (unsigned i = 0; i < 20; i++) {
		struct resolver *r = start();

		for (unsigned k = 0; k < i; k++)
			CU_ASSERT_EQUAL(resolver_ask(r, SPAN_LIT("localhost"), ADDR_NONE, 1), 0);
		resolver_free(r);
		loop_free(l);
	}
	resolver_free(NULL);
}

const char test_suite[] = "resolver";
const struct test_case test_cases[] = {
	TEST(a_name_becomes_an_address_of_the_family_asked_for),
	TEST(a_name_that_cannot_be_is_answered_too),
	TEST(many_questions_are_answered_once_each),
	TEST(a_resolver_may_go_while_it_is_asked),
	{ 0 },
};
