/* SPDX-License-Identifier: BSD-2-Clause */
/* Offers within a call, with bytes before and after: what must keep flowing, what must come anew, what must be cut.
 */
#include <stdio.h>

#include "tests/lib/call_rig.h"
#include "tests/lib/sdp_say.h"
#include "tests/lib/tmain.h"

#define CORE_OFFERS "\"from-tag\":\"ft\",\"to-tag\":\"tt\",\"direction\":[\"core\",\"access\"]"
#define UE_OFFERS "\"from-tag\":\"tt\",\"to-tag\":\"ft\",\"direction\":[\"access\",\"core\"]"
#define CORE_ANSWERS "\"from-tag\":\"tt\",\"to-tag\":\"ft\",\"direction\":[\"core\",\"access\"]"
#define HOST .conn = "IP4 127.0.0.1"
#define CORE HOST, .port = k.rig.core.local.port
#define UE HOST, .ue = true, .port = 9, .fprs = fpr_now()

static const char PING[] = "from the UE to the core";
static const char PONG[] = "and back";
static struct call_rig k;
static struct addr t1; /* what the UE was told last */

static const char *
fpr_now(void)
{
	static char text[FPR_TEXT_MAX];
	const struct fpr fpr = tls_peer_fpr(&k.rig.ue.tls, FPR_SHA256);

	return fpr_text(&fpr, text);
}

/* ---- the signalling ---- */

static bool
ask(const char *command, const char *sdp, const char *keys, bool to_ue)
{
	const struct ng_val *r = bench_ask(&k.b, command, "c1", sdp, keys);
	struct sdp index;
	struct span host;

	if (!bench_is_ok(r))
		return false;
	if (to_ue) {
		CU_ASSERT_EQUAL_FATAL(sdp_parse(&k.b.arena, ng_get_str(r, "sdp"), &index), 0);
		CU_ASSERT(sdp_is_msrp_tls(&index.media[0]));
		CU_ASSERT_EQUAL_FATAL(sdp_conn(&index, &index.media[0], &t1, &host), 0);
		t1.port = index.media[0].port;
	}
	return true;
}

static void
core_offers(const char *sdp)
{
	CU_ASSERT(ask("offer", sdp, CORE_OFFERS, true));
}

static void
ue_answers(const char *sdp)
{
	CU_ASSERT(ask("answer", sdp, BENCH_FROM_UE, false));
}

static void
ue_offers(const char *sdp)
{
	CU_ASSERT(ask("offer", sdp, UE_OFFERS, false));
}

static void
core_answers(const char *sdp)
{
	CU_ASSERT(ask("answer", sdp, CORE_ANSWERS, true));
}

/* ---- the media ---- */

static bool
ue_is_ready(void *arg)
{
	(void)arg;
	return (k.rig.ue.secure && k.rig.core.up) || k.rig.ue.broken;
}

static bool
core_heard(void *arg)
{
	(void)arg;
	return k.rig.core.got >= sizeof(PING) - 1;
}

static bool
ue_heard(void *arg)
{
	(void)arg;
	return k.rig.ue.got >= sizeof(PONG) - 1;
}

static bool
ue_is_off(void *arg)
{
	(void)arg;
	return k.rig.ue.broken || k.rig.ue.eof;
}

static bool
bytes_flow(void)
{
	k.rig.core.got = k.rig.ue.got = 0;
	peer_send(&k.rig.ue, PING, sizeof(PING) - 1);
	if (!loop_sim_run(k.b.l, CALL_RIG_MS, core_heard, NULL))
		return false;
	peer_send(&k.rig.core, PONG, sizeof(PONG) - 1);
	return loop_sim_run(k.b.l, CALL_RIG_MS, ue_heard, NULL);
}

static void
ue_connects(void)
{
	k.rig.ue.secure = k.rig.ue.broken = k.rig.ue.eof = false;
	peer_connect(&k.rig.ue, &t1);
	CU_ASSERT(loop_sim_run(k.b.l, CALL_RIG_MS, ue_is_ready, NULL));
	CU_ASSERT(k.rig.ue.secure);
}

/* Both ends of whatever was there. */
static void
peers_forget(void)
{
	peer_forget(&k.rig.ue);
	bench_run(&k.b, 100);
	peer_forget(&k.rig.core);
	bench_run(&k.b, 100);
	tls_peer_again(&k.rig.ue.tls);
}

/* ---- the call ---- */

static void
start_waiting(const char *more, unsigned wait_ms)
{
	char keys[256];

	call_rig_init(&k);
	k.b.conf.on_failure.wait = wait_ms != 0;
	k.b.conf.on_failure.wait_ms = wait_ms;
	call_rig_start(&k, MGCO_TCP);
	peer_listen(&k.rig.core, &k.loopback);
	snprintf(keys, sizeof(keys), "%s%s", BENCH_FROM_CORE, more);
	CU_ASSERT(ask("offer", SAY(CORE), keys, true));
	ue_answers(SAY(UE));
	ue_connects();
	CU_ASSERT(bytes_flow());
	CU_ASSERT_EQUAL(k.rig.core.connections, 1);
}

