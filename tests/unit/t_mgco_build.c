/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/base/err.h"
#include "proto/codec/mgco.h"
#include "tests/lib/tmain.h"

static struct arena arena;

static void
a_request_is_built_in_the_order_of_the_calls(void)
{
	struct mgco_events events = { .has_id = true, .id = 11 };
	struct mgco_signals signals = { 0 };
	struct mgco_txn *t;
	struct mgco_action *act;
	struct mgco_cmd *add, *modify;
	struct mgco_stream *s;

	arena_init(&arena, MGCO_ARENA_MAX);
	t = mgco_new_request(&arena);
	act = mgco_add_action(&arena, t, 77);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mgco_add_action(&arena, t, MGCO_CTX_CHOOSE));
	add = mgco_add_cmd(&arena, act, MGCO_ADD, SPAN_LIT("ip/$"));
	modify = mgco_add_cmd(&arena, act, MGCO_MODIFY, SPAN_LIT("ip/1"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(modify);
	CU_ASSERT(t->kind == MGCO_REQUEST && t->actions == act && act->ctx == 77 &&
		  act->next->ctx == MGCO_CTX_CHOOSE);
	CU_ASSERT(act->cmds == add && add->next == modify && add->kind == MGCO_ADD &&
		  span_eqs(add->term, "ip/$"));
	s = mgco_need_stream(&arena, add, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT(s->id == 1 && !s->bare && mgco_need_stream(&arena, add, 1) == s);
	CU_ASSERT(mgco_need_stream(&arena, add, 2) == s->next && s->next->id == 2);
	CU_ASSERT(mgco_need_lc(&arena, s) == s->lc && s->lc && mgco_need_lc(&arena, s) == s->lc);
	CU_ASSERT_PTR_NOT_NULL(mgco_add_event(&arena, &events, "g/cause"));
	CU_ASSERT(mgco_add_event(&arena, &events, "hangterm/thb") == events.events->next);
	CU_ASSERT_PTR_NOT_NULL(mgco_add_signal(&arena, &signals, "ipnapt/latch"));
	CU_ASSERT(mgco_add_signal(&arena, &signals, "tcpbcc/EstBNC") == signals.signals->next);
	arena_fini(&arena);
}

static void
a_failed_step_shows_at_the_end(void)
{
	struct mgco_txn *t;
	struct mgco_cmd *c;
	struct mgco_stream *s;

	arena_init(&arena, 0);
	t = mgco_new_request(&arena);
	CU_ASSERT_PTR_NULL(t);
	c = mgco_add_cmd(&arena, mgco_add_action(&arena, t, 1), MGCO_ADD, SPAN_LIT("$"));
	CU_ASSERT_PTR_NULL(c);
	s = mgco_need_stream(&arena, c, 1);
	CU_ASSERT_PTR_NULL(s);
	CU_ASSERT_PTR_NULL(mgco_need_lc(&arena, s));
	CU_ASSERT_PTR_NULL(mgco_add_prop(&arena, NULL, "a/b", SPAN_LIT("1"), false));
	CU_ASSERT_PTR_NULL(mgco_add_event(&arena, NULL, "a/b"));
	CU_ASSERT_PTR_NULL(mgco_add_signal(&arena, NULL, "a/b"));
	CU_ASSERT_PTR_NULL(mgco_new_error(&arena, 510, SPAN_NULL));
	arena_fini(&arena);
}

static void
properties_are_found_without_case_and_read_as_types(void)
{
	static const struct {
		const char *text;
		int bool_err, u32_err;
		bool on;
		uint32_t number;
	} rows[] = {
		{ "ON", 0, ERR_SYNTAX, true, 0 },
		{ "true", 0, ERR_SYNTAX, true, 0 },
		{ "off", 0, ERR_SYNTAX, false, 0 },
		{ "False", 0, ERR_SYNTAX, false, 0 },
		{ "1", ERR_SYNTAX, 0, false, 1 },
		{ "0x28", ERR_SYNTAX, 0, false, 0x28 },
		{ "0XfFfFFFFF", ERR_SYNTAX, 0, false, UINT32_MAX },
		{ "0x100000000", ERR_SYNTAX, ERR_TOOBIG, false, 0 },
		{ "4294967295", ERR_SYNTAX, 0, false, UINT32_MAX },
		{ "4294967296", ERR_SYNTAX, ERR_TOOBIG, false, 0 },
		{ "0x", ERR_SYNTAX, ERR_SYNTAX, false, 0 },
		{ "0x2g", ERR_SYNTAX, ERR_SYNTAX, false, 0 },
		{ "0x2@", ERR_SYNTAX, ERR_SYNTAX, false, 0 },
		{ "-1", ERR_SYNTAX, ERR_SYNTAX, false, 0 },
		{ "", ERR_SYNTAX, ERR_SYNTAX, false, 0 },
	};
	struct mgco_prop *list = NULL, *p;

	arena_init(&arena, MGCO_ARENA_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t number = 0;
		bool on = false;

		p = mgco_add_prop(&arena, &list, "a/b", span_str(rows[i].text), i % 2);
		CU_ASSERT_EQUAL(mgco_prop_bool(p, &on), rows[i].bool_err);
		CU_ASSERT_EQUAL(on, rows[i].on);
		CU_ASSERT_EQUAL(mgco_prop_u32(p, &number), rows[i].u32_err);
		CU_ASSERT_EQUAL(number, rows[i].number);
	}
	CU_ASSERT_PTR_EQUAL(mgco_find_prop(list, "A/B"), list);
	CU_ASSERT_PTR_NULL(mgco_find_prop(list, "a/c"));
	CU_ASSERT_PTR_NULL(mgco_find_prop(NULL, "a/c"));
	CU_ASSERT_PTR_NULL(mgco_prop_text(NULL).p);
	list->relation = MGCO_GREATER;
	CU_ASSERT_PTR_NULL(mgco_prop_text(list).p);
	arena_fini(&arena);
}

static void
error_codes_have_their_text(void)
{
	CU_ASSERT_STRING_EQUAL(mgco_error_text(430), "Unknown TerminationID");
	CU_ASSERT_STRING_EQUAL(mgco_error_text(901), "Cold Boot");
	CU_ASSERT_STRING_EQUAL(mgco_error_text(1), "Error");
}

const char test_suite[] = "mgco_build";
const struct test_case test_cases[] = {
	TEST(a_request_is_built_in_the_order_of_the_calls),
	TEST(a_failed_step_shows_at_the_end),
	TEST(properties_are_found_without_case_and_read_as_types),
	TEST(error_codes_have_their_text),
	{ NULL, NULL },
};
