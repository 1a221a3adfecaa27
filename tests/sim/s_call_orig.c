/* SPDX-License-Identifier: BSD-2-Clause */
/* Originating e2ae (TS 23.334 6.2.10.3.1.1) through both daemons: every pair of a=setup that a UE and a core peer can
 * have, both variants, with real TLS and TCP. What the peers do follows from the SDP that they get, nothing else. */
#include <stdio.h>

#include "tests/lib/call_rig.h"
#include "tests/lib/tmain.h"

static struct call_rig k;
static const char UE_KEYS[] = "\"from-tag\":\"ft\",\"direction\":[\"access\",\"core\"]";
static const char CORE_KEYS[] = "\"from-tag\":\"ft\",\"to-tag\":\"tt\",\"direction\":[\"core\",\"access\"]";

/* One call: a=setup of both peers ("" for none), and where the gateway is for each of them. */
struct trial {
	const char *offered, *answered;
	bool interlink;
	struct addr t1, t2;
	char to_core[1024], to_ue[1024];
};

static void
print_trial(const struct trial *t)
{
	printf("  UE setup=%s core setup=%s variant=%c\n", t->offered, t->answered, t->interlink ? 'A' : 'B');
}

#define CHECK(t, cond) \
	do { \
		if (!(cond)) { \
			print_trial(t); \
			CU_FAIL(#cond); \
		} \
	} while (0)

/* Address of the only m-line. */
static void
where(const char *sdp, struct addr *a)
{
	struct sdp index;
	struct span host;

	CU_ASSERT_EQUAL_FATAL(sdp_parse(&k.b.arena, span_str(sdp), &index), 0);
	CU_ASSERT_EQUAL_FATAL(sdp_conn(&index, &index.media[0], a, &host), 0);
	a->port = index.media[0].port;
}

static uint16_t
port_of(const struct rig_peer *p)
{
	return p->listen_fd >= 0 ? p->local.port : 9;
}

static void
setup_line(const char *setup, char *line, size_t cap)
{
	snprintf(line, cap, "%s%s%s", *setup ? "a=setup:" : "", setup, *setup ? "\r\n" : "");
}

static void
offer(struct trial *t, const struct fpr *fpr)
{
	char sdp[1024], keys[128], setup[32], text[FPR_TEXT_MAX];
	const struct ng_val *r;

	setup_line(t->offered, setup, sizeof(setup));
	snprintf(sdp, sizeof(sdp),
	         "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message %u TCP/TLS/MSRP *\r\n"
	         "%sa=fingerprint:%s\r\na=3ge2ae:requested\r\na=msrp-cema\r\na=path:msrps://127.0.0.1:%u/ue;tcp\r\n",
	         port_of(&k.rig.ue), setup, fpr_text(fpr, text), port_of(&k.rig.ue));
	snprintf(keys, sizeof(keys), "%s,\"interlink\":\"%s\"", UE_KEYS, t->interlink ? "on" : "off");
	r = bench_ask(&k.b, "offer", "c1", sdp, keys);
	CHECK(t, bench_is_ok(r));
	CU_ASSERT_EQUAL_FATAL(span_copy(ng_get_str(r, "sdp"), t->to_core, sizeof(t->to_core)), 0);
	CHECK(t, bench_has(t->to_core, " TCP/MSRP *\r\n"));
	CHECK(t, !bench_has(t->to_core, "fingerprint") && !bench_has(t->to_core, "3ge2ae") && !bench_has(t->to_core, "TLS"));
	CHECK(t, bench_has(t->to_core, "a=setup:actpass\r\n"));
	where(t->to_core, &t->t2);
}

static void
answer(struct trial *t)
{
	char sdp[1024], setup[32];
	const struct ng_val *r;

	setup_line(t->answered, setup, sizeof(setup));
	snprintf(sdp, sizeof(sdp),
	         "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message %u TCP/MSRP *\r\n"
	         "%sa=msrp-cema\r\na=path:msrp://127.0.0.1:%u/core;tcp\r\n",
	         port_of(&k.rig.core), setup, port_of(&k.rig.core));
	r = bench_ask(&k.b, "answer", "c1", sdp, CORE_KEYS);
	CHECK(t, bench_is_ok(r));
	CU_ASSERT_EQUAL_FATAL(span_copy(ng_get_str(r, "sdp"), t->to_ue, sizeof(t->to_ue)), 0);
	CHECK(t, bench_has(t->to_ue, " TCP/TLS/MSRP *\r\n"));
	CHECK(t, bench_has(t->to_ue, "a=fingerprint:sha-256 "));
	CHECK(t, !bench_has(t->to_ue, "3ge2ae"));
	CHECK(t, bench_has(t->to_ue, "a=setup:") == (*t->offered != '\0'));
	where(t->to_ue, &t->t1);
}

static bool
ue_is_secure(void *arg)
{
	(void)arg;
	return k.rig.ue.secure || k.rig.ue.broken;
}

static bool
core_is_up(void *arg)
{
	(void)arg;
	return k.rig.core.up;
}

static bool
core_has_it(void *arg)
{
	return k.rig.core.got >= *(const size_t *)arg;
}

static bool
ue_has_it(void *arg)
{
	return k.rig.ue.got >= *(const size_t *)arg;
}

static void
exchange_messages(const struct trial *t)
{
	static const char up[] = "MSRP d93kswow SEND\r\n-------d93kswow$\r\n", down[] = "MSRP d93kswow 200 OK\r\n-------d93kswow$\r\n";
	size_t n_up = sizeof(up) - 1, n_down = sizeof(down) - 1;

	peer_send(&k.rig.ue, up, n_up);
	CHECK(t, loop_sim_run(k.b.l, CALL_RIG_MS, core_has_it, &n_up));
	CHECK(t, strcmp(k.rig.core.kept, up) == 0);
	peer_send(&k.rig.core, down, n_down);
	CHECK(t, loop_sim_run(k.b.l, CALL_RIG_MS, ue_has_it, &n_down));
	CHECK(t, strcmp(k.rig.ue.kept, down) == 0);
}

/* The UE connects when the answer says that we wait, or says nothing (RFC 4975); and then it is the TLS client. */
static bool
ue_will_connect(const struct trial *t)
{
	if (strcmp(t->offered, "actpass") == 0)
		return strcmp(t->answered, "active") != 0;
	return strcmp(t->offered, "passive") != 0;
}

static void
play(struct trial *t)
{
	bool core_connects = strcmp(t->answered, "active") == 0;
	struct fpr fpr;

	call_rig_init(&k);
	k.ue.server = !ue_will_connect(t);
	call_rig_start(&k, MGCO_TCP);
	if (strcmp(t->offered, "active") != 0 && *t->offered)
		peer_listen(&k.rig.ue, &k.loopback);
	if (!core_connects)
		peer_listen(&k.rig.core, &k.loopback);
	fpr = tls_peer_fpr(&k.rig.ue.tls, FPR_SHA256);
	offer(t, &fpr);
	answer(t);
	CHECK(t, !*t->offered || bench_has(t->to_ue, ue_will_connect(t) ? "a=setup:passive" : "a=setup:active"));
	if (core_connects)
		peer_connect(&k.rig.core, &t->t2);
	if (ue_will_connect(t))
		peer_connect(&k.rig.ue, &t->t1);
	CHECK(t, loop_sim_run(k.b.l, CALL_RIG_MS, core_is_up, NULL));
	CHECK(t, loop_sim_run(k.b.l, CALL_RIG_MS, ue_is_secure, NULL));
	CHECK(t, k.rig.ue.secure);
	if (k.rig.ue.secure && k.rig.core.up)
		exchange_messages(t);
	CHECK(t, bench_is_ok(bench_ask(&k.b, "delete", "c1", NULL, "\"from-tag\":\"ft\"")));
	CHECK(t, k.agw->ctxs.n == 0);
	call_rig_stop(&k);
}

static void
every_pair_of_roles_carries_messages_in_both_variants(void)
{
	static const char *const offered[] = { "actpass", "active", "passive", "" };
	static const char *const answered[] = { "active", "passive", "" };

	for (unsigned v = 0; v < 4 * 3 * 2; v++) {
		struct trial t = {
			.offered = offered[v % 4],
			.answered = answered[v / 4 % 3],
			.interlink = v / 12 == 0,
		};

		play(&t);
	}
}

/* Variant A, and the core connects: it is its SYN that makes us connect to the UE (6.2.10.3.1.1.1). */
static void
the_core_connection_triggers_the_one_to_the_ue(void)
{
	struct trial t = { .offered = "actpass", .answered = "active", .interlink = true };
	struct fpr fpr;

	call_rig_init(&k);
	k.ue.server = true;
	call_rig_start(&k, MGCO_TCP);
	peer_listen(&k.rig.ue, &k.loopback);
	fpr = tls_peer_fpr(&k.rig.ue.tls, FPR_SHA256);
	offer(&t, &fpr);
	answer(&t);
	bench_run(&k.b, 200);
	CU_ASSERT_FALSE(k.rig.ue.up);
	peer_connect(&k.rig.core, &t.t2);
	CU_ASSERT(loop_sim_run(k.b.l, CALL_RIG_MS, ue_is_secure, NULL));
	CU_ASSERT(k.rig.ue.secure);
	exchange_messages(&t);
	call_rig_stop(&k);
}

/* As TLS server the UE shows a certificate too; one that its offer did not name gets nothing. */
static void
a_ue_with_another_certificate_gets_nothing(void)
{
	for (int server = 0; server < 2; server++) {
		struct trial t = { .offered = server ? "passive" : "active", .answered = "active", .interlink = true };
		static const char text[] = "for the right UE only";
		struct fpr fpr;

		call_rig_init(&k);
		k.ue.server = server;
		call_rig_start(&k, MGCO_TCP);
		if (server)
			peer_listen(&k.rig.ue, &k.loopback);
		fpr = tls_peer_fpr(&k.rig.ue.tls, FPR_SHA256);
		fpr.digest[3] ^= 1;
		offer(&t, &fpr);
		answer(&t);
		peer_connect(&k.rig.core, &t.t2);
		if (!server)
			peer_connect(&k.rig.ue, &t.t1);
		CU_ASSERT(loop_sim_run(k.b.l, CALL_RIG_MS, core_is_up, NULL));
		peer_send(&k.rig.core, text, sizeof(text) - 1);
		bench_run(&k.b, 2000);
		CU_ASSERT_EQUAL(k.rig.ue.got, 0);
		CU_ASSERT(k.rig.ue.connections > 0);
		bench_ask(&k.b, "query", "c1", NULL, NULL);
		CU_ASSERT(bench_has(k.b.replies[k.b.n_replies - 1], "\"reason\":\"fp-mismatch\""));
		call_rig_stop(&k);
	}
}

const char test_suite[] = "call_orig";
const struct test_case test_cases[] = {
	TEST(every_pair_of_roles_carries_messages_in_both_variants),
	TEST(the_core_connection_triggers_the_one_to_the_ue),
	TEST(a_ue_with_another_certificate_gets_nothing),
	{ 0 },
};
