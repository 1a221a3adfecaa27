/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of the peer in the transaction machine, against a hand-turned clock. */
#include <stdlib.h>

#include "tests/lib/tmain.h"
#include "tests/lib/xact_bench.h"

const char test_suite[] = "mgco_xact_in";

static void
duplicate_of_a_finished_request_gets_the_same_bytes(void)
{
	xb_begin();
	xb.answer_at_once = true;
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	xb_turn_to(xb.now + LONG - 1);
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	CU_ASSERT_EQUAL(xb.executed, 1);
	CU_ASSERT_EQUAL_FATAL(xb.n_sent, 2);
	CU_ASSERT_EQUAL(xb_sent(0)->kind, MGCO_REPLY);
	CU_ASSERT_EQUAL(xb_sent(0)->id, 7);
	CU_ASSERT_FALSE(xb_sent(0)->imm_ack);
	CU_ASSERT_STRING_EQUAL(xb.sent[0].text, xb.sent[1].text);
	CU_ASSERT_EQUAL(xb.counters.duplicates, 1);
	xb_turn_to(xb.now + 1);
	CU_ASSERT_EQUAL(mgco_xact_remembered(xb.x), 0); /* LONG-TIMER is over */
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	CU_ASSERT_EQUAL(xb.executed, 2);
	xb_end();
}

static void
duplicate_of_a_running_request_gets_pending_and_no_second_execution(void)
{
	xb_begin();
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	CU_ASSERT_EQUAL(xb.n_sent, 0);
	xb_feed(XB_PEER "Transaction = 7" XB_BODY "Transaction = 7" XB_BODY);
	CU_ASSERT_EQUAL(xb.executed, 1);
	CU_ASSERT_EQUAL(xb.n_sent, 2);
	CU_ASSERT_EQUAL(xb_sent(0)->kind, MGCO_PENDING);
	CU_ASSERT_EQUAL(xb_sent(0)->id, 7);
	mgco_xact_respond(xb.x, xb.now, xb.ticket, &xb_action, NULL);
	CU_ASSERT_EQUAL(xb_sent(2)->kind, MGCO_REPLY);
	CU_ASSERT_TRUE(xb_sent(2)->imm_ack);
	mgco_xact_respond(xb.x, xb.now, xb.ticket, &xb_action, NULL); /* twice is ignored */
	CU_ASSERT_EQUAL(xb.n_sent, 3);
	xb_end();
}

static void
slow_execution_is_announced_and_its_reply_repeated_until_acknowledged(void)
{
	xb_begin();
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	xb_turn_to(xb.now + PENDING);
	CU_ASSERT_EQUAL(xb.n_sent, 1);
	CU_ASSERT_EQUAL(xb_sent(0)->kind, MGCO_PENDING);
	xb_turn_to(xb.now + T_MAX / 2);
	CU_ASSERT_EQUAL(xb.n_sent, 2); /* and again, before the peer gives up */
	mgco_xact_respond(xb.x, xb.now, xb.ticket, &xb_action, NULL);
	CU_ASSERT_TRUE(xb_sent(2)->imm_ack);
	xb_turn_to(xb.now + RTO);
	CU_ASSERT_EQUAL(xb.n_sent, 4);
	CU_ASSERT_STRING_EQUAL(xb.sent[2].text, xb.sent[3].text);
	xb_feed(XB_PEER "TransactionResponseAck { 7 }");
	xb_turn_to(xb.now + LONG / 2);
	CU_ASSERT_EQUAL(xb.n_sent, 4);
	xb_end();
}

static void
reply_that_is_never_acknowledged_stops_at_t_max(void)
{
	unsigned n;

	xb_begin();
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	xb_turn_to(xb.now + PENDING);
	mgco_xact_respond(xb.x, xb.now, xb.ticket, &xb_action, NULL);
	xb_turn_to(xb.now + T_MAX);
	n = xb.n_sent;
	CU_ASSERT(n > 8 && n < 16);
	xb_turn_to(xb.now + 4 * T_MAX);
	CU_ASSERT_EQUAL(xb.n_sent, n);
	CU_ASSERT_EQUAL(mgco_xact_due_ms(xb.x), UINT64_MAX);
	xb_end();
}

static void
acknowledged_reply_is_dropped_but_its_id_stays_known(void)
{
	xb_begin();
	xb.answer_at_once = true;
	xb_feed(XB_PEER "Transaction = 7" XB_BODY "Transaction = 8" XB_BODY "Transaction = 9" XB_BODY);
	xb_feed(XB_PEER "TransactionResponseAck { 7-8 }");
	xb_feed(XB_PEER "Transaction = 7" XB_BODY "Transaction = 8" XB_BODY);
	CU_ASSERT_EQUAL(xb.executed, 3);
	CU_ASSERT_EQUAL(xb.n_sent, 3); /* discarded silently */
	xb_feed(XB_PEER "Transaction = 9" XB_BODY);
	CU_ASSERT_EQUAL(xb.n_sent, 4);
	CU_ASSERT_EQUAL(mgco_xact_remembered(xb.x), 3);
	xb_end();
}

