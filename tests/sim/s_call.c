/* SPDX-License-Identifier: BSD-2-Clause */
/* Both daemons in one simulated loop, a P-CSCF that speaks NG, a UE with TLS and a core peer with TCP: whole calls. */
#include <stdio.h>

#include "tests/lib/call_rig.h"
#include "tests/lib/tmain.h"

static struct call_rig k;
static struct addr t1; /* what the UE was offered */

/* ---- the stage ---- */

static void
start(enum mgco_proto proto, enum syn_policy syn)
{
	call_rig_init(&k);
	k.b.conf.syn = syn;
	call_rig_start(&k, proto);
	peer_listen(&k.rig.core, &k.loopback);
}

static void
stop(void)
{
	call_rig_stop(&k);
}

/* ---- the signalling ---- */

/* The core's offer; t1 gets what the UE is offered. */
static void
offer(const char *more)
{
	char sdp[1024], keys[256];
	const struct ng_val *r;
	struct sdp index;
	struct span host;

	snprintf(sdp, sizeof(sdp),
	         "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message %u TCP/MSRP *\r\n"
	         "a=setup:actpass\r\na=msrp-cema\r\na=path:msrp://127.0.0.1:%u/core;tcp\r\n",
	         k.rig.core.local.port, k.rig.core.local.port);
	snprintf(keys, sizeof(keys), "%s%s", BENCH_FROM_CORE, more);
	r = bench_ask(&k.b, "offer", "c1", sdp, keys);
	CU_ASSERT_FATAL(bench_is_ok(r));
	CU_ASSERT_EQUAL_FATAL(sdp_parse(&k.b.arena, ng_get_str(r, "sdp"), &index), 0);
	CU_ASSERT(sdp_is_msrp_tls(&index.media[0]));
	CU_ASSERT_EQUAL_FATAL(sdp_conn(&index, &index.media[0], &t1, &host), 0);
	t1.port = index.media[0].port;
}

/* The UE's answer with this fingerprint. */
static void
answer(const struct fpr *fpr)
{
	char sdp[2048], text[FPR_TEXT_MAX];

	snprintf(sdp, sizeof(sdp),
	         "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message 9 TCP/TLS/MSRP *\r\n"
	         "a=setup:active\r\na=fingerprint:%s\r\na=msrp-cema\r\na=path:msrps://127.0.0.1:9/ue;tcp\r\n",
	         fpr_text(fpr, text));
	CU_ASSERT(bench_is_ok(bench_ask(&k.b, "answer", "c1", sdp, BENCH_FROM_UE)));
}

/* The UE says that it waits there; true: refused with these words. */
static bool
is_refused_at(const char *host, const char *words)
{
	const struct fpr fpr = tls_peer_fpr(&k.rig.ue.tls, FPR_SHA256);
	char sdp[2048], text[FPR_TEXT_MAX];
	struct span why;

	snprintf(sdp, sizeof(sdp),
	         "v=0\r\no=- 2 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=message 4000 TCP/TLS/MSRP *\r\n"
	         "a=setup:passive\r\na=fingerprint:%s\r\na=msrp-cema\r\na=path:msrps://%s:4000/ue;tcp\r\n",
	         host, host, fpr_text(&fpr, text), host);
	why = ng_get_str(bench_ask(&k.b, "answer", "c1", sdp, BENCH_FROM_UE), "error-reason");
	if (why.len >= strlen(words) && memcmp(why.p, words, strlen(words)) == 0)
		return true;
	fprintf(stderr, "not \"%s\": %.*s\n", words, SPAN_FMT(why));
	return false;
}

static void
answer_truly(void)
{
	const struct fpr fpr = tls_peer_fpr(&k.rig.ue.tls, FPR_SHA256);

	answer(&fpr);
}

static void
hang_up(void)
{
	CU_ASSERT(bench_is_ok(bench_ask(&k.b, "delete", "c1", NULL, "\"from-tag\":\"ft\"")));
	CU_ASSERT_EQUAL(k.agw->ctxs.n, 0);
	CU_ASSERT_EQUAL(k.b.alg->stats.contexts_made, k.b.alg->stats.contexts_ended);
}

/* ---- the media ---- */

static const char SEND[] = "MSRP d93kswow SEND\r\nTo-Path: msrp://127.0.0.1:9/core;tcp\r\n"
			   "From-Path: msrps://127.0.0.1:9/ue;tcp\r\nMessage-ID: 1\r\nContent-Type: text/plain\r\n\r\n"
			   "Hello\r\n-------d93kswow$\r\n";
static const char OK[] = "MSRP d93kswow 200 OK\r\nTo-Path: msrps://127.0.0.1:9/ue;tcp\r\n"
			 "From-Path: msrp://127.0.0.1:9/core;tcp\r\n-------d93kswow$\r\n";

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
	(void)arg;
	return k.rig.core.got >= sizeof(SEND) - 1;
}

static bool
ue_has_it(void *arg)
{
	(void)arg;
	return k.rig.ue.got >= sizeof(OK) - 1;
}

static bool
ue_is_off(void *arg)
{
	(void)arg;
	return k.rig.ue.broken || k.rig.ue.eof;
}

