/* SPDX-License-Identifier: BSD-2-Clause */
/* Each choice of the printer changes what it names, and nothing else. */
#include <stdio.h>
#include <string.h>

#include "proto/codec/mgco.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "mgco_style";

static const char message[] =
	"MEGACO/2 [192.0.2.1]:2944\n"
	"Transaction=7{Context=1{Modify=ip/1/a{Media{Stream=1{LocalControl{Mode=SendReceive,ipdc/realm=\"access\","
	"x/y=\"a b\",gm/saf=ON}}},Signals }}}\n";

static const char *
print(const char *text, const struct mgco_style *style)
{
	static char buf[4096];
	struct mgco_fault fault = { .why = "" };
	struct mgco_msg msg;
	struct arena a;
	struct out o;

	arena_init(&a, MGCO_ARENA_MAX);
	out_init(&o, buf, sizeof(buf));
	CU_ASSERT_EQUAL_FATAL(mgco_parse(&a, span_str(text), &msg, &fault), 0);
	mgco_print(&o, &msg, style);
	CU_ASSERT_PTR_NOT_NULL(out_cstr(&o));
	arena_fini(&a);
	return buf;
}

/* Only from becomes to, and what comes out reads back as the same message. */
static void
check(const struct mgco_style *style, const char *from, const char *to)
{
	const struct mgco_style plain = { 0 };
	const char *at = strstr(message, from);
	char want[1024], got[1024];

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	(void)snprintf(want, sizeof(want), "%.*s%s%s", (int)(at - message), message, to, at + strlen(from));
	(void)snprintf(got, sizeof(got), "%s", print(message, style));
	CU_ASSERT_STRING_EQUAL(got, want);
	CU_ASSERT_STRING_EQUAL(print(got, &plain), strcmp(from, "\"access\"") ? message : want); /* quotes are gone for good */
}

static void
the_plain_style_is_what_the_message_has(void)
{
	const struct mgco_style style = { 0 };

	check(&style, "MEGACO", "MEGACO");
}

static void
few_quotes_leaves_those_that_are_needed(void)
{
	const struct mgco_style style = { .few_quotes = true };

	check(&style, "\"access\"", "access");
}

static void
no_signals_may_have_braces(void)
{
	const struct mgco_style style = { .signals_braces = true };

	check(&style, "Signals ", "Signals{}");
}

static void
a_single_stream_1_may_stand_bare(void)
{
	const struct mgco_style style = { .bare_stream = true };
	char got[1024];

	(void)snprintf(got, sizeof(got), "%s", print(message, &style));
	CU_ASSERT_PTR_NULL(strstr(got, "Stream"));
	CU_ASSERT_PTR_NOT_NULL(strstr(got, "Media{LocalControl{Mode=SendReceive,"));
	/* Not where it would mean another stream, or where there are several. */
	CU_ASSERT_PTR_NOT_NULL(strstr(print("MEGACO/2 <a> Transaction=1{Context=1{Modify=t{Media{Stream=2{"
	                                    "LocalControl{Mode=Inactive}}}}}}", &style), "Stream=2{"));
	CU_ASSERT_PTR_NOT_NULL(strstr(print("MEGACO/2 <a> Transaction=1{Context=1{Modify=t{Media{Stream=1{LocalControl{"
	                                    "Mode=Inactive}},Stream=2{LocalControl{Mode=Inactive}}}}}}", &style),
	                              "Stream=1{"));
}

static void
keywords_change_their_case_and_names_do_not(void)
{
	struct mgco_style style = { .token_case = MGCO_CASE_UPPER };
	char got[1024];

	(void)snprintf(got, sizeof(got), "%s", print(message, &style));
	CU_ASSERT_STRING_EQUAL(got, "MEGACO/2 [192.0.2.1]:2944\n"
	                            "TRANSACTION=7{CONTEXT=1{MODIFY=ip/1/a{MEDIA{STREAM=1{LOCALCONTROL{MODE=SENDRECEIVE,"
	                            "ipdc/realm=\"access\",x/y=\"a b\",gm/saf=ON}}},SIGNALS }}}\n");
	style.token_case = MGCO_CASE_LOWER;
	CU_ASSERT_PTR_NOT_NULL(strstr(print(got, &style), "\ntransaction=7{context=1{modify=ip/1/a{media{stream=1{"));
	style = (struct mgco_style){ 0 };
	CU_ASSERT_STRING_EQUAL(print(got, &style), message);
}

static void
methods_are_keywords_too(void)
{
	const struct mgco_style upper = { .token_case = MGCO_CASE_UPPER },
	                        brief = { .token_case = MGCO_CASE_LOWER, .short_tokens = true };
	static const char service[] = "MEGACO/1 <a> Transaction=1{Context=-{ServiceChange=ROOT{Services{"
				      "Method=Disconnected,Reason=\"900 Service Restored\"}}}}";

	CU_ASSERT_PTR_NOT_NULL(strstr(print(service, &upper), "METHOD=DISCONNECTED,REASON=\"900 Service Restored\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(print(service, &brief), "mt=dc,re=\"900 Service Restored\""));
}

const struct test_case test_cases[] = {
	TEST(the_plain_style_is_what_the_message_has),
	TEST(few_quotes_leaves_those_that_are_needed),
	TEST(no_signals_may_have_braces),
	TEST(a_single_stream_1_may_stand_bare),
	TEST(keywords_change_their_case_and_names_do_not),
	TEST(methods_are_keywords_too),
	{ NULL, NULL },
};
