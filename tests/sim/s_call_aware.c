/* SPDX-License-Identifier: BSD-2-Clause */
/* Peers that know RFC 4975 only, through both daemons: each sees an MSRP endpoint of the gateway (TS 23.334 5.19.5), and
 * messages cross with the paths that each expects. The UE speaks TLS, the core TCP. */
#include <stdio.h>

#include "tests/lib/call_rig.h"
#include "tests/lib/tmain.h"

static struct call_rig k;

struct peer_view {
	struct addr at;     /* where c= and m= point to */
	char path[256];     /* a=path */
	char sdp[1024];
};

static void
ask(const char *command, const char *sdp, const char *keys, struct peer_view *v)
{
	const struct ng_val *r = bench_ask(&k.b, command, "c1", sdp, keys);
	struct sdp index;
	struct span value;

	CU_ASSERT_FATAL(span_eqs(ng_get_str(r, "result"), "ok"));
	CU_ASSERT_EQUAL_FATAL(span_copy(ng_get_str(r, "sdp"), v->sdp, sizeof(v->sdp)), 0);
	CU_ASSERT_EQUAL_FATAL(sdp_parse(&k.b.arena, span_str(v->sdp), &index), 0);
	CU_ASSERT_EQUAL_FATAL(sdp_conn(&index, &index.media[0], &v->at, &value), 0);
	CU_ASSERT_FATAL(sdp_attr(&index, &index.media[0], "path", &value));
	CU_ASSERT_EQUAL_FATAL(span_copy(value, v->path, sizeof(v->path)), 0);
}

#define HEAD "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"

static void
print_core(char sdp[1024])
{
	snprintf(sdp, 1024, HEAD "m=message 9 TCP/MSRP *\r\na=setup:passive\r\na=path:msrp://127.0.0.1:%u/core;tcp\r\n",
	         k.rig.core.local.port);
}

static void
print_ue(char sdp[1024], const char *more)
{
	const struct fpr fpr = tls_peer_fpr(&k.rig.ue.tls, FPR_SHA256);
	char text[FPR_TEXT_MAX];

	snprintf(sdp, 1024, HEAD "m=message 9 TCP/TLS/MSRP *\r\na=setup:active\r\na=fingerprint:%s\r\n%s"
	         "a=path:msrps://127.0.0.1:9/ue;tcp\r\n", fpr_text(&fpr, text), more);
}

static bool
core_has_all(void *arg)
{
	(void)arg;
	return bench_has(k.rig.core.kept, "-------d93k$\r\n");
}

static bool
ue_has_all(void *arg)
{
	(void)arg;
	return bench_has(k.rig.ue.kept, "-------d93k$\r\n");
}

static bool
ue_is_secure(void *arg)
{
	(void)arg;
	return k.rig.ue.secure || k.rig.ue.broken;
}

/* The UE sends to our path on its side; the core gets it under its own path, from ours on its side. */
static void
exchange_a_message(const struct peer_view *ue, const struct peer_view *core)
{
	char send[512], ok[512], want[512];

	snprintf(send, sizeof(send), "MSRP d93k SEND\r\nTo-Path: %s\r\nFrom-Path: msrps://127.0.0.1:9/ue;tcp\r\n"
	         "Message-ID: 1\r\nByte-Range: 1-2/2\r\nContent-Type: a/b\r\n\r\nHi\r\n-------d93k$\r\n", ue->path);
	peer_send(&k.rig.ue, send, strlen(send));
	CU_ASSERT(loop_sim_run(k.b.l, CALL_RIG_MS, core_has_all, NULL));
	snprintf(want, sizeof(want), "SEND\r\nTo-Path: msrp://127.0.0.1:%u/core;tcp\r\nFrom-Path: %s\r\n",
	         k.rig.core.local.port, core->path);
	CU_ASSERT(bench_has(k.rig.core.kept, want));
	CU_ASSERT(bench_has(k.rig.core.kept, "\r\nHi\r\n"));
	snprintf(ok, sizeof(ok), "MSRP d93k 200 OK\r\nTo-Path: %s\r\nFrom-Path: msrp://127.0.0.1:%u/core;tcp\r\n"
	         "-------d93k$\r\n", core->path, k.rig.core.local.port);
	peer_send(&k.rig.core, ok, strlen(ok));
	CU_ASSERT(loop_sim_run(k.b.l, CALL_RIG_MS, ue_has_all, NULL));
	snprintf(want, sizeof(want), "200 OK\r\nTo-Path: msrps://127.0.0.1:9/ue;tcp\r\nFrom-Path: %s\r\n", ue->path);
	CU_ASSERT(bench_has(k.rig.ue.kept, want));
}

