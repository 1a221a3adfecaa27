/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections that end while their peer sends: our last words arrive, and what is done for it has bounds. The clock stands
 * still but where a test turns it. */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agw/leg.h"
#include "proto/io/sock.h"
#include "tests/lib/relay_peer.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "relay_linger";

enum {
	BULK = LEG_LINGER_OCTETS / 2,
	CLOG = 2 * LEG_LINGER_OCTETS,
	SEND_BYTES = 64 * 1024,
	TRIES = 10000,
	ALERT_BAD_RECORD_MAC = 20,
	ALERT_BAD_CERTIFICATE = 42,
};

static const char ping[] = "MSRP 1 SEND\r\n-------1$\r\n";
static uint8_t bulk[CLOG];

static bool
core_got_ping(void *arg)
{
	return ((struct rig *)arg)->core.got >= strlen(ping);
}

static bool
core_got_much(void *arg)
{
	return ((struct rig *)arg)->core.got >= BULK / 8;
}

static bool
ue_is_over(void *arg)
{
	const struct rig *r = arg;

	return r->ue.eof || r->ue.broken;
}

static bool
core_is_over(void *arg)
{
	const struct rig *r = arg;

	return r->core.eof || r->core.broken;
}

static bool
ue_is_secure(void *arg)
{
	return ((struct rig *)arg)->ue.secure;
}

static bool
ue_failed(void *arg)
{
	return rig_count(arg, EVENT_FAILED, T1) != 0;
}

static bool
was_heard(void *arg)
{
	return rig_counters(arg).linger_heard != 0;
}

static bool
one_was_too_many(void *arg)
{
	return rig_counters(arg).linger_full != 0;
}

/* How many lingered, or might have. */
static uint64_t
ends(const struct rig *r)
{
	struct worker_counters c = rig_counters(r);

	return c.linger_heard + c.linger_late + c.linger_flooded + c.linger_full;
}

/* The UE's certificate is not the one that was signalled. */
static void
set_up_strange(struct rig *r, bool ktls, uint32_t max_lingers)
{
	rig_init(r, "127.0.0.1", (struct tls_peer_conf){ .version = TLS1_3_VERSION });
	rig_set_limits(r, (struct worker_conf){ .max_relays = 4, .ktls = ktls, .max_lingers = max_lingers });
	r->order.fprs[T1].v[0].digest[0] ^= 1;
	rig_open(r);
}

/* Else its kernel would take all that it has to send at once. */
static void
bound_send_buffer(struct rig_peer *p)
{
	const int bytes = SEND_BYTES;

	CU_ASSERT_EQUAL(setsockopt(p->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)), 0);
}

/* Sends as soon as it can, before we have seen its certificate, as TLS 1.3 allows; looks what we say only when it can
 * send no more. */
static void
come_in_with_a_flood(struct rig *r, size_t len)
{
	peer_connect(&r->ue, &r->t[T1]);
	bound_send_buffer(&r->ue);
	r->ue.out = bulk;
	r->ue.out_len = len;
	CU_ASSERT_TRUE(rig_await(r, ue_is_over));
}

/* A call with one message across. */
static void
set_up(struct rig *r, bool ktls)
{
	rig_init(r, "127.0.0.1", (struct tls_peer_conf){ .version = TLS1_3_VERSION });
	rig_set_limits(r, (struct worker_conf){ .max_relays = 4, .ktls = ktls });
	rig_open(r);
	peer_connect(&r->ue, &r->t[T1]);
	CU_ASSERT_TRUE(rig_await(r, ue_is_secure));
	peer_send(&r->ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_await(r, core_got_ping));
	bound_send_buffer(&r->ue);
	bound_send_buffer(&r->core);
}

static void
the_alert_reaches_a_stranger_who_floods(void)
{
	for (int on = 0; on < 2; on++) {
		struct rig r;

		set_up_strange(&r, on, 0);
		come_in_with_a_flood(&r, BULK);
		CU_ASSERT_EQUAL(r.ue.alert, ALERT_BAD_CERTIFICATE);
		/* Nobody waited for the lingering socket. */
		CU_ASSERT_EQUAL(rig_state(&r, T1), LEG_WAITING);
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_FAILED, T1), 1);
		CU_ASSERT_EQUAL(ends(&r), 0);
		peer_forget(&r.ue);
		CU_ASSERT_TRUE(rig_await(&r, was_heard));
		CU_ASSERT_EQUAL(r.core.got, 0);
		rig_fini(&r);
	}
}

