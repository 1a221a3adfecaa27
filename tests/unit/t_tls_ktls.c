/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys that the kernel would get make and open records that OpenSSL opens and makes. */
#include "agw/tls_ktls.h"

#include <linux/tls.h>
#include <malloc.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "tests/lib/tls_rig.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "tls_ktls";

enum { HEAD = 5, TAG = 16, NONCE = 12, SALT = 4, TEXT_MAX = 100 };

static const char hello[] = "MSRP 1 SEND\r\n-------1$\r\n";

/* A struct tls12_crypto_info_... in its parts. */
struct keys {
	struct tls_crypto_info head;
	uint8_t nonce[NONCE], key[32], seq[8];
	size_t key_len;
};

static struct keys
take_apart(const uint8_t *info, size_t len)
{
	struct keys k = { .key_len = len - sizeof(k.head) - NONCE - sizeof(k.seq) };

	memcpy(&k.head, info, sizeof(k.head));
	info += sizeof(k.head);
	memcpy(k.nonce + SALT, info, NONCE - SALT);
	info += NONCE - SALT;
	memcpy(k.key, info, k.key_len);
	info += k.key_len;
	memcpy(k.nonce, info, SALT);
	memcpy(k.seq, info + SALT, sizeof(k.seq));
	return k;
}

/* Record number 0, whose nonce is the nonce. record: with its head; text has its type behind it. */
static bool
crypt(const struct keys *k, bool makes, uint8_t *record, uint8_t *text, size_t n)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t *body = record + HEAD, *tag = body + n;
	int len;
	bool ok = EVP_CipherInit_ex(c, k->key_len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(), NULL, k->key, k->nonce, makes) &&
	          EVP_CipherUpdate(c, NULL, &len, record, HEAD);

	if (makes)
		ok = ok && EVP_CipherUpdate(c, body, &len, text, (int)n) && EVP_CipherFinal_ex(c, body + n, &len) &&
		     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG, tag);
	else
		ok = ok && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG, tag) &&
		     EVP_CipherUpdate(c, text, &len, body, (int)n) && EVP_CipherFinal_ex(c, text + n, &len);
	EVP_CIPHER_CTX_free(c);
	return ok;
}

static void
check_sending(struct tls_end *us, struct tls_end *them, const struct keys *k)
{
	size_t n = strlen(hello) + 1;
	uint8_t text[TEXT_MAX], record[HEAD + TEXT_MAX + TAG] = { 23, 3, 3, 0, (uint8_t)(n + TAG) };
	char got[TEXT_MAX];

	memcpy(text, hello, n);
	text[n - 1] = 23;
	CU_ASSERT_TRUE(crypt(k, true, record, text, n));
	tls_rig_put(us->tx, record, HEAD + n + TAG);
	tls_rig_ssl_in(them);
	CU_ASSERT_EQUAL(SSL_read(them->ssl, got, sizeof(got)), (int)strlen(hello));
	CU_ASSERT_EQUAL(memcmp(got, hello, strlen(hello)), 0);
}

static void
check_receiving(struct tls_end *us, struct tls_end *them, const struct keys *k)
{
	size_t n = strlen(hello) + 1;
	uint8_t text[TEXT_MAX], record[HEAD + TEXT_MAX + TAG];

	us->rx->from = us->rx->to; /* a server's tickets, if any, have been counted */
	tls_rig_send(them, (const uint8_t *)hello, strlen(hello));
	CU_ASSERT_EQUAL_FATAL(us->rx->to - us->rx->from, HEAD + n + TAG);
	memcpy(record, us->rx->bytes + us->rx->from, HEAD + n + TAG);
	CU_ASSERT_TRUE(crypt(k, false, record, text, n));
	CU_ASSERT_EQUAL(memcmp(text, hello, n - 1), 0);
	CU_ASSERT_EQUAL(text[n - 1], 23);
}

