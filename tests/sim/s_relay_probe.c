/* SPDX-License-Identifier: BSD-2-Clause */
/* A newcomer who is refused has the old peer asked whether it is still there. */
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agw/leg_probe.h"
#include "proto/io/sock.h"
#include "tests/lib/relay_seen.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "relay_probe";

enum { PROBE_BUDGET_MS = LEG_PROBE_MS - LEG_PROBE_LOOK_MS, KEEPALIVE_S = 240, DEAD_S = 360, AWAIT_TRIES = 6 };

/* A call that one message has crossed, with ordinary times of liveness. */
static void
set_up(struct rig *r)
{
	rig_init(r, "127.0.0.1", (struct tls_peer_conf){ 0 });
	rig_set_limits(r, (struct worker_conf){ .max_relays = 4, .keepalive_s = KEEPALIVE_S, .dead_s = DEAD_S });
	rig_open(r);
	peer_connect(&r->ue, &r->t[T1]);
	CU_ASSERT_TRUE(rig_until(r, ue_is_secure, RIG_BUDGET_MS));
	peer_send(&r->ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(r, core_got_ping, RIG_BUDGET_MS));
}

static bool
one_was_refused(void *arg)
{
	return rig_counters(arg).refused == 1;
}

static bool
two_were_refused(void *arg)
{
	return rig_counters(arg).refused == 2;
}

static bool
three_were_refused(void *arg)
{
	return rig_counters(arg).refused == 3;
}

static bool
was_told(void *arg)
{
	struct worker_counters c = rig_counters(arg);

	return c.probe_answered + c.probe_dead + c.probe_unsure != 0;
}

/* Somebody comes, and is refused. */
static void
newcomer(struct rig *r, bool (*is_refused)(void *rig))
{
	int fd = sock_tcp_connect(NULL, &r->t[T1]);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_TRUE(rig_until(r, is_refused, RIG_BUDGET_MS));
	close(fd);
}

static int
option(const struct rig *r, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	CU_ASSERT_EQUAL(getsockopt(rig_socket(&r->ue), level, name, &value, &len), 0);
	return value;
}