static void
the_alert_reaches_a_peer_whose_records_are_broken(void)
{
	static const char junk[] = "\x17\x03\x03\x00\x20" "0123456789abcdef0123456789abcdef";

	for (int on = 0; on < 2; on++) {
		struct rig r;

		set_up(&r, on);
		CU_ASSERT_EQUAL(send(r.ue.fd, junk, sizeof(junk) - 1, 0), (ssize_t)sizeof(junk) - 1);
		peer_send(&r.ue, bulk, BULK);
		CU_ASSERT_TRUE(rig_await(&r, ue_failed));
		CU_ASSERT_TRUE(rig_await(&r, ue_is_over));
		CU_ASSERT_EQUAL(r.ue.alert, ALERT_BAD_RECORD_MAC);
		CU_ASSERT_EQUAL(r.core.got, strlen(ping));
		peer_forget(&r.ue);
		CU_ASSERT_TRUE(rig_await(&r, was_heard));
		rig_fini(&r);
	}
}

static void
a_peer_that_does_not_end_is_given_some_seconds(void)
{
	struct rig r;

	set_up_strange(&r, false, 0);
	come_in_with_a_flood(&r, BULK);
	rig_rest(&r, LEG_LINGER_MS - 1);
	CU_ASSERT_EQUAL(ends(&r), 0);
	rig_rest(&r, 1);
	CU_ASSERT_EQUAL(rig_counters(&r).linger_late, 1);
	CU_ASSERT_EQUAL(ends(&r), 1);
	rig_fini(&r);
}

static void
a_peer_that_goes_on_sending_is_cut_off(void)
{
	size_t sent = 0;
	struct rig r;

	set_up_strange(&r, false, 0);
	come_in_with_a_flood(&r, strlen(ping));
	CU_ASSERT_EQUAL(r.ue.alert, ALERT_BAD_CERTIFICATE);
	for (int i = 0; i < TRIES && ends(&r) == 0; i++) {
		ssize_t n = send(r.ue.fd, bulk, LEG_READ_MAX, MSG_NOSIGNAL | MSG_DONTWAIT);

		sent += n > 0 ? (size_t)n : 0;
		if (n < 0)
			(void)poll(NULL, 0, 1);
		rig_rest(&r, 0);
	}
	CU_ASSERT_EQUAL(rig_counters(&r).linger_flooded, 1);
	CU_ASSERT_TRUE(sent >= LEG_LINGER_OCTETS - LEG_READ_MAX); /* the handshake's rest counts too */
	rig_fini(&r);
}

/* A handle of its connection keeps it from ending when the peer goes on to the next one. */
static int
hold(struct rig *r)
{
	int fd = dup(r->ue.fd);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	peer_forget(&r->ue);
	return fd;
}

static void
not_too_many_linger_at_a_time(void)
{
	struct rig r;
	int fd[2];

	set_up_strange(&r, false, 1);
	come_in_with_a_flood(&r, BULK);
	CU_ASSERT_EQUAL(r.ue.alert, ALERT_BAD_CERTIFICATE);
	fd[0] = hold(&r);
	CU_ASSERT_EQUAL(ends(&r), 0);
	/* The listener takes the next one, whose alert may get lost. */
	come_in_with_a_flood(&r, BULK);
	CU_ASSERT_TRUE(rig_await(&r, one_was_too_many));
	CU_ASSERT_EQUAL(ends(&r), 1);
	fd[1] = hold(&r);
	rig_rest(&r, LEG_LINGER_MS);
	CU_ASSERT_EQUAL(rig_counters(&r).linger_late, 1);
	come_in_with_a_flood(&r, BULK);
	CU_ASSERT_EQUAL(r.ue.alert, ALERT_BAD_CERTIFICATE);
	CU_ASSERT_EQUAL(ends(&r), 2);
	close(fd[0]);
	close(fd[1]);
	rig_fini(&r);
}

/* Subtract does not wait, the next call may have the port at once, and the worker's end ends all. */
static void
neither_subtract_nor_the_next_call_nor_the_end_waits(void)
{
	struct pollfd p = { .events = POLLHUP };
	struct rig r;

	set_up_strange(&r, false, 0);
	come_in_with_a_flood(&r, BULK);
	p.fd = hold(&r);
	rig_close(&r);
	CU_ASSERT_EQUAL(ends(&r), 0);

	r.order.fprs[T1].v[0].digest[0] ^= 1;
	r.order.listen_fd[T1] = sock_tcp_listen(&r.t[T1], SOCK_BACKLOG);
	CU_ASSERT_TRUE_FATAL(r.order.listen_fd[T1] >= 0);
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_await(&r, ue_is_secure));
	peer_send(&r.ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_await(&r, core_got_ping));
	CU_ASSERT_EQUAL(ends(&r), 0);

	rig_close(&r);
	CU_ASSERT_EQUAL(send(p.fd, ping, 1, MSG_NOSIGNAL), 1);
	rig_rest(&r, 0);
	CU_ASSERT_EQUAL(poll(&p, 1, 0), 0);
	rig_set_limits(&r, (struct worker_conf){ .max_relays = 4 });
	CU_ASSERT_EQUAL(send(p.fd, ping, 1, MSG_NOSIGNAL), 1);
	CU_ASSERT_EQUAL(poll(&p, 1, TRIES), 1); /* nobody is there */
	close(p.fd);
	rig_fini(&r);
}

