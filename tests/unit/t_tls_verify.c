/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom TLS lets in: fingerprints known, wrong, weak, missing, late. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "tests/lib/tls_rig.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "tls_verify";

static void
a_wrong_fingerprint_ends_in_bad_certificate(void)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

	for (int i = 0; i < 4; i++) {
		bool server = i & 1;
		struct tls_rig r;
		struct tls_end *us;
		char got[64];

		tls_rig_init(&r, server ? 's' : 'c', (struct tls_peer_conf){ .version = versions[i / 2] });
		us = server ? &r.server : &r.client;
		r.fprs[server]->v[0].digest[31] ^= 1;
		tls_rig_shake(&r);
		CU_ASSERT_EQUAL(us->last, TLS_FAIL);
		CU_ASSERT_EQUAL(tls_failure(us->tls).reason, REASON_FP_MISMATCH);
		CU_ASSERT_EQUAL(tls_failure(us->tls).alert, 42);
		tls_rig_ssl_in(server ? &r.client : &r.server);
		CU_ASSERT_TRUE(SSL_read(r.peer.ssl, got, sizeof(got)) <= 0);
		tls_rig_fini(&r);
	}
}

static void
the_peer_hears_why_it_was_rejected(void)
{
	struct tls_rig r;
	uint8_t buf[8];
	size_t n;

	tls_rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
	r.fprs[1]->v[0].digest[0] ^= 0x80; /* the server expects another client */
	tls_rig_shake(&r);
	CU_ASSERT_EQUAL(r.server.last, TLS_FAIL);
	CU_ASSERT_EQUAL(r.client.last, TLS_OK); /* TLS 1.3: it hears of it behind its Finished */
	CU_ASSERT_EQUAL(tls_rig_drain(&r.client, buf, sizeof(buf), &n), TLS_FAIL);
	CU_ASSERT_EQUAL(tls_failure(r.client.tls).reason, REASON_TLS_ALERT);
	CU_ASSERT_EQUAL(tls_failure(r.client.tls).alert, 42);
	tls_rig_fini(&r);
}

static void
a_client_without_certificate_is_told_so(void)
{
	static const struct {
		int version;
		uint8_t alert;
	} rows[] = { { TLS1_2_VERSION, 40 }, { TLS1_3_VERSION, 116 } };

	for (int i = 0; i < 2; i++) {
		struct tls_rig r;

		tls_rig_init(&r, 's', (struct tls_peer_conf){ .version = rows[i].version, .no_certificate = true });
		tls_rig_shake(&r);
		CU_ASSERT_EQUAL(r.server.last, TLS_FAIL);
		CU_ASSERT_EQUAL(tls_failure(r.server.tls).reason, REASON_NO_CERTIFICATE);
		CU_ASSERT_EQUAL(tls_failure(r.server.tls).alert, rows[i].alert);
		tls_rig_fini(&r);
	}
}

static enum reason
try_set(const struct fpr_set *set, bool allow_sha1)
{
	const struct tls_ctx_conf tc = { .min_version = 12, .allow_sha1 = allow_sha1 };
	struct fpr_set expected = { .n = set->n, .unknown = set->unknown };
	enum reason why = REASON_NONE;
	const char *text;
	struct tls_ctx *ctx = tls_ctx_new(&tc, &text);
	struct tls_rig r;

	tls_rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
	for (uint8_t i = 0; i < set->n; i++) {
		expected.v[i].hash = set->v[i].hash;
		if (tls_ctx_fingerprint(r.ctx[1], set->v[i].hash, &expected.v[i]) == 0 && set->v[i].digest[0])
			expected.v[i].digest[0] ^= 1;
	}
	tls_free(r.server.tls);
	free(r.fprs[1]);
	r.fprs[1] = fpr_list_new(&expected);
	r.server.tls = tls_new(ctx, true, r.fprs[1]);
	tls_ctx_fingerprint(ctx, FPR_SHA256, &r.fprs[0]->v[0]);
	tls_rig_shake(&r);
	if (r.server.last == TLS_FAIL)
		why = tls_failure(r.server.tls).reason;
	else
		CU_ASSERT_EQUAL(r.server.last, TLS_OK);
	tls_rig_fini(&r);
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
pause_server(struct tls_rig *r, struct tls_peer_conf conf, size_t chunk)
{
	tls_rig_init(r, 's', conf);
	tls_free(r->server.tls);
	r->server.tls = tls_new(r->ctx[0], true, NULL);
	r->server.chunk = chunk;
	tls_rig_shake(r);
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
		struct tls_rig r;
		size_t waiting;

		pause_server(&r, pause_rows[i / 2], i & 1 ? 1 : TLS_PIPE_MAX);
		waiting = r.server.rx->to - r.server.rx->from;
		CU_ASSERT_TRUE(waiting > 300); /* its certificate, untouched */
		CU_ASSERT_EQUAL(tls_set_fprs(r.server.tls, r.fprs[1]), 0);
		tls_rig_shake(&r);
		CU_ASSERT_EQUAL(r.server.last, TLS_OK);
		CU_ASSERT_EQUAL(r.client.last, TLS_OK);
		tls_rig_check_transfer(&r.client, &r.server);
		tls_rig_fini(&r);
	}
}

