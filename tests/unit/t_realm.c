/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/agw_conf.h"
#include "agw/realm.h"
#include "proto/base/err.h"
#include "tests/lib/tmain.h"

static const struct tls_ctx_conf tls = { .min_version = 12 };

static struct realm *
make(const char *flag)
{
	char why[OPTS_ERROR_MAX];
	const char *sentence;
	struct realm_conf c;

	CU_ASSERT_EQUAL_FATAL(realm_conf_parse(flag, &c, why), 0);
	return realm_new(&c, &tls, &sentence);
}

static void
keeps_families_apart(void)
{
	struct realm *r = make("access,address=127.0.0.1,address=::1,ports=20000-20001");
	struct addr a;

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL(realm_ports_total(r), 4);
	CU_ASSERT_EQUAL(realm_take(r, ADDR_V6, &a), 0);
	CU_ASSERT_EQUAL(a.family, ADDR_V6);
	CU_ASSERT_EQUAL(realm_take(r, ADDR_V6, &a), 0);
	CU_ASSERT_EQUAL(realm_take(r, ADDR_V6, &a), ERR_LIMIT);
	CU_ASSERT_EQUAL(realm_ports_taken(r), 2);
	realm_give(r, &a);
	CU_ASSERT_EQUAL(realm_take(r, ADDR_NONE, &a), 0); /* that of the first address */
	CU_ASSERT_EQUAL(a.family, ADDR_V4);
	realm_free(r);
}

static void
has_no_address_of_a_family_that_was_not_given(void)
{
	struct realm *r = make("core,address=127.0.0.1,ports=20000-20001");
	struct addr a;

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL(realm_take(r, ADDR_V6, &a), ERR_NOTFOUND);
	realm_free(r);
}

static void
tells_peers_the_advertised_address_with_the_bound_port(void)
{
	struct realm *r = make("access,address=127.0.0.1,address=127.0.0.2,advertise=203.0.113.2,ports=20000-20001");
	struct addr a;
	char text[ADDR_TEXT_MAX];

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL(addr_parse_hostport(span_str("127.0.0.2:20001"), &a), 0);
	a = realm_advertised(r, &a);
	CU_ASSERT_STRING_EQUAL(addr_text(&a, text), "203.0.113.2:20001");
	CU_ASSERT_EQUAL(addr_parse_hostport(span_str("127.0.0.1:20000"), &a), 0);
	a = realm_advertised(r, &a);
	CU_ASSERT_STRING_EQUAL(addr_text(&a, text), "127.0.0.1:20000");
	realm_free(r);
}

static void
has_a_certificate_of_its_own(void)
{
	struct realm *a = make("access,address=127.0.0.1,ports=20000-20001");
	struct realm *b = make("core,address=127.0.0.1,ports=20002-20003");
	struct fpr fa, fb;

	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_EQUAL(tls_ctx_fingerprint(a->tls, FPR_SHA256, &fa), 0);
	CU_ASSERT_EQUAL(tls_ctx_fingerprint(b->tls, FPR_SHA256, &fb), 0);
	CU_ASSERT_FALSE(fpr_equal(&fa, &fb));
	realm_free(a);
	realm_free(b);
}

static void
says_why_a_certificate_cannot_be_used(void)
{
	char why[OPTS_ERROR_MAX];
	const char *sentence = NULL;
	struct realm_conf c;

	CU_ASSERT_EQUAL_FATAL(realm_conf_parse("access,address=127.0.0.1,ports=20000-20001,cert=/nowhere/c.pem,"
	                                       "key=/nowhere/k.pem",
	                                       &c, why),
	                      0);
	CU_ASSERT_PTR_NULL(realm_new(&c, &tls, &sentence));
	CU_ASSERT_PTR_NOT_NULL(sentence);
}

const char test_suite[] = "realm";
const struct test_case test_cases[] = {
	TEST(keeps_families_apart),
	TEST(has_no_address_of_a_family_that_was_not_given),
	TEST(tells_peers_the_advertised_address_with_the_bound_port),
	TEST(has_a_certificate_of_its_own),
	TEST(says_why_a_certificate_cannot_be_used),
	{ NULL, NULL },
};
