/* SPDX-License-Identifier: BSD-2-Clause */
/* A peer that lost its state and counts its transactions anew, against a hand-turned clock. */
#include "tests/lib/tmain.h"
#include "tests/lib/xact_bench.h"

const char test_suite[] = "mgco_xact_restart";

#define RESTART(id, reason) \
	XB_PEER "Transaction = " id " { Context = - { ServiceChange = ROOT { Services { Method = Restart, Reason = \"" reason \
	"\" } } } }"

static void
peer_that_restarts_may_count_its_transactions_anew(void)
{
	xb_begin();
	xb.answer_at_once = true;
	xb_feed(RESTART("1", "901 Cold Boot"));
	xb_feed(XB_PEER "Transaction = 2" XB_BODY);
	xb_feed(XB_PEER "Transaction = 3" XB_BODY);
	CU_ASSERT_EQUAL(xb.executed, 3);
	xb_turn_to(xb.now + XACT_STRAY_MS);
	xb_feed(RESTART("1", "901 Cold Boot"));
	CU_ASSERT_EQUAL(xb.executed, 4);
	xb_feed(XB_PEER "Transaction = 2" XB_BODY);
	CU_ASSERT_EQUAL(xb.executed, 5);
	xb_feed(XB_PEER "Transaction = 2" XB_BODY); /* of the new life: a copy */
	CU_ASSERT_EQUAL(xb.executed, 5);
	CU_ASSERT_EQUAL(xb.counters.duplicates, 1);
	xb_end();
}

static void
peer_that_restarts_at_once_is_known_by_another_text(void)
{
	xb_begin();
	xb.answer_at_once = true;
	xb_feed(RESTART("1", "901 Cold Boot"));
	xb_feed(XB_PEER "Transaction = 2" XB_BODY);
	xb_feed(RESTART("1", "902 Warm Boot"));
	CU_ASSERT_EQUAL(xb.executed, 3);
	xb_feed(XB_PEER "Transaction = 2 { Context = 1 { Subtract = t2 } }");
	CU_ASSERT_EQUAL(xb.executed, 4);
	xb_feed(RESTART("2", "901 Cold Boot"));
	CU_ASSERT_EQUAL(xb.executed, 5);
	xb_end();
}

static void
copies_of_a_restart_and_strays_from_before_it_are_not_executed_again(void)
{
	xb_begin();
	xb.answer_at_once = true;
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	xb_feed(RESTART("8", "901 Cold Boot"));
	for (unsigned i = 0; i < 6; i++) { /* its reply is lost again and again */
		xb_turn_to(xb.now + XACT_STRAY_MS - 1);
		xb_feed(RESTART("8", "901 Cold Boot"));
	}
	CU_ASSERT_EQUAL(xb.executed, 2);
	CU_ASSERT_STRING_EQUAL(xb.sent[1].text, xb.sent[xb.n_sent - 1].text);
	xb_end();
	xb_begin();
	xb.answer_at_once = true;
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	xb_feed(RESTART("8", "901 Cold Boot"));
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	CU_ASSERT_EQUAL(xb.executed, 2);
	xb_end();
}

static void
other_service_changes_and_other_texts_leave_the_ids_known(void)
{
	xb_begin();
	xb.answer_at_once = true;
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	xb_feed(XB_PEER "Transaction = 8 { Context = - { ServiceChange = ROOT { Services { Method = Disconnected, "
	                "Reason = \"900 Service Restored\" } } } }");
	xb_feed(XB_PEER "Transaction = 9 { Context = - { ServiceChange = ip/1/a { Services { Method = Restart, "
	                "Reason = \"900 Service Restored\" } } } }");
	CU_ASSERT_EQUAL(xb.executed, 3);
	xb_turn_to(xb.now + XACT_STRAY_MS);
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	xb_feed(XB_PEER "Transaction = 7 { Context = 1 { Subtract = t2 } }"); /* the id decides */
	CU_ASSERT_EQUAL(xb.executed, 3);
	xb_end();
}

static void
request_that_runs_across_a_restart_is_given_up_for_a_new_one(void)
{
	uint64_t stale;

	xb_begin();
	xb_feed(XB_PEER "Transaction = 7" XB_BODY);
	stale = xb.ticket;
	xb_feed(RESTART("8", "901 Cold Boot"));
	xb_feed(XB_PEER "Transaction = 7 { Context = 1 { Subtract = t2 } }");
	CU_ASSERT_EQUAL(xb.executed, 3);
	mgco_xact_respond(xb.x, xb.now, stale, &xb_action, NULL); /* nobody waits for it */
	CU_ASSERT_EQUAL(xb.n_sent, 0);
	mgco_xact_respond(xb.x, xb.now, xb.ticket, &xb_action, NULL);
	CU_ASSERT_EQUAL(xb.n_sent, 1);
	CU_ASSERT_EQUAL(mgco_xact_running(xb.x), 1); /* the Restart */
	xb_end();
}

const struct test_case test_cases[] = {
	TEST(peer_that_restarts_may_count_its_transactions_anew),
	TEST(peer_that_restarts_at_once_is_known_by_another_text),
	TEST(copies_of_a_restart_and_strays_from_before_it_are_not_executed_again),
	TEST(other_service_changes_and_other_texts_leave_the_ids_known),
	TEST(request_that_runs_across_a_restart_is_given_up_for_a_new_one),
	{ NULL, NULL },
};
