/* SPDX-License-Identifier: BSD-2-Clause */
/* OpenSSL keeps what it exchanged keys with, and the peer's certificate with its key, as long as the connection lives:
 * a third of an idle session's memory, and a private key that should not outlive its use (forward secrecy). It has no
 * call to let go of them, so that they are emptied where they are. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "agw/tls_priv.h"

/* EVP_PKEY_set_type() frees whatever key is inside. */
static void
empty_key(EVP_PKEY *key)
{
	(void)EVP_PKEY_set_type(key, EVP_PKEY_EC);
	EVP_PKEY_free(key);
}

/* A session that only knows version and suite is read over the one that holds the peer's certificate and a secret to
 * resume by: nothing resumes here, and nothing is signed any more. */
static void
empty_session(SSL *ssl)
{
	SSL_SESSION *session = SSL_get_session(ssl), *bare;
	const unsigned char *p;
	unsigned char *der = NULL;
	int len = 0;

	if (!session || SSL_SESSION_get_max_fragment_length(session) != TLSEXT_max_fragment_length_DISABLED)
		return;
	bare = SSL_SESSION_new();
	if (bare && SSL_SESSION_set_protocol_version(bare, SSL_version(ssl)) == 1 &&
	    SSL_SESSION_set_cipher(bare, SSL_get_current_cipher(ssl)) == 1)
		len = i2d_SSL_SESSION(bare, &der);
	p = der;
	if (len > 0)
		(void)d2i_SSL_SESSION(&session, &p, len);
	OPENSSL_free(der);
	SSL_SESSION_free(bare);
}

/* What the peer sent besides its certificate, of a server also that: the session keeps it apart from what was overwritten. */
static void
empty_chain(const SSL *ssl)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);

	while (chain && sk_X509_num(chain) > 0)
		X509_free(sk_X509_pop(chain));
}

void
tls_shed(SSL *ssl)
{
	EVP_PKEY *key;

	if (SSL_get_tmp_key(ssl, &key) == 1)
		empty_key(key);
	if (SSL_get_peer_tmp_key(ssl, &key) == 1)
		empty_key(key);
	empty_session(ssl);
	empty_chain(ssl);
	ERR_clear_error();
}
