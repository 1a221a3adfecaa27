/* SPDX-License-Identifier: BSD-2-Clause */
/* Two TLS endpoints back to back in memory: ours against ours, or ours against plain OpenSSL. */
#pragma once

#include "agw/tls.h"
#include "agw/tls_ctx.h"
#include "tests/lib/tls_peer.h"

enum { TLS_PIPE_MAX = 400 * 1024, TLS_RIG_OUT_MAX = 256 * 1024, TLS_RIG_APP_MAX = 100000, TLS_RIG_ROUNDS_MAX = 1000000 };

struct tls_pipe {
	uint8_t *bytes;
	size_t from, to;
};

struct tls_end {
	struct tls *tls; /* ours, or */
	SSL *ssl;        /* the other's */
	struct tls_pipe *rx, *tx;
	size_t chunk; /* bytes a call is given at most */
	enum tls_result last;
};

struct tls_rig {
	struct tls_ctx *ctx[2];
	struct tls_peer peer;
	struct tls_pipe pipe[2];
	struct tls_end server, client;
	struct fpr_list *fprs[2]; /* of the server's and the client's certificate */
};

/* Output of the call in hand. */
extern uint8_t tls_rig_scratch[TLS_RIG_OUT_MAX];

/* ours: 's' our server, 'c' our client, 'b' both; the other side is plain OpenSSL with conf. */
void tls_rig_init(struct tls_rig *r, char ours, struct tls_peer_conf conf);
void tls_rig_fini(struct tls_rig *r);
void tls_rig_put(struct tls_pipe *p, const void *bytes, size_t n);
/* At most chunk bytes of what waits, and room for output; settle() takes account of what the call did. */
struct tls_wire tls_rig_lend(struct tls_end *e);
bool tls_rig_settle(struct tls_end *e, const struct tls_wire *w);
/* Gives plain OpenSSL what waits for it. */
void tls_rig_ssl_in(struct tls_end *e);
/* One step of one end; false when nothing moved. */
bool tls_rig_step(struct tls_end *e);
/* Steps both until they rest. */
void tls_rig_shake(struct tls_rig *r);
/* Decrypts everything that waits (ours only). */
enum tls_result tls_rig_drain(struct tls_end *e, uint8_t *buf, size_t cap, size_t *len);
void tls_rig_send(struct tls_end *e, const uint8_t *bytes, size_t len);
/* Random bytes, and asserts that they arrive. */
void tls_rig_check_transfer(struct tls_end *from, struct tls_end *to);
