/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of ours in the transaction machine, against a hand-turned clock. */

#include "proto/base/err.h"
#include "tests/lib/tmain.h"
#include "tests/lib/xact_bench.h"

const char test_suite[] = "mgco_xact_out";

static void
request_is_repeated_ever_more_slowly_until_t_max(void)
{
	uint64_t start;

	xb_begin();
	start = xb.now;
	xb_request();
	CU_ASSERT_EQUAL(xb_turn_to(start + T_MAX - 1), 0);
	CU_ASSERT(xb.n_sent >= 8 && xb.n_sent <= 13);
	CU_ASSERT_EQUAL(xb.sent[1].at - xb.sent[0].at, RTO);
	for (unsigned i = 2, rto = 2 * RTO; i < xb.n_sent; i++) {
		uint64_t gap = xb.sent[i].at - xb.sent[i - 1].at;

		CU_ASSERT(gap <= rto && gap >= rto - rto / 4);
		rto = 2 * rto < RTO_MAX ? 2 * rto : RTO_MAX;
	}
	for (unsigned i = 1; i < xb.n_sent; i++) {
		CU_ASSERT_EQUAL(xb.sent[i].len, xb.sent[0].len);
		CU_ASSERT_STRING_EQUAL(xb.sent[i].text, xb.sent[0].text);
	}
	CU_ASSERT_EQUAL(xb.counters.retransmissions, xb.n_sent - 1);
	CU_ASSERT_EQUAL(xb.replies, 0);
	CU_ASSERT_EQUAL(xb_turn_to(start + T_MAX), ERR_TIMEOUT);
	CU_ASSERT_EQUAL(xb.replies, 1);
	CU_ASSERT_EQUAL(xb.reply_err, ERR_TIMEOUT);
	CU_ASSERT_EQUAL(xb.counters.timeouts, 1);
	CU_ASSERT_EQUAL(mgco_xact_due_ms(xb.x), UINT64_MAX);
	xb_end();
}

static void
jitter_keeps_two_senders_out_of_step(void)
{
	struct mgco_xact_conf conf = xb_conf();
	uint64_t first[2];

	for (unsigned i = 0; i < 2; i++) {
		conf.seed = i + 7;
		xb_begin_conf(&conf);
		xb_request();
		xb_turn_to(xb.now + 20000);
		first[i] = xb.sent[6].at;
		xb_end();
	}
	CU_ASSERT_NOT_EQUAL(first[0], first[1]);
}

static void
reply_ends_the_repetition_and_comes_once(void)
{
	uint32_t id;

	xb_begin();
	id = xb_request();
	xb_feed(XB_PEER "Reply = %u" XB_BODY, id);
	xb_feed(XB_PEER "Reply = %u" XB_BODY, id);
	xb_feed(XB_PEER "Reply = 4242" XB_BODY);
	CU_ASSERT_EQUAL(xb.replies, 1);
	CU_ASSERT_EQUAL(xb.reply_err, 0);
	CU_ASSERT_EQUAL(xb.counters.duplicates, 2);
	xb_turn_to(xb.now + T_MAX);
	CU_ASSERT_EQUAL(xb.n_sent, 1);
	CU_ASSERT_EQUAL(xb.replies, 1);
	xb_end();
}

static void
error_reply_is_a_reply(void)
{
	xb_begin();
	xb_feed(XB_PEER "Reply = %u { Error = 430 { \"x\" } }", xb_request());
	CU_ASSERT_EQUAL(xb.reply_err, 0);
	CU_ASSERT_EQUAL(xb.reply_error_code, 430);
	xb_end();
}

