/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/tls_ctx.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "agw/tls_lib.h"
#include "agw/tls_priv.h"
#include "proto/base/err.h"

enum { SELF_SIGNED_DAYS = 3 * 365, DAY_SECONDS = 24 * 3600 };

/* TS 33.210 6.2.2/6.2.3: ECDHE with AES-GCM only; no static RSA, CBC, RC4, NULL or anonymous suites. */
static const char suites_12[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
				"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
static const char suites_13[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384";

static int
no_passphrase(char *buf, int size, int writing, void *unused)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)unused;
	return -1; /* a daemon must not ask on its terminal */
}

/* A name and serial that tell nothing about the host (RFC 8122 section 7: the certificate is an opaque key). */
static bool
name_certificate(X509 *cert)
{
	unsigned char r[16], serial[8];
	char cn[2 * sizeof(r) + 1];
	X509_NAME *name = X509_get_subject_name(cert);
	BIGNUM *bn;
	bool ok;

	if (RAND_bytes(r, sizeof(r)) != 1 || RAND_bytes(serial, sizeof(serial)) != 1)
		return false;
	for (size_t i = 0; i < sizeof(r); i++) {
		cn[2 * i] = "0123456789abcdef"[r[i] >> 4];
		cn[2 * i + 1] = "0123456789abcdef"[r[i] & 15];
	}
	cn[2 * sizeof(r)] = '\0';
	serial[0] &= 0x7f;
	bn = BN_bin2bn(serial, sizeof(serial), NULL);
	ok = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) &&
	     X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0) == 1 &&
	     X509_set_issuer_name(cert, name) == 1;
	BN_free(bn);
	return ok;
}

static bool
self_sign(SSL_CTX *ctx)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	bool ok;

	ok = key && cert && X509_set_version(cert, X509_VERSION_3) == 1 && name_certificate(cert) &&
	     X509_gmtime_adj(X509_getm_notBefore(cert), -(long)DAY_SECONDS) &&
	     X509_gmtime_adj(X509_getm_notAfter(cert), (long)DAY_SECONDS * SELF_SIGNED_DAYS) &&
	     X509_set_pubkey(cert, key) == 1 && X509_sign(cert, key, EVP_sha256()) > 0 &&
	     SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1;
	X509_free(cert);
	EVP_PKEY_free(key);
	return ok;
}

/* In OpenSSL's own context: ours (tls_lib.h) reads nothing but peers' keys. */
static bool
load_key(SSL_CTX *ctx, const char *path)
{
	BIO *file = BIO_new_file(path, "r");
	EVP_PKEY *key = file ? PEM_read_bio_PrivateKey(file, NULL, no_passphrase, NULL) : NULL;
	bool ok = key && SSL_CTX_use_PrivateKey(ctx, key) == 1;

	EVP_PKEY_free(key);
	BIO_free(file);
	return ok;
}

static const char *
load_certificate(SSL_CTX *ctx, const struct tls_ctx_conf *conf)
{
	const char *key = conf->key_pem ? conf->key_pem : conf->cert_pem;

	if (!conf->cert_pem && conf->key_pem)
		return "a key without a certificate";
	if (!conf->cert_pem)
		return self_sign(ctx) ? NULL : "cannot make a self-signed certificate";
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	if (SSL_CTX_use_certificate_chain_file(ctx, conf->cert_pem) != 1)
		return "cannot read the certificate";
	if (!load_key(ctx, key))
		return "cannot read the private key";
	return SSL_CTX_check_private_key(ctx) == 1 ? NULL : "the private key does not fit the certificate";
}

