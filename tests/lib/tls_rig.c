/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/tls_rig.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

uint8_t tls_rig_scratch[TLS_RIG_OUT_MAX];

void
tls_rig_put(struct tls_pipe *p, const void *bytes, size_t n)
{
	if (p->to + n > TLS_PIPE_MAX)
		abort();
	memcpy(p->bytes + p->to, bytes, n);
	p->to += n;
}

struct tls_wire
tls_rig_lend(struct tls_end *e)
{
	size_t n = e->rx->to - e->rx->from;

	return (struct tls_wire){ .in = e->rx->bytes + e->rx->from,
		                  .in_len = n < e->chunk ? n : e->chunk,
		                  .out = tls_rig_scratch,
		                  .out_cap = sizeof(tls_rig_scratch) };
}

bool
tls_rig_settle(struct tls_end *e, const struct tls_wire *w)
{
	size_t used = (size_t)(w->in - (e->rx->bytes + e->rx->from));

	e->rx->from += used;
	tls_rig_put(e->tx, w->out, w->out_len);
	return used || w->out_len;
}

/* The same for plain OpenSSL, whose BIOs are memory. */
void
tls_rig_ssl_in(struct tls_end *e)
{
	size_t n = e->rx->to - e->rx->from;

	if (n > e->chunk)
		n = e->chunk;
	if (n)
		BIO_write(SSL_get_rbio(e->ssl), e->rx->bytes + e->rx->from, (int)n);
	e->rx->from += n;
}

static bool
ssl_out(struct tls_end *e)
{
	int n = BIO_read(SSL_get_wbio(e->ssl), tls_rig_scratch, sizeof(tls_rig_scratch));

	if (n > 0)
		tls_rig_put(e->tx, tls_rig_scratch, (size_t)n);
	return n > 0;
}

bool
tls_rig_step(struct tls_end *e)
{
	size_t before = e->rx->from;
	bool wrote;

	if (e->last == TLS_OK || e->last == TLS_FAIL)
		return false;
	if (e->ssl) {
		int rc;

		tls_rig_ssl_in(e);
		rc = SSL_do_handshake(e->ssl);
		e->last = rc == 1 ? TLS_OK : SSL_get_error(e->ssl, rc) == SSL_ERROR_WANT_READ ? TLS_WANT : TLS_FAIL;
		wrote = ssl_out(e);
	} else {
		struct tls_wire w = tls_rig_lend(e);

		e->last = tls_handshake(e->tls, &w);
		wrote = tls_rig_settle(e, &w);
	}
	return wrote || e->rx->from != before || e->last == TLS_OK;
}

void
tls_rig_shake(struct tls_rig *r)
{
	for (unsigned i = 0; i < TLS_RIG_ROUNDS_MAX; i++) {
		bool moved = tls_rig_step(&r->client);

		moved |= tls_rig_step(&r->server);
		if (!moved)
			return;
	}
	CU_FAIL("the handshake does not come to rest");
}

/* Everything that waits in rx, decrypted. */
enum tls_result
tls_rig_drain(struct tls_end *e, uint8_t *buf, size_t cap, size_t *len)
{
	enum tls_result res = TLS_WANT;

	*len = 0;
	for (unsigned i = 0; i < TLS_RIG_ROUNDS_MAX && res != TLS_FAIL && res != TLS_EOF && e->rx->from < e->rx->to; i++) {
		struct tls_wire w = tls_rig_lend(e);
		size_t n;

		res = tls_read(e->tls, &w, buf + *len, cap - *len, &n);
		*len += n;
		tls_rig_settle(e, &w);
	}
	return res;
}

void
tls_rig_init(struct tls_rig *r, char ours, struct tls_peer_conf conf)
{
	const struct tls_ctx_conf tc = { .min_version = 12, .keeps_secrets = true };
	struct fpr_set own = { .n = 1 };
	const char *why;

	memset(r, 0, sizeof(*r));
	for (int i = 0; i < 2; i++) {
		r->ctx[i] = tls_ctx_new(&tc, &why);
		r->pipe[i].bytes = malloc(TLS_PIPE_MAX);
		CU_ASSERT_PTR_NOT_NULL_FATAL(r->ctx[i]);
		tls_ctx_fingerprint(r->ctx[i], FPR_SHA256, &own.v[0]);
		r->fprs[i] = fpr_list_new(&own);
	}
	r->server = (struct tls_end){ .rx = &r->pipe[0], .tx = &r->pipe[1], .chunk = TLS_PIPE_MAX, .last = TLS_WANT };
	r->client = (struct tls_end){ .rx = &r->pipe[1], .tx = &r->pipe[0], .chunk = TLS_PIPE_MAX, .last = TLS_WANT };
	if (ours != 'b') {
		struct tls_end *other = ours == 's' ? &r->client : &r->server;

		conf.server = ours == 'c';
		tls_peer_init(&r->peer, &conf);
		SSL_set_bio(r->peer.ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
		other->ssl = r->peer.ssl;
		own = tls_peer_fprs(&r->peer, FPR_SHA256);
		free(r->fprs[ours == 's']);
		r->fprs[ours == 's'] = fpr_list_new(&own);
	}
	if (ours != 'c')
		r->server.tls = tls_new(r->ctx[0], true, r->fprs[1]);
	if (ours != 's')
		r->client.tls = tls_new(r->ctx[1], false, r->fprs[0]);
}

void
tls_rig_fini(struct tls_rig *r)
{
	tls_free(r->server.tls);
	tls_free(r->client.tls);
	if (r->peer.ssl)
		tls_peer_fini(&r->peer);
	for (int i = 0; i < 2; i++) {
		tls_ctx_free(r->ctx[i]);
		free(r->pipe[i].bytes);
		free(r->fprs[i]);
	}
}

void
tls_rig_send(struct tls_end *e, const uint8_t *bytes, size_t len)
{
	if (e->ssl) {
		CU_ASSERT_EQUAL(SSL_write(e->ssl, bytes, (int)len), (int)len);
		ssl_out(e);
	} else {
		struct tls_wire w = { .out = tls_rig_scratch, .out_cap = sizeof(tls_rig_scratch) };

		CU_ASSERT_EQUAL(tls_write(e->tls, &w, bytes, len), TLS_OK);
		tls_rig_put(e->tx, tls_rig_scratch, w.out_len);
	}
}

void
tls_rig_check_transfer(struct tls_end *from, struct tls_end *to)
{
	static uint8_t sent[TLS_RIG_APP_MAX], got[TLS_RIG_APP_MAX + 1];
	size_t len;

	for (size_t i = 0; i < TLS_RIG_APP_MAX; i++)
		sent[i] = (uint8_t)(rand() >> 7);
	tls_rig_send(from, sent, TLS_RIG_APP_MAX);
	CU_ASSERT_EQUAL(tls_rig_drain(to, got, sizeof(got), &len), TLS_WANT);
	CU_ASSERT_EQUAL(len, TLS_RIG_APP_MAX);
	CU_ASSERT_EQUAL(memcmp(sent, got, TLS_RIG_APP_MAX), 0);
}
