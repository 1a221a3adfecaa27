/* SPDX-License-Identifier: BSD-2-Clause */
/* OpenSSL gives its own keys to the kernel only through a socket BIO of its own, and in 3.0 those of TLS 1.3 in one
 * direction only. But it tells the traffic secrets to a key log, and the rest is two lines of RFC 8446 section 7.3. */
#include "agw/tls_ktls.h"

#include <assert.h>
#include <linux/tls.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/ssl.h>
#include <string.h>

#include "agw/tls_priv.h"
#include "proto/base/err.h"

enum { SECRET_MAX = 48, NONCE_BYTES = 12, SALT_BYTES = 4 };

struct tls_secrets {
	size_t n_client, n_server; /* octets; 0: not told */
	uint8_t client[SECRET_MAX], server[SECRET_MAX];
};

_Static_assert(sizeof(struct tls12_crypto_info_aes_gcm_256) <= TLS_KTLS_KEY_MAX, "all keys fit");

/* ---- secrets ---- */

void
tls_secrets_free(struct tls_secrets *s)
{
	OPENSSL_clear_free(s, sizeof(*s));
}

/* What follows the label and the client's random: LABEL RANDOM SECRET. NULL: another label. */
static const char *
find_secret(const char *line, const char *label)
{
	size_t n = strlen(label);

	if (strncmp(line, label, n) != 0 || line[n] != ' ')
		return NULL;
	line = strchr(line + n + 1, ' ');
	return line ? line + 1 : NULL;
}

void
tls_on_secret(const SSL *ssl, const char *line)
{
	const char *client = find_secret(line, "CLIENT_TRAFFIC_SECRET_0");
	const char *server = find_secret(line, "SERVER_TRAFFIC_SECRET_0");
	struct tls *t = SSL_get_app_data(ssl);

	if (!client && !server)
		return;
	if (!t->secrets)
		t->secrets = OPENSSL_zalloc(sizeof(*t->secrets));
	if (t->secrets && client &&
	    OPENSSL_hexstr2buf_ex(t->secrets->client, SECRET_MAX, &t->secrets->n_client, client, '\0') != 1)
		t->secrets->n_client = 0;
	if (t->secrets && server &&
	    OPENSSL_hexstr2buf_ex(t->secrets->server, SECRET_MAX, &t->secrets->n_server, server, '\0') != 1)
		t->secrets->n_server = 0;
}

/* ---- keys ---- */

/* A suite of tls_ctx.c in both worlds. */
struct suite {
	uint32_t id; /* OpenSSL's */
	uint16_t type;
	size_t key_len, len;
	const char *md;
};

static const struct suite suites[] = {
	{ TLS1_3_CK_AES_128_GCM_SHA256, TLS_CIPHER_AES_GCM_128, TLS_CIPHER_AES_GCM_128_KEY_SIZE,
	  sizeof(struct tls12_crypto_info_aes_gcm_128), "SHA256" },
	{ TLS1_3_CK_AES_256_GCM_SHA384, TLS_CIPHER_AES_GCM_256, TLS_CIPHER_AES_GCM_256_KEY_SIZE,
	  sizeof(struct tls12_crypto_info_aes_gcm_256), "SHA384" },
};

static const struct suite *
find_suite(const SSL *ssl)
{
	const SSL_CIPHER *c = SSL_get_current_cipher(ssl);

	for (size_t i = 0; c && i < sizeof(suites) / sizeof(suites[0]); i++)
		if (SSL_CIPHER_get_id(c) == suites[i].id)
			return &suites[i];
	return NULL;
}

/* HKDF-Expand-Label(secret, label, "", len). */
static bool
expand(EVP_KDF_CTX *kdf, const char *md, const uint8_t *secret, size_t n_secret, const char *label, uint8_t *to, size_t len)
{
	char digest[16], prefix[] = "tls13 ", name[8]; /* OSSL_PARAM casts const away */
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	uint8_t key[SECRET_MAX];
	OSSL_PARAM params[6];
	bool ok;

	(void)OPENSSL_strlcpy(digest, md, sizeof(digest));
	(void)OPENSSL_strlcpy(name, label, sizeof(name));
	memcpy(key, secret, n_secret);
	params[0] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, n_secret);
	params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, prefix, strlen(prefix));
	params[4] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, name, strlen(name));
	params[5] = OSSL_PARAM_construct_end();
	ok = EVP_KDF_derive(kdf, to, len, params) == 1;
	OPENSSL_cleanse(key, sizeof(key));
	return ok;
}

/* The kernel calls the first octets of the nonce salt; its other names are those of TLS 1.2, too. */
static bool
make_info(EVP_KDF_CTX *kdf, const struct suite *s, const uint8_t *secret, size_t n_secret, uint8_t info[TLS_KTLS_KEY_MAX])
{
	const struct tls_crypto_info head = { .version = TLS_1_3_VERSION, .cipher_type = s->type };
	uint8_t key[TLS_CIPHER_AES_GCM_256_KEY_SIZE], nonce[NONCE_BYTES], *p = info;
	bool ok;

	_Static_assert(sizeof(struct tls12_crypto_info_aes_gcm_128) ==
	                       sizeof(head) + NONCE_BYTES + TLS_CIPHER_AES_GCM_128_KEY_SIZE +
	                               TLS_CIPHER_AES_GCM_128_REC_SEQ_SIZE,
	               "one after the other: head, rest of the nonce, key, salt, number of the next record");
	memset(info, 0, TLS_KTLS_KEY_MAX);
	ok = n_secret && expand(kdf, s->md, secret, n_secret, "key", key, s->key_len) &&
	     expand(kdf, s->md, secret, n_secret, "iv", nonce, NONCE_BYTES);
	if (ok) {
		memcpy(p, &head, sizeof(head));
		memcpy(p += sizeof(head), nonce + SALT_BYTES, NONCE_BYTES - SALT_BYTES);
		memcpy(p += NONCE_BYTES - SALT_BYTES, key, s->key_len);
		memcpy(p + s->key_len, nonce, SALT_BYTES);
	}
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(nonce, sizeof(nonce));
	return ok;
}

int
tls_ktls_take(struct tls *t, struct tls_ktls_keys *k)
{
	const struct tls_secrets *s = t->secrets;
	const struct suite *suite = s && SSL_version(t->ssl) == TLS1_3_VERSION ? find_suite(t->ssl) : NULL;
	EVP_KDF_CTX *kdf = suite ? EVP_KDF_CTX_new(t->ctx->kdf) : NULL;
	bool ok;

	/* The fingerprint matched, or there would be no handshake that is over. */
	assert(SSL_is_init_finished(t->ssl) && t->shown && t->failed == REASON_NONE && t->refused == REASON_NONE);
	ok = kdf && make_info(kdf, suite, t->server ? s->server : s->client, t->server ? s->n_server : s->n_client, k->tx) &&
	     make_info(kdf, suite, t->server ? s->client : s->server, t->server ? s->n_client : s->n_server, k->rx);
	if (ok)
		k->len = suite->len;
	EVP_KDF_CTX_free(kdf);
	tls_secrets_free(t->secrets);
	t->secrets = NULL;
	ERR_clear_error();
	return ok ? 0 : ERR_UNSUPPORTED;
}

void
tls_ktls_wipe(struct tls_ktls_keys *k)
{
	OPENSSL_cleanse(k, sizeof(*k));
}

void
tls_ktls_let_go(struct tls *t)
{
	SSL_free(t->ssl);
	t->ssl = NULL;
}
