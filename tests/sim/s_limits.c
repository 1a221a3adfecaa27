/* SPDX-License-Identifier: BSD-2-Clause */
/* What the gateway does at its limits: it waits or refuses, loses nothing, and recovers. */
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agw/leg.h"
#include "agw/realm.h"
#include "proto/io/sock.h"
#include "tests/lib/agw_rig.h"
#include "tests/lib/relay_rig.h"
#include "tests/lib/relay_seen.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "limits";

static bool
has_stats(void *arg)
{
	struct rig *r = arg;

	return r->has_stats;
}

static void
an_answer_waits_for_room(void)
{
	struct rig r;
	struct order close;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ .version = 0 });
	rig_open(&r);
	close = r.order;
	close.kind = ORDER_CLOSE;
	close.listen_fd[T1] = close.listen_fd[T2] = -1;
	inbox_set_max(r.inbox, 0);
	CU_ASSERT_EQUAL(worker_order(r.worker, &close), 0);
	CU_ASSERT_FALSE(rig_until(&r, has_stats, 1000));
	inbox_set_max(r.inbox, INBOX_MAX);
	CU_ASSERT(rig_until(&r, has_stats, 100));
	CU_ASSERT(r.stats.closed);
	/* Orders go on behind it. */
	r.has_stats = false;
	CU_ASSERT_EQUAL(worker_order(r.worker, &close), 0);
	CU_ASSERT(rig_until(&r, has_stats, 100));
	rig_fini(&r);
}

/* ---- a worker's handshakes ---- */

static bool
has_other(void *arg)
{
	return ((struct rig *)arg)->others[EVENT_ACCEPTED] > 0;
}

/* One more relay like the first with a listener of its own; where it listens. */
static struct addr
open_another(struct rig *r, slot_id id)
{
	struct order o = r->order;
	struct addr at;

	o.kind = ORDER_OPEN;
	o.relay = id;
	o.listen_fd[T2] = -1;
	o.leg[T1].local.port = 0;
	o.listen_fd[T1] = sock_tcp_listen(&o.leg[T1].local, SOCK_BACKLOG);
	CU_ASSERT_EQUAL_FATAL(sock_local(o.listen_fd[T1], &at), 0);
	CU_ASSERT_EQUAL(worker_order(r->worker, &o), 0);
	return at;
}

static void
close_another(struct rig *r, slot_id id)
{
	struct order o = { .kind = ORDER_CLOSE, .relay = id, .listen_fd = { -1, -1 } };

	CU_ASSERT_EQUAL(worker_order(r->worker, &o), 0);
}

static void
a_handshake_too_many_waits_in_the_kernel(void)
{
	const struct worker_conf wc = { .max_relays = 4, .max_handshakes = 1 };
	struct addr at;
	struct rig r;
	int fd;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ .version = 0 });
	rig_set_limits(&r, wc);
	r.order.leg[T1].fpr_known = false;
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT(rig_wait(&r, EVENT_ACCEPTED, T1, RIG_BUDGET_MS));
	at = open_another(&r, 100);
	fd = sock_tcp_connect(NULL, &at);
	CU_ASSERT_FALSE(rig_until(&r, has_other, 5000));
	CU_ASSERT_EQUAL(rig_counters(&r).waits_handshakes, 1);
	/* The first one comes to its end. */
	r.order.leg[T1].fpr_known = true;
	rig_change(&r, T1);
	CU_ASSERT(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
	CU_ASSERT(rig_until(&r, has_other, RIG_BUDGET_MS));
	close_another(&r, 100);
	close(fd);
	rig_fini(&r);
}

