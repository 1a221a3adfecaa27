/* SPDX-License-Identifier: BSD-2-Clause */
/* What a termination was told of rates, marks and silence, on the bytes between real sockets. */
#include <netinet/ip.h>
#include <string.h>

#include "proto/io/sock.h"
#include "tests/lib/relay_rig.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "police";

enum { BYTES = 60000, RATE = 10000, BURST = 8000, LONG_MS = 60000, TLS_RECORD = 16384 };

static uint8_t sent[BYTES];

static bool
core_got_all(void *arg)
{
	return ((struct rig *)arg)->core.got >= BYTES;
}

static bool
ue_got_all(void *arg)
{
	return ((struct rig *)arg)->ue.got >= BYTES;
}

static bool
ue_is_up(void *arg)
{
	const struct rig *r = arg;

	return r->ue.has_tls ? r->ue.secure : r->ue.up && r->core.up;
}

static void
set_up(struct rig *r, bool tls)
{
	for (size_t i = 0; i < BYTES; i++)
		sent[i] = (uint8_t)(i * 2654435761u >> 13);
	rig_init(r, "127.0.0.1", (struct tls_peer_conf){ .version = 0 });
	if (!tls)
		rig_go_plain(r);
}

static void
connect_both(struct rig *r)
{
	rig_open(r);
	peer_connect(&r->ue, &r->t[T1]);
	CU_ASSERT_TRUE(rig_until(r, ue_is_up, RIG_BUDGET_MS));
}

/* BYTES at RATE after BURST, give or take what comes in one piece. */
static void
check_time(uint64_t ms, unsigned piece)
{
	uint64_t least = (uint64_t)(BYTES - BURST - piece) * 1000 / RATE, most = (uint64_t)(BYTES - BURST) * 1000 / RATE;

	if (ms < least || ms > most + 500)
		fprintf(stderr, "%llu ms, not %llu to %llu\n", (unsigned long long)ms, (unsigned long long)least,
		        (unsigned long long)most + 500);
	CU_ASSERT_TRUE(ms >= least && ms <= most + 500);
}

static void
cross_at_the_rate(bool tls)
{
	struct rig r;
	uint64_t at;

	set_up(&r, tls);
	r.order.leg[T1].police = (struct police_rates){ .sustained = RATE, .burst = BURST };
	connect_both(&r);
	at = loop_now_ms(r.loop);
	peer_send(&r.ue, sent, BYTES);
	peer_send(&r.core, sent, BYTES);
	CU_ASSERT_TRUE(rig_until(&r, ue_got_all, RIG_BUDGET_MS)); /* the other way has no limit */
	CU_ASSERT_TRUE(r.core.got < BYTES / 2);
	CU_ASSERT_TRUE(rig_until(&r, core_got_all, LONG_MS));
	check_time(loop_now_ms(r.loop) - at, tls ? TLS_RECORD : 0);
	CU_ASSERT_EQUAL(r.core.got, BYTES);
	CU_ASSERT_EQUAL(r.core.hash, peer_hash(sent, BYTES, PEER_HASH_START));
	rig_fini(&r);
}

static void
plain_octets_wait_and_none_is_lost(void)
{
	cross_at_the_rate(false);
}

static void
tls_octets_wait_and_none_is_lost(void)
{
	cross_at_the_rate(true);
}

