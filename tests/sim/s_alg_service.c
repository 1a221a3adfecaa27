/* SPDX-License-Identifier: BSD-2-Clause */
/* What gateways say of themselves besides registering: where they are to be commanded, realms that go and come, commands
 * of those that have not registered. */
#include <stdio.h>

#include "tests/lib/alg_bench.h"
#include "tests/lib/tmain.h"

static struct alg_bench b;

static void
start(enum mgco_proto proto)
{
	bench_start(&b, proto);
	fake_gw_start(&b, proto);
	bench_run(&b, 20);
}

static bool
offer(int n)
{
	char id[16];

	snprintf(id, sizeof(id), "c%d", n);
	return bench_offer(&b, id);
}

/* ---- who has not registered ---- */

static void
who_has_not_registered_gets_505_whatever_it_says(void)
{
	static const struct {
		uint32_t ctx;
		enum mgco_cmd_kind kind;
		const char *term, *method;
	} rows[] = {
		{ MGCO_CTX_NULL, MGCO_AUDITVALUE, "ROOT", NULL },
		{ MGCO_CTX_NULL, MGCO_AUDITCAP, "ROOT", NULL },
		{ MGCO_CTX_NULL, MGCO_NOTIFY, "ROOT", "it/ito" },
		{ 7, MGCO_NOTIFY, "ip/1/access/7", "hangterm/thb" },
		{ 7, MGCO_SUBTRACT, "ip/1/access/7", NULL },
		{ 7, MGCO_SERVICECHANGE, "ip/1/access/7", "Forced" },
		{ MGCO_CTX_ALL, MGCO_SERVICECHANGE, "ip/1/access/*", "Forced" },
	};

	for (int proto = MGCO_UDP; proto <= MGCO_TCP; proto++) {
		bench_init(&b);
		bench_start(&b, (enum mgco_proto)proto);
		fake_gw_connect(&b, (enum mgco_proto)proto);
		for (int round = 0; round < 2; round++) {
			for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
				CU_ASSERT_EQUAL(fake_gw_send(&b, rows[i].ctx, rows[i].kind, rows[i].term, rows[i].method), 505);
			fake_gw_service_change(&b, "Restart", "901 Cold Boot");
			CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_NULL, MGCO_NOTIFY, "ROOT", "it/ito"), 0);
			CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_NULL, MGCO_AUDITVALUE, "ROOT", NULL), 501);
			fake_gw_service_change(&b, "Forced", "905 Termination Taken Out Of Service");
		}
		bench_stop(&b);
	}
}

/* ---- realms ---- */

static void
a_realm_that_is_out_of_service_gets_no_new_calls(void)
{
	static const char *const patterns[] = { "ip/1/core/*", "ip/1/CORE/*", "ip/1/*/*", "*" };

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		for (int graceful = 0; graceful < 2; graceful++) {
			const char *method = graceful ? "Graceful" : "Forced";

			bench_init(&b);
			start(MGCO_TCP);
			CU_ASSERT(offer(1));
			CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_ALL, MGCO_SERVICECHANGE, patterns[i], method), 0);
			CU_ASSERT_FALSE(offer(2));
			CU_ASSERT_EQUAL(b.gw.contexts, 1); /* the call that is there goes on */
			CU_ASSERT_EQUAL(calls_count(b.alg->calls), 1);
			CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_NULL, MGCO_SERVICECHANGE, patterns[i], "Restart"), 0);
			CU_ASSERT(offer(3));
			bench_stop(&b);
		}
}

static void
what_is_no_realm_of_ours_changes_nothing(void)
{
	bench_init(&b);
	start(MGCO_TCP);
	CU_ASSERT(offer(1));
	CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_ALL, MGCO_SERVICECHANGE, "ip/1/other/*", "Forced"), 0);
	CU_ASSERT_EQUAL(fake_gw_send(&b, 1, MGCO_SERVICECHANGE, "ip/1/core/2", "Forced"), 0); /* one termination */
	CU_ASSERT_EQUAL(fake_gw_send(&b, 1, MGCO_SERVICECHANGE, "ip/1/core/*", "Forced"), 0); /* those of a context */
	CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_NULL, MGCO_SERVICECHANGE, "ip/1/core/*", "Failover"), 0);
	CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_ALL, MGCO_SERVICECHANGE, "ip/1/core/2", "Forced"), 0);
	CU_ASSERT(offer(2));
	for (int i = 0; i < 2 * ALG_AGW_REALMS_MAX; i++) {
		char term[64];

		snprintf(term, sizeof(term), "ip/1/realm%d/*", i);
		CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_ALL, MGCO_SERVICECHANGE, term, "Forced"), 0);
	}
	CU_ASSERT(offer(3));
	bench_stop(&b);
}

