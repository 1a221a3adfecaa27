/* SPDX-License-Identifier: BSD-2-Clause */
/* How much the gateway shall know of MSRP (TS 23.334 5.19): what ims-alg asks of it and puts into SDP, in both modes. */
#include <stdio.h>

#include "tests/lib/alg_bench.h"
#include "tests/lib/tmain.h"

#define FP "a=fingerprint:sha-256 11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11\r\n"
#define HEAD(ip) "v=0\r\no=peer 1 1 IN IP4 " ip "\r\ns=-\r\nc=IN IP4 " ip "\r\nt=0 0\r\n"
#define CORE_LINE "m=message 7654 TCP/MSRP *\r\na=setup:actpass\r\n"
#define CORE_PATH "a=path:msrp://relay.example.com:2855/r1;tcp msrp://198.51.100.7:7654/c1;tcp\r\n"
#define UE_LINE "m=message 40000 TCP/TLS/MSRP *\r\na=setup:active\r\n" FP
#define UE_PATH "a=path:msrps://203.0.113.98:40001/u1;tcp\r\n"
#define CEMA "a=msrp-cema\r\n"

static const char PLAIN_PATH[] = HEAD("198.51.100.7") CORE_LINE "a=path:msrp://198.51.100.9:7655/c1;tcp\r\n";
static const char UE[] = HEAD("203.0.113.99") UE_LINE UE_PATH;
static struct alg_bench b;

/* From the Add or Modify of this side on, up to the next one. */
static const char *
seen_of(const char *realm)
{
	static char part[8192];
	char name[32];
	const char *p;
	char *end;

	snprintf(name, sizeof(name), "= ip/1/%s/", realm);
	p = strstr(b.gw.seen, name);
	snprintf(part, sizeof(part), "%s", p ? p + 1 : "");
	end = strstr(part, "= ip/1/");
	if (end)
		*end = '\0';
	return part;
}

static void
start(enum msrp_policy policy)
{
	bench_init(&b);
	b.conf.msrp = policy;
	bench_start(&b, MGCO_TCP);
	fake_gw_start(&b, MGCO_TCP);
}

static const char *
ask(const char *command, const char *sdp, const char *keys)
{
	return bench_str(&b, bench_ask(&b, command, "c1", sdp, keys), "sdp");
}

static void
without_cema_each_side_gets_a_path_of_the_gateway(void)
{
	const char *out;

	start(MSRP_POLICY_AUTO);
	out = ask("offer", PLAIN_PATH, BENCH_FROM_CORE);
	CU_ASSERT(bench_has(out, "a=path:msrps://203.0.113.20:20001/own1;tcp\r\n"));
	CU_ASSERT(bench_has(out, CEMA)); /* ours: c= and m= are where the path points to */
	CU_ASSERT_FALSE(bench_has(out, "198.51.100.9"));
	CU_ASSERT(bench_has(seen_of("access"), "m=message $ TCP/TLS/MSRP *"));
	CU_ASSERT(bench_has(seen_of("access"), "a=path:$"));
	CU_ASSERT(bench_has(seen_of("core"), "m=message $ TCP/MSRP *"));
	CU_ASSERT(bench_has(seen_of("core"), "a=path:msrp://198.51.100.9:7655/c1;tcp"));
	/* The first entry of the path is the remote address: no CEMA (RFC 6714 5). */
	CU_ASSERT(bench_has(seen_of("core"), "c=IN IP4 198.51.100.9"));
	CU_ASSERT(bench_has(seen_of("core"), "m=message 7655 TCP/MSRP *"));
	out = ask("answer", UE, BENCH_FROM_UE);
	CU_ASSERT(bench_has(out, "a=path:msrp://192.0.2.20:20002/own2;tcp\r\n"));
	CU_ASSERT_FALSE(bench_has(out, "msrp-cema")); /* its offer had none */
	CU_ASSERT(bench_has(seen_of("access"), "a=path:msrps://203.0.113.98:40001/u1;tcp"));
	CU_ASSERT(bench_has(seen_of("access"), "c=IN IP4 203.0.113.98"));
	CU_ASSERT(bench_has(seen_of("access"), "a=path:msrps://203.0.113.20:20001/own1;tcp")); /* Local again */
	bench_stop(&b);
}

