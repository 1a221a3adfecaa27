/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/leg_probe.h"

#include "tests/lib/tmain.h"

const char test_suite[] = "leg_probe";

static void
what_a_silence_means(void)
{
	static const struct {
		struct sock_silence seen;
		uint64_t asked_ms;
		enum leg_probe end;
	} rows[] = {
		/* Heard after it was asked, however much was lost before. */
		{ { 0, 0 }, 1000, LEG_PROBE_ANSWERED },
		{ { 999, 9 }, 1000, LEG_PROBE_ANSWERED },
		{ { 8999, 9 }, 9000, LEG_PROBE_ANSWERED },
		/* Silent since, and before. */
		{ { 1000, 1 }, 1000, LEG_PROBE_GOES_ON },
		{ { 600000, 1 }, 1000, LEG_PROBE_GOES_ON },
		{ { 600000, 4 }, 4000, LEG_PROBE_GOES_ON },
		{ { 600000, 5 }, 5000, LEG_PROBE_DEAD },
		/* It owed us an acknowledgement already. */
		{ { 20000, 6 }, 1000, LEG_PROBE_DEAD },
		/* Much unanswered, but in a short time. */
		{ { 4999, 12 }, 3000, LEG_PROBE_GOES_ON },
		{ { 5000, 12 }, 4000, LEG_PROBE_DEAD },
		/* The kernel asked too seldom: a window that is shut, retransmissions far apart. */
		{ { 600000, 0 }, 9999, LEG_PROBE_GOES_ON },
		{ { 600000, 0 }, 10000, LEG_PROBE_UNSURE },
		{ { 600000, 4 }, 10000, LEG_PROBE_UNSURE },
		{ { 600000, 5 }, 10000, LEG_PROBE_DEAD },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_EQUAL(leg_probe_judge(&rows[i].seen, rows[i].asked_ms), rows[i].end);
}

const struct test_case test_cases[] = {
	TEST(what_a_silence_means),
	{ NULL, NULL },
};
