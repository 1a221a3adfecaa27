/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificate, key and TLS settings of one realm: made at start, immutable after, shared by all workers.
 * Profile: TS 33.210 6.2 / TS 33.310 annex E; trust is the fingerprint alone (RFC 8122). */
#pragma once

#include <stdbool.h>

#include "proto/codec/fpr.h"

struct tls_ctx;

struct tls_ctx_conf {
	const char *cert_pem, *key_pem; /* files; NULL: a self-signed ECDSA P-256 certificate is made now */
	unsigned min_version;           /* 12 or 13 */
	bool allow_sha1;                /* accept sha-1 fingerprints of peers */
	bool keeps_secrets;             /* so that tls_ktls_take() has keys to give */
};

/* NULL with *why set (static or thread-local text). No tickets, resumption, renegotiation, compression, 0-RTT. */
struct tls_ctx *tls_ctx_new(const struct tls_ctx_conf *conf, const char **why);
void tls_ctx_free(struct tls_ctx *c);
/* Fingerprint of our certificate. ERR_UNSUPPORTED for a hash that OpenSSL refuses. */
int tls_ctx_fingerprint(const struct tls_ctx *c, enum fpr_hash h, struct fpr *f);
bool tls_ctx_allows_sha1(const struct tls_ctx *c);
