/* SPDX-License-Identifier: BSD-2-Clause */
/* Two endpoints back to back in memory: ours against ours, and ours against plain OpenSSL. */
#include "agw/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agw/tls_ctx.h"
#include "proto/base/err.h"
#include "tests/lib/tls_peer.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "tls";

enum { PIPE_MAX = 400 * 1024, OUT_MAX = 256 * 1024, APP_MAX = 100000, ROUNDS_MAX = 1000000 };

struct pipe {
	uint8_t *bytes;
	size_t from, to;
};

struct end {
	struct tls *tls; /* ours, or */
	SSL *ssl;        /* the other's */
	struct pipe *rx, *tx;
	size_t chunk; /* bytes a call is given at most */
	enum tls_result last;
};

struct rig {
	struct tls_ctx *ctx[2];
	struct tls_peer peer;
	struct pipe pipe[2];
	struct end server, client;
	struct fpr_set fprs[2]; /* of the server's and the client's certificate */
};

static uint8_t scratch[OUT_MAX];

static void
put(struct pipe *p, const void *bytes, size_t n)
{
	if (p->to + n > PIPE_MAX)
		abort();
	memcpy(p->bytes + p->to, bytes, n);
	p->to += n;
}

static struct tls_wire
lend(struct end *e)
{
	size_t n = e->rx->to - e->rx->from;

	return (struct tls_wire){ .in = e->rx->bytes + e->rx->from,
		                  .in_len = n < e->chunk ? n : e->chunk,
		                  .out = scratch,
		                  .out_cap = sizeof(scratch) };
}

static bool
settle(struct end *e, const struct tls_wire *w)
{
	size_t used = (size_t)(w->in - (e->rx->bytes + e->rx->from));

	e->rx->from += used;
	put(e->tx, w->out, w->out_len);
	return used || w->out_len;
}

/* The same for plain OpenSSL, whose BIOs are memory. */
static void
ssl_in(struct end *e)
{
	size_t n = e->rx->to - e->rx->from;

	if (n > e->chunk)
		n = e->chunk;
	if (n)
		BIO_write(SSL_get_rbio(e->ssl), e->rx->bytes + e->rx->from, (int)n);
	e->rx->from += n;
}

static bool
ssl_out(struct end *e)
{
	int n = BIO_read(SSL_get_wbio(e->ssl), scratch, sizeof(scratch));

	if (n > 0)
		put(e->tx, scratch, (size_t)n);
	return n > 0;
}

static bool
step_handshake(struct end *e)
{
	size_t before = e->rx->from;
	bool wrote;

	if (e->last == TLS_OK || e->last == TLS_FAIL)
		return false;
	if (e->ssl) {
		int rc;

		ssl_in(e);
		rc = SSL_do_handshake(e->ssl);
		e->last = rc == 1 ? TLS_OK : SSL_get_error(e->ssl, rc) == SSL_ERROR_WANT_READ ? TLS_WANT : TLS_FAIL;
		wrote = ssl_out(e);
	} else {
		struct tls_wire w = lend(e);

		e->last = tls_handshake(e->tls, &w);
		wrote = settle(e, &w);
	}
	return wrote || e->rx->from != before || e->last == TLS_OK;
}

static void
shake(struct rig *r)
{
	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		bool moved = step_handshake(&r->client);

		moved |= step_handshake(&r->server);
		if (!moved)
			return;
	}
	CU_FAIL("the handshake does not come to rest");
}

/* Everything that waits in rx, decrypted. */
static enum tls_result
drain(struct end *e, uint8_t *buf, size_t cap, size_t *len)
{
	enum tls_result res = TLS_WANT;

	*len = 0;
	for (unsigned i = 0; i < ROUNDS_MAX && res != TLS_FAIL && res != TLS_EOF && e->rx->from < e->rx->to; i++) {
		struct tls_wire w = lend(e);
		size_t n;

		res = tls_read(e->tls, &w, buf + *len, cap - *len, &n);
		*len += n;
		settle(e, &w);
	}
	return res;
}

