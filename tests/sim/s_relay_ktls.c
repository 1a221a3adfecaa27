/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS that is left to the kernel, if it has it, and with OpenSSL otherwise: nobody may tell the difference, but for keys
 * that change. Every test runs with and without --ktls; tests/uml/31-ktls-sims.sh runs it, and the other
 * tests of the relay, where the kernel takes them. */
#include <errno.h>
#include <linux/tls.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agw/leg.h"
#include "proto/io/sock.h"
#include "tests/lib/relay_seen.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "relay_ktls";

enum { BULK = 4 * 1024 * 1024, WAIT_MS = 3 * RIG_BUDGET_MS, TRIES = 20000 };

static uint8_t bulk[BULK];
static bool half_way; /* the kernel seems to take the key of one direction, and refuses the other */

/* Ours, in the place of libc's. */
int
setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	if (half_way && ((level == IPPROTO_TCP && option == TCP_ULP) || (level == SOL_TLS && option == TLS_TX)))
		return 0;
	if (half_way && level == SOL_TLS) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_setsockopt, fd, level, option, value, len);
}

static void
fill_bulk(void)
{
	uint32_t x = 12345;

	for (size_t i = 0; i < BULK && !bulk[BULK - 1]; i++) {
		x = x * 1664525 + 1013904223;
		bulk[i] = (uint8_t)(x >> 24);
	}
	bulk[BULK - 1] = 1;
}

static bool
both_have_bulk(void *arg)
{
	const struct rig *r = arg;

	return r->core.got >= BULK && r->ue.got >= BULK;
}

/* A call with one message across. */
static void
set_up(struct rig *r, bool on, int version)
{
	fill_bulk();
	rig_init(r, "127.0.0.1", (struct tls_peer_conf){ .version = version });
	rig_set_limits(r, (struct worker_conf){ .max_relays = 4, .ktls = on });
	rig_open(r);
	peer_connect(&r->ue, &r->t[T1]);
	CU_ASSERT_TRUE(rig_wait(r, EVENT_TLS_UP, T1, RIG_BUDGET_MS));
	peer_send(&r->ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(r, core_got_ping, RIG_BUDGET_MS));
	forget_bytes(r);
}

/* The kernel has the keys of the UE's connection. */
static bool
is_taken(const struct rig *r)
{
	return rig_counters(r).ktls_taken != 0;
}

static void
connections_are_counted_by_what_becomes_of_them(void)
{
	static const int versions[2] = { TLS1_2_VERSION, TLS1_3_VERSION };

	for (int i = 0; i < 4; i++) {
		bool on = i & 1, is_old = i < 2, has = sock_may_have_tls();
		struct worker_counters c;
		struct rig r;

		set_up(&r, on, versions[i / 2]);
		c = rig_counters(&r);
		CU_ASSERT_EQUAL(c.handshakes, 1);
		CU_ASSERT_EQUAL(c.ktls_version, on && is_old);
		CU_ASSERT_EQUAL(c.ktls_taken, on && !is_old && has);
		CU_ASSERT_EQUAL(c.ktls_missing, on && !is_old && !has);
		CU_ASSERT_EQUAL(c.ktls_refused + c.ktls_pending + c.ktls_late + c.ktls_rekeyed, 0);
		rig_fini(&r);
	}
}

static void
bulk_crosses_both_ways_and_is_counted(void)
{
	for (int on = 0; on < 2; on++) {
		struct rig r;

		set_up(&r, on, TLS1_3_VERSION);
		peer_send(&r.ue, bulk, BULK);
		peer_send(&r.core, bulk, BULK);
		CU_ASSERT_TRUE(rig_until(&r, both_have_bulk, WAIT_MS));
		CU_ASSERT_EQUAL(r.core.hash, peer_hash(bulk, BULK, PEER_HASH_START));
		CU_ASSERT_EQUAL(r.ue.hash, r.core.hash);
		CU_ASSERT_EQUAL(rig_counters(&r).octets_spliced, 0);
		rig_close(&r);
		CU_ASSERT_EQUAL(r.stats.stats[T1].octets_in, BULK + strlen(ping));
		CU_ASSERT_EQUAL(r.stats.stats[T1].octets_out, BULK);
		CU_ASSERT_EQUAL(r.stats.stats[T2].octets_out, BULK + strlen(ping));
		CU_ASSERT_EQUAL(r.stats.stats[T2].octets_in, BULK);
		rig_fini(&r);
	}
}

