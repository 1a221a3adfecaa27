/* SPDX-License-Identifier: BSD-2-Clause */
/* OpenSSL's algorithms, as few as our TLS profile needs: in each handshake OpenSSL 3.0 walks through every decoder and
 * key type that it has before it reads the peer's key, which costs as much as verifying its signature. */
#pragma once

struct ossl_lib_ctx_st;

/* A library context that has the default provider's ciphers, digests, KDFs, MACs and signatures, but only the kinds of
 * keys that may occur, and reads no other form of them than the one in certificates. Made once, for the life of the
 * process; from any thread. NULL, OpenSSL's own context, if it cannot be made, or if the host's configuration has other
 * providers in mind (FIPS). */
struct ossl_lib_ctx_st *tls_lib(void);
