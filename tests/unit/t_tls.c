/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes through TLS: every cut, both versions, both roles, damage. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "tests/lib/tls_rig.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "tls";

static void
moves_bytes_both_ways_however_they_are_cut(void)
{
	static const size_t chunks[] = { 1, 2, 5, 6, 1000, TLS_PIPE_MAX };

	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		struct tls_rig r;
		uint8_t buf[16];
		size_t n;
		struct tls_wire w = { .out = tls_rig_scratch, .out_cap = sizeof(tls_rig_scratch) };

		tls_rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
		r.server.chunk = r.client.chunk = chunks[i];
		tls_rig_shake(&r);
		CU_ASSERT_EQUAL(r.server.last, TLS_OK);
		CU_ASSERT_EQUAL(r.client.last, TLS_OK);
		CU_ASSERT_STRING_EQUAL(tls_version_text(r.server.tls), "TLSv1.3");
		CU_ASSERT_EQUAL(r.client.rx->from, r.client.rx->to); /* no ticket follows the handshake */
		tls_rig_check_transfer(&r.client, &r.server);
		tls_rig_check_transfer(&r.server, &r.client);
		tls_finish(r.client.tls, &w);
		tls_finish(r.client.tls, &w);
		tls_rig_put(r.client.tx, w.out, w.out_len);
		CU_ASSERT_EQUAL(tls_rig_drain(&r.server, buf, sizeof(buf), &n), TLS_EOF);
		tls_rig_check_transfer(&r.server, &r.client); /* half closed: the other way still works */
		tls_rig_fini(&r);
	}
}

static void
speaks_both_versions_in_both_roles(void)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	static const size_t chunks[] = { 1, TLS_PIPE_MAX };

	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++) {
			struct tls_rig r;

			tls_rig_init(&r, 's', (struct tls_peer_conf){ .version = versions[i] });
			r.server.chunk = chunks[j];
			tls_rig_shake(&r);
			CU_ASSERT_EQUAL(r.server.last, TLS_OK);
			CU_ASSERT_EQUAL(r.client.last, TLS_OK);
			tls_rig_check_transfer(&r.client, &r.server);
			tls_rig_fini(&r);
			tls_rig_init(&r, 'c', (struct tls_peer_conf){ .version = versions[i] });
			r.client.chunk = chunks[j];
			tls_rig_shake(&r);
			CU_ASSERT_EQUAL(r.server.last, TLS_OK);
			CU_ASSERT_EQUAL(r.client.last, TLS_OK);
			tls_rig_check_transfer(&r.server, &r.client);
			tls_rig_fini(&r);
		}
}