/* Those before it in the queue have left: it is not forgotten. */
static void
who_waits_behind_somebody_who_left_has_its_turn(void)
{
	const struct worker_conf wc = { .max_relays = 8, .max_handshakes = 1 };
	struct addr at[3];
	struct rig r;
	int fd[3];

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ .version = 0 });
	rig_set_limits(&r, wc);
	r.order.leg[T1].fpr_known = false;
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT(rig_wait(&r, EVENT_ACCEPTED, T1, RIG_BUDGET_MS));
	for (unsigned i = 0; i < 3; i++) {
		at[i] = open_another(&r, 100 + i);
		fd[i] = sock_tcp_connect(NULL, &at[i]);
		rig_rest(&r, 10);
	}
	CU_ASSERT_EQUAL(rig_counters(&r).waits_handshakes, 3);
	close_another(&r, 100);
	rig_rest(&r, 10);
	CU_ASSERT_FALSE(has_other(&r));
	/* No fingerprint comes for the first. */
	CU_ASSERT(rig_until(&r, has_other, r.order.leg[T1].fpr_ms + RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(r.others[EVENT_ACCEPTED], 1);
	close_another(&r, 101);
	rig_rest(&r, 10);
	CU_ASSERT_EQUAL(r.others[EVENT_ACCEPTED], 2);
	close_another(&r, 102);
	for (unsigned i = 0; i < 3; i++)
		close(fd[i]);
	rig_fini(&r);
}

static void
one_turn_does_few_steps_of_handshakes(void)
{
	enum { RELAYS = 20 };
	const struct worker_conf wc = { .max_relays = RELAYS + 1 };
	uint64_t before = 0, most = 0;
	struct addr at;
	struct rig r;
	int fd[RELAYS];

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ .version = 0 });
	rig_set_limits(&r, wc);
	rig_open(&r);
	for (unsigned i = 0; i < RELAYS; i++) {
		at = open_another(&r, 100 + i);
		fd[i] = sock_tcp_connect(NULL, &at);
	}
	rig_rest(&r, 10);
	CU_ASSERT_EQUAL(r.others[EVENT_ACCEPTED], RELAYS);
	for (unsigned i = 0; i < RELAYS; i++)
		CU_ASSERT_EQUAL(send(fd[i], "no TLS at all\n", 14, MSG_NOSIGNAL), 14);
	for (unsigned turns = 0; turns < 10000 && before < RELAYS; turns++) {
		uint64_t now;

		if (!loop_poll(r.loop))
			(void)poll(NULL, 0, 1); /* a busy kernel has the octets still */
		now = rig_counters(&r).handshakes_failed;
		if (now - before > most)
			most = now - before;
		before = now;
	}
	CU_ASSERT_EQUAL(before, RELAYS);
	CU_ASSERT(most > 0 && most <= LEG_HANDSHAKES_A_TURN);
	for (unsigned i = 0; i < RELAYS; i++) {
		close_another(&r, 100 + i);
		close(fd[i]);
	}
	rig_fini(&r);
}

/* ---- descriptors ---- */

/* The process may open no more; gives what to set again. */
static struct rlimit
use_up_descriptors(void)
{
	struct rlimit was, none;
	int probe = dup(0);

	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = (rlim_t)probe;
	close(probe);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &none), 0);
	return was;
}

static void
out_of_descriptors_a_call_is_overload(void)
{
	struct rlimit was;
	struct rig r;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ .version = 0 });
	rig_open(&r);
	r.order.leg[T2].trigger = TRIGGER_NOW;
	was = use_up_descriptors();
	rig_change(&r, T2);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T2, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &was), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rig_last(&r, EVENT_FAILED, T2));
	CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T2)->reason, REASON_OVERLOAD);
	rig_fini(&r);
}

static void
out_of_descriptors_a_connection_waits(void)
{
	struct rlimit was;
	struct rig r;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ .version = 0 });
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	was = use_up_descriptors();
	CU_ASSERT_FALSE(rig_wait(&r, EVENT_ACCEPTED, T1, LEG_ACCEPT_RETRY_MS * 5));
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &was), 0);
	/* It was looked at now and then, not all the time. */
	CU_ASSERT(rig_counters(&r).waits_descriptors >= 2 && rig_counters(&r).waits_descriptors <= 6);
	CU_ASSERT(rig_until(&r, ue_is_secure, LEG_ACCEPT_RETRY_MS * 2));
	rig_fini(&r);
}

/* ---- connections that do not come ---- */

