/* SPDX-License-Identifier: BSD-2-Clause */
/* The one vocabulary of reasons: what is counted under which name, and that the man pages tell of each. */
#include <stdio.h>
#include <string.h>

#include "agw/order.h"
#include "alg/cause.h"
#include "alg/mgc.h"
#include "tests/lib/man_page.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "cause";

static void
a_reason_of_a_gateway_is_counted_by_its_name(void)
{
	for (unsigned i = REASON_NONE + 1; i < REASONS; i++)
		CU_ASSERT_STRING_EQUAL(cause_text(cause_of_reason(span_str(reason_text((enum reason)i)))),
		                       reason_text((enum reason)i));
	CU_ASSERT_EQUAL(cause_of_reason(SPAN_LIT("fp-mismatch")), CAUSE_FP_MISMATCH);
	CU_ASSERT_EQUAL(cause_of_reason(SPAN_LIT("tls-alert-42")), CAUSE_TLS_ALERT);
	CU_ASSERT_EQUAL(cause_of_reason(SPAN_LIT("tls-alert")), CAUSE_TLS_ALERT);
}

static void
whatever_else_a_gateway_says_is_one_name(void)
{
	static const char *const words[] = {
		"", "none", "Fp-mismatch", "fp-mismatch ", "fp", "tls-alert-", "tls-alert-4200", "tls-alert-x", "tls-alerts",
		"tls-alert-\n", "\"}\n",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		CU_ASSERT_EQUAL(cause_of_reason(span_str(words[i])), CAUSE_OTHER);
	CU_ASSERT_EQUAL(cause_of_reason(SPAN_NULL), CAUSE_OTHER);
}

static void
a_refusal_is_counted_by_the_word_before_its_colon(void)
{
	static const struct {
		const char *error;
		enum cause cause;
	} rows[] = {
		{ "bad-sdp: line 1: no a=path", CAUSE_BAD_SDP },
		{ "tls-alert-42: line 1 has no context any more", CAUSE_TLS_ALERT },
		{ "overload: a: b", CAUSE_OVERLOAD },
		{ "gateway-lost", CAUSE_GATEWAY_LOST },
		{ "Unknown call-id", CAUSE_UNKNOWN_CALL },
		{ "No direction in message", CAUSE_BAD_REQUEST },
		{ "Failed to parse SDP", CAUSE_BAD_SDP },
		{ "Something else", CAUSE_OTHER },
		{ "", CAUSE_OTHER },
		{ ": ", CAUSE_OTHER },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_EQUAL(cause_of_error(rows[i].error), rows[i].cause);
}

static void
every_error_code_of_a_gateway_has_a_name(void)
{
	for (uint32_t code = 0; code < 1000; code++) {
		struct mgc_failure f = { .code = code };

		CU_ASSERT_NOT_EQUAL(cause_of_reason(span_str(mgc_failure_reason(&f))), CAUSE_OTHER);
	}
}

/* ---- the pages ---- */

static void
check_tells(struct span section, const char *name, const char *reason)
{
	/* The page names the number, too. */
	bool is_told = man_tells(section, strcmp(reason, "tls-alert") == 0 ? SPAN_LIT("tls-alert-") : span_str(reason));

	if (!is_told)
		printf("\n%s: REASONS: nothing on %s", name, reason);
	CU_ASSERT(is_told);
}

static void
the_pages_have_each_reason_and_no_others(void)
{
	struct span section = man_section("ims-agw.8", "REASONS");

	for (unsigned i = REASON_NONE + 1; i < REASONS; i++)
		check_tells(section, "ims-agw.8", reason_text((enum reason)i));
	CU_ASSERT_EQUAL(man_count(section), REASONS - 1);
	section = man_section("ims-alg.8", "REASONS");
	for (unsigned i = CAUSE_NONE + 1; i < CAUSES; i++)
		check_tells(section, "ims-alg.8", cause_text((enum cause)i));
	CU_ASSERT_EQUAL(man_count(section), CAUSES - 1);
}

const struct test_case test_cases[] = {
	TEST(a_reason_of_a_gateway_is_counted_by_its_name),
	TEST(whatever_else_a_gateway_says_is_one_name),
	TEST(a_refusal_is_counted_by_the_word_before_its_colon),
	TEST(every_error_code_of_a_gateway_has_a_name),
	TEST(the_pages_have_each_reason_and_no_others),
	{ NULL, NULL },
};
