/* SPDX-License-Identifier: BSD-2-Clause */
/* Two workers in threads of their own, sharing one TLS context: what ThreadSanitizer is to look at. */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agw/tls_ctx.h"
#include "agw/worker.h"
#include "proto/base/log.h"
#include "proto/io/sock.h"
#include "tests/lib/tls_peer.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "workers";

enum { WORKERS = 2, CALLS = 25, GUARD_MS = 120000 }; /* real time, of a machine that may be busy */

static const char ping[] = "MSRP 1 SEND\r\n-------1$\r\n", pong[] = "MSRP 1 200 OK\r\n-------1$\r\n";

struct control {
	struct loop *loop;
	struct inbox *inbox;
	struct loop_timer guard;
	struct tls_ctx *ctx;
	struct worker *workers[WORKERS];
	unsigned closed, late, wanted;
	uint64_t octets;
};

/* One UE with its calls, one after the other; blocking, as a thread of its own may. */
struct caller {
	struct control *control;
	struct worker *worker;
	unsigned index, done;
};

static void
on_event(void *arg, void *letter)
{
	struct control *c = arg;
	const struct event *e = letter;

	if (e->kind != EVENT_STATS)
		return;
	c->closed += e->closed;
	c->octets += e->stats[0].octets_in + e->stats[1].octets_in;
	if (c->closed == c->wanted)
		loop_stop(c->loop);
}

static void
on_guard(struct loop_timer *t)
{
	struct control *c = t->arg;

	c->late++;
	loop_stop(c->loop);
}

static void
control_init(struct control *c)
{
	const struct tls_ctx_conf tc = { .min_version = 12 };
	const char *why;

	*c = (struct control){ .loop = loop_new() };
	log_open("workers", LOG_TO_STDERR, LOG_LVL_ERROR);
	signal(SIGPIPE, SIG_IGN);
	c->inbox = inbox_new(c->loop, sizeof(struct event), on_event, c);
	c->ctx = tls_ctx_new(&tc, &why);
	CU_ASSERT_TRUE_FATAL(c->inbox && c->ctx);
	for (unsigned i = 0; i < WORKERS; i++) {
		const struct worker_conf wc = { .index = i, .events = c->inbox, .max_relays = 10 * CALLS };

		c->workers[i] = worker_new(NULL, &wc);
		CU_ASSERT_PTR_NOT_NULL_FATAL(c->workers[i]);
	}
	loop_timer_init(&c->guard, c->loop, on_guard, c);
	loop_timer_set(&c->guard, GUARD_MS);
}

static void
control_fini(struct control *c)
{
	loop_timer_stop(&c->guard);
	for (unsigned i = 0; i < WORKERS; i++)
		worker_free(c->workers[i]);
	inbox_free(c->inbox, NULL);
	loop_free(c->loop);
	tls_ctx_free(c->ctx);
}

static int
listen_on(struct addr *a)
{
	int fd;

	*a = (struct addr){ .family = ADDR_V4, .ip = { 127, 0, 0, 1 } };
	fd = sock_tcp_listen(a, SOCK_BACKLOG);
	return fd >= 0 && sock_local(fd, a) == 0 ? fd : -1;
}

static struct order
make_order(struct caller *c, unsigned call, const struct tls_peer *ue, const struct addr *core, struct addr *t1)
{
	struct order o = { .kind = ORDER_OPEN, .relay = 1000 * (c->index + 1) + call, .listen_fd = { -1, -1 } };
	struct leg_spec common = { .gate = GATE_OPEN, .flow_in = true, .flow_out = true, .tcp_ms = GUARD_MS,
		                   .tls_ms = GUARD_MS, .fpr_ms = GUARD_MS };

	o.leg[0] = o.leg[1] = common;
	o.listen_fd[0] = listen_on(t1);
	o.leg[0].local = *t1;
	o.leg[0].role = LEG_LISTEN;
	o.leg[0].tls = true;
	o.leg[0].tls_ctx = c->control->ctx;
	o.fprs[0] = tls_peer_fprs(ue, FPR_SHA256);
	o.leg[1].local = (struct addr){ .family = ADDR_V4, .ip = { 127, 0, 0, 1 } };
	o.leg[1].role = LEG_CONNECT;
	o.leg[1].trigger = TRIGGER_PARTNER;
	o.leg[1].remote = *core;
	return o;
}

static int
dial(const struct addr *to)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(to, &ss);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&ss, len) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool
talk(SSL *ue, int core)
{
	char buf[64];

	return SSL_write(ue, ping, (int)strlen(ping)) == (int)strlen(ping) &&
	       recv(core, buf, strlen(ping), MSG_WAITALL) == (ssize_t)strlen(ping) &&
	       send(core, pong, strlen(pong), MSG_NOSIGNAL) == (ssize_t)strlen(pong) &&
	       SSL_read(ue, buf, sizeof(buf)) == (int)strlen(pong);
}

