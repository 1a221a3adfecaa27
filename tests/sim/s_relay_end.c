/* SPDX-License-Identifier: BSD-2-Clause */
/* How connections end, how much they hold, and orders that come at any time. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agw/leg.h"
#include "proto/io/sock.h"
#include "tests/lib/relay_seen.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "relay_end";

enum { BULK = 8 * 1024 * 1024 };

static uint8_t bulk_up[BULK], bulk_down[BULK];

static void
fill_bulk(void)
{
	if (bulk_up[0])
		return; /* done */
	srand(4711);
	for (size_t i = 0; i < BULK; i++) {
		bulk_up[i] = (uint8_t)(rand() >> 3);
		bulk_down[i] = (uint8_t)(rand() >> 3);
	}
	bulk_up[0] = 1;
}

static bool
ue_saw_the_end(void *rig)
{
	return ((struct rig *)rig)->ue.eof;
}

static bool
both_have_bulk(void *arg)
{
	const struct rig *r = arg;

	return r->ue.got >= r->core.out_len && r->core.got >= r->ue.out_len;
}

static void
check_closed(struct rig *r, enum reason why)
{
	for (unsigned side = 0; side < 2; side++) {
		CU_ASSERT_EQUAL(rig_count(r, EVENT_CLOSED, side), 1);
		CU_ASSERT_EQUAL(rig_count(r, EVENT_FAILED, side), 0);
		if (rig_last(r, EVENT_CLOSED, side))
			CU_ASSERT_EQUAL(rig_last(r, EVENT_CLOSED, side)->reason, why);
		CU_ASSERT_EQUAL(rig_state(r, side), LEG_WAITING);
	}
}

static void
a_half_close_crosses_and_the_other_way_stays_open(void)
{
	static const int versions[2] = { TLS1_2_VERSION, TLS1_3_VERSION };

	for (int i = 0; i < 4; i++) {
		bool ue_first = i & 1;
		struct rig r;
		struct rig_peer *first = ue_first ? &r.ue : &r.core, *second = ue_first ? &r.core : &r.ue;

		rig_set_up(&r, versions[i / 2]);
		peer_finish(first);
		rig_rest(&r, 1000);
		CU_ASSERT_TRUE(second->eof);
		CU_ASSERT_FALSE(second->broken);
		CU_ASSERT_EQUAL(rig_state(&r, ue_first ? T1 : T2), LEG_PEER_DONE);
		CU_ASSERT_EQUAL(rig_state(&r, ue_first ? T2 : T1), LEG_WE_DONE);
		first->got = 0;
		peer_send(second, pong, strlen(pong));
		peer_finish(second);
		CU_ASSERT_TRUE(rig_until(&r, both_over, RIG_BUDGET_MS));
		CU_ASSERT_EQUAL(first->got, strlen(pong));
		CU_ASSERT_TRUE(first->eof);
		CU_ASSERT_FALSE(first->broken);
		rig_rest(&r, 0);
		check_closed(&r, REASON_NONE);
		rig_fini(&r);
	}
}

/* Our half of a KeyUpdate would follow our own FIN. */
static void
a_peer_may_change_its_keys_behind_our_end(void)
{
	struct rig r;

	rig_set_up(&r, TLS1_3_VERSION);
	peer_finish(&r.core);
	CU_ASSERT_TRUE(rig_until(&r, ue_saw_the_end, RIG_BUDGET_MS));
	for (unsigned i = 0; i < 4 && !rig_counters(&r).ktls_taken; i++) {
		r.core.got = 0;
		CU_ASSERT_EQUAL(SSL_key_update(r.ue.tls.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		peer_send(&r.ue, ping, strlen(ping));
		CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
	}
	peer_finish(&r.ue);
	CU_ASSERT_TRUE(rig_until(&r, core_is_over, RIG_BUDGET_MS));
	CU_ASSERT_FALSE(r.core.broken);
	rig_rest(&r, 0);
	check_closed(&r, REASON_NONE);
	rig_fini(&r);
}

static void
a_reset_crosses_as_a_reset(void)
{
	for (int i = 0; i < 2; i++) {
		struct rig r;
		struct rig_peer *other;

		rig_set_up(&r, 0);
		other = i ? &r.ue : &r.core;
		peer_reset(i ? &r.core : &r.ue);
		rig_rest(&r, 1000);
		CU_ASSERT_TRUE(other->broken);
		CU_ASSERT_FALSE(other->eof);
		check_closed(&r, REASON_PEER_RESET);
		rig_fini(&r);
	}
}

static void
the_peers_may_come_again_and_t2_follows(void)
{
	struct rig r;

	rig_set_up(&r, 0);
	for (unsigned i = 2; i < 5; i++) {
		peer_forget(&r.ue);
		r.core.got = 0;
		peer_connect(&r.ue, &r.t[T1]); /* at once: the old one is still being ended */
		if (r.core.fd >= 0)
			peer_finish(&r.core);
		CU_ASSERT_TRUE(rig_until(&r, ue_is_secure, 3 * RIG_BUDGET_MS));
		peer_send(&r.ue, ping, strlen(ping));
		CU_ASSERT_TRUE(rig_until(&r, core_got_ping, 3 * RIG_BUDGET_MS));
		rig_rest(&r, 0); /* letters come a turn later */
		CU_ASSERT_EQUAL(r.core.connections, i);
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_TLS_UP, T1), i);
	}
	rig_fini(&r);
}

