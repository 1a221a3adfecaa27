/* SPDX-License-Identifier: BSD-2-Clause */
/* Gateways that know less than we order, and gateways that say more than we understand. */
#include <string.h>

#include "tests/lib/alg_bench.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "alg_degrade";

static struct alg_bench b;

static void
start(enum mgco_proto proto)
{
	bench_start(&b, proto);
	fake_gw_start(&b, proto);
	bench_run(&b, 20);
}

static bool
seen(const char *part)
{
	return strstr(b.gw.seen, part) != NULL;
}

/* The last order asks for TLS and for the gateway's certificate on T1. */
static bool
is_protected(void)
{
	return seen("TCP/TLS") && seen("a=fingerprint:sha-256 $");
}

static void
an_item_that_may_be_left_out_is_refused_once(void)
{
	static const struct {
		uint32_t code;
		const char *item, *kept;
	} rows[] = {
		{ 451, "hangterm/thb", "tlsbsc/BNCChange" }, { 512, "g/cause", "hangterm/thb" },
		{ 440, "tcpbcc/BNCChange", "g/cause" },      { 451, "tlsbsc/BNCChange", "tcpbcc/BNCChange" },
		{ 445, "ipdc/realm", "g/cause" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bench_init(&b);
		b.gw.lacks[0] = rows[i].item;
		b.gw.lacks_code = rows[i].code;
		start(MGCO_TCP);
		CU_ASSERT(bench_offer(&b, "c1"));
		CU_ASSERT_FALSE(seen(rows[i].item));
		CU_ASSERT(seen(rows[i].kept));
		CU_ASSERT(is_protected());
		CU_ASSERT_EQUAL(b.gw.adds, 2);
		CU_ASSERT(bench_answer(&b, "c1"));
		CU_ASSERT_FALSE(seen(rows[i].item));
		CU_ASSERT(bench_offer(&b, "c2"));
		CU_ASSERT_EQUAL(b.gw.adds, 3); /* remembered */
		b.gw.lacks[0] = NULL;
		fake_gw_service_change(&b, "Restart", "917 Packages Change"); /* it may have learnt */
		CU_ASSERT(bench_offer(&b, "c3"));
		CU_ASSERT(seen(rows[i].item));
		CU_ASSERT_EQUAL(b.gw.adds, 4);
		bench_stop(&b);
	}
}

static void
a_gateway_that_lacks_several_is_found_out_in_turn(void)
{
	bench_init(&b);
	b.gw.lacks[0] = "hangterm/thb";
	b.gw.lacks[1] = "g/cause";
	b.gw.lacks[2] = "ipdc/realm";
	b.gw.lacks_code = 449;
	start(MGCO_UDP);
	CU_ASSERT(bench_offer(&b, "c1"));
	CU_ASSERT_EQUAL(b.gw.adds, 4);
	CU_ASSERT(is_protected());
	CU_ASSERT(bench_answer(&b, "c1"));
	bench_stop(&b);
}

static void
a_refusal_without_a_name_takes_all_that_may_go(void)
{
	bench_init(&b);
	b.gw.lacks[0] = "hangterm/thb";
	b.gw.lacks_code = 501;
	b.gw.lacks_vaguely = true;
	start(MGCO_TCP);
	CU_ASSERT(bench_offer(&b, "c1"));
	CU_ASSERT_EQUAL(b.gw.adds, 2);
	CU_ASSERT(is_protected());
	CU_ASSERT_FALSE(seen("Events"));
	CU_ASSERT(seen("seplink/link"));
	CU_ASSERT(bench_answer(&b, "c1"));
	bench_stop(&b);
}

/* Named or not: the call fails, the UE is offered nothing, and no order went out that asked for less protection. */
static void
what_protects_is_never_given_up(void)
{
	static const struct {
		const char *item;
		bool vaguely;
		uint32_t adds;
	} rows[] = {
		{ "a=fingerprint", false, 1 }, { "TCP/TLS", false, 1 },   { "seplink/link", false, 1 }, { "a=fingerprint", true, 2 },
		{ "TCP/TLS", true, 2 },        { "seplink/link", true, 2 },
	};
	static const uint32_t codes[] = { 445, 449, 501, 515 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t k = 0; k < sizeof(codes) / sizeof(codes[0]); k++) {
			bench_init(&b);
			b.gw.lacks[0] = rows[i].item;
			b.gw.lacks_code = codes[k];
			b.gw.lacks_vaguely = rows[i].vaguely;
			start(MGCO_TCP);
			CU_ASSERT_FALSE(bench_offer(&b, "c1"));
			CU_ASSERT_EQUAL(b.gw.adds, rows[i].adds);
			CU_ASSERT(is_protected());
			CU_ASSERT_EQUAL(b.gw.contexts, 0);
			bench_stop(&b);
		}
}

static void
a_filter_that_is_on_is_not_given_up(void)
{
	bench_init(&b);
	b.conf.syn = SYN_FILTER;
	b.gw.lacks[0] = "gm/saf=ON";
	b.gw.lacks_code = 445;
	start(MGCO_TCP);
	CU_ASSERT_FALSE(bench_offer(&b, "c1") && bench_answer(&b, "c1"));
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	bench_stop(&b);
}

static void
connections_that_are_waited_for_must_be_told(void)
{
	bench_init(&b);
	b.conf.on_failure.establish_ms = 5000;
	b.gw.lacks[0] = "tcpbcc/BNCChange";
	b.gw.lacks_code = 451;
	start(MGCO_TCP);
	CU_ASSERT_FALSE(bench_offer(&b, "c1"));
	CU_ASSERT_EQUAL(b.gw.adds, 1);
	bench_stop(&b);
}

/* It takes the order for TLS and says that it has made plain TCP. */
static void
an_answer_without_tls_is_no_answer(void)
{
	bench_init(&b);
	b.gw.answers_plain = true;
	start(MGCO_TCP);
	CU_ASSERT_FALSE(bench_offer(&b, "c1"));
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.subtracts, 1);
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	bench_stop(&b);
}