/* The fingerprint comes while the handshake is under way, as it does in a call. */
static bool
call_once(struct caller *c, unsigned call)
{
	const struct tls_peer_conf any = { .version = 0 };
	struct addr core_at, t1;
	int core_listen = listen_on(&core_at), core = -1, fd;
	struct tls_peer ue;
	struct order o;
	bool ok;

	tls_peer_init(&ue, &any);
	o = make_order(c, call, &ue, &core_at, &t1);
	ok = worker_order(c->worker, &o) == 0;
	fd = dial(&t1);
	o.kind = ORDER_CHANGE;
	o.listen_fd[0] = -1;
	o.leg[0].fpr_known = true;
	ok = ok && worker_order(c->worker, &o) == 0 && fd >= 0;
	SSL_set_fd(ue.ssl, fd);
	ok = ok && SSL_do_handshake(ue.ssl) == 1;
	if (ok)
		core = accept(core_listen, NULL, NULL);
	if (core_listen >= 0 && core < 0 && ok)
		ok = false;
	ok = ok && talk(ue.ssl, core);
	o.kind = ORDER_CLOSE;
	ok = worker_order(c->worker, &o) == 0 && ok;
	close(fd);
	if (core >= 0)
		close(core);
	close(core_listen);
	tls_peer_fini(&ue);
	return ok;
}

static void *
run_calls(void *arg)
{
	struct caller *c = arg;

	for (unsigned i = 0; i < CALLS; i++)
		c->done += call_once(c, i);
	return NULL;
}

static void
two_workers_carry_calls_at_the_same_time(void)
{
	struct worker_counters n;
	struct caller callers[WORKERS];
	pthread_t threads[WORKERS];
	struct control c;

	control_init(&c);
	c.wanted = WORKERS * CALLS;
	for (unsigned i = 0; i < WORKERS; i++) {
		callers[i] = (struct caller){ .control = &c, .worker = c.workers[i], .index = i };
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, run_calls, &callers[i]), 0);
	}
	loop_run(c.loop);
	for (unsigned i = 0; i < WORKERS; i++) {
		pthread_join(threads[i], NULL);
		CU_ASSERT_EQUAL(callers[i].done, CALLS);
		worker_read_counters(c.workers[i], &n);
		CU_ASSERT_EQUAL(n.relays, 0);
		CU_ASSERT_EQUAL(n.accepted, CALLS);
		CU_ASSERT_EQUAL(n.connected, CALLS);
		CU_ASSERT_EQUAL(n.fp_matched, CALLS);
		CU_ASSERT_EQUAL(n.octets_access, CALLS * strlen(ping));
		CU_ASSERT_EQUAL(n.octets_core, CALLS * strlen(pong));
	}
	CU_ASSERT_EQUAL(c.late, 0);
	CU_ASSERT_EQUAL(c.octets, c.wanted * (strlen(ping) + strlen(pong)));
	control_fini(&c);
}

static void
a_worker_ends_with_calls_open_and_orders_waiting(void)
{
	const struct tls_peer_conf any = { .version = 0 };
	struct caller who = { .index = 7 };
	struct tls_peer ue;
	struct addr core_at, t1;
	struct control c;
	struct order o;

	control_init(&c);
	tls_peer_init(&ue, &any);
	core_at = (struct addr){ .family = ADDR_V4, .ip = { 127, 0, 0, 1 }, .port = 9 };
	who.control = &c;
	for (unsigned i = 0; i < 50; i++) {
		o = make_order(&who, i, &ue, &core_at, &t1);
		CU_ASSERT_EQUAL(worker_order(c.workers[i % WORKERS], &o), 0);
	}
	tls_peer_fini(&ue);
	control_fini(&c);
}

static void
orders_that_cannot_be_met_are_answered(void)
{
	const struct tls_peer_conf any = { .version = 0 };
	struct caller who = { .index = 3 };
	struct tls_peer ue;
	struct addr core_at = { .family = ADDR_V4, .ip = { 127, 0, 0, 1 }, .port = 9 }, t1;
	struct control c;
	struct order o;

	control_init(&c);
	tls_peer_init(&ue, &any);
	who.control = &c;
	o = make_order(&who, 1, &ue, &core_at, &t1);
	CU_ASSERT_EQUAL(worker_order(c.workers[0], &o), 0);
	o.listen_fd[0] = listen_on(&t1); /* the same id again: refused, and the descriptor closed */
	CU_ASSERT_EQUAL(worker_order(c.workers[0], &o), 0);
	o.kind = ORDER_CHANGE;
	o.relay = 99; /* unknown */
	o.listen_fd[0] = listen_on(&t1);
	CU_ASSERT_EQUAL(worker_order(c.workers[0], &o), 0);
	o.kind = ORDER_CLOSE;
	o.listen_fd[0] = -1;
	c.wanted = 1;
	CU_ASSERT_EQUAL(worker_order(c.workers[0], &o), 0);
	loop_run(c.loop);
	CU_ASSERT_EQUAL(c.closed, 1);
	CU_ASSERT_EQUAL(c.late, 0);
	tls_peer_fini(&ue);
	control_fini(&c);
}

const struct test_case test_cases[] = {
	TEST(two_workers_carry_calls_at_the_same_time),
	TEST(a_worker_ends_with_calls_open_and_orders_waiting),
	TEST(orders_that_cannot_be_met_are_answered),
	{ NULL, NULL },
};
