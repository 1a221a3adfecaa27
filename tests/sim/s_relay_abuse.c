/* SPDX-License-Identifier: BSD-2-Clause */
/* Peers that mean harm, or just die at the worst moment. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agw/leg.h"
#include "proto/io/sock.h"
#include "tests/lib/relay_seen.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "relay_abuse";

/* What was sent before is still read by the gateway; its answer is not welcome any more. */
static void
reset(int fd)
{
	const struct linger now = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static int
connect_raw(struct rig *r)
{
	int fd = sock_tcp_connect(NULL, &r->t[T1]);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_TRUE(rig_wait(r, EVENT_ACCEPTED, T1, RIG_BUDGET_MS));
	return fd;
}

static void
a_peer_may_be_gone_before_our_alert_in_the_handshake(void)
{
	static const char junk[] = "\x16\x03\x01\x00\x05hello";
	struct rig r;
	int fd;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	rig_open(&r);
	fd = connect_raw(&r);
	CU_ASSERT_EQUAL(send(fd, junk, sizeof(junk) - 1, 0), (ssize_t)sizeof(junk) - 1);
	reset(fd);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T1, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T1)->reason, REASON_TLS_FAILED);
	rig_rest(&r, 1000);
	/* The next one is served. */
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
	rig_fini(&r);
}

/* A kernel that opens the records may tell of the reset first. */
static void
a_peer_may_be_gone_before_our_alert_after_the_handshake(void)
{
	static const char junk[] = "no record of TLS at all";
	const struct event *last;
	struct worker_counters c;
	struct rig r;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
	peer_send(&r.ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(send(r.ue.fd, junk, sizeof(junk) - 1, 0), (ssize_t)sizeof(junk) - 1);
	peer_reset(&r.ue);
	CU_ASSERT_TRUE(rig_until(&r, core_is_over, RIG_BUDGET_MS));
	rig_rest(&r, 0);
	last = &r.events[r.n_events - 1];
	while (last > r.events && last->side != T1)
		last--;
	worker_read_counters(r.worker, &c);
	CU_ASSERT_TRUE((last->kind == EVENT_FAILED && last->reason == REASON_TLS_FAILED) ||
	               (c.ktls_taken && last->kind == EVENT_CLOSED && last->reason == REASON_PEER_RESET));
	CU_ASSERT_EQUAL(r.core.got, strlen(ping));
	rig_fini(&r);
}

/* A port that its termination has left may be another's before the relay ends. */
static void
a_leg_lets_go_of_the_port_of_a_termination_that_left(void)
{
	struct rig r;
	int fd;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	r.order.leg[T1].term = 5;
	rig_open(&r);
	r.order.leg[T1] = (struct leg_spec){ .role = LEG_NO_ROLE, .gate = GATE_IGNORE };
	rig_change(&r, T1);
	fd = sock_tcp_listen(&r.t[T1], SOCK_BACKLOG);
	CU_ASSERT_TRUE(fd >= 0);
	if (fd >= 0)
		close(fd);
	rig_fini(&r);
}

/* Control refuses such an order; the worker does not depend on it. */
static void
a_plain_connection_does_not_outlive_the_order_for_tls(void)
{
	struct rig r;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	r.order.leg[T1].tls = false;
	r.ue.has_tls = false;
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
	peer_send(&r.ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
	r.order.leg[T1].tls = true;
	rig_change(&r, T1);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T1), 1);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T2), 1);
	r.ue.has_tls = true;
	rig_fini(&r);
}

static int
connect_from(struct rig *r, const char *ip, unsigned accepted)
{
	struct addr local = { 0 };
	int fd;

	CU_ASSERT_EQUAL_FATAL(addr_parse_ip(span_str(ip), &local), 0);
	fd = sock_tcp_connect(&local, &r->t[T1]);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	rig_rest(r, 0);
	CU_ASSERT_EQUAL(rig_count(r, EVENT_ACCEPTED, T1), accepted);
	return fd;
}

static void
a_new_latch_lets_another_source_in(void)
{
	struct rig r;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	r.order.leg[T1].gate = GATE_LATCH;
	r.order.leg[T1].tls = false;
	rig_open(&r);
	reset(connect_from(&r, "127.0.0.1", 1));
	rig_rest(&r, 1000);
	reset(connect_from(&r, "127.0.0.2", 1));
	rig_rest(&r, 1000);
	r.order.leg[T1].latch_round++;
	rig_change(&r, T1);
	reset(connect_from(&r, "127.0.0.2", 2));
	rig_rest(&r, 1000);
	/* To which it has latched now. */
	reset(connect_from(&r, "127.0.0.1", 2));
	rig_fini(&r);
}