static void
start(void)
{
	call_rig_init(&k);
	call_rig_start(&k, MGCO_TCP);
	peer_listen(&k.rig.core, &k.loopback);
}

static void
connect_and_talk(const struct peer_view *ue, const struct peer_view *core)
{
	CU_ASSERT(bench_has(ue->path, "msrps://"));
	CU_ASSERT(bench_has(core->path, "msrp://"));
	peer_connect(&k.rig.ue, &ue->at);
	CU_ASSERT(loop_sim_run(k.b.l, CALL_RIG_MS, ue_is_secure, NULL));
	CU_ASSERT_FATAL(k.rig.ue.secure);
	exchange_a_message(ue, core);
	bench_ask(&k.b, "delete", "c1", NULL, "\"from-tag\":\"ft\"");
	CU_ASSERT_EQUAL(k.agw->ctxs.n, 0);
	call_rig_stop(&k);
}

static void
a_terminating_call_between_peers_without_cema(void)
{
	struct peer_view ue, core;
	char sdp[1024];

	start();
	print_core(sdp);
	ask("offer", sdp, BENCH_FROM_CORE, &ue);
	CU_ASSERT(bench_has(ue.sdp, "a=3ge2ae:applied"));
	print_ue(sdp, "");
	ask("answer", sdp, BENCH_FROM_UE, &core);
	CU_ASSERT_FALSE(bench_has(core.sdp, "msrp-cema"));
	connect_and_talk(&ue, &core);
}

static void
an_originating_call_between_peers_without_cema(void)
{
	struct peer_view ue, core;
	char sdp[1024];

	start();
	print_ue(sdp, "a=3ge2ae:requested\r\n");
	ask("offer", sdp, "\"from-tag\":\"ft\",\"direction\":[\"access\",\"core\"]", &core);
	print_core(sdp);
	ask("answer", sdp, "\"from-tag\":\"ft\",\"to-tag\":\"tt\",\"direction\":[\"core\",\"access\"]", &ue);
	connect_and_talk(&ue, &core);
}

/* The UE knows CEMA and the core does not: the script says msrp=aware. The core is found by its path alone: its m= says
 * port 9 (RFC 4975 5.4). */
static void
cema_on_the_access_side_only(void)
{
	struct peer_view ue, core;
	char sdp[1024];

	start();
	print_ue(sdp, "a=3ge2ae:requested\r\na=msrp-cema\r\n");
	ask("offer", sdp, "\"from-tag\":\"ft\",\"direction\":[\"access\",\"core\"],\"msrp\":\"aware\"", &core);
	print_core(sdp);
	ask("answer", sdp, "\"from-tag\":\"ft\",\"to-tag\":\"tt\",\"direction\":[\"core\",\"access\"]", &ue);
	CU_ASSERT(bench_has(ue.sdp, "a=msrp-cema\r\n"));
	connect_and_talk(&ue, &core);
}

const char test_suite[] = "call_aware";
const struct test_case test_cases[] = {
	TEST(a_terminating_call_between_peers_without_cema),
	TEST(an_originating_call_between_peers_without_cema),
	TEST(cema_on_the_access_side_only),
	{ 0 },
};
