/* SPDX-License-Identifier: BSD-2-Clause */
/* A relay from its orders to its bytes: roles, triggers, fingerprints. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/relay_peer.h"
#include "tests/lib/relay_seen.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "relay";

static const struct tls_peer_conf any_ue = { .version = 0 };

static bool
ue_is_broken(void *arg)
{
	const struct rig *r = arg;

	return r->ue.broken || r->ue.eof;
}

/* One message and its answer. */
static void
check_talk(struct rig *r)
{
	size_t core = r->core.got, ue = r->ue.got;

	CU_ASSERT_TRUE(rig_until(r, ue_is_secure, RIG_BUDGET_MS));
	peer_send(&r->ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_until(r, core_got_ping, RIG_BUDGET_MS));
	rig_rest(r, 0);
	CU_ASSERT_EQUAL(r->core.got - core, strlen(ping));
	CU_ASSERT_PTR_NOT_NULL(strstr(r->core.kept, ping));
	peer_send(&r->core, pong, strlen(pong));
	CU_ASSERT_TRUE(rig_until(r, ue_got_pong, RIG_BUDGET_MS));
	rig_rest(r, 0);
	CU_ASSERT_EQUAL(r->ue.got - ue, strlen(pong));
}

static void
check_call(const char *host, int version)
{
	struct rig r;

	rig_init(&r, host, (struct tls_peer_conf){ .version = version });
	rig_open(&r);
	rig_rest(&r, 5000);
	CU_ASSERT_EQUAL(r.core.connections, 0); /* variant A: T2 waits for T1 */
	peer_connect(&r.ue, &r.t[T1]);
	check_talk(&r);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_ACCEPTED, T1), 1);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_TLS_UP, T1), 1);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_CONNECTED, T2), 1);
	CU_ASSERT_EQUAL(r.events[0].kind, EVENT_ACCEPTED);
	rig_close(&r);
	CU_ASSERT_EQUAL(r.stats.stats[T1].octets_in, strlen(ping));
	CU_ASSERT_EQUAL(r.stats.stats[T1].octets_out, strlen(pong));
	CU_ASSERT_EQUAL(r.stats.stats[T2].octets_in, strlen(pong));
	CU_ASSERT_EQUAL(r.stats.stats[T2].octets_out, strlen(ping));
	CU_ASSERT_TRUE(r.stats.duration_ms >= 5000);
	rig_fini(&r);
}

static void
variant_a_relays_both_ways_over_both_families_and_versions(void)
{
	check_call("127.0.0.1", TLS1_3_VERSION);
	check_call("127.0.0.1", TLS1_2_VERSION);
	check_call("::1", TLS1_3_VERSION);
	check_call("::1", TLS1_2_VERSION);
}

static void
variant_b_connects_t2_when_ordered(void)
{
	struct rig r;

	rig_init(&r, "127.0.0.1", any_ue);
	r.order.leg[T2].trigger = TRIGGER_NONE;
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_TLS_UP, T1, RIG_BUDGET_MS));
	rig_rest(&r, 5000);
	CU_ASSERT_EQUAL(r.core.connections, 0);
	r.order.leg[T2].connect_round = 1;
	rig_change(&r, T2);
	check_talk(&r);
	rig_fini(&r);

	/* The order first, the UE later. */
	rig_init(&r, "127.0.0.1", any_ue);
	r.order.leg[T2].trigger = TRIGGER_NONE;
	r.order.leg[T2].connect_round = 1;
	rig_open(&r);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_CONNECTED, T2, RIG_BUDGET_MS));
	peer_send(&r.core, pong, strlen(pong)); /* waits until the UE is there */
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_until(&r, ue_got_pong, RIG_BUDGET_MS));
	rig_fini(&r);
}

static void
t2_may_listen_for_the_core(void)
{
	for (int proxy = 0; proxy < 2; proxy++) {
		struct rig r;

		rig_init(&r, "127.0.0.1", any_ue);
		r.order.leg[T2].role = proxy ? LEG_PROXY : LEG_LISTEN;
		r.order.leg[T2].trigger = TRIGGER_NONE;
		rig_listen(&r, T2);
		rig_open(&r);
		peer_connect(&r.core, &r.t[T2]);
		peer_connect(&r.ue, &r.t[T1]);
		check_talk(&r);
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_ACCEPTED, T2), 1);
		rig_fini(&r);
	}
}

