/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/relay_rig.h"

#include <CUnit/CUnit.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/log.h"
#include "proto/io/inbox.h"
#include "proto/io/sock.h"
#include "tests/lib/relay_peer.h"

static void
on_letter(void *arg, void *letter)
{
	const struct event *e = letter;
	struct rig *r = arg;

	if (e->relay != RIG_RELAY) {
		r->others[e->kind]++;
		return;
	}
	switch (e->kind) {
	case EVENT_ACCEPTED:
	case EVENT_CONNECTED:
		CU_ASSERT_FALSE(r->announced[e->side]);
		r->announced[e->side] = true;
		break;
	case EVENT_TLS_UP:
	case EVENT_CLOSED:
		CU_ASSERT_TRUE(r->announced[e->side]);
		r->announced[e->side] &= e->kind == EVENT_TLS_UP;
		break;
	case EVENT_FAILED:
		CU_ASSERT_NOT_EQUAL(e->reason, REASON_NONE);
		r->announced[e->side] = false;
		break;
	case EVENT_STATS:
		r->stats = *e;
		r->has_stats = true;
		return;
	case EVENT_IDLE:
		break;
	}
	if (r->n_events < RIG_EVENTS_MAX)
		r->events[r->n_events++] = *e;
}

static struct leg_spec
common_spec(const char *host)
{
	struct leg_spec s = { .gate = GATE_OPEN, .flow_in = true, .flow_out = true, .tcp_ms = 10000, .tls_ms = 10000,
		              .fpr_ms = 30000 };

	CU_ASSERT_EQUAL(addr_parse_ip(span_str(host), &s.local), 0);
	return s;
}

/* All tests of the rig may run with kernel TLS: RIG_KTLS=on, or RIG_KTLS=must, which fails when a connection of TLS 1.3
 * stays with OpenSSL. */
static bool
ktls_is(const char *wanted)
{
	const char *is = getenv("RIG_KTLS");

	return is && strcmp(is, wanted) == 0;
}

static void
check_ktls(const struct worker_counters *c)
{
	if (ktls_is("must"))
		CU_ASSERT_EQUAL(c->ktls_taken + c->ktls_version + c->ktls_late, c->handshakes);
}

void
rig_init(struct rig *r, const char *host, struct tls_peer_conf ue)
{
	const struct tls_ctx_conf tc = { .min_version = 12, .keeps_secrets = true };
	struct worker_conf wc = { .max_relays = 4 };
	const char *why;

	log_open("rig", LOG_TO_STDERR, LOG_LVL_ERROR); /* the failures here are meant */
	signal(SIGPIPE, SIG_IGN); /* OpenSSL's socket BIO writes without MSG_NOSIGNAL; the worker does not need this */
	memset(r, 0, sizeof(*r));
	r->loop = loop_new_sim(1000000);
	r->inbox = inbox_new(r->loop, sizeof(struct event), on_letter, r);
	wc.events = r->inbox;
	wc.ktls = ktls_is("on") || ktls_is("must");
	r->worker = worker_new(r->loop, &wc);
	r->ctx = tls_ctx_new(&tc, &why);
	CU_ASSERT_TRUE_FATAL(r->inbox && r->worker && r->ctx);
	r->order = (struct order){ .relay = RIG_RELAY, .listen_fd = { -1, -1 } };
	r->order.leg[T1] = r->order.leg[T2] = common_spec(host);
	peer_init(&r->ue, r);
	peer_init(&r->core, r);
	peer_listen(&r->core, &r->order.leg[T2].local);
	r->order.leg[T1].role = LEG_LISTEN;
	r->order.leg[T1].tls = true;
	r->order.leg[T1].tls_ctx = r->ctx;
	r->order.leg[T2].role = LEG_CONNECT;
	r->order.leg[T2].trigger = TRIGGER_PARTNER;
	r->order.leg[T2].remote = r->core.local;
	rig_listen(r, T1);
	rig_set_ue(r, ue);
}

void
rig_set_limits(struct rig *r, struct worker_conf wc)
{
	wc.events = r->inbox;
	wc.ktls |= ktls_is("on") || ktls_is("must");
	worker_free(r->worker);
	r->worker = worker_new(r->loop, &wc);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->worker);
}

void
rig_set_ue(struct rig *r, struct tls_peer_conf conf)
{
	if (r->ue.has_tls)
		tls_peer_fini(&r->ue.tls);
	tls_peer_init(&r->ue.tls, &conf);
	r->ue.has_tls = true;
	r->order.fprs[T1] = tls_peer_fprs(&r->ue.tls, FPR_SHA256);
	r->order.leg[T1].fpr_known = true;
}

void
rig_go_plain(struct rig *r)
{
	tls_peer_fini(&r->ue.tls);
	r->ue.has_tls = r->order.leg[T1].tls = false;
}

void
rig_listen(struct rig *r, unsigned side)
{
	struct addr any = r->order.leg[side].local;
	int fd;

	any.port = 0;
	fd = sock_tcp_listen(&any, SOCK_BACKLOG);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(sock_local(fd, &r->t[side]), 0);
	r->order.leg[side].local = r->t[side];
	r->order.listen_fd[side] = fd;
}

static void
give(struct rig *r)
{
	CU_ASSERT_EQUAL_FATAL(worker_order(r->worker, &r->order), 0);
	r->order.listen_fd[0] = r->order.listen_fd[1] = -1;
	rig_rest(r, 0);
}

void
rig_open(struct rig *r)
{
	r->order.kind = ORDER_OPEN;
	give(r);
}

void
rig_change(struct rig *r, unsigned side)
{
	int other = r->order.listen_fd[!side];

	r->order.kind = ORDER_CHANGE;
	r->order.side = (uint8_t)side;
	r->order.listen_fd[!side] = -1;
	give(r);
	r->order.listen_fd[!side] = other;
}

