/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/agw_conf.h"
#include "proto/base/err.h"
#include "tests/lib/tmain.h"

static char why[OPTS_ERROR_MAX];

/* Sets a flag as the command line would. */
static int
set(struct agw_conf *c, const char *name, const char *value)
{
	for (const struct opt *o = agw_opts; o->name; o++)
		if (strcmp(o->name, name) == 0)
			return o->set(c, value, why);
	return ERR_NOTFOUND;
}

static void
needs_no_flag_at_all(void)
{
	struct agw_conf c;
	char text[ADDR_TEXT_MAX];

	agw_conf_init(&c);
	CU_ASSERT_EQUAL_FATAL(agw_conf_finish(&c, why), 0);
	CU_ASSERT_EQUAL(c.n_mgcs, 1);
	CU_ASSERT_EQUAL(c.mgcs[0].proto, MGCO_TCP);
	CU_ASSERT_STRING_EQUAL(addr_text(&c.mgcs[0].addr, text), "127.0.0.1:2944");
	CU_ASSERT_EQUAL_FATAL(c.n_realms, 2);
	CU_ASSERT_STRING_EQUAL(c.realms[0].name, "access");
	CU_ASSERT_STRING_EQUAL(c.realms[1].name, "core");
	CU_ASSERT(c.realms[0].hi < c.realms[1].lo);
	CU_ASSERT(c.workers >= 1);
	CU_ASSERT_EQUAL(c.mid[0], '<');
	CU_ASSERT_EQUAL(c.tls_min, 12);
	CU_ASSERT_EQUAL(c.tcp_ms, 10000);
	CU_ASSERT_EQUAL(c.fpr_ms, 30000);
	CU_ASSERT_EQUAL(c.syngate.kind, SYNGATE_AUTO);
	CU_ASSERT_STRING_EQUAL(c.common.control, AGW_CONTROL_PATH);
}

static void
says_defaults_in_help_that_are_accepted(void)
{
	struct agw_conf c;

	agw_conf_init(&c);
	for (const struct opt *o = agw_opts; o->name; o++) {
		if (!o->def || strchr(o->def, ' ') || o->def[0] == '<' || strcmp(o->name, "group") == 0)
			continue; /* words, not a value */
		CU_ASSERT_EQUAL(o->set(&c, o->def, why), 0);
	}
	CU_ASSERT_EQUAL(agw_conf_finish(&c, why), 0);
}

static void
reads_a_realm_with_everything(void)
{
	struct realm_conf r;
	char text[ADDR_TEXT_MAX];

	CU_ASSERT_EQUAL_FATAL(realm_conf_parse("access,address=10.0.0.1,advertise=203.0.113.1,address=2001:db8::1,"
	                                       "ports=20000-20099,call-deny=10.0.0.0/8,call-allow=10.1.2.3,"
	                                       "call-deny=fd00::/8,dscp=40,empty-send=typed,msrp-keepalive=40,cert=/c.pem,key=/k.pem",
	                                       &r, why),
	                      0);
	CU_ASSERT_STRING_EQUAL(r.name, "access");
	CU_ASSERT_EQUAL_FATAL(r.n_addrs, 2);
	CU_ASSERT_STRING_EQUAL(addr_ip_text(&r.addrs[0], text), "10.0.0.1");
	CU_ASSERT_STRING_EQUAL(addr_ip_text(&r.advertised[0], text), "203.0.113.1");
	CU_ASSERT_STRING_EQUAL(addr_ip_text(&r.addrs[1], text), "2001:db8::1");
	CU_ASSERT_EQUAL(r.advertised[1].family, ADDR_NONE);
	CU_ASSERT_EQUAL(r.lo, 20000);
	CU_ASSERT_EQUAL(r.hi, 20099);
	CU_ASSERT_EQUAL(r.dscp, 40);
	CU_ASSERT_EQUAL_FATAL(r.callees.n_deny, 2);
	CU_ASSERT_EQUAL(r.callees.deny[0].bits, 8);
	CU_ASSERT_STRING_EQUAL(addr_ip_text(&r.callees.deny[1].addr, text), "fd00::");
	CU_ASSERT_EQUAL_FATAL(r.callees.n_allow, 1);
	CU_ASSERT_EQUAL(r.callees.allow[0].bits, 32);
	CU_ASSERT_TRUE(r.types_empty);
	CU_ASSERT_EQUAL(r.msrp_keepalive_ms, 40000);
	CU_ASSERT_STRING_EQUAL(r.cert, "/c.pem");
}

