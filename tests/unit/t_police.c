/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/police.h"

#include "tests/lib/tmain.h"

const char test_suite[] = "police";

enum { START = 1000000, PLENTY = 65536 };

static struct police
started(uint32_t peak, uint32_t peak_burst, uint32_t sustained, uint32_t burst)
{
	const struct police_rates r = { peak, peak_burst, sustained, burst };
	struct police p = { .at_ms = 0 };

	police_set(&p, &r, START);
	return p;
}

static void
without_rates_everything_is_allowed(void)
{
	struct police p = started(0, 0, 0, 0);

	police_take(&p, PLENTY);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START), PLENTY);
}

static void
a_burst_passes_and_then_the_rate(void)
{
	struct police p = started(0, 0, 1000, 4000);

	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START), 4000);
	CU_ASSERT_EQUAL(police_allow(&p, 100, START), 100);
	police_take(&p, 4000);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START), 0);
	CU_ASSERT_EQUAL(police_wait_ms(&p), 50);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START + 50), 50);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START + 1000), 1000);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START + 1000000), 4000);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, UINT64_MAX), 4000);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START), 4000); /* a clock that goes back gives nothing */
}

static void
the_narrower_bucket_decides(void)
{
	struct police p = started(1000, 500, 100, 2000);

	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START), 500);
	police_take(&p, 500);
	CU_ASSERT_EQUAL(police_wait_ms(&p), 50);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START + 500), 500);
	police_take(&p, 500);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START + 1000), 500);
	police_take(&p, 500);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START + 1500), 500);
	police_take(&p, 500);
	/* The saved 2000 are gone; 150 have come since. */
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START + 2000), 200);
}

/* A TLS record that came as a whole. */
static void
what_was_read_too_much_is_owed(void)
{
	struct police p = started(0, 0, 1000, 1000);

	police_take(&p, 3000);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START + 1999), 0);
	CU_ASSERT_EQUAL(police_wait_ms(&p), 51);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START + 2050), 50);
}

static void
new_rates_keep_what_was_saved_and_owed(void)
{
	struct police p = started(0, 0, 1000, 1000);
	const struct police_rates slower = { .sustained = 100, .burst = 300 }, off = { 0 }, same = { 0, 0, 100, 300 };

	police_take(&p, 100);
	police_set(&p, &slower, START);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START), 300);
	police_take(&p, 400);
	police_set(&p, &same, START);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START + 1000), 0);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START + 1010), 1);
	police_set(&p, &off, START);
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START), PLENTY);
	police_set(&p, &slower, START); /* new: full */
	CU_ASSERT_EQUAL(police_allow(&p, PLENTY, START), 300);
}

static void
the_slowest_and_the_fastest_rate_work(void)
{
	struct police slow = started(1, 1, 0, 0), fast = started(UINT32_MAX, UINT32_MAX, 0, 0);

	police_take(&slow, 1);
	CU_ASSERT_EQUAL(police_wait_ms(&slow), 1000);
	CU_ASSERT_EQUAL(police_allow(&slow, PLENTY, START + 999), 0);
	CU_ASSERT_EQUAL(police_allow(&slow, PLENTY, START + 1000), 1);
	police_take(&fast, UINT32_MAX);
	CU_ASSERT_EQUAL(police_allow(&fast, SIZE_MAX, START + 1), UINT32_MAX / 1000);
}

const struct test_case test_cases[] = {
	TEST(without_rates_everything_is_allowed),
	TEST(a_burst_passes_and_then_the_rate),
	TEST(the_narrower_bucket_decides),
	TEST(what_was_read_too_much_is_owed),
	TEST(new_rates_keep_what_was_saved_and_owed),
	TEST(the_slowest_and_the_fastest_rate_work),
	{ NULL, NULL },
};