/* Subtract while octets come, or wait because the other side takes none. */
static void
a_call_that_is_subtracted_ends_in_order_while_its_peer_sends(void)
{
	for (int i = 0; i < 4; i++) {
		bool stuck = i & 2;
		struct rig r;

		set_up(&r, i & 1);
		if (stuck) {
			rig_clog(&r, &r.ue, &r.core, bulk, CLOG);
			rig_rest(&r, LEG_HEARD_MS + 1);
		} else {
			peer_send(&r.ue, bulk, BULK);
			CU_ASSERT_TRUE(rig_await(&r, core_got_much));
		}
		rig_close(&r);
		CU_ASSERT_TRUE(rig_await(&r, ue_is_over));
		CU_ASSERT_TRUE(r.ue.eof);
		CU_ASSERT_FALSE(r.ue.broken);
		if (!stuck) {
			CU_ASSERT_TRUE(rig_await(&r, core_is_over));
			CU_ASSERT_TRUE(r.core.eof);
		}
		rig_fini(&r);
	}
}

/* The core sends to a UE that is thrown out: what it was told before that is not lost. */
static void
the_partner_of_a_failed_leg_ends_in_order_while_its_peer_sends(void)
{
	struct rig r;

	set_up(&r, false);
	peer_hear(&r.ue, false);
	peer_send(&r.core, bulk, CLOG);
	rig_rest(&r, 1);
	r.order.fprs[T1].v[0].digest[0] ^= 1;
	rig_change(&r, T1);
	CU_ASSERT_TRUE(rig_await(&r, core_is_over));
	CU_ASSERT_TRUE(r.core.eof); /* whatever it meets if it still goes on */
	rig_fini(&r);
}

static void
a_reset_stays_a_reset_while_the_other_side_sends(void)
{
	for (int on = 0; on < 2; on++) {
		struct rig r;

		set_up(&r, on);
		peer_hear(&r.ue, false);
		peer_send(&r.core, bulk, CLOG);
		rig_rest(&r, 1);
		peer_reset(&r.ue);
		CU_ASSERT_TRUE(rig_await(&r, core_is_over));
		CU_ASSERT_TRUE(r.core.broken);
		CU_ASSERT_FALSE(r.core.eof);
		CU_ASSERT_EQUAL(ends(&r), 0);
		rig_fini(&r);
	}
}

static void
a_quiet_call_closes_its_sockets_at_once(void)
{
	for (int i = 0; i < 4; i++) {
		struct rig r;

		set_up(&r, i & 1);
		rig_rest(&r, LEG_HEARD_MS + 1);
		if (i & 2)
			peer_finish(&r.ue);
		else
			rig_close(&r);
		CU_ASSERT_TRUE(rig_await(&r, core_is_over));
		if (i & 2)
			peer_finish(&r.core);
		CU_ASSERT_TRUE(rig_await(&r, ue_is_over));
		CU_ASSERT_TRUE(r.ue.eof && r.core.eof);
		rig_rest(&r, LEG_LINGER_MS);
		CU_ASSERT_EQUAL(ends(&r), 0);
		rig_fini(&r);
	}
}

const struct test_case test_cases[] = {
	TEST(the_alert_reaches_a_stranger_who_floods),
	TEST(the_alert_reaches_a_peer_whose_records_are_broken),
	TEST(a_peer_that_does_not_end_is_given_some_seconds),
	TEST(a_peer_that_goes_on_sending_is_cut_off),
	TEST(not_too_many_linger_at_a_time),
	TEST(neither_subtract_nor_the_next_call_nor_the_end_waits),
	TEST(a_call_that_is_subtracted_ends_in_order_while_its_peer_sends),
	TEST(the_partner_of_a_failed_leg_ends_in_order_while_its_peer_sends),
	TEST(a_reset_stays_a_reset_while_the_other_side_sends),
	TEST(a_quiet_call_closes_its_sockets_at_once),
	{ NULL, NULL },
};
