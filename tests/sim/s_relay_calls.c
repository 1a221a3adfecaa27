/* SPDX-License-Identifier: BSD-2-Clause */
/* When a leg connects, from where, and to whom not. */
#include <string.h>
#include <unistd.h>

#include "agw/leg.h"
#include "proto/io/sock.h"
#include "tests/lib/relay_seen.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "relay_calls";

static uint8_t bulk[16 << 20];

/* A call that is over for the UE, while bytes still wait in the relay for a core peer that does not read. */
static void
make_t2_drain(struct rig *r)
{
	rig_clog(r, &r->ue, &r->core, bulk, sizeof(bulk));
	r->order.fprs[T1].v[0].digest[0] ^= 1;
	rig_change(r, T1);
	CU_ASSERT_EQUAL(rig_state(r, T2), LEG_DRAINING);
}

/* Variant B (TS 23.334 6.2.10.3.1.2.2): the controller orders each connection. */
static void
an_order_to_connect_is_for_one_connection(void)
{
	struct rig r;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	r.order.leg[T2].trigger = TRIGGER_NONE;
	r.order.leg[T2].connect_round = 1;
	rig_open(&r);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_CONNECTED, T2, RIG_BUDGET_MS));
	peer_reset(&r.core);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_CLOSED, T2, RIG_BUDGET_MS));
	r.order.leg[T2].dscp = 8; /* an order for something else */
	rig_change(&r, T2);
	rig_change(&r, T1);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
	rig_rest(&r, 20000);
	CU_ASSERT_EQUAL(r.core.connections, 1);
	r.order.leg[T2].connect_round = 2;
	rig_change(&r, T2);
	peer_send(&r.ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(r.core.connections, 2);

	/* While the last bytes of the old one go out, and when there is one that lives. */
	make_t2_drain(&r);
	r.order.leg[T2].connect_round = 3;
	rig_change(&r, T2);
	CU_ASSERT_EQUAL(r.core.connections, 2);
	rig_rest(&r, LEG_DRAIN_MS);
	CU_ASSERT_EQUAL(r.core.connections, 3);
	r.order.leg[T2].connect_round = 4;
	rig_change(&r, T2);
	peer_reset(&r.core);
	rig_rest(&r, 20000);
	rig_change(&r, T2);
	rig_rest(&r, 20000);
	CU_ASSERT_EQUAL(r.core.connections, 3);
	rig_fini(&r);
}

/* The core peer may let in nobody but whom SDP named. */
static void
a_connection_goes_out_from_the_port_that_was_signalled(void)
{
	for (int i = 0; i < 4; i++) {
		struct addr from;
		struct rig r;

		rig_init(&r, i & 1 ? "::1" : "127.0.0.1", (struct tls_peer_conf){ 0 });
		r.order.leg[T2].role = i & 2 ? LEG_PROXY : LEG_CONNECT;
		r.order.leg[T2].trigger = TRIGGER_NONE;
		rig_listen(&r, T2);
		rig_open(&r);
		for (uint32_t round = 1; round < 4; round++) {
			r.order.leg[T2].connect_round = round;
			rig_change(&r, T2);
			CU_ASSERT_EQUAL(r.core.connections, round);
			CU_ASSERT_EQUAL_FATAL(sock_peer(r.core.fd, &from), 0);
			CU_ASSERT_TRUE(addr_same(&from, &r.t[T2]));
			peer_reset(&r.core); /* leaves no TIME_WAIT behind */
			rig_rest(&r, 0);
		}
		/* The listener was not disturbed. */
		r.order.leg[T2].role = LEG_PROXY;
		rig_change(&r, T2);
		peer_connect(&r.core, &r.t[T2]);
		CU_ASSERT_TRUE(rig_wait(&r, EVENT_ACCEPTED, T2, RIG_BUDGET_MS));
		rig_fini(&r);
	}
}

static void
a_connection_goes_out_from_any_port_if_need_be(void)
{
	for (int i = 0; i < 2; i++) {
		struct addr from;
		struct rig r;
		int fd;

		rig_init(&r, i ? "::1" : "127.0.0.1", (struct tls_peer_conf){ 0 });
		fd = sock_tcp_listen(&r.order.leg[T2].local, 1);
		CU_ASSERT_TRUE_FATAL(fd >= 0);
		CU_ASSERT_EQUAL(sock_local(fd, &r.order.leg[T2].local), 0); /* another's */
		r.order.leg[T2].trigger = TRIGGER_NONE;
		r.order.leg[T2].connect_round = 1;
		rig_open(&r);
		CU_ASSERT_TRUE(rig_wait(&r, EVENT_CONNECTED, T2, RIG_BUDGET_MS));
		rig_rest(&r, 0);
		CU_ASSERT_EQUAL_FATAL(sock_peer(r.core.fd, &from), 0);
		CU_ASSERT_NOT_EQUAL(from.port, r.order.leg[T2].local.port);
		close(fd);
		rig_fini(&r);
	}
}

