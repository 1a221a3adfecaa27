/* SPDX-License-Identifier: BSD-2-Clause */
/* The media of an answered call fail: who is told, what is waited for, when the call goes. The P-CSCF's JSON-RPC
 * interface is a listener here that says what the test wants. */
#include <stdio.h>
#include <unistd.h>

#include "proto/io/sock.h"
#include "tests/lib/alg_bench.h"
#include "tests/lib/tmain.h"

enum { RPC_CONNS = 16 };

static struct alg_bench b;

static struct rpc {
	int fd;
	struct loop_io io;
	struct addr addr;
	struct rpc_conn {
		int fd;
		struct loop_io io;
		char in[4096];
		size_t len;
	} conn[RPC_CONNS];
	uint32_t n;       /* connections so far */
	uint32_t asked;   /* whole requests so far */
	bool silent;      /* answer nothing */
	const char *says; /* body of the answers */
	char last[4096];  /* last request */
} rpc;

static const char TOOK[] = "{\"jsonrpc\":\"2.0\",\"result\":\"ok\",\"id\":1}";
static const char REFUSED[] = "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":404,\"message\":\"no such dialog\"},\"id\":1}";

static void
on_conn(struct loop_io *io, unsigned ready)
{
	struct rpc_conn *c = io->arg;
	ssize_t n = recv(c->fd, c->in + c->len, sizeof(c->in) - 1 - c->len, 0);
	char reply[512];
	int len;

	(void)ready;
	if (n <= 0) {
		loop_io_stop(&c->io);
		return;
	}
	c->len += (size_t)n;
	c->in[c->len] = '\0';
	if (c->in[c->len - 1] != '}')
		return;
	rpc.asked++;
	snprintf(rpc.last, sizeof(rpc.last), "%s", c->in);
	if (rpc.silent)
		return;
	len = snprintf(reply, sizeof(reply), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(rpc.says), rpc.says);
	CU_ASSERT_EQUAL(send(c->fd, reply, (size_t)len, MSG_NOSIGNAL), len);
}

static void
on_accept(struct loop_io *io, unsigned ready)
{
	struct rpc_conn *c = &rpc.conn[rpc.n];
	struct addr peer;

	(void)ready;
	(void)io;
	CU_ASSERT_FATAL(rpc.n < RPC_CONNS);
	c->fd = sock_accept(rpc.fd, &peer);
	CU_ASSERT_FATAL(c->fd >= 0);
	c->len = 0;
	rpc.n++;
	loop_io_init(&c->io, b.l, c->fd, on_conn, c);
	loop_io_want(&c->io, LOOP_READ);
}

/* Opens the P-CSCF's side and names it in the flags. */
static void
prepare(const char *says)
{
	struct addr any;

	memset(&rpc, 0, sizeof(rpc));
	rpc.says = says;
	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(SPAN_LIT("127.0.0.1:0"), &any), 0);
	rpc.fd = sock_tcp_listen(&any, 16);
	CU_ASSERT_FATAL(rpc.fd >= 0);
	CU_ASSERT_EQUAL(sock_local(rpc.fd, &rpc.addr), 0);
	bench_init(&b);
	b.conf.failure.n = 1;
	b.conf.failure.to[0] = (struct failure_target){ .way = FAILURE_RPC, .addr = rpc.addr, .path = "/RPC" };
}

static void
start(void)
{
	bench_start(&b, MGCO_TCP);
	loop_io_init(&rpc.io, b.l, rpc.fd, on_accept, &rpc);
	loop_io_want(&rpc.io, LOOP_READ);
	fake_gw_start(&b, MGCO_TCP);
}

static void
stop(void)
{
	loop_io_stop(&rpc.io);
	for (uint32_t i = 0; i < rpc.n; i++) {
		loop_io_stop(&rpc.conn[i].io);
		close(rpc.conn[i].fd);
	}
	close(rpc.fd);
	bench_stop(&b);
}

static void
call(const char *id)
{
	bench_ask(&b, "offer", id, BENCH_OFFER, BENCH_FROM_CORE);
	bench_ask(&b, "answer", id, BENCH_ANSWER, BENCH_FROM_UE);
}