static void
start(const char *more)
{
	start_waiting(more, 0);
}

static void
stop(void)
{
	const struct ng_val *r = bench_ask(&k.b, "delete", "c1", NULL, "\"from-tag\":\"ft\"");

	CU_ASSERT(bench_is_ok(r));
	CU_ASSERT_EQUAL(k.agw->ctxs.n, 0);
	CU_ASSERT_EQUAL(k.b.alg->stats.contexts_made, k.b.alg->stats.contexts_ended);
	call_rig_stop(&k);
}

static void
re_invites_of_both_sides_without_change_leave_the_connections_alone(void)
{
	struct addr before;

	start("");
	before = t1;
	core_offers(SAY(CORE, .version = 2));
	CU_ASSERT(addr_same(&t1, &before));
	CU_ASSERT(bytes_flow()); /* also between offer and answer */
	ue_answers(SAY(UE, .version = 2));
	CU_ASSERT(bytes_flow());
	ue_offers(SAY(UE, .version = 3));
	core_answers(SAY(CORE, .version = 3, .setup = "passive"));
	CU_ASSERT(addr_same(&t1, &before));
	CU_ASSERT(bytes_flow());
	CU_ASSERT_EQUAL(k.rig.core.connections, 1);
	CU_ASSERT_FALSE(k.rig.ue.eof);
	stop();
}

static void
the_same_in_variant_b(void)
{
	start(",\"interlink\":\"off\"");
	core_offers(SAY(CORE, .version = 2));
	ue_answers(SAY(UE, .version = 2));
	CU_ASSERT(bytes_flow());
	ue_offers(SAY(UE, .version = 3));
	core_answers(SAY(CORE, .version = 3, .setup = "passive"));
	CU_ASSERT(bytes_flow());
	CU_ASSERT_EQUAL(k.rig.core.connections, 1);
	stop();
}

static void
hold_and_resume_keep_the_connections(void)
{
	start("");
	core_offers(SAY(.conn = "IP4 0.0.0.0", .port = k.rig.core.local.port, .version = 2));
	ue_answers(SAY(UE, .version = 2));
	core_offers(SAY(CORE, .version = 3));
	ue_answers(SAY(UE, .version = 3));
	CU_ASSERT(bytes_flow());
	/* The UE's hold, answered by a hold. */
	ue_offers(SAY(.ue = true, .conn = "IP4 0.0.0.0", .port = 9, .fprs = fpr_now(), .version = 4));
	core_answers(SAY(CORE, .version = 4, .setup = "passive", .attr = "a=inactive\r\n"));
	ue_offers(SAY(UE, .version = 5));
	core_answers(SAY(CORE, .version = 5, .setup = "passive"));
	CU_ASSERT(bytes_flow());
	CU_ASSERT_EQUAL(k.rig.core.connections, 1);
	stop();
}

static void
a_refused_re_invite_leaves_the_bytes_flowing(void)
{
	start("");
	core_offers(SAY(CORE, .version = 2, .session = "elsewhere"));
	CU_ASSERT_EQUAL(k.agw->ctxs.n, 2);
	CU_ASSERT(bytes_flow());
	CU_ASSERT(span_eqs(
	    ng_get_str(bench_ask(&k.b, "delete", "c1", NULL, "\"from-tag\":\"ft\",\"flags\":[\"rollback\"]"),
		       "result"),
	    "ok"));
	bench_run(&k.b, 100);
	CU_ASSERT_EQUAL(k.agw->ctxs.n, 1);
	CU_ASSERT(bytes_flow());
	stop();
}

/* The connection broke; the UE offers the session again and connects as before (RFC 4975 5.4). */
static void
a_broken_connection_comes_again_after_a_re_invite(void)
{
	start("");
	peers_forget();
	ue_offers(SAY(UE, .version = 2));
	core_answers(SAY(CORE, .version = 2, .setup = "passive"));
	ue_connects();
	CU_ASSERT(bytes_flow());
	CU_ASSERT_EQUAL(k.rig.core.connections, 2);
	stop();
}

static void
in_variant_b_the_answer_orders_the_core_connection_again(void)
{
	start(",\"interlink\":\"off\"");
	peers_forget();
	core_offers(SAY(CORE, .version = 2));
	CU_ASSERT_EQUAL(k.rig.core.connections, 1);
	ue_answers(SAY(UE, .version = 2));
	ue_connects();
	CU_ASSERT(bytes_flow());
	CU_ASSERT_EQUAL(k.rig.core.connections, 2);
	stop();
}

/* ---- --broken-connection=wait ---- */

