/* SPDX-License-Identifier: BSD-2-Clause */
/* A relay whose bytes nobody looks at: TCP on both sides, or a TLS session that passes through. Every test runs twice,
 * with bytes that are copied and with bytes that stay in the kernel, and must not tell the difference. */
#include <string.h>

#include "agw/leg.h"
#include "tests/lib/relay_seen.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "relay_plain";

enum { BULK = 8 * 1024 * 1024, MUCH = 3 * BULK, WAIT_MS = 3 * RIG_BUDGET_MS };

static uint8_t bulk[MUCH]; /* more than the kernel takes for both connections */

static void
fill_bulk(void)
{
	static uint32_t x;

	if (x)
		return;
	x = 12345;
	for (size_t i = 0; i < MUCH; i++) {
		x = x * 1664525 + 1013904223;
		bulk[i] = (uint8_t)(x >> 24);
	}
}

static bool
core_has_bulk(void *arg)
{
	return ((struct rig *)arg)->core.got >= BULK;
}

static bool
core_has_much(void *arg)
{
	return ((struct rig *)arg)->core.got >= MUCH;
}

static bool
ue_has_bulk(void *arg)
{
	return ((struct rig *)arg)->ue.got >= BULK;
}

static bool
both_have_bulk(void *arg)
{
	return core_has_bulk(arg) && ue_has_bulk(arg);
}

static void
set_up(struct rig *r, int variant)
{
	fill_bulk();
	rig_init(r, variant & 2 ? "::1" : "127.0.0.1", (struct tls_peer_conf){ 0 });
	rig_set_limits(r, (struct worker_conf){ .max_relays = 4, .copies = variant & 1 });
	tls_peer_fini(&r->ue.tls);
	r->ue.has_tls = false;
	r->order.leg[T1].tls = false;
	rig_open(r);
	peer_connect(&r->ue, &r->t[T1]);
	CU_ASSERT_TRUE(rig_wait(r, EVENT_CONNECTED, T2, RIG_BUDGET_MS));
	rig_rest(r, 0);
}

static void
check_bulk(const struct rig_peer *p)
{
	CU_ASSERT_EQUAL(p->got, BULK);
	CU_ASSERT_EQUAL(p->hash, peer_hash(bulk, BULK, PEER_HASH_START));
}

static void
clean_up(struct rig *r, int variant)
{
	struct worker_counters c;

	worker_read_counters(r->worker, &c);
	if (variant & 1)
		CU_ASSERT_EQUAL(c.octets_spliced, 0);
	if (!(variant & 1))
		CU_ASSERT_TRUE(c.octets_spliced > 0 && c.octets_spliced <= c.octets_access + c.octets_core);
	rig_fini(r);
}

static void
bulk_crosses_both_ways_and_is_counted(void)
{
	for (int v = 0; v < 4; v++) {
		struct rig r;

		set_up(&r, v);
		peer_send(&r.ue, bulk, BULK);
		peer_send(&r.core, bulk, BULK);
		CU_ASSERT_TRUE(rig_until(&r, both_have_bulk, WAIT_MS));
		rig_rest(&r, 0);
		check_bulk(&r.core);
		check_bulk(&r.ue);
		rig_close(&r);
		for (int side = 0; side < 2; side++) {
			CU_ASSERT_EQUAL(r.stats.stats[side].octets_in, BULK);
			CU_ASSERT_EQUAL(r.stats.stats[side].octets_out, BULK);
		}
		clean_up(&r, v);
	}
}