static void
refuses_broken_realms_with_a_sentence(void)
{
	static const char *const bad[] = {
		"",
		"access",
		",address=127.0.0.1",
		"a b,address=127.0.0.1",
		"access,address=",
		"access,address=example.org",
		"access,address=0.0.0.0",
		"access,address=127.0.0.1,address=127.0.0.1",
		"access,advertise=192.0.2.1,address=127.0.0.1",
		"access,address=127.0.0.1,advertise=2001:db8::1",
		"access,address=127.0.0.1,ports=30000",
		"access,address=127.0.0.1,ports=30000-20000",
		"access,address=127.0.0.1,ports=1-20000",
		"access,address=127.0.0.1,ports=20000-70000",
		"access,address=127.0.0.1,dscp=64",
		"access,address=127.0.0.1,call-deny=",
		"access,address=127.0.0.1,call-deny=10.0.0.0/33",
		"access,address=127.0.0.1,call-deny=fd00::/129",
		"access,address=127.0.0.1,call-deny=10.0.0.0/",
		"access,address=127.0.0.1,call-deny=localhost",
		"access,address=127.0.0.1,call-allow=10.0.0/8",
		"access,address=127.0.0.1,call=10.0.0.0/8",
		"access,address=127.0.0.1,empty-send=yes",
		"access,address=127.0.0.1,msrp-keepalive=86401",
		"access,address=127.0.0.1,msrp-keepalive=soon",
		"access,address=127.0.0.1,cert=/c.pem",
		"access,address=127.0.0.1,colour=blue",
		"access,address=127.0.0.1,",
		"a-name-of-more-than-thirty-one-characters,address=127.0.0.1",
	};
	struct realm_conf r = { .lo = 7 };

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = 0;
		CU_ASSERT(realm_conf_parse(bad[i], &r, why) < 0);
		CU_ASSERT(why[0] != 0);
	}
	CU_ASSERT_EQUAL(r.lo, 7); /* untouched */
}

static void
refuses_realms_that_share_ports(void)
{
	struct agw_conf c;

	agw_conf_init(&c);
	CU_ASSERT_EQUAL(set(&c, "realm", "access,address=127.0.0.1,ports=20000-20100"), 0);
	CU_ASSERT_EQUAL(set(&c, "realm", "core,address=127.0.0.1,ports=20100-20200"), 0);
	CU_ASSERT_EQUAL(agw_conf_finish(&c, why), ERR_EXISTS);

	agw_conf_init(&c);
	CU_ASSERT_EQUAL(set(&c, "realm", "access,address=127.0.0.1"), 0);
	CU_ASSERT_EQUAL(set(&c, "realm", "Access,address=127.0.0.2"), 0);
	CU_ASSERT_EQUAL(agw_conf_finish(&c, why), ERR_EXISTS);

	agw_conf_init(&c); /* the usual two on one address get ranges of their own */
	CU_ASSERT_EQUAL(set(&c, "realm", "access,address=127.0.0.1"), 0);
	CU_ASSERT_EQUAL(set(&c, "realm", "core,address=127.0.0.1"), 0);
	CU_ASSERT_EQUAL(agw_conf_finish(&c, why), 0);
}

