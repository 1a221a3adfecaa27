/* SPDX-License-Identifier: BSD-2-Clause */
/* Contexts whose Subtract gets lost, is refused, or comes when the gateway is away: they are subtracted all the same, long
 * before hangterm would bring them up, and never a context that has a call. */
#include <stdio.h>

#include "tests/lib/alg_bench.h"
#include "tests/lib/tmain.h"

enum { T_MAX = 25000 };

static struct alg_bench b;
static bool cut;

static bool
pass_unless_cut(void *arg, struct span msg)
{
	(void)arg;
	(void)msg;
	return !cut;
}

/* Neither side hears the other. */
static void
cut_off(bool yes)
{
	cut = yes;
	mgco_node_set_tap(b.gw.node, pass_unless_cut, NULL);
	mgco_node_set_tap(agwset_node(b.alg->agws), pass_unless_cut, NULL);
}

static void
start(enum mgco_proto proto)
{
	bench_start_with_gateway(&b, proto);
	bench_run(&b, 20);
	b.gw.refuse_list = 533; /* no help from the list of all contexts */
}

static bool
ask(const char *what, int n, const char *sdp, const char *more)
{
	char id[16];

	snprintf(id, sizeof(id), "c%d", n);
	b.n_replies = 0;
	return bench_is_ok(bench_ask(&b, what, id, sdp, more));
}

static void
call(int n)
{
	CU_ASSERT(ask("offer", n, BENCH_OFFER, BENCH_FROM_CORE));
	CU_ASSERT(ask("answer", n, BENCH_ANSWER, BENCH_FROM_UE));
}

static void
hang_up(int n)
{
	(void)ask("delete", n, NULL, "\"from-tag\":\"ft\"");
}

static void
come_back(void)
{
	cut_off(false);
	fake_gw_service_change(&b, "Disconnected", "900 Service Restored");
	bench_run(&b, 100);
}

static void
a_subtract_that_was_lost_is_repeated_when_the_gateway_is_back(void)
{
	start(MGCO_UDP);
	for (int n = 1; n <= 40; n++)
		call(n);
	CU_ASSERT_EQUAL(b.gw.contexts, 40);
	cut_off(true);
	for (int n = 1; n <= 37; n++) /* some time out, and what comes after finds it away */
		hang_up(n);
	bench_run(&b, T_MAX + 1000);
	hang_up(38);
	hang_up(39);
	CU_ASSERT_EQUAL(b.alg->stats.gateway_lost, 1);
	CU_ASSERT_EQUAL(b.gw.contexts, 40);
	bench_run(&b, 1000);
	come_back();
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	CU_ASSERT_EQUAL(calls_count(b.alg->calls), 1);
	CU_ASSERT_EQUAL(b.alg->stats.contexts_orphaned, 39);
	CU_ASSERT_EQUAL(b.alg->stats.contexts_missing, 0);
	bench_stop(&b);
}

static void
calls_of_a_gateway_that_stays_away_leave_it_nothing(void)
{
	start(MGCO_UDP);
	call(1);
	call(2);
	cut_off(true);
	bench_run(&b, 400000);
	CU_ASSERT_EQUAL(alg_stats_sum(b.alg->stats.calls_failed), 2);
	CU_ASSERT_EQUAL(b.gw.contexts, 2);
	come_back();
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	bench_stop(&b);
}

static void
a_refused_subtract_is_tried_again_after_a_while_and_not_for_ever(void)
{
	uint32_t before;

	start(MGCO_TCP);
	call(1);
	b.gw.refuse_subtract = 502;
	b.gw.refuse_subtracts = 3;
	hang_up(1);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	bench_run(&b, ALG_ORPHAN_MS + 2 * ALG_ORPHAN_MS + 1000);
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	call(2);
	b.gw.refuse_subtracts = 1000;
	before = b.gw.subtracts;
	hang_up(2);
	bench_run(&b, 600000);
	CU_ASSERT_EQUAL(b.gw.subtracts - before, 1 + ALG_ORPHAN_TRIES);
	CU_ASSERT_EQUAL(b.alg->stats.orphans_given_up, 1);
	b.gw.refuse_subtracts = 0;
	fake_gw_notify(&b, 2, "ip/1/access/3", "hangterm/thb", NULL, NULL); /* and then this */
	CU_ASSERT_EQUAL(b.gw.notify_err, 411);
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	bench_stop(&b);
}

static void
after_a_restart_nothing_is_subtracted(void)
{
	start(MGCO_TCP);
	call(1);
	b.gw.refuse_subtract = 502;
	b.gw.refuse_subtracts = 2; /* of both terminations, then of "*" */
	hang_up(1);
	b.gw.next_ctx = 0; /* the numbers begin anew */
	b.gw.contexts = 0;
	fake_gw_service_change(&b, "Restart", "902 Warm Boot");
	call(2);
	bench_run(&b, 100000);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	CU_ASSERT_EQUAL(b.gw.subtracts, 2);
	bench_stop(&b);
}

/* The gateway had executed the Subtract, of which only the answer was lost, and gives the number away again. */
static void
a_number_that_is_given_anew_belongs_to_the_new_call(void)
{
	start(MGCO_TCP);
	call(1);
	b.gw.refuse_subtract = 502;
	b.gw.refuse_subtracts = 2; /* of both terminations, then of "*" */
	hang_up(1);
	b.gw.next_ctx = 0;
	b.gw.contexts = 0;
	b.gw.alive[0] = 0;
	call(2);
	CU_ASSERT_EQUAL(b.gw.alive[0], 1);
	bench_run(&b, 100000);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	CU_ASSERT_EQUAL(b.gw.subtracts, 2);
	hang_up(2);
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	bench_stop(&b);
}

static void
none_is_subtracted_while_its_number_may_be_on_its_way_to_us(void)
{
	start(MGCO_TCP);
	call(1);
	b.gw.refuse_subtract = 502;
	b.gw.refuse_subtracts = 2; /* of both terminations, then of "*" */
	hang_up(1);
	b.gw.hold = true;
	bench_request(&b, NULL, "offer", "c2", BENCH_OFFER, BENCH_FROM_CORE);
	bench_run(&b, 3500); /* ALG_GATEWAY_MS has not passed */
	CU_ASSERT_EQUAL(b.gw.n_held, 1);
	CU_ASSERT_EQUAL(b.gw.subtracts, 2);
	fake_gw_release(&b);
	bench_run(&b, 60000);
	CU_ASSERT_EQUAL(b.gw.subtracts, 3);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	bench_stop(&b);
}

const char test_suite[] = "alg_orphans";
const struct test_case test_cases[] = {
	TEST(a_subtract_that_was_lost_is_repeated_when_the_gateway_is_back),
	TEST(calls_of_a_gateway_that_stays_away_leave_it_nothing),
	TEST(a_refused_subtract_is_tried_again_after_a_while_and_not_for_ever),
	TEST(after_a_restart_nothing_is_subtracted),
	TEST(a_number_that_is_given_anew_belongs_to_the_new_call),
	TEST(none_is_subtracted_while_its_number_may_be_on_its_way_to_us),
	{ NULL, NULL },
};
