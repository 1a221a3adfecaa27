/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of tls share; nobody else includes it. OpenSSL's types by their tags only. */
#pragma once

#include <stddef.h>

#include "agw/tls.h"
#include "agw/tls_ctx.h"

struct ssl_st;
struct ssl_ctx_st;
struct bio_method_st;
struct evp_md_st;
struct evp_kdf_st;
struct x509_st;
struct x509_store_ctx_st;

enum { TLS_DIGESTS = 20 + 32 + 48 + 64 }; /* octets: sha-1, -256, -384, -512 */

struct tls_ctx {
	struct ssl_ctx_st *ssl_ctx;
	struct bio_method_st *wire;           /* our BIO: ciphertext from and to memory that a call lends */
	struct evp_md_st *md[FPR_HASHES];     /* fetched once: a fetch costs more than a digest of a certificate */
	struct evp_kdf_st *kdf;               /* TLS 1.3's; NULL: no keys for the kernel */
	bool allow_sha1;
};

struct tls {
	const struct tls_ctx *ctx;
	struct ssl_st *ssl;         /* NULL: the kernel has taken over */
	const struct fpr_list *fprs; /* NULL: not known yet */
	struct tls_wire *wire;      /* during a call only */
	struct tls_secrets *secrets; /* from the handshake until the kernel has its keys; mostly NULL */
	enum reason refused;        /* why our verification said no */
	enum reason failed;
	const char *detail;
	uint8_t alert_in, alert_out;
	uint8_t talk;               /* messages of TLS's own in the running tls_read(), and a few more at most */
	bool server;
	bool asked; /* our CertificateRequest went out: the peer's certificate is the next thing to read */
	uint8_t shown; /* bit 1 << enum fpr_hash: digest has the peer's certificate by it */
	uint8_t digest[TLS_DIGESTS];
};

/* Digest of a certificate. ERR_UNSUPPORTED for a hash that OpenSSL refuses. */
int tls_ctx_digest(const struct tls_ctx *c, const struct x509_st *cert, enum fpr_hash h, struct fpr *f);

/* In tls.c; installed by tls_ctx.c. */
struct bio_method_st *tls_wire_method(void);
/* The whole of our certificate verification: the fingerprint compare. */
int tls_on_verify(struct x509_store_ctx_st *sc, void *unused);
/* Sees every handshake message and alert that passes. */
void tls_on_message(int out, int version, int type, const void *buf, size_t len, struct ssl_st *ssl, void *unused);
/* In tls_shed.c: what a finished handshake leaves behind is freed. No more signatures, no resumption. */
void tls_shed(struct ssl_st *ssl);
/* In tls_ktls.c: OpenSSL's key log, a line a secret. */
void tls_on_secret(const struct ssl_st *ssl, const char *line);
/* Forgets them. NULL is legal. */
void tls_secrets_free(struct tls_secrets *s);
