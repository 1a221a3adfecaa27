/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>

#include "agw/tls_priv.h"
#include "proto/base/err.h"

/* Digests of the hashes that can be usable, one behind the other: they stay as long as the connection. */
static const uint8_t digest_at[FPR_HASHES] = {
	[FPR_SHA1] = 0,
	[FPR_SHA256] = 20,
	[FPR_SHA384] = 20 + 32,
	[FPR_SHA512] = 20 + 32 + 48,
};

/* The BIO: memory of the running call, nothing else. */

static int
wire_read(BIO *b, char *buf, int len)
{
	struct tls *t = BIO_get_data(b);
	struct tls_wire *w = t->wire;
	size_t n = len > 0 ? (size_t)len : 0;

	BIO_clear_retry_flags(b);
	/* A change of keys costs ten times what as many octets of data do, and is asked for by 27. Not retried. */
	if (t->talk > TLS_TALK_MAX)
		return -1;
	/* The pause: OpenSSL gets to see nothing of the flight that holds the certificate. */
	if (!w || w->in_len == 0 || (t->asked && !t->fprs)) {
		BIO_set_retry_read(b);
		return -1;
	}
	if (n > w->in_len)
		n = w->in_len;
	memcpy(buf, w->in, n);
	w->in += n;
	w->in_len -= n;
	return (int)n;
}

static int
wire_write(BIO *b, const char *buf, int len)
{
	struct tls *t = BIO_get_data(b);
	struct tls_wire *w = t->wire;
	size_t n = len > 0 ? (size_t)len : 0;

	BIO_clear_retry_flags(b);
	if (!w || n > w->out_cap - w->out_len)
		return -1; /* not retried: callers lend enough, so this is a peer that asks for endless replies */
	memcpy(w->out + w->out_len, buf, n);
	w->out_len += n;
	return len;
}

static long
wire_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	(void)b;
	(void)num;
	(void)ptr;
	return cmd == BIO_CTRL_FLUSH;
}

struct bio_method_st *
tls_wire_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "wire");

	if (m && BIO_meth_set_read(m, wire_read) == 1 && BIO_meth_set_write(m, wire_write) == 1 &&
	    BIO_meth_set_ctrl(m, wire_ctrl) == 1)
		return m;
	BIO_meth_free(m);
	return NULL;
}

/* Only hashes that are strong enough count, whatever else was signalled. */
static bool
is_usable(const struct tls_ctx *c, enum fpr_hash h)
{
	switch (h) {
	case FPR_SHA1:
		return c->allow_sha1 && c->md[h];
	case FPR_SHA256:
	case FPR_SHA384:
	case FPR_SHA512:
		return c->md[h] != NULL;
	case FPR_SHA224:
	case FPR_HASHES:
		break;
	}
	return false;
}

/* Of the certificate that the peer shows: by every usable hash, for later fingerprints may use another one. */
static void
take_fingerprints(struct tls *t, const X509 *cert)
{
	struct fpr f;

	t->shown = 0;
	for (enum fpr_hash h = 0; h < FPR_HASHES; h++) {
		if (!is_usable(t->ctx, h) || tls_ctx_digest(t->ctx, cert, h, &f) != 0 || f.len != fpr_hash_len(h))
			continue;
		memcpy(t->digest + digest_at[h], f.digest, f.len);
		t->shown |= (uint8_t)(1u << h);
	}
}

static bool
is_shown(const struct tls *t, const struct fpr *f)
{
	struct fpr own = { .hash = f->hash, .len = fpr_hash_len(f->hash) };

	if (!(t->shown & 1u << f->hash))
		return false;
	memcpy(own.digest, t->digest + digest_at[f->hash], own.len);
	return fpr_equal(&own, f);
}

static enum reason
judge(const struct tls *t)
{
	const struct fpr_list *set = t->fprs;
	enum reason why;

	if (!set || (set->n == 0 && set->unknown == 0))
		return REASON_FP_MISSING;
	if (t->shown == 0)
		return REASON_NO_CERTIFICATE;
	why = REASON_FP_UNSUPPORTED;
	for (uint8_t i = 0; i < set->n; i++) {
		if (!is_usable(t->ctx, set->v[i].hash))
			continue;
		if (is_shown(t, &set->v[i]))
			return REASON_NONE;
		why = REASON_FP_MISMATCH;
	}
	return why;
}

int
tls_on_verify(X509_STORE_CTX *sc, void *unused)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(sc, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);
	const X509 *cert = X509_STORE_CTX_get0_cert(sc);

	(void)unused;
	if (cert)
		take_fingerprints(t, cert);
	t->refused = judge(t);
	/* CERT_REJECTED is what OpenSSL turns into the alert bad_certificate (RFC 8122 section 6.2). */
	X509_STORE_CTX_set_error(sc, t->refused == REASON_NONE ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
	return t->refused == REASON_NONE;
}

void
tls_on_message(int out, int version, int type, const void *buf, size_t len, SSL *ssl, void *unused)
{
	struct tls *t = SSL_get_app_data(ssl);
	const uint8_t *p = buf;

	(void)version;
	(void)unused;
	if (type == SSL3_RT_HANDSHAKE && out && len > 0 && p[0] == SSL3_MT_CERTIFICATE_REQUEST)
		t->asked = true;
	/* What we answer by an alert and go on, such as the wish to begin anew, counts as well. */
	if (((type == SSL3_RT_HANDSHAKE && !out) || (type == SSL3_RT_ALERT && out)) && t->talk <= TLS_TALK_MAX)
		t->talk++;
	if (type == SSL3_RT_ALERT && len == 2) {
		if (out)
			t->alert_out = p[1];
		else
			t->alert_in = p[1];
	}
}

