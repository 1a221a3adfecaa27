/* SPDX-License-Identifier: BSD-2-Clause */
/* Gateways that refuse, are silent, start anew or are gone while a call needs them: what ims-alg tells the P-CSCF, and that
 * nothing is left behind. */
#include <stdio.h>

#include "tests/lib/alg_bench.h"
#include "tests/lib/tmain.h"

static struct alg_bench b;

static void
one_line_failing_takes_back_the_other(void)
{
	char sdp[4096];

	bench_start_with_gateway(&b, MGCO_TCP);
	snprintf(sdp, sizeof(sdp), "%s%s", BENCH_OFFER,
	         "m=message 7655 TCP/MSRP *\r\na=setup:actpass\r\na=path:msrp://198.51.100.7:7655/x;tcp\r\n");
	b.gw.hold = true;
	bench_request(&b, "x", "offer", "c1", sdp, BENCH_FROM_CORE);
	CU_ASSERT(bench_until(&b, &b.gw.n_held, 2));
	/* The first succeeds, the second loses its second Add: half made. */
	{
		struct mgco_incoming *second = b.gw.held[1];

		b.gw.n_held = 1;
		fake_gw_release(&b);
		b.gw.refuse_add = 510;
		b.gw.refuse_add_at = 2;
		b.gw.held[0] = second;
		b.gw.n_held = 1;
		fake_gw_release(&b);
	}
	CU_ASSERT(bench_wait(&b, 1));
	CU_ASSERT_STRING_EQUAL(bench_error(&b, bench_reply(&b, 0)), "no-port: line 2: H.248 error 510 no ports left");
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	CU_ASSERT_EQUAL(b.gw.subtracts, 2);
	CU_ASSERT_EQUAL(calls_count(b.alg->calls), 0);
	bench_stop(&b);
}

static void
a_refused_modify_ends_the_call(void)
{
	bench_start_with_gateway(&b, MGCO_TCP);
	CU_ASSERT(bench_offer(&b, "c1"));
	b.gw.refuse_modify = 449;
	CU_ASSERT(bench_has(bench_error(&b, bench_ask(&b, "answer", "c1", BENCH_ANSWER, BENCH_FROM_UE)), "H.248 error 449"));
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	CU_ASSERT_STRING_EQUAL(bench_error(&b, bench_ask(&b, "answer", "c1", BENCH_ANSWER, BENCH_FROM_UE)), "Unknown call-id");
	bench_stop(&b);
}

static void
a_silent_gateway_fails_the_offer_in_time_and_is_cleaned_up(void)
{
	bench_start_with_gateway(&b, MGCO_TCP);
	b.gw.hold = true;
	CU_ASSERT(bench_has(bench_error(&b, bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE)), "gateway-lost: "));
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	fake_gw_release(&b); /* too late: the context comes into being, and goes */
	bench_run(&b, 200);
	CU_ASSERT_EQUAL(b.gw.adds, 1);
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	CU_ASSERT_EQUAL(b.alg->stats.contexts_made, b.alg->stats.contexts_ended);
	bench_stop(&b);
}

static int losses;

static bool
lose_some(void *arg, struct span msg)
{
	(void)arg;
	(void)msg;
	return ++losses % 3 != 1; /* the first of every three */
}

static void
lost_messages_are_repeated_and_executed_once(void)
{
	bench_start_with_gateway(&b, MGCO_UDP);
	losses = 0;
	mgco_node_set_tap(b.gw.node, lose_some, NULL);
	mgco_node_set_tap(agwset_node(b.alg->agws), lose_some, NULL);
	CU_ASSERT(bench_offer(&b, "c1"));
	CU_ASSERT(bench_answer(&b, "c1"));
	CU_ASSERT(bench_delete(&b, "c1"));
	CU_ASSERT_EQUAL(b.gw.adds, 1);
	CU_ASSERT_EQUAL(b.gw.modifies, 1);
	CU_ASSERT_EQUAL(b.gw.subtracts, 1);
	bench_stop(&b);
}

static void
without_a_gateway_an_offer_is_refused(void)
{
	bench_init(&b);
	bench_start(&b, MGCO_TCP);
	CU_ASSERT_STRING_EQUAL(bench_error(&b, bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE)),
	                       "gateway-lost: no gateway is in service for both realms");
	CU_ASSERT_EQUAL(calls_count(b.alg->calls), 0);
	bench_stop(&b);
}

static void
a_gateway_that_restarts_loses_its_contexts(void)
{
	const struct ng_val *r;

	bench_start_with_gateway(&b, MGCO_TCP);
	CU_ASSERT(bench_offer(&b, "c1"));
	CU_ASSERT(bench_answer(&b, "c1"));
	fake_gw_service_change(&b, "Restart", "901 Cold Boot");
	b.gw.contexts = 0;
	r = bench_ask(&b, "query", "c1", NULL, NULL);
	CU_ASSERT(bench_is_ok(r));
	CU_ASSERT(bench_has(b.replies[b.n_replies - 1], "\"reason\":\"gateway-lost\""));
	CU_ASSERT(bench_has(b.replies[b.n_replies - 1], "\"state\":\"GONE\""));
	CU_ASSERT(bench_delete(&b, "c1"));
	CU_ASSERT_EQUAL(b.gw.subtracts, 0);
	CU_ASSERT_EQUAL(b.alg->stats.gateway_restarted, 1);
	CU_ASSERT(bench_offer(&b, "c2"));
	bench_stop(&b);
}