/* The UE has another address, and its old connection may be dead without a word. */
static void
who_comes_after_a_new_latch_takes_the_place(void)
{
	enum { PAUSED, OPEN, STATES };

	for (int state = 0; state < STATES; state++) {
		struct rig r;
		int fd = -1;

		rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
		r.order.leg[T1].gate = GATE_LATCH;
		if (state == PAUSED)
			r.order.leg[T1].fpr_known = false;
		else
			rig_go_plain(&r);
		rig_open(&r);
		peer_connect(&r.ue, &r.t[T1]);
		rig_rest(&r, 1000);
		CU_ASSERT_EQUAL(rig_state(&r, T1), state == PAUSED ? LEG_PAUSED : LEG_OPEN);
		close(connect_from(&r, "127.0.0.2", 1));
		rig_rest(&r, 1000);
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T1) + rig_count(&r, EVENT_FAILED, T1), 0);
		r.order.leg[T1].latch_round++;
		rig_change(&r, T1);
		CU_ASSERT_EQUAL(rig_state(&r, T1), state == PAUSED ? LEG_PAUSED : LEG_OPEN);
		fd = connect_from(&r, "127.0.0.2", 2);
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T1), 1);
		/* Once: it is as safe from others as the first one was. */
		reset(connect_from(&r, "127.0.0.3", 2));
		rig_rest(&r, 1000);
		CU_ASSERT_EQUAL(rig_state(&r, T1), state == PAUSED ? LEG_SECURING : LEG_OPEN);
		CU_ASSERT_EQUAL(r.core.connections, 2);
		close(fd);
		rig_fini(&r);
	}
}

/* Who was latched to before the answer must not keep out whom the answer names: he need not say another word. */
static void
whom_the_rule_names_takes_the_place_of_who_would_not_get_in_now(void)
{
	struct rig r;
	int fd;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	r.order.leg[T1].gate = GATE_LATCH;
	rig_open(&r);
	fd = connect_from(&r, "127.0.0.2", 1);
	r.order.leg[T1].gate = GATE_FILTER_ADDR;
	r.order.leg[T1].remote = r.t[T1];
	rig_change(&r, T1);
	reset(connect_from(&r, "127.0.0.3", 1));
	CU_ASSERT_EQUAL(rig_state(&r, T1), LEG_SECURING);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_ACCEPTED, T1), 2);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T1), 1);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_FAILED, T1), 0);
	/* Its own next one, while it is there, is one too many. */
	reset(connect_from(&r, "127.0.0.1", 2));
	CU_ASSERT_EQUAL(rig_state(&r, T1), LEG_OPEN);
	close(fd);
	rig_fini(&r);
}

/* One SYN of a stranger must not keep the UE out for good. */
static void
who_fails_in_the_handshake_is_not_latched_to(void)
{
	struct rig r;
	int fd;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	r.order.leg[T1].gate = GATE_LATCH;
	rig_open(&r);
	fd = connect_from(&r, "127.0.0.2", 1);
	CU_ASSERT_EQUAL(send(fd, "hello, hello", 12, 0), 12);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T1, RIG_BUDGET_MS));
	close(fd);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
	peer_reset(&r.ue);
	rig_rest(&r, 1000);
	/* Who did not fail is. */
	reset(connect_from(&r, "127.0.0.2", 2));
	rig_fini(&r);
}

const struct test_case test_cases[] = {
	TEST(a_peer_may_be_gone_before_our_alert_in_the_handshake),
	TEST(a_peer_may_be_gone_before_our_alert_after_the_handshake),
	TEST(a_leg_lets_go_of_the_port_of_a_termination_that_left),
	TEST(a_plain_connection_does_not_outlive_the_order_for_tls),
	TEST(a_new_latch_lets_another_source_in),
	TEST(who_comes_after_a_new_latch_takes_the_place),
	TEST(whom_the_rule_names_takes_the_place_of_who_would_not_get_in_now),
	TEST(who_fails_in_the_handshake_is_not_latched_to),
	{ NULL, NULL },
};
