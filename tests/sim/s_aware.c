/* SPDX-License-Identifier: BSD-2-Clause */
/* Application-aware relays: MSRP from a UE behind TLS to a plain core peer and back, each leg with paths of
 * its own. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/aware_rig.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "aware";

static void
text_reports_chunks_and_nicknames_cross_with_the_right_paths(void)
{
	struct rig r;

	aware_begin(&r);
	aware_talk(&r);
	aware_pass(&r, &r.core, MSG("tx1a SEND", GW_CORE, CORE, "Message-ID: 7" CRLF "Byte-Range: 1-3/6" CRLF
	                            "Content-Type: text/plain" CRLF CRLF "abc" CRLF "-------tx1a+" CRLF)
	                   MSG("tx1b SEND", GW_CORE, CORE, "Message-ID: 7" CRLF "Byte-Range: 4-6/6" CRLF
	                       "Content-Type: text/plain" CRLF CRLF "def" CRLF "-------tx1b$" CRLF),
	           MSG("tx1a SEND", UE, GW_UE, "Message-ID: 7" CRLF "Byte-Range: 1-3/6" CRLF
	               "Content-Type: text/plain" CRLF CRLF "abc" CRLF "-------tx1a+" CRLF)
	           MSG("tx1b SEND", UE, GW_UE, "Message-ID: 7" CRLF "Byte-Range: 4-6/6" CRLF
	               "Content-Type: text/plain" CRLF CRLF "def" CRLF "-------tx1b$" CRLF));
	aware_pass(&r, &r.ue, MSG("tx1a 200 OK", GW_UE, UE, "-------tx1a$" CRLF)
	                   MSG("tx1b 200 OK", GW_UE, UE, "-------tx1b$" CRLF)
	                   MSG("rep1 REPORT", GW_UE, UE, "Message-ID: 7" CRLF "Status: 000 200 OK"
	                   CRLF "-------rep1$" CRLF),
	           MSG("tx1a 200 OK", CORE, GW_CORE, "-------tx1a$" CRLF)
	           MSG("tx1b 200 OK", CORE, GW_CORE, "-------tx1b$" CRLF)
	           MSG("rep1 REPORT", CORE, GW_CORE, "Message-ID: 7" CRLF "Status: 000 200 OK"
	           CRLF "-------rep1$" CRLF));
	aware_pass(&r, &r.ue, MSG("nick NICKNAME", GW_UE, UE, "Use-Nickname: \"A\"" CRLF "-------nick$" CRLF),
	           MSG("nick NICKNAME", CORE, GW_CORE, "Use-Nickname: \"A\"" CRLF "-------nick$" CRLF));
	rig_close(&r);
	CU_ASSERT_EQUAL(r.stats.msrp[T2].messages, 1);
	CU_ASSERT_EQUAL(r.stats.msrp[T2].chunks, 2);
	CU_ASSERT_EQUAL(r.stats.msrp[T2].octets, 6);
	CU_ASSERT_EQUAL(r.stats.msrp[T2].ok, 1);
	CU_ASSERT_EQUAL(r.stats.msrp[T1].chunks, 1);
	CU_ASSERT_EQUAL(r.stats.msrp[T1].reports, 1);
	CU_ASSERT_EQUAL(r.stats.msrp[T1].others, 1);
	CU_ASSERT_EQUAL(r.stats.msrp[T1].errors + r.stats.msrp[T2].errors, 0);
	rig_fini(&r);
}

static void
a_foreign_session_is_refused_by_the_gateway(void)
{
	struct worker_counters c;
	struct rig r;

	aware_begin(&r);
	peer_send(&r.ue, MSG("fore SEND", GW_CORE, UE, "-------fore$" CRLF),
	          strlen(MSG("fore SEND", GW_CORE, UE, "-------fore$" CRLF)));
	CU_ASSERT(aware_hears(&r, &r.ue, MSG("fore 481 No such session", UE, GW_CORE, "-------fore$" CRLF)));
	CU_ASSERT_EQUAL(r.core.got, 0);
	aware_talk(&r);
	worker_read_counters(r.worker, &c);
	CU_ASSERT_EQUAL(c.msrp_errors, 1);
	rig_fini(&r);
}

static void
nothing_crosses_until_both_legs_know_their_paths(void)
{
	static const char bind[] = MSG("bind SEND", GW_UE, UE, "-------bind$" CRLF);
	struct rig r;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ .version = 0 });
	aware_set_side(&r, T1, GW_UE, UE);
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_until(&r, aware_ue_is_secure, RIG_BUDGET_MS));
	peer_send(&r.ue, bind, sizeof(bind) - 1);
	rig_rest(&r, 1000);
	CU_ASSERT_EQUAL(r.core.got, 0);
	aware_set_side(&r, T2, GW_CORE, ""); /* Local has a path, Remote none yet */
	rig_change(&r, T2);
	rig_rest(&r, 1000);
	CU_ASSERT_EQUAL(r.core.got, 0);
	aware_set_side(&r, T2, GW_CORE, CORE);
	rig_change(&r, T2);
	CU_ASSERT(aware_hears(&r, &r.core, MSG("bind SEND", CORE, GW_CORE, "-------bind$" CRLF)));
	/* A new answer: the next message has the new path. */
	aware_set_side(&r, T2, GW_CORE, "msrp://relay:1/r;tcp " CORE);
	rig_change(&r, T2);
	aware_pass(&r, &r.ue, MSG("bin2 SEND", GW_UE, UE, "-------bin2$" CRLF),
	           MSG("bin2 SEND", "msrp://relay:1/r;tcp " CORE, GW_CORE, "-------bin2$" CRLF));
	rig_fini(&r);
}

