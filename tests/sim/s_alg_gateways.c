/* SPDX-License-Identifier: BSD-2-Clause */
/* Several gateways under one ims-alg: which one gets a call, and what happens when one goes, falls silent, or comes
 * back with more or fewer contexts than we know. */
#include <stdio.h>

#include "tests/lib/alg_bench.h"
#include "tests/lib/tmain.h"

/* The second gateway is another bench's, in the loop of the first. */
static struct alg_bench b, b2;

static void
start_second(enum mgco_proto proto, const char *realm0, const char *realm1)
{
	memset(&b2, 0, sizeof(b2));
	b2.l = b.l;
	b2.alg = b.alg;
	b2.gw.mid = "<second>";
	b2.gw.realms[0] = realm0;
	b2.gw.realms[1] = realm1;
	fake_gw_start(&b2, proto);
	bench_run(&b, 20);
}

static void
start(enum mgco_proto proto)
{
	bench_start(&b, proto);
	fake_gw_start(&b, proto);
	bench_run(&b, 20);
}

static void
stop(void)
{
	if (b2.gw.node)
		mgco_node_free(b2.gw.node);
	b2.gw.node = NULL;
	bench_stop(&b);
}

static bool
offer(int n)
{
	char id[16];

	snprintf(id, sizeof(id), "c%d", n);
	return bench_offer(&b, id);
}

static void
answer(int n)
{
	char id[16];

	snprintf(id, sizeof(id), "c%d", n);
	CU_ASSERT(bench_answer(&b, id));
}

static void
calls_go_to_the_least_loaded(void)
{
	bench_init(&b);
	start(MGCO_TCP);
	start_second(MGCO_TCP, NULL, NULL);
	for (int i = 0; i < 6; i++)
		CU_ASSERT(offer(i));
	CU_ASSERT_EQUAL(b.gw.contexts, 3);
	CU_ASSERT_EQUAL(b2.gw.contexts, 3);
	stop();
}

static void
a_gateway_gets_calls_of_its_realms_only(void)
{
	bench_init(&b);
	start(MGCO_UDP);
	start_second(MGCO_UDP, "access", "elsewhere");
	for (int i = 0; i < 3; i++)
		CU_ASSERT(offer(i));
	CU_ASSERT_EQUAL(b.gw.contexts, 3);
	CU_ASSERT_EQUAL(b2.gw.contexts, 0);
	/* It says something else when it registers again. */
	b2.gw.realms[1] = "CORE";
	fake_gw_service_change(&b2, "Restart", "902 Warm Boot");
	bench_run(&b, 20);
	CU_ASSERT(offer(3));
	CU_ASSERT_EQUAL(b2.gw.contexts, 1);
	fake_gw_service_change(&b, "Graceful", "905 Termination Taken Out Of Service");
	for (int i = 4; i < 8; i++)
		CU_ASSERT(offer(i));
	CU_ASSERT_EQUAL(b.gw.contexts, 3);
	CU_ASSERT_EQUAL(b2.gw.contexts, 5);
	/* The calls of the leaving one go on. */
	answer(0);
	CU_ASSERT_EQUAL(b.gw.modifies, 1);
	stop();
}

static void
one_that_refused_comes_last_for_a_while(void)
{
	bench_init(&b);
	start(MGCO_TCP);
	start_second(MGCO_TCP, NULL, NULL);
	CU_ASSERT(offer(1));
	CU_ASSERT(offer(2));
	b.gw.refuse_add = 432;
	b.gw.refuse_add_at = 1;
	CU_ASSERT_FALSE(offer(3));
	for (int i = 4; i < 8; i++)
		CU_ASSERT(offer(i));
	CU_ASSERT_EQUAL(b2.gw.contexts, 5);
	b.gw.refuse_add = 0;
	bench_run(&b, ALG_COOL_MS);
	CU_ASSERT(offer(9));
	CU_ASSERT_EQUAL(b.gw.contexts, 2);
	stop();
}

