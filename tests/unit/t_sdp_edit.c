/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/sdp_edit.h"

#include <stdio.h>

#include "tests/lib/tmain.h"

struct bench {
	struct arena arena;
	struct sdp sdp;
	struct sdp_edits edits;
	char buf[4096];
	struct out out;
};

static void
start(struct bench *b, const char *text)
{
	arena_init(&b->arena, 1 << 20);
	CU_ASSERT_EQUAL_FATAL(sdp_parse(&b->arena, span_str(text), &b->sdp), 0);
	sdp_edits_init(&b->edits, &b->arena, &b->sdp);
	out_init(&b->out, b->buf, sizeof(b->buf));
}

static void
expect(struct bench *b, const char *want)
{
	CU_ASSERT_EQUAL(sdp_edit_apply(&b->edits, &b->out), 0);
	if (!span_eqs(out_get(&b->out), want)) {
		printf("  wanted:\n%s\n  got:\n%.*s\n", want, SPAN_FMT(out_get(&b->out)));
		CU_FAIL("edited SDP");
	}
	arena_fini(&b->arena);
}

static void
no_edits_give_the_same_bytes(void)
{
	static const char *const texts[] = {
		"v=0", "\r\n v=0\r\n\r\njunk\r\r\n\n", "v=0\nm=message 1 TCP/MSRP *\r\na=x\n\n\n",
		"v=0\r\nv=0\r\na=\xff\xfe",
	};
	struct bench b;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		start(&b, texts[i]);
		expect(&b, texts[i]);
	}
}

static void
each_kind_of_edit(void)
{
	struct bench b;

	start(&b, "v=0\r\ns=-\r\na=one\r\na=two\r\na=three\r\n");
	sdp_edit_insert(&b.edits, 3, "a=%d", 4);
	sdp_edit_set(&b.edits, 1, "%s", "new");
	sdp_edit_delete(&b.edits, 2);
	sdp_edit_insert(&b.edits, 3, "a=%d", 5);
	sdp_edit_insert(&b.edits, 0, "o=first");
	expect(&b, "v=0\r\no=first\r\ns=new\r\na=two\r\na=4\r\na=5\r\na=three\r\n");
}

static void
the_last_edit_of_a_line_wins(void)
{
	struct bench b;

	start(&b, "v=0\na=one\na=two\n");
	sdp_edit_delete(&b.edits, 1);
	sdp_edit_set(&b.edits, 1, "x");
	sdp_edit_set(&b.edits, 2, "y");
	sdp_edit_delete(&b.edits, 2);
	sdp_edit_insert(&b.edits, 2, "a=after");
	expect(&b, "v=0\na=x\na=after\n");
}

static void
a_written_line_ends_as_the_others_do(void)
{
	struct bench b;

	start(&b, "v=0\r\na=one\na=two\r\r\na=three");
	sdp_edit_set(&b.edits, 1, "1");
	sdp_edit_set(&b.edits, 2, "2");
	sdp_edit_set(&b.edits, 3, "3");
	expect(&b, "v=0\r\na=1\r\na=2\r\na=3");
	start(&b, "v=0\na=one\r\na=two\n");
	sdp_edit_set(&b.edits, 1, "1");
	expect(&b, "v=0\na=1\na=two\n");
}

static void
a_missing_line_end_is_completed_before_an_insert(void)
{
	struct bench b;

	start(&b, "v=0\ns=-");
	sdp_edit_insert(&b.edits, 1, "a=new");
	expect(&b, "v=0\ns=-\na=new\n");
	start(&b, "v=0\r\ns=-");
	sdp_edit_delete(&b.edits, 1);
	sdp_edit_insert(&b.edits, 1, "a=new");
	expect(&b, "v=0\r\na=new\r\n");
}

static void
errors_are_sticky(void)
{
	struct bench b;

	start(&b, "v=0\r\n");
	for (int i = 0; i < SDP_EDITS_MAX; i++)
		sdp_edit_insert(&b.edits, 0, "a");
	CU_ASSERT_EQUAL(sdp_edit_apply(&b.edits, &b.out), 0);
	sdp_edit_delete(&b.edits, 0);
	sdp_edit_set(&b.edits, 0, "x");
	CU_ASSERT_EQUAL(sdp_edit_apply(&b.edits, &b.out), ERR_LIMIT);
	arena_fini(&b.arena);
	start(&b, "v=0\r\n");
	b.arena.limit = b.arena.used + 200;
	sdp_edit_insert(&b.edits, 0, "%300s", "x");
	b.arena.limit = 1 << 20;
	sdp_edit_insert(&b.edits, 0, "y");
	CU_ASSERT_EQUAL(sdp_edit_apply(&b.edits, &b.out), ERR_NOMEM);
	arena_fini(&b.arena);
	start(&b, "v=0\r\ns=-\r\n");
	out_init(&b.out, b.buf, 6);
	CU_ASSERT_EQUAL(sdp_edit_apply(&b.edits, &b.out), ERR_TOOBIG);
	arena_fini(&b.arena);
}

const char test_suite[] = "sdp_edit";
const struct test_case test_cases[] = {
	TEST(no_edits_give_the_same_bytes),
	TEST(each_kind_of_edit),
	TEST(the_last_edit_of_a_line_wins),
	TEST(a_written_line_ends_as_the_others_do),
	TEST(a_missing_line_end_is_completed_before_an_insert),
	TEST(errors_are_sticky),
	{ 0 },
};
