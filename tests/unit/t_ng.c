/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/ngmsg.h"

#include <stdio.h>

#include "proto/base/bounds.h"
#include "proto/base/err.h"
#include "proto/codec/json_out.h"
#include "tests/lib/tmain.h"

static struct arena arena;
static char printed[NG_MESSAGE_MAX];

/* Parses into the test's arena, which the last user empties. */
static int
parse(const char *text, struct ng_msg *m)
{
	arena_fini(&arena);
	arena_init(&arena, NG_ARENA_MAX);
	return ng_parse(&arena, span_str(text), m);
}

static const char *
print(struct span cookie, enum ng_encoding enc, const struct ng_val *dict)
{
	struct out o;
	const char *s;

	out_init(&o, printed, sizeof(printed));
	ng_print(&o, cookie, enc, dict);
	s = out_cstr(&o);
	return s ? s : err_str(o.err);
}

static void
a_proxys_ping_is_understood(void)
{
	struct ng_msg m;

	CU_ASSERT_EQUAL(parse("5323_1 d7:command4:pinge", &m), 0);
	CU_ASSERT(span_eqs(m.cookie, "5323_1"));
	CU_ASSERT_EQUAL(m.encoding, NG_BENCODE);
	CU_ASSERT(span_eqs(ng_get_str(m.dict, "command"), "ping"));
	CU_ASSERT_STRING_EQUAL(print(m.cookie, NG_BENCODE, m.dict), "5323_1 d7:command4:pinge");
	CU_ASSERT_STRING_EQUAL(print(m.cookie, NG_JSON, m.dict), "5323_1 {\"command\":\"ping\"}");
}

/* Unsorted, with received-from twice, as a string and as a list: what Kamailio sends. */
static const char offer[] =
	"26_4711_3 d8:supportsl10:load limite3:sdp9:v=0\r\no=x\r13:received-from3:foo9:directionl4:core6:accesse"
	"5:flagsl4:e2ae12:loop protecte13:received-froml3:IP48:10.0.0.1e7:call-id3:c@d8:from-tag2:t1"
	"10:via-branch0:7:command5:offere";

static void
keys_come_unsorted_and_repeated(void)
{
	struct ng_msg m;
	const struct ng_val *from;

	CU_ASSERT_EQUAL_FATAL(parse(offer, &m), 0);
	CU_ASSERT(span_eqs(m.cookie, "26_4711_3"));
	CU_ASSERT(span_eqs(ng_get_str(m.dict, "sdp"), "v=0\r\no=x\r"));
	CU_ASSERT(span_eqs(ng_get_str(m.dict, "received from"), "foo"));
	from = ng_get_list(m.dict, "received_from");
	CU_ASSERT_PTR_NOT_NULL_FATAL(from);
	CU_ASSERT(span_eqs(from->first->str, "IP4"));
	CU_ASSERT(span_eqs(from->last->str, "10.0.0.1"));
	CU_ASSERT_PTR_EQUAL(ng_get(m.dict, "received-from"), from); /* the last one */
	CU_ASSERT(ng_has_flag(m.dict, "flags", "e2ae"));
	CU_ASSERT(ng_has_flag(m.dict, "flags", "loop-protect"));
	CU_ASSERT_FALSE(ng_has_flag(m.dict, "flags", "E2AE"));
	CU_ASSERT_FALSE(ng_has_flag(m.dict, "nothing", "e2ae"));
	CU_ASSERT(span_is_empty(ng_get_str(m.dict, "direction"))); /* a list is no string */
	CU_ASSERT(span_is_empty(ng_get_str(m.dict, "via-branch")));
	CU_ASSERT_PTR_NOT_NULL(ng_get(m.dict, "via branch"));
	CU_ASSERT_PTR_NULL(ng_get(m.dict, "via-branc"));
	CU_ASSERT_PTR_NULL(ng_get(NULL, "x"));
	CU_ASSERT_STRING_EQUAL(print(m.cookie, NG_BENCODE, m.dict), offer);
}