/* What the call's state of failure becomes before long. */
static bool
is_told(const char *word)
{
	const struct ng_val *r;
	bool same = false;

	for (int i = 0; i < CALL_RIG_MS / 100 && !same; i++) {
		bench_run(&k.b, 100);
		r = bench_ask(&k.b, "query", "c1", NULL, NULL);
		same = strcmp(bench_str(&k.b, ng_get(r, "failure"), "told"), word) == 0;
	}
	return same;
}

/* A reset of what was up is an end that a peer may choose, and no failure. Then the core is away when the UE comes, and
 * this is one. */
static void
it_breaks_and_comes_again(struct rig_peer *breaker, const char *more)
{
	struct addr home;

	start_waiting(more, 20000);
	peer_reset(breaker);
	bench_run(&k.b, 100);
	peers_forget();
	ue_connects();
	CU_ASSERT(bytes_flow());
	CU_ASSERT_EQUAL(k.rig.core.connections, 2);
	CU_ASSERT_EQUAL(alg_stats_sum(k.b.alg->stats.calls_failed), 0);
	peers_forget();
	home = k.rig.core.local;
	peer_unlisten(&k.rig.core);
	k.rig.ue.secure = k.rig.ue.broken = k.rig.ue.eof = false;
	peer_connect(&k.rig.ue, &t1);
	CU_ASSERT(is_told("waiting"));
	peers_forget();
	peer_listen(&k.rig.core, &home);
	ue_connects();
	CU_ASSERT(bytes_flow());
	CU_ASSERT(is_told("no"));
	bench_run(&k.b, 21000);
	CU_ASSERT(is_told("no"));
	CU_ASSERT_EQUAL(alg_stats_sum(k.b.alg->stats.calls_failed), 1);
	CU_ASSERT(bytes_flow());
	stop();
}

/* RFC 4975 5.4 without an offer. The UE's SYN brings the core's connection again by interlinkage. */
static void
both_connections_come_again_by_themselves(void)
{
	it_breaks_and_comes_again(&k.rig.ue, "");
	it_breaks_and_comes_again(&k.rig.core, "");
}

/* By an order, which nobody else gives. */
static void
both_connections_come_again_in_variant_b(void)
{
	it_breaks_and_comes_again(&k.rig.ue, ",\"interlink\":\"off\"");
	it_breaks_and_comes_again(&k.rig.core, ",\"interlink\":\"off\"");
}

static void
the_old_connection_lives_until_the_new_session_is_up(void)
{
	struct addr before;

	start("");
	before = t1;
	ue_offers(SAY(UE, .version = 2, .session = "new"));
	CU_ASSERT(bytes_flow());
	core_answers(SAY(CORE, .version = 2, .setup = "passive"));
	CU_ASSERT_FALSE(addr_same(&t1, &before));
	CU_ASSERT(bytes_flow()); /* still the old one */
	peers_forget();
	ue_connects();
	CU_ASSERT(bytes_flow());
	bench_run(&k.b, ALG_SUCCESSION_MS + 100);
	CU_ASSERT_EQUAL(k.agw->ctxs.n, 1);
	CU_ASSERT(bytes_flow());
	stop();
}

/* RFC 8122 6.2: a live connection is judged by the new fingerprint as well. */
static void
a_live_connection_whose_certificate_is_not_agreed_any_more_is_closed(void)
{
	static const struct tls_peer_conf another = { 0 };

	start("");
	ue_offers(SAY(HOST, .ue = true, .port = 9, .version = 2, .fpr = '6'));
	CU_ASSERT(bytes_flow()); /* not agreed yet */
	core_answers(SAY(CORE, .version = 2, .setup = "passive"));
	CU_ASSERT(loop_sim_run(k.b.l, CALL_RIG_MS, ue_is_off, NULL));
	CU_ASSERT_EQUAL(k.agw->ctxs.n, 1);
	peers_forget();
	/* Its real new one. */
	tls_peer_fini(&k.rig.ue.tls);
	tls_peer_init(&k.rig.ue.tls, &another);
	ue_offers(SAY(UE, .version = 3));
	core_answers(SAY(CORE, .version = 3, .setup = "passive"));
	ue_connects();
	CU_ASSERT(bytes_flow());
	stop();
}

const char test_suite[] = "call_dialogs";
const struct test_case test_cases[] = {
	TEST(re_invites_of_both_sides_without_change_leave_the_connections_alone),
	TEST(the_same_in_variant_b),
	TEST(hold_and_resume_keep_the_connections),
	TEST(a_refused_re_invite_leaves_the_bytes_flowing),
	TEST(a_broken_connection_comes_again_after_a_re_invite),
	TEST(both_connections_come_again_by_themselves),
	TEST(both_connections_come_again_in_variant_b),
	TEST(in_variant_b_the_answer_orders_the_core_connection_again),
	TEST(the_old_connection_lives_until_the_new_session_is_up),
	TEST(a_live_connection_whose_certificate_is_not_agreed_any_more_is_closed),
	{ 0 },
};