static void
acknowledgement_of_everything_costs_little_and_spares_running_requests(void)
{
	xb_begin();
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	xb_feed(XB_PEER "TransactionResponseAck { 0-4294967295, 1-4294967295, 0-0, 7 }");
	xb_feed(XB_PEER "TransactionResponseAck { 7 }");
	mgco_xact_respond(xb.x, xb.now, xb.ticket, &xb_action, NULL);
	CU_ASSERT_EQUAL(xb.n_sent, 1);
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	CU_ASSERT_EQUAL(xb.n_sent, 2);
	xb_end();
}

static void
when_and_how_many_pendings_can_be_set(void)
{
	xb_begin();
	mgco_xact_set_pendings(xb.x, 1000, 2, 64);
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	xb_turn_to(xb.now + 999);
	CU_ASSERT_EQUAL(xb.counters.pendings_out, 0);
	xb_turn_to(xb.now + 1);
	CU_ASSERT_EQUAL(xb.counters.pendings_out, 1);
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	CU_ASSERT_EQUAL(xb.counters.pendings_out, 2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(xb_sent(xb.n_sent - 1)->error);
	CU_ASSERT_EQUAL(xb_sent(xb.n_sent - 1)->error->code, 506);
	xb_end();
}

static void
too_many_pendings_end_in_error_506(void)
{
	xb_begin();
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	for (unsigned i = 0; i < XACT_PENDINGS_MAX; i++)
		xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	CU_ASSERT_EQUAL(xb.counters.pendings_out, XACT_PENDINGS_MAX);
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	CU_ASSERT_EQUAL(xb_sent(xb.n_sent - 1)->kind, MGCO_REPLY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(xb_sent(xb.n_sent - 1)->error);
	CU_ASSERT_EQUAL(xb_sent(xb.n_sent - 1)->error->code, 506);
	CU_ASSERT_EQUAL(mgco_xact_running(xb.x), 0);
	xb_forget_sent();
	mgco_xact_respond(xb.x, xb.now, xb.ticket, &xb_action, NULL); /* too late */
	CU_ASSERT_EQUAL(xb.n_sent, 0);
	xb_end();
}

static void
stale_ticket_does_not_answer_a_later_request_of_the_same_id(void)
{
	uint64_t stale;

	xb_begin();
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	stale = xb.ticket;
	mgco_xact_reset(xb.x);
	CU_ASSERT_EQUAL(mgco_xact_running(xb.x), 0);
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	CU_ASSERT_EQUAL(xb.executed, 2);
	mgco_xact_respond(xb.x, xb.now, stale, &xb_action, NULL);
	CU_ASSERT_EQUAL(xb.n_sent, 0);
	mgco_xact_respond(xb.x, xb.now, xb.ticket, &xb_action, NULL);
	CU_ASSERT_EQUAL(xb.n_sent, 1);
	xb_end();
}

static void
requests_beyond_max_in_are_refused_for_good(void)
{
	xb_begin();
	for (unsigned i = 1; i <= 5; i++)
		xb_feed(XB_PEER "Transaction = %u" XB_BODY, i);
	CU_ASSERT_EQUAL(xb.executed, 4);
	CU_ASSERT_EQUAL(xb.n_sent, 1);
	CU_ASSERT_EQUAL(xb_sent(0)->error->code, 506);
	mgco_xact_respond(xb.x, xb.now, xb.ticket, &xb_action, NULL);
	xb_feed(XB_PEER "Transaction = 5" XB_BODY); /* the peer was told: not executed after all */
	CU_ASSERT_EQUAL(xb.executed, 4);
	CU_ASSERT_STRING_EQUAL(xb.sent[0].text, xb.sent[2].text);
	xb_end();
}

static void
reply_has_the_version_of_the_request(void)
{
	xb_begin();
	xb.answer_at_once = true;
	xb_feed("MEGACO/1 [192.0.2.2]:2944 Transaction = 7" XB_BODY);
	CU_ASSERT_EQUAL(xb_parse(span_str(xb.sent[0].text)).version, 1);
	xb_request();
	CU_ASSERT_EQUAL(xb_parse(span_str(xb.sent[1].text)).version, 2);
	mgco_xact_set_version(xb.x, 1);
	xb_request();
	CU_ASSERT_EQUAL(xb_parse(span_str(xb.sent[2].text)).version, 1);
	xb_end();
}

static void
reply_above_the_message_size_becomes_error_533(void)
{
	struct mgco_xact_conf conf = xb_conf();

	conf.message_max = 100;
	xb_begin_conf(&conf);
	xb_cmd.term = SPAN_LIT("a-termination-with-a-name-that-does-not-fit-into-a-hundred-bytes-of-message-text");
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	mgco_xact_respond(xb.x, xb.now, xb.ticket, &xb_action, NULL);
	xb_cmd.term = SPAN_LIT("t1");
	CU_ASSERT_EQUAL(xb_sent(0)->error->code, 533);
	xb_end();
}

static void
bad_request_is_answered_unless_it_damages_a_known_one(void)
{
	struct mgco_error bad = { .code = 422, .text = SPAN_LIT("bad") };

	xb_begin();
	mgco_xact_on_bad_request(xb.x, xb.now, 2, 7, &bad);
	CU_ASSERT_EQUAL(xb_sent(0)->error->code, 422);
	xb_feed(XB_PEER "Transaction = 7" XB_BODY); /* the sound one after it */
	CU_ASSERT_EQUAL(xb.executed, 1);
	mgco_xact_on_bad_request(xb.x, xb.now, 2, 7, &bad);
	CU_ASSERT_EQUAL(xb_sent(1)->kind, MGCO_PENDING);
	xb_end();
}

static void
memory_for_the_peers_requests_is_bounded(void)
{
	struct mgco_txn t = { .kind = MGCO_REQUEST };
	struct mgco_msg msg = { .version = 2, .txns = &t };
	struct mgco_xact_conf conf = xb_conf();
	char *big = malloc(60000);

	CU_ASSERT_PTR_NOT_NULL_FATAL(big);
	memset(big, 'x', 60000);
	xb_begin_conf(&conf);
	xb_cmd.term = span_of(big, 60000);
	xb.answer_at_once = true;
	for (t.id = 1; t.id <= XACT_REPLY_BYTES_MAX / 60000 + 1; t.id++) {
		mgco_xact_on_msg(xb.x, xb.now, &msg);
		xb_forget_sent();
	}
	t.id = 1; /* its reply made room: known, silent */
	mgco_xact_on_msg(xb.x, xb.now, &msg);
	CU_ASSERT_EQUAL(xb.n_sent, 0);
	t.id = 2;
	mgco_xact_on_msg(xb.x, xb.now, &msg);
	CU_ASSERT_EQUAL(xb.n_sent, 1);
	xb_forget_sent();
	xb_cmd.term = SPAN_LIT("t1");
	for (t.id = 1000; t.id <= 1000 + XACT_IDS_MAX; t.id++) {
		mgco_xact_on_msg(xb.x, xb.now, &msg);
		xb_forget_sent();
	}
	CU_ASSERT_EQUAL(mgco_xact_remembered(xb.x), XACT_IDS_MAX);
	free(big);
	xb_end();
}

static void
duplicates_and_pendings_are_the_same_over_tcp_without_acknowledgement(void)
{
	xb_begin_tcp();
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	xb_turn_to(xb.now + PENDING);
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	CU_ASSERT_EQUAL(xb.n_sent, 2);
	CU_ASSERT_EQUAL(xb_sent(1)->kind, MGCO_PENDING);
	mgco_xact_respond(xb.x, xb.now, xb.ticket, &xb_action, NULL);
	CU_ASSERT_FALSE(xb_sent(2)->imm_ack);
	xb_turn_to(xb.now + T_MAX);
	CU_ASSERT_EQUAL(xb.n_sent, 3);
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	CU_ASSERT_EQUAL(xb.n_sent, 4);
	CU_ASSERT_EQUAL(xb.executed, 1);
	xb_end();
}

const struct test_case test_cases[] = {
	TEST(duplicate_of_a_finished_request_gets_the_same_bytes),
	TEST(duplicate_of_a_running_request_gets_pending_and_no_second_execution),
	TEST(slow_execution_is_announced_and_its_reply_repeated_until_acknowledged),
	TEST(reply_that_is_never_acknowledged_stops_at_t_max),
	TEST(acknowledged_reply_is_dropped_but_its_id_stays_known),
	TEST(acknowledgement_of_everything_costs_little_and_spares_running_requests),
	TEST(when_and_how_many_pendings_can_be_set),
	TEST(too_many_pendings_end_in_error_506),
	TEST(stale_ticket_does_not_answer_a_later_request_of_the_same_id),
	TEST(requests_beyond_max_in_are_refused_for_good),
	TEST(reply_has_the_version_of_the_request),
	TEST(reply_above_the_message_size_becomes_error_533),
	TEST(bad_request_is_answered_unless_it_damages_a_known_one),
	TEST(memory_for_the_peers_requests_is_bounded),
	TEST(duplicates_and_pendings_are_the_same_over_tcp_without_acknowledgement),
	{ NULL, NULL },
};