static void
takes_the_keys_and_groups_of_its_profile_and_no_others(void)
{
	static const struct {
		const char *key, *groups;
		bool ok[2]; /* TLS 1.2, 1.3 */
	} rows[] = {
		{ "P-256", "P-256", { true, true } },
		/* In TLS 1.2 the curves of certificates count among the groups. */
		{ "P-256", "X25519", { false, true } },
		{ "P-256", "P-384", { false, true } },
		{ "P-256", "X25519:P-256", { true, true } },
		{ "P-256", "P-521", { false, false } },
		{ "P-384", NULL, { true, true } },
		{ "RSA", "P-256", { true, true } },
		{ "RSA-PSS", NULL, { false, false } }, /* a key for nothing else, which hardly anybody has */
		{ "ED25519", NULL, { false, false } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int k = 0; k < 4; k++) {
			bool ok = rows[i].ok[k & 1], server = k < 2;
			struct tls_rig r;
			struct tls_end *us;

			tls_rig_init(&r, server ? 's' : 'c',
			             (struct tls_peer_conf){ .version = k & 1 ? TLS1_3_VERSION : TLS1_2_VERSION,
			                                     .groups = rows[i].groups,
			                                     .key = rows[i].key });
			us = server ? &r.server : &r.client;
			tls_rig_shake(&r);
			CU_ASSERT_EQUAL(us->last == TLS_OK, ok);
			if ((us->last == TLS_OK) != ok)
				printf("\n  row %zu: %s%s", i, k & 1 ? "TLS 1.3" : "TLS 1.2", server ? "" : ", client");
			else if (ok)
				tls_rig_check_transfer(server ? &r.client : &r.server, us);
			tls_rig_fini(&r);
		}
}

static void
a_flipped_bit_of_a_record_is_never_delivered(void)
{
	static const uint8_t app[] = "MSRP 1 SEND";

	for (size_t at = 0; at < sizeof(app) + 22; at++) {
		struct tls_rig r;
		uint8_t got[64];
		size_t n;
		enum tls_result res;

		tls_rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
		tls_rig_shake(&r);
		tls_rig_send(&r.client, app, sizeof(app));
		r.server.rx->bytes[r.server.rx->from + at] ^= 1;
		res = tls_rig_drain(&r.server, got, sizeof(got), &n);
		/* A longer length just waits for bytes that never come. */
		CU_ASSERT_TRUE(res == TLS_FAIL || (res == TLS_WANT && (at == 3 || at == 4)));
		CU_ASSERT_EQUAL(n, 0);
		tls_rig_fini(&r);
	}
}

static void
a_flipped_bit_of_the_handshake_never_opens_both_ends(void)
{
	struct tls_rig r;

	for (unsigned i = 0; i < 200; i++) {
		unsigned hits = 0;

		tls_rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
		r.server.chunk = r.client.chunk = 64;
		for (unsigned k = 0; k < TLS_RIG_ROUNDS_MAX; k++) {
			bool moved = tls_rig_step(&r.client);
			struct tls_pipe *p = i & 1 ? r.server.rx : r.client.rx;

			if (!hits && p->to > p->from && p->to > i * 5) {
				p->bytes[p->from + (unsigned)rand() % (p->to - p->from)] ^= (uint8_t)(1u << (i % 8));
				hits++;
			}
			moved |= tls_rig_step(&r.server);
			if (!moved)
				break;
		}
		CU_ASSERT_FALSE(hits && r.server.last == TLS_OK && r.client.last == TLS_OK);
		tls_rig_fini(&r);
	}
}

static void
answers_key_updates_and_survives_garbage(void)
{
	uint8_t junk[512], got[64];
	size_t n;
	struct tls_rig r;

	tls_rig_init(&r, 's', (struct tls_peer_conf){ .version = TLS1_3_VERSION });
	tls_rig_shake(&r);
	CU_ASSERT_EQUAL(SSL_key_update(r.peer.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	tls_rig_send(&r.client, (const uint8_t *)"x", 1);
	CU_ASSERT_EQUAL(tls_rig_drain(&r.server, got, sizeof(got), &n), TLS_WANT);
	CU_ASSERT_EQUAL(n, 1);
	tls_rig_send(&r.server, (const uint8_t *)"y", 1);
	CU_ASSERT_TRUE(r.client.rx->to - r.client.rx->from > 2 * 22); /* our own key update goes before */
	tls_rig_ssl_in(&r.client);
	CU_ASSERT_EQUAL(SSL_read(r.peer.ssl, got, sizeof(got)), 1);
	tls_rig_check_transfer(&r.client, &r.server);
	tls_rig_fini(&r);
	for (unsigned i = 0; i < 200; i++) {
		tls_rig_init(&r, 'b', (struct tls_peer_conf){ 0 });
		for (size_t k = 0; k < sizeof(junk); k++)
			junk[k] = (uint8_t)rand();
		junk[0] = i & 1 ? 22 : junk[0];
		junk[1] = i & 1 ? 3 : junk[1];
		junk[2] = i & 1 ? 1 : junk[2];
		tls_rig_put(r.server.rx, junk, sizeof(junk));
		tls_rig_step(&r.server);
		CU_ASSERT_NOT_EQUAL(r.server.last, TLS_OK);
		tls_rig_fini(&r);
	}
}

/* The peer changes its keys n times, each time with an octet, in what our end then reads at once. */
static void
change_keys(struct tls_rig *r, struct tls_end *peer, int n)
{
	for (int i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(SSL_key_update(r->peer.ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		tls_rig_send(peer, (const uint8_t *)"x", 1);
	}
}

static void
a_flood_of_key_updates_ends_the_connection(void)
{
	for (int i = 0; i < 2; i++) {
		uint8_t got[2 * TLS_TALK_MAX];
		struct tls_end *us, *peer;
		struct tls_rig r;
		size_t n;

		tls_rig_init(&r, "sc"[i], (struct tls_peer_conf){ .version = TLS1_3_VERSION });
		us = i ? &r.client : &r.server;
		peer = i ? &r.server : &r.client;
		tls_rig_shake(&r);
		for (int k = 0; k < 4; k++) {
			/* A server's two tickets are in the first one. */
			change_keys(&r, peer, TLS_TALK_MAX - 2);
			CU_ASSERT_EQUAL(tls_rig_drain(us, got, sizeof(got), &n), TLS_WANT);
			CU_ASSERT_EQUAL(n, TLS_TALK_MAX - 2);
		}
		change_keys(&r, peer, TLS_TALK_MAX + 1);
		CU_ASSERT_EQUAL(tls_rig_drain(us, got, sizeof(got), &n), TLS_FAIL);
		CU_ASSERT_EQUAL(n, TLS_TALK_MAX);
		CU_ASSERT_EQUAL(tls_failure(us->tls).reason, REASON_TLS_FAILED);
		CU_ASSERT_PTR_NOT_NULL(tls_failure(us->tls).detail);
		tls_rig_fini(&r);
	}
}

/* Bounds what an idle session costs: OpenSSL would keep keys and certificates of the handshake, 22 KiB in all. Where malloc is
 * somebody else's (sanitizers, valgrind) there is nothing to see. */
static void
check_what_stays(char ours)
{
	enum { N = 64, BYTES_MAX = 14 * 1024 };
	static struct tls_rig r[N];
	size_t before, after;

	for (unsigned i = 0; i < N; i++) {
		tls_rig_init(&r[i], ours, (struct tls_peer_conf){ .version = TLS1_3_VERSION });
		tls_rig_shake(&r[i]);
		CU_ASSERT_EQUAL((ours == 's' ? r[i].server : r[i].client).last, TLS_OK);
	}
	before = mallinfo2().uordblks;
	for (unsigned i = 0; i < N; i++) {
		struct tls_end *us = ours == 's' ? &r[i].server : &r[i].client;

		tls_free(us->tls);
		us->tls = NULL;
	}
	after = mallinfo2().uordblks;
	CU_ASSERT(before == after || (before - after) / N <= BYTES_MAX);
	if ((before - after) / N > BYTES_MAX)
		printf("%zu octets each\n", (before - after) / N);
	for (unsigned i = 0; i < N; i++)
		tls_rig_fini(&r[i]);
}

static void
an_open_connection_keeps_nothing_of_its_handshake(void)
{
	check_what_stays('s');
	check_what_stays('c');
}

const struct test_case test_cases[] = {
	TEST(moves_bytes_both_ways_however_they_are_cut),
	TEST(speaks_both_versions_in_both_roles),
	TEST(takes_the_keys_and_groups_of_its_profile_and_no_others),
	TEST(a_flipped_bit_of_a_record_is_never_delivered),
	TEST(a_flipped_bit_of_the_handshake_never_opens_both_ends),
	TEST(answers_key_updates_and_survives_garbage),
	TEST(a_flood_of_key_updates_ends_the_connection),
	TEST(an_open_connection_keeps_nothing_of_its_handshake),
	{ NULL, NULL },
};