/* T1 of the n-th context says this. */
static void
report(uint32_t ctx, const char *event, const char *param, const char *value)
{
	char term[32];

	snprintf(term, sizeof(term), "ip/1/access/%u", 2 * ctx - 1);
	fake_gw_notify(&b, ctx, term, event, param, value);
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
	prepare(TOOK);
	start();
	call("c1");
	report(1, "tlsbsc/BNCChange", "Reason", "fp-mismatch");
	CU_ASSERT(bench_until(&b, &rpc.asked, 1));
	CU_ASSERT_PTR_NOT_NULL(strstr(rpc.last, "POST /RPC HTTP/1.1\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(rpc.last, "{\"jsonrpc\":\"2.0\",\"method\":\"dlg.terminate_dlg\",\"params\":[\"c1\",\"ft\","
	                                        "\"tt\"],\"id\":1}"));
	bench_run(&b, 50);
	CU_ASSERT_STRING_EQUAL(told("c1"), "told");
	CU_ASSERT_EQUAL(b.alg->stats.failures_told, 1);
	/* Once is enough. */
	report(1, "tcpbcc/BNCChange", "Reason", "tcp-timeout");
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
	prepare(REFUSED);
	start();
	call("c1");
	report(1, "tlsbsc/BNCChange", "Reason", "tls-timeout");
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
	prepare(TOOK);
	start();
	rpc.silent = true;
	call("c1");
	report(1, "tlsbsc/BNCChange", "Reason", "tls-timeout");
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
	prepare(REFUSED);
	start();
	call("c1");
	report(1, "tlsbsc/BNCChange", "Reason", "tls-timeout");
	CU_ASSERT(bench_until(&b, &rpc.asked, 1));
	bench_ask(&b, "delete", "c1", NULL, NULL);
	bench_run(&b, 60000);
	CU_ASSERT_EQUAL(rpc.asked, 1);
	stop();
}

static void
an_unanswered_call_needs_no_telling(void)
{
	prepare(TOOK);
	start();
	bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE);
	report(1, "tlsbsc/BNCChange", "Reason", "fp-missing");
	bench_run(&b, 5000);
	CU_ASSERT_EQUAL(rpc.asked, 0);
	stop();
}

static void
a_second_target_is_asked_when_the_first_does_not_know_the_dialog(void)
{
	prepare(TOOK);
	b.conf.failure.to[1] = b.conf.failure.to[0];
	b.conf.failure.to[0].addr.port = 1; /* nobody listens */
	b.conf.failure.n = 2;
	snprintf(b.conf.failure.rpc, sizeof(b.conf.failure.rpc), "dlg.end {call-id} {reason} {line} x");
	start();
	call("c1");
	report(1, "tcpbcc/BNCChange", "Reason", "tcp-refused");
	CU_ASSERT(bench_until(&b, &rpc.asked, 1));
	CU_ASSERT_PTR_NOT_NULL(strstr(rpc.last, "\"method\":\"dlg.end\",\"params\":[\"c1\",\"tcp-refused\",1,\"x\"]"));
	stop();
}

static void
inactivity_and_a_restarted_gateway_are_told(void)
{
	prepare(TOOK);
	start();
	call("c1");
	call("c2");
	report(1, "adid/ipstop", NULL, NULL);
	CU_ASSERT(bench_until(&b, &rpc.asked, 1));
	CU_ASSERT_PTR_NOT_NULL(strstr(rpc.last, "\"c1\""));
	fake_gw_service_change(&b, "Restart", "901 Cold Boot");
	CU_ASSERT(bench_until(&b, &rpc.asked, 2));
	CU_ASSERT_PTR_NOT_NULL(strstr(rpc.last, "\"c2\""));
	bench_run(&b, 100);
	CU_ASSERT_STRING_EQUAL(told("c2"), "told");
	stop();
}