static void
json_is_answered_in_the_same_words(void)
{
	struct ng_msg m;

	CU_ASSERT_EQUAL_FATAL(parse("c {\"command\": \"offer\", \"sdp\": \"v=0\\r\\n\", \"flags\": [\"a\", 3, null],"
	                            " \"ok\": true, \"no\": null, \"n\": -7, \"d\": {}}", &m), 0);
	CU_ASSERT_EQUAL(m.encoding, NG_JSON);
	CU_ASSERT(span_eqs(ng_get_str(m.dict, "sdp"), "v=0\r\n"));
	CU_ASSERT_EQUAL(ng_get(m.dict, "ok")->num, 1);
	CU_ASSERT_EQUAL(ng_get(m.dict, "n")->num, -7);
	CU_ASSERT_PTR_NULL(ng_get(m.dict, "no"));
	CU_ASSERT_STRING_EQUAL(print(m.cookie, NG_JSON, m.dict),
	                       "c {\"command\":\"offer\",\"sdp\":\"v=0\\r\\n\",\"flags\":[\"a\",3],\"ok\":1,\"n\":-7,"
	                       "\"d\":{}}");
	CU_ASSERT_STRING_EQUAL(print(m.cookie, NG_BENCODE, m.dict),
	                       "c d7:command5:offer3:sdp5:v=0\r\n5:flagsl1:ai3ee2:oki1e1:ni-7e1:ddee");
}

static void
integers_have_64_bits(void)
{
	struct ng_msg m;

	CU_ASSERT_EQUAL(parse("c d1:ai-9223372036854775808e1:bi9223372036854775807e1:ci-0ee", &m), 0);
	CU_ASSERT_EQUAL(ng_get(m.dict, "a")->num, INT64_MIN);
	CU_ASSERT_EQUAL(ng_get(m.dict, "b")->num, INT64_MAX);
	CU_ASSERT_STRING_EQUAL(print(m.cookie, NG_BENCODE, m.dict),
	                       "c d1:ai-9223372036854775808e1:bi9223372036854775807e1:ci0ee");
	CU_ASSERT_EQUAL(parse("c d1:ai9223372036854775808ee", &m), ERR_SYNTAX);
	CU_ASSERT_EQUAL(parse("c d1:ai123456789012345678901ee", &m), ERR_SYNTAX);
}

static void
broken_dictionaries_leave_the_cookie_for_an_answer(void)
{
	static const char *const bad[] = {
		"c d", "c de ", "c d1:ae", "c di1e1:ae", "c d1:ai1e", "c d1:a2:be", "c d1:ai--1ee", "c d1:aiee",
		"c d1:a01e", "c l1:ae", "c i1e", "c 1:a", "c x", "c ", "c {", "c {}{}", "c {\"a\":}", "c {\"a\":1]",
		"c [1]", "c dee", "c d1:a1:b1:ce", "c {\"a\":\"\xff\"}", "c d1234567:", "c d1:alde", "c d-1:a1:be",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ng_msg m;

		CU_ASSERT_EQUAL(parse(bad[i], &m), ERR_SYNTAX);
		CU_ASSERT(span_eqs(m.cookie, "c"));
		CU_ASSERT_PTR_NULL(m.dict);
	}
}

static void
without_a_cookie_there_is_nobody_to_answer(void)
{
	static const char *const bad[] = { "", " ", " d7:command4:pinge", "d7:command4:pinge", "\x01\x02 de", "c\tde" };
	char big[NG_COOKIE_MAX + 16];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ng_msg m;

		CU_ASSERT_EQUAL(parse(bad[i], &m), ERR_SYNTAX);
		CU_ASSERT(span_is_empty(m.cookie));
	}
	for (int over = 0; over < 2; over++) {
		size_t n = (size_t)(NG_COOKIE_MAX + over);
		struct ng_msg m;

		memset(big, 'c', n);
		memcpy(big + n, " de", 4);
		CU_ASSERT_EQUAL(parse(big, &m), over ? ERR_SYNTAX : 0);
		CU_ASSERT_EQUAL(m.cookie.len, over ? 0 : NG_COOKIE_MAX);
	}
}

