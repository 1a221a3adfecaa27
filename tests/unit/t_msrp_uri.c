/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/msrp_uri.h"


#include "proto/base/err.h"
#include "tests/lib/tmain.h"

static struct msrp_uri
must_parse(const char *text)
{
	struct msrp_uri u = { 0 };

	if (msrp_uri_parse(span_str(text), &u) != 0) {
		printf("  does not parse: %s\n", text);
		CU_FAIL("URI");
	}
	return u;
}

static void
all_parts_are_found(void)
{
	struct msrp_uri u = must_parse("msrps://bob%20b@Relay.example.com:9000/hjdhfha;tcp;x=1;y");

	CU_ASSERT(u.secure);
	CU_ASSERT(span_eqs(u.userinfo, "bob%20b"));
	CU_ASSERT(span_eqs(u.host, "Relay.example.com"));
	CU_ASSERT_FALSE(u.host_is_v6);
	CU_ASSERT(u.has_port);
	CU_ASSERT_EQUAL(u.port, 9000);
	CU_ASSERT(span_eqs(u.session, "hjdhfha"));
	CU_ASSERT(span_eqs(u.transport, "tcp"));
	CU_ASSERT(span_eqs(u.params, "x=1;y"));
	u = must_parse("MSRP://192.0.2.1;tcp");
	CU_ASSERT_FALSE(u.secure);
	CU_ASSERT_FALSE(u.has_port);
	CU_ASSERT(span_is_empty(u.session));
}

static void
ipv6_hosts_are_read_without_brackets(void)
{
	struct msrp_uri u = must_parse("msrp://[2001:DB8:0::1]:8880/a1b2/+=-._~;tcp");
	struct addr a, want;

	CU_ASSERT(u.host_is_v6);
	CU_ASSERT(span_eqs(u.host, "2001:DB8:0::1"));
	CU_ASSERT_EQUAL(msrp_uri_addr(&u, &a), 0);
	CU_ASSERT_EQUAL(addr_parse_hostport(span_str("[2001:db8::1]:8880"), &want), 0);
	CU_ASSERT(addr_same(&a, &want));
	u = must_parse("msrp://192.0.2.7/s;tcp");
	CU_ASSERT_EQUAL(msrp_uri_addr(&u, &a), 0);
	CU_ASSERT_EQUAL(a.port, MSRP_DEFAULT_PORT);
	u = must_parse("msrp://relay.example.com:1/s;tcp");
	CU_ASSERT_EQUAL(msrp_uri_addr(&u, &a), ERR_NOTFOUND);
}

