/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/err.h"
#include "proto/codec/mgco.h"
#include "tests/lib/tmain.h"

static const struct mgco_style styles[] = {
	{ .short_tokens = false, .pretty = true },
	{ .short_tokens = true, .pretty = true },
	{ .short_tokens = false, .pretty = false },
	{ .short_tokens = true, .pretty = false },
};

/* Parses text and prints it in a style; NULL (and a failed assertion) when it cannot be parsed. The caller
 * frees. */
static char *
reprint(struct span text, const struct mgco_style *style)
{
	struct mgco_fault fault;
	struct mgco_msg msg;
	struct arena arena;
	struct out o;
	char *printed = NULL;

	arena_init(&arena, MGCO_ARENA_MAX);
	if (mgco_parse(&arena, text, &msg, &fault) == 0) {
		out_init_heap(&o, 4 * MGCO_MESSAGE_MAX);
		mgco_print(&o, &msg, style);
		printed = out_take(&o);
		out_fini(&o);
	} else {
		printf("\nline %u: %s at \"%.*s\" in\n%.*s\n", fault.line, fault.why, SPAN_FMT(fault.near),
		       SPAN_FMT(text));
	}
	arena_fini(&arena);
	CU_ASSERT_PTR_NOT_NULL(printed);
	return printed;
}

/* Whatever the style in between, the same message in the same style is the same text: nothing was lost on the
 * way. */
static void
check_round_trip(const char *name, struct span text)
{
	for (size_t i = 0; i < 4; i++) {
		char *first = reprint(text, &styles[i]);

		for (size_t j = 0; first && j < 4; j++) {
			char *between = reprint(span_str(first), &styles[j]);
			char *again = between ? reprint(span_str(between), &styles[i]) : NULL;

			CU_ASSERT_PTR_NOT_NULL(again);
			if (again && strcmp(first, again) != 0) {
				printf("\n%s: style %zu, by way of %zu:\n%s\n%s\n", name, i, j, first, again);
				CU_FAIL("round trip");
			}
			free(between);
			free(again);
		}
		free(first);
	}
}

