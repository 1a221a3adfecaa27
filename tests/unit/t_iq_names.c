/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "proto/base/err.h"
#include "proto/codec/iq_names.h"
#include "tests/lib/tmain.h"

static void
compiled_names_are_complete_and_compare_without_case(void)
{
	struct iq_names n;

	iq_names_init(&n);
	for (int i = 0; i < IQ_NAMES; i++)
		CU_ASSERT(n.text[i][0] != '\0' && strlen(n.text[i]) < IQ_NAME_MAX);
	CU_ASSERT_STRING_EQUAL(n.text[IQ_IPDC_REALM], "ipdc/realm");
	CU_ASSERT_TRUE(iq_name_is(&n, IQ_TCP_ESTABLISH, span_str("TCPBCC/estbnc")));
	CU_ASSERT_FALSE(iq_name_is(&n, IQ_TCP_ESTABLISH, span_str("tlsbsc/EstBNC")));
	CU_ASSERT_FALSE(iq_name_is(&n, IQ_TCP_ESTABLISH, span_str("tcpbcc/EstBN")));
}

static void
an_override_replaces_what_it_names(void)
{
	struct iq_names n;
	unsigned line = 99;

	iq_names_init(&n);
	CU_ASSERT_EQUAL(
	    iq_names_override(&n,
			      span_str("# a partner's spelling\r\n\n  TCP_DISCARD\tmytcp/drop # why\r\n"
				       "TCP_CHANGE_TYPE Kind\nSEP_LINK x_1/y_2"),
			      &line),
	    0);
	CU_ASSERT_EQUAL(line, 99);
	CU_ASSERT_STRING_EQUAL(n.text[IQ_TCP_DISCARD], "mytcp/drop");
	CU_ASSERT_STRING_EQUAL(n.text[IQ_TCP_CHANGE_TYPE], "Kind");
	CU_ASSERT_STRING_EQUAL(n.text[IQ_SEP_LINK], "x_1/y_2");
	CU_ASSERT_STRING_EQUAL(n.text[IQ_TLS_CHANGE_TYPE], "Type");
	CU_ASSERT_EQUAL(iq_names_override(&n, SPAN_NULL, &line), 0);
}

static void
a_bad_override_names_its_line_and_changes_nothing(void)
{
	static const struct {
		const char *line;
		int err;
	} rows[] = {
		{ "NO_SUCH a/b", ERR_NOTFOUND },
		{ "tcp_discard a/b", ERR_NOTFOUND },
		{ "TCP_DISCARD", ERR_SYNTAX },
		{ "TCP_DISCARD drop", ERR_SYNTAX },
		{ "TCP_DISCARD a/", ERR_SYNTAX },
		{ "TCP_DISCARD /b", ERR_SYNTAX },
		{ "TCP_DISCARD a/b/c", ERR_SYNTAX },
		{ "TCP_DISCARD a/b c", ERR_SYNTAX },
		{ "TCP_DISCARD 1/b", ERR_SYNTAX },
		{ "TCP_DISCARD a/b}", ERR_SYNTAX },
		{ "TCP_CHANGE_TYPE a/b", ERR_SYNTAX },
		{ "TCP_DISCARD a23456789012345678901234567890/a234567890123456789012345678901234", ERR_SYNTAX },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct iq_names n;
		unsigned line = 0;
		char file[200];

		iq_names_init(&n);
		snprintf(file, sizeof(file), "SEP_LINK a/b\n%s\nSEP_LINK c/d\n", rows[i].line);
		CU_ASSERT_EQUAL(iq_names_override(&n, span_str(file), &line), rows[i].err);
		CU_ASSERT_EQUAL(line, 2);
		CU_ASSERT_STRING_EQUAL(n.text[IQ_SEP_LINK], "seplink/link");
		CU_ASSERT_STRING_EQUAL(n.text[IQ_TCP_DISCARD], "tcpbcc/discard");
	}
}

const char test_suite[] = "iq_names";
const struct test_case test_cases[] = {
	TEST(compiled_names_are_complete_and_compare_without_case),
	TEST(an_override_replaces_what_it_names),
	TEST(a_bad_override_names_its_line_and_changes_nothing),
	{ NULL, NULL },
};
