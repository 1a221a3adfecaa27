/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom a leg may call: what the address tells, what the operator says, and what is our own. */
#include <stdlib.h>

#include "agw/agw_conf.h"
#include "agw/netwatch.h"
#include "agw/own_addrs.h"
#include "tests/lib/tmain.h"

static struct addr
ip(const char *text)
{
	struct addr a = { .family = ADDR_NONE };

	CU_ASSERT_EQUAL_FATAL(addr_parse_ip(span_str(text), &a), 0);
	a.port = 7654;
	return a;
}

static struct realm_conf
conf(const char *flag)
{
	struct realm_conf c = { .n_addrs = 0 };
	char why[OPTS_ERROR_MAX];

	CU_ASSERT_EQUAL_FATAL(realm_conf_parse(flag, &c, why), 0);
	return c;
}

static const char *
denied(const struct realm_conf *c, const char *local, const char *remote)
{
	const struct addr l = ip(local), r = ip(remote);

	return callee_denied(&c->callees, &l, &r);
}

static void
what_is_no_peer_of_another_host_is_never_called(void)
{
	static const struct {
		const char *remote, *what; /* NULL: may be called */
	} rows[] = {
		{ "0.0.0.0", "an unspecified address" },
		{ "0.1.2.3", "an unspecified address" },
		{ "127.0.0.1", "a loopback address" },
		{ "127.255.255.254", "a loopback address" },
		{ "126.255.255.255", NULL },
		{ "128.0.0.0", NULL },
		{ "169.254.169.254", "a link-local address" },
		{ "169.253.255.255", NULL },
		{ "224.0.0.1", "a multicast address" },
		{ "239.255.255.255", "a multicast address" },
		{ "255.255.255.255", "the broadcast address" },
		{ "223.255.255.255", NULL },
		{ "10.0.0.1", NULL },
		{ "198.51.100.7", NULL },
		{ "::", "an IPv4 address in an IPv6 one" },
		{ "::1", "a loopback address" },
		{ "::7f00:1", "an IPv4 address in an IPv6 one" },
		{ "::ffff:127.0.0.1", "an IPv4 address in an IPv6 one" },
		{ "::ffff:198.51.100.7", "an IPv4 address in an IPv6 one" },
		{ "fe80::1", "a link-local address" },
		{ "febf::1", "a link-local address" },
		{ "ff02::1", "a multicast address" },
		{ "fd00::1", NULL },
		{ "2001:db8::7", NULL },
	};
	const struct realm_conf c = conf("access,address=198.51.100.1,address=2001:db8::1");

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got = denied(&c, strchr(rows[i].remote, ':') ? "2001:db8::1" : "198.51.100.1", rows[i].remote);

		CU_ASSERT(got && rows[i].what ? strcmp(got, rows[i].what) == 0 : !got && !rows[i].what);
	}
}

static void
loopback_and_link_local_addresses_call_their_like(void)
{
	const struct realm_conf c = conf("access,address=127.0.0.1");

	CU_ASSERT_PTR_NULL(denied(&c, "127.0.0.1", "127.0.0.9"));
	CU_ASSERT_PTR_NULL(denied(&c, "::1", "::1"));
	CU_ASSERT_PTR_NULL(denied(&c, "169.254.1.1", "169.254.1.2"));
	CU_ASSERT_STRING_EQUAL(denied(&c, "fe80::1", "fe80::2"), "a link-local address"); /* on which interface? */
	CU_ASSERT_STRING_EQUAL(denied(&c, "127.0.0.1", "0.0.0.0"), "an unspecified address");
	CU_ASSERT_STRING_EQUAL(denied(&c, "169.254.1.1", "127.0.0.1"), "a loopback address");
	CU_ASSERT_STRING_EQUAL(denied(&c, "::1", "::ffff:127.0.0.1"), "an IPv4 address in an IPv6 one");
}