/* A small buffer makes the kernel wait for acknowledgements, which our clock does not know of. */
static bool
is_over_some_time(struct rig *r)
{
	for (int i = 0; i < TRIES && !ue_is_over(r); i++) {
		(void)poll(NULL, 0, 1);
		rig_rest(r, 0);
	}
	return ue_is_over(r);
}

/* The kernel may hold a record that TCP has no room for: neither FIN nor close may come before it. */
static void
the_end_comes_behind_the_last_octet_for_a_slow_reader(void)
{
	for (int i = 0; i < 16; i++) {
		bool on = i & 1, closes = i & 2, small = i & 4;
		size_t len = small ? BULK / 16 : i & 8 ? BULK : BULK / 4 + 12345;
		struct rig r;

		set_up(&r, on, TLS1_3_VERSION);
		CU_ASSERT_EQUAL(sock_local(r.ue.fd, &r.ue.local), 0);
		if (small)
			rig_shrink_send_buffer(&r.ue);
		peer_hear(&r.ue, false);
		if (closes)
			peer_finish(&r.ue); /* then the other end ends all */
		rig_rest(&r, 100);
		peer_send(&r.core, bulk, len);
		peer_finish(&r.core);
		rig_rest(&r, 1000);
		peer_hear(&r.ue, true);
		CU_ASSERT_TRUE(is_over_some_time(&r));
		CU_ASSERT_TRUE(r.ue.eof);
		CU_ASSERT_FALSE(r.ue.broken);
		CU_ASSERT_EQUAL(r.ue.got, len);
		CU_ASSERT_EQUAL(r.ue.hash, peer_hash(bulk, len, PEER_HASH_START));
		rig_fini(&r);
	}
}

/* No kernel is known that does so, but there is no way back from it. */
static void
a_kernel_that_takes_one_key_only_ends_the_connection(void)
{
	struct rig r;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ .version = TLS1_3_VERSION });
	rig_set_limits(&r, (struct worker_conf){ .max_relays = 4, .ktls = true });
	r.ue.early = ping;
	rig_open(&r);
	half_way = true;
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T1, RIG_BUDGET_MS));
	half_way = false;
	CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T1)->reason, REASON_INTERNAL);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_TLS_UP, T1), 0);
	CU_ASSERT_TRUE(rig_until(&r, ue_is_over, RIG_BUDGET_MS));
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_CLOSED, T2, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(rig_state(&r, T1), LEG_WAITING);
	CU_ASSERT_EQUAL(r.core.got, 0);
	CU_ASSERT_EQUAL(rig_counters(&r).ktls_taken, 0);
	/* The next one is served. */
	peer_forget(&r.ue);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_until(&r, core_got_ping, WAIT_MS));
	rig_fini(&r);
}

static void
keys_that_the_peer_changes_end_what_the_kernel_has(void)
{
	for (int on = 0; on < 2; on++) {
		struct rig r;
		bool taken;

		set_up(&r, on, TLS1_3_VERSION);
		taken = is_taken(&r);
		CU_ASSERT_EQUAL(SSL_key_update(r.ue.tls.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		peer_send(&r.ue, ping, strlen(ping));
		if (taken) {
			CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T1, RIG_BUDGET_MS));
			CU_ASSERT_TRUE(rig_until(&r, ue_is_over, RIG_BUDGET_MS));
			CU_ASSERT_PTR_NOT_NULL_FATAL(rig_last(&r, EVENT_FAILED, T1));
			CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T1)->reason, REASON_TLS_FAILED);
			CU_ASSERT_EQUAL(r.core.got, 0);
			CU_ASSERT_TRUE(rig_wait(&r, EVENT_CLOSED, T2, RIG_BUDGET_MS));
		} else {
			CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
		}
		CU_ASSERT_EQUAL(rig_counters(&r).ktls_rekeyed, taken);
		rig_fini(&r);
	}
}

static void
another_fingerprint_ends_an_open_connection(void)
{
	for (int on = 0; on < 2; on++) {
		struct rig r;

		set_up(&r, on, TLS1_3_VERSION);
		rig_change(&r, T1); /* the same once more */
		CU_ASSERT_EQUAL(rig_state(&r, T1), LEG_OPEN);
		r.order.fprs[T1].v[0].digest[5] ^= 1;
		rig_change(&r, T1);
		CU_ASSERT_PTR_NOT_NULL_FATAL(rig_last(&r, EVENT_FAILED, T1));
		CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T1)->reason, REASON_FP_MISMATCH);
		CU_ASSERT_TRUE(rig_until(&r, ue_is_over, RIG_BUDGET_MS));
		rig_fini(&r);
	}
}

