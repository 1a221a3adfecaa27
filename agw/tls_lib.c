/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/tls_lib.h"

/* OpenSSL has a type by the name of one of our error codes. */
#define ERR_STATE openssl_err_state
#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#undef ERR_STATE
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum { ALGORITHMS_MAX = 64 };

/* The only state outside of objects: a provider's functions get the context of the provider that they stand for, so
 * there is no other place from which they could find it. Written once. */
static struct {
	pthread_once_t once;
	OSSL_PROVIDER *full; /* the default provider, in a library context of its own */
	OSSL_LIB_CTX *lean;
	OSSL_ALGORITHM keys[ALGORITHMS_MAX + 1], decoders[ALGORITHMS_MAX + 1];
} lib = { .once = PTHREAD_ONCE_INIT };

/* Certificates of the signature algorithms that we offer, key exchange, and what TLS derives its keys with. */
static const char *const key_names[] = { "EC", "RSA", "RSA-PSS", "X25519", "HKDF", "TLS1-PRF", "HMAC", NULL };
static const char *const decoder_names[] = { "EC", "RSA", "RSA-PSS", NULL };

/* names are alternatives, "EC:id-ecPublicKey:1.2.840.10045.2.1". */
static bool
is_one_of(const char *names, const char *const *wanted)
{
	for (; *wanted; wanted++) {
		size_t len = strlen(*wanted);

		for (const char *p = names; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL)
			if (strncmp(p, *wanted, len) == 0 && (p[len] == ':' || p[len] == '\0'))
				return true;
	}
	return false;
}

static const OSSL_ALGORITHM *
choose(const OSSL_ALGORITHM *from, OSSL_ALGORITHM *to, const char *const *names, const char *form)
{
	size_t n = 0;

	for (; from && from->algorithm_names; from++) {
		if (!is_one_of(from->algorithm_names, names) || !strstr(from->property_definition, form))
			continue;
		if (n == ALGORITHMS_MAX)
			return NULL;
		to[n++] = *from;
	}
	to[n] = (OSSL_ALGORITHM){ .algorithm_names = NULL };
	return to;
}

static const OSSL_ALGORITHM *
query(void *unused, int operation, int *no_cache)
{
	const OSSL_ALGORITHM *all = OSSL_PROVIDER_query_operation(lib.full, operation, no_cache);

	(void)unused;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return lib.keys;
	case OSSL_OP_DECODER:
		return lib.decoders;
	case OSSL_OP_ENCODER:
	case OSSL_OP_STORE:
		return NULL;
	default:
		return all;
	}
}

static int
get_params(void *unused, OSSL_PARAM *params)
{
	(void)unused;
	return OSSL_PROVIDER_get_params(lib.full, params);
}

static int
get_capabilities(void *unused, const char *capability, OSSL_CALLBACK *fn, void *arg)
{
	(void)unused;
	return OSSL_PROVIDER_get_capabilities(lib.full, capability, fn, arg);
}

static int
init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **provctx)
{
	static const OSSL_DISPATCH functions[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
		{ OSSL_FUNC_PROVIDER_GET_PARAMS, (void (*)(void))get_params },
		{ OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))get_capabilities },
		{ 0, NULL },
	};

	(void)handle;
	(void)in;
	*out = functions;
	*provctx = OSSL_PROVIDER_get0_provider_ctx(lib.full);
	return 1;
}

/* Once, and not when asked: OpenSSL asks in any thread. */
static bool
choose_all(void)
{
	int unused;

	return choose(OSSL_PROVIDER_query_operation(lib.full, OSSL_OP_KEYMGMT, &unused), lib.keys, key_names, "") &&
	       choose(OSSL_PROVIDER_query_operation(lib.full, OSSL_OP_DECODER, &unused), lib.decoders, decoder_names,
	              "SubjectPublicKeyInfo");
}

/* The host's configuration: the default provider and nothing else. */
static int
is_default(OSSL_PROVIDER *p, void *arg)
{
	bool *usual = arg;

	if (strcmp(OSSL_PROVIDER_get0_name(p), "default") != 0)
		*usual = false;
	return 1;
}

/* It reads the kind of key that it is for: the base point of P-256. */
static bool
works(OSSL_LIB_CTX *lean)
{
	static const unsigned char spki[] = {
		0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
		0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8,
		0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39,
		0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c,
		0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51,
		0xf5,
	};
	const unsigned char *p = spki;
	EVP_PKEY *key = d2i_PUBKEY_ex(NULL, &p, sizeof(spki), lean, NULL);
	bool ok = key && EVP_PKEY_get0_provider(key);

	EVP_PKEY_free(key);
	return ok;
}

static void
make(void)
{
	OSSL_LIB_CTX *whole = NULL, *lean = NULL;
	bool usual = OSSL_PROVIDER_available(NULL, "default") == 1;

	if (OSSL_PROVIDER_do_all(NULL, is_default, &usual) != 1 || !usual)
		return;
	whole = OSSL_LIB_CTX_new();
	lean = OSSL_LIB_CTX_new();
	if (whole && lean && (lib.full = OSSL_PROVIDER_load(whole, "default")) != NULL && choose_all() &&
	    OSSL_PROVIDER_add_builtin(lean, "ims-e2ae", init) == 1 && OSSL_PROVIDER_load(lean, "ims-e2ae") && works(lean)) {
		lib.lean = lean;
		return;
	}
	OSSL_LIB_CTX_free(lean);
	OSSL_LIB_CTX_free(whole);
	ERR_clear_error();
}

struct ossl_lib_ctx_st *
tls_lib(void)
{
	return pthread_once(&lib.once, make) == 0 ? lib.lean : NULL;
}