static void
a_second_connection_is_refused_while_one_lives(void)
{
	struct rig r;
	char byte;
	int fd;

	rig_set_up(&r, 0);
	fd = sock_tcp_connect(NULL, &r.t[T1]);
	CU_ASSERT_TRUE(fd >= 0);
	rig_rest(&r, 100);
	CU_ASSERT_EQUAL(read(fd, &byte, 1), -1); /* ECONNRESET */
	close(fd);
	r.core.got = 0;
	peer_send(&r.ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
	rig_close(&r);
	CU_ASSERT_EQUAL(r.stats.stats[T1].refused, 1);
	rig_fini(&r);
}

static void
a_peer_that_gave_up_in_the_handshake_may_begin_anew(void)
{
	struct rig r;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	r.order.leg[T1].fpr_known = false;
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	rig_rest(&r, 1000);
	CU_ASSERT_EQUAL(rig_state(&r, T1), LEG_PAUSED);
	peer_forget(&r.ue);
	peer_connect(&r.ue, &r.t[T1]);
	r.order.leg[T1].fpr_known = true;
	rig_change(&r, T1);
	CU_ASSERT_TRUE(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
	peer_send(&r.ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_FAILED, T1), 1);
	CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T1)->reason, REASON_PEER_RESET);
	rig_fini(&r);
}

/* Its last flight, and bytes behind it, lie unread in the socket meanwhile. */
static void
a_peer_that_leaves_a_paused_handshake_is_noticed(void)
{
	for (int i = 0; i < 4; i++) {
		struct rig r;

		rig_init(&r, i & 1 ? "::1" : "127.0.0.1", (struct tls_peer_conf){ 0 });
		r.ue.early = ping;
		r.order.leg[T1].fpr_known = false;
		rig_open(&r);
		peer_connect(&r.ue, &r.t[T1]);
		rig_rest(&r, 1000);
		CU_ASSERT_EQUAL(rig_state(&r, T1), LEG_PAUSED);
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_FAILED, T1), 0);
		if (i & 2)
			peer_reset(&r.ue);
		else
			peer_forget(&r.ue);
		CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T1, RIG_BUDGET_MS));
		CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T1)->reason, REASON_PEER_RESET);
		CU_ASSERT_TRUE(rig_wait(&r, EVENT_CLOSED, T2, RIG_BUDGET_MS));
		CU_ASSERT_EQUAL(rig_state(&r, T1), LEG_WAITING);
		r.order.leg[T1].fpr_known = true;
		rig_change(&r, T1);
		peer_forget(&r.ue);
		peer_connect(&r.ue, &r.t[T1]);
		CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
		CU_ASSERT_EQUAL(r.core.got, strlen(ping)); /* of the second connection alone */
		rig_fini(&r);
	}
}

static void
bulk_arrives_whole_both_ways(void)
{
	static const int versions[2] = { TLS1_2_VERSION, TLS1_3_VERSION };

	fill_bulk();
	for (int i = 0; i < 2; i++) {
		struct rig r;

		rig_set_up(&r, versions[i]);
		r.core.got = r.ue.got = 0;
		r.core.hash = r.ue.hash = PEER_HASH_START;
		peer_send(&r.ue, bulk_up, BULK);
		peer_send(&r.core, bulk_down, BULK);
		CU_ASSERT_TRUE(rig_until(&r, both_have_bulk, RIG_BUDGET_MS));
		CU_ASSERT_EQUAL(r.core.hash, peer_hash(bulk_up, BULK, PEER_HASH_START));
		CU_ASSERT_EQUAL(r.ue.hash, peer_hash(bulk_down, BULK, PEER_HASH_START));
		rig_fini(&r);
	}
}

/* A peer that does not read: the other one is stopped, little is held here, and nothing is lost. */
static void
a_slow_reader_stops_the_sender(void)
{
	fill_bulk();
	for (int i = 0; i < 2; i++) {
		struct rig r;
		struct rig_peer *from, *to;
		const uint8_t *bytes = i ? bulk_down : bulk_up;
		unsigned in = i ? T2 : T1;
		uint64_t held;

		rig_set_up(&r, 0);
		from = i ? &r.core : &r.ue;
		to = i ? &r.ue : &r.core;
		to->got = 0;
		to->hash = PEER_HASH_START;
		peer_hear(to, false);
		peer_send(from, bytes, BULK);
		peer_finish(from); /* the end waits behind the bytes */
		rig_rest(&r, 5000);
		(void)rig_state(&r, in);
		held = r.stats.stats[in].octets_in;
		CU_ASSERT_TRUE(held < BULK); /* the kernel's buffers are full, and ours take no more */
		rig_rest(&r, 60000);
		(void)rig_state(&r, in);
		CU_ASSERT_EQUAL(r.stats.stats[in].octets_in, held);
		CU_ASSERT_FALSE(to->eof);
		peer_hear(to, true);
		rig_rest(&r, 1000);
		CU_ASSERT_EQUAL(to->got, BULK);
		CU_ASSERT_EQUAL(to->hash, peer_hash(bytes, BULK, PEER_HASH_START));
		CU_ASSERT_TRUE(to->eof);
		rig_fini(&r);
	}
}

const struct test_case test_cases[] = {
	TEST(a_half_close_crosses_and_the_other_way_stays_open),
	TEST(a_peer_may_change_its_keys_behind_our_end),
	TEST(a_reset_crosses_as_a_reset),
	TEST(the_peers_may_come_again_and_t2_follows),
	TEST(a_second_connection_is_refused_while_one_lives),
	TEST(a_peer_that_gave_up_in_the_handshake_may_begin_anew),
	TEST(a_peer_that_leaves_a_paused_handshake_is_noticed),
	TEST(bulk_arrives_whole_both_ways),
	TEST(a_slow_reader_stops_the_sender),
	{ NULL, NULL },
};
