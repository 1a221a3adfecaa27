/* SPDX-License-Identifier: BSD-2-Clause */
/* What sockets are told, and when: nothing before it can matter. */
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "agw/leg.h"
#include "tests/lib/relay_seen.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "relay_options";

static int
option(const struct rig_peer *p, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	CU_ASSERT_EQUAL(getsockopt(rig_socket(p), level, name, &value, &len), 0);
	return value;
}

/* A call with one message there and back. */
static void
set_up(struct rig *r, struct worker_conf wc, int version)
{
	rig_init(r, "127.0.0.1", (struct tls_peer_conf){ .version = version });
	wc.max_relays = 4;
	rig_set_limits(r, wc);
	rig_open(r);
	peer_connect(&r->ue, &r->t[T1]);
	CU_ASSERT_TRUE(rig_until(r, ue_is_secure, RIG_BUDGET_MS));
	peer_send(&r->ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(r, core_got_ping, RIG_BUDGET_MS));
	peer_send(&r->core, pong, strlen(pong));
	CU_ASSERT_TRUE(rig_until(r, ue_got_pong, RIG_BUDGET_MS));
}

static void
check_liveness(const struct rig_peer *p, int idle_s, int probe_s, int dead_ms)
{
	CU_ASSERT_EQUAL(option(p, SOL_SOCKET, SO_KEEPALIVE), idle_s != 0);
	if (idle_s) {
		CU_ASSERT_EQUAL(option(p, IPPROTO_TCP, TCP_KEEPIDLE), idle_s);
		CU_ASSERT_EQUAL(option(p, IPPROTO_TCP, TCP_KEEPINTVL), probe_s);
	}
	CU_ASSERT_EQUAL(option(p, IPPROTO_TCP, TCP_USER_TIMEOUT), dead_ms);
}

static void
a_connection_that_lasts_is_probed(void)
{
	struct rig r;

	set_up(&r, (struct worker_conf){ .keepalive_s = 240, .dead_s = 360 }, TLS1_3_VERSION);
	check_liveness(&r.ue, 0, 0, 0);
	check_liveness(&r.core, 0, 0, 0);
	rig_rest(&r, 6000);
	check_liveness(&r.ue, 240, 15, 360000);
	check_liveness(&r.core, 240, 15, 360000);
	/* The next one on the same ports is a new one. */
	peer_reset(&r.ue);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_CLOSED, T2, RIG_BUDGET_MS));
	peer_forget(&r.ue);
	peer_forget(&r.core);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
	check_liveness(&r.ue, 0, 0, 0);
	rig_rest(&r, 6000);
	check_liveness(&r.ue, 240, 15, 360000);
	check_liveness(&r.core, 240, 15, 360000);
	rig_fini(&r);
}

/* The kernel counts a silence from its beginning: who is told within it is told in time. */
static void
short_times_are_told_before_they_are_over(void)
{
	static const struct {
		unsigned keepalive_s, dead_s;
	} rows[] = { { 1, 9 }, { 0, 1 }, { 1, 0 } };

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig r;

		set_up(&r, (struct worker_conf){ .keepalive_s = rows[i].keepalive_s, .dead_s = rows[i].dead_s },
		       TLS1_3_VERSION);
		rig_rest(&r, 1300);
		check_liveness(&r.ue, (int)rows[i].keepalive_s, rows[i].dead_s ? 1 : 15, (int)rows[i].dead_s * 1000);
		check_liveness(&r.core, (int)rows[i].keepalive_s, rows[i].dead_s ? 1 : 15, (int)rows[i].dead_s * 1000);
		rig_fini(&r);
	}
}

static void
who_wants_no_probes_gets_none(void)
{
	struct rig r;

	set_up(&r, (struct worker_conf){ .keepalive_s = 0 }, TLS1_3_VERSION);
	rig_rest(&r, 60000);
	check_liveness(&r.ue, 0, 0, 0);
	rig_fini(&r);
}

/* Nothing that is sent may wait for an acknowledgement of what was sent before; the first can have nothing to wait for,
 * but in TLS 1.2, where the server has the last word of the handshake. */
static void
the_second_thing_that_is_said_does_not_wait_for_the_first(void)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

	for (int i = 0; i < 2; i++) {
		struct rig r;

		set_up(&r, (struct worker_conf){ .max_relays = 4 }, versions[i]);
		CU_ASSERT_EQUAL(option(&r.ue, IPPROTO_TCP, TCP_NODELAY), versions[i] == TLS1_2_VERSION);
		CU_ASSERT_EQUAL(option(&r.core, IPPROTO_TCP, TCP_NODELAY), 0);
		r.ue.got = r.core.got = 0;
		peer_send(&r.ue, ping, strlen(ping));
		CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
		CU_ASSERT_EQUAL(option(&r.core, IPPROTO_TCP, TCP_NODELAY), 1);
		peer_send(&r.core, pong, strlen(pong));
		CU_ASSERT_TRUE(rig_until(&r, ue_got_pong, RIG_BUDGET_MS));
		CU_ASSERT_EQUAL(option(&r.ue, IPPROTO_TCP, TCP_NODELAY), 1);
		rig_fini(&r);
	}
}

/* Here there is no gate, whatever the worker was told. */
static void
a_listener_that_lets_in_nobody_is_not_watched_before_it_has(void)
{
	struct worker_conf wc = { .max_relays = 4, .is_gated = true };
	struct rig r;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ .version = TLS1_3_VERSION });
	rig_set_limits(&r, wc);
	r.order.leg[T1].gate = GATE_IGNORE;
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	rig_rest(&r, 1000);
	CU_ASSERT_EQUAL(r.n_events, 0);
	CU_ASSERT_FALSE(r.ue.broken);
	r.order.leg[T1].gate = GATE_OPEN;
	rig_change(&r, T1);
	CU_ASSERT_TRUE(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
	peer_reset(&r.ue);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_CLOSED, T1, RIG_BUDGET_MS));
	peer_forget(&r.ue);
	r.order.leg[T1].gate = GATE_IGNORE;
	rig_change(&r, T1);
	peer_connect(&r.ue, &r.t[T1]);
	rig_rest(&r, 1000);
	CU_ASSERT_TRUE(r.ue.broken);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_ACCEPTED, T1), 1);
	rig_fini(&r);
}

const struct test_case test_cases[] = {
	TEST(a_connection_that_lasts_is_probed),
	TEST(short_times_are_told_before_they_are_over),
	TEST(who_wants_no_probes_gets_none),
	TEST(the_second_thing_that_is_said_does_not_wait_for_the_first),
	TEST(a_listener_that_lets_in_nobody_is_not_watched_before_it_has),
	{ NULL, NULL },
};