static void
who_opened_the_connection_is_tls_client(void)
{
	for (int mismatch = 0; mismatch < 2; mismatch++) {
		struct rig r;
		struct addr host;

		/* The UE listens, T1 connects when T2 was accepted: the originating flow's mirror. */
		rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ .server = true });
		peer_fini(&r.core);
		r.core.fd = r.core.listen_fd = -1;
		host = r.order.leg[T1].local;
		host.port = 0;
		peer_listen(&r.ue, &host);
		/* Not before: the kernel could give its port to the UE, and nobody calls itself. */
		close(r.order.listen_fd[T1]);
		r.order.listen_fd[T1] = -1;
		r.order.leg[T1].role = LEG_CONNECT;
		r.order.leg[T1].trigger = TRIGGER_PARTNER;
		r.order.leg[T1].remote = r.ue.local;
		r.order.fprs[T1].v[0].digest[0] ^= (uint8_t)mismatch;
		r.order.leg[T2].role = LEG_LISTEN;
		r.order.leg[T2].trigger = TRIGGER_NONE;
		rig_listen(&r, T2);
		rig_open(&r);
		peer_connect(&r.core, &r.t[T2]);
		if (!mismatch) {
			check_talk(&r);
		} else {
			CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T1, RIG_BUDGET_MS));
			CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T1)->reason, REASON_FP_MISMATCH);
			rig_rest(&r, 0);
			CU_ASSERT_EQUAL(r.ue.alert, 42);
			CU_ASSERT_EQUAL(r.core.got, 0);
			CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T2), 1);
		}
		rig_fini(&r);
	}
}

/* What can be wrong with the UE's certificate, and what comes of it. */
static const struct {
	const char *what;
	bool no_certificate, unknown_hash, wrong, never;
	enum reason why;
	uint8_t alert[2]; /* TLS 1.2, 1.3; 0: just closed */
} bad_ues[] = {
	{ "mismatch", .wrong = true, .why = REASON_FP_MISMATCH, .alert = { 42, 42 } },
	{ "no certificate", .no_certificate = true, .why = REASON_NO_CERTIFICATE, .alert = { 40, 116 } },
	{ "unknown hash", .unknown_hash = true, .why = REASON_FP_UNSUPPORTED, .alert = { 42, 42 } },
	{ "never arrives", .never = true, .why = REASON_FP_MISSING },
};

static void
no_application_byte_crosses_before_the_fingerprint_matched(void)
{
	static const int versions[2] = { TLS1_2_VERSION, TLS1_3_VERSION };

	for (size_t i = 0; i < 2 * sizeof(bad_ues) / sizeof(bad_ues[0]); i++) {
		const int v = (int)(i & 1);
		struct worker_counters n;
		struct rig r;

		rig_init(&r, "127.0.0.1",
		         (struct tls_peer_conf){ .version = versions[v], .no_certificate = bad_ues[i / 2].no_certificate });
		r.ue.early = ping;
		if (bad_ues[i / 2].wrong)
			r.order.fprs[T1].v[0].digest[3] ^= 1;
		if (bad_ues[i / 2].unknown_hash)
			r.order.fprs[T1] = (struct fpr_set){ .unknown = 1 };
		r.order.leg[T1].fpr_known = !bad_ues[i / 2].never;
		rig_open(&r);
		peer_connect(&r.ue, &r.t[T1]);
		CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T1, 31000));
		CU_ASSERT_TRUE(rig_until(&r, ue_is_broken, RIG_BUDGET_MS));
		rig_rest(&r, 60000);
		CU_ASSERT_PTR_NOT_NULL_FATAL(rig_last(&r, EVENT_FAILED, T1));
		if (rig_last(&r, EVENT_FAILED, T1)->reason != bad_ues[i / 2].why || r.ue.alert != bad_ues[i / 2].alert[v])
			printf("\n  %s: %s, alert %d", bad_ues[i / 2].what,
			       reason_text(rig_last(&r, EVENT_FAILED, T1)->reason), r.ue.alert);
		CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T1)->reason, bad_ues[i / 2].why);
		CU_ASSERT_EQUAL(r.ue.alert, bad_ues[i / 2].alert[v]);
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_TLS_UP, T1), 0);
		CU_ASSERT_EQUAL(r.core.got, 0);
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_CLOSED, T2), 1);
		worker_read_counters(r.worker, &n);
		CU_ASSERT_EQUAL(n.fp_mismatched, bad_ues[i / 2].wrong || bad_ues[i / 2].unknown_hash);
		rig_fini(&r);
	}
}

