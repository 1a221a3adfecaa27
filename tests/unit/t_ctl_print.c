/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters as Prometheus text. */
#include "proto/ctl/ctl_print.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "tests/lib/tmain.h"

static char *said, *error;

static int
print(const char *json)
{
	size_t len;
	FILE *f;
	int rc;

	free(said);
	free(error);
	error = NULL;
	f = open_memstream(&said, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	rc = ctl_print_metrics(f, "ims_agw", span_str(json), &error);
	(void)fclose(f);
	return rc;
}

static void
numbers_are_metrics_and_text_is_not(void)
{
	CU_ASSERT_EQUAL(print("{\"contexts\":3,\"failures\":{\"fp-mismatch\":1},\"kind\":\"nfqueue\",\"up\":true,\"r\":0.5,\"x\":null}"), 0);
	CU_ASSERT_STRING_EQUAL(said, "ims_agw_contexts 3\nims_agw_failures_fp_mismatch 1\nims_agw_up 1\nims_agw_r 0.5\n");
	CU_ASSERT_PTR_NULL(error);
}

static void
samples_of_one_name_stand_together(void)
{
	CU_ASSERT_EQUAL(print("{\"workers\":[{\"n\":1,\"m\":2},{\"n\":3,\"m\":4},{}]}"), 0);
	CU_ASSERT_STRING_EQUAL(said, "ims_agw_workers_n{index=\"0\"} 1\nims_agw_workers_n{index=\"1\"} 3\n"
	                             "ims_agw_workers_m{index=\"0\"} 2\nims_agw_workers_m{index=\"1\"} 4\n");
	CU_ASSERT_EQUAL(print("{\"realms\":[{\"name\":\"a\\\"}\\n1 2\",\"n\":{\"s\":[{\"t\":7}]}}]}"), 0);
	CU_ASSERT_STRING_EQUAL(said, "ims_agw_realms_n_s_t{name=\"a___1_2\",index=\"0\"} 7\n");
}

static void
what_is_no_counters_gives_none(void)
{
	CU_ASSERT_EQUAL(print("{\"error\":\"unknown command\",\"n\":1}"), 0);
	CU_ASSERT_STRING_EQUAL(error, "unknown command");
	CU_ASSERT_STRING_EQUAL(said, "");
	CU_ASSERT_EQUAL(print("[1,[2],{\"a\":3}]"), 0);
	CU_ASSERT_EQUAL(print("{"), ERR_SYNTAX);
	CU_ASSERT_STRING_EQUAL(said, "");
	free(said);
	free(error);
	said = error = NULL;
}

const char test_suite[] = "ctl_print";
const struct test_case test_cases[] = {
	TEST(numbers_are_metrics_and_text_is_not),
	TEST(samples_of_one_name_stand_together),
	TEST(what_is_no_counters_gives_none),
	{ NULL, NULL },
};