static void
pending_makes_repetitions_rare_and_waiting_longer(void)
{
	uint64_t start, told;
	uint32_t id;

	xb_begin();
	start = xb.now;
	id = xb_request();
	xb_turn_to(start + 50);
	xb_feed(XB_PEER "Pending = %u {}", id);
	told = xb.now;
	xb_turn_to(told + 3 * RTO_MAX / 4 - 1);
	CU_ASSERT_EQUAL(xb.n_sent, 1);
	xb_turn_to(told + RTO_MAX);
	CU_ASSERT_EQUAL(xb.n_sent, 2);
	CU_ASSERT_EQUAL(xb_turn_to(start + T_MAX), 0); /* later than without it */
	CU_ASSERT_EQUAL(xb_turn_to(told + T_MAX), ERR_TIMEOUT);
	CU_ASSERT_EQUAL(xb.counters.pendings_in, 1);
	xb_feed(XB_PEER "Pending = %u {}", id); /* for one that is over: nothing */
	CU_ASSERT_EQUAL(xb.replies, 1);
	CU_ASSERT_EQUAL(mgco_xact_due_ms(xb.x), UINT64_MAX);
	xb_end();
}

static void
pendings_do_not_keep_a_request_alive_for_ever(void)
{
	uint64_t limit;
	uint32_t id;

	xb_begin_tcp();
	limit = xb.now + (uint64_t)T_MAX * XACT_PENDING_STRETCH;
	id = xb_request();
	while (xb.now < limit && !xb.replies) {
		xb_feed(XB_PEER "Pending = %u {}", id);
		xb_turn_to(xb.now + T_MAX / 2);
	}
	CU_ASSERT_EQUAL(xb.replies, 1);
	CU_ASSERT_EQUAL(xb.reply_err, ERR_TIMEOUT);
	CU_ASSERT_EQUAL(xb.now, limit);
	xb_end();
}

/* root/normalMGCExecutionTime and MGCProvisionalResponseTimerValue. */
static void
a_request_is_repeated_when_the_peer_may_be_expected_to_have_answered(void)
{
	uint64_t start;
	uint32_t id;

	xb_begin();
	mgco_xact_set_patience(xb.x, 1000, 500);
	start = xb.now;
	id = xb_request();
	xb_turn_to(start + 999);
	CU_ASSERT_EQUAL(xb.n_sent, 1);
	xb_turn_to(start + 1000);
	CU_ASSERT_EQUAL(xb.n_sent, 2);
	xb_feed(XB_PEER "Pending = %u {}", id);
	xb_turn_to(start + 1000 + 3 * 500 / 4 - 1);
	CU_ASSERT_EQUAL(xb.n_sent, 2);
	xb_turn_to(start + 1000 + 500);
	CU_ASSERT_EQUAL(xb.n_sent, 3);
	xb_end();
}

static void
a_request_takes_as_many_pendings_as_was_agreed(void)
{
	uint32_t id;

	xb_begin();
	mgco_xact_set_pendings(xb.x, 100, 64, 2);
	id = xb_request();
	for (unsigned i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(xb.replies, 0);
		xb_feed(XB_PEER "Pending = %u {}", id);
	}
	CU_ASSERT_EQUAL(xb.replies, 1);
	CU_ASSERT_EQUAL(xb.reply_err, ERR_TIMEOUT);
	CU_ASSERT_EQUAL(mgco_xact_due_ms(xb.x), UINT64_MAX);
	xb_end();
}

static void
immediate_acknowledgement_is_given_each_time_it_is_asked_for(void)
{
	uint32_t id;

	xb_begin();
	id = xb_request();
	for (unsigned i = 1; i <= 2; i++) {
		xb_feed(XB_PEER "Reply = %u { ImmAckRequired, Context = 1 { Subtract = t1 } }", id);
		CU_ASSERT_EQUAL(xb.n_sent, 1 + i);
		CU_ASSERT_EQUAL(xb_sent(i)->kind, MGCO_ACK);
		CU_ASSERT_EQUAL(xb_sent(i)->acks->first, id);
	}
	CU_ASSERT_EQUAL(xb.replies, 1);
	xb_end();
}