static void
a_connection_that_does_not_come_is_told_once(void)
{
	const struct event *e;
	struct rig r;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ .version = 0 });
	r.order.leg[T1].wait_ms = 5000;
	rig_open(&r);
	rig_rest(&r, 3000);
	rig_change(&r, T1); /* does not begin anew */
	rig_rest(&r, 1900);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_FAILED, T1), 0);
	rig_rest(&r, 200);
	e = rig_last(&r, EVENT_FAILED, T1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(e->reason, REASON_TCP_TIMEOUT);
	rig_change(&r, T1);
	rig_rest(&r, 60000);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_FAILED, T1), 1);
	/* It may still come. */
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT(rig_until(&r, ue_is_secure, RIG_BUDGET_MS));
	rig_fini(&r);
}

static void
nothing_is_awaited_where_nobody_may_come_or_somebody_came(void)
{
	struct rig r;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ .version = 0 });
	r.order.leg[T1].wait_ms = 5000;
	r.order.leg[T1].gate = GATE_IGNORE;
	rig_open(&r);
	rig_rest(&r, 20000);
	r.order.leg[T1].gate = GATE_OPEN;
	rig_change(&r, T1);
	rig_rest(&r, 4000);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT(rig_until(&r, ue_is_secure, 900));
	rig_rest(&r, 1000);
	peer_reset(&r.ue);
	rig_rest(&r, 20000);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_FAILED, T1), 0);
	rig_fini(&r);
}

/* ---- too much of everything ---- */

static void
ask_for_more(const char *why)
{
	static const char add[] = "Context = $ { Add = ip/1/access/$ { Media { Stream = 1 { LocalControl { Mode = SendReceive },"
				  " Local {\nv=0\nc=IN IP4 $\nm=message $ TCP *\na=setup:passive\n} } } } }";
	char told[128];

	(void)snprintf(told, sizeof(told), "Error=510{\"Insufficient resources: %s\"}", why);
	for (unsigned i = 0; i < 20; i++) {
		ar_ask(add);
		CU_ASSERT_TRUE(ar_replied(told));
	}
	CU_ASSERT_EQUAL(ar.agw->ctxs.n, 1);
	ar_check_talk();
}

/* Contexts, sessions of a realm, descriptors, ports: whoever is too many hears 510, and nobody else anything. */
static void
a_full_gateway_refuses_what_is_new_and_carries_what_runs(void)
{
	enum { PORTS_MAX = 16384 };
	static struct addr taken[PORTS_MAX];
	struct ctx_env *env;
	struct realm *realm;
	unsigned n = 0;

	ar_begin();
	env = &ar.agw->ctxs.env;
	realm = ar.agw->realms[0];
	ar_add(", tcpbcc/discard = ON, seplink/link = ON", "");
	ar_answer(", gm/saf = ON, seplink/link = ON", true);
	peer_connect(&ar.ue, &ar.local[0]);
	ar_check_talk();
	env->max_contexts = 1;
	ask_for_more("overload");
	env->max_contexts = 2;
	realm->max_sessions = 1;
	ask_for_more("overload: the realm has all the sessions that it may have");
	CU_ASSERT_EQUAL(realm->refused, 20);
	realm->max_sessions = 0;
	env->max_fd = 3;
	ask_for_more("overload: out of descriptors");
	env->max_fd = 0;
	CU_ASSERT_EQUAL(agw_count_failures(ar.agw, REASON_OVERLOAD), 60);
	while (n < PORTS_MAX && realm_take(realm, ADDR_V4, &taken[n]) == 0)
		n++;
	ask_for_more("no-port");
	CU_ASSERT_EQUAL(agw_count_failures(ar.agw, REASON_NO_PORT), 20);
	while (n)
		realm_give(realm, &taken[--n]);
	ar_subtract();
	ar_end();
}

const struct test_case test_cases[] = {
	TEST(a_full_gateway_refuses_what_is_new_and_carries_what_runs),
	TEST(an_answer_waits_for_room),
	TEST(a_handshake_too_many_waits_in_the_kernel),
	TEST(who_waits_behind_somebody_who_left_has_its_turn),
	TEST(one_turn_does_few_steps_of_handshakes),
	TEST(out_of_descriptors_a_connection_waits),
	TEST(out_of_descriptors_a_call_is_overload),
	TEST(a_connection_that_does_not_come_is_told_once),
	TEST(nothing_is_awaited_where_nobody_may_come_or_somebody_came),
	{ NULL, NULL },
};