/* What is no record, or one with another key. */
static void
broken_records_end_the_connection_with_an_alert(void)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{ "\x17\x03\x03\x00\x20" "0123456789abcdef0123456789abcdef", 37 },
		{ "\x15\x03\x03\x00\x13" "0123456789abcdef012", 24 },
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig r;

		set_up(&r, i & 1, TLS1_3_VERSION);
		CU_ASSERT_EQUAL(send(r.ue.fd, rows[i / 2].bytes, rows[i / 2].len, 0), (ssize_t)rows[i / 2].len);
		CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T1, RIG_BUDGET_MS));
		CU_ASSERT_TRUE(rig_until(&r, ue_is_over, RIG_BUDGET_MS));
		CU_ASSERT_PTR_NOT_NULL_FATAL(rig_last(&r, EVENT_FAILED, T1));
		CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T1)->reason, REASON_TLS_FAILED);
		CU_ASSERT_NOT_EQUAL(r.ue.alert, 0);
		CU_ASSERT_EQUAL(r.core.got, 0);
		rig_fini(&r);
	}
}

/* Behind the client's Finished in one segment: the kernel's first record. */
static void
octets_that_come_with_the_handshake_are_not_lost(void)
{
	for (int i = 0; i < 4; i++) {
		bool on = i & 1, waits = i & 2;
		struct rig r;

		rig_init(&r, "::1", (struct tls_peer_conf){ .version = TLS1_3_VERSION });
		rig_set_limits(&r, (struct worker_conf){ .max_relays = 4, .ktls = on });
		r.ue.early = ping;
		r.order.leg[T1].fpr_known = !waits;
		rig_open(&r);
		peer_connect(&r.ue, &r.t[T1]);
		rig_rest(&r, 1000);
		CU_ASSERT_EQUAL(r.core.got, waits ? 0 : strlen(ping));
		r.order.leg[T1].fpr_known = true;
		rig_change(&r, T1);
		CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
		CU_ASSERT_STRING_EQUAL(r.core.kept, ping);
		peer_send(&r.core, pong, strlen(pong));
		rig_rest(&r, 100);
		CU_ASSERT_STRING_EQUAL(r.ue.kept, pong);
		rig_fini(&r);
	}
}

/* A record and the beginning of the next one, which comes octet by octet. */
static void
a_record_may_come_in_pieces(void)
{
	for (int on = 0; on < 2; on++) {
		BIO *wire = BIO_new(BIO_s_mem());
		struct rig r;
		long first, len;
		char *bytes;

		set_up(&r, on, TLS1_3_VERSION);
		SSL_set0_wbio(r.ue.tls.ssl, wire);
		CU_ASSERT_EQUAL(SSL_write(r.ue.tls.ssl, ping, (int)strlen(ping)), (int)strlen(ping));
		first = BIO_get_mem_data(wire, &bytes);
		CU_ASSERT_EQUAL(SSL_write(r.ue.tls.ssl, pong, (int)strlen(pong)), (int)strlen(pong));
		len = BIO_get_mem_data(wire, &bytes);
		CU_ASSERT_EQUAL(send(r.ue.fd, bytes, (size_t)first + 7, 0), first + 7);
		CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
		rig_rest(&r, 10);
		for (long i = first + 7; i < len; i++) {
			CU_ASSERT_EQUAL(r.core.got, strlen(ping));
			CU_ASSERT_EQUAL(send(r.ue.fd, bytes + i, 1, 0), 1);
			rig_rest(&r, 1);
		}
		CU_ASSERT_EQUAL(r.core.got, strlen(ping) + strlen(pong));
		CU_ASSERT_STRING_EQUAL(r.core.kept + strlen(ping), pong);
		rig_fini(&r);
	}
}

const struct test_case test_cases[] = {
	TEST(a_record_may_come_in_pieces),
	TEST(connections_are_counted_by_what_becomes_of_them),
	TEST(bulk_crosses_both_ways_and_is_counted),
	TEST(the_end_comes_behind_the_last_octet_for_a_slow_reader),
	TEST(a_kernel_that_takes_one_key_only_ends_the_connection),
	TEST(keys_that_the_peer_changes_end_what_the_kernel_has),
	TEST(another_fingerprint_ends_an_open_connection),
	TEST(broken_records_end_the_connection_with_an_alert),
	TEST(octets_that_come_with_the_handshake_are_not_lost),
	{ NULL, NULL },
};
