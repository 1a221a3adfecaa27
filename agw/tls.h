/* SPDX-License-Identifier: BSD-2-Clause */
/* One TLS endpoint without a socket: ciphertext goes in and out through memory that each call lends. All of OpenSSL
 * is behind this and tls_ctx.h, so that records could one day be handled without its SSL object.
 * Certificates are judged by their fingerprint alone, during the handshake (RFC 8122 section 6.2). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agw/order.h"

struct tls;

/* Ciphertext of one call. Input is consumed from the front; output is appended. The caller sends out[0..out_len)
 * after every call, whatever its result: alerts leave this way too. */
struct tls_wire {
	const uint8_t *in;
	size_t in_len;
	uint8_t *out;
	size_t out_len, out_cap;
};

enum {
	TLS_RECORD_MAX = 16384, /* plaintext of one record */
	TLS_OVERHEAD_MAX = 96,  /* what a record adds at most, both versions, with room to spare */
	TLS_REPLIES_MAX = (256 + 16) * 1024, /* handshake flights, alerts, key update replies to one input of 256 KiB */
	TLS_TALK_MAX = 64, /* messages of TLS's own (new keys, tickets) behind the handshake in one call; a peer has few */
};

enum tls_result {
	TLS_OK,
	TLS_WANT,   /* needs more ciphertext */
	TLS_PAUSED, /* handshake: will not go on before tls_set_fprs() */
	TLS_EOF,    /* the peer's close_notify; no more plaintext will come */
	TLS_FAIL,   /* over; tls_failure() tells why; only tls_free() makes sense now */
};

struct tls_failure {
	enum reason reason;
	uint8_t alert;      /* the peer's alert with REASON_TLS_ALERT, else the one we sent (0: none) */
	const char *detail; /* static text for the log, may be NULL */
};

/* fprs is borrowed until tls_free(), NULL while unknown. NULL when out of memory. */
struct tls *tls_new(const struct tls_ctx *ctx, bool server, const struct fpr_list *fprs);
void tls_free(struct tls *t);

/* The expected fingerprints are known now, or have changed. ERR_MISMATCH when the certificate that was accepted
 * before does not match them; ERR_UNSUPPORTED when none of them is of a usable hash. */
int tls_set_fprs(struct tls *t, const struct fpr_list *fprs);

/* OK, WANT, PAUSED or FAIL. While the fingerprints are unknown a server sends its flight and then reads nothing
 * more, and a client does not begin. */
enum tls_result tls_handshake(struct tls *t, struct tls_wire *w);
/* Decrypts into buf until input or room ends. *n is always set and may be > 0 with WANT, EOF and FAIL too. OK: the
 * room was used up and more plaintext may be waiting. */
enum tls_result tls_read(struct tls *t, struct tls_wire *w, uint8_t *buf, size_t cap, size_t *n);
/* Encrypts all of buf; w->out must have room for len + TLS_OVERHEAD_MAX a started record. OK or FAIL. */
enum tls_result tls_write(struct tls *t, struct tls_wire *w, const void *buf, size_t len);
/* Appends our close_notify once. */
void tls_finish(struct tls *t, struct tls_wire *w);

/* After FAIL. */
struct tls_failure tls_failure(const struct tls *t);
/* "TLSv1.3"; static. */
const char *tls_version_text(const struct tls *t);