static void
nothing_is_confirmed_unasked_where_that_is_switched_off(void)
{
	struct mgco_xact_conf conf = xb_conf();
	uint32_t id;

	conf.no_acks = true;
	xb_begin_conf(&conf);
	id = xb_request();
	xb_feed(XB_PEER "Reply = %u { Context = 1 { Subtract = t1 } }", id);
	id = xb_request();
	CU_ASSERT_EQUAL(xb_sent(1)->kind, MGCO_REQUEST); /* no TransactionResponseAck before it */
	xb_feed(XB_PEER "Reply = %u { ImmAckRequired, Context = 1 { Subtract = t1 } }", id);
	CU_ASSERT_EQUAL_FATAL(xb.n_sent, 3);
	CU_ASSERT_EQUAL(xb_sent(2)->kind, MGCO_ACK);
	CU_ASSERT_PTR_NULL(xb_sent(2)->acks->next);
	xb_end();
}

static void
confirmations_ride_with_the_next_message(void)
{
	const struct mgco_txn *t;
	uint32_t id[4];

	xb_begin();
	for (unsigned i = 0; i < 4; i++)
		id[i] = xb_request();
	xb_feed(XB_PEER "Reply = %u" XB_BODY "Reply = %u" XB_BODY "Reply = %u" XB_BODY, id[0], id[3], id[1]);
	CU_ASSERT_EQUAL(xb.n_sent, 4);
	xb_request();
	t = xb_sent(4);
	CU_ASSERT_EQUAL_FATAL(t->kind, MGCO_ACK);
	CU_ASSERT_EQUAL(t->acks->first, id[0]);
	CU_ASSERT_EQUAL(t->acks->last, id[1]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t->acks->next);
	CU_ASSERT_EQUAL(t->acks->next->first, id[3]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t->next);
	CU_ASSERT_EQUAL(t->next->kind, MGCO_REQUEST);
	xb_request();
	CU_ASSERT_EQUAL(xb_sent(5)->kind, MGCO_REQUEST); /* once is enough */
	xb_end();
}

static void
outstanding_requests_are_limited(void)
{
	xb_begin();
	for (unsigned i = 0; i < 8; i++)
		xb_request();
	CU_ASSERT_EQUAL(mgco_xact_request(xb.x, xb.now, &xb_action, xb_on_reply, NULL), ERR_LIMIT);
	CU_ASSERT_EQUAL(mgco_xact_outstanding(xb.x), 8);
	mgco_xact_shut(xb.x, ERR_CLOSED);
	CU_ASSERT_EQUAL(xb.replies, 8);
	CU_ASSERT_EQUAL(xb.reply_err, ERR_CLOSED);
	CU_ASSERT_EQUAL(mgco_xact_request(xb.x, xb.now, &xb_action, xb_on_reply, NULL), ERR_CLOSED);
	mgco_xact_open(xb.x);
	xb_request();
	xb_end();
}

static void
request_above_the_message_size_is_refused(void)
{
	struct mgco_xact_conf conf = xb_conf();

	conf.message_max = 64;
	xb_begin_conf(&conf);
	xb_cmd.term = SPAN_LIT("a-termination-with-a-name-that-does-not-fit-into-sixty-four-bytes");
	CU_ASSERT_EQUAL(mgco_xact_request(xb.x, xb.now, &xb_action, xb_on_reply, NULL), ERR_TOOBIG);
	xb_cmd.term = SPAN_LIT("t1");
	CU_ASSERT_EQUAL(xb.n_sent, 0);
	CU_ASSERT_EQUAL(mgco_xact_outstanding(xb.x), 0);
	xb_end();
}

static void
request_again(void *arg, int err, const struct mgco_txn *reply)
{
	xb_on_reply(arg, err, reply);
	if (xb.replies < 5)
		CU_ASSERT_EQUAL(mgco_xact_request(xb.x, xb.now, &xb_action, request_again, arg), err ? ERR_CLOSED : 0);
}

