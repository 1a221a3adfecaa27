/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole calls between ims-alg and ims-agw over a network that loses, repeats, delays and reorders their H.248, in seeded
 * runs of simulated time: nothing is added twice, no context stays behind, and both sides agree on what there is.
 * TORTURE_RUNS=n makes more runs, TORTURE_SEED=n repeats one. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/bad_net.h"
#include "tests/lib/call_rig.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "call_torture";

enum {
	RUNS = 40,
	CALLS = 12,
	DELAY_MAX_MS = 400,
	LOSS_MAX = 40,       /* percent */
	LOSS_BAD_MAX = 80,   /* of each fourth run: requests are given up, and with them the association */
	SETTLE_MS = 1500000, /* what a lost Subtract leaves behind comes up by hangterm events, each 600 s */
};

static struct call_rig k;
static struct bad_net *net;
static uint64_t rng;
static unsigned offers, oks;
static struct {
	uint64_t oks, refused, retransmissions, duplicates, timeouts;
} sum;

static unsigned
below(unsigned limit)
{
	rng = rng * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((rng >> 33) % limit);
}

/* ---- the stage ---- */

static void
start(uint64_t seed)
{
	struct addr gw = { .family = ADDR_V4 }, alg, gw_for_alg;

	rng = seed * 0x9E3779B97F4A7C15u + 1;
	call_rig_init(&k);
	bench_start(&k.b, MGCO_UDP);
	loop_sim_patience(k.b.l, 0);
	alg = k.b.alg->h248[0];
	net = bad_net_new(k.b.l, seed, below(40), DELAY_MAX_MS);
	/* The gateway finds the net where it thinks that ims-alg is. */
	bad_net_join(net, &alg, &gw, &k.b.alg->h248[0], &gw_for_alg);
	call_rig_start_gateway(&k, MGCO_UDP);
	k.b.alg->h248[0] = alg;
	bad_net_set_loss(net, below(seed % 4 ? LOSS_MAX : LOSS_BAD_MAX));
}

static void
stop(void)
{
	const struct mgco_counters *a = agwset_counters(k.b.alg->agws), *g = mgco_node_counters(k.agw->node);

	sum.retransmissions += a->retransmissions + g->retransmissions;
	sum.duplicates += a->duplicates + g->duplicates;
	sum.timeouts += a->timeouts + g->timeouts;
	bad_net_free(net);
	agw_free(k.agw);
	bench_stop(&k.b);
}

/* ---- calls ---- */

static bool
ask(unsigned call, const char *command, const char *sdp, const char *more)
{
	char id[16];

	snprintf(id, sizeof(id), "c%u", call);
	k.b.n_replies = 0;
	return span_eqs(ng_get_str(bench_ask(&k.b, command, id, sdp, more), "result"), "ok");
}

/* Some are not answered, some do not end. */
static void
do_call(unsigned call)
{
	offers++;
	if (ask(call, "offer", BENCH_OFFER, BENCH_FROM_CORE)) {
		oks++;
		if (below(4))
			(void)ask(call, "answer", BENCH_ANSWER, BENCH_FROM_UE);
	}
	if (below(3))
		(void)ask(call, "delete", NULL, NULL);
}

/* ---- the verdict ---- */

static bool
is_right(uint64_t seed)
{
	const struct alg_stats *a = &k.b.alg->stats;
	const struct mg_counters *g = mg_get_counters(k.agw->mg);
	uint64_t alive = a->contexts_made - a->contexts_ended;
	bool right = alive == k.agw->ctxs.n && g->adds <= 2 * offers && g->adds >= 2 * oks;

	if (!right)
		printf("\nTORTURE_SEED=%llu contexts alg=%llu agw=%u adds=%llu subtracts=%llu offers=%u ok=%u\n",
		       (unsigned long long)seed, (unsigned long long)alive, (unsigned)k.agw->ctxs.n,
		       (unsigned long long)g->adds, (unsigned long long)g->subtracts, offers, oks);
	return right;
}

static void
run(uint64_t seed)
{
	offers = oks = 0;
	start(seed);
	for (unsigned i = 0; i < CALLS; i++)
		do_call(i);
	bad_net_set_loss(net, 0);
	bench_run(&k.b, SETTLE_MS);
	CU_ASSERT(is_right(seed));
	for (unsigned i = 0; i < CALLS; i++)
		(void)ask(i, "delete", NULL, NULL);
	bench_run(&k.b, SETTLE_MS);
	CU_ASSERT(is_right(seed));
	CU_ASSERT_EQUAL(calls_count(k.b.alg->calls), 0);
	CU_ASSERT_EQUAL(k.agw->ctxs.n, 0);
	CU_ASSERT_EQUAL(k.agw->ctxs.n_terms, 0);
	CU_ASSERT_EQUAL(mgco_node_counters(k.agw->node)->syntax_errors, 0);
	sum.oks += oks;
	sum.refused += offers - oks;
	stop();
}

static uint64_t
number_of(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void
calls_end_alike_on_both_sides_whatever_the_network_does(void)
{
	uint64_t only = number_of("TORTURE_SEED", 0), runs = only ? 1 : number_of("TORTURE_RUNS", RUNS);

	for (uint64_t seed = only ? only : 1; runs--; seed++)
		run(seed);
	printf("\n  ok=%llu refused=%llu retransmissions=%llu duplicates=%llu timeouts=%llu ", (unsigned long long)sum.oks,
	       (unsigned long long)sum.refused, (unsigned long long)sum.retransmissions,
	       (unsigned long long)sum.duplicates, (unsigned long long)sum.timeouts);
	/* Otherwise it was no torture. */
	CU_ASSERT(only || (sum.oks > 0 && sum.refused > 0 && sum.retransmissions > 0 && sum.duplicates > 0));
}

const struct test_case test_cases[] = {
	TEST(calls_end_alike_on_both_sides_whatever_the_network_does),
	{ NULL, NULL },
};