static void
wrong_uris_are_refused(void)
{
	static const char *const bad[] = {
		"", "msrp", "msrp:", "msrp://", "http://h/s;tcp", "sip:h", "msrp://h", "msrp://h/s", "msrp://h/s;",
		"msrp://h/;tcp", "msrp:///s;tcp", "msrp://h:/s;tcp", "msrp://h:65536/s;tcp",
		"msrp://h:4294967376/s;tcp",
		"msrp://h:8 0/s;tcp", "msrp://h:-1/s;tcp", "msrp://2001:db8::1/s;tcp",
		"msrp://2001:db8::1:80/s;tcp",
		"msrp://[2001:db8::1/s;tcp", "msrp://[192.0.2.1]/s;tcp", "msrp://[]:1/s;tcp", "msrp://[::1]x/s;tcp",
		"msrp://h\xc3\xa9/s;tcp", "msrp://h/s s;tcp", "msrp://h/s\r\n;tcp", "msrp://h/s;t_cp",
		"msrp://h/s;tcp;a b",
		"msrp://u<@h/s;tcp", "msrp://h/s@t;tcp", "msrp://h/s};tcp", "msrp://h/s;tcp;a}", "msrp://[[::1]]:1/s;tcp",
	};
	struct msrp_uri u = { .port = 4711 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (msrp_uri_parse(span_str(bad[i]), &u) != ERR_SYNTAX) {
			printf("  accepted: %s\n", bad[i]);
			CU_FAIL("bad URI accepted");
		}
	CU_ASSERT_EQUAL(msrp_uri_parse(SPAN_LIT("msrp://1.2.3.4\0x/s;tcp"), &u), ERR_SYNTAX);
	CU_ASSERT_EQUAL(u.port, 4711);
}

static void
the_longest_uri_and_one_more(void)
{
	char buf[MSRP_URI_MAX + 2];
	struct msrp_uri u;
	static const char head[] = "msrp://h/";

	memset(buf, 'a', sizeof(buf));
	memcpy(buf, head, sizeof(head) - 1);
	memcpy(buf + MSRP_URI_MAX - 4, ";tcp", 4);
	CU_ASSERT_EQUAL(msrp_uri_parse(span_of(buf, MSRP_URI_MAX), &u), 0);
	CU_ASSERT_EQUAL(msrp_uri_parse(span_of(buf, MSRP_URI_MAX + 1), &u), ERR_TOOBIG);
}

static bool
same(const char *a, const char *b)
{
	struct msrp_uri x = must_parse(a), y = must_parse(b);

	CU_ASSERT_EQUAL(msrp_uri_equal(&x, &y), msrp_uri_equal(&y, &x));
	return msrp_uri_equal(&x, &y);
}

static void
comparison_follows_rfc4975(void)
{
	CU_ASSERT(same("msrp://Host.Example:5/s;tcp", "MSRP://host.example:5/s;TCP"));
	CU_ASSERT(same("msrp://h/s;tcp", "msrp://h:2855/s;tcp"));
	CU_ASSERT(same("msrp://alice@h:1/s;tcp", "msrp://h:1/s;tcp;p=1"));
	CU_ASSERT(same("msrp://[2001:db8:0:0::1]:1/s;tcp", "msrp://[2001:DB8::1]:1/s;tcp"));
	CU_ASSERT_FALSE(same("msrp://h:1/s;tcp", "msrps://h:1/s;tcp"));
	CU_ASSERT_FALSE(same("msrp://h:1/s;tcp", "msrp://h:1/S;tcp"));
	CU_ASSERT_FALSE(same("msrp://h:1/s;tcp", "msrp://h:1;tcp"));
	CU_ASSERT_FALSE(same("msrp://h:1/s;tcp", "msrp://h:2/s;tcp"));
	CU_ASSERT_FALSE(same("msrp://h:1/s;tcp", "msrp://i:1/s;tcp"));
	CU_ASSERT_FALSE(same("msrp://192.0.2.1:1/s;tcp", "msrp://[::192.0.2.1]:1/s;tcp"));
	CU_ASSERT_FALSE(same("msrp://h:1/s;tcp", "msrp://h:1/s;sctp"));
}

static void
paths_hold_the_first_hop_first(void)
{
	struct msrp_path p;
	char many[MSRP_PATH_MAX * 16 + 32] = "";

	CU_ASSERT_EQUAL(msrp_path_parse(span_str(" msrp://r:1/a;tcp \t msrp://[2001:db8::2]:2/b;tcp "), &p), 0);
	CU_ASSERT_EQUAL(p.n, 2);
	CU_ASSERT(span_eqs(p.uri[0].host, "r"));
	CU_ASSERT(span_eqs(p.uri[1].session, "b"));
	CU_ASSERT_EQUAL(msrp_path_parse(span_str("  "), &p), ERR_SYNTAX);
	CU_ASSERT_EQUAL(msrp_path_parse(span_str("msrp://r:1/a;tcp x"), &p), ERR_SYNTAX);
	for (int i = 0; i < MSRP_PATH_MAX; i++)
		strcat(many, "msrp://h/s;tcp ");
	CU_ASSERT_EQUAL(msrp_path_parse(span_str(many), &p), 0);
	CU_ASSERT_EQUAL(p.n, MSRP_PATH_MAX);
	strcat(many, "msrp://h/s;tcp");
	CU_ASSERT_EQUAL(msrp_path_parse(span_str(many), &p), ERR_LIMIT);
}

const char test_suite[] = "msrp_uri";
const struct test_case test_cases[] = {
	TEST(all_parts_are_found),
	TEST(ipv6_hosts_are_read_without_brackets),
	TEST(wrong_uris_are_refused),
	TEST(the_longest_uri_and_one_more),
	TEST(comparison_follows_rfc4975),
	TEST(paths_hold_the_first_hop_first),
	{ 0 },
};
