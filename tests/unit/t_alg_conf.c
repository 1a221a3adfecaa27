/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "alg/alg_conf.h"
#include "tests/lib/man_page.h"
#include "tests/lib/tmain.h"

static struct alg_conf c;
static char why[OPTS_ERROR_MAX];

/* One flag as opts_parse() would store it; 0 when it was taken. */
static int
set(const char *name, const char *value)
{
	why[0] = '\0';
	for (const struct opt *o = alg_opts; o->name; o++)
		if (!strcmp(o->name, name))
			return o->set(&c, value, why);
	CU_FAIL("no such flag");
	return ERR_NOTFOUND;
}

static void
defaults_need_no_flag(void)
{
	char text[ADDR_TEXT_MAX];

	alg_conf_init(&c);
	CU_ASSERT_EQUAL(alg_conf_done(&c, why), 0);
	CU_ASSERT_EQUAL(c.n_ng, 1);
	CU_ASSERT_EQUAL(c.ng[0].proto, MGCO_UDP);
	CU_ASSERT_STRING_EQUAL(addr_text(&c.ng[0].addr, text), "127.0.0.1:2223");
	CU_ASSERT_EQUAL(c.n_h248, 1);
	CU_ASSERT_EQUAL(c.h248[0].proto, MGCO_TCP);
	CU_ASSERT_STRING_EQUAL(addr_text(&c.h248[0].addr, text), "127.0.0.1:2944");
	CU_ASSERT_STRING_EQUAL(c.mid, "[127.0.0.1]:2944");
	CU_ASSERT_STRING_EQUAL(c.realm[SIDE_ACCESS], "access");
	CU_ASSERT_STRING_EQUAL(c.realm[SIDE_CORE], "core");
	CU_ASSERT(c.interlink);
	CU_ASSERT_EQUAL(c.syn, SYN_IGNORE);
	CU_ASSERT_EQUAL(c.e2ae, E2AE_WHEN_SUPPORTED);
}

static void
listeners_replace_the_default_and_add_up(void)
{
	char text[ADDR_TEXT_MAX];

	alg_conf_init(&c);
	CU_ASSERT_EQUAL(set("ng", "tcp:[2001:db8::1]:2223"), 0);
	CU_ASSERT_EQUAL(set("ng", "udp:192.0.2.1:2224"), 0);
	CU_ASSERT_EQUAL(set("h248", "udp:[2001:db8::1]:2944"), 0);
	CU_ASSERT_EQUAL(alg_conf_done(&c, why), 0);
	CU_ASSERT_EQUAL(c.n_ng, 2);
	CU_ASSERT_EQUAL(c.ng[0].proto, MGCO_TCP);
	CU_ASSERT_STRING_EQUAL(addr_text(&c.ng[1].addr, text), "192.0.2.1:2224");
	CU_ASSERT_EQUAL(c.n_h248, 1);
	CU_ASSERT_STRING_EQUAL(c.mid, "[2001:db8::1]:2944");
	for (unsigned i = 2; i < ALG_LISTEN_MAX; i++)
		CU_ASSERT_EQUAL(set("ng", "udp:192.0.2.1:2224"), 0);
	CU_ASSERT_NOT_EQUAL(set("ng", "udp:192.0.2.1:2224"), 0);
}

static void
a_transport_that_the_kernel_lacks_is_refused_with_a_sentence(void)
{
	alg_conf_init(&c);
	if (mgco_proto_missing(MGCO_SCTP)) {
		CU_ASSERT_NOT_EQUAL(set("h248", "sctp:[2001:db8::1]:2944"), 0);
		CU_ASSERT_STRING_EQUAL(why, "this kernel has no SCTP (module sctp)");
	} else {
		CU_ASSERT_EQUAL(set("h248", "sctp:[2001:db8::1]:2944"), 0);
		CU_ASSERT_EQUAL(c.h248[0].proto, MGCO_SCTP);
	}
}