static void
the_keys_are_those_of_the_connection(void)
{
	static const struct {
		const char *suite;
		uint16_t type;
		size_t len;
	} suites[] = {
		{ "TLS_AES_128_GCM_SHA256", TLS_CIPHER_AES_GCM_128, sizeof(struct tls12_crypto_info_aes_gcm_128) },
		{ "TLS_AES_256_GCM_SHA384", TLS_CIPHER_AES_GCM_256, sizeof(struct tls12_crypto_info_aes_gcm_256) },
	};

	for (int i = 0; i < 4; i++) {
		bool server = i & 1;
		struct tls_ktls_keys k;
		struct tls_end *us, *them;
		struct keys tx, rx;
		struct tls_rig r;

		tls_rig_init(&r, server ? 's' : 'c', (struct tls_peer_conf){ .version = TLS1_3_VERSION });
		CU_ASSERT_EQUAL(SSL_set_ciphersuites(r.peer.ssl, suites[i / 2].suite), 1);
		CU_ASSERT_EQUAL(SSL_set_num_tickets(r.peer.ssl, 0), 1);
		us = server ? &r.server : &r.client;
		them = server ? &r.client : &r.server;
		tls_rig_shake(&r);
		CU_ASSERT_EQUAL(us->last, TLS_OK);
		CU_ASSERT_EQUAL_FATAL(tls_ktls_take(us->tls, &k), 0);
		CU_ASSERT_EQUAL_FATAL(k.len, suites[i / 2].len);
		tx = take_apart(k.tx, k.len);
		rx = take_apart(k.rx, k.len);
		CU_ASSERT_EQUAL(tx.head.version, TLS_1_3_VERSION);
		CU_ASSERT_EQUAL(tx.head.cipher_type, suites[i / 2].type);
		CU_ASSERT_EQUAL(memcmp(tx.seq, "\0\0\0\0\0\0\0", 8), 0);
		check_sending(us, them, &tx);
		check_receiving(us, them, &rx);
		CU_ASSERT_EQUAL(tls_ktls_take(us->tls, &k), ERR_UNSUPPORTED); /* the secrets are gone */
		tls_ktls_wipe(&k);
		CU_ASSERT_EQUAL(k.len, 0);
		tls_rig_fini(&r);
	}
}

static void
tls_1_2_has_none(void)
{
	struct tls_ktls_keys k = { .len = 0 };
	struct tls_rig r;

	tls_rig_init(&r, 's', (struct tls_peer_conf){ .version = TLS1_2_VERSION });
	tls_rig_shake(&r);
	CU_ASSERT_EQUAL(r.server.last, TLS_OK);
	CU_ASSERT_EQUAL(tls_ktls_take(r.server.tls, &k), ERR_UNSUPPORTED);
	CU_ASSERT_EQUAL(k.len, 0);
	tls_rig_check_transfer(&r.client, &r.server); /* and goes on as before */
	tls_rig_fini(&r);
}

/* Fingerprints are all that is left of it. */
static void
what_the_kernel_has_is_let_go(void)
{
	enum { LEAST = 8 * 1024 };
	struct tls_ktls_keys k;
	struct fpr_set wrong;
	struct fpr_list *list;
	struct tls_rig r;
	size_t before, after;

	tls_rig_init(&r, 's', (struct tls_peer_conf){ .version = TLS1_3_VERSION });
	tls_rig_shake(&r);
	CU_ASSERT_EQUAL(tls_ktls_take(r.server.tls, &k), 0);
	before = mallinfo2().uordblks;
	tls_ktls_let_go(r.server.tls);
	after = mallinfo2().uordblks;
	CU_ASSERT_TRUE(before == after /* not glibc's malloc */ || before - after > LEAST);
	printf("%zu octets ... ", before - after);
	CU_ASSERT_EQUAL(tls_set_fprs(r.server.tls, r.fprs[1]), 0);
	fpr_list_get(r.fprs[1], &wrong);
	wrong.v[0].digest[0] ^= 1;
	list = fpr_list_new(&wrong);
	CU_ASSERT_EQUAL(tls_set_fprs(r.server.tls, list), ERR_MISMATCH);
	CU_ASSERT_EQUAL(tls_failure(r.server.tls).reason, REASON_FP_MISMATCH);
	free(list);
	tls_rig_fini(&r);
}

const struct test_case test_cases[] = {
	TEST(the_keys_are_those_of_the_connection),
	TEST(tls_1_2_has_none),
	TEST(what_the_kernel_has_is_let_go),
	{ NULL, NULL },
};
