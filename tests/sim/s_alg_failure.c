/* SPDX-License-Identifier: BSD-2-Clause */
/* The media of an answered call fail: who is told, what is waited for, when the call goes. */
#include <stdio.h>

#include "tests/lib/alg_bench.h"
#include "tests/lib/fake_rpc.h"
#include "tests/lib/tmain.h"

static struct alg_bench b;
static struct fake_rpc rpc;

/* The P-CSCF will say this. Flags may be changed before start(). */
static void
prepare(const char *says)
{
	fake_rpc_init(&rpc, says);
	bench_init(&b);
	b.conf.failure.n = 1;
	b.conf.failure.to[0] = (struct failure_target){ .way = FAILURE_RPC, .addr = rpc.addr, .path = "/RPC" };
}

static void
start(void)
{
	bench_start(&b, MGCO_TCP);
	fake_rpc_serve(&rpc, b.l);
	fake_gw_start(&b, MGCO_TCP);
}

static void
stop(void)
{
	fake_rpc_fini(&rpc);
	bench_stop(&b);
}

static void
offer(const char *id)
{
	CU_ASSERT(bench_offer(&b, id));
}

static void
answer(const char *id)
{
	CU_ASSERT(bench_answer(&b, id));
}

static void
call(const char *id)
{
	offer(id);
	answer(id);
}

/* To a P-CSCF that will say this. */
static void
start_call(const char *says)
{
	prepare(says);
	start();
	call("c1");
}

/* With the status of the response that it came in. */
static void
answer_in(const char *status)
{
	char more[256];

	snprintf(more, sizeof(more), "%s,\"status\":\"%s\"", BENCH_FROM_UE, status);
	CU_ASSERT(bench_is_ok(bench_ask(&b, "answer", "c1", BENCH_ANSWER, more)));
}

/* T1 of the n-th context says this. */
static void
report(uint32_t ctx, const char *event, const char *param, const char *value)
{
	char term[32];

	snprintf(term, sizeof(term), "ip/1/access/%u", 2 * ctx - 1);
	fake_gw_notify(&b, ctx, term, event, param, value);
}

static void
tls_fails(uint32_t ctx, const char *why)
{
	report(ctx, "tlsbsc/BNCChange", "Reason", why);
}

static void
tcp_fails(uint32_t ctx, const char *why)
{
	report(ctx, "tcpbcc/BNCChange", "Reason", why);
}

static void
near_end_is_up(uint32_t ctx)
{
	report(ctx, "tlsbsc/BNCChange", "Type", "Established");
}

/* T2 says the same. */
static void
far_end_is_up(uint32_t ctx)
{
	char term[32];

	snprintf(term, sizeof(term), "ip/1/core/%u", 2 * ctx);
	fake_gw_notify(&b, ctx, term, "tcpbcc/BNCChange", "Type", "Established");
}

static const char *
told(const char *id)
{
	const struct ng_val *r = bench_ask(&b, "query", id, NULL, NULL);

	return bench_str(&b, ng_get(r, "failure"), "told");
}

static void
a_failed_handshake_ends_the_dialog(void)
{
	start_call(FAKE_RPC_TOOK);
	tls_fails(1, "fp-mismatch");
	CU_ASSERT(bench_until(&b, &rpc.asked, 1));
	CU_ASSERT(bench_has(rpc.last, "POST /RPC HTTP/1.1\r\n"));
	CU_ASSERT(bench_has(rpc.last, "{\"jsonrpc\":\"2.0\",\"method\":\"dlg.terminate_dlg\","
	                              "\"params\":[\"c1\",\"ft\",\"tt\"],\"id\":1}"));
	bench_run(&b, 50);
	CU_ASSERT_STRING_EQUAL(told("c1"), "told");
	CU_ASSERT_EQUAL(b.alg->stats.failures_told, 1);
	/* Once is enough. */
	tcp_fails(1, "tcp-timeout");
	bench_run(&b, 1000);
	CU_ASSERT_EQUAL(rpc.asked, 1);
	/* Its BYE went past the script: the call goes by itself. */
	CU_ASSERT_EQUAL(calls_count(b.alg->calls), 1);
	bench_run(&b, ALG_LINGER_MS);
	CU_ASSERT_EQUAL(calls_count(b.alg->calls), 0);
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	stop();
}