static void
a_restart_fails_the_offer_that_waits(void)
{
	bench_start_with_gateway(&b, MGCO_TCP);
	b.gw.hold = true;
	bench_request(&b, "x", "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE);
	CU_ASSERT(bench_until(&b, &b.gw.n_held, 1));
	fake_gw_service_change(&b, "Restart", "901 Cold Boot");
	CU_ASSERT(bench_wait(&b, 1));
	CU_ASSERT(bench_has(bench_error(&b, bench_reply(&b, 0)), "gateway-lost"));
	fake_gw_release(&b); /* an answer out of its former life: its context is nobody's */
	bench_run(&b, 200);
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	CU_ASSERT_EQUAL(b.alg->stats.contexts_orphaned, 1);
	bench_stop(&b);
}

static void
a_gateway_that_leaves_gracefully_gets_no_new_call(void)
{
	bench_start_with_gateway(&b, MGCO_TCP);
	CU_ASSERT(bench_offer(&b, "c1"));
	fake_gw_service_change(&b, "Graceful", "905 Termination Taken Out Of Service");
	CU_ASSERT(bench_has(bench_error(&b, bench_ask(&b, "offer", "c2", BENCH_OFFER, BENCH_FROM_CORE)), "gateway-lost"));
	CU_ASSERT(bench_answer(&b, "c1"));
	fake_gw_service_change(&b, "Disconnected", "900 Service Restored");
	CU_ASSERT(bench_delete(&b, "c1"));
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	bench_stop(&b);
}

static void
a_failure_reported_by_the_gateway_shows_in_query(void)
{
	bench_start_with_gateway(&b, MGCO_TCP);
	CU_ASSERT(bench_offer(&b, "c1"));
	fake_gw_notify(&b, 1, "ip/1/access/1", "g/cause", "Failurecause", "fp-mismatch");
	CU_ASSERT_EQUAL(b.gw.notify_err, 0);
	CU_ASSERT(bench_is_ok(bench_ask(&b, "query", "c1", NULL, NULL)));
	CU_ASSERT(bench_has(b.replies[b.n_replies - 1], "\"reason\":\"fp-mismatch\""));
	CU_ASSERT_EQUAL(b.alg->stats.notify_failures, 1);
	bench_stop(&b);
}

static void
a_hanging_termination_is_known_or_cleaned_up(void)
{
	bench_start_with_gateway(&b, MGCO_TCP);
	CU_ASSERT(bench_offer(&b, "c1"));
	fake_gw_notify(&b, 1, "ip/1/access/1", "hangterm/thb", NULL, NULL);
	CU_ASSERT_EQUAL(b.gw.notify_err, 0);
	fake_gw_notify(&b, 77, "ip/1/access/9", "hangterm/thb", NULL, NULL);
	CU_ASSERT_EQUAL(b.gw.notify_err, 411);
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.subtracts, 1);
	CU_ASSERT(bench_has(b.gw.seen, "Context = 77"));
	CU_ASSERT(bench_has(b.gw.seen, "Subtract = *"));
	bench_stop(&b);
}

static void
a_call_cancelled_while_the_gateway_works_leaves_nothing(void)
{
	bench_start_with_gateway(&b, MGCO_TCP);
	b.gw.hold = true;
	bench_request(&b, "x", "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE);
	CU_ASSERT(bench_until(&b, &b.gw.n_held, 1));
	bench_request(&b, "y", "delete", "c1", NULL, "\"from-tag\":\"ft\"");
	CU_ASSERT(bench_wait(&b, 1));
	CU_ASSERT(bench_has(bench_error(&b, bench_reply(&b, 0)), "deleted"));
	fake_gw_release(&b);
	CU_ASSERT(bench_wait(&b, 2));
	CU_ASSERT(bench_is_ok(bench_reply(&b, 1)));
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	bench_stop(&b);
}

static void
a_lost_gateway_gets_no_call_and_delays_no_delete(void)
{
	bench_start_with_gateway(&b, MGCO_TCP);
	CU_ASSERT(bench_offer(&b, "c1"));
	mgco_node_free(b.gw.node);
	b.gw.node = NULL;
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.alg->stats.gateway_lost, 1);
	CU_ASSERT(bench_has(bench_error(&b, bench_ask(&b, "offer", "c2", BENCH_OFFER, BENCH_FROM_CORE)), "gateway-lost"));
	CU_ASSERT(bench_delete(&b, "c1"));
	bench_stop(&b);
}

const char test_suite[] = "alg_trouble";
const struct test_case test_cases[] = {
	TEST(one_line_failing_takes_back_the_other),
	TEST(a_refused_modify_ends_the_call),
	TEST(a_silent_gateway_fails_the_offer_in_time_and_is_cleaned_up),
	TEST(lost_messages_are_repeated_and_executed_once),
	TEST(without_a_gateway_an_offer_is_refused),
	TEST(a_gateway_that_restarts_loses_its_contexts),
	TEST(a_restart_fails_the_offer_that_waits),
	TEST(a_gateway_that_leaves_gracefully_gets_no_new_call),
	TEST(a_failure_reported_by_the_gateway_shows_in_query),
	TEST(a_hanging_termination_is_known_or_cleaned_up),
	TEST(a_call_cancelled_while_the_gateway_works_leaves_nothing),
	TEST(a_lost_gateway_gets_no_call_and_delays_no_delete),
	{ 0 },
};