/* TS 23.334 has IP realm availability told in Context = *, and whatever else is said of all contexts at once, it is none
 * that lost its call: to subtract "it" would end every call of the gateway. */
static void
what_is_told_of_all_contexts_is_nobodys_loss(void)
{
	bench_init(&b);
	start(MGCO_TCP);
	CU_ASSERT(offer(1));
	CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_ALL, MGCO_NOTIFY, "ROOT", "ipra/arc"), 0);
	CU_ASSERT_EQUAL(fake_gw_send(&b, 99, MGCO_NOTIFY, "ROOT", "it/ito"), 0);
	CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_ALL, MGCO_NOTIFY, "*", "hangterm/thb"), 421);
	CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_CHOOSE, MGCO_NOTIFY, "ip/1/core/2", "hangterm/thb"), 421);
	CU_ASSERT_EQUAL(fake_gw_send(&b, 1, MGCO_CMDS, NULL, NULL), 501); /* an action without commands */
	bench_run(&b, 5000);
	CU_ASSERT_EQUAL(b.gw.subtracts, 0);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	CU_ASSERT_EQUAL(calls_count(b.alg->calls), 1);
	bench_stop(&b);
}

static void
a_registration_says_anew_what_is_in_service(void)
{
	bench_init(&b);
	start(MGCO_TCP);
	CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_ALL, MGCO_SERVICECHANGE, "ip/1/core/*", "Forced"), 0);
	fake_gw_service_change(&b, "Graceful", "905 Termination Taken Out Of Service");
	fake_gw_service_change(&b, "Restart", "918 Cancel Graceful"); /* is none */
	CU_ASSERT_FALSE(offer(1));
	fake_gw_service_change(&b, "Disconnected", "900 Service Restored");
	CU_ASSERT(offer(2));
	bench_stop(&b);
}

static void
tell_change(void)
{
	CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_NULL, MGCO_NOTIFY, "ROOT", "ipra/arc"), 0);
	bench_run(&b, 20);
}

static void
a_gateway_that_lists_its_realms_tells_when_they_change(void)
{
	for (int proto = MGCO_UDP; proto <= MGCO_TCP; proto++) {
		bench_init(&b);
		b.gw.realms[0] = "access";
		b.gw.realms[1] = "core";
		start((enum mgco_proto)proto);
		CU_ASSERT_EQUAL(b.gw.watches, 1);
		CU_ASSERT(b.gw.watch_arc);
		CU_ASSERT_EQUAL(b.gw.watch_mit != 0, proto == MGCO_UDP);
		CU_ASSERT(offer(1));
		b.gw.realms[1] = NULL;
		tell_change();
		CU_ASSERT_FALSE(offer(2));
		b.gw.realms[1] = "a-name-that-no-realm-of-ours-can-have";
		CU_ASSERT_EQUAL(b.alg->stats.realms_ignored, 0);
		tell_change();
		CU_ASSERT_EQUAL(b.alg->stats.realms_ignored, 1); /* each time that it is named */
		b.gw.realms[1] = NULL;
		b.gw.realms[0] = NULL; /* not even the list: there is none, which is not "any" */
		tell_change();
		CU_ASSERT_FALSE(offer(3));
		b.gw.realms[0] = "access";
		b.gw.realms[1] = "core";
		tell_change();
		CU_ASSERT(offer(4));
		b.gw.refuse_root = 533; /* it cannot say: what it said before holds */
		tell_change();
		CU_ASSERT(offer(5));
		CU_ASSERT_EQUAL(b.gw.watches, 1);
		bench_stop(&b);
	}
}

static void
one_that_does_not_know_the_event_is_asked_for_less(void)
{
	bench_init(&b);
	b.gw.realms[0] = "access";
	b.gw.realms[1] = "core";
	b.gw.refuse_arc = true;
	start(MGCO_UDP);
	CU_ASSERT_EQUAL(b.gw.watches, 2);
	CU_ASSERT(!b.gw.watch_arc && b.gw.watch_mit);
	b.gw.refuse_watch = 451;
	fake_gw_service_change(&b, "Disconnected", "900 Service Restored");
	bench_run(&b, 1000);
	CU_ASSERT_EQUAL(b.gw.watches, 4); /* and then no more */
	CU_ASSERT(offer(1));
	bench_stop(&b);
}

/* ---- terminations of calls ---- */