static void
what_is_not_taken_is_told_again_and_not_for_ever(void)
{
	start_call(FAKE_RPC_REFUSED);
	tls_fails(1, "tls-timeout");
	bench_run(&b, 60000);
	CU_ASSERT_EQUAL(rpc.asked, ALG_TELL_ROUNDS);
	CU_ASSERT_STRING_EQUAL(told("c1"), "refused");
	CU_ASSERT_EQUAL(calls_count(b.alg->calls), 1); /* the P-CSCF may still delete it */
	CU_ASSERT_EQUAL(b.alg->stats.failures_untold, 1);
	stop();
}

static void
a_silent_p_cscf_blocks_nobody(void)
{
	prepare(FAKE_RPC_TOOK);
	start();
	rpc.silent = true;
	call("c1");
	tls_fails(1, "tls-timeout");
	CU_ASSERT(bench_until(&b, &rpc.asked, 1));
	call("c2");
	rpc.silent = false;
	bench_run(&b, ALG_TELL_MS + 2 * ALG_TELL_PAUSE_MS);
	CU_ASSERT_EQUAL(rpc.asked, 2);
	CU_ASSERT_STRING_EQUAL(told("c1"), "told");
	stop();
}

static void
nothing_is_told_of_a_deleted_call(void)
{
	start_call(FAKE_RPC_REFUSED);
	tls_fails(1, "tls-timeout");
	CU_ASSERT(bench_until(&b, &rpc.asked, 1));
	bench_ask(&b, "delete", "c1", NULL, NULL);
	bench_run(&b, 60000);
	CU_ASSERT_EQUAL(rpc.asked, 1);
	stop();
}

static void
an_unanswered_call_needs_no_telling(void)
{
	prepare(FAKE_RPC_TOOK);
	start();
	offer("c1");
	tls_fails(1, "fp-missing");
	bench_run(&b, 5000);
	CU_ASSERT_EQUAL(rpc.asked, 0);
	stop();
}

static void
a_second_target_is_asked_when_the_first_does_not_know_the_dialog(void)
{
	prepare(FAKE_RPC_TOOK);
	b.conf.failure.to[1] = b.conf.failure.to[0];
	b.conf.failure.to[0].addr.port = 1; /* nobody listens */
	b.conf.failure.n = 2;
	snprintf(b.conf.failure.rpc, sizeof(b.conf.failure.rpc), "dlg.end {call-id} {reason} {line} x");
	start();
	call("c1");
	tcp_fails(1, "tcp-refused");
	CU_ASSERT(bench_until(&b, &rpc.asked, 1));
	CU_ASSERT(bench_has(rpc.last, "\"method\":\"dlg.end\",\"params\":[\"c1\",\"tcp-refused\",1,\"x\"]"));
	stop();
}

static void
inactivity_and_a_restarted_gateway_are_told(void)
{
	start_call(FAKE_RPC_TOOK);
	call("c2");
	report(1, "adid/ipstop", NULL, NULL);
	CU_ASSERT(bench_until(&b, &rpc.asked, 1));
	CU_ASSERT(bench_has(rpc.last, "\"c1\""));
	fake_gw_service_change(&b, "Restart", "901 Cold Boot");
	CU_ASSERT(bench_until(&b, &rpc.asked, 2));
	CU_ASSERT(bench_has(rpc.last, "\"c2\""));
	bench_run(&b, 100);
	CU_ASSERT_STRING_EQUAL(told("c2"), "told");
	stop();
}

static void
a_broken_connection_may_come_again(void)
{
	prepare(FAKE_RPC_TOOK);
	b.conf.on_failure.wait = true;
	b.conf.on_failure.wait_ms = 20000;
	start();
	call("c1");
	CU_ASSERT(bench_has(b.gw.seen, "Modify"));
	tls_fails(1, "tls-timeout");
	CU_ASSERT_STRING_EQUAL(told("c1"), "waiting");
	bench_run(&b, 15000);
	near_end_is_up(1);
	far_end_is_up(1);
	CU_ASSERT_STRING_EQUAL(told("c1"), "no");
	bench_run(&b, 60000);
	CU_ASSERT_EQUAL(rpc.asked, 0);
	/* And the next time it does not. */
	tls_fails(1, "tls-failed");
	bench_run(&b, 19000);
	CU_ASSERT_EQUAL(rpc.asked, 0);
	bench_run(&b, 2000);
	CU_ASSERT_EQUAL(rpc.asked, 1);
	stop();
}

