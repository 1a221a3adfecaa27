/* SPDX-License-Identifier: BSD-2-Clause */
/* msrp_peer's certificate and handshake. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdio.h>

#include "tests/tools/msrp_peer.h"

const char *
tls_why(void)
{
	static char text[256];
	unsigned long e = ERR_peek_last_error();

	ERR_error_string_n(e, text, sizeof(text));
	return e ? text : "connection closed";
}

static int
accept_any_certificate(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;
	return 1;
}

static void
make_certificate(SSL_CTX *ctx)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 365L * 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)conf.name, -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, key);
	if (!X509_sign(x, key, EVP_sha256()))
		give_up("cannot sign the certificate");
	SSL_CTX_use_certificate(ctx, x);
	SSL_CTX_use_PrivateKey(ctx, key);
	if (conf.make_cert) {
		FILE *f = fopen(conf.cert, "w");

		if (!f || !PEM_write_X509(f, x) || fclose(f) != 0 || !(f = fopen(conf.key, "w")) ||
		    !PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) || fclose(f) != 0)
			give_up("cannot write the certificate");
	}
	X509_free(x);
	EVP_PKEY_free(key);
}

static void
say_fingerprint(SSL_CTX *ctx)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	char text[3 * EVP_MAX_MD_SIZE + 1];
	unsigned n = 0;

	X509_digest(SSL_CTX_get0_certificate(ctx), EVP_sha256(), md, &n);
	for (unsigned i = 0; i < n; i++)
		snprintf(text + 3 * i, 4, "%02X:", md[i]);
	text[3 * n - 1] = '\0';
	say("fingerprint sha-256 %s", text);
}

SSL_CTX *
tls_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());

	SSL_CTX_set_cert_verify_callback(ctx, accept_any_certificate, NULL);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (conf.no_cert)
		return ctx;
	if (conf.cert && !conf.make_cert) {
		if (SSL_CTX_use_certificate_chain_file(ctx, conf.cert) != 1 ||
		    SSL_CTX_use_PrivateKey_file(ctx, conf.key, SSL_FILETYPE_PEM) != 1)
			give_up(tls_why());
	} else {
		make_certificate(ctx);
	}
	say_fingerprint(ctx);
	return ctx;
}

void
tls_start(SSL_CTX *ctx)
{
	int rc;

	me.ssl = SSL_new(ctx);
	SSL_set_fd(me.ssl, me.fd);
	if (conf.early)
		tcp_cork(true); /* Finished and the first SEND leave in one segment */
	say("tls start");
	while ((rc = conf.tls == TLS_CLIENT ? SSL_connect(me.ssl) : SSL_accept(me.ssl)) != 1) {
		int e = SSL_get_error(me.ssl, rc);

		if (e == SSL_ERROR_WANT_READ) {
			if (conf.early) { /* a corked ClientHello must still get out */
				tcp_cork(false);
				tcp_cork(true);
			}
			wait_for(me.fd, POLLIN);
		} else if (e == SSL_ERROR_WANT_WRITE) {
			wait_for(me.fd, POLLOUT);
		} else {
			give_up(tls_why());
		}
	}
	say("tls up %s", SSL_get_version(me.ssl));
}
