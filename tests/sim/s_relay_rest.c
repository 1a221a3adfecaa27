/* SPDX-License-Identifier: BSD-2-Clause */
/* A leg that nobody reads for a while: a peer that resets, or is not there any more, is noticed all the same. */
#include <string.h>

#include "agw/leg.h"
#include "tests/lib/relay_seen.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "relay_rest";

enum { MUCH = 24 * 1024 * 1024 }; /* more than the kernel takes for both connections */

static uint8_t bulk[MUCH];

static bool
core_saw_the_end(void *arg)
{
	return ((struct rig *)arg)->core.eof;
}

static bool
ue_saw_the_end(void *arg)
{
	return ((struct rig *)arg)->ue.eof;
}

/* variant: 0 TLS at T1, 1 plain and spliced, 2 plain and copied. */
static void
set_up(struct rig *r, unsigned variant)
{
	rig_init(r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	rig_set_limits(r, (struct worker_conf){ .max_relays = 4, .copies = variant == 2 });
	if (variant)
		rig_go_plain(r);
	rig_open(r);
	peer_connect(&r->ue, &r->t[T1]);
	CU_ASSERT_TRUE(rig_wait(r, EVENT_CONNECTED, T2, RIG_BUDGET_MS));
	peer_send(&r->ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(r, core_got_ping, RIG_BUDGET_MS));
}

static void
check_reset(struct rig *r)
{
	for (unsigned side = 0; side < 2; side++) {
		CU_ASSERT_TRUE(rig_wait(r, EVENT_CLOSED, side, RIG_BUDGET_MS));
		if (rig_last(r, EVENT_CLOSED, side))
			CU_ASSERT_EQUAL(rig_last(r, EVENT_CLOSED, side)->reason, REASON_PEER_RESET);
		CU_ASSERT_EQUAL(rig_count(r, EVENT_FAILED, side), 0);
		CU_ASSERT_EQUAL(rig_state(r, side), LEG_WAITING);
	}
}

static void
a_reset_behind_a_half_close_crosses(void)
{
	for (unsigned v = 0; v < 18; v++) {
		struct rig_peer *first;
		struct rig r;

		set_up(&r, v / 2 % 3);
		first = v & 1 ? &r.ue : &r.core;
		peer_finish(first);
		CU_ASSERT_TRUE(rig_until(&r, v & 1 ? core_saw_the_end : ue_saw_the_end, RIG_BUDGET_MS));
		rig_rest(&r, v / 6 * LEG_REST_MS); /* before the UE or the core is looked after, when, and later */
		peer_reset(first);
		check_reset(&r);
		rig_fini(&r);
	}
}

static void
a_half_closed_connection_may_be_silent_for_long(void)
{
	for (unsigned v = 0; v < 3; v++) {
		struct rig r;

		set_up(&r, v);
		peer_finish(&r.ue);
		CU_ASSERT_TRUE(rig_until(&r, core_saw_the_end, RIG_BUDGET_MS));
		rig_rest(&r, 3600 * 1000);
		CU_ASSERT_EQUAL(rig_state(&r, T1), LEG_PEER_DONE);
		CU_ASSERT_EQUAL(rig_state(&r, T2), LEG_WE_DONE);
		peer_send(&r.core, ping, strlen(ping));
		peer_finish(&r.core);
		CU_ASSERT_TRUE(rig_until(&r, ue_saw_the_end, RIG_BUDGET_MS));
		CU_ASSERT_EQUAL(r.ue.got, strlen(ping));
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T1), 1);
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T2), 1);
		CU_ASSERT_EQUAL(rig_last(&r, EVENT_CLOSED, T1)->reason, REASON_NONE);
		rig_fini(&r);
	}
}

/* Else it would be noticed when the receiver reads on, which may be never. */
static void
a_reset_of_a_sender_whose_bytes_wait_crosses(void)
{
	for (unsigned v = 0; v < 3; v++) {
		struct rig r;

		set_up(&r, v);
		peer_hear(&r.core, false);
		peer_send(&r.ue, bulk, MUCH);
		rig_rest(&r, 2 * LEG_REST_MS);
		CU_ASSERT_TRUE(r.ue.out_sent < MUCH);
		CU_ASSERT_EQUAL(rig_state(&r, T1), LEG_OPEN);
		peer_reset(&r.ue);
		check_reset(&r);
		rig_fini(&r);
	}
}

/* A FIN behind bytes that wait is kept for later; the reset behind it is not. */
static void
a_reset_behind_a_fin_that_waits_crosses(void)
{
	for (unsigned v = 0; v < 3; v++) {
		struct rig r;

		set_up(&r, v);
		r.order.leg[T2].flow_out = false;
		rig_change(&r, T2);
		peer_send(&r.ue, ping, strlen(ping));
		peer_finish(&r.ue);
		rig_rest(&r, 2 * LEG_REST_MS);
		CU_ASSERT_EQUAL(rig_state(&r, T1), LEG_OPEN);
		peer_reset(&r.ue);
		check_reset(&r);
		rig_fini(&r);
	}
}

const struct test_case test_cases[] = {
	TEST(a_reset_behind_a_half_close_crosses),
	TEST(a_half_closed_connection_may_be_silent_for_long),
	TEST(a_reset_of_a_sender_whose_bytes_wait_crosses),
	TEST(a_reset_behind_a_fin_that_waits_crosses),
	{ NULL, NULL },
};