static void
a_silent_gateway_over_udp_is_noticed(void)
{
	bench_init(&b);
	b.conf.agwset.away_ms = 30000;
	start(MGCO_UDP);
	start_second(MGCO_UDP, NULL, NULL);
	CU_ASSERT(offer(1));
	answer(1);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	bench_run(&b, 25000);
	CU_ASSERT(b.gw.audits >= 1);
	CU_ASSERT_EQUAL(b.alg->stats.gateway_lost, 0);
	bench_mute(b.gw.node);
	bench_run(&b, 45000);
	CU_ASSERT_EQUAL(b.alg->stats.gateway_lost, 1);
	CU_ASSERT_EQUAL(alg_stats_sum(b.alg->stats.calls_failed), 0); /* it may come back */
	for (int i = 2; i < 5; i++)
		CU_ASSERT(offer(i));
	CU_ASSERT_EQUAL(b2.gw.contexts, 3);
	bench_run(&b, 30000);
	CU_ASSERT_EQUAL(alg_stats_sum(b.alg->stats.calls_failed), 1);
	stop();
}

/* TCP tells it; over UDP nothing else would. */
static void
a_gateway_over_udp_is_told_to_look_whether_we_live(void)
{
	bench_init(&b);
	start(MGCO_UDP);
	start_second(MGCO_UDP, NULL, NULL);
	CU_ASSERT_EQUAL(b.gw.watches, 1);
	CU_ASSERT_EQUAL(b.gw.watch_mit, 3000);
	b.gw.refuse_watch = 449;
	fake_gw_service_change(&b, "Disconnected", "900 Service Restored");
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.watches, 2);
	for (int i = 1; i <= 2; i++)
		CU_ASSERT(offer(i));
	CU_ASSERT_EQUAL(b.gw.contexts, 1); /* it serves all the same */
	bench_run(&b, 60000);
	CU_ASSERT_EQUAL(b.gw.watches, 2);
	stop();
	bench_init(&b);
	start(MGCO_TCP);
	CU_ASSERT_EQUAL(b.gw.watches, 0);
	stop();
	bench_init(&b);
	b.conf.agwset.heartbeat_ms = 0;
	start(MGCO_UDP);
	CU_ASSERT_EQUAL(b.gw.watches, 0);
	stop();
}

static void
a_gateway_that_comes_back_is_reconciled(void)
{
	bench_init(&b);
	start(MGCO_TCP);
	for (int i = 1; i <= 3; i++) {
		CU_ASSERT(offer(i));
		answer(i);
	}
	b.gw.alive[1] = 0;  /* of c2: lost meanwhile */
	b.gw.alive[7] = 77; /* of nobody */
	b.gw.contexts = 3;
	fake_gw_service_change(&b, "Disconnected", "900 Service Restored");
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.alive[7], 0);
	CU_ASSERT_EQUAL(b.alg->stats.contexts_orphaned, 1);
	CU_ASSERT_EQUAL(b.alg->stats.contexts_missing, 1);
	CU_ASSERT_EQUAL(alg_stats_sum(b.alg->stats.calls_failed), 1);
	CU_ASSERT_STRING_EQUAL(bench_str(&b, ng_get(bench_ask(&b, "query", "c2", NULL, NULL), "failure"), "reason"),
	                       "gateway-lost");
	CU_ASSERT_PTR_NULL(ng_get(bench_ask(&b, "query", "c1", NULL, NULL), "failure"));
	/* And with nothing at all. */
	memset(b.gw.alive, 0, sizeof(b.gw.alive));
	fake_gw_service_change(&b, "Disconnected", "900 Service Restored");
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(alg_stats_sum(b.alg->stats.calls_failed), 3);
	stop();
}

static void
one_that_cannot_list_is_asked_context_by_context(void)
{
	enum { CALLS = 40 };

	bench_init(&b);
	start(MGCO_UDP);
	b.gw.refuse_list = 533;
	for (int i = 1; i <= CALLS; i++) {
		b.n_replies = 0;
		CU_ASSERT(offer(i));
		b.n_replies = 0;
		answer(i);
	}
	b.n_replies = 0;
	b.gw.alive[0] = 0;
	b.gw.alive[CALLS - 1] = 0;
	fake_gw_service_change(&b, "Disconnected", "900 Service Restored");
	bench_run(&b, 1000);
	CU_ASSERT_EQUAL(b.alg->stats.contexts_missing, 2);
	CU_ASSERT_EQUAL(alg_stats_sum(b.alg->stats.calls_failed), 2);
	CU_ASSERT_EQUAL(calls_count(b.alg->calls), CALLS);
	stop();
}