/* ours: 's' our server, 'c' our client, 'b' both; the other side is plain OpenSSL with conf. */
static void
rig_init(struct rig *r, char ours, struct tls_peer_conf conf)
{
	const struct tls_ctx_conf tc = { .min_version = 12 };
	const char *why;

	memset(r, 0, sizeof(*r));
	for (int i = 0; i < 2; i++) {
		r->ctx[i] = tls_ctx_new(&tc, &why);
		r->pipe[i].bytes = malloc(PIPE_MAX);
		r->fprs[i].n = 1;
		CU_ASSERT_PTR_NOT_NULL_FATAL(r->ctx[i]);
		tls_ctx_fingerprint(r->ctx[i], FPR_SHA256, &r->fprs[i].v[0]);
	}
	r->server = (struct end){ .rx = &r->pipe[0], .tx = &r->pipe[1], .chunk = PIPE_MAX, .last = TLS_WANT };
	r->client = (struct end){ .rx = &r->pipe[1], .tx = &r->pipe[0], .chunk = PIPE_MAX, .last = TLS_WANT };
	if (ours != 'b') {
		struct end *other = ours == 's' ? &r->client : &r->server;

		conf.server = ours == 'c';
		tls_peer_init(&r->peer, &conf);
		SSL_set_bio(r->peer.ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
		other->ssl = r->peer.ssl;
		r->fprs[ours == 's'] = tls_peer_fprs(&r->peer, FPR_SHA256);
	}
	if (ours != 'c')
		r->server.tls = tls_new(r->ctx[0], true, &r->fprs[1]);
	if (ours != 's')
		r->client.tls = tls_new(r->ctx[1], false, &r->fprs[0]);
}

static void
rig_fini(struct rig *r)
{
	tls_free(r->server.tls);
	tls_free(r->client.tls);
	if (r->peer.ssl)
		tls_peer_fini(&r->peer);
	for (int i = 0; i < 2; i++) {
		tls_ctx_free(r->ctx[i]);
		free(r->pipe[i].bytes);
	}
}

static void
send_app(struct end *e, const uint8_t *bytes, size_t len)
{
	if (e->ssl) {
		CU_ASSERT_EQUAL(SSL_write(e->ssl, bytes, (int)len), (int)len);
		ssl_out(e);
	} else {
		struct tls_wire w = { .out = scratch, .out_cap = sizeof(scratch) };

		CU_ASSERT_EQUAL(tls_write(e->tls, &w, bytes, len), TLS_OK);
		put(e->tx, scratch, w.out_len);
	}
}

static void
check_transfer(struct end *from, struct end *to)
{
	static uint8_t sent[APP_MAX], got[APP_MAX + 1];
	size_t len;

	for (size_t i = 0; i < APP_MAX; i++)
		sent[i] = (uint8_t)(rand() >> 7);
	send_app(from, sent, APP_MAX);
	CU_ASSERT_EQUAL(drain(to, got, sizeof(got), &len), TLS_WANT);
	CU_ASSERT_EQUAL(len, APP_MAX);
	CU_ASSERT_EQUAL(memcmp(sent, got, APP_MAX), 0);
}

static void
moves_bytes_both_ways_however_they_are_cut(void)
{
	static const size_t chunks[] = { 1, 2, 5, 6, 1000, PIPE_MAX };

	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		struct rig r;
		uint8_t buf[16];
		size_t n;
		struct tls_wire w = { .out = scratch, .out_cap = sizeof(scratch) };

		rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
		r.server.chunk = r.client.chunk = chunks[i];
		shake(&r);
		CU_ASSERT_EQUAL(r.server.last, TLS_OK);
		CU_ASSERT_EQUAL(r.client.last, TLS_OK);
		CU_ASSERT_STRING_EQUAL(tls_version_text(r.server.tls), "TLSv1.3");
		CU_ASSERT_EQUAL(r.client.rx->from, r.client.rx->to); /* no ticket follows the handshake */
		check_transfer(&r.client, &r.server);
		check_transfer(&r.server, &r.client);
		tls_finish(r.client.tls, &w);
		tls_finish(r.client.tls, &w);
		put(r.client.tx, w.out, w.out_len);
		CU_ASSERT_EQUAL(drain(&r.server, buf, sizeof(buf), &n), TLS_EOF);
		check_transfer(&r.server, &r.client); /* half closed: the other way still works */
		rig_fini(&r);
	}
}