static void
a_termination_of_a_call_that_is_out_of_service_is_a_failure(void)
{
	static const char away[] = "906 Loss Of Lower Layer Connectivity";
	static const struct {
		uint32_t ctx;
		const char *term, *method;
		unsigned failed;
		const char *reason;
	} rows[] = {
		{ 1, "ip/1/access/1", "Forced", 1, NULL },
		{ 1, "ip/1/core/2", "Forced", 1, NULL },
		{ 1, "*", "Forced", 1, NULL },
		{ 1, "ip/1/access/*", "Forced", 1, NULL },
		{ 1, "ip/1/access/1", "Graceful", 0, NULL },
		{ 1, "ip/1/access/1", "Restart", 0, NULL },
		{ 1, "ip/1/access/77", "Forced", 0, NULL },
		{ 77, "ip/1/access/1", "Forced", 0, NULL },
		{ 1, "ip/1/other/*", "Forced", 0, NULL },
		{ 1, "*/access/*", "Forced", 0, NULL },
		{ MGCO_CTX_ALL, "*", "Forced", 1, NULL },
		{ MGCO_CTX_ALL, "ip/1/CORE/*", "Forced", 1, NULL },
		{ MGCO_CTX_ALL, "ip/1/core/*", "Forced", 0, away },
		{ 1, "ip/1/core/2", "Forced", 1, away },
		{ MGCO_CTX_ALL, "ip/1/other/*", "Forced", 0, NULL },
		{ MGCO_CTX_ALL, "ip/1/core/*", "Graceful", 0, NULL },
		{ MGCO_CTX_NULL, "ip/1/core/*", "Forced", 0, NULL }, /* those that do not exist yet */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ng_val *r;

		bench_init(&b);
		start(MGCO_TCP);
		CU_ASSERT(offer(1));
		CU_ASSERT_EQUAL(fake_gw_send(&b, 1, MGCO_SERVICECHANGE, "*", "Forced"), 0); /* nobody to tell yet */
		CU_ASSERT_EQUAL(alg_stats_sum(b.alg->stats.calls_failed), 0);
		bench_ask(&b, "answer", "c1", BENCH_ANSWER, BENCH_FROM_UE);
		b.gw.reason = rows[i].reason;
		CU_ASSERT_EQUAL(fake_gw_send(&b, rows[i].ctx, MGCO_SERVICECHANGE, rows[i].term, rows[i].method), 0);
		CU_ASSERT_EQUAL(alg_stats_sum(b.alg->stats.calls_failed), rows[i].failed);
		r = bench_ask(&b, "query", "c1", NULL, NULL);
		if (rows[i].failed)
			CU_ASSERT_STRING_EQUAL(bench_str(&b, ng_get(r, "failure"), "reason"), "out-of-service");
		bench_stop(&b);
	}
}

/* ---- ServiceChangeAddress ---- */

/* The gateway listens at one more address, and says so: before, the port, after. */
static void
move(enum mgco_proto proto, const char *ip, const char *before, const char *after)
{
	static char text[64];
	struct addr any, at;

	CU_ASSERT_EQUAL_FATAL(addr_parse_ip(span_str(ip), &any), 0);
	fake_gw_listen(&b, proto, &any, &at);
	if (after)
		snprintf(text, sizeof(text), "%s%u%s", before, at.port, after);
	else
		snprintf(text, sizeof(text), "%s", before);
	b.gw.address = text;
	b.gw.elsewhere = 0;
	fake_gw_service_change(&b, "Disconnected", "900 Service Restored");
	bench_run(&b, 100);
}

static void
a_gateway_is_commanded_where_it_says(void)
{
	for (int proto = MGCO_UDP; proto <= MGCO_TCP; proto++) {
		bench_init(&b);
		start((enum mgco_proto)proto);
		CU_ASSERT(offer(1));
		CU_ASSERT_EQUAL(b.gw.elsewhere, 0);
		move((enum mgco_proto)proto, "127.0.0.1", "[127.0.0.1]:", "");
		CU_ASSERT(b.gw.elsewhere >= 2); /* its realms, its contexts */
		b.gw.elsewhere = 0;
		CU_ASSERT(offer(2));
		CU_ASSERT_EQUAL(b.gw.elsewhere, 1);
		/* It speaks from where it spoke before. */
		fake_gw_notify(&b, 1, "ip/1/access/1", "hangterm/thb", NULL, NULL);
		CU_ASSERT_EQUAL(b.gw.notify_err, 0);
		/* The same again, with a port alone; then somewhere else; then where it speaks from. */
		move((enum mgco_proto)proto, "127.0.0.1", "", "");
		b.gw.elsewhere = 0;
		CU_ASSERT(offer(3));
		CU_ASSERT_EQUAL(b.gw.elsewhere, 1);
		b.gw.address = NULL;
		fake_gw_service_change(&b, "Graceful", "905 Termination Taken Out Of Service");
		fake_gw_service_change(&b, "Graceful", "918 Cancel Graceful");
		CU_ASSERT(offer(4));
		CU_ASSERT_EQUAL(b.gw.elsewhere >= 2, true);
		fake_gw_service_change(&b, "Disconnected", "900 Service Restored");
		bench_run(&b, 100);
		b.gw.elsewhere = 0;
		CU_ASSERT(offer(5));
		CU_ASSERT_EQUAL(b.gw.elsewhere, 0);
		CU_ASSERT_EQUAL(b.gw.contexts, 5);
		CU_ASSERT_EQUAL(b.alg->stats.gateway_lost, proto == MGCO_TCP); /* its first address closed */
		bench_stop(&b);
	}
}

