/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections that call up the next one: two relays in a ring that no controller would mean, and a peer that connects over and
 * over. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agw/relay.h"
#include "proto/io/sock.h"
#include "tests/lib/relay_seen.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "relay_ring";

enum { SHORT_MS = RELAY_CALLS_MS / 2, MORE = 8 };

/* UE -> T1 of ours, T2 -> T2 of the other relay, T1 of the other -> T1 of ours. */
static void
set_up_ring(struct rig *r)
{
	struct order other;

	rig_init(r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	rig_go_plain(r);
	other = r->order;
	other.kind = ORDER_OPEN;
	other.relay = RIG_RELAY + 1;
	other.listen_fd[T1] = -1;
	other.leg[T1].role = LEG_CONNECT;
	other.leg[T1].trigger = TRIGGER_PARTNER;
	other.leg[T1].remote = r->t[T1];
	other.leg[T1].local.port = 0;
	rig_listen(r, T2);
	other.listen_fd[T2] = r->order.listen_fd[T2];
	other.leg[T2].role = LEG_LISTEN;
	other.leg[T2].trigger = TRIGGER_NONE;
	other.leg[T2].local = r->t[T2];
	r->order.listen_fd[T2] = -1;
	r->order.leg[T2].local.port = 0;
	r->order.leg[T2].remote = r->t[T2];
	CU_ASSERT_EQUAL_FATAL(worker_order(r->worker, &other), 0);
	rig_open(r);
}

/* Each is there no more when it is accepted, and its end runs behind it through the ring without reaching the next. */
static void
a_ring_of_two_calls_comes_to_an_end(void)
{
	const struct linger now = { 1, 0 };
	const struct order end = { .kind = ORDER_CLOSE, .relay = RIG_RELAY + 1, .listen_fd = { -1, -1 } };
	struct worker_counters c;
	struct rig r;
	int fd;

	set_up_ring(&r);
	fd = sock_tcp_connect(NULL, &r.t[T1]);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
	rig_rest(&r, SHORT_MS);
	c = rig_counters(&r);
	CU_ASSERT_TRUE(c.connected <= 2 * RELAY_CALLS_MAX);
	CU_ASSERT_TRUE(c.accepted <= 2 * (RELAY_CALLS_MAX + 1));
	CU_ASSERT_EQUAL_FATAL(worker_order(r.worker, &end), 0);
	rig_rest(&r, 0);
	rig_fini(&r);
}

static bool
ue_is_accepted(void *rig)
{
	return rig_count(rig, EVENT_ACCEPTED, T1) == 1;
}

static bool
ue_is_left(void *rig)
{
	return rig_count(rig, EVENT_CLOSED, T1) == 1;
}

static void
who_connects_over_and_over_does_not_make_us_call_as_often(void)
{
	struct worker_counters c;
	struct rig r;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	rig_go_plain(&r);
	rig_open(&r);
	for (unsigned i = 0; i < RELAY_CALLS_MAX + MORE; i++) {
		r.n_events = 0;
		peer_connect(&r.ue, &r.t[T1]);
		CU_ASSERT_TRUE(rig_until(&r, ue_is_accepted, RIG_BUDGET_MS));
		peer_reset(&r.ue);
		CU_ASSERT_TRUE(rig_until(&r, ue_is_left, RIG_BUDGET_MS));
		peer_forget(&r.core);
	}
	c = rig_counters(&r);
	CU_ASSERT_EQUAL(c.accepted, RELAY_CALLS_MAX + MORE);
	CU_ASSERT_EQUAL(c.refused, MORE);
	CU_ASSERT_TRUE(c.connected <= RELAY_CALLS_MAX);
	/* A while later all is as it was. */
	rig_rest(&r, RELAY_CALLS_MS);
	peer_forget(&r.core);
	forget_bytes(&r);
	r.n_events = 0;
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_until(&r, ue_is_accepted, RIG_BUDGET_MS));
	peer_send(&r.ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
	rig_fini(&r);
}

const struct test_case test_cases[] = {
	TEST(a_ring_of_two_calls_comes_to_an_end),
	TEST(who_connects_over_and_over_does_not_make_us_call_as_often),
	{ NULL, NULL },
};
