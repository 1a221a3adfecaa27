/* SPDX-License-Identifier: BSD-2-Clause */
/* What all ends of a soak share: contents and certificates. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "tests/bench/soak.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t
soak_random_size(uint64_t *state, uint64_t max)
{
	uint64_t r = soak_random(state), bits = 1, size;

	while (bits < 63 && max >> bits)
		bits++;
	if (r % 16 == 0)
		return 0;
	size = soak_random(state) >> (64 - 1 - (r >> 8) % bits);
	return size > max ? max : size;
}

/* The contents of a stream at an offset: each block is the pattern from another place, so that a lost, doubled or
 * exchanged block shows. *len is cut to the block. */
const uint8_t *
soak_contents(const struct soak_env *env, uint64_t seed, uint64_t at, size_t *len)
{
	uint64_t mixed = (seed + at / SOAK_BLOCK) * 0x9E3779B97F4A7C15u;
	size_t in_block = (size_t)(at % SOAK_BLOCK);

	if (*len > SOAK_BLOCK - in_block)
		*len = SOAK_BLOCK - in_block;
	return env->pattern + (mixed >> 32) % SOAK_BLOCK + in_block;
}

static bool
set_up(SSL_CTX *ctx, const char *cert, const char *key)
{
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	                              SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return SSL_CTX_use_certificate_file(ctx, cert, SSL_FILETYPE_PEM) == 1 &&
	       SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
}

struct soak_env *
soak_env_new(struct loop *l, const char *cert, const char *key, uint64_t seed, const struct soak_owner *o,
             char fingerprint[LOAD_FPR_TEXT])
{
	struct soak_env *env = calloc(1, sizeof(*env));
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!env)
		return NULL;
	*env = (struct soak_env){ .loop = l, .owner = o, .random = seed };
	for (size_t i = 0; i < SOAK_BLOCK; i++)
		env->pattern[i] = env->pattern[i + SOAK_BLOCK] = (uint8_t)(soak_random(&env->random) >> 32);
	env->ctx[0] = SSL_CTX_new(TLS_client_method());
	env->ctx[1] = SSL_CTX_new(TLS_server_method());
	if (env->ctx[0] && env->ctx[1] && set_up(env->ctx[0], cert, key) && set_up(env->ctx[1], cert, key) &&
	    X509_digest(SSL_CTX_get0_certificate(env->ctx[0]), EVP_sha256(), digest, &n) == 1) {
		for (unsigned i = 0; i < n; i++)
			snprintf(fingerprint + (size_t)3 * i, 4, "%02X%s", digest[i], i + 1 < n ? ":" : "");
		return env;
	}
	ERR_print_errors_fp(stderr);
	return NULL;
}