static void
with_cema_paths_stay_between_the_peers(void)
{
	const char *out;

	start(MSRP_POLICY_AUTO);
	out = ask("offer", HEAD("198.51.100.7") CORE_LINE CEMA CORE_PATH, BENCH_FROM_CORE);
	CU_ASSERT(bench_has(out, CORE_PATH));
	CU_ASSERT_FALSE(bench_has(b.gw.seen, "a=path"));
	CU_ASSERT(bench_has(seen_of("core"), "c=IN IP4 198.51.100.7"));
	CU_ASSERT(bench_has(seen_of("core"), "m=message 7654 TCP *"));
	out = ask("answer", HEAD("203.0.113.99") UE_LINE CEMA UE_PATH, BENCH_FROM_UE);
	CU_ASSERT(bench_has(out, UE_PATH));
	CU_ASSERT(bench_has(out, CEMA));
	CU_ASSERT(bench_has(seen_of("access"), "c=IN IP4 203.0.113.99"));
	bench_stop(&b);
}

/* One peer knows CEMA, the other does not: aware, c= and m= of the one, the path of the other. */
static void
aware_by_demand_keeps_cema_on_its_own_side(void)
{
	const char *out;

	start(MSRP_POLICY_AUTO);
	out = ask("offer", HEAD("198.51.100.7") CORE_LINE CEMA CORE_PATH, BENCH_FROM_CORE ",\"msrp\":\"aware\"");
	CU_ASSERT(bench_has(out, "a=path:msrps://203.0.113.20:20001/own1;tcp\r\n"));
	CU_ASSERT(bench_has(seen_of("core"), "c=IN IP4 198.51.100.7"));
	CU_ASSERT(bench_has(seen_of("core"), "m=message 7654 TCP/MSRP *"));
	/* The whole path, for To-Path. */
	CU_ASSERT(bench_has(seen_of("core"), "a=path:msrp://relay.example.com:2855/r1;tcp msrp://198.51.100.7:7654/c1;tcp"));
	out = ask("answer", UE, BENCH_FROM_UE);
	CU_ASSERT(bench_has(out, CEMA)); /* the offer had it, so its answer has it */
	CU_ASSERT(bench_has(seen_of("access"), "c=IN IP4 203.0.113.98"));
	bench_stop(&b);
}

static void
a_gateway_that_cannot_is_asked_for_less_once(void)
{
	const char *out;

	start(MSRP_POLICY_AUTO);
	b.gw.unaware = 501;
	out = ask("offer", PLAIN_PATH, BENCH_FROM_CORE);
	CU_ASSERT(bench_has(out, "a=path:msrp://198.51.100.9:7655/c1;tcp\r\n"));
	CU_ASSERT(bench_has(out, "TCP/TLS/MSRP"));
	CU_ASSERT(bench_has(out, "a=3ge2ae:applied"));
	CU_ASSERT_EQUAL(b.gw.adds, 2);
	CU_ASSERT(bench_has(ask("answer", UE, BENCH_FROM_UE), UE_PATH));
	CU_ASSERT(bench_is_ok(bench_ask(&b, "offer", "c2", PLAIN_PATH, BENCH_FROM_CORE)));
	CU_ASSERT_EQUAL(b.gw.adds, 3); /* remembered */
	CU_ASSERT_EQUAL(b.gw.contexts, 2);
	bench_stop(&b);
}

static void
aware_by_demand_is_aware_or_refused(void)
{
	start(MSRP_POLICY_AWARE);
	b.gw.unaware = 449;
	CU_ASSERT(span_eqs(ng_get_str(bench_ask(&b, "offer", "c1", PLAIN_PATH, BENCH_FROM_CORE), "result"), "error"));
	CU_ASSERT_EQUAL(b.gw.adds, 1);
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	b.gw.unaware = 0;
	CU_ASSERT(bench_has(bench_str(&b, bench_ask(&b, "offer", "c2", HEAD("198.51.100.7") CORE_LINE, BENCH_FROM_CORE),
	                        "error-reason"), "no a=path"));
	bench_stop(&b);
}