static void
every_vector_survives_every_style(void)
{
	const char *top = getenv("TOP_SRCDIR");
	char path[4096], text[65536];
	struct dirent *e;
	unsigned n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/tests/vec/mgco", top ? top : ".");
	dir = opendir(path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	while ((e = readdir(dir))) {
		FILE *f;

		if (!strstr(e->d_name, ".txt"))
			continue;
		snprintf(path, sizeof(path), "%s/tests/vec/mgco/%s", top ? top : ".", e->d_name);
		f = fopen(path, "r");
		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		check_round_trip(e->d_name, span_of(text, fread(text, 1, sizeof(text), f)));
		fclose(f);
		n++;
	}
	closedir(dir);
	CU_ASSERT(n >= 24);
}

static void
check_printed(const char *text, const struct mgco_style *style, const char *want)
{
	char *got = reprint(span_str(text), style);

	CU_ASSERT(got && strcmp(got, want) == 0);
	if (got && strcmp(got, want) != 0)
		printf("\nwant:\n%s\ngot:\n%s\n", want, got);
	free(got);
}

#define MESSAGE                                                                                                \
	"MEGACO/2 [192.0.2.1]:2944 Transaction=1{Context=${Emergency,O-Add=ip/1/$ "                            \
	"{Media{Stream=1{LocalControl{"                                                                        \
	"Mode=SendReceive,ipdc/realm=\"access\"},Local{\nv=0\r\nc=IN IP4 "                                     \
	"$\r\n}}},Events,Signals{}},Subtract=*{Audit{}}}}"

static void
the_pretty_style_reads_like_the_recommendation(void)
{
	check_printed(MESSAGE, &styles[0],
		      "MEGACO/2 [192.0.2.1]:2944\n"
		      "Transaction = 1 {\n"
		      "\tContext = $ {\n"
		      "\t\tEmergency,\n"
		      "\t\tO-Add = ip/1/$ {\n"
		      "\t\t\tMedia {\n"
		      "\t\t\t\tStream = 1 {\n"
		      "\t\t\t\t\tLocalControl {\n"
		      "\t\t\t\t\t\tMode = SendReceive,\n"
		      "\t\t\t\t\t\tipdc/realm = \"access\"\n"
		      "\t\t\t\t\t},\n"
		      "\t\t\t\t\tLocal {\n"
		      "v=0\r\n"
		      "c=IN IP4 $\r\n"
		      "}\n"
		      "\t\t\t\t}\n"
		      "\t\t\t},\n"
		      "\t\t\tEvents,\n"
		      "\t\t\tSignals\n"
		      "\t\t},\n"
		      "\t\tSubtract = * {\n"
		      "\t\t\tAudit {}\n"
		      "\t\t}\n"
		      "\t}\n"
		      "}\n");
}

static void
the_short_style_is_short(void)
{
	check_printed(
	    MESSAGE, &styles[3],
	    "!/2 [192.0.2.1]:2944\n"
	    "T=1{C=${EG,O-A=ip/1/${M{ST=1{O{MO=SR,ipdc/realm=\"access\"},L{\nv=0\r\nc=IN IP4 $\r\n}}},E ,SG },"
	    "S=*{AT{}}}}\n");
}

static void
braces_and_a_last_backslash_in_a_description_stay_inside(void)
{
	check_printed("!/2 m T=1{C=1{MF=t{M{L{\na={\\}\\\\}\n},R{x\\ }}}}}", &styles[3],
		      "!/2 m\nT=1{C=1{MF=t{M{L{\na={\\}\\\\}\n},R{\nx\\ }}}}}\n");
}

static struct arena arena;

/* A Modify with one property, for the tests of values. */
static char *
print_value(struct span value, bool quoted)
{
	struct mgco_txn *t = mgco_new_request(&arena);
	struct mgco_cmd *c = mgco_add_cmd(&arena, mgco_add_action(&arena, t, 1), MGCO_MODIFY, SPAN_LIT("t"));
	struct mgco_localcontrol *lc = mgco_need_lc(&arena, mgco_need_stream(&arena, c, 1));
	struct mgco_msg msg = { .version = 2, .mid = SPAN_LIT("m"), .txns = t };
	struct out o;
	char *text;

	CU_ASSERT_PTR_NOT_NULL_FATAL(lc);
	mgco_add_prop(&arena, &lc->props, "a/b", value, quoted);
	out_init_heap(&o, 1000);
	mgco_print(&o, &msg, &styles[3]);
	text = out_take(&o);
	out_fini(&o);
	return text;
}

static void
no_value_can_break_out_of_its_place(void)
{
	static const struct {
		const char *value;
		bool quoted;
		const char *printed;
	} rows[] = {
		{ "abc", false, "=abc}" },
		{ "abc", true, "=\"abc\"}" },
		{ "", false, "=\"\"}" },
		{ "a b", false, "=\"a b\"}" },
		{ "x},y{", false, "=\"x},y{\"}" },
		{ "a\"},b=\"c", true, "=\"a'},b='c\"}" },
		{ "one\r\ntwo\tthree\x01", false, "=\"one  two\tthree \"}" },
	};

	arena_init(&arena, MGCO_ARENA_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = print_value(span_str(rows[i].value), rows[i].quoted);

		CU_ASSERT(text && strstr(text, rows[i].printed));
		if (text)
			check_round_trip("value", span_str(text));
		free(text);
	}
	arena_fini(&arena);
}

static void
what_has_no_content_is_not_printed(void)
{
	struct mgco_txn *t;
	struct mgco_cmd *c;
	struct mgco_msg msg = { .version = 2, .mid = SPAN_LIT("m") };
	char text[200];
	struct out o;

	arena_init(&arena, MGCO_ARENA_MAX);
	t = msg.txns = mgco_new_request(&arena);
	c = mgco_add_cmd(&arena, mgco_add_action(&arena, t, MGCO_CTX_ALL), MGCO_ADD, SPAN_LIT("t"));
	mgco_need_lc(&arena, mgco_need_stream(&arena, c, 1));
	mgco_need_stream(&arena, c, 2)->has_local = true;
	c = mgco_add_cmd(&arena, t->actions, MGCO_MODIFY, SPAN_LIT("u"));
	mgco_need_stream(&arena, c, 1);
	c->services = ARENA_NEW(&arena, struct mgco_services);
	out_init(&o, text, sizeof(text));
	mgco_print(&o, &msg, &styles[3]);
	CU_ASSERT_STRING_EQUAL(out_cstr(&o), "!/2 m\nT=0{C=*{A=t{M{ST=2{L{\n}}}},MF=u}}\n");
	arena_fini(&arena);
}

static void
a_full_buffer_is_a_sticky_error(void)
{
	struct mgco_msg msg = { .version = 2, .mid = SPAN_LIT("m") };
	char text[8];
	struct out o;

	out_init(&o, text, sizeof(text));
	arena_init(&arena, MGCO_ARENA_MAX);
	msg.txns = mgco_new_request(&arena);
	mgco_print(&o, &msg, &styles[0]);
	CU_ASSERT_EQUAL(o.err, ERR_TOOBIG);
	arena_fini(&arena);
}

const char test_suite[] = "mgco_print";
const struct test_case test_cases[] = {
	TEST(every_vector_survives_every_style),
	TEST(the_pretty_style_reads_like_the_recommendation),
	TEST(the_short_style_is_short),
	TEST(braces_and_a_last_backslash_in_a_description_stay_inside),
	TEST(no_value_can_break_out_of_its_place),
	TEST(what_has_no_content_is_not_printed),
	TEST(a_full_buffer_is_a_sticky_error),
	{ NULL, NULL },
};
