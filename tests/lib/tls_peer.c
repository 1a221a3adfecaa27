/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/tls_peer.h"

#include <assert.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

static int
accept_any(X509_STORE_CTX *sc, void *unused)
{
	(void)unused;
	X509_STORE_CTX_set_error(sc, X509_V_OK);
	return 1;
}

static X509 *
make_certificate(EVP_PKEY *key)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	int ok = cert && X509_set_version(cert, X509_VERSION_3) && ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) &&
	         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"ue", -1, -1, 0) &&
	         X509_set_issuer_name(cert, name) && X509_gmtime_adj(X509_getm_notBefore(cert), -60) &&
	         X509_gmtime_adj(X509_getm_notAfter(cert), 3600) && X509_set_pubkey(cert, key) &&
	         X509_sign(cert, key, EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256()) > 0;

	assert(ok);
	return ok ? cert : NULL;
}

static EVP_PKEY *
make_key(const char *kind)
{
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;

	if (!kind || strncmp(kind, "P-", 2) == 0)
		return EVP_EC_gen(kind ? kind : "P-256");
	ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
	if (ctx && EVP_PKEY_keygen_init(ctx) == 1)
		(void)EVP_PKEY_generate(ctx, &key);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

void
tls_peer_init(struct tls_peer *p, const struct tls_peer_conf *conf)
{
	EVP_PKEY *key = make_key(conf->key);
	char groups[64]; /* OpenSSL's macro casts const away */
	int ok;

	p->ctx = SSL_CTX_new(TLS_method());
	p->cert = make_certificate(key);
	ok = p->ctx && SSL_CTX_set_min_proto_version(p->ctx, conf->version) &&
	     SSL_CTX_set_max_proto_version(p->ctx, conf->version);
	if (ok && !conf->no_certificate)
		ok = SSL_CTX_use_certificate(p->ctx, p->cert) && SSL_CTX_use_PrivateKey(p->ctx, key);
	snprintf(groups, sizeof(groups), "%s", conf->groups ? conf->groups : "");
	if (ok && conf->groups)
		ok = SSL_CTX_set1_groups_list(p->ctx, groups) == 1;
	SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(p->ctx, accept_any, NULL);
	EVP_PKEY_free(key);
	p->ssl = ok ? SSL_new(p->ctx) : NULL;
	assert(p->ssl);
	if (conf->server)
		SSL_set_accept_state(p->ssl);
	else
		SSL_set_connect_state(p->ssl);
}

void
tls_peer_again(struct tls_peer *p)
{
	bool server = SSL_is_server(p->ssl);

	SSL_free(p->ssl);
	p->ssl = SSL_new(p->ctx);
	assert(p->ssl);
	if (server)
		SSL_set_accept_state(p->ssl);
	else
		SSL_set_connect_state(p->ssl);
}

void
tls_peer_fini(struct tls_peer *p)
{
	SSL_free(p->ssl);
	SSL_CTX_free(p->ctx);
	X509_free(p->cert);
	*p = (struct tls_peer){ 0 };
}

struct fpr
tls_peer_fpr(const struct tls_peer *p, enum fpr_hash h)
{
	const EVP_MD *md = h == FPR_SHA1   ? EVP_sha1() :
	                   h == FPR_SHA224 ? EVP_sha224() :
	                   h == FPR_SHA256 ? EVP_sha256() :
	                   h == FPR_SHA384 ? EVP_sha384() :
	                                     EVP_sha512();
	struct fpr f = { .hash = h };
	unsigned len = 0;

	X509_digest(p->cert, md, f.digest, &len);
	f.len = (uint8_t)len;
	return f;
}

struct fpr_set
tls_peer_fprs(const struct tls_peer *p, enum fpr_hash h)
{
	struct fpr_set set = { .n = 1 };

	set.v[0] = tls_peer_fpr(p, h);
	return set;
}
