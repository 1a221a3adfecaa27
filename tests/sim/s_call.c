/* SPDX-License-Identifier: BSD-2-Clause */
/* Both daemons in one simulated loop, a P-CSCF that speaks NG, a UE with TLS and a core peer with TCP: whole calls. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "agw/agw.h"
#include "tests/lib/alg_bench.h"
#include "tests/lib/relay_peer.h"
#include "tests/lib/tmain.h"

enum { CALL_MS = 5000 };

static struct alg_bench b;
static struct agw *agw;
static struct rig rig; /* its loop and its two peers only */
static struct addr t1; /* what the UE was offered */

/* ---- the stage ---- */

static bool
is_registered(void *arg)
{
	(void)arg;
	return agwset_choose(b.alg->agws) != 0;
}

/* Addresses of this process alone: tests run beside each other. */
static void
add_realm(struct agw_conf *c, const char *name, unsigned host)
{
	char text[128], why[OPTS_ERROR_MAX];
	unsigned pid = (unsigned)getpid();

	snprintf(text, sizeof(text), "%s,address=127.%u.%u.%u,ports=20000-20063", name, 1 + pid % 250, pid / 250 % 250,
	         host);
	CU_ASSERT_EQUAL_FATAL(realm_conf_parse(text, &c->realms[c->n_realms++], why), 0);
}

static void
start_gateway(enum mgco_proto proto)
{
	char why[OPTS_ERROR_MAX];
	static struct agw_conf c;

	agw_conf_init(&c);
	c.common.control[0] = '\0';
	c.one_thread = true;
	c.workers = 1;
	c.syngate.kind = SYNGATE_SOCKET;
	c.mgcs[0] = (struct mgc_conf){ proto, b.alg->h248[0] };
	c.n_mgcs = 1;
	add_realm(&c, "access", 1);
	add_realm(&c, "core", 2);
	CU_ASSERT_EQUAL_FATAL(agw_conf_finish(&c, why), 0);
	agw = agw_new(b.l, &c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(agw);
	CU_ASSERT_EQUAL_FATAL(agw_start(agw), 0);
	CU_ASSERT(loop_sim_run(b.l, CALL_MS, is_registered, NULL));
}

static void
start(enum mgco_proto proto, enum syn_policy syn)
{
	const struct tls_peer_conf ue = { 0 };
	struct addr local;

	log_open("s_call", LOG_TO_STDERR, LOG_LVL_ERROR); /* the failures here are meant */
	signal(SIGPIPE, SIG_IGN);
	bench_init(&b);
	b.conf.syn = syn;
	bench_start(&b, proto);
	start_gateway(proto);
	memset(&rig, 0, sizeof(rig));
	rig.loop = b.l;
	peer_init(&rig.ue, &rig);
	peer_init(&rig.core, &rig);
	tls_peer_init(&rig.ue.tls, &ue);
	rig.ue.has_tls = true;
	CU_ASSERT_EQUAL(addr_parse_ip(SPAN_LIT("127.0.0.1"), &local), 0);
	peer_listen(&rig.core, &local);
}

static void
stop(void)
{
	peer_fini(&rig.ue);
	peer_fini(&rig.core);
	agw_free(agw);
	bench_stop(&b);
}

/* ---- the signalling ---- */

static bool
is_ok(const struct ng_val *reply)
{
	return span_eqs(ng_get_str(reply, "result"), "ok");
}

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
	         "a=setup:actpass\r\na=path:msrp://127.0.0.1:%u/core;tcp\r\n",
	         rig.core.local.port, rig.core.local.port);
	snprintf(keys, sizeof(keys), "%s%s", BENCH_FROM_CORE, more);
	r = bench_ask(&b, "offer", "c1", sdp, keys);
	CU_ASSERT_FATAL(is_ok(r));
	CU_ASSERT_EQUAL_FATAL(sdp_parse(&b.arena, ng_get_str(r, "sdp"), &index), 0);
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
	         "a=setup:active\r\na=fingerprint:%s\r\na=path:msrps://127.0.0.1:9/ue;tcp\r\n",
	         fpr_text(fpr, text));
	CU_ASSERT(is_ok(bench_ask(&b, "answer", "c1", sdp, BENCH_FROM_UE)));
}

static void
answer_truly(void)
{
	const struct fpr fpr = tls_peer_fpr(&rig.ue.tls, FPR_SHA256);

	answer(&fpr);
}

static void
hang_up(void)
{
	CU_ASSERT(is_ok(bench_ask(&b, "delete", "c1", NULL, "\"from-tag\":\"ft\"")));
	CU_ASSERT_EQUAL(agw->ctxs.n, 0);
	CU_ASSERT_EQUAL(b.alg->stats.contexts_made, b.alg->stats.contexts_ended);
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
	return rig.ue.secure || rig.ue.broken;
}

static bool
core_is_up(void *arg)
{
	(void)arg;
	return rig.core.up;
}