/* Told anew while the direction waits: at once, not at the end of the old wait. */
static void
a_rate_that_is_lifted_lets_the_rest_through(void)
{
	struct rig r;

	set_up(&r, false);
	r.order.leg[T1].police = (struct police_rates){ .peak = 1, .peak_burst = 1 };
	connect_both(&r);
	peer_send(&r.ue, sent, BYTES);
	rig_rest(&r, 5000);
	CU_ASSERT_TRUE(r.core.got >= 5 && r.core.got <= 8);
	r.order.leg[T1].police = (struct police_rates){ .peak = 0 };
	rig_change(&r, T1);
	CU_ASSERT_TRUE(rig_until(&r, core_got_all, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(r.core.hash, peer_hash(sent, BYTES, PEER_HASH_START));
	rig_fini(&r);
}

/* Its end comes after the last octet, and a relay may be subtracted in the middle of a wait. */
static void
the_end_of_a_policed_stream_is_in_order(void)
{
	struct rig r;

	set_up(&r, false);
	r.order.leg[T1].police = (struct police_rates){ .sustained = RATE, .burst = BURST };
	connect_both(&r);
	peer_send(&r.ue, sent, BYTES);
	peer_finish(&r.ue);
	CU_ASSERT_TRUE(rig_until(&r, core_got_all, LONG_MS));
	rig_rest(&r, 1000);
	CU_ASSERT_TRUE(r.core.eof);
	rig_fini(&r);

	set_up(&r, false);
	r.order.leg[T1].police = (struct police_rates){ .sustained = 1, .burst = 1 };
	connect_both(&r);
	peer_send(&r.ue, sent, BYTES);
	rig_rest(&r, 100);
	rig_close(&r);
	rig_fini(&r);
}

/* ---- whose silence (H.248.40) ---- */

static unsigned
idles_with(bool in, bool out, bool ue_talks)
{
	struct rig r;
	unsigned n;

	set_up(&r, false);
	r.order.leg[T1].idle_ms = 1000;
	r.order.leg[T1].idle_in = in;
	r.order.leg[T1].idle_out = out;
	connect_both(&r);
	for (int i = 0; i < 5; i++) {
		peer_send(ue_talks ? &r.ue : &r.core, "x", 1);
		rig_rest(&r, 500);
	}
	n = rig_count(&r, EVENT_IDLE, T1);
	rig_fini(&r);
	return n;
}

static void
silence_is_told_of_the_direction_that_was_asked_for(void)
{
	CU_ASSERT_EQUAL(idles_with(false, false, true), 0);
	CU_ASSERT_EQUAL(idles_with(true, false, true), 0);
	CU_ASSERT_EQUAL(idles_with(false, true, true), 2);
	CU_ASSERT_EQUAL(idles_with(true, false, false), 2);
	CU_ASSERT_EQUAL(idles_with(false, true, false), 0);
}

/* ---- marks (H.248.52) ---- */

/* How the peer's kernel saw the packets of the handshake, in its accepted socket. */
static void
copy_mark(const char *host)
{
	struct rig r;
	bool v6 = strchr(host, ':') != NULL;
	unsigned got = 99;

	rig_init(&r, host, (struct tls_peer_conf){ .version = 0 });
	rig_go_plain(&r);
	r.order.leg[T2].copies_dscp = true;
	rig_open(&r);
	r.ue.mark = 46;
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_until(&r, ue_is_up, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(sock_peer_dscp(r.core.fd, v6 ? ADDR_V6 : ADDR_V4, &got), 0);
	CU_ASSERT_EQUAL(got, 46);
	rig_fini(&r);
}

static void
a_mark_is_copied_over_ipv4(void)
{
	copy_mark("127.0.0.1");
}

static void
a_mark_is_copied_over_ipv6(void)
{
	copy_mark("::1");
}

static void
an_order_cuts_off_whoever_is_connected(void)
{
	struct rig r;

	set_up(&r, false);
	connect_both(&r);
	r.order.leg[T1].cut++;
	rig_change(&r, T1);
	rig_rest(&r, 100);
	CU_ASSERT_TRUE(r.ue.broken || r.ue.eof);
	CU_ASSERT_TRUE(r.core.broken || r.core.eof);
	rig_change(&r, T1); /* the same again */
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T1), 1);
	rig_fini(&r);
}

const struct test_case test_cases[] = {
	TEST(plain_octets_wait_and_none_is_lost),
	TEST(tls_octets_wait_and_none_is_lost),
	TEST(a_rate_that_is_lifted_lets_the_rest_through),
	TEST(the_end_of_a_policed_stream_is_in_order),
	TEST(silence_is_told_of_the_direction_that_was_asked_for),
	TEST(a_mark_is_copied_over_ipv4),
	TEST(a_mark_is_copied_over_ipv6),
	TEST(an_order_cuts_off_whoever_is_connected),
	{ NULL, NULL },
};