/* "c " open*n close*n in either encoding, as a value of a dictionary. */
static int
parse_nested(unsigned n, bool json)
{
	static char text[2 * 5000 + 64];
	struct ng_msg m;
	size_t len = (size_t)snprintf(text, sizeof(text), "%s", json ? "c {\"a\":" : "c d1:a");

	memset(text + len, json ? '[' : 'l', n);
	memset(text + len + n, json ? ']' : 'e', n);
	snprintf(text + len + 2 * n, 2, json ? "}" : "e");
	return parse(text, &m);
}

static void
depth_and_number_of_values_are_bounded(void)
{
	static char many[NG_MESSAGE_MAX + 1];
	struct out o;
	struct ng_msg m;

	for (int json = 0; json < 2; json++) {
		CU_ASSERT_EQUAL(parse_nested(NG_DEPTH_MAX - 1, json), 0);
		CU_ASSERT_EQUAL(parse_nested(NG_DEPTH_MAX, json), ERR_TOOBIG);
		CU_ASSERT_EQUAL(parse_nested(5000, json), ERR_TOOBIG);
		out_init(&o, many, sizeof(many));
		out_str(&o, json ? "c {\"a\":[1" : "c d1:al");
		for (int i = 0; i < NG_NODES_MAX; i++)
			out_str(&o, json ? ",1" : "0:");
		out_str(&o, json ? "]}" : "ee");
		CU_ASSERT_EQUAL(parse(out_cstr(&o), &m), ERR_TOOBIG);
		CU_ASSERT(span_eqs(m.cookie, "c"));
	}
	memset(many, 'x', sizeof(many) - 1);
	memcpy(many, "c d65500:", 9);
	many[sizeof(many) - 1] = '\0';
	CU_ASSERT_EQUAL(parse(many, &m), ERR_SYNTAX);
	arena_fini(&arena);
	arena_init(&arena, NG_ARENA_MAX);
	CU_ASSERT_EQUAL(ng_parse(&arena, span_of(many, sizeof(many)), &m), ERR_TOOBIG);
	arena_fini(&arena);
	arena_init(&arena, 64);
	CU_ASSERT_EQUAL(ng_parse(&arena, span_str("c d1:a1:be"), &m), ERR_NOMEM);
	CU_ASSERT_EQUAL(ng_parse(&arena, span_str("c {\"a\":1}"), &m), ERR_NOMEM);
}

static void
a_stream_is_cut_into_messages_at_any_split(void)
{
	static const char stream[] = "a d7:command4:pinge\nb {\"x\":\"}\\\"{\",\"y\":[{}]}c d1:a4:eeeee";
	static const char *const want[] = { "a", "b", "c" };
	struct span rest = span_of(stream, sizeof(stream) - 1);

	for (int i = 0; i < 3; i++) {
		struct ng_msg m;
		size_t len = 0;
		int rc = ERR_MORE;

		for (size_t n = 0; n <= rest.len && rc == ERR_MORE; n++)
			rc = ng_frame(span_of(rest.p, n), &len);
		CU_ASSERT_EQUAL_FATAL(rc, 0);
		arena_fini(&arena);
		arena_init(&arena, NG_ARENA_MAX);
		CU_ASSERT_EQUAL(ng_parse(&arena, span_of(rest.p, len), &m), 0);
		CU_ASSERT(span_eqs(m.cookie, want[i]));
		rest = span_of(rest.p + len, rest.len - len);
	}
	CU_ASSERT_EQUAL(rest.len, 0);
}

