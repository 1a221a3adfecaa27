/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of a TLS 1.3 connection for the kernel, which then makes and opens its records (see leg_ktls.c). */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct tls;

enum { TLS_KTLS_KEY_MAX = 64 };

/* One direction each, as setsockopt(SOL_TLS, TLS_TX and TLS_RX) wants it: struct tls12_crypto_info_aes_gcm_128 or _256. */
struct tls_ktls_keys {
	uint8_t tx[TLS_KTLS_KEY_MAX], rx[TLS_KTLS_KEY_MAX];
	size_t len;
};

/* Only right behind the handshake: both directions count their records from 0. The secrets are forgotten, whatever
 * comes of it; the caller wipes k. ERR_UNSUPPORTED: TLS 1.2 (OpenSSL tells no keys of it), or nobody kept secrets. */
int tls_ktls_take(struct tls *t, struct tls_ktls_keys *k);
void tls_ktls_wipe(struct tls_ktls_keys *k);
/* The kernel has them: OpenSSL's object goes. Only tls_set_fprs(), tls_failure() and tls_free() may follow. */
void tls_ktls_let_go(struct tls *t);
