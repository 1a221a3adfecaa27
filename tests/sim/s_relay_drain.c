/* SPDX-License-Identifier: BSD-2-Clause */
/* The last bytes for a peer that does not read, or slowly, of a connection that is to end. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "agw/leg.h"
#include "tests/lib/relay_seen.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "relay_drain";

enum { BULK = 8 * 1024 * 1024 };

static uint8_t bulk_up[BULK]; /* of whatever content */

static bool
core_saw_the_end(void *rig)
{
	return ((struct rig *)rig)->core.eof;
}

/* T1 fails while T2 still holds bytes for a core that does not read, and the kernel has no room for them. */
static void
leave_t2_draining(struct rig *r)
{
	rig_set_up(r, 0);
	rig_clog(r, &r->ue, &r->core, bulk_up, BULK);
	r->order.fprs[T1].v[0].digest[0] ^= 1;
	rig_change(r, T1);
	CU_ASSERT_EQUAL(rig_count(r, EVENT_FAILED, T1), 1);
	CU_ASSERT_EQUAL(rig_state(r, T2), LEG_DRAINING);
}

/* The bytes that T2 holds are given LEG_DRAIN_MS. */
static void
the_partner_of_a_failed_leg_is_drained(void)
{
	for (int hears = 0; hears < 2; hears++) {
		struct rig r;

		leave_t2_draining(&r);
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T2), 0);
		if (hears) {
			peer_hear(&r.core, true);
			CU_ASSERT_TRUE(rig_await(&r, core_saw_the_end));
			CU_ASSERT_EQUAL(r.core.got - strlen(ping), r.stats.stats[T2].octets_out - strlen(ping));
		}
		rig_rest(&r, LEG_DRAIN_MS);
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T2), 1);
		CU_ASSERT_EQUAL(rig_state(&r, T2), LEG_WAITING);
		rig_fini(&r);
	}
}

/* So many octets at most, past the rig, which takes all there is. False at the end. */
static bool
core_takes(struct rig *r, size_t len)
{
	static char buf[4096];
	ssize_t n = -1;

	for (size_t taken = 0; taken < len && (n = recv(r->core.fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0; taken += (size_t)n)
		r->core.got += (uint64_t)n;
	CU_ASSERT_TRUE(n >= 0 || errno == EAGAIN);
	return n != 0;
}

/* A network that is slow, and not dead: each time something goes through. It takes many times as long as one that takes
 * nothing is given. */
static void
a_slow_reader_gets_the_last_bytes_too(void)
{
	enum { STEP = 512 * 1024, STEPS_MAX = 100 };
	int steps = 0;
	struct rig r;

	leave_t2_draining(&r);
	while (steps < STEPS_MAX && core_takes(&r, STEP)) {
		steps++;
		rig_rest(&r, LEG_DRAIN_MS - 2000);
	}
	CU_ASSERT_TRUE(steps > 3 && steps < STEPS_MAX);
	(void)rig_state(&r, T2);
	CU_ASSERT_EQUAL(r.core.got, r.stats.stats[T2].octets_out);
	rig_fini(&r);
}

/* T2 still drains for the connection before when the UE comes again: its end must not end the new one. */
static void
a_new_connection_outlives_the_draining_of_the_old(void)
{
	struct rig r;

	leave_t2_draining(&r);
	peer_forget(&r.ue);
	r.order.fprs[T1].v[0].digest[0] ^= 1;
	rig_change(&r, T1);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(leg_reaches(&r, T1, LEG_OPEN));
	CU_ASSERT_EQUAL(r.stats.stats[T2].state, LEG_DRAINING);
	peer_hear(&r.core, true);
	CU_ASSERT_TRUE(leg_reaches(&r, T2, LEG_OPEN));
	CU_ASSERT_EQUAL(r.stats.stats[T1].state, LEG_OPEN);
	CU_ASSERT_EQUAL(r.core.connections, 2);
	r.core.got = 0;
	peer_send(&r.ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
	rig_fini(&r);
}

const struct test_case test_cases[] = {
	TEST(the_partner_of_a_failed_leg_is_drained),
	TEST(a_slow_reader_gets_the_last_bytes_too),
	TEST(a_new_connection_outlives_the_draining_of_the_old),
	{ NULL, NULL },
};