static const char *
set_profile(SSL_CTX *ctx, const struct tls_ctx_conf *conf)
{
	/* Not const: OpenSSL's macros cast that away. */
	char groups[] = "P-256:X25519:P-384";
	char sigalgs[] = "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"
			 "RSA+SHA256:RSA+SHA384:RSA+SHA512";
	int min = conf->min_version == 13 ? TLS1_3_VERSION : TLS1_2_VERSION;

	if (conf->min_version != 12 && conf->min_version != 13)
		return "the lowest TLS version must be 1.2 or 1.3";
	SSL_CTX_set_security_level(ctx, 2);
	if (SSL_CTX_set_min_proto_version(ctx, min) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, suites_12) != 1 || SSL_CTX_set_ciphersuites(ctx, suites_13) != 1 ||
	    SSL_CTX_set1_groups_list(ctx, groups) != 1 || SSL_CTX_set1_sigalgs_list(ctx, sigalgs) != 1)
		return "OpenSSL refuses the TLS profile";
	/* A resumed session would skip the peer's certificate, and with it the fingerprint. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_set_num_tickets(ctx, 0) != 1 || SSL_CTX_set_max_early_data(ctx, 0) != 1)
		return "OpenSSL refuses to do without tickets";
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, tls_on_verify, NULL);
	SSL_CTX_set_msg_callback(ctx, tls_on_message);
	return NULL;
}

/* A missing hash is no failure: its fingerprints then never match. */
static void
fetch_hashes(struct tls_ctx *c)
{
	static const char *const names[FPR_HASHES] = {
		[FPR_SHA1] = "SHA1",     [FPR_SHA224] = "SHA224", [FPR_SHA256] = "SHA256",
		[FPR_SHA384] = "SHA384", [FPR_SHA512] = "SHA512",
	};

	for (int h = 0; h < FPR_HASHES; h++)
		c->md[h] = EVP_MD_fetch(NULL, names[h], NULL);
}

struct tls_ctx *
tls_ctx_new(const struct tls_ctx_conf *conf, const char **why)
{
	struct tls_ctx *c = calloc(1, sizeof(*c));
	const char *text = "out of memory";

	if (!c)
		goto out;
	c->allow_sha1 = conf->allow_sha1;
	c->ssl_ctx = SSL_CTX_new_ex(tls_lib(), NULL, TLS_method());
	c->wire = tls_wire_method();
	if (!c->ssl_ctx || !c->wire)
		goto out;
	fetch_hashes(c);
	text = set_profile(c->ssl_ctx, conf);
	if (!text)
		text = load_certificate(c->ssl_ctx, conf);
	c->kdf = conf->keeps_secrets ? EVP_KDF_fetch(NULL, "TLS13-KDF", NULL) : NULL;
	if (c->kdf)
		SSL_CTX_set_keylog_callback(c->ssl_ctx, tls_on_secret);
out:
	ERR_clear_error();
	if (!text)
		return c;
	tls_ctx_free(c);
	*why = text;
	return NULL;
}

void
tls_ctx_free(struct tls_ctx *c)
{
	if (!c)
		return;
	for (int h = 0; h < FPR_HASHES; h++)
		EVP_MD_free(c->md[h]);
	EVP_KDF_free(c->kdf);
	SSL_CTX_free(c->ssl_ctx);
	BIO_meth_free(c->wire);
	free(c);
}

int
tls_ctx_digest(const struct tls_ctx *c, const X509 *cert, enum fpr_hash h, struct fpr *f)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (h >= FPR_HASHES || !c->md[h])
		return ERR_UNSUPPORTED;
	if (X509_digest(cert, c->md[h], digest, &len) != 1 || len > FPR_DIGEST_MAX) {
		ERR_clear_error();
		return ERR_UNSUPPORTED;
	}
	*f = (struct fpr){ .hash = h, .len = (uint8_t)len };
	memcpy(f->digest, digest, len);
	return 0;
}

int
tls_ctx_fingerprint(const struct tls_ctx *c, enum fpr_hash h, struct fpr *f)
{
	return tls_ctx_digest(c, SSL_CTX_get0_certificate(c->ssl_ctx), h, f);
}

bool
tls_ctx_allows_sha1(const struct tls_ctx *c)
{
	return c->allow_sha1;
}