static void
agnostic_by_demand_and_tls_end_to_end_ask_for_nothing(void)
{
	static const char tls[] = HEAD("198.51.100.7") "m=message 7654 TCP/TLS/MSRP *\r\n" FP
				  "a=path:msrps://198.51.100.9:7655/c1;tcp\r\n";

	start(MSRP_POLICY_AGNOSTIC);
	CU_ASSERT(bench_has(ask("offer", PLAIN_PATH, BENCH_FROM_CORE), "198.51.100.9"));
	CU_ASSERT_FALSE(bench_has(b.gw.seen, "a=path"));
	bench_stop(&b);
	start(MSRP_POLICY_AWARE);
	CU_ASSERT(bench_has(ask("offer", tls, BENCH_FROM_CORE), "a=path:msrps://198.51.100.9:7655/c1;tcp"));
	CU_ASSERT_FALSE(bench_has(b.gw.seen, "a=path"));
	CU_ASSERT(bench_has(seen_of("core"), "c=IN IP4 198.51.100.7"));
	bench_stop(&b);
}

/* Plain MSRP of peers that know RFC 4975 only: nobody finds us by their paths, so they get ours. */
static void
plain_lines_without_cema_get_paths_too(void)
{
	const char *out;

	start(MSRP_POLICY_AUTO);
	out = ask("offer", PLAIN_PATH, "\"from-tag\":\"ft\",\"direction\":[\"core\",\"access\"]");
	CU_ASSERT(bench_has(out, "m=message 20001 TCP/MSRP *\r\n"));
	CU_ASSERT(bench_has(out, "a=path:msrp://203.0.113.20:20001/own1;tcp\r\n"));
	CU_ASSERT_FALSE(bench_has(out, "fingerprint"));
	bench_stop(&b);
}

static void
an_originating_call_without_cema(void)
{
	const char *out;

	start(MSRP_POLICY_AUTO);
	out = ask("offer", HEAD("203.0.113.99") UE_LINE UE_PATH "a=3ge2ae:requested\r\n",
	          "\"from-tag\":\"ft\",\"direction\":[\"access\",\"core\"]");
	CU_ASSERT(bench_has(out, "m=message 20002 TCP/MSRP *\r\n"));
	CU_ASSERT(bench_has(out, "a=path:msrp://192.0.2.20:20002/own2;tcp\r\n"));
	CU_ASSERT(bench_has(seen_of("access"), "a=path:msrps://203.0.113.98:40001/u1;tcp"));
	out = ask("answer", HEAD("198.51.100.7") "m=message 7654 TCP/MSRP *\r\na=setup:passive\r\n" CORE_PATH,
	          "\"from-tag\":\"ft\",\"to-tag\":\"tt\",\"direction\":[\"core\",\"access\"],"
	          "\"received-from\":[\"IP4\",\"198.51.100.8\"],\"flags\":[\"SIP-source-address\"]");
	CU_ASSERT(bench_has(out, "a=path:msrps://203.0.113.20:20001/own1;tcp\r\n"));
	CU_ASSERT(bench_has(seen_of("core"), "a=path:msrp://relay.example.com:2855/r1;tcp msrp://198.51.100.7:7654/c1;tcp"));
	CU_ASSERT(bench_has(seen_of("core"), "c=IN IP4 198.51.100.8"));
	bench_stop(&b);
}

/* NG replace: nothing of the sender's network is left in o= and c=, and o= stays the same for the whole call. */
static void
origin_and_session_connection_are_hidden(void)
{
	const char *out;

	start(MSRP_POLICY_AUTO);
	out = ask("offer", PLAIN_PATH, BENCH_FROM_CORE ",\"replace\":[\"origin\",\"session-connection\"]");
	CU_ASSERT(bench_has(out, "o=peer 1 1 IN IP4 203.0.113.20\r\n"));
	CU_ASSERT_FALSE(bench_has(out, "198.51.100"));
	out = ask("answer", UE, BENCH_FROM_UE ",\"flags\":[\"replace-origin\"]");
	CU_ASSERT(bench_has(out, "o=peer 1 1 IN IP4 192.0.2.20\r\n"));
	bench_stop(&b);
}