static void
bad_values_are_refused_with_a_sentence(void)
{
	static const char *const bad[][2] = {
		{ "ng", "127.0.0.1:2223" }, { "ng", "udp:localhost:2223" }, { "ng", "udp:127.0.0.1" },
		{ "ng", "sctp:127.0.0.1:2223" }, { "h248", "sctp:127.0.0.1" }, { "mid", "a b" }, { "mid", "x{y}" },
		{ "mid", "" }, { "gateway", "gw.example" }, { "gateway", "<a>@" },
		{ "gateway", "192.0.2.1/33" }, { "access-realm", "a/b" }, { "access-realm", "" }, { "core-realm", "a b" },
		{ "access-realm", "a_realm_whose_name_is_longer_than_it_may_be" }, { "interlink", "maybe" }, { "setup-role", "ue:active" }, { "msrp", "cema" },
		{ "syn-policy", "drop" }, { "e2ae", "on" }, { "iq-names", "/nonexistent" }, { "log", "file" },
		{ "log-level", "loud" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		alg_conf_init(&c);
		CU_ASSERT_NOT_EQUAL(set(bad[i][0], bad[i][1]), 0);
		CU_ASSERT_NOT_EQUAL(why[0], '\0');
	}
}

static void
both_sides_need_a_realm_of_their_own(void)
{
	alg_conf_init(&c);
	CU_ASSERT_EQUAL(set("core-realm", "Access"), 0);
	CU_ASSERT_EQUAL(alg_conf_done(&c, why), ERR_INVAL);
}

/* The page is the truth about flags, so it may lack none and tell of none that is not there. */
static void
the_man_page_names_every_flag(void)
{
	const char *page = man_page("ims-alg.8").p;
	char want[128];

	for (const struct opt *o = alg_opts; o->name; o++) {
		snprintf(want, sizeof(want), ".It Fl Fl %s%s", o->name, o->arg ? " Ns =" : "\n");
		CU_ASSERT(strstr(page, want) != NULL);
	}
	for (const char *at = page; (at = strstr(at, ".It Fl Fl ")); at++) {
		char name[64];
		bool known = false;

		sscanf(at, ".It Fl Fl %63s", name);
		for (const struct opt *o = alg_opts; o->name; o++)
			known = known || !strcmp(name, o->name);
		CU_ASSERT(known || !strcmp(name, "config") || !strcmp(name, "help") || !strcmp(name, "version"));
	}
}

static void
failures_are_told_to_targets_in_order(void)
{
	alg_conf_init(&c);
	CU_ASSERT_EQUAL(alg_conf_done(&c, why), 0);
	CU_ASSERT_EQUAL(c.failure.n, 1);
	CU_ASSERT(c.on_failure.log_only);
	alg_conf_init(&c);
	CU_ASSERT_EQUAL(set("on-failure", "jsonrpc:http://[2001:db8::1]:8060/RPC?x"), 0);
	CU_ASSERT_EQUAL(set("on-failure", "exec:/usr/bin/true"), 0);
	CU_ASSERT_EQUAL(set("on-failure", "log"), 0);
	CU_ASSERT_EQUAL(alg_conf_done(&c, why), 0);
	CU_ASSERT_EQUAL(c.failure.n, 3);
	CU_ASSERT_FALSE(c.on_failure.log_only);
	CU_ASSERT_EQUAL(c.failure.to[0].way, FAILURE_RPC);
	CU_ASSERT_EQUAL(c.failure.to[0].addr.port, 8060);
	CU_ASSERT_STRING_EQUAL(c.failure.to[0].path, "/RPC?x");
	CU_ASSERT_EQUAL(c.failure.to[1].way, FAILURE_EXEC);
	CU_ASSERT_STRING_EQUAL(c.failure.to[1].path, "/usr/bin/true");
	CU_ASSERT(set("on-failure", "jsonrpc:https://127.0.0.1:1/") < 0);
	CU_ASSERT(set("on-failure", "jsonrpc:http://name:1/") < 0);
	CU_ASSERT(set("on-failure", "jsonrpc:http://127.0.0.1:1") < 0);
	CU_ASSERT(set("on-failure", "jsonrpc:http://127.0.0.1:1/a b") < 0);
	CU_ASSERT(set("on-failure", "exec:relative") < 0);
	CU_ASSERT(set("on-failure", "mail") < 0);
	CU_ASSERT(set("on-failure-rpc", " ") < 0);
}

static void
broken_connections_are_ended_or_waited_for(void)
{
	alg_conf_init(&c);
	CU_ASSERT_EQUAL(set("broken-connection", "wait:2.5"), 0);
	CU_ASSERT(c.on_failure.wait);
	CU_ASSERT_EQUAL(c.on_failure.wait_ms, 2500);
	CU_ASSERT_EQUAL(set("broken-connection", "wait"), 0);
	CU_ASSERT_EQUAL(c.on_failure.wait_ms, 0);
	CU_ASSERT_EQUAL(set("broken-connection", "release"), 0);
	CU_ASSERT_FALSE(c.on_failure.wait);
	CU_ASSERT(set("broken-connection", "waiting") < 0);
	CU_ASSERT(set("broken-connection", "wait:x") < 0);
	CU_ASSERT_EQUAL(set("establish-timeout", "30"), 0);
	CU_ASSERT_EQUAL(c.on_failure.establish_ms, 30000);
	CU_ASSERT_EQUAL(set("gateway-heartbeat", "0"), 0);
	CU_ASSERT_EQUAL(c.agwset.heartbeat_ms, 0);
}

const char test_suite[] = "alg_conf";
const struct test_case test_cases[] = {
	TEST(defaults_need_no_flag),
	TEST(listeners_replace_the_default_and_add_up),
	TEST(a_transport_that_the_kernel_lacks_is_refused_with_a_sentence),
	TEST(bad_values_are_refused_with_a_sentence),
	TEST(both_sides_need_a_realm_of_their_own),
	TEST(the_man_page_names_every_flag),
	TEST(failures_are_told_to_targets_in_order),
	TEST(broken_connections_are_ended_or_waited_for),
	{ 0 },
};