static void
a_half_close_comes_behind_the_bytes(void)
{
	for (int v = 0; v < 4; v++) {
		struct rig r;

		set_up(&r, v);
		peer_send(&r.ue, bulk, BULK);
		peer_finish(&r.ue);
		CU_ASSERT_TRUE(rig_until(&r, core_is_over, WAIT_MS));
		CU_ASSERT_FALSE(r.core.broken);
		check_bulk(&r.core);
		CU_ASSERT_FALSE(ue_is_over(&r));
		peer_send(&r.core, bulk, BULK);
		peer_finish(&r.core);
		CU_ASSERT_TRUE(rig_until(&r, ue_is_over, WAIT_MS));
		CU_ASSERT_FALSE(r.ue.broken);
		check_bulk(&r.ue);
		rig_rest(&r, 0);
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T1), 1);
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T2), 1);
		clean_up(&r, v);
	}
}

static void
a_slow_reader_stops_the_sender_and_loses_nothing(void)
{
	for (int v = 0; v < 4; v++) {
		struct rig r;

		set_up(&r, v);
		peer_hear(&r.core, false);
		peer_send(&r.ue, bulk, MUCH);
		rig_rest(&r, 1000);
		CU_ASSERT_TRUE(r.ue.out_sent < MUCH);
		peer_hear(&r.core, true);
		CU_ASSERT_TRUE(rig_until(&r, core_has_much, WAIT_MS));
		CU_ASSERT_EQUAL(r.core.got, MUCH);
		CU_ASSERT_EQUAL(r.core.hash, peer_hash(bulk, MUCH, PEER_HASH_START));
		clean_up(&r, v);
	}
}

/* Whatever was on its way is lost with the connection, and nothing of it turns up in the next one. */
static void
a_reset_in_the_middle_crosses_and_leaves_nothing_behind(void)
{
	for (int v = 0; v < 8; v++) {
		struct rig_peer *gone, *left;
		struct rig r;

		set_up(&r, v & 3);
		gone = v & 4 ? &r.core : &r.ue;
		left = v & 4 ? &r.ue : &r.core;
		peer_hear(&r.core, false);
		peer_send(&r.ue, bulk, BULK);
		rig_rest(&r, 1000);
		peer_reset(gone);
		peer_hear(left, true);
		CU_ASSERT_TRUE(rig_until(&r, left == &r.ue ? ue_is_over : core_is_over, 20000));
		CU_ASSERT_TRUE(left->broken);
		r.core.deaf = false;
		peer_forget(&r.ue);
		rig_rest(&r, 20000);
		forget_bytes(&r);
		peer_connect(&r.ue, &r.t[T1]);
		rig_rest(&r, 0);
		peer_send(&r.ue, bulk, BULK);
		CU_ASSERT_TRUE(rig_until(&r, core_has_bulk, WAIT_MS));
		check_bulk(&r.core);
		clean_up(&r, v & 3);
	}
}

static void
bytes_wait_in_the_kernel_for_the_partner(void)
{
	for (int v = 0; v < 4; v++) {
		struct rig r;

		set_up(&r, v);
		r.order.leg[T2].flow_out = false;
		rig_change(&r, T2);
		peer_send(&r.ue, ping, strlen(ping));
		rig_rest(&r, 0);
		peer_send(&r.ue, bulk, BULK);
		rig_rest(&r, 5000);
		CU_ASSERT_EQUAL(r.core.got, 0);
		r.order.leg[T2].flow_out = true;
		rig_change(&r, T2);
		CU_ASSERT_TRUE(rig_until(&r, core_has_bulk, WAIT_MS));
		rig_rest(&r, 0);
		CU_ASSERT_EQUAL(r.core.got, BULK + strlen(ping));
		CU_ASSERT_EQUAL(r.core.hash, peer_hash(bulk, BULK, peer_hash(ping, strlen(ping), PEER_HASH_START)));
		clean_up(&r, v);
	}
}

const struct test_case test_cases[] = {
	TEST(bulk_crosses_both_ways_and_is_counted),
	TEST(a_half_close_comes_behind_the_bytes),
	TEST(a_slow_reader_stops_the_sender_and_loses_nothing),
	TEST(a_reset_in_the_middle_crosses_and_leaves_nothing_behind),
	TEST(bytes_wait_in_the_kernel_for_the_partner),
	{ NULL, NULL },
};