static bool
has_stats(void *arg)
{
	return ((struct rig *)arg)->has_stats;
}

int
rig_socket(const struct rig_peer *p)
{
	struct addr peer, local;
	int found = -1;

	CU_ASSERT_EQUAL_FATAL(sock_local(p->fd, &local), 0);
	for (int fd = 3; fd < RIG_FDS_MAX; fd++)
		if (sock_peer(fd, &peer) == 0 && addr_same(&peer, &local)) {
			CU_ASSERT_EQUAL(found, -1);
			found = fd;
		}
	CU_ASSERT_TRUE_FATAL(found >= 0);
	return found;
}

void
rig_shrink_send_buffer(const struct rig_peer *p)
{
	const int least = 1;

	CU_ASSERT_EQUAL(setsockopt(rig_socket(p), SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)), 0);
}

enum leg_state
rig_state(struct rig *r, unsigned side)
{
	r->order.kind = ORDER_STATS;
	r->has_stats = false;
	CU_ASSERT_EQUAL(worker_order(r->worker, &r->order), 0);
	rig_rest(r, 0);
	CU_ASSERT_TRUE(r->has_stats);
	CU_ASSERT_FALSE(r->stats.closed);
	return (enum leg_state)r->stats.stats[side].state;
}

/* Of these octets for p some are with the relay, much is in its socket, and nothing moves there, for all that went out is
 * acknowledged. */
static bool
is_clogged(const struct rig_peer *p, uint64_t sent)
{
	int fd = rig_socket(p), unread = 0, unsent = 0;
	struct tcp_info info = { .tcpi_unacked = 0 };
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(info);

	CU_ASSERT_EQUAL(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	CU_ASSERT_EQUAL(ioctl(fd, SIOCOUTQ, &unsent), 0);
	CU_ASSERT_EQUAL(ioctl(p->fd, SIOCINQ, &unread), 0);
	return info.tcpi_unacked == 0 && unsent > LEG_READ_MAX && poll(&room, 1, 0) == 0 &&
	       sent > (uint64_t)unread + (uint64_t)unsent;
}

void
rig_clog(struct rig *r, struct rig_peer *from, struct rig_peer *to, const uint8_t *bytes, size_t len)
{
	unsigned side = to == &r->core ? T2 : T1;
	bool done = false;
	uint64_t before;

	(void)rig_state(r, side);
	before = r->stats.stats[side].octets_out;
	peer_hear(to, false);
	peer_send(from, bytes, len);
	/* A busy kernel takes its time, which our clock does not know of. */
	for (int i = 0; i < RIG_CLOG_TRIES && !done; i++) {
		(void)poll(NULL, 0, 1);
		(void)rig_state(r, side);
		done = is_clogged(to, r->stats.stats[side].octets_out - before);
	}
	CU_ASSERT_TRUE(done);
	/* Room too small to be told of would do for few octets. */
	rig_shrink_send_buffer(to);
}

void
rig_close(struct rig *r)
{
	r->order.kind = ORDER_CLOSE;
	r->order.tag = 4711;
	r->has_stats = false;
	CU_ASSERT_EQUAL(worker_order(r->worker, &r->order), 0);
	CU_ASSERT_TRUE(rig_until(r, has_stats, 0));
	CU_ASSERT_TRUE(r->stats.closed);
	CU_ASSERT_EQUAL(r->stats.tag, 4711);
}

void
rig_fini(struct rig *r)
{
	struct worker_counters c;

	for (int i = 0; i < 2; i++)
		if (r->order.listen_fd[i] >= 0)
			close(r->order.listen_fd[i]);
	rig_close(r);
	worker_read_counters(r->worker, &c);
	CU_ASSERT_EQUAL(c.relays, 0);
	check_ktls(&c);
	rig_rest(r, 60000);
	worker_free(r->worker); /* asserts that no buffer is lent */
	peer_fini(&r->ue);
	peer_fini(&r->core);
	inbox_free(r->inbox, NULL);
	loop_free(r->loop);
	tls_ctx_free(r->ctx);
}

bool
rig_until(struct rig *r, bool (*done)(void *rig), uint64_t budget_ms)
{
	return loop_sim_run(r->loop, budget_ms, done, r);
}

bool
rig_await(struct rig *r, bool (*done)(void *rig))
{
	for (int i = 0; i < RIG_CLOG_TRIES; i++) {
		if (rig_until(r, done, 0))
			return true;
		(void)poll(NULL, 0, 1);
	}
	return false;
}

void
rig_rest(struct rig *r, uint64_t ms)
{
	(void)loop_sim_run(r->loop, ms, NULL, NULL);
}

unsigned
rig_count(const struct rig *r, enum event_kind kind, unsigned side)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->n_events; i++)
		n += r->events[i].kind == kind && r->events[i].side == side;
	return n;
}

const struct event *
rig_last(const struct rig *r, enum event_kind kind, unsigned side)
{
	for (unsigned i = r->n_events; i-- > 0;)
		if (r->events[i].kind == kind && r->events[i].side == side)
			return &r->events[i];
	return NULL;
}

struct wanted {
	struct rig *rig;
	enum event_kind kind;
	unsigned side;
};

static bool
has_event(void *arg)
{
	struct wanted *w = arg;

	return rig_count(w->rig, w->kind, w->side) != 0;
}

bool
rig_wait(struct rig *r, enum event_kind kind, unsigned side, uint64_t budget_ms)
{
	struct wanted w = { r, kind, side };

	return loop_sim_run(r->loop, budget_ms, has_event, &w);
}

struct worker_counters
rig_counters(const struct rig *r)
{
	struct worker_counters c;

	worker_read_counters(r->worker, &c);
	return c;
}