static void
a_call_that_is_made_while_we_reconcile_is_left_alone(void)
{
	bench_init(&b);
	start(MGCO_TCP);
	CU_ASSERT(offer(1));
	b.gw.hold = true;
	bench_request(&b, NULL, "offer", "c2", BENCH_OFFER, BENCH_FROM_CORE);
	bench_run(&b, 20);
	b.gw.alive[9] = 2; /* the gateway made it, and its reply is on the way */
	fake_gw_service_change(&b, "Disconnected", "900 Service Restored");
	bench_run(&b, 20);
	b.gw.alive[9] = 0;
	fake_gw_release(&b);
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.alg->stats.contexts_orphaned, 0);
	CU_ASSERT_EQUAL(b.gw.contexts, 2);
	stop();
}

static bool
measure(void *arg, struct span msg)
{
	size_t *longest = arg;

	*longest = msg.len > *longest ? msg.len : *longest;
	return true;
}

/* The Add of a call does not fit, not even written short; heartbeats do. */
static void
what_no_datagram_carries_goes_over_a_connection_of_the_gateway_or_not_at_all(void)
{
	enum { MTU = 400 };

	const struct ng_val *reply;
	struct addr tcp;
	struct mgco_assoc *udp;
	size_t longest = 0;

	bench_init(&b);
	b.conf.wire.mtu = MTU;
	start(MGCO_UDP);
	mgco_node_set_tap(agwset_node(b.alg->agws), measure, &longest);
	reply = bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE);
	CU_ASSERT_FALSE(bench_is_ok(reply));
	CU_ASSERT_STRING_EQUAL(bench_str(&b, reply, "error-reason"),
	                       "gateway-error: line 1: the request does not fit into a datagram, see --h248-mtu");
	CU_ASSERT_EQUAL(agwset_counters(b.alg->agws)->requests_too_big, 1);
	CU_ASSERT_EQUAL(b.gw.adds, 0);
	CU_ASSERT_EQUAL(b.alg->stats.gateway_lost, 0);
	CU_ASSERT(longest <= MTU - 28);
	/* It connects, and says who it is; it need not register twice. */
	tcp = b.alg->h248[0];
	tcp.port = 0; /* that of UDP may be another program's for TCP */
	CU_ASSERT_EQUAL_FATAL(agwset_listen(b.alg->agws, MGCO_TCP, &tcp, &tcp), 0);
	udp = b.gw.assoc;
	b.gw.up = false;
	b.gw.assoc = mgco_connect(b.gw.node, MGCO_TCP, &tcp);
	for (int i = 0; i < 200 && !b.gw.up; i++)
		bench_run(&b, 5);
	fake_gw_notify(&b, 0, "ROOT", "it/ito", NULL, NULL);
	b.gw.assoc = udp;
	CU_ASSERT(offer(2));
	CU_ASSERT_EQUAL(b.gw.adds, 1);
	CU_ASSERT(longest > MTU);
	stop();
}

const char test_suite[] = "alg_gateways";
const struct test_case test_cases[] = {
	TEST(calls_go_to_the_least_loaded),
	TEST(a_gateway_gets_calls_of_its_realms_only),
	TEST(one_that_refused_comes_last_for_a_while),
	TEST(a_silent_gateway_over_udp_is_noticed),
	TEST(a_gateway_over_udp_is_told_to_look_whether_we_live),
	TEST(a_gateway_that_comes_back_is_reconciled),
	TEST(one_that_cannot_list_is_asked_context_by_context),
	TEST(a_call_that_is_made_while_we_reconcile_is_left_alone),
	TEST(what_no_datagram_carries_goes_over_a_connection_of_the_gateway_or_not_at_all),
	{ NULL, NULL },
};