/* A connection that still sends its last bytes is cut off by the order, and must not be followed by one to the old peer. */
static void
a_termination_that_has_left_calls_nobody_any_more(void)
{
	for (int i = 0; i < 2; i++) {
		struct rig r;

		rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
		rig_open(&r);
		peer_connect(&r.ue, &r.t[T1]);
		peer_send(&r.ue, ping, strlen(ping));
		CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
		make_t2_drain(&r);
		r.order.fprs[T1].v[0].digest[0] ^= 1;
		rig_change(&r, T1);
		peer_forget(&r.ue);
		peer_connect(&r.ue, &r.t[T1]);
		CU_ASSERT_TRUE(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
		CU_ASSERT_EQUAL(rig_state(&r, T2), LEG_DRAINING);
		if (i == 0) {
			r.order.leg[T2].term++;
			r.order.leg[T2].remote.family = ADDR_NONE;
		} else {
			r.order.leg[T2].cut++;
			r.order.leg[T2].role = LEG_NO_ROLE;
		}
		rig_change(&r, T2);
		rig_rest(&r, 1000);
		CU_ASSERT_EQUAL(rig_state(&r, T2), LEG_WAITING);
		CU_ASSERT_EQUAL(r.core.connections, 1);
		rig_fini(&r);
	}
}

/* TCP would do it: a SYN that meets its own socket opens it, and the leg would have itself as a peer. */
static void
a_leg_does_not_call_itself(void)
{
	for (int i = 0; i < 4; i++) {
		struct rig r;

		rig_init(&r, i & 1 ? "::1" : "127.0.0.1", (struct tls_peer_conf){ 0 });
		r.order.leg[T2].role = i & 2 ? LEG_PROXY : LEG_CONNECT;
		r.order.leg[T2].trigger = TRIGGER_NONE;
		r.order.leg[T2].connect_round = 1;
		rig_listen(&r, T2);
		r.order.leg[T2].remote = r.t[T2];
		rig_open(&r);
		CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T2, RIG_BUDGET_MS));
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_CONNECTED, T2) + rig_count(&r, EVENT_ACCEPTED, T2), 0);
		rig_fini(&r);
	}
}

/* A port that answers no SYN: its queue has room for one connection, which is there. */
struct mute {
	struct addr at;
	int listener, first;
};

static void
make_mute(struct mute *m)
{
	struct addr any = { 0 };

	CU_ASSERT_EQUAL_FATAL(addr_parse_ip(span_str("127.0.0.1"), &any), 0);
	m->listener = sock_tcp_listen(&any, 0);
	CU_ASSERT_TRUE_FATAL(m->listener >= 0);
	CU_ASSERT_EQUAL_FATAL(sock_local(m->listener, &m->at), 0);
	m->first = sock_tcp_connect(NULL, &m->at);
	CU_ASSERT_TRUE_FATAL(m->first >= 0);
}

static void
end_mute(struct mute *m)
{
	close(m->first);
	close(m->listener);
}

/* Whatever asked for the connection asks again; the UE, who waits for it, notices nothing. */
static void
a_peer_that_changes_while_it_is_called_is_called_anew(void)
{
	enum { BY_PARTNER, BY_ITSELF, BY_ORDER, WAYS };

	for (int way = 0; way < WAYS; way++) {
		struct addr core;
		struct mute mute;
		struct rig r;

		make_mute(&mute);
		rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
		core = r.order.leg[T2].remote;
		r.order.leg[T2].trigger = way == BY_PARTNER ? TRIGGER_PARTNER : way == BY_ITSELF ? TRIGGER_NOW : TRIGGER_NONE;
		r.order.leg[T2].connect_round = way == BY_ORDER;
		r.order.leg[T2].remote = mute.at;
		rig_open(&r);
		peer_connect(&r.ue, &r.t[T1]);
		CU_ASSERT_TRUE(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
		peer_send(&r.ue, ping, strlen(ping));
		CU_ASSERT_EQUAL(rig_state(&r, T2), LEG_CONNECTING);
		/* Nobody, for a while; and the role of one who is called. */
		r.order.leg[T2].remote.family = ADDR_NONE;
		rig_change(&r, T2);
		CU_ASSERT_EQUAL(rig_state(&r, T2), LEG_WAITING);
		r.order.leg[T2].remote = mute.at;
		rig_change(&r, T2);
		CU_ASSERT_EQUAL(rig_state(&r, T2), LEG_CONNECTING);
		r.order.leg[T2].role = LEG_LISTEN;
		rig_change(&r, T2);
		CU_ASSERT_EQUAL(rig_state(&r, T2), LEG_WAITING);
		r.order.leg[T2].role = LEG_CONNECT;
		r.order.leg[T2].remote = core;
		rig_change(&r, T2);
		CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
		rig_rest(&r, 20000);
		CU_ASSERT_EQUAL(r.core.connections, 1);
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_FAILED, T2) + rig_count(&r, EVENT_CLOSED, T1), 0);
		rig_fini(&r);
		end_mute(&mute);
	}
}

const struct test_case test_cases[] = {
	TEST(a_peer_that_changes_while_it_is_called_is_called_anew),
	TEST(an_order_to_connect_is_for_one_connection),
	TEST(a_connection_goes_out_from_the_port_that_was_signalled),
	TEST(a_connection_goes_out_from_any_port_if_need_be),
	TEST(a_termination_that_has_left_calls_nobody_any_more),
	TEST(a_leg_does_not_call_itself),
	{ NULL, NULL },
};