static void
callbacks_may_ask_again_and_close(void)
{
	xb_begin();
	CU_ASSERT_EQUAL(mgco_xact_request(xb.x, xb.now, &xb_action, request_again, &xb), 0);
	for (unsigned i = 0; i < 3; i++)
		xb_feed(XB_PEER "Reply = %u" XB_BODY, xb_sent(xb.n_sent - 1)->kind == MGCO_ACK ? xb_sent(xb.n_sent - 1)->next->id
		                                                                    : xb_sent(xb.n_sent - 1)->id);
	CU_ASSERT_EQUAL(xb.replies, 3);
	CU_ASSERT_EQUAL(mgco_xact_outstanding(xb.x), 1);
	mgco_xact_close(xb.x, ERR_CLOSED);
	CU_ASSERT_EQUAL(xb.replies, 4);
	mgco_xact_open(xb.x); /* closed is for ever */
	CU_ASSERT_EQUAL(mgco_xact_request(xb.x, xb.now, &xb_action, xb_on_reply, NULL), ERR_CLOSED);
	xb_end();
	xb_begin();
	xb.close_when_executed = true;
	xb_feed(XB_PEER "Transaction = 1" XB_BODY "Transaction = 2" XB_BODY);
	CU_ASSERT_EQUAL(xb.executed, 1); /* nothing after the close */
	CU_ASSERT_EQUAL(mgco_xact_due_ms(xb.x), UINT64_MAX);
	xb_end();
}

static void
version_error_ends_the_only_request_at_once(void)
{
	xb_begin();
	xb_request();
	xb_feed(XB_PEER "Error = 400 { \"x\" }");
	CU_ASSERT_EQUAL(xb.replies, 0);
	xb_feed(XB_PEER "Error = 406 { \"x\" }");
	CU_ASSERT_EQUAL(xb.replies, 1);
	CU_ASSERT_EQUAL(xb.reply_error_code, 406);
	xb_end();
}

static void
version_error_for_a_copy_does_not_end_the_request(void)
{
	uint32_t id;

	xb_begin();
	id = xb_request();
	xb_turn_to(xb.now + RTO);
	xb_feed(XB_PEER "Error = 406 { \"x\" }");
	CU_ASSERT_EQUAL(xb.replies, 0);
	xb_feed(XB_PEER "Reply = %u { Context = 1 { Subtract = t1 } }", id);
	CU_ASSERT_EQUAL(xb.replies, 1);
	CU_ASSERT_EQUAL(xb.reply_err, 0);
	xb_end();
}

static void
nothing_is_repeated_over_tcp(void)
{
	uint64_t start;

	xb_begin_tcp();
	start = xb.now;
	xb_request();
	CU_ASSERT_EQUAL(xb_turn_to(start + T_MAX - 1), 0);
	CU_ASSERT_EQUAL(xb.n_sent, 1);
	CU_ASSERT_EQUAL(xb_turn_to(start + T_MAX), ERR_TIMEOUT);
	CU_ASSERT_EQUAL(xb.reply_err, ERR_TIMEOUT);
	xb_end();
}

const struct test_case test_cases[] = {
	TEST(request_is_repeated_ever_more_slowly_until_t_max),
	TEST(jitter_keeps_two_senders_out_of_step),
	TEST(reply_ends_the_repetition_and_comes_once),
	TEST(error_reply_is_a_reply),
	TEST(pending_makes_repetitions_rare_and_waiting_longer),
	TEST(pendings_do_not_keep_a_request_alive_for_ever),
	TEST(a_request_is_repeated_when_the_peer_may_be_expected_to_have_answered),
	TEST(a_request_takes_as_many_pendings_as_was_agreed),
	TEST(immediate_acknowledgement_is_given_each_time_it_is_asked_for),
	TEST(nothing_is_confirmed_unasked_where_that_is_switched_off),
	TEST(confirmations_ride_with_the_next_message),
	TEST(outstanding_requests_are_limited),
	TEST(request_above_the_message_size_is_refused),
	TEST(callbacks_may_ask_again_and_close),
	TEST(version_error_ends_the_only_request_at_once),
	TEST(version_error_for_a_copy_does_not_end_the_request),
	TEST(nothing_is_repeated_over_tcp),
	{ NULL, NULL },
};
