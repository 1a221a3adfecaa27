/* SPDX-License-Identifier: BSD-2-Clause */
/* A TLS peer that shares no code with agw/tls.c: plain OpenSSL with its own self-signed certificate. */
#pragma once

#include <openssl/ssl.h>

#include "proto/codec/fpr.h"

struct tls_peer_conf {
	bool server;
	bool no_certificate;
	int version;        /* TLS1_2_VERSION, TLS1_3_VERSION, 0: any */
	const char *groups; /* NULL: OpenSSL's own */
	const char *key;    /* of the certificate: a curve, "RSA", "RSA-PSS", "ED25519"; NULL: P-256 */
};

struct tls_peer {
	SSL_CTX *ctx;
	SSL *ssl;
	X509 *cert;
};

/* Asserts on failure. Accepts any certificate of ours. The caller gives ssl its BIOs or descriptor. */
void tls_peer_init(struct tls_peer *p, const struct tls_peer_conf *conf);
/* A fresh SSL with the same certificate, for the next connection. */
void tls_peer_again(struct tls_peer *p);
void tls_peer_fini(struct tls_peer *p);
struct fpr tls_peer_fpr(const struct tls_peer *p, enum fpr_hash h);
/* A set with the one true fingerprint. */
struct fpr_set tls_peer_fprs(const struct tls_peer *p, enum fpr_hash h);