static void
call_deny_wins_and_call_allow_means_only_those(void)
{
	const struct realm_conf none = conf("a,address=192.0.2.1"), deny = conf("a,address=192.0.2.1,call-deny=10.0.0.0/8,"
	                                                                        "call-deny=2001:db8:7::/48"),
	                        both = conf("a,address=192.0.2.1,call-allow=10.0.0.0/8,call-deny=10.1.0.0/16,"
	                                    "call-allow=198.51.100.7"),
	                        all = conf("a,address=192.0.2.1,call-allow=0.0.0.0/0");

	CU_ASSERT_PTR_NULL(denied(&none, "192.0.2.1", "10.1.2.3"));
	CU_ASSERT_STRING_EQUAL(denied(&deny, "192.0.2.1", "10.1.2.3"), "in call-deny= of the realm");
	CU_ASSERT_PTR_NULL(denied(&deny, "192.0.2.1", "11.1.2.3"));
	CU_ASSERT_STRING_EQUAL(denied(&deny, "2001:db8::1", "2001:db8:7:1::5"), "in call-deny= of the realm");
	CU_ASSERT_PTR_NULL(denied(&deny, "2001:db8::1", "2001:db8:8::5"));
	CU_ASSERT_PTR_NULL(denied(&both, "192.0.2.1", "10.2.2.3"));
	CU_ASSERT_STRING_EQUAL(denied(&both, "192.0.2.1", "10.1.2.3"), "in call-deny= of the realm");
	CU_ASSERT_STRING_EQUAL(denied(&both, "192.0.2.1", "11.1.2.3"), "not in call-allow= of the realm");
	CU_ASSERT_STRING_EQUAL(denied(&both, "2001:db8::1", "2001:db8::7"), "not in call-allow= of the realm");
	CU_ASSERT_STRING_EQUAL(denied(&all, "192.0.2.1", "127.0.0.1"), "a loopback address"); /* whatever is allowed */
}

static void
an_address_is_named_only_by_itself(void)
{
	const struct realm_conf c = conf("a,address=192.0.2.1,call-allow=0.0.0.0/0,call-allow=192.0.2.1,call-allow=2001:db8::1/128");
	const struct addr v4 = ip("192.0.2.1"), v6 = ip("2001:db8::1"), other = ip("192.0.2.2");

	CU_ASSERT_TRUE(callee_is_named(&c.callees, &v4));
	CU_ASSERT_TRUE(callee_is_named(&c.callees, &v6));
	CU_ASSERT_FALSE(callee_is_named(&c.callees, &other));
}

static bool
is_own(const struct own_addrs *o, const char *text)
{
	struct addr a = { .family = ADDR_NONE };

	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(span_str(text), &a), 0);
	return own_addrs_has(o, &a);
}

static void
our_addresses_are_those_of_realms_and_host_but_for_termination_ports(void)
{
	static const struct tls_ctx_conf tls = { .min_version = 12 };
	const struct realm_conf c = conf("a,address=127.0.0.1,advertise=203.0.113.5,ports=20000-20001"),
	                        d = conf("b,address=198.51.100.77,ports=20002-20003");
	struct loop *l = loop_new_sim(1000);
	const char *why;
	struct realm *realms[] = { realm_new(&c, &tls, &why), realm_new(&d, &tls, &why) };
	struct own_addrs *o = own_addrs_new(l, realms, 2);
	struct addr *ips = NULL;
	unsigned n = 0;

	CU_ASSERT_FATAL(realms[0] && realms[1] && o);
	CU_ASSERT_TRUE(is_own(o, "203.0.113.5:22"));
	CU_ASSERT_FALSE(is_own(o, "203.0.113.5:20000"));
	CU_ASSERT_TRUE(is_own(o, "203.0.113.5:20002")); /* the other realm's */
	CU_ASSERT_FALSE(is_own(o, "203.0.113.6:22"));
	CU_ASSERT_TRUE(is_own(o, "198.51.100.77:20001"));
	CU_ASSERT_FALSE(is_own(o, "198.51.100.77:20003"));
	CU_ASSERT_FALSE(is_own(o, "127.0.0.1:22")); /* callee.h's business */
	CU_ASSERT_EQUAL(netwatch_list(&ips, &n), 0);
	for (unsigned i = 0; i < n; i++) {
		CU_ASSERT_FALSE(addr_is_loopback(&ips[i]));
		ips[i].port = 22;
		CU_ASSERT_TRUE(own_addrs_has(o, &ips[i]));
	}
	free(ips);
	own_addrs_free(o);
	own_addrs_free(NULL);
	realm_free(realms[0]);
	realm_free(realms[1]);
	loop_free(l);
}

const char test_suite[] = "callee";
const struct test_case test_cases[] = {
	TEST(what_is_no_peer_of_another_host_is_never_called),
	TEST(loopback_and_link_local_addresses_call_their_like),
	TEST(call_deny_wins_and_call_allow_means_only_those),
	TEST(an_address_is_named_only_by_itself),
	TEST(our_addresses_are_those_of_realms_and_host_but_for_termination_ports),
	{ NULL, NULL },
};