static void
exchange_a_message(void)
{
	peer_send(&k.rig.ue, SEND, sizeof(SEND) - 1);
	CU_ASSERT(loop_sim_run(k.b.l, CALL_RIG_MS, core_has_it, NULL));
	CU_ASSERT_STRING_EQUAL(k.rig.core.kept, SEND);
	peer_send(&k.rig.core, OK, sizeof(OK) - 1);
	CU_ASSERT(loop_sim_run(k.b.l, CALL_RIG_MS, ue_has_it, NULL));
	CU_ASSERT_STRING_EQUAL(k.rig.ue.kept, OK);
}

/* ---- the calls ---- */

static void
a_whole_call_in_variant_a(void)
{
	start(MGCO_TCP, SYN_IGNORE);
	offer("");
	CU_ASSERT_EQUAL(k.agw->ctxs.n, 1);
	answer_truly();
	bench_run(&k.b, 50);
	CU_ASSERT_FALSE(k.rig.core.up); /* step 11 waits for the UE */
	peer_connect(&k.rig.ue, &t1);
	CU_ASSERT(loop_sim_run(k.b.l, CALL_RIG_MS, ue_is_secure, NULL));
	CU_ASSERT(k.rig.ue.secure);
	exchange_a_message();
	hang_up();
	CU_ASSERT(strstr(k.b.replies[k.b.n_replies - 1], "\"octets from access\":") != NULL);
	CU_ASSERT(strstr(k.b.replies[k.b.n_replies - 1], "\"octets from access\":0") == NULL);
	stop();
}

static void
a_whole_call_in_variant_b_over_udp(void)
{
	start(MGCO_UDP, SYN_IGNORE);
	offer(",\"interlink\":\"off\"");
	bench_run(&k.b, 50);
	CU_ASSERT_FALSE(k.rig.core.up);
	answer_truly();
	CU_ASSERT(loop_sim_run(k.b.l, CALL_RIG_MS, core_is_up, NULL)); /* step 19, without the UE */
	peer_connect(&k.rig.ue, &t1);
	CU_ASSERT(loop_sim_run(k.b.l, CALL_RIG_MS, ue_is_secure, NULL));
	exchange_a_message();
	hang_up();
	stop();
}

static void
a_latched_ue_waits_for_its_fingerprint_only(void)
{
	start(MGCO_TCP, SYN_LATCH);
	offer("");
	peer_connect(&k.rig.ue, &t1);
	bench_run(&k.b, 200);
	CU_ASSERT(k.rig.ue.up);
	CU_ASSERT_EQUAL(k.rig.core.got, 0);
	answer_truly();
	CU_ASSERT(loop_sim_run(k.b.l, CALL_RIG_MS, ue_is_secure, NULL));
	exchange_a_message();
	hang_up();
	stop();
}

static void
a_wrong_certificate_relays_nothing_and_is_reported(void)
{
	struct fpr wrong;

	start(MGCO_TCP, SYN_IGNORE);
	k.rig.ue.early = SEND; /* together with its Finished */
	offer("");
	wrong = tls_peer_fpr(&k.rig.ue.tls, FPR_SHA256);
	wrong.digest[7] ^= 1;
	answer(&wrong);
	peer_connect(&k.rig.ue, &t1);
	CU_ASSERT(loop_sim_run(k.b.l, CALL_RIG_MS, ue_is_off, NULL));
	bench_run(&k.b, 100);
	CU_ASSERT_EQUAL(k.rig.core.got, 0);
	CU_ASSERT(bench_is_ok(bench_ask(&k.b, "query", "c1", NULL, NULL)));
	CU_ASSERT(strstr(k.b.replies[k.b.n_replies - 1], "\"reason\":\"fp-mismatch\"") != NULL);
	hang_up();
	stop();
}

static void
a_gateway_started_anew_takes_new_calls(void)
{
	start(MGCO_TCP, SYN_IGNORE);
	offer("");
	agw_free(k.agw);
	k.agw = NULL;
	bench_run(&k.b, 100);
	CU_ASSERT(bench_delete(&k.b, "c1"));
	call_rig_start_gateway(&k, MGCO_TCP);
	offer("");
	answer_truly();
	peer_connect(&k.rig.ue, &t1);
	CU_ASSERT(loop_sim_run(k.b.l, CALL_RIG_MS, ue_is_secure, NULL));
	exchange_a_message();
	hang_up();
	stop();
}

static void
a_ue_that_would_have_us_call_whom_we_must_not_is_refused(void)
{
	struct callee_nets *nets;

	start(MGCO_TCP, SYN_IGNORE);
	nets = &k.agw->realms[0]->callees;
	CU_ASSERT_EQUAL_FATAL(addr_net_parse(SPAN_LIT("127.99.0.0/16"), &nets->deny[nets->n_deny++]), 0);
	offer("");
	CU_ASSERT_TRUE(is_refused_at("127.99.0.1", "remote-denied: line 1: H.248 error 449 "));
	CU_ASSERT_EQUAL(k.agw->realms[0]->denied, 1);
	CU_ASSERT_FALSE(k.rig.core.up);
	bench_run(&k.b, 100);
	CU_ASSERT_EQUAL(k.agw->ctxs.n, 0);
	stop();
}

const char test_suite[] = "call";
const struct test_case test_cases[] = {
	TEST(a_whole_call_in_variant_a),
	TEST(a_whole_call_in_variant_b_over_udp),
	TEST(a_latched_ue_waits_for_its_fingerprint_only),
	TEST(a_wrong_certificate_relays_nothing_and_is_reported),
	TEST(a_gateway_started_anew_takes_new_calls),
	TEST(a_ue_that_would_have_us_call_whom_we_must_not_is_refused),
	{ 0 },
};