static void
speaks_both_versions_in_both_roles(void)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	static const size_t chunks[] = { 1, PIPE_MAX };

	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++) {
			struct rig r;

			rig_init(&r, 's', (struct tls_peer_conf){ .version = versions[i] });
			r.server.chunk = chunks[j];
			shake(&r);
			CU_ASSERT_EQUAL(r.server.last, TLS_OK);
			CU_ASSERT_EQUAL(r.client.last, TLS_OK);
			check_transfer(&r.client, &r.server);
			rig_fini(&r);
			rig_init(&r, 'c', (struct tls_peer_conf){ .version = versions[i] });
			r.client.chunk = chunks[j];
			shake(&r);
			CU_ASSERT_EQUAL(r.server.last, TLS_OK);
			CU_ASSERT_EQUAL(r.client.last, TLS_OK);
			check_transfer(&r.server, &r.client);
			rig_fini(&r);
		}
}

static void
a_wrong_fingerprint_ends_in_bad_certificate(void)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

	for (int i = 0; i < 4; i++) {
		bool server = i & 1;
		struct rig r;
		struct end *us;
		char got[64];

		rig_init(&r, server ? 's' : 'c', (struct tls_peer_conf){ .version = versions[i / 2] });
		us = server ? &r.server : &r.client;
		r.fprs[server].v[0].digest[31] ^= 1;
		shake(&r);
		CU_ASSERT_EQUAL(us->last, TLS_FAIL);
		CU_ASSERT_EQUAL(tls_failure(us->tls).reason, REASON_FP_MISMATCH);
		CU_ASSERT_EQUAL(tls_failure(us->tls).alert, 42);
		ssl_in(server ? &r.client : &r.server);
		CU_ASSERT_TRUE(SSL_read(r.peer.ssl, got, sizeof(got)) <= 0);
		rig_fini(&r);
	}
}

static void
the_peer_hears_why_it_was_rejected(void)
{
	struct rig r;
	uint8_t buf[8];
	size_t n;

	rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
	r.fprs[1].v[0].digest[0] ^= 0x80; /* the server expects another client */
	shake(&r);
	CU_ASSERT_EQUAL(r.server.last, TLS_FAIL);
	CU_ASSERT_EQUAL(r.client.last, TLS_OK); /* TLS 1.3: it hears of it behind its Finished */
	CU_ASSERT_EQUAL(drain(&r.client, buf, sizeof(buf), &n), TLS_FAIL);
	CU_ASSERT_EQUAL(tls_failure(r.client.tls).reason, REASON_TLS_ALERT);
	CU_ASSERT_EQUAL(tls_failure(r.client.tls).alert, 42);
	rig_fini(&r);
}

static void
a_client_without_certificate_is_told_so(void)
{
	static const struct {
		int version;
		uint8_t alert;
	} rows[] = { { TLS1_2_VERSION, 40 }, { TLS1_3_VERSION, 116 } };

	for (int i = 0; i < 2; i++) {
		struct rig r;

		rig_init(&r, 's', (struct tls_peer_conf){ .version = rows[i].version, .no_certificate = true });
		shake(&r);
		CU_ASSERT_EQUAL(r.server.last, TLS_FAIL);
		CU_ASSERT_EQUAL(tls_failure(r.server.tls).reason, REASON_NO_CERTIFICATE);
		CU_ASSERT_EQUAL(tls_failure(r.server.tls).alert, rows[i].alert);
		rig_fini(&r);
	}
}

