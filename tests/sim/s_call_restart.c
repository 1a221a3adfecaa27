/* SPDX-License-Identifier: BSD-2-Clause */
/* Both daemons over UDP, where no connection breaks: one forgets the other, and they find together again by themselves. */
#include "tests/lib/call_rig.h"
#include "tests/lib/h248_trace.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "call_restart";

enum { WATCH_MS = 40000 }; /* three heartbeats, and what follows */

static struct call_rig k;

static void
start(void)
{
	call_rig_init(&k);
	call_rig_start(&k, MGCO_UDP);
	bench_run(&k.b, 100);
}

static bool
is_registered(void)
{
	return agwset_choose(k.b.alg->agws, NULL) != 0;
}

static void
hang_up(const char *id)
{
	CU_ASSERT(bench_delete(&k.b, id));
	CU_ASSERT_EQUAL(k.agw->ctxs.n, 0);
}

static void
an_idle_gateway_finds_a_controller_that_started_anew(void)
{
	start();
	CU_ASSERT(bench_offer(&k.b, "c1"));
	CU_ASSERT_EQUAL(k.agw->ctxs.n, 1);
	bench_start_anew(&k.b);
	CU_ASSERT_FALSE(is_registered());
	bench_run(&k.b, WATCH_MS);
	CU_ASSERT(is_registered());
	CU_ASSERT_EQUAL(k.agw->reg.registrations, 2);
	CU_ASSERT_EQUAL(k.agw->reg.losses, 0);
	CU_ASSERT_EQUAL(k.b.alg->stats.contexts_orphaned, 1);
	CU_ASSERT_EQUAL(k.agw->ctxs.n, 0);
	CU_ASSERT(bench_offer(&k.b, "c2"));
	hang_up("c2");
	/* And once more: the watch was ordered anew. */
	bench_start_anew(&k.b);
	bench_run(&k.b, WATCH_MS);
	CU_ASSERT(is_registered());
	call_rig_stop(&k);
}

/* What ims-alg says is lost for so long that it gives the gateway up; its calls do not end by that. */
static void
a_gateway_that_was_given_up_comes_back_with_its_calls(void)
{
	start();
	CU_ASSERT(bench_offer(&k.b, "c1"));
	bench_mute(agwset_node(k.b.alg->agws));
	for (int i = 0; i < 60 && !k.b.alg->stats.gateway_lost; i++)
		bench_run(&k.b, 1000);
	CU_ASSERT_EQUAL(k.b.alg->stats.gateway_lost, 1);
	CU_ASSERT_FALSE(is_registered());
	mgco_node_set_tap(agwset_node(k.b.alg->agws), NULL, NULL);
	h248_trace(agwset_node(k.b.alg->agws));
	bench_run(&k.b, WATCH_MS);
	CU_ASSERT(is_registered());
	CU_ASSERT_EQUAL(k.agw->reg.losses, 0);
	CU_ASSERT_EQUAL(k.b.alg->stats.contexts_orphaned, 0);
	CU_ASSERT_EQUAL(alg_stats_sum(k.b.alg->stats.calls_failed), 0);
	CU_ASSERT_EQUAL(k.agw->ctxs.n, 1);
	hang_up("c1");
	call_rig_stop(&k);
}

const struct test_case test_cases[] = {
	TEST(an_idle_gateway_finds_a_controller_that_started_anew),
	TEST(a_gateway_that_was_given_up_comes_back_with_its_calls),
	{ NULL, NULL },
};
