/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/prom.h"

#include <stddef.h>

#include "tests/lib/tmain.h"

static char buf[2048];
static struct out o;
static struct prom p;

static void
begin(void)
{
	out_init(&o, buf, sizeof(buf));
	p = (struct prom){ .out = &o, .prefix = "ims_x" };
}

static void
counters_end_in_total_once_and_gauges_do_not(void)
{
	begin();
	prom_single(&p, PROM_COUNTER, "calls", "Calls\nmade \\o/.", 18446744073709551615u);
	prom_single(&p, PROM_COUNTER, "offers_total", "Offers.", 0);
	prom_single(&p, PROM_GAUGE, "now", "Now.", 3);
	CU_ASSERT_STRING_EQUAL(out_cstr(&o), "# HELP ims_x_calls_total Calls\\nmade \\\\o/.\n"
	                                     "# TYPE ims_x_calls_total counter\n"
	                                     "ims_x_calls_total 18446744073709551615\n"
	                                     "# HELP ims_x_offers_total Offers.\n"
	                                     "# TYPE ims_x_offers_total counter\n"
	                                     "ims_x_offers_total 0\n"
	                                     "# HELP ims_x_now Now.\n"
	                                     "# TYPE ims_x_now gauge\n"
	                                     "ims_x_now 3\n");
}

static void
rows_are_families_of_all_elements(void)
{
	struct pair {
		uint64_t a, b;
	} all[] = { { 1, 2 }, { 3, 4 } };
	static const struct prom_row rows[] = {
		{ PROM_GAUGE, "b", "B.", offsetof(struct pair, b) },
		{ PROM_COUNTER, "a", "A.", offsetof(struct pair, a) },
	};
	static const char *const names[] = { "access", "core" };

	begin();
	prom_rows_named(&p, rows, 2, all, sizeof(all[0]), 2, "realm", names);
	prom_rows(&p, rows, 1, &all[1]);
	CU_ASSERT_STRING_EQUAL(out_cstr(&o), "# HELP ims_x_b B.\n# TYPE ims_x_b gauge\n"
	                                     "ims_x_b{realm=\"access\"} 2\nims_x_b{realm=\"core\"} 4\n"
	                                     "# HELP ims_x_a_total A.\n# TYPE ims_x_a_total counter\n"
	                                     "ims_x_a_total{realm=\"access\"} 1\nims_x_a_total{realm=\"core\"} 3\n"
	                                     "# HELP ims_x_b B.\n# TYPE ims_x_b gauge\n"
	                                     "ims_x_b 4\n");
}

static void
labels_carry_any_octets(void)
{
	const struct prom_label labels[] = { { "mid", SPAN_LIT("a\"b\\c\n\x1b\x7f") }, { "x", SPAN_LIT("\xff\x80") } };

	begin();
	prom_family(&p, PROM_GAUGE, "g", "G.");
	o.len = 0;
	prom_sample(&p, labels, 2, 1);
	CU_ASSERT_STRING_EQUAL(out_cstr(&o), "ims_x_g{mid=\"a\\\"b\\\\c\xe2\x90\x8a\xe2\x90\x9b\xe2\x90\xa1\",x=\"\xc7\xbf\xc6\x80\"} 1\n");
}

const char test_suite[] = "prom";
const struct test_case test_cases[] = {
	TEST(counters_end_in_total_once_and_gauges_do_not),
	TEST(rows_are_families_of_all_elements),
	TEST(labels_carry_any_octets),
	{ 0 },
};
