/* SPDX-License-Identifier: BSD-2-Clause */
/* Orders that come in every state. */
#include <string.h>
#include <unistd.h>

#include "agw/leg.h"
#include "proto/io/sock.h"
#include "tests/lib/relay_seen.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "relay_orders";

static void
stream_mode_holds_and_releases_the_bytes(void)
{
	struct rig r;

	rig_set_up(&r, 0);
	r.core.got = 0;
	r.order.leg[T1].flow_in = false;
	rig_change(&r, T1);
	peer_send(&r.ue, ping, strlen(ping));
	rig_rest(&r, 1000);
	CU_ASSERT_EQUAL(r.core.got, 0);
	r.order.leg[T1].flow_in = true;
	r.order.leg[T2].flow_out = false;
	rig_change(&r, T2);
	rig_change(&r, T1);
	rig_rest(&r, 1000);
	CU_ASSERT_EQUAL(r.core.got, 0);
	r.order.leg[T2].flow_out = true;
	rig_change(&r, T2);
	CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
	rig_fini(&r);
}

static void
an_open_connection_falls_with_its_fingerprint(void)
{
	struct rig r;

	rig_set_up(&r, 0);
	rig_change(&r, T1); /* the same again: nothing happens */
	r.order.leg[T1].fpr_known = false;
	rig_change(&r, T1); /* not unlearned */
	CU_ASSERT_EQUAL(rig_state(&r, T1), LEG_OPEN);
	r.order.leg[T1].fpr_known = true;
	r.order.fprs[T1].v[0].digest[0] ^= 1;
	rig_change(&r, T1);
	rig_rest(&r, 0);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_FAILED, T1), 1);
	CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T1)->reason, REASON_FP_MISMATCH);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T2), 1);
	CU_ASSERT_TRUE(both_over(&r));
	rig_fini(&r);
}

static int plug[3];

/* A listener with a full queue: SYNs to it are dropped, so that connecting takes for ever. */
static struct addr
clogged(void)
{
	struct addr a = { .family = ADDR_V4, .ip = { 127, 0, 0, 1 } };

	plug[0] = sock_tcp_listen(&a, 0);
	CU_ASSERT_TRUE_FATAL(plug[0] >= 0);
	sock_local(plug[0], &a);
	plug[1] = sock_tcp_connect(NULL, &a);
	plug[2] = sock_tcp_connect(NULL, &a);
	return a;
}

static void
unclog(void)
{
	for (int i = 0; i < 3; i++)
		close(plug[i]);
}

/* Brings T1 (or for CONNECTING T2) into the state; returns the side. */
static unsigned
bring_to(struct rig *r, enum leg_state s)
{
	if (s >= LEG_OPEN) {
		rig_set_up(r, 0);
	} else {
		rig_init(r, "127.0.0.1", (struct tls_peer_conf){ 0 });
		if (s == LEG_CONNECTING)
			r->order.leg[T2].remote = clogged();
		if (s == LEG_SECURING) {
			tls_peer_fini(&r->ue.tls);
			r->ue.has_tls = false;
		}
		r->order.leg[T1].fpr_known = s != LEG_PAUSED;
		rig_open(r);
		if (s != LEG_WAITING)
			peer_connect(&r->ue, &r->t[T1]);
	}
	if (s == LEG_PEER_DONE)
		peer_finish(&r->ue);
	if (s == LEG_WE_DONE)
		peer_finish(&r->core);
	rig_rest(r, 100);
	return s == LEG_CONNECTING ? T2 : T1;
}

static void
a_relay_can_be_closed_in_every_state(void)
{
	for (int s = 0; s < LEG_DRAINING; s++) {
		struct rig r;
		unsigned side = bring_to(&r, (enum leg_state)s);

		CU_ASSERT_EQUAL(rig_state(&r, side), (enum leg_state)s);
		rig_fini(&r);
		if (s == LEG_CONNECTING)
			unclog();
	}
}

static void
orders_may_come_in_every_state(void)
{
	for (int i = 0; i < 8 * LEG_DRAINING; i++) {
		struct rig r;
		enum leg_state s = (enum leg_state)(i / 8);
		unsigned side = bring_to(&r, s);
		struct leg_spec *spec = &r.order.leg[side];

		switch (i % 8) {
		case 0:
			spec->role = LEG_NO_ROLE;
			break;
		case 1:
			spec->gate = GATE_IGNORE;
			break;
		case 2:
			r.order.fprs[side].v[0].digest[7] ^= 1;
			spec->fpr_known = true;
			break;
		case 3:
			spec->role = LEG_PROXY;
			spec->trigger = TRIGGER_NOW;
			spec->remote = r.core.local;
			break;
		case 4:
			spec->tls = !spec->tls;
			spec->tls_ctx = r.ctx;
			break;
		case 5:
			spec->flow_in = spec->flow_out = false;
			break;
		case 6:
			spec->idle_ms = 5000;
			spec->dscp = 46;
			break;
		case 7:
			rig_listen(&r, side);
			break;
		}
		rig_change(&r, side);
		rig_rest(&r, 40000);
		rig_change(&r, !side);
		rig_rest(&r, 40000);
		rig_fini(&r);
		if (s == LEG_CONNECTING)
			unclog();
	}
}

static void
connecting_ends_in_time_or_when_the_peer_comes(void)
{
	struct rig r;

	CU_ASSERT_EQUAL(bring_to(&r, LEG_CONNECTING), T2);
	CU_ASSERT_FALSE(rig_wait(&r, EVENT_FAILED, T2, 9000));
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T2, 1000));
	CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T2)->reason, REASON_TCP_TIMEOUT);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T1), 1);
	rig_fini(&r);
	unclog();

	/* actpass: both may connect, and the core peer does. */
	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	r.order.leg[T2].remote = clogged();
	r.order.leg[T2].role = LEG_PROXY;
	rig_listen(&r, T2);
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(rig_state(&r, T2), LEG_CONNECTING);
	peer_connect(&r.core, &r.t[T2]);
	peer_send(&r.ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_ACCEPTED, T2), 1);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_CONNECTED, T2), 0);
	rig_fini(&r);
	unclog();
}

const struct test_case test_cases[] = {
	TEST(stream_mode_holds_and_releases_the_bytes),
	TEST(an_open_connection_falls_with_its_fingerprint),
	TEST(a_relay_can_be_closed_in_every_state),
	TEST(orders_may_come_in_every_state),
	TEST(connecting_ends_in_time_or_when_the_peer_comes),
	{ NULL, NULL },
};
