/* SPDX-License-Identifier: BSD-2-Clause */
/* Offers that come late or carry nothing, third party call control (RFC 3725), and calls that share a Call-ID. */
#include <stdio.h>

#include "tests/lib/dlg_rig.h"
#include "tests/lib/tmain.h"

#define TO_UE "\"direction\":[\"core\",\"access\"]"
#define TO_CORE "\"direction\":[\"access\",\"core\"]"
/* The callee's offer in its 200, the caller's answer in the ACK. */
#define CALLEE "\"from-tag\":\"callee\",\"to-tag\":\"caller\","

static const char NO_LINES[] = "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n";

static struct dlg_rig d;

static void
the_offer_comes_in_the_200_of_the_ue_and_the_answer_in_the_ack(void)
{
	dlg_init(&d);
	CU_ASSERT(dlg_offers(&d, SAY(.ue = true, .setup = "actpass", .attr = "a=3ge2ae:requested\r\n"),
			     CALLEE TO_CORE, "m=message 20002 TCP/MSRP"));
	CU_ASSERT(dlg_answers(&d, SAY(.setup = "passive"), CALLEE TO_UE, "m=message 20001 TCP/TLS/MSRP"));
	/* A re-INVITE without SDP: this time the core offers, in its 200 or as the caller. */
	CU_ASSERT(dlg_offers(&d, SAY(.version = 2), "\"from-tag\":\"caller\",\"to-tag\":\"callee\"," TO_UE,
			     "m=message 20001 TCP/TLS/MSRP"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 2),
			      "\"from-tag\":\"caller\",\"to-tag\":\"callee\"," TO_CORE,
			      "m=message 20002 TCP/MSRP"));
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	/* The BYE has the caller's tag, which is not the offerer's. */
	CU_ASSERT(dlg_delete(&d, "\"from-tag\":\"caller\""));
	dlg_fini(&d);
}

static void
the_offer_comes_in_the_200_of_the_core(void)
{
	dlg_init(&d);
	CU_ASSERT(dlg_offers(&d, SAY(0), CALLEE TO_UE ",\"ue-e2ae\":\"yes\"", "m=message 20001 TCP/TLS/MSRP"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true), CALLEE TO_CORE, "m=message 20002 TCP/MSRP"));
	CU_ASSERT(dlg_delete(&d, "\"from-tag\":\"caller\""));
	dlg_fini(&d);
}

/* The caller hangs up in place of the answer. */
static void
a_late_offer_without_an_answer_is_released(void)
{
	dlg_init(&d);
	CU_ASSERT(dlg_offers(&d, SAY(0), CALLEE TO_UE ",\"ue-e2ae\":\"yes\"", "m=message 20001"));
	CU_ASSERT(dlg_delete(&d, "\"from-tag\":\"caller\""));
	dlg_fini(&d);
}

/* Flow I: INVITE without SDP, the UE's offer in its 200, a long wait, the answer in the ACK. */
static void
rfc_3725_flow_1_waits_long_for_the_answer(void)
{
	dlg_init(&d);
	CU_ASSERT(dlg_offers(&d, SAY(.ue = true, .setup = "actpass", .attr = "a=3ge2ae:requested\r\n"),
			     CALLEE TO_CORE, "m=message 20002 TCP/MSRP"));
	bench_run(&d.b, 32 * 1000); /* the 200 is repeated for 64*T1, and so is the offer */
	CU_ASSERT(dlg_offers(&d, SAY(.ue = true, .setup = "actpass", .attr = "a=3ge2ae:requested\r\n"),
			     CALLEE TO_CORE, "m=message 20002 TCP/MSRP"));
	CU_ASSERT_EQUAL(d.b.alg->stats.offers_repeated, 1);
	CU_ASSERT(dlg_answers(&d, SAY(.setup = "passive"), CALLEE TO_UE, "m=message 20001 TCP/TLS/MSRP"));
	CU_ASSERT(dlg_delete(&d, "\"from-tag\":\"caller\""));
	dlg_fini(&d);
}