static void
a_stream_that_can_never_become_a_message_is_refused(void)
{
	static char big[NG_MESSAGE_MAX + 1];
	size_t len = 99;

	CU_ASSERT_EQUAL(ng_frame(span_str(" de"), &len), ERR_SYNTAX);
	CU_ASSERT_EQUAL(ng_frame(span_str("GET / HTTP/1.1"), &len), ERR_SYNTAX);
	CU_ASSERT_EQUAL(ng_frame(span_str("c d1:ax"), &len), ERR_SYNTAX);
	CU_ASSERT_EQUAL(ng_frame(span_str("c d99999:"), &len), ERR_TOOBIG);
	CU_ASSERT_EQUAL(ng_frame(span_str("c llllllllllllllllllll"), &len), ERR_SYNTAX);
	CU_ASSERT_EQUAL(ng_frame(span_str("c dlllllllllllllllllllll"), &len), ERR_TOOBIG);
	memset(big, 'x', sizeof(big));
	memcpy(big, "c d65507:", 9);
	CU_ASSERT_EQUAL(ng_frame(span_of(big, NG_MESSAGE_MAX - 1), &len), ERR_MORE);
	CU_ASSERT_EQUAL(ng_frame(span_of(big, NG_MESSAGE_MAX), &len), ERR_TOOBIG);
	memcpy(big, "c {\"a\":\"", 8);
	CU_ASSERT_EQUAL(ng_frame(span_of(big, sizeof(big)), &len), ERR_TOOBIG);
	CU_ASSERT_EQUAL(len, 99);
}

static void
a_tree_is_built_without_checks(void)
{
	struct arena a;
	struct ng_val *d, *list;

	arena_init(&a, NG_ARENA_MAX);
	d = ng_new_dict(&a);
	ng_add_str(&a, d, "result", span_str("ok"));
	list = ng_add_list(&a, d, "calls");
	ng_add_str(&a, list, NULL, span_str("one"));
	ng_add_int(&a, ng_add_dict(&a, list, NULL), "n", 2);
	CU_ASSERT_STRING_EQUAL(print(span_str("k"), NG_BENCODE, d), "k d6:result2:ok5:callsl3:oned1:ni2eeee");
	CU_ASSERT_STRING_EQUAL(print(span_str("k"), NG_JSON, d), "k {\"result\":\"ok\",\"calls\":[\"one\",{\"n\":2}]}");
	arena_fini(&a);
	arena_init(&a, 1);
	d = ng_new_dict(&a);
	CU_ASSERT_PTR_NULL(ng_add_list(&a, ng_add_dict(&a, d, "x"), "y"));
	CU_ASSERT_STRING_EQUAL(print(span_str("k"), NG_JSON, d), err_str(ERR_NOMEM));
	arena_fini(&a);
}

static void
json_strings_stay_legal_whatever_is_in_them(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "\"\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\r\n\t\x01\x7f", "\"\\r\\n\\t\\u0001\\u007f\"" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "\xff", "\"\\u00ff\"" },
		{ "x\xc3", "\"x\\u00c3\"" },
		{ "\xc0\xaf", "\"\\u00c0\\u00af\"" },           /* overlong */
		{ "\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\"" }, /* surrogate */
		{ "\xe2\x82x", "\"\\u00e2\\u0082x\"" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buf[64];
		struct out o;

		out_init(&o, buf, sizeof(buf));
		out_json_string(&o, span_str(rows[i].in));
		CU_ASSERT_STRING_EQUAL(out_cstr(&o), rows[i].out);
	}
	arena_fini(&arena);
}

const char test_suite[] = "ng";
const struct test_case test_cases[] = {
	TEST(a_proxys_ping_is_understood),
	TEST(keys_come_unsorted_and_repeated),
	TEST(json_is_answered_in_the_same_words),
	TEST(integers_have_64_bits),
	TEST(broken_dictionaries_leave_the_cookie_for_an_answer),
	TEST(without_a_cookie_there_is_nobody_to_answer),
	TEST(depth_and_number_of_values_are_bounded),
	TEST(a_stream_is_cut_into_messages_at_any_split),
	TEST(a_stream_that_can_never_become_a_message_is_refused),
	TEST(a_tree_is_built_without_checks),
	TEST(json_strings_stay_legal_whatever_is_in_them),
	{ 0 },
};