static bool
core_has_ended(void *arg)
{
	const struct rig *r = arg;

	return r->core.eof || r->core.broken;
}

static bool
core_has_half(void *arg)
{
	return ((struct rig *)arg)->core.got > 150;
}

static void
a_message_whose_sender_dies_ends_with_a_hash(void)
{
	static const char half[] = MSG("half SEND", GW_UE, UE, "Byte-Range: 1-*/100000"
		CRLF "Content-Type: a/b" CRLF CRLF
	                               "the first of many octets, and then" CRLF "--");
	static const char out[] = MSG("half SEND", CORE, GW_CORE, "Byte-Range: 1-*/100000"
		CRLF "Content-Type: a/b" CRLF CRLF
	                              "the first of many octets, and then" CRLF "-------half#" CRLF);

	for (int how = 0; how < 2; how++) {
		struct rig r;

		aware_begin(&r);
		peer_send(&r.ue, half, sizeof(half) - 1);
		CU_ASSERT_TRUE(rig_until(&r, core_has_half, RIG_BUDGET_MS));
		if (how == 0)
			peer_reset(&r.ue);
		else
			peer_finish(&r.ue);
		CU_ASSERT_TRUE(rig_until(&r, core_has_ended, RIG_BUDGET_MS));
		CU_ASSERT_TRUE(r.core.eof);
		CU_ASSERT(aware_hears(&r, &r.core, out));
		rig_rest(&r, 20000);
		if (how == 0) {
			/* The peers come again, and nothing of before is left. */
			peer_forget(&r.core);
			peer_connect(&r.ue, &r.t[T1]);
			CU_ASSERT_TRUE(rig_until(&r, aware_ue_is_secure, RIG_BUDGET_MS));
			aware_talk(&r);
		}
		rig_close(&r);
		CU_ASSERT_EQUAL(r.stats.msrp[T1].aborted, 1);
		rig_fini(&r);
	}
}

static void
a_reset_between_messages_stays_a_reset(void)
{
	struct rig r;

	aware_begin(&r);
	aware_talk(&r);
	peer_reset(&r.ue);
	CU_ASSERT_TRUE(rig_until(&r, core_has_ended, RIG_BUDGET_MS));
	CU_ASSERT_TRUE(r.core.broken);
	rig_fini(&r);
}