static void
early_bytes_cross_once_the_fingerprint_is_known(void)
{
	static const int versions[2] = { TLS1_2_VERSION, TLS1_3_VERSION };

	for (int i = 0; i < 2; i++) {
		struct rig r;

		rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ .version = versions[i] });
		r.ue.early = ping;
		r.order.leg[T1].fpr_known = false;
		rig_open(&r);
		peer_connect(&r.ue, &r.t[T1]);
		CU_ASSERT_TRUE(rig_wait(&r, EVENT_CONNECTED, T2, RIG_BUDGET_MS));
		rig_rest(&r, 20000);
		CU_ASSERT_EQUAL(r.core.got, 0);
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_TLS_UP, T1), 0);
		r.order.leg[T1].fpr_known = true;
		rig_change(&r, T1);
		CU_ASSERT_TRUE(rig_until(&r, core_got_ping, RIG_BUDGET_MS));
		CU_ASSERT_EQUAL(rig_count(&r, EVENT_TLS_UP, T1), 1);
		CU_ASSERT_STRING_EQUAL(r.core.kept, ping);
		rig_fini(&r);
	}
}

static void
a_peer_without_tls_is_never_let_through_in_plain(void)
{
	struct rig r;

	rig_init(&r, "127.0.0.1", any_ue);
	tls_peer_fini(&r.ue.tls);
	r.ue.has_tls = false;
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	rig_rest(&r, 0);
	peer_send(&r.ue, ping, strlen(ping));
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T1, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T1)->reason, REASON_TLS_FAILED);
	rig_rest(&r, 20000);
	CU_ASSERT_EQUAL(r.core.got, 0);
	rig_fini(&r);
}

static void
time_limits_end_what_does_not_go_on(void)
{
	struct rig r;

	rig_init(&r, "127.0.0.1", any_ue);
	tls_peer_fini(&r.ue.tls);
	r.ue.has_tls = false; /* connects, and says nothing */
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_FALSE(rig_wait(&r, EVENT_FAILED, T1, 9900));
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T1, 200));
	CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T1)->reason, REASON_TLS_TIMEOUT);
	rig_fini(&r);

	/* Nobody listens at the core. */
	rig_init(&r, "127.0.0.1", any_ue);
	peer_unlisten(&r.core);
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_FAILED, T2, RIG_BUDGET_MS));
	CU_ASSERT_EQUAL(rig_last(&r, EVENT_FAILED, T2)->reason, REASON_TCP_REFUSED);
	CU_ASSERT_TRUE(rig_wait(&r, EVENT_CLOSED, T1, RIG_BUDGET_MS));
	CU_ASSERT_TRUE(rig_until(&r, ue_is_broken, RIG_BUDGET_MS));
	rig_fini(&r);

	/* Nothing moves: told, not closed. */
	rig_init(&r, "127.0.0.1", any_ue);
	r.order.leg[T1].idle_ms = 30000;
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	check_talk(&r);
	rig_rest(&r, 29000);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_IDLE, T1), 0);
	rig_rest(&r, 32000);
	CU_ASSERT_EQUAL(rig_count(&r, EVENT_IDLE, T1), 1);
	r.core.got = r.ue.got = 0;
	check_talk(&r);
	rig_fini(&r);
}

static void
the_gate_is_asked_again_about_the_real_peer(void)
{
	struct rig r;

	rig_init(&r, "127.0.0.1", any_ue);
	r.order.leg[T1].gate = GATE_FILTER_ADDR;
	addr_parse_ip(span_str("127.0.0.9"), &r.order.leg[T1].remote);
	rig_open(&r);
	peer_connect(&r.ue, &r.t[T1]);
	rig_rest(&r, 100);
	CU_ASSERT_TRUE(r.ue.broken);
	CU_ASSERT_EQUAL(r.n_events, 0);
	peer_forget(&r.ue);
	addr_parse_ip(span_str("127.0.0.1"), &r.order.leg[T1].remote);
	rig_change(&r, T1);
	peer_connect(&r.ue, &r.t[T1]);
	check_talk(&r);
	rig_close(&r);
	CU_ASSERT_EQUAL(r.stats.stats[T1].refused, 1);
	rig_fini(&r);
}

const struct test_case test_cases[] = {
	TEST(variant_a_relays_both_ways_over_both_families_and_versions),
	TEST(variant_b_connects_t2_when_ordered),
	TEST(t2_may_listen_for_the_core),
	TEST(who_opened_the_connection_is_tls_client),
	TEST(no_application_byte_crosses_before_the_fingerprint_matched),
	TEST(early_bytes_cross_once_the_fingerprint_is_known),
	TEST(a_peer_without_tls_is_never_let_through_in_plain),
	TEST(time_limits_end_what_does_not_go_on),
	TEST(the_gate_is_asked_again_about_the_real_peer),
	{ NULL, NULL },
};