static void
packages_that_we_do_not_know_are_passed_over(void)
{
	bench_init(&b);
	b.gw.says_more = true;
	b.gw.realms[0] = "access";
	b.gw.realms[1] = "core";
	start(MGCO_UDP);
	CU_ASSERT(bench_offer(&b, "c1"));
	CU_ASSERT(bench_answer(&b, "c1"));
	fake_gw_notify(&b, b.gw.next_ctx, "ip/1/access/1", "zz9/odd", "what", "ever");
	CU_ASSERT_EQUAL(b.gw.notify_err, 0);
	CU_ASSERT(bench_is_ok(bench_ask(&b, "delete", "c1", NULL, "\"from-tag\":\"ft\"")));
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	CU_ASSERT_EQUAL(b.alg->stats.gateway_errors, 0);
	bench_stop(&b);
}

/* MGOriginatedPendingLimit: a request that gets more Pendings than the gateway says it sends is given up. */
static void
limits_of_the_gateway_hold_for_us(void)
{
	for (int told = 0; told < 2; told++) {
		bench_init(&b);
		b.gw.pending_limit = told ? "1" : NULL;
		b.gw.realms[0] = "access";
		b.gw.realms[1] = "core";
		start(MGCO_UDP);
		b.gw.hold = true;
		CU_ASSERT_FALSE(bench_offer(&b, "c1"));
		bench_run(&b, 10000);
		CU_ASSERT(agwset_counters(b.alg->agws)->pendings_in >= 2);
		CU_ASSERT_EQUAL(agwset_counters(b.alg->agws)->timeouts, (uint64_t)told);
		fake_gw_release(&b);
		bench_run(&b, 100);
		bench_stop(&b);
	}
}

const struct test_case test_cases[] = {
	TEST(an_item_that_may_be_left_out_is_refused_once),
	TEST(a_gateway_that_lacks_several_is_found_out_in_turn),
	TEST(a_refusal_without_a_name_takes_all_that_may_go),
	TEST(what_protects_is_never_given_up),
	TEST(a_filter_that_is_on_is_not_given_up),
	TEST(connections_that_are_waited_for_must_be_told),
	TEST(an_answer_without_tls_is_no_answer),
	TEST(packages_that_we_do_not_know_are_passed_over),
	TEST(limits_of_the_gateway_hold_for_us),
	{ NULL, NULL },
};