static void
a_peer_that_does_not_speak_msrp_is_cut_off(void)
{
	struct rig r;

	aware_begin(&r);
	peer_send(&r.core, "HTTP/1.1 200 OK\r\n\r\n", 19);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T2, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T2)->reason, REASON_MSRP_ERROR);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_CLOSED, T1, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(r.ue.got, 0);
	rig_fini(&r);
}

static void
a_relay_can_become_agnostic_and_aware_again(void)
{
	struct rig r;

	aware_begin(&r);
	aware_talk(&r);
	r.order.msrp[T1].aware = r.order.msrp[T2].aware = false;
	rig_change(&r, T1);
	rig_change(&r, T2);
	aware_pass(&r, &r.ue, "anything", "anything");
	aware_set(&r);
	rig_change(&r, T1);
	rig_change(&r, T2);
	aware_talk(&r);
	rig_fini(&r);
}

/* Stands for a file of any size: what is held grows neither with the body nor with the peers' slowness. */
enum { BODY = 48 << 20, SLOW_EVERY = 8 << 20 };

static char *
make_message(size_t *len, uint64_t *body_hash)
{
	static const char head[] = MSG("file SEND", GW_UE, UE, "Byte-Range: 1-*/*" CRLF "Content-Type: a/b"
		CRLF CRLF);
	static const char end[] = CRLF "-------file$" CRLF;
	char *m = malloc(sizeof(head) + BODY + sizeof(end));
	uint64_t x = 88172645463325252u;

	if (!m)
		return NULL;
	memcpy(m, head, sizeof(head) - 1);
	for (size_t i = 0; i < BODY; i++) {
		static const char bait[] = "\r\n-------fil\r\r\n-";

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		m[sizeof(head) - 1 + i] = (x >> 40) % 5000 ? bait[i % (sizeof(bait) - 1)] : (char)x;
	}
	*body_hash = peer_hash(m + sizeof(head) - 1, BODY, PEER_HASH_START);
	memcpy(m + sizeof(head) - 1 + BODY, end, sizeof(end) - 1);
	*len = sizeof(head) - 1 + BODY + sizeof(end) - 1;
	return m;
}

static void
a_file_streams_through_constant_memory(void)
{
	static const char head[] = MSG("file SEND", CORE, GW_CORE, "Byte-Range: 1-*/*"
		CRLF "Content-Type: a/b" CRLF CRLF);
	static const char end[] = CRLF "-------file$" CRLF;
	size_t len, total = sizeof(head) - 1 + BODY + sizeof(end) - 1, before, most = 0;
	uint64_t body_hash, want;
	char *m = make_message(&len, &body_hash);
	struct aware_heard h;
	struct rig r;

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	aware_begin(&r);
	before = mallinfo2().uordblks;
	h.peer = &r.core;
	peer_send(&r.ue, m, len);
	for (size_t at = SLOW_EVERY; at < BODY; at += SLOW_EVERY) {
		size_t now;

		h.len = at;
		CU_ASSERT_TRUE_FATAL(loop_sim_run(r.loop, 60000, aware_has_heard, &h));
		peer_hear(&r.core, false); /* everything between is full now */
		rig_rest(&r, 100);
		now = mallinfo2().uordblks;
		most = now > before && now - before > most ? now - before : most;
		peer_hear(&r.core, true);
	}
	h.len = total;
	CU_ASSERT_TRUE(loop_sim_run(r.loop, 60000, aware_has_heard, &h));
	want = peer_hash(head, sizeof(head) - 1, PEER_HASH_START);
	for (size_t i = 0; i < BODY; i++)
		want = peer_hash(m + len - sizeof(end) + 1 - BODY + i, 1, want);
	CU_ASSERT_EQUAL(r.core.hash, peer_hash(end, sizeof(end) - 1, want));
	CU_ASSERT_EQUAL(r.core.got, total);
	if (most >= 600000)
		printf("\n  %zu octets held", most);
	CU_ASSERT(most < 600000);
	rig_close(&r);
	CU_ASSERT_EQUAL(r.stats.msrp[T1].octets, BODY);
	CU_ASSERT_EQUAL(r.stats.msrp[T1].messages, 1);
	rig_fini(&r);
	free(m);
}

