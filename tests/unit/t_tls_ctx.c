/* SPDX-License-Identifier: BSD-2-Clause */
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agw/tls_ctx.h"
#include "proto/base/err.h"
#include "tests/lib/tls_peer.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "tls_ctx";

static void
makes_a_certificate_of_its_own_and_knows_its_fingerprints(void)
{
	static const uint8_t lens[FPR_HASHES] = { 20, 28, 32, 48, 64 };
	const struct tls_ctx_conf conf = { .min_version = 12 };
	const char *why = NULL;
	struct tls_ctx *c = tls_ctx_new(&conf, &why);
	struct fpr a, b;

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	for (int h = 0; h < FPR_HASHES; h++) {
		CU_ASSERT_EQUAL(tls_ctx_fingerprint(c, (enum fpr_hash)h, &a), 0);
		CU_ASSERT_EQUAL(a.hash, (enum fpr_hash)h);
		CU_ASSERT_EQUAL(a.len, lens[h]);
	}
	CU_ASSERT_EQUAL(tls_ctx_fingerprint(c, FPR_HASHES, &b), ERR_UNSUPPORTED);
	CU_ASSERT_FALSE(tls_ctx_allows_sha1(c));
	tls_ctx_free(c);
	tls_ctx_free(NULL);
}

static void
two_made_certificates_differ(void)
{
	const struct tls_ctx_conf conf = { .min_version = 13, .allow_sha1 = true };
	const char *why = NULL;
	struct tls_ctx *c = tls_ctx_new(&conf, &why), *d = tls_ctx_new(&conf, &why);
	struct fpr a, b;

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	CU_ASSERT_EQUAL(tls_ctx_fingerprint(c, FPR_SHA256, &a), 0);
	CU_ASSERT_EQUAL(tls_ctx_fingerprint(d, FPR_SHA256, &b), 0);
	CU_ASSERT_FALSE(fpr_equal(&a, &b));
	CU_ASSERT_TRUE(tls_ctx_allows_sha1(c));
	tls_ctx_free(c);
	tls_ctx_free(d);
}

static void
write_pem(char *path, struct tls_peer *p)
{
	int fd = mkstemp(path);
	FILE *f;

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	f = fdopen(fd, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(PEM_write_PrivateKey(f, SSL_get_privatekey(p->ssl), NULL, NULL, 0, NULL, NULL), 1);
	CU_ASSERT_EQUAL(PEM_write_X509(f, p->cert), 1);
	fclose(f);
}

static void
loads_a_given_certificate_with_its_key(void)
{
	char path[] = "/tmp/t_tls_ctx.XXXXXX";
	struct tls_ctx_conf conf = { .cert_pem = path, .min_version = 12 };
	const char *why = NULL;
	const struct tls_peer_conf any = { .server = true };
	struct fpr want, got;
	struct tls_peer p;
	struct tls_ctx *c;

	tls_peer_init(&p, &any);
	write_pem(path, &p);
	c = tls_ctx_new(&conf, &why);
	CU_ASSERT_PTR_NOT_NULL(c);
	want = tls_peer_fpr(&p, FPR_SHA256);
	if (c) {
		CU_ASSERT_EQUAL(tls_ctx_fingerprint(c, FPR_SHA256, &got), 0);
		CU_ASSERT_TRUE(fpr_equal(&want, &got));
	}
	tls_ctx_free(c);
	conf.key_pem = "/nonexistent";
	CU_ASSERT_PTR_NULL(tls_ctx_new(&conf, &why));
	CU_ASSERT_STRING_EQUAL(why, "cannot read the private key");
	unlink(path);
	tls_peer_fini(&p);
}

static void
says_why_a_configuration_is_refused(void)
{
	static const struct {
		struct tls_ctx_conf conf;
		const char *why;
	} rows[] = {
		{ { .cert_pem = "/nonexistent", .min_version = 12 }, "cannot read the certificate" },
		{ { .key_pem = "/nonexistent", .min_version = 12 }, "a key without a certificate" },
		{ { .min_version = 11 }, "the lowest TLS version must be 1.2 or 1.3" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *why = NULL;

		CU_ASSERT_PTR_NULL(tls_ctx_new(&rows[i].conf, &why));
		CU_ASSERT_PTR_NOT_NULL_FATAL(why);
		CU_ASSERT_STRING_EQUAL(why, rows[i].why);
	}
}

const struct test_case test_cases[] = {
	TEST(makes_a_certificate_of_its_own_and_knows_its_fingerprints),
	TEST(two_made_certificates_differ),
	TEST(loads_a_given_certificate_with_its_key),
	TEST(says_why_a_configuration_is_refused),
	{ NULL, NULL },
};
