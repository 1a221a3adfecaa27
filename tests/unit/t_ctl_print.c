/* SPDX-License-Identifier: BSD-2-Clause */
/* Text that a daemon answers inside JSON. */
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
	rc = ctl_print_text(f, span_str(json), &error);
	(void)fclose(f);
	return rc;
}

static void
text_comes_as_it_is(void)
{
	CU_ASSERT_EQUAL(print("{\"text\":\"# HELP a \\\"b\\\"\\na 1\\n\"}"), 0);
	CU_ASSERT_STRING_EQUAL(said, "# HELP a \"b\"\na 1\n");
	CU_ASSERT_PTR_NULL(error);
}

static void
what_is_no_text_prints_nothing(void)
{
	CU_ASSERT_EQUAL(print("{\"error\":\"unknown command\",\"text\":\"a\"}"), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(error);
	CU_ASSERT_STRING_EQUAL(error, "unknown command");
	CU_ASSERT_STRING_EQUAL(said, "");
	CU_ASSERT_EQUAL(print("{\"text\":3}"), ERR_SYNTAX);
	CU_ASSERT_EQUAL(print("[]"), ERR_SYNTAX);
	CU_ASSERT_EQUAL(print("{"), ERR_SYNTAX);
	CU_ASSERT_STRING_EQUAL(said, "");
	free(said);
	free(error);
	said = error = NULL;
}

const char test_suite[] = "ctl_print";
const struct test_case test_cases[] = {
	TEST(text_comes_as_it_is),
	TEST(what_is_no_text_prints_nothing),
	{ NULL, NULL },
};