struct tls *
tls_new(const struct tls_ctx *ctx, bool server, const struct fpr_list *fprs)
{
	struct tls *t = calloc(1, sizeof(*t));
	BIO *bio;

	if (!t)
		return NULL;
	t->ctx = ctx;
	t->server = server;
	t->fprs = fprs;
	t->ssl = SSL_new(ctx->ssl_ctx);
	bio = BIO_new(ctx->wire);
	if (!t->ssl || !bio) {
		BIO_free(bio);
		SSL_free(t->ssl);
		free(t);
		ERR_clear_error();
		return NULL;
	}
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	SSL_set_app_data(t->ssl, t);
	if (server)
		SSL_set_accept_state(t->ssl);
	else
		SSL_set_connect_state(t->ssl);
	return t;
}

void
tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_free(t->ssl);
	tls_secrets_free(t->secrets);
	free(t);
}

int
tls_set_fprs(struct tls *t, const struct fpr_list *fprs)
{
	enum reason why;

	t->fprs = fprs;
	if (t->shown == 0)
		return 0;
	why = judge(t);
	if (why == REASON_NONE)
		return 0;
	t->failed = why;
	return why == REASON_FP_UNSUPPORTED ? ERR_UNSUPPORTED : ERR_MISMATCH;
}

/* Classifies a failed OpenSSL call and empties the thread's error queue. */
static enum tls_result
fail(struct tls *t)
{
	unsigned long e = ERR_peek_error();

	if (t->refused != REASON_NONE)
		t->failed = t->refused;
	else if (t->alert_in)
		t->failed = REASON_TLS_ALERT;
	else if (ERR_GET_LIB(e) == ERR_LIB_SSL && ERR_GET_REASON(e) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		t->failed = REASON_NO_CERTIFICATE;
	else
		t->failed = REASON_TLS_FAILED;
	t->detail = e ? ERR_reason_error_string(e) : t->talk > TLS_TALK_MAX ? "a flood of TLS's own messages" : NULL;
	ERR_clear_error();
	return TLS_FAIL;
}

/* Result of an OpenSSL call that returned <= 0. */
static enum tls_result
outcome(struct tls *t, int rc)
{
	int e = SSL_get_error(t->ssl, rc);

	if (e == SSL_ERROR_WANT_READ)
		return TLS_WANT;
	if (e == SSL_ERROR_ZERO_RETURN)
		return TLS_EOF;
	return fail(t);
}

/* OpenSSL tells a failure from a wait by the thread's error queue: nothing old may be in it. Looking is cheaper than
 * clearing. */
static void
begin(struct tls *t, struct tls_wire *w)
{
	t->wire = w;
	t->talk = 0;
	if (ERR_peek_error())
		ERR_clear_error();
}

enum tls_result
tls_handshake(struct tls *t, struct tls_wire *w)
{
	enum tls_result res;
	int rc;

	if (t->failed != REASON_NONE)
		return TLS_FAIL;
	if (!t->server && !t->fprs)
		return TLS_PAUSED;
	begin(t, w);
	rc = SSL_do_handshake(t->ssl);
	res = rc == 1 ? TLS_OK : outcome(t, rc);
	t->wire = NULL;
	if (res == TLS_OK)
		tls_shed(t->ssl);
	if (res == TLS_WANT && t->asked && !t->fprs)
		return TLS_PAUSED;
	/* A close_notify in the middle of a handshake. */
	return res == TLS_EOF ? fail(t) : res;
}

enum tls_result
tls_read(struct tls *t, struct tls_wire *w, uint8_t *buf, size_t cap, size_t *n)
{
	enum tls_result res = TLS_OK;

	*n = 0;
	if (t->failed != REASON_NONE)
		return TLS_FAIL;
	begin(t, w);
	while (*n < cap && res == TLS_OK) {
		size_t got = 0;
		int rc = SSL_read_ex(t->ssl, buf + *n, cap - *n, &got);

		if (rc != 1)
			res = outcome(t, rc);
		else if (w->in_len == 0 && !SSL_has_pending(t->ssl))
			res = TLS_WANT; /* as another call would say */
		*n += got;
	}
	t->wire = NULL;
	return res;
}

enum tls_result
tls_write(struct tls *t, struct tls_wire *w, const void *buf, size_t len)
{
	const uint8_t *p = buf;
	enum tls_result res = TLS_OK;

	if (t->failed != REASON_NONE)
		return TLS_FAIL;
	begin(t, w);
	while (len && res == TLS_OK) {
		size_t put = 0;
		int rc = SSL_write_ex(t->ssl, p, len, &put);

		if (rc == 1) {
			p += put;
			len -= put;
		} else {
			res = fail(t);
		}
	}
	t->wire = NULL;
	return res;
}

void
tls_finish(struct tls *t, struct tls_wire *w)
{
	if (t->failed != REASON_NONE || !SSL_is_init_finished(t->ssl) ||
	    (SSL_get_shutdown(t->ssl) & SSL_SENT_SHUTDOWN))
		return;
	begin(t, w);
	(void)SSL_shutdown(t->ssl);
	ERR_clear_error();
	t->wire = NULL;
}

struct tls_failure
tls_failure(const struct tls *t)
{
	return (struct tls_failure){ .reason = t->failed,
		                     .alert = t->failed == REASON_TLS_ALERT ? t->alert_in : t->alert_out,
		                     .detail = t->detail };
}

const char *
tls_version_text(const struct tls *t)
{
	return SSL_get_version(t->ssl);
}