/* "localhost" stands in every host's own file. */
static void
host_names_are_resolved_before_the_gateway_is_asked(void)
{
	static const char named[] = "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nc=IN IP4 localhost\r\nt=0 0\r\n" CORE_LINE CEMA
				    CORE_PATH;
	static const char path[] = HEAD("198.51.100.7") CORE_LINE "a=path:msrp://localhost:7655/c1;tcp\r\n";
	static const char nowhere[] = "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nc=IN IP4 no..host\r\nt=0 0\r\n" CORE_LINE CEMA;

	start(MSRP_POLICY_AUTO);
	loop_sim_patience(b.l, 10000); /* threads live in real time, and the machine may be busy */
	CU_ASSERT(bench_has(ask("offer", named, BENCH_FROM_CORE), "TCP/TLS/MSRP"));
	CU_ASSERT(bench_has(seen_of("core"), "c=IN IP4 127.0.0.1"));
	CU_ASSERT(bench_is_ok(bench_ask(&b, "offer", "c2", path, BENCH_FROM_CORE)));
	CU_ASSERT(bench_has(seen_of("core"), ":7655/c1;tcp"));
	CU_ASSERT(bench_has(seen_of("core"), "m=message 7655 TCP/MSRP *"));
	CU_ASSERT(bench_has(bench_str(&b, bench_ask(&b, "offer", "c3", nowhere, BENCH_FROM_CORE), "error-reason"), "bad-sdp"));
	CU_ASSERT_EQUAL(b.gw.contexts, 2);
	bench_stop(&b);
}

static void
a_call_deleted_while_a_name_is_looked_up(void)
{
	static const char named[] = "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nc=IN IP4 localhost\r\nt=0 0\r\n" CORE_LINE CEMA
				    CORE_PATH;

	start(MSRP_POLICY_AUTO);
	bench_request(&b, "k1", "offer", "c1", named, BENCH_FROM_CORE);
	bench_request(&b, "k2", "delete", "c1", NULL, "\"from-tag\":\"ft\"");
	CU_ASSERT(bench_wait(&b, 2));
	loop_sim_patience(b.l, 500);
	bench_run(&b, 1);
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	CU_ASSERT_EQUAL(calls_count(b.alg->calls), 0);
	bench_stop(&b);
}

static void
without_resolving_a_host_name_is_refused(void)
{
	static const char named[] = "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nc=IN IP4 localhost\r\nt=0 0\r\n" CORE_LINE CEMA;

	bench_init(&b);
	b.conf.resolve = false;
	bench_start(&b, MGCO_TCP);
	fake_gw_start(&b, MGCO_TCP);
	CU_ASSERT(bench_has(bench_str(&b, bench_ask(&b, "offer", "c1", named, BENCH_FROM_CORE), "error-reason"), "localhost"));
	bench_stop(&b);
}

const char test_suite[] = "alg_msrp";
const struct test_case test_cases[] = {
	TEST(without_cema_each_side_gets_a_path_of_the_gateway),
	TEST(with_cema_paths_stay_between_the_peers),
	TEST(aware_by_demand_keeps_cema_on_its_own_side),
	TEST(a_gateway_that_cannot_is_asked_for_less_once),
	TEST(aware_by_demand_is_aware_or_refused),
	TEST(agnostic_by_demand_and_tls_end_to_end_ask_for_nothing),
	TEST(plain_lines_without_cema_get_paths_too),
	TEST(an_originating_call_without_cema),
	TEST(host_names_are_resolved_before_the_gateway_is_asked),
	TEST(a_call_deleted_while_a_name_is_looked_up),
	TEST(without_resolving_a_host_name_is_refused),
	TEST(origin_and_session_connection_are_hidden),
	{ 0 },
};