static void
an_address_that_is_not_the_gateways_is_not_used(void)
{
	static const char *const bad[][2] = {
		{ "[127.0.0.2]:", "" }, { "<gw.example>:", "" }, { "[127.0.0.1]:0", NULL }, { "0", NULL },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bench_init(&b);
		start(MGCO_UDP);
		move(MGCO_UDP, "127.0.0.2", bad[i][0], bad[i][1]);
		CU_ASSERT_EQUAL(b.gw.elsewhere, 0);
		CU_ASSERT(offer(1));
		CU_ASSERT_EQUAL(b.gw.elsewhere, 0);
		bench_stop(&b);
	}
	bench_init(&b);
	CU_ASSERT_EQUAL(agw_allow_add(&b.conf.agwset.allow, SPAN_LIT("[127.0.0.1]:5555@127.0.0.0/8")), 0);
	start(MGCO_UDP);
	move(MGCO_UDP, "127.0.0.2", "[127.0.0.2]:", ""); /* the operator says that it may be */
	CU_ASSERT(offer(1));
	CU_ASSERT(b.gw.elsewhere > 0);
	bench_stop(&b);
}

static void
one_that_is_lost_there_registers_anew(void)
{
	bench_init(&b);
	start(MGCO_UDP);
	move(MGCO_UDP, "127.0.0.1", "", "");
	CU_ASSERT(offer(1));
	bench_mute(b.gw.node);
	bench_mute(b.gw.there);
	bench_run(&b, 60000);
	CU_ASSERT_EQUAL(b.alg->stats.gateway_lost, 1);
	CU_ASSERT_FALSE(offer(2));
	mgco_node_set_tap(b.gw.node, NULL, NULL);
	mgco_node_set_tap(b.gw.there, NULL, NULL);
	CU_ASSERT_EQUAL(fake_gw_send(&b, MGCO_CTX_NULL, MGCO_NOTIFY, "ROOT", "it/ito"), 505);
	b.gw.elsewhere = 0;
	fake_gw_service_change(&b, "Disconnected", "900 Service Restored");
	bench_run(&b, 100);
	CU_ASSERT(b.gw.elsewhere > 0);
	CU_ASSERT(offer(3));
	bench_stop(&b);
}

static void
nothing_is_asked_of_one_that_cannot_be_reached_there(void)
{
	struct addr any, at;
	static char text[16];

	bench_init(&b);
	start(MGCO_TCP);
	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(SPAN_LIT("127.0.0.1:0"), &any), 0);
	fake_gw_listen(&b, MGCO_TCP, &any, &at);
	mgco_node_free(b.gw.there); /* nobody listens there any more */
	b.gw.there = NULL;
	snprintf(text, sizeof(text), "%u", at.port);
	b.gw.address = text;
	fake_gw_service_change(&b, "Disconnected", "900 Service Restored");
	CU_ASSERT_FALSE(offer(1));
	CU_ASSERT_EQUAL(b.gw.adds, 0);
	fake_gw_listen(&b, MGCO_TCP, &at, NULL);
	bench_run(&b, 30000);
	CU_ASSERT(offer(2));
	CU_ASSERT(b.gw.elsewhere > 0);
	bench_stop(&b);
}

const char test_suite[] = "alg_service";
const struct test_case test_cases[] = {
	TEST(who_has_not_registered_gets_505_whatever_it_says),
	TEST(a_realm_that_is_out_of_service_gets_no_new_calls),
	TEST(what_is_no_realm_of_ours_changes_nothing),
	TEST(what_is_told_of_all_contexts_is_nobodys_loss),
	TEST(a_registration_says_anew_what_is_in_service),
	TEST(a_gateway_that_lists_its_realms_tells_when_they_change),
	TEST(one_that_does_not_know_the_event_is_asked_for_less),
	TEST(a_termination_of_a_call_that_is_out_of_service_is_a_failure),
	TEST(a_gateway_is_commanded_where_it_says),
	TEST(an_address_that_is_not_the_gateways_is_not_used),
	TEST(one_that_is_lost_there_registers_anew),
	TEST(nothing_is_asked_of_one_that_cannot_be_reached_there),
	{ NULL, NULL },
};