static void
a_paused_handshake_still_rejects_a_wrong_certificate(void)
{
	for (int i = 0; i < 3; i++) {
		struct tls_rig r;

		pause_server(&r, pause_rows[i], TLS_PIPE_MAX);
		r.fprs[1]->v[0].digest[5] ^= 1;
		CU_ASSERT_EQUAL(tls_set_fprs(r.server.tls, r.fprs[1]), 0);
		tls_rig_shake(&r);
		CU_ASSERT_EQUAL(r.server.last, TLS_FAIL);
		CU_ASSERT_EQUAL(tls_failure(r.server.tls).reason, REASON_FP_MISMATCH);
		tls_rig_fini(&r);
	}
}

static void
bytes_behind_the_finished_stay_unread(void)
{
	static const uint8_t app[] = "MSRP early SEND";
	struct tls_rig r;
	uint8_t got[64];
	size_t n;

	pause_server(&r, pause_rows[1], TLS_PIPE_MAX);
	CU_ASSERT_EQUAL(r.client.last, TLS_OK);
	tls_rig_send(&r.client, app, sizeof(app));
	CU_ASSERT_EQUAL(tls_set_fprs(r.server.tls, r.fprs[1]), 0);
	tls_rig_shake(&r);
	CU_ASSERT_EQUAL(r.server.last, TLS_OK);
	CU_ASSERT_EQUAL(r.server.rx->to - r.server.rx->from, sizeof(app) + 22); /* one record, not touched */
	CU_ASSERT_EQUAL(tls_rig_drain(&r.server, got, sizeof(got), &n), TLS_WANT);
	CU_ASSERT_EQUAL(n, sizeof(app));
	tls_rig_fini(&r);
}

static void
a_client_does_not_begin_without_fingerprint(void)
{
	struct tls_wire w = { .out = tls_rig_scratch, .out_cap = sizeof(tls_rig_scratch) };
	struct tls_rig r;

	tls_rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
	tls_free(r.client.tls);
	r.client.tls = tls_new(r.ctx[1], false, NULL);
	CU_ASSERT_EQUAL(tls_handshake(r.client.tls, &w), TLS_PAUSED);
	CU_ASSERT_EQUAL(w.out_len, 0);
	CU_ASSERT_EQUAL(tls_set_fprs(r.client.tls, r.fprs[0]), 0);
	tls_rig_shake(&r);
	CU_ASSERT_EQUAL(r.client.last, TLS_OK);
	tls_rig_fini(&r);
}

static void
new_fingerprints_are_held_against_the_certificate_in_use(void)
{
	const struct fpr_set unknown = { .unknown = 1 };
	struct fpr_list *other, *weak = fpr_list_new(&unknown);
	struct fpr_set set;
	uint8_t buf[8];
	size_t n;
	struct tls_rig r;
	struct tls_wire w;

	tls_rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
	tls_rig_shake(&r);
	fpr_list_get(r.fprs[1], &set);
	other = fpr_list_new(&set);
	CU_ASSERT_EQUAL(tls_set_fprs(r.server.tls, other), 0);
	other->v[0].digest[1] ^= 1;
	CU_ASSERT_EQUAL(tls_set_fprs(r.server.tls, weak), ERR_UNSUPPORTED);
	CU_ASSERT_EQUAL(tls_set_fprs(r.server.tls, other), ERR_MISMATCH);
	CU_ASSERT_EQUAL(tls_failure(r.server.tls).reason, REASON_FP_MISMATCH);
	w = tls_rig_lend(&r.server);
	CU_ASSERT_EQUAL(tls_read(r.server.tls, &w, buf, sizeof(buf), &n), TLS_FAIL);
	CU_ASSERT_EQUAL(tls_write(r.server.tls, &w, "x", 1), TLS_FAIL);
	tls_rig_fini(&r);
	free(other);
	free(weak);
}

const struct test_case test_cases[] = {
	TEST(a_wrong_fingerprint_ends_in_bad_certificate),
	TEST(the_peer_hears_why_it_was_rejected),
	TEST(a_client_without_certificate_is_told_so),
	TEST(any_usable_line_is_enough_and_weak_hashes_never_are),
	TEST(an_unknown_fingerprint_pauses_before_the_certificate_is_read),
	TEST(a_paused_handshake_still_rejects_a_wrong_certificate),
	TEST(bytes_behind_the_finished_stay_unread),
	TEST(a_client_does_not_begin_without_fingerprint),
	TEST(new_fingerprints_are_held_against_the_certificate_in_use),
	{ NULL, NULL },
};