/* Variant B: nothing but an order makes the gateway connect. */
static void
the_far_connection_is_ordered_again_when_the_near_one_came_again(void)
{
	prepare(FAKE_RPC_TOOK);
	b.conf.on_failure.wait = true;
	b.conf.on_failure.wait_ms = 20000;
	start();
	bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE ",\"interlink\":\"off\"");
	answer("c1");
	CU_ASSERT(bench_has(b.gw.seen, "EstBNC"));
	b.gw.seen[0] = '\0';
	near_end_is_up(1);
	far_end_is_up(1);
	bench_run(&b, 100);
	CU_ASSERT_FALSE(bench_has(b.gw.seen, "EstBNC"));
	fake_gw_notify(&b, 1, "ip/1/core/2", "tcpbcc/BNCChange", "Reason", "peer-reset");
	CU_ASSERT_STRING_EQUAL(told("c1"), "waiting");
	CU_ASSERT_FALSE(bench_has(b.gw.seen, "EstBNC"));
	tls_fails(1, "peer-reset");
	near_end_is_up(1);
	bench_run(&b, 100);
	CU_ASSERT(bench_has(b.gw.seen, "Modify = ip/1/core/2"));
	CU_ASSERT(bench_has(b.gw.seen, "EstBNC"));
	CU_ASSERT_STRING_EQUAL(told("c1"), "waiting");
	far_end_is_up(1);
	CU_ASSERT_STRING_EQUAL(told("c1"), "no");
	bench_run(&b, 60000);
	CU_ASSERT_EQUAL(rpc.asked, 0);
	stop();
}

static void
a_connection_that_never_comes_ends_the_call(void)
{
	prepare(FAKE_RPC_TOOK);
	b.conf.on_failure.establish_ms = 10000;
	start();
	offer("c1");
	CU_ASSERT(bench_has(b.gw.seen, "Type = Established"));
	answer("c1");
	call("c2");
	near_end_is_up(1);
	near_end_is_up(2);
	far_end_is_up(2);
	bench_run(&b, 9000);
	CU_ASSERT_EQUAL(rpc.asked, 0);
	bench_run(&b, 2000);
	CU_ASSERT_EQUAL(rpc.asked, 1);
	CU_ASSERT(bench_has(rpc.last, "\"c1\""));
	CU_ASSERT_STRING_EQUAL(bench_str(&b, ng_get(bench_ask(&b, "query", "c1", NULL, NULL), "failure"), "reason"),
	                       "establish-timeout");
	stop();
}

static void
while_it_rings_nobody_is_told_and_no_time_out_runs(void)
{
	prepare(FAKE_RPC_TOOK);
	b.conf.on_failure.establish_ms = 10000;
	start();
	offer("c1");
	answer_in("183");
	bench_run(&b, 60000);
	CU_ASSERT_EQUAL(rpc.asked, 0);
	answer_in("200");
	bench_run(&b, 9000);
	CU_ASSERT_EQUAL(rpc.asked, 0);
	bench_run(&b, 2000);
	CU_ASSERT_EQUAL(rpc.asked, 1);
	stop();
}

static void
what_failed_while_it_rang_is_told_at_the_2xx(void)
{
	prepare(FAKE_RPC_TOOK);
	start();
	offer("c1");
	answer_in("183");
	tls_fails(1, "fp-mismatch");
	tcp_fails(1, "tcp-timeout");
	bench_run(&b, 5000);
	CU_ASSERT_EQUAL(rpc.asked, 0);
	CU_ASSERT_STRING_EQUAL(told("c1"), "no");
	CU_ASSERT_EQUAL(alg_stats_sum(b.alg->stats.calls_failed), 1);
	answer_in("200");
	CU_ASSERT(bench_until(&b, &rpc.asked, 1));
	stop();
}

const char test_suite[] = "alg_failure";
const struct test_case test_cases[] = {
	TEST(a_failed_handshake_ends_the_dialog),
	TEST(what_is_not_taken_is_told_again_and_not_for_ever),
	TEST(a_silent_p_cscf_blocks_nobody),
	TEST(nothing_is_told_of_a_deleted_call),
	TEST(an_unanswered_call_needs_no_telling),
	TEST(a_second_target_is_asked_when_the_first_does_not_know_the_dialog),
	TEST(inactivity_and_a_restarted_gateway_are_told),
	TEST(a_broken_connection_may_come_again),
	TEST(the_far_connection_is_ordered_again_when_the_near_one_came_again),
	TEST(a_connection_that_never_comes_ends_the_call),
	TEST(while_it_rings_nobody_is_told_and_no_time_out_runs),
	TEST(what_failed_while_it_rang_is_told_at_the_2xx),
	{ NULL, NULL },
};