static enum reason
try_set(const struct fpr_set *set, bool allow_sha1)
{
	const struct tls_ctx_conf tc = { .min_version = 12, .allow_sha1 = allow_sha1 };
	enum reason why = REASON_NONE;
	const char *text;
	struct tls_ctx *ctx = tls_ctx_new(&tc, &text);
	struct rig r;

	rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
	for (uint8_t i = 0; i < set->n; i++) {
		r.fprs[1].v[i].hash = set->v[i].hash;
		if (tls_ctx_fingerprint(r.ctx[1], set->v[i].hash, &r.fprs[1].v[i]) == 0 && set->v[i].digest[0])
			r.fprs[1].v[i].digest[0] ^= 1;
	}
	r.fprs[1].n = set->n;
	r.fprs[1].unknown = set->unknown;
	tls_free(r.server.tls);
	r.server.tls = tls_new(ctx, true, &r.fprs[1]);
	tls_ctx_fingerprint(ctx, FPR_SHA256, &r.fprs[0].v[0]);
	shake(&r);
	if (r.server.last == TLS_FAIL)
		why = tls_failure(r.server.tls).reason;
	else
		CU_ASSERT_EQUAL(r.server.last, TLS_OK);
	rig_fini(&r);
	tls_ctx_free(ctx);
	return why;
}

/* digest[0] != 0 in a row: that line is wrong. */
#define GOOD(h) { .hash = (h) }
#define BAD(h) { .hash = (h), .digest = { 1 } }

static void
any_usable_line_is_enough_and_weak_hashes_never_are(void)
{
	static const struct {
		struct fpr_set set;
		bool allow_sha1;
		enum reason why;
	} rows[] = {
		{ { 1, 0, { GOOD(FPR_SHA384) } }, false, REASON_NONE },
		{ { 1, 0, { GOOD(FPR_SHA512) } }, false, REASON_NONE },
		{ { 2, 0, { BAD(FPR_SHA256), GOOD(FPR_SHA256) } }, false, REASON_NONE },
		{ { 2, 1, { BAD(FPR_SHA512), GOOD(FPR_SHA256) } }, false, REASON_NONE },
		{ { 2, 0, { BAD(FPR_SHA512), BAD(FPR_SHA256) } }, false, REASON_FP_MISMATCH },
		{ { 1, 0, { GOOD(FPR_SHA1) } }, false, REASON_FP_UNSUPPORTED },
		{ { 1, 0, { GOOD(FPR_SHA1) } }, true, REASON_NONE },
		{ { 1, 0, { BAD(FPR_SHA1) } }, true, REASON_FP_MISMATCH },
		{ { 2, 0, { GOOD(FPR_SHA1), BAD(FPR_SHA256) } }, false, REASON_FP_MISMATCH },
		{ { 1, 0, { GOOD(FPR_SHA224) } }, false, REASON_FP_UNSUPPORTED },
		{ { 0, 2, { { 0 } } }, false, REASON_FP_UNSUPPORTED },
		{ { 0, 0, { { 0 } } }, false, REASON_FP_MISSING },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum reason why = try_set(&rows[i].set, rows[i].allow_sha1);

		if (why != rows[i].why)
			printf("\n  row %zu: %s", i, reason_text(why));
		CU_ASSERT_EQUAL(why, rows[i].why);
	}
}

/* Our server, fingerprint unknown; returns with the handshake paused and the client's flight waiting. */
static void
pause_server(struct rig *r, struct tls_peer_conf conf, size_t chunk)
{
	rig_init(r, 's', conf);
	tls_free(r->server.tls);
	r->server.tls = tls_new(r->ctx[0], true, NULL);
	r->server.chunk = chunk;
	shake(r);
	CU_ASSERT_EQUAL(r->server.last, TLS_PAUSED);
}

static const struct tls_peer_conf pause_rows[] = {
	{ .version = TLS1_2_VERSION },
	{ .version = TLS1_3_VERSION },
	/* The first group's key share is of no use to us: HelloRetryRequest. */
	{ .version = TLS1_3_VERSION, .groups = "P-521:P-256" },
};