static void
keeps_controllers_in_order(void)
{
	struct agw_conf c;

	agw_conf_init(&c);
	CU_ASSERT_EQUAL(set(&c, "mgc", "udp:192.0.2.1:2944"), 0);
	CU_ASSERT_EQUAL(set(&c, "mgc", "tcp:[2001:db8::1]:5000"), 0);
	CU_ASSERT(set(&c, "mgc", "192.0.2.1:2944") < 0);
	CU_ASSERT(set(&c, "mgc", "tcp:192.0.2.1") < 0);
	CU_ASSERT(set(&c, "mgc", "tcp:mgc.example") < 0);
	CU_ASSERT(set(&c, "mgc", "tcp:mgc.example:0") < 0);
	CU_ASSERT(set(&c, "mgc", "tcp:192.0.2.300:2944") < 0);
	CU_ASSERT(set(&c, "mgc", "tcp:mgc example:2944") < 0);
	CU_ASSERT(set(&c, "mgc", "tcp::2944") < 0);
	CU_ASSERT(set(&c, "mgc", "sctp:192.0.2.1") < 0);
	CU_ASSERT(set(&c, "mgc", "sctp") < 0);
	CU_ASSERT_EQUAL(agw_conf_finish(&c, why), 0);
	CU_ASSERT_EQUAL(c.n_mgcs, 2);
	CU_ASSERT_EQUAL(c.mgcs[0].proto, MGCO_UDP);
	CU_ASSERT_EQUAL(c.mgcs[1].addr.port, 5000);
	CU_ASSERT_EQUAL(set(&c, "mgc", "tcp:mgc-1.example:2945"), 0);
	CU_ASSERT_STRING_EQUAL(c.mgcs[2].host, "mgc-1.example");
	CU_ASSERT(c.mgcs[2].addr.port == 2945 && c.mgcs[2].addr.family == ADDR_NONE);
	for (int i = 3; i < AGW_MGCS_MAX; i++)
		CU_ASSERT_EQUAL(set(&c, "mgc", "tcp:192.0.2.1:2944"), 0);
	CU_ASSERT(set(&c, "mgc", "tcp:192.0.2.1:2944") < 0);
}

static void
a_transport_that_the_kernel_lacks_is_refused_with_a_sentence(void)
{
	struct agw_conf c;

	agw_conf_init(&c);
	if (mgco_proto_missing(MGCO_SCTP)) {
		CU_ASSERT_EQUAL(set(&c, "mgc", "SCTP:[2001:db8::1]:2944"), ERR_INVAL);
		CU_ASSERT_STRING_EQUAL(why, "this kernel has no SCTP (module sctp)");
	} else {
		CU_ASSERT_EQUAL(set(&c, "mgc", "SCTP:[2001:db8::1]:2944"), 0);
		CU_ASSERT_EQUAL(c.mgcs[0].proto, MGCO_SCTP);
	}
}

static void
reads_gate_kinds_and_message_identifiers(void)
{
	static const char *const good_mids[] = { "[192.0.2.1]:2944", "[192.0.2.1]", "[2001:db8::1]:2944",
		                                 "<agw1.example.org>", "agw1", "gw/1_a@x" };
	static const char *const bad_mids[] = { "", "[192.0.2.1", "[x]:1", "[192.0.2.1]x", "[192.0.2.1]:99999",
		                                "<a b>", "a b", "a{b" };
	struct agw_conf c;

	agw_conf_init(&c);
	CU_ASSERT_EQUAL(set(&c, "syn-gate", "nfqueue:40,4"), 0);
	CU_ASSERT_EQUAL(c.syngate.queue_num, 40);
	CU_ASSERT_EQUAL(c.syngate.queue_count, 4);
	CU_ASSERT(set(&c, "syn-gate", "nfqueue:") < 0);
	CU_ASSERT(set(&c, "syn-gate", "nfqueue:65535,2") < 0);
	CU_ASSERT(set(&c, "syn-gate", "nfqueue:1,0") < 0);
	CU_ASSERT(set(&c, "syn-gate", "socket:1") < 0);
	CU_ASSERT(set(&c, "syn-gate", "maybe") < 0);
	CU_ASSERT_EQUAL(c.syngate.queue_count, 4); /* as it was */
	CU_ASSERT_FALSE(c.syngate.park);
	CU_ASSERT_EQUAL(set(&c, "early-syn", "park"), 0);
	CU_ASSERT(set(&c, "early-syn", "hold") < 0);
	CU_ASSERT_EQUAL(set(&c, "syn-gate", "off"), 0);
	CU_ASSERT(c.syngate.park); /* whatever comes first */
	CU_ASSERT_EQUAL(set(&c, "early-syn", "drop"), 0);
	CU_ASSERT_FALSE(c.syngate.park);
	CU_ASSERT_EQUAL(c.syngate.kind, SYNGATE_OFF);
	CU_ASSERT_FALSE(c.ignores_properties || c.ignores_events);
	CU_ASSERT_EQUAL(set(&c, "unknown-properties", "ignore"), 0);
	CU_ASSERT_TRUE(c.ignores_properties && !c.ignores_events);
	CU_ASSERT_EQUAL(set(&c, "unknown-events", "ignore"), 0);
	CU_ASSERT_TRUE(c.ignores_events);
	CU_ASSERT_EQUAL(set(&c, "unknown-properties", "refuse"), 0);
	CU_ASSERT_FALSE(c.ignores_properties);
	CU_ASSERT(set(&c, "unknown-events", "maybe") < 0);
	for (unsigned i = 0; i < sizeof(good_mids) / sizeof(good_mids[0]); i++) {
		CU_ASSERT_EQUAL(set(&c, "mid", good_mids[i]), 0);
		CU_ASSERT_STRING_EQUAL(c.mid, good_mids[i]);
	}
	for (unsigned i = 0; i < sizeof(bad_mids) / sizeof(bad_mids[0]); i++)
		CU_ASSERT(set(&c, "mid", bad_mids[i]) < 0);
}

