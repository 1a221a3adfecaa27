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

enum { ALGORITHMS_MAX = 32, FUNCTIONS_MAX = 64 };

enum part { PART_KEYS, PART_DECODERS, PART_CIPHERS, PART_DIGESTS, PART_KDFS, PART_MACS, PART_SIGNATURES, PART_EXCHANGE, PARTS };

static const struct {
	int operation;
	const char *form;     /* that its properties name */
	const char *names[8];
} wanted[PARTS] = {
	/* Of certificates, by the signature algorithms that we offer, and of key exchange. */
	[PART_KEYS] = { OSSL_OP_KEYMGMT, "", { "EC", "RSA", "RSA-PSS", "X25519" } },
	[PART_DECODERS] = { OSSL_OP_DECODER, "SubjectPublicKeyInfo", { "EC", "RSA", "RSA-PSS" } },
	[PART_CIPHERS] = { OSSL_OP_CIPHER, "", { "AES-128-GCM", "AES-256-GCM" } },
	[PART_DIGESTS] = { OSSL_OP_DIGEST, "", { "SHA1", "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512" } },
	[PART_KDFS] = { OSSL_OP_KDF, "", { "HKDF", "TLS13-KDF", "TLS1-PRF" } },
	[PART_MACS] = { OSSL_OP_MAC, "", { "HMAC" } },
	[PART_SIGNATURES] = { OSSL_OP_SIGNATURE, "", { "ECDSA", "RSA" } },
	[PART_EXCHANGE] = { OSSL_OP_KEYEXCH, "", { "ECDH", "X25519" } },
};

/* The only state outside of objects: a provider's functions get the context of the provider that they stand for, so
 * there is no other place from which they could find it. Written once. */
static struct {
	pthread_once_t once;
	OSSL_PROVIDER *full; /* the default provider, in a library context of its own */
	OSSL_LIB_CTX *lean;
	OSSL_ALGORITHM parts[PARTS][ALGORITHMS_MAX + 1];
	OSSL_DISPATCH ec[FUNCTIONS_MAX + 1]; /* the functions of EC keys, with validate in place of: */
	OSSL_FUNC_keymgmt_validate_fn *ec_validate;
} lib = { .once = PTHREAD_ONCE_INIT };

/* names are alternatives, "EC:id-ecPublicKey:1.2.840.10045.2.1". */
static bool
is_one_of(const char *names, const char *const *list)
{
	for (; *list; list++) {
		size_t len = strlen(*list);

		for (const char *p = names; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL)
			if (strncmp(p, *list, len) == 0 && (p[len] == ':' || p[len] == '\0'))
				return true;
	}
	return false;
}

/* False: more than there is room for. */
static bool
choose(enum part part)
{
	OSSL_ALGORITHM *to = lib.parts[part];
	const OSSL_ALGORITHM *from;
	size_t n = 0;
	int unused;

	from = OSSL_PROVIDER_query_operation(lib.full, wanted[part].operation, &unused);
	for (; from && from->algorithm_names; from++) {
		if (!is_one_of(from->algorithm_names, wanted[part].names) ||
		    !strstr(from->property_definition, wanted[part].form))
			continue;
		if (n == ALGORITHMS_MAX)
			return false;
		to[n++] = *from;
	}
	return true;
}

/* Of a public key alone, which is how libssl looks at the peer's half of a key exchange, what SP 800-56A 5.6.2.3.4 asks
 * for one that is used once: a point of the curve, and not infinity. The full check multiplies it by the group's order,
 * a seventh of a handshake, to learn that it is in the group; but a curve with cofactor 1, as all that we offer, has no
 * points outside. */
static int
validate(const void *key, int selection, int type)
{
	return lib.ec_validate(key, selection, selection == OSSL_KEYMGMT_SELECT_PUBLIC_KEY ? OSSL_KEYMGMT_VALIDATE_QUICK_CHECK : type);
}

/* Leaves alone what looks unlike what we know. */
static void
replace_validate(OSSL_ALGORITHM *a)
{
	const OSSL_DISPATCH *from = a->implementation;
	OSSL_DISPATCH *at = NULL;
	size_t n = 0;

	for (; from[n].function_id && n < FUNCTIONS_MAX; n++) {
		lib.ec[n] = from[n];
		if (from[n].function_id == OSSL_FUNC_KEYMGMT_VALIDATE)
			at = &lib.ec[n];
	}
	if (from[n].function_id || !at)
		return;
	lib.ec[n] = (OSSL_DISPATCH){ 0 };
	lib.ec_validate = OSSL_FUNC_keymgmt_validate(at);
	at->function = (void (*)(void))validate;
	a->implementation = lib.ec;
}

static const OSSL_ALGORITHM *
query(void *unused, int operation, int *no_cache)
{
	(void)unused;
	*no_cache = 0;
	for (unsigned i = 0; i < PARTS; i++)
		if (wanted[i].operation == operation)
			return lib.parts[i];
	return operation == OSSL_OP_RAND ? OSSL_PROVIDER_query_operation(lib.full, operation, no_cache) : NULL;
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
	static const char *const ec[] = { "EC", NULL };

	for (unsigned i = 0; i < PARTS; i++)
		if (!choose((enum part)i))
			return false;
	for (OSSL_ALGORITHM *a = lib.parts[PART_KEYS]; a->algorithm_names; a++)
		if (is_one_of(a->algorithm_names, ec))
			replace_validate(a);
	return true;
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
