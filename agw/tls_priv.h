/* SPDX-License-Identifier: BSD-2-Clause */
/* What tls_ctx.c and tls.c share; nobody else includes it. OpenSSL's types by their tags only. */
#pragma once

#include <stddef.h>

#include "agw/tls_ctx.h"

struct ssl_st;
struct ssl_ctx_st;
struct bio_method_st;
struct evp_md_st;
struct x509_st;
struct x509_store_ctx_st;

struct tls_ctx {
	struct ssl_ctx_st *ssl_ctx;
	struct bio_method_st *wire;           /* our BIO: ciphertext from and to memory that a call lends */
	struct evp_md_st *md[FPR_HASHES];     /* fetched once: a fetch costs more than a digest of a certificate */
	bool allow_sha1;
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