static void
an_unknown_fingerprint_pauses_before_the_certificate_is_read(void)
{
	for (int i = 0; i < 6; i++) {
		struct rig r;
		size_t waiting;

		pause_server(&r, pause_rows[i / 2], i & 1 ? 1 : PIPE_MAX);
		waiting = r.server.rx->to - r.server.rx->from;
		CU_ASSERT_TRUE(waiting > 300); /* its certificate, untouched */
		CU_ASSERT_EQUAL(tls_set_fprs(r.server.tls, &r.fprs[1]), 0);
		shake(&r);
		CU_ASSERT_EQUAL(r.server.last, TLS_OK);
		CU_ASSERT_EQUAL(r.client.last, TLS_OK);
		check_transfer(&r.client, &r.server);
		rig_fini(&r);
	}
}

static void
a_paused_handshake_still_rejects_a_wrong_certificate(void)
{
	for (int i = 0; i < 3; i++) {
		struct rig r;

		pause_server(&r, pause_rows[i], PIPE_MAX);
		r.fprs[1].v[0].digest[5] ^= 1;
		CU_ASSERT_EQUAL(tls_set_fprs(r.server.tls, &r.fprs[1]), 0);
		shake(&r);
		CU_ASSERT_EQUAL(r.server.last, TLS_FAIL);
		CU_ASSERT_EQUAL(tls_failure(r.server.tls).reason, REASON_FP_MISMATCH);
		rig_fini(&r);
	}
}

static void
bytes_behind_the_finished_stay_unread(void)
{
	static const uint8_t app[] = "MSRP early SEND";
	struct rig r;
	uint8_t got[64];
	size_t n;

	pause_server(&r, pause_rows[1], PIPE_MAX);
	CU_ASSERT_EQUAL(r.client.last, TLS_OK);
	send_app(&r.client, app, sizeof(app));
	CU_ASSERT_EQUAL(tls_set_fprs(r.server.tls, &r.fprs[1]), 0);
	shake(&r);
	CU_ASSERT_EQUAL(r.server.last, TLS_OK);
	CU_ASSERT_EQUAL(r.server.rx->to - r.server.rx->from, sizeof(app) + 22); /* one record, not touched */
	CU_ASSERT_EQUAL(drain(&r.server, got, sizeof(got), &n), TLS_WANT);
	CU_ASSERT_EQUAL(n, sizeof(app));
	rig_fini(&r);
}

static void
a_client_does_not_begin_without_fingerprint(void)
{
	struct tls_wire w = { .out = scratch, .out_cap = sizeof(scratch) };
	struct rig r;

	rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
	tls_free(r.client.tls);
	r.client.tls = tls_new(r.ctx[1], false, NULL);
	CU_ASSERT_EQUAL(tls_handshake(r.client.tls, &w), TLS_PAUSED);
	CU_ASSERT_EQUAL(w.out_len, 0);
	CU_ASSERT_EQUAL(tls_set_fprs(r.client.tls, &r.fprs[0]), 0);
	shake(&r);
	CU_ASSERT_EQUAL(r.client.last, TLS_OK);
	rig_fini(&r);
}

static void
new_fingerprints_are_held_against_the_certificate_in_use(void)
{
	struct fpr_set other, weak = { .unknown = 1 };
	uint8_t buf[8];
	size_t n;
	struct rig r;
	struct tls_wire w;

	rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
	shake(&r);
	other = r.fprs[1];
	CU_ASSERT_EQUAL(tls_set_fprs(r.server.tls, &other), 0);
	other.v[0].digest[1] ^= 1;
	CU_ASSERT_EQUAL(tls_set_fprs(r.server.tls, &weak), ERR_UNSUPPORTED);
	CU_ASSERT_EQUAL(tls_set_fprs(r.server.tls, &other), ERR_MISMATCH);
	CU_ASSERT_EQUAL(tls_failure(r.server.tls).reason, REASON_FP_MISMATCH);
	w = lend(&r.server);
	CU_ASSERT_EQUAL(tls_read(r.server.tls, &w, buf, sizeof(buf), &n), TLS_FAIL);
	CU_ASSERT_EQUAL(tls_write(r.server.tls, &w, "x", 1), TLS_FAIL);
	rig_fini(&r);
}