static void
check_asked(const struct rig *r)
{
	CU_ASSERT_EQUAL(option(r, SOL_SOCKET, SO_KEEPALIVE), 1);
	CU_ASSERT_EQUAL(option(r, IPPROTO_TCP, TCP_KEEPIDLE), 1);
	CU_ASSERT_EQUAL(option(r, IPPROTO_TCP, TCP_KEEPINTVL), 1);
	CU_ASSERT_EQUAL(option(r, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
}

static void
check_ordinary(const struct rig *r)
{
	CU_ASSERT_EQUAL(option(r, SOL_SOCKET, SO_KEEPALIVE), 1);
	CU_ASSERT_EQUAL(option(r, IPPROTO_TCP, TCP_KEEPIDLE), KEEPALIVE_S);
	CU_ASSERT_EQUAL(option(r, IPPROTO_TCP, TCP_KEEPINTVL), 15);
	CU_ASSERT_EQUAL(option(r, IPPROTO_TCP, TCP_USER_TIMEOUT), DEAD_S * 1000);
}

static void
a_peer_that_lives_answers_and_stays(void)
{
	struct rig r;

	set_up(&r);
	newcomer(&r, one_was_refused);
	check_asked(&r);
	CU_ASSERT_TRUE(rig_until(&r, was_told, PROBE_BUDGET_MS));
	CU_ASSERT_EQUAL(rig_counters(&r).probe_answered, 1);
	check_ordinary(&r);
	/* Nothing has changed for it, also when its first seconds are over. */
	rig_rest(&r, 6000);
	check_ordinary(&r);
	forget_bytes(&r);
	peer_send(&r.ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T1), 0);
	CU_ASSERT_EQUAL(r.core.connections, 1);
	rig_fini(&r);
}

static void
newcomers_have_it_asked_once_in_a_while(void)
{
	struct rig r;

	set_up(&r);
	newcomer(&r, one_was_refused);
	CU_ASSERT_TRUE(rig_until(&r, was_told, LEG_PROBE_MS / 2));
	newcomer(&r, two_were_refused);
	check_ordinary(&r);
	rig_rest(&r, LEG_PROBE_MS);
	CU_ASSERT_EQUAL(rig_counters(&r).probe_answered, 1);
	newcomer(&r, three_were_refused);
	check_asked(&r);
	rig_fini(&r);
}

static void
a_stranger_has_nobody_asked(void)
{
	struct rig r;

	set_up(&r);
	/* Only the UE's own port is let in. */
	r.order.leg[T1].gate = GATE_FILTER_ADDR_PORT;
	CU_ASSERT_EQUAL(sock_local(r.ue.fd, &r.order.leg[T1].remote), 0);
	rig_change(&r, T1);
	newcomer(&r, one_was_refused);
	CU_ASSERT_EQUAL(option(&r, SOL_SOCKET, SO_KEEPALIVE), 0);
	rig_rest(&r, 6000);
	check_ordinary(&r);
	CU_ASSERT_FALSE(was_told(&r));
	rig_fini(&r);
}

/* From here on the peer's kernel hears nothing on this connection and so answers nothing; nobody is told of that. */
static int
vanish(struct rig_peer *p)
{
	struct sock_filter drop = { BPF_RET | BPF_K, 0, 0, 0 };
	struct sock_fprog prog = { 1, &drop };
	int kept;

	if (setsockopt(p->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) != 0)
		return -1;
	kept = dup(p->fd); /* no FIN when the peer forgets it */
	CU_ASSERT_TRUE_FATAL(kept >= 0);
	return kept;
}

static bool
is_dead(void *arg)
{
	const struct rig *r = arg;
	struct sock_silence s;

	CU_ASSERT_EQUAL_FATAL(sock_silence(rig_socket(&r->ue), &s), 0);
	return leg_probe_judge(&s, 0) == LEG_PROBE_DEAD;
}

/* The kernel's time passes, then ours: the newcomer's next try. */
static void
check_succession(struct rig *r, int old)
{
	bool dead = false;

	for (int i = 0; i < AWAIT_TRIES && !dead; i++)
		dead = rig_await(r, is_dead);
	CU_ASSERT_TRUE(dead);
	CU_ASSERT_TRUE(rig_until(r, was_told, 2 * LEG_PROBE_LOOK_MS));
	CU_ASSERT_EQUAL(rig_counters(r).probe_dead, 1);
	CU_ASSERT_TRUE(rig_wait(r, EVENT_CLOSED, T1, RIG_BUDGET_MS));
	CU_ASSERT_TRUE(rig_wait(r, EVENT_CLOSED, T2, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(rig_count(r, EVENT_FAILED, T1) + rig_count(r, EVENT_FAILED, T2), 0);
	peer_forget(&r->ue);
	peer_forget(&r->core);
	forget_bytes(r);
	peer_connect(&r->ue, &r->t[T1]);
	CU_ASSERT_TRUE(rig_until(r, ue_is_secure, RIG_BUDGET_MS));
	peer_send(&r->ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(r, core_got_ping, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(r->core.connections, 2);
	rig_fini(r);
	close(old);
}

/* One owes us nothing and is probed, the other owes an acknowledgement: the kernel asks it by retransmission alone. */
static void
a_peer_that_vanished_makes_way(void)
{
	struct rig idle, owing;
	int old[2];

	set_up(&idle);
	set_up(&owing);
	old[0] = vanish(&idle.ue);
	old[1] = vanish(&owing.ue);
	if (old[0] < 0 || old[1] < 0) {
		puts("# skipped: no filters for TCP sockets without CAP_NET_ADMIN here");
		rig_fini(&idle);
		rig_fini(&owing);
		return;
	}
	peer_send(&owing.core, pong, strlen(pong));
	rig_rest(&owing, 0);
	newcomer(&idle, one_was_refused);
	newcomer(&owing, one_was_refused);
	check_succession(&idle, old[0]);
	check_succession(&owing, old[1]);
}

const struct test_case test_cases[] = {
	TEST(a_peer_that_lives_answers_and_stays),
	TEST(newcomers_have_it_asked_once_in_a_while),
	TEST(a_stranger_has_nobody_asked),
	TEST(a_peer_that_vanished_makes_way),
	{ NULL, NULL },
};