/* Flow II: a black-holed offer first, then a re-INVITE with the other party's address. */
static void
rfc_3725_flow_2_begins_in_a_black_hole(void)
{
	const char *sdp;

	dlg_init(&d);
	sdp = dlg_offer(&d, SAY(.conn = "IP4 0.0.0.0"), BENCH_FROM_CORE);
	CU_ASSERT(bench_has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n") && bench_has(sdp, "c=IN IP4 0.0.0.0\r\n"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true), UE_ANSWERS, "m=message 20002 TCP/MSRP"));
	sdp = dlg_offer(&d, SAY(.version = 2), CORE_OFFERS);
	CU_ASSERT(bench_has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n") && bench_has(sdp, "c=IN IP4 203.0.113.20\r\n"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 2), UE_ANSWERS, "m=message 20002 TCP/MSRP"));
	CU_ASSERT(bench_has(d.b.gw.seen, "c=IN IP4 198.51.100.7"));
	CU_ASSERT_EQUAL(d.b.gw.adds, 1);
	dlg_stop(&d);
}

/* Flow III: no SDP in the INVITE, the UE's offer is answered with a black hole, later the other party's offer
 * comes. */
static void
rfc_3725_flow_3_answers_with_a_black_hole(void)
{
	dlg_init(&d);
	CU_ASSERT(dlg_offers(&d, SAY(.ue = true, .setup = "actpass", .attr = "a=3ge2ae:requested\r\n"),
			     CALLEE TO_CORE, "m=message 20002 TCP/MSRP"));
	CU_ASSERT(
	    dlg_answers(&d, SAY(.conn = "IP4 0.0.0.0", .setup = "passive"), CALLEE TO_UE, "c=IN IP4 0.0.0.0"));
	CU_ASSERT(dlg_offers(&d, SAY(.version = 2, .session = "b"),
			     "\"from-tag\":\"caller\",\"to-tag\":\"callee\"," TO_UE, "TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 2),
			      "\"from-tag\":\"caller\",\"to-tag\":\"callee\"," TO_CORE, "TCP/MSRP *\r\n"));
	CU_ASSERT(bench_has(d.b.gw.seen, "c=IN IP4 198.51.100.7"));
	bench_run(&d.b, ALG_SUCCESSION_MS + 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	CU_ASSERT(dlg_delete(&d, "\"from-tag\":\"caller\""));
	dlg_fini(&d);
}

/* Flow IV: SDP without any m-line, media with the re-INVITE. */
static void
rfc_3725_flow_4_begins_without_media(void)
{
	char two[512];

	dlg_init(&d);
	CU_ASSERT_STRING_EQUAL(dlg_offer(&d, NO_LINES, BENCH_FROM_CORE), NO_LINES);
	CU_ASSERT_STRING_EQUAL(dlg_answer(&d, NO_LINES, UE_ANSWERS), NO_LINES);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 0);
	CU_ASSERT(
	    dlg_offers(&d, SAY(.version = 2), CORE_OFFERS ",\"ue-e2ae\":\"yes\"", "o=- 1 2 IN IP4 198.51.100.7"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 2), UE_ANSWERS, "m=message 20002 TCP/MSRP"));
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	/* An offer must not lose lines (RFC 3264 8); one that does takes their contexts along. */
	snprintf(two, sizeof(two), "%s", NO_LINES);
	CU_ASSERT_STRING_EQUAL(dlg_offer(&d, two, CORE_OFFERS), NO_LINES);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	CU_ASSERT_STRING_EQUAL(dlg_answer(&d, two, UE_ANSWERS), NO_LINES);
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 0);
	dlg_stop(&d);
}

/* Both UEs behind this P-CSCF: Call-ID and tags are the same for both passes. */
static void
a_spiral_is_two_calls_in_all_their_offers(void)
{
	const char *sdp;

	dlg_init(&d);
	sdp = dlg_offer(&d, SAY(.ue = true, .setup = "actpass", .attr = "a=3ge2ae:requested\r\n"),
			"\"from-tag\":\"ft\"," TO_CORE ",\"via-branch\":\"b1\"");
	CU_ASSERT(bench_has(sdp, "m=message 20002 TCP/MSRP"));
	CU_ASSERT(dlg_offers(&d, sdp, "\"from-tag\":\"ft\"," TO_UE ",\"ue-e2ae\":\"yes\",\"via-branch\":\"b2\"",
			     "m=message 20003 TCP/TLS/MSRP"));
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 2);
	sdp = dlg_answer(&d, SAY(.ue = true, .setup = "passive", .fpr = '5'),
			 "\"from-tag\":\"ft\",\"to-tag\":\"tt\"," TO_CORE);
	CU_ASSERT(bench_has(sdp, "m=message 20004 TCP/MSRP"));
	CU_ASSERT(
	    dlg_answers(&d, sdp, "\"from-tag\":\"ft\",\"to-tag\":\"tt\"," TO_UE, "m=message 20001 TCP/TLS/MSRP"));
	/* A re-INVITE of the callee passes the other way round: first its own, terminating, pass. */
	sdp = dlg_offer(&d, SAY(.ue = true, .version = 2, .fpr = '5'), UE_OFFERS);
	CU_ASSERT(bench_has(sdp, "m=message 20004 TCP/MSRP"));
	sdp = dlg_offer(&d, sdp, "\"from-tag\":\"tt\",\"to-tag\":\"ft\"," TO_UE);
	CU_ASSERT(bench_has(sdp, "m=message 20001 TCP/TLS/MSRP"));
	sdp = dlg_answer(&d, SAY(.ue = true, .version = 2, .setup = "passive"),
			 "\"from-tag\":\"tt\",\"to-tag\":\"ft\"," TO_CORE);
	CU_ASSERT(bench_has(sdp, "m=message 20002 TCP/MSRP"));
	CU_ASSERT(dlg_answers(&d, sdp, CORE_ANSWERS, "m=message 20003 TCP/TLS/MSRP"));
	CU_ASSERT_EQUAL(d.b.gw.contexts, 2);
	/* So does the callee's BYE, whose first pass, from the UE, is that of the terminating call. */
	CU_ASSERT(dlg_delete(&d, "\"from-tag\":\"tt\"," TO_CORE));
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 1);
	CU_ASSERT(dlg_offers(&d, SAY(.ue = true, .version = 3), "\"from-tag\":\"ft\",\"to-tag\":\"tt\"," TO_CORE,
			     "m=message 20002 TCP/MSRP")); /* the originating one lives */
	CU_ASSERT(dlg_delete(&d, "\"from-tag\":\"tt\"," TO_UE));
	dlg_fini(&d);
}