static void
reads_times_and_versions(void)
{
	struct agw_conf c;

	agw_conf_init(&c);
	CU_ASSERT_EQUAL(set(&c, "tcp-timeout", "2.5"), 0);
	CU_ASSERT_EQUAL(c.tcp_ms, 2500);
	CU_ASSERT(set(&c, "tcp-timeout", "0") < 0);
	CU_ASSERT_EQUAL(set(&c, "idle-timeout", "0"), 0);
	CU_ASSERT_EQUAL(set(&c, "tls-min", "1.3"), 0);
	CU_ASSERT_EQUAL(c.tls_min, 13);
	CU_ASSERT(set(&c, "tls-min", "1.1") < 0);
	CU_ASSERT(set(&c, "max-sessions", "0") < 0);
	CU_ASSERT(set(&c, "workers", "65") < 0);
	CU_ASSERT_EQUAL(set(&c, "allow-sha1", ""), 0);
	CU_ASSERT(c.allow_sha1);
	CU_ASSERT_FALSE(c.ktls);
	CU_ASSERT_EQUAL(set(&c, "ktls", "on"), 0);
	CU_ASSERT(c.ktls);
	CU_ASSERT(set(&c, "ktls", "yes") < 0);
	CU_ASSERT_EQUAL(set(&c, "ktls", "off"), 0);
	CU_ASSERT_FALSE(c.ktls);
}

static void
refuses_metrics_behind_the_gate(void)
{
	static const struct {
		const char *at;
		int err;
	} cases[] = {
		{ "127.0.0.1:19999", 0 },
		{ "127.0.0.1:20000", ERR_EXISTS },
		{ "127.0.0.1:31999", ERR_EXISTS },
		{ "0.0.0.0:26000", ERR_EXISTS },
		{ "192.0.2.1:20000", 0 },
	};
	struct agw_conf c;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		agw_conf_init(&c);
		CU_ASSERT_EQUAL(set(&c, "metrics", cases[i].at), 0);
		CU_ASSERT_EQUAL(agw_conf_finish(&c, why), cases[i].err);
	}
}

const char test_suite[] = "agw_conf";
const struct test_case test_cases[] = {
	TEST(needs_no_flag_at_all),
	TEST(says_defaults_in_help_that_are_accepted),
	TEST(reads_a_realm_with_everything),
	TEST(refuses_broken_realms_with_a_sentence),
	TEST(refuses_realms_that_share_ports),
	TEST(keeps_controllers_in_order),
	TEST(a_transport_that_the_kernel_lacks_is_refused_with_a_sentence),
	TEST(reads_gate_kinds_and_message_identifiers),
	TEST(reads_times_and_versions),
	TEST(refuses_metrics_behind_the_gate),
	{ NULL, NULL },
};
