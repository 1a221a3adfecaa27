/* SPDX-License-Identifier: BSD-2-Clause */
/* When the version of o= has to be counted on. */
#include "alg/origin.h"
#include "tests/lib/tmain.h"

static struct origin o;

/* Sends this and returns how far ahead it went out. */
static uint64_t
sends(const char *in, const char *out)
{
	struct arena a;
	struct sdp sdp;

	arena_init(&a, 65536);
	CU_ASSERT_EQUAL_FATAL(sdp_parse(&a, span_str(in), &sdp), 0);
	origin_begin(&o, &sdp);
	(void)origin_must_count(&o, span_str(in), span_str(out));
	origin_end(&o, span_str(in), span_str(out));
	arena_fini(&a);
	return o.ahead;
}

#define V(version, rest) "v=0\r\no=- 7 " #version " IN IP4 192.0.2.1\r\ns=" rest "\r\n"

static void
the_same_in_and_out_needs_no_count(void)
{
	o = (struct origin){ 0 };
	CU_ASSERT_EQUAL(sends(V(1, "a"), "A"), 0);
	CU_ASSERT_EQUAL(sends(V(1, "a"), "A"), 0);
	CU_ASSERT_EQUAL(sends(V(2, "b"), "B"), 0);
}

static void
the_same_in_but_another_out_counts_once_each_time(void)
{
	o = (struct origin){ 0 };
	CU_ASSERT_EQUAL(sends(V(1, "a"), "A"), 0);
	CU_ASSERT_EQUAL(sends(V(1, "a"), "A with another port"), 1);
	CU_ASSERT_EQUAL(sends(V(1, "a"), "A with another port"), 1);
	CU_ASSERT_EQUAL(sends(V(2, "b"), "B"), 1);
	CU_ASSERT_EQUAL(sends(V(2, "b"), "B with another port"), 2);
}

/* Not our mistake, and not ours to hide. */
static void
a_peer_that_forgets_to_count_is_not_helped(void)
{
	o = (struct origin){ 0 };
	CU_ASSERT_EQUAL(sends(V(1, "a"), "A"), 0);
	CU_ASSERT_EQUAL(sends(V(1, "changed"), "CHANGED"), 0);
}

static void
another_session_begins_anew(void)
{
	o = (struct origin){ 0 };
	CU_ASSERT_EQUAL(sends(V(1, "a"), "A"), 0);
	CU_ASSERT_EQUAL(sends(V(1, "a"), "B"), 1);
	CU_ASSERT_EQUAL(sends("v=0\r\no=- 8 1 IN IP4 192.0.2.1\r\ns=a\r\n", "C"), 0);
	CU_ASSERT_EQUAL(sends("v=0\r\no=broken\r\ns=a\r\n", "D"), 0);
	CU_ASSERT_EQUAL(sends("v=0\r\no=broken\r\ns=a\r\n", "E"), 0);
	CU_ASSERT_EQUAL(sends("v=0\r\ns=a\r\n", "F"), 0);
}

const char test_suite[] = "origin";
const struct test_case test_cases[] = {
	TEST(the_same_in_and_out_needs_no_count),
	TEST(the_same_in_but_another_out_counts_once_each_time),
	TEST(a_peer_that_forgets_to_count_is_not_helped),
	TEST(another_session_begins_anew),
	{ 0 },
};