static void
two_dialogs_under_one_call_id_are_two_calls(void)
{
	dlg_start(&d, 1);
	CU_ASSERT(
	    dlg_offers(&d, SAY(0), "\"from-tag\":\"other\"," TO_UE ",\"ue-e2ae\":\"yes\"", "m=message 20003"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true), "\"from-tag\":\"other\",\"to-tag\":\"t2\"," TO_CORE,
			      "m=message 20004"));
	CU_ASSERT(dlg_offers(&d, SAY(.version = 2), CORE_OFFERS, "m=message 20001"));
	CU_ASSERT(dlg_delete(&d, "\"from-tag\":\"t2\""));
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 1);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 2), UE_ANSWERS, "m=message 20002"));
	dlg_stop(&d);
}

/* The caller's P-CSCF and the callee's use one ims-alg; their cookies count alike. */
static void
two_proxies_with_the_same_cookies_have_a_call_each(void)
{
	struct addr second;
	int first;

	dlg_init(&d);
	bench_request(&d.b, "1_1_1", "offer", "c1",
		      SAY(.ue = true, .setup = "actpass", .attr = "a=3ge2ae:requested\r\n"),
		      "\"from-tag\":\"ft\"," TO_CORE);
	CU_ASSERT(bench_wait(&d.b, 1));
	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(SPAN_LIT("127.0.0.2:0"), &second), 0);
	first = bench_use_proxy(&d.b, &second);
	bench_request(&d.b, "1_1_1", "offer", "c1", SAY(0), "\"from-tag\":\"ft\"," TO_UE ",\"ue-e2ae\":\"yes\"");
	CU_ASSERT(bench_wait(&d.b, 2));
	CU_ASSERT(bench_has(bench_str(&d.b, bench_reply(&d.b, 0), "sdp"), "m=message 20002 TCP/MSRP"));
	CU_ASSERT(bench_has(bench_str(&d.b, bench_reply(&d.b, 1), "sdp"), "m=message 20003 TCP/TLS/MSRP"));
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 2);
	/* The callee's answers first, both with the same tags. */
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .fpr = '5'), "\"from-tag\":\"ft\",\"to-tag\":\"tt\"," TO_CORE,
			      "m=message 20004 TCP/MSRP"));
	bench_take_back_proxy(&d.b, first);
	CU_ASSERT(dlg_answers(&d, SAY(.setup = "passive"), "\"from-tag\":\"ft\",\"to-tag\":\"tt\"," TO_UE,
			      "m=message 20001 TCP/TLS/MSRP"));
	/* A BYE passes both, and each says on which side of it the sender is. */
	CU_ASSERT(dlg_delete(&d, "\"from-tag\":\"ft\"," TO_CORE));
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 1);
	CU_ASSERT(dlg_delete(&d, "\"from-tag\":\"ft\"," TO_UE));
	dlg_fini(&d);
}

const char test_suite[] = "alg_late";
const struct test_case test_cases[] = {
	TEST(the_offer_comes_in_the_200_of_the_ue_and_the_answer_in_the_ack),
	TEST(the_offer_comes_in_the_200_of_the_core),
	TEST(a_late_offer_without_an_answer_is_released),
	TEST(rfc_3725_flow_1_waits_long_for_the_answer),
	TEST(rfc_3725_flow_2_begins_in_a_black_hole),
	TEST(rfc_3725_flow_3_answers_with_a_black_hole),
	TEST(rfc_3725_flow_4_begins_without_media),
	TEST(a_spiral_is_two_calls_in_all_their_offers),
	TEST(two_dialogs_under_one_call_id_are_two_calls),
	TEST(two_proxies_with_the_same_cookies_have_a_call_each),
	{ 0 },
};