static void
a_flipped_bit_of_a_record_is_never_delivered(void)
{
	static const uint8_t app[] = "MSRP 1 SEND";

	for (size_t at = 0; at < sizeof(app) + 22; at++) {
		struct rig r;
		uint8_t got[64];
		size_t n;
		enum tls_result res;

		rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
		shake(&r);
		send_app(&r.client, app, sizeof(app));
		r.server.rx->bytes[r.server.rx->from + at] ^= 1;
		res = drain(&r.server, got, sizeof(got), &n);
		/* A longer length just waits for bytes that never come. */
		CU_ASSERT_TRUE(res == TLS_FAIL || (res == TLS_WANT && (at == 3 || at == 4)));
		CU_ASSERT_EQUAL(n, 0);
		rig_fini(&r);
	}
}

static void
a_flipped_bit_of_the_handshake_never_opens_both_ends(void)
{
	struct rig r;

	for (unsigned i = 0; i < 200; i++) {
		unsigned hits = 0;

		rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
		r.server.chunk = r.client.chunk = 64;
		for (unsigned k = 0; k < ROUNDS_MAX; k++) {
			bool moved = step_handshake(&r.client);
			struct pipe *p = i & 1 ? r.server.rx : r.client.rx;

			if (!hits && p->to > p->from && p->to > i * 5) {
				p->bytes[p->from + (unsigned)rand() % (p->to - p->from)] ^= (uint8_t)(1u << (i % 8));
				hits++;
			}
			moved |= step_handshake(&r.server);
			if (!moved)
				break;
		}
		CU_ASSERT_FALSE(hits && r.server.last == TLS_OK && r.client.last == TLS_OK);
		rig_fini(&r);
	}
}

static void
answers_key_updates_and_survives_garbage(void)
{
	uint8_t junk[512], got[64];
	size_t n;
	struct rig r;

	rig_init(&r, 's', (struct tls_peer_conf){ .version = TLS1_3_VERSION });
	shake(&r);
	CU_ASSERT_EQUAL(SSL_key_update(r.peer.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	send_app(&r.client, (const uint8_t *)"x", 1);
	CU_ASSERT_EQUAL(drain(&r.server, got, sizeof(got), &n), TLS_WANT);
	CU_ASSERT_EQUAL(n, 1);
	send_app(&r.server, (const uint8_t *)"y", 1);
	CU_ASSERT_TRUE(r.client.rx->to - r.client.rx->from > 2 * 22); /* our own key update goes before */
	ssl_in(&r.client);
	CU_ASSERT_EQUAL(SSL_read(r.peer.ssl, got, sizeof(got)), 1);
	check_transfer(&r.client, &r.server);
	rig_fini(&r);
	for (unsigned i = 0; i < 200; i++) {
		rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
		for (size_t k = 0; k < sizeof(junk); k++)
			junk[k] = (uint8_t)rand();
		junk[0] = i & 1 ? 22 : junk[0];
		junk[1] = i & 1 ? 3 : junk[1];
		junk[2] = i & 1 ? 1 : junk[2];
		put(r.server.rx, junk, sizeof(junk));
		step_handshake(&r.server);
		CU_ASSERT_NOT_EQUAL(r.server.last, TLS_OK);
		rig_fini(&r);
	}
}

const struct test_case test_cases[] = {
	TEST(moves_bytes_both_ways_however_they_are_cut),
	TEST(speaks_both_versions_in_both_roles),
	TEST(a_wrong_fingerprint_ends_in_bad_certificate),
	TEST(the_peer_hears_why_it_was_rejected),
	TEST(a_client_without_certificate_is_told_so),
	TEST(any_usable_line_is_enough_and_weak_hashes_never_are),
	TEST(an_unknown_fingerprint_pauses_before_the_certificate_is_read),
	TEST(a_paused_handshake_still_rejects_a_wrong_certificate),
	TEST(bytes_behind_the_finished_stay_unread),
	TEST(a_client_does_not_begin_without_fingerprint),
	TEST(new_fingerprints_are_held_against_the_certificate_in_use),
	TEST(a_flipped_bit_of_a_record_is_never_delivered),
	TEST(a_flipped_bit_of_the_handshake_never_opens_both_ends),
	TEST(answers_key_updates_and_survives_garbage),
	{ NULL, NULL },
};