static void
a_broken_connection_may_come_again(void)
{
	prepare(TOOK);
	b.conf.on_failure.wait = true;
	b.conf.on_failure.wait_ms = 20000;
	start();
	call("c1");
	CU_ASSERT_PTR_NOT_NULL(strstr(b.gw.seen, "Modify"));
	report(1, "tlsbsc/BNCChange", "Reason", "tls-timeout");
	CU_ASSERT_STRING_EQUAL(told("c1"), "waiting");
	bench_run(&b, 15000);
	report(1, "tlsbsc/BNCChange", "Type", "Established");
	fake_gw_notify(&b, 1, "ip/1/core/2", "tcpbcc/BNCChange", "Type", "Established");
	CU_ASSERT_STRING_EQUAL(told("c1"), "no");
	bench_run(&b, 60000);
	CU_ASSERT_EQUAL(rpc.asked, 0);
	/* And the next time it does not. */
	report(1, "tlsbsc/BNCChange", "Reason", "tls-failed");
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
	prepare(TOOK);
	b.conf.on_failure.wait = true;
	b.conf.on_failure.wait_ms = 20000;
	start();
	bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE ",\"interlink\":\"off\"");
	bench_ask(&b, "answer", "c1", BENCH_ANSWER, BENCH_FROM_UE);
	CU_ASSERT_PTR_NOT_NULL(strstr(b.gw.seen, "EstBNC"));
	b.gw.seen[0] = '\0';
	report(1, "tlsbsc/BNCChange", "Type", "Established");
	fake_gw_notify(&b, 1, "ip/1/core/2", "tcpbcc/BNCChange", "Type", "Established");
	bench_run(&b, 100);
	CU_ASSERT_PTR_NULL(strstr(b.gw.seen, "EstBNC"));
	fake_gw_notify(&b, 1, "ip/1/core/2", "tcpbcc/BNCChange", "Reason", "peer-reset");
	CU_ASSERT_STRING_EQUAL(told("c1"), "waiting");
	CU_ASSERT_PTR_NULL(strstr(b.gw.seen, "EstBNC"));
	report(1, "tlsbsc/BNCChange", "Reason", "peer-reset");
	report(1, "tlsbsc/BNCChange", "Type", "Established");
	bench_run(&b, 100);
	CU_ASSERT_PTR_NOT_NULL(strstr(b.gw.seen, "Modify = ip/1/core/2"));
	CU_ASSERT_PTR_NOT_NULL(strstr(b.gw.seen, "EstBNC"));
	CU_ASSERT_STRING_EQUAL(told("c1"), "waiting");
	fake_gw_notify(&b, 1, "ip/1/core/2", "tcpbcc/BNCChange", "Type", "Established");
	CU_ASSERT_STRING_EQUAL(told("c1"), "no");
	bench_run(&b, 60000);
	CU_ASSERT_EQUAL(rpc.asked, 0);
	stop();
}

static void
a_connection_that_never_comes_ends_the_call(void)
{
	prepare(TOOK);
	b.conf.on_failure.establish_ms = 10000;
	start();
	bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE);
	CU_ASSERT_PTR_NOT_NULL(strstr(b.gw.seen, "Type = Established"));
	bench_ask(&b, "answer", "c1", BENCH_ANSWER, BENCH_FROM_UE);
	call("c2");
	report(1, "tlsbsc/BNCChange", "Type", "Established");
	report(2, "tlsbsc/BNCChange", "Type", "Established");
	fake_gw_notify(&b, 2, "ip/1/core/4", "tcpbcc/BNCChange", "Type", "Established");
	bench_run(&b, 9000);
	CU_ASSERT_EQUAL(rpc.asked, 0);
	bench_run(&b, 2000);
	CU_ASSERT_EQUAL(rpc.asked, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(rpc.last, "\"c1\""));
	CU_ASSERT_STRING_EQUAL(bench_str(&b, ng_get(bench_ask(&b, "query", "c1", NULL, NULL), "failure"), "reason"),
	                       "establish-timeout");
	stop();
}

#define EARLY BENCH_FROM_UE ",\"status\":\"183\""
#define FINAL BENCH_FROM_UE ",\"status\":\"200\""

static void
while_it_rings_nobody_is_told_and_no_time_out_runs(void)
{
	prepare(TOOK);
	b.conf.on_failure.establish_ms = 10000;
	start();
	bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE);
	bench_ask(&b, "answer", "c1", BENCH_ANSWER, EARLY);
	bench_run(&b, 60000);
	CU_ASSERT_EQUAL(rpc.asked, 0);
	bench_ask(&b, "answer", "c1", BENCH_ANSWER, FINAL);
	bench_run(&b, 9000);
	CU_ASSERT_EQUAL(rpc.asked, 0);
	bench_run(&b, 2000);
	CU_ASSERT_EQUAL(rpc.asked, 1);
	stop();
}

static void
what_failed_while_it_rang_is_told_at_the_2xx(void)
{
	prepare(TOOK);
	start();
	bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE);
	bench_ask(&b, "answer", "c1", BENCH_ANSWER, EARLY);
	report(1, "tlsbsc/BNCChange", "Reason", "fp-mismatch");
	report(1, "tcpbcc/BNCChange", "Reason", "tcp-timeout");
	bench_run(&b, 5000);
	CU_ASSERT_EQUAL(rpc.asked, 0);
	CU_ASSERT_STRING_EQUAL(told("c1"), "no");
	CU_ASSERT_EQUAL(alg_stats_sum(b.alg->stats.calls_failed), 1);
	bench_ask(&b, "answer", "c1", BENCH_ANSWER, FINAL);
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