/* Chunks whose bodies end anywhere in a read and in a TLS record. */
enum { CHUNKS = 300, CHUNK_MAX = 100000 };

static size_t
add(char *to, size_t at, const char *text)
{
	size_t len = strlen(text);

	memcpy(to + at, text, len);
	return at + len;
}

static void
chunks_cross(struct rig *r, struct rig_peer *from, struct rig_peer *to, const char *in_head,
             const char *out_head)
{
	static const size_t sizes[] = { 1, 300, 4095, 4096, 4097, 16300, 16384, 20000, 65300, CHUNK_MAX };
	char *in = malloc(CHUNKS * (CHUNK_MAX + 1024)), *out = malloc(CHUNKS * (CHUNK_MAX + 1024));
	struct aware_heard h = { .peer = to };
	size_t in_len = 0, out_len = 0;

	CU_ASSERT_FATAL(in && out);
	srandom(5);
	for (unsigned i = 0; i < CHUNKS; i++) {
		size_t n = sizes[(unsigned)random() % (sizeof(sizes) / sizeof(sizes[0]))] - (unsigned)random() % 2;

		in_len = add(in, in_len, in_head);
		out_len = add(out, out_len, out_head);
		for (size_t k = 0; k < n; k++)
			in[in_len + k] = (char)(random() >> 8);
		memcpy(out + out_len, in + in_len, n);
		in_len = add(in, in_len + n, CRLF "-------many+" CRLF);
		out_len = add(out, out_len + n, CRLF "-------many+" CRLF);
	}
	h.len = out_len / 2;
	peer_send(from, in, in_len);
	CU_ASSERT_TRUE(loop_sim_run(r->loop, 60000, aware_has_heard, &h));
	peer_hear(to, false); /* and so sockets take a part of what is written */
	rig_rest(r, 100);
	peer_hear(to, true);
	h.len = out_len;
	CU_ASSERT_TRUE(loop_sim_run(r->loop, 60000, aware_has_heard, &h));
	CU_ASSERT_EQUAL(to->got, out_len);
	CU_ASSERT_EQUAL(to->hash, peer_hash(out, out_len, PEER_HASH_START));
	free(in);
	free(out);
}

static void
chunks_of_any_length_cross_both_ways(void)
{
	static const char rest[] = "Failure-Report: no" CRLF "Byte-Range: 1-*/*" CRLF "Content-Type: a/b" CRLF CRLF;
	char heads[4][512];
	struct rig r;

	snprintf(heads[0], sizeof(heads[0]), "%s%s", MSG("many SEND", GW_UE, UE, ""), rest);
	snprintf(heads[1], sizeof(heads[1]), "%s%s", MSG("many SEND", CORE, GW_CORE, ""), rest);
	snprintf(heads[2], sizeof(heads[2]), "%s%s", MSG("many SEND", GW_CORE, CORE, ""), rest);
	snprintf(heads[3], sizeof(heads[3]), "%s%s", MSG("many SEND", UE, GW_UE, ""), rest);
	aware_begin(&r);
	chunks_cross(&r, &r.ue, &r.core, heads[0], heads[1]);
	chunks_cross(&r, &r.core, &r.ue, heads[2], heads[3]);
	rig_close(&r);
	CU_ASSERT_EQUAL(r.stats.msrp[T1].chunks, CHUNKS);
	CU_ASSERT_EQUAL(r.stats.msrp[T2].chunks, CHUNKS);
	rig_fini(&r);
}

const struct test_case test_cases[] = {
	TEST(text_reports_chunks_and_nicknames_cross_with_the_right_paths),
	TEST(a_foreign_session_is_refused_by_the_gateway),
	TEST(nothing_crosses_until_both_legs_know_their_paths),
	TEST(a_message_whose_sender_dies_ends_with_a_hash),
	TEST(a_reset_between_messages_stays_a_reset),
	TEST(a_peer_that_does_not_speak_msrp_is_cut_off),
	TEST(a_relay_can_become_agnostic_and_aware_again),
	TEST(a_file_streams_through_constant_memory),
	TEST(chunks_of_any_length_cross_both_ways),
	{ NULL, NULL },
};