static bool
core_has_it(void *arg)
{
	(void)arg;
	return rig.core.got >= sizeof(SEND) - 1;
}

static bool
ue_has_it(void *arg)
{
	(void)arg;
	return rig.ue.got >= sizeof(OK) - 1;
}

static bool
ue_is_off(void *arg)
{
	(void)arg;
	return rig.ue.broken || rig.ue.eof;
}

static void
exchange_a_message(void)
{
	peer_send(&rig.ue, SEND, sizeof(SEND) - 1);
	CU_ASSERT(loop_sim_run(b.l, CALL_MS, core_has_it, NULL));
	CU_ASSERT_STRING_EQUAL(rig.core.kept, SEND);
	peer_send(&rig.core, OK, sizeof(OK) - 1);
	CU_ASSERT(loop_sim_run(b.l, CALL_MS, ue_has_it, NULL));
	CU_ASSERT_STRING_EQUAL(rig.ue.kept, OK);
}

/* ---- the calls ---- */

static void
a_whole_call_in_variant_a(void)
{
	start(MGCO_TCP, SYN_IGNORE);
	offer("");
	CU_ASSERT_EQUAL(agw->ctxs.n, 1);
	answer_truly();
	bench_run(&b, 50);
	CU_ASSERT_FALSE(rig.core.up); /* step 11 waits for the UE */
	peer_connect(&rig.ue, &t1);
	CU_ASSERT(loop_sim_run(b.l, CALL_MS, ue_is_secure, NULL));
	CU_ASSERT(rig.ue.secure);
	exchange_a_message();
	hang_up();
	CU_ASSERT(strstr(b.replies[b.n_replies - 1], "\"octets from access\":") != NULL);
	CU_ASSERT(strstr(b.replies[b.n_replies - 1], "\"octets from access\":0") == NULL);
	stop();
}

static void
a_whole_call_in_variant_b_over_udp(void)
{
	start(MGCO_UDP, SYN_IGNORE);
	offer(",\"interlink\":\"off\"");
	bench_run(&b, 50);
	CU_ASSERT_FALSE(rig.core.up);
	answer_truly();
	CU_ASSERT(loop_sim_run(b.l, CALL_MS, core_is_up, NULL)); /* step 19, without the UE */
	peer_connect(&rig.ue, &t1);
	CU_ASSERT(loop_sim_run(b.l, CALL_MS, ue_is_secure, NULL));
	exchange_a_message();
	hang_up();
	stop();
}

static void
a_latched_ue_waits_for_its_fingerprint_only(void)
{
	start(MGCO_TCP, SYN_LATCH);
	offer("");
	peer_connect(&rig.ue, &t1);
	bench_run(&b, 200);
	CU_ASSERT(rig.ue.up);
	CU_ASSERT_EQUAL(rig.core.got, 0);
	answer_truly();
	CU_ASSERT(loop_sim_run(b.l, CALL_MS, ue_is_secure, NULL));
	exchange_a_message();
	hang_up();
	stop();
}

static void
a_wrong_certificate_relays_nothing_and_is_reported(void)
{
	struct fpr wrong;

	start(MGCO_TCP, SYN_IGNORE);
	rig.ue.early = SEND; /* together with its Finished */
	offer("");
	wrong = tls_peer_fpr(&rig.ue.tls, FPR_SHA256);
	wrong.digest[7] ^= 1;
	answer(&wrong);
	peer_connect(&rig.ue, &t1);
	CU_ASSERT(loop_sim_run(b.l, CALL_MS, ue_is_off, NULL));
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(rig.core.got, 0);
	CU_ASSERT(is_ok(bench_ask(&b, "query", "c1", NULL, NULL)));
	CU_ASSERT(strstr(b.replies[b.n_replies - 1], "\"reason\":\"fp-mismatch\"") != NULL);
	hang_up();
	stop();
}

static void
a_gateway_started_anew_takes_new_calls(void)
{
	start(MGCO_TCP, SYN_IGNORE);
	offer("");
	agw_free(agw);
	agw = NULL;
	bench_run(&b, 100);
	CU_ASSERT(is_ok(bench_ask(&b, "delete", "c1", NULL, NULL)));
	start_gateway(MGCO_TCP);
	offer("");
	answer_truly();
	peer_connect(&rig.ue, &t1);
	CU_ASSERT(loop_sim_run(b.l, CALL_MS, ue_is_secure, NULL));
	exchange_a_message();
	hang_up();
	stop();
}

const char test_suite[] = "call";
const struct test_case test_cases[] = {
	TEST(a_whole_call_in_variant_a),
	TEST(a_whole_call_in_variant_b_over_udp),
	TEST(a_latched_ue_waits_for_its_fingerprint_only),
	TEST(a_wrong_certificate_relays_nothing_and_is_reported),
	TEST(a_gateway_started_anew_takes_new_calls),
	{ 0 },
};
