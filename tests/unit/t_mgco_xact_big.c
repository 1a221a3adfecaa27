/* SPDX-License-Identifier: BSD-2-Clause */
/* What the transport does not carry, in the transaction machine, against a hand-turned clock. */
#include <string.h>

#include "proto/base/err.h"
#include "tests/lib/tmain.h"
#include "tests/lib/xact_bench.h"

const char test_suite[] = "mgco_xact_big";

static void
a_request_that_is_too_long_is_written_shorter_first(void)
{
	struct mgco_xact_conf conf = xb_conf();

	conf.style.pretty = true;
	conf.message_max = 72;
	xb_begin_conf(&conf);
	xb_request();
	CU_ASSERT(xb.sent[0].len <= 72 && strstr(xb.sent[0].text, "{C=1{S=t1}}") != NULL);
	CU_ASSERT_EQUAL(xb.counters.requests_too_big, 0);
	xb_end();
}

/* Acknowledgements and a request that do not fit into one message. */
static void
acknowledgements_go_ahead_when_one_message_does_not_hold_all(void)
{
	struct mgco_xact_conf conf = xb_conf();
	uint32_t id;

	conf.message_max = 120;
	xb_begin_conf(&conf);
	id = xb_request();
	xb_feed(XB_PEER "Reply = %u" XB_BODY, id);
	xb_cmd.term = SPAN_LIT("a_termination_with_a_long_name_of_fifty_bytes_text");
	CU_ASSERT_EQUAL(mgco_xact_request(xb.x, xb.now, &xb_action, xb_on_reply, NULL), 0);
	xb_cmd.term = SPAN_LIT("t1");
	CU_ASSERT_EQUAL_FATAL(xb.n_sent, 3);
	CU_ASSERT_EQUAL(xb_sent(1)->kind, MGCO_ACK);
	CU_ASSERT_EQUAL(xb_sent(1)->acks->first, id);
	CU_ASSERT_PTR_NULL(xb_sent(1)->next);
	CU_ASSERT_EQUAL(xb_sent(2)->kind, MGCO_REQUEST);
	CU_ASSERT(xb.sent[1].len <= 120 && xb.sent[2].len <= 120);
	xb_end();
}

static void
what_the_network_does_not_carry_fails_at_once(void)
{
	xb_begin();
	xb.path_max = 60;
	CU_ASSERT_EQUAL(mgco_xact_request(xb.x, xb.now, &xb_action, xb_on_reply, NULL), ERR_TOOBIG);
	CU_ASSERT_EQUAL(mgco_xact_outstanding(xb.x), 0);
	xb.path_max = 0;
	xb_request();
	xb.path_max = 60; /* the network said so after it had lost it */
	CU_ASSERT_EQUAL(xb_turn_to(xb.now + RTO), 0);
	CU_ASSERT_EQUAL(xb.replies, 1);
	CU_ASSERT_EQUAL(xb.reply_err, ERR_TOOBIG);
	CU_ASSERT_EQUAL(mgco_xact_outstanding(xb.x), 0);
	CU_ASSERT_EQUAL(xb.counters.requests_too_big, 2);
	CU_ASSERT_EQUAL(mgco_xact_due_ms(xb.x), UINT64_MAX);
	xb_end();
}

/* A reply of Modify = t1 and AuditValue = t2, both with that many events. */
static void
answer_modify_and_audit(unsigned n_events)
{
	struct mgco_action act = { .ctx = 1 };
	struct mgco_events list = { .has_id = true, .id = 1 };
	struct mgco_cmd audit = { .kind = MGCO_AUDITVALUE, .term = SPAN_LIT("t2"), .events = &list };
	struct mgco_cmd modify = { .kind = MGCO_MODIFY, .term = SPAN_LIT("t1"), .events = &list, .next = &audit };

	for (unsigned i = 0; i < n_events; i++)
		CU_ASSERT_PTR_NOT_NULL_FATAL(mgco_add_event(&xb.arena, &list, "hangterm/thb"));
	act.cmds = &modify;
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	mgco_xact_respond(xb.x, xb.now, xb.ticket, &act, NULL);
}

static void
a_reply_that_is_too_big_still_tells_what_there_is_room_for(void)
{
	struct mgco_xact_conf conf = xb_conf();
	const struct mgco_cmd *c;

	conf.message_max = 280;
	conf.style.pretty = true;
	xb_begin_conf(&conf);
	answer_modify_and_audit(5); /* fits without line breaks and with short tokens */
	CU_ASSERT_EQUAL(xb.counters.replies_too_big, 0);
	CU_ASSERT(xb.sent[0].len <= 280 && strstr(xb.sent[0].text, "P=7{") != NULL);
	xb_end();

	xb_begin_conf(&conf);
	answer_modify_and_audit(9); /* what the audit found goes first */
	CU_ASSERT_EQUAL(xb.counters.replies_too_big, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(xb_sent(0)->actions);
	CU_ASSERT_EQUAL(xb_sent(0)->actions->ctx, 1);
	c = xb_sent(0)->actions->cmds;
	CU_ASSERT(c->kind == MGCO_MODIFY && !c->error && c->events);
	CU_ASSERT(c->next && c->next->error && c->next->error->code == 533 && !c->next->events);
	CU_ASSERT(mgco_name_is(c->next->term, "t2"));
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	CU_ASSERT_EQUAL(xb.executed, 1);
	CU_ASSERT_STRING_EQUAL(xb.sent[1].text, xb.sent[0].text);
	xb_end();

	xb_begin_conf(&conf);
	answer_modify_and_audit(40);
	c = xb_sent(0)->actions ? xb_sent(0)->actions->cmds : NULL;
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT(mgco_name_is(c->term, "t1") && c->error && c->error->code == 533 && c->next->error);
	xb_end();
}

static void
a_reply_that_the_network_does_not_carry_becomes_error_533(void)
{
	xb_begin();
	xb.path_max = 200;
	answer_modify_and_audit(9);
	CU_ASSERT_EQUAL(xb.n_sent, 1);
	CU_ASSERT_EQUAL(xb.counters.replies_too_big, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(xb_sent(0)->actions);
	CU_ASSERT_EQUAL(xb_sent(0)->actions->cmds->error->code, 533);
	xb_end();

	xb_begin();
	answer_modify_and_audit(9); /* lost on its way, which is how the network says it */
	CU_ASSERT_PTR_NOT_NULL(xb_sent(0)->actions);
	xb.path_max = 200;
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	CU_ASSERT_EQUAL_FATAL(xb.n_sent, 3);
	CU_ASSERT(xb_sent(1)->error && xb_sent(1)->error->code == 533);
	CU_ASSERT_STRING_EQUAL(xb.sent[2].text, xb.sent[1].text);
	CU_ASSERT_EQUAL(xb.counters.replies_too_big, 1);
	CU_ASSERT_EQUAL(xb.executed, 1);
	xb_end();
}

const struct test_case test_cases[] = {
	TEST(a_request_that_is_too_long_is_written_shorter_first),
	TEST(acknowledgements_go_ahead_when_one_message_does_not_hold_all),
	TEST(what_the_network_does_not_carry_fails_at_once),
	TEST(a_reply_that_is_too_big_still_tells_what_there_is_room_for),
	TEST(a_reply_that_the_network_does_not_carry_becomes_error_533),
	{ NULL, NULL },
};
