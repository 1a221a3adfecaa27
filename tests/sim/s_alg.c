/* SPDX-License-Identifier: BSD-2-Clause */
/* ims-alg between a P-CSCF that speaks NG and a gateway that does its part: what a call becomes, line by line. */
#include <stdio.h>

#include "tests/lib/alg_bench.h"
#include "tests/lib/tmain.h"

static struct alg_bench b;

static void
a_call_in_variant_a(void)
{
	const struct ng_val *r;
	const char *sdp;

	bench_start_with_gateway(&b, MGCO_TCP);
	r = bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE);
	CU_ASSERT(bench_is_ok(r));
	sdp = bench_str(&b, r, "sdp");
	CU_ASSERT(bench_has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(bench_has(sdp, "c=IN IP4 203.0.113.20\r\n"));
	CU_ASSERT(bench_has(sdp, "a=3ge2ae:applied\r\n"));
	CU_ASSERT(bench_has(sdp, "a=fingerprint:sha-256 AA:AA:"));
	CU_ASSERT(bench_has(sdp, "a=setup:actpass\r\n"));
	CU_ASSERT(bench_has(sdp, "a=path:msrp://198.51.100.7:7654/jshA7we;tcp\r\n"));
	CU_ASSERT(bench_has(b.gw.seen, "seplink/link = ON"));
	CU_ASSERT(bench_has(b.gw.seen, "tcpbcc/discard = ON"));
	r = bench_ask(&b, "answer", "c1", BENCH_ANSWER, BENCH_FROM_UE);
	CU_ASSERT(bench_is_ok(r));
	sdp = bench_str(&b, r, "sdp");
	CU_ASSERT(bench_has(sdp, "m=message 20002 TCP/MSRP *\r\n"));
	CU_ASSERT(bench_has(sdp, "c=IN IP4 192.0.2.20\r\n"));
	CU_ASSERT(bench_has(sdp, "a=setup:active\r\n"));
	CU_ASSERT_FALSE(bench_has(sdp, "fingerprint"));
	CU_ASSERT_FALSE(bench_has(sdp, "3ge2ae"));
	CU_ASSERT(bench_has(b.gw.seen, "a=fingerprint:sha-256 11:11"));
	CU_ASSERT_FALSE(bench_has(b.gw.seen, "tcpbcc/discard"));
	CU_ASSERT_FALSE(bench_has(b.gw.seen, "EstBNC"));
	r = bench_ask(&b, "delete", "c1", NULL, "\"from-tag\":\"ft\"");
	CU_ASSERT(bench_is_ok(r));
	CU_ASSERT(bench_has(b.replies[b.n_replies - 1], "\"octets from access\":3400"));
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	CU_ASSERT_EQUAL(b.gw.subtracts, 1);
	CU_ASSERT_EQUAL(calls_count(b.alg->calls), 0);
	bench_stop(&b);
}

static void
a_call_in_variant_b_orders_the_core_connection(void)
{
	bench_start_with_gateway(&b, MGCO_UDP);
	CU_ASSERT(bench_is_ok(bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE ",\"interlink\":\"off\"")));
	CU_ASSERT_FALSE(bench_has(b.gw.seen, "seplink/link"));
	CU_ASSERT(bench_answer(&b, "c1"));
	CU_ASSERT(bench_has(b.gw.seen, "tcpbcc/EstBNC"));
	/* It is T2 that connects. */
	CU_ASSERT(bench_has(strstr(b.gw.seen, "Modify = ip/1/core/2") ? strstr(b.gw.seen, "Modify = ip/1/core/2") : "",
	              "EstBNC"));
	CU_ASSERT(bench_delete(&b, "c1"));
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	bench_stop(&b);
}

static void
repeats_get_the_same_answer_and_no_second_context(void)
{
	const char *first, *again;

	bench_start_with_gateway(&b, MGCO_TCP);
	first = bench_str(&b, bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE), "sdp");
	again = bench_str(&b, bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE), "sdp");
	CU_ASSERT(first[0] != '\0');
	CU_ASSERT_STRING_EQUAL(first, again);
	first = bench_str(&b, bench_ask(&b, "answer", "c1", BENCH_ANSWER, BENCH_FROM_UE), "sdp");
	again = bench_str(&b, bench_ask(&b, "answer", "c1", BENCH_ANSWER, BENCH_FROM_UE), "sdp");
	CU_ASSERT(first[0] != '\0');
	CU_ASSERT_STRING_EQUAL(first, again);
	CU_ASSERT_EQUAL(b.gw.adds, 1);
	CU_ASSERT_EQUAL(b.gw.modifies, 1);
	bench_stop(&b);
}

static void
the_same_offer_twice_at_once_makes_one_context(void)
{
	bench_start_with_gateway(&b, MGCO_TCP);
	b.gw.hold = true;
	bench_request(&b, "w1_1", "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE);
	bench_request(&b, "w2_1", "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE);
	bench_request(&b, "w1_1", "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE); /* and the first again */
	bench_run(&b, 200);
	CU_ASSERT_EQUAL(b.n_replies, 0);
	CU_ASSERT_EQUAL(b.gw.n_held, 1);
	fake_gw_release(&b);
	CU_ASSERT(bench_wait(&b, 2));
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.n_replies, 2);
	CU_ASSERT_STRING_EQUAL(bench_str(&b, bench_reply(&b, 0), "sdp"), bench_str(&b, bench_reply(&b, 1), "sdp"));
	CU_ASSERT(bench_is_ok(bench_reply(&b, 0)));
	CU_ASSERT_EQUAL(b.gw.adds, 1);
	bench_request(&b, "w1_1", "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE); /* late: from the cache */
	CU_ASSERT(bench_wait(&b, 3));
	CU_ASSERT_STRING_EQUAL(b.replies[2], b.replies[0][3] == '1' ? b.replies[0] : b.replies[1]);
	bench_stop(&b);
}

static void
two_message_lines_get_a_context_each_and_audio_passes(void)
{
	char sdp[4096];
	const char *out;

	bench_start_with_gateway(&b, MGCO_TCP);
	snprintf(sdp, sizeof(sdp), "%sm=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n%s", BENCH_OFFER,
	         "m=message 7655 TCP/MSRP *\r\na=setup:actpass\r\na=path:msrp://198.51.100.7:7655/x;tcp\r\n");
	out = bench_str(&b, bench_ask(&b, "offer", "c1", sdp, BENCH_FROM_CORE), "sdp");
	CU_ASSERT(bench_has(out, "m=message 20001 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(bench_has(out, "m=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\nm="));
	CU_ASSERT(bench_has(out, "m=message 20003 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT_EQUAL(b.gw.contexts, 2);
	CU_ASSERT(bench_delete(&b, "c1"));
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	bench_stop(&b);
}

static void
a_ue_without_fingerprint_or_with_plain_tcp_is_refused(void)
{
	static const char plain[] = "v=0\r\no=- 2 1 IN IP4 203.0.113.99\r\ns=-\r\nc=IN IP4 203.0.113.99\r\nt=0 0\r\n"
				    "m=message 40000 TCP/MSRP *\r\na=setup:active\r\na=path:msrp://x:4/u;tcp\r\n";
	static const char bare[] = "v=0\r\no=- 2 1 IN IP4 203.0.113.99\r\ns=-\r\nc=IN IP4 203.0.113.99\r\nt=0 0\r\n"
				   "m=message 40000 TCP/TLS/MSRP *\r\na=setup:active\r\na=path:msrps://x:4/u;tcp\r\n";

	bench_start_with_gateway(&b, MGCO_TCP);
	CU_ASSERT(bench_offer(&b, "c1"));
	CU_ASSERT(bench_has(bench_error(&b, bench_ask(&b, "answer", "c1", plain, BENCH_FROM_UE)), "downgrade"));
	CU_ASSERT(bench_offer(&b, "c2"));
	CU_ASSERT(bench_has(bench_error(&b, bench_ask(&b, "answer", "c2", bare, BENCH_FROM_UE)), "fp-missing"));
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.modifies, 0);
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	bench_stop(&b);
}

static void
a_line_that_the_ue_refuses_is_released(void)
{
	static const char refused[] = "v=0\r\no=- 2 1 IN IP4 203.0.113.99\r\ns=-\r\nc=IN IP4 203.0.113.99\r\nt=0 0\r\n"
				      "m=message 0 TCP/TLS/MSRP *\r\n";
	const struct ng_val *r;

	bench_start_with_gateway(&b, MGCO_TCP);
	CU_ASSERT(bench_offer(&b, "c1"));
	r = bench_ask(&b, "answer", "c1", refused, BENCH_FROM_UE);
	CU_ASSERT(bench_is_ok(r));
	CU_ASSERT(bench_has(bench_str(&b, r, "sdp"), "m=message 0 TCP/MSRP *\r\n"));
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	CU_ASSERT(bench_delete(&b, "c1"));
	bench_stop(&b);
}

static void
sdp_without_msrp_needs_no_gateway(void)
{
	const struct ng_val *r;

	bench_init(&b);
	bench_start(&b, MGCO_TCP);
	r = bench_ask(&b, "offer", "c1", BENCH_AUDIO, "\"from-tag\":\"ft\"");
	CU_ASSERT(bench_is_ok(r));
	CU_ASSERT_STRING_EQUAL(bench_str(&b, r, "sdp"), BENCH_AUDIO);
	r = bench_ask(&b, "answer", "c1", BENCH_AUDIO, "\"from-tag\":\"ft\",\"to-tag\":\"tt\"");
	CU_ASSERT(bench_is_ok(r));
	CU_ASSERT_STRING_EQUAL(bench_str(&b, r, "sdp"), BENCH_AUDIO);
	r = bench_ask(&b, "delete", "c1", NULL, NULL);
	CU_ASSERT(bench_is_ok(r));
	CU_ASSERT_STRING_EQUAL(bench_str(&b, r, "warning"), "");
	bench_stop(&b);
}

static void
plain_msrp_is_anchored_untouched(void)
{
	const struct ng_val *r;
	const char *sdp;

	bench_start_with_gateway(&b, MGCO_TCP);
	r = bench_ask(&b, "offer", "c1", BENCH_OFFER, "\"from-tag\":\"ft\",\"direction\":[\"core\",\"access\"]");
	CU_ASSERT(bench_is_ok(r));
	sdp = bench_str(&b, r, "sdp");
	CU_ASSERT(bench_has(sdp, "m=message 20001 TCP/MSRP *\r\n"));
	CU_ASSERT_FALSE(bench_has(sdp, "fingerprint"));
	CU_ASSERT_FALSE(bench_has(b.gw.seen, "TCP/TLS"));
	CU_ASSERT_FALSE(bench_has(b.gw.seen, "tlsbsc"));
	bench_stop(&b);
}

static void
an_originating_call(void)
{
	static const char keys[] = "\"from-tag\":\"ft\",\"direction\":[\"access\",\"core\"],\"e2ae\":\"on\"";
	static const char core_answer[] =
		"v=0\r\no=- 2 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\nm=message 7654 TCP/MSRP *\r\n"
		"a=setup:passive\r\na=msrp-cema\r\na=path:msrp://198.51.100.7:7654/c;tcp\r\n";
	char sdp[4096];
	const char *out;

	bench_start_with_gateway(&b, MGCO_TCP);
	snprintf(sdp, sizeof(sdp), "%sa=3ge2ae:requested\r\na=key-mgmt:mikey AAAA\r\n", BENCH_ANSWER);
	out = bench_str(&b, bench_ask(&b, "offer", "c1", sdp, keys), "sdp");
	CU_ASSERT(bench_has(out, "m=message 20002 TCP/MSRP *\r\n"));
	CU_ASSERT(bench_has(out, "c=IN IP4 192.0.2.20\r\n"));
	CU_ASSERT(bench_has(out, "a=setup:actpass\r\n"));
	CU_ASSERT_FALSE(bench_has(out, "fingerprint") || bench_has(out, "3ge2ae") || bench_has(out, "key-mgmt"));
	/* The UE's certificate and address go with the Add; nothing is known of the core. */
	CU_ASSERT(bench_has(b.gw.seen, "a=fingerprint:sha-256 11:11"));
	CU_ASSERT(bench_has(b.gw.seen, "m=message 40000 TCP/TLS *"));
	CU_ASSERT(bench_has(b.gw.seen, "tcpbcc/discard = ON"));
	out = bench_str(&b, bench_ask(&b, "answer", "c1", core_answer,
	                              "\"from-tag\":\"ft\",\"to-tag\":\"tt\",\"direction\":[\"core\",\"access\"]"),
	                "sdp");
	CU_ASSERT(bench_has(out, "m=message 20001 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(bench_has(out, "c=IN IP4 203.0.113.20\r\n"));
	CU_ASSERT(bench_has(out, "a=fingerprint:sha-256 AA:AA:"));
	CU_ASSERT(bench_has(out, "a=setup:passive\r\n"));
	CU_ASSERT_FALSE(bench_has(out, "3ge2ae"));
	CU_ASSERT_FALSE(bench_has(b.gw.seen, "tcpbcc/discard"));
	bench_stop(&b);
}

static void
another_address_gets_another_context_and_the_old_one_lives_on_for_a_while(void)
{
	static const char changed[] =
		"v=0\r\no=- 1 2 IN IP4 198.51.100.8\r\ns=-\r\nc=IN IP4 198.51.100.8\r\nt=0 0\r\n"
		"m=message 7700 TCP/MSRP *\r\na=setup:actpass\r\na=path:msrp://198.51.100.8:7700/jshA7we;tcp\r\n";
	const struct ng_val *r;

	bench_start_with_gateway(&b, MGCO_TCP);
	CU_ASSERT(bench_offer(&b, "c1"));
	CU_ASSERT(bench_answer(&b, "c1"));
	r = bench_ask(&b, "offer", "c1", changed, BENCH_FROM_CORE ",\"to-tag\":\"tt\"");
	CU_ASSERT(bench_is_ok(r));
	CU_ASSERT(bench_has(bench_str(&b, r, "sdp"), "m=message 20003 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(bench_has(b.gw.seen, "c=IN IP4 198.51.100.8"));
	CU_ASSERT_EQUAL(b.gw.contexts, 2);
	CU_ASSERT(bench_answer(&b, "c1"));
	CU_ASSERT_EQUAL(b.gw.contexts, 2);
	bench_run(&b, ALG_SUCCESSION_MS + 100);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	CU_ASSERT(bench_has(b.gw.seen, "Context = 1"));
	bench_stop(&b);
}

const char test_suite[] = "alg";
const struct test_case test_cases[] = {
	TEST(a_call_in_variant_a),
	TEST(a_call_in_variant_b_orders_the_core_connection),
	TEST(repeats_get_the_same_answer_and_no_second_context),
	TEST(the_same_offer_twice_at_once_makes_one_context),
	TEST(two_message_lines_get_a_context_each_and_audio_passes),
	TEST(a_ue_without_fingerprint_or_with_plain_tcp_is_refused),
	TEST(a_line_that_the_ue_refuses_is_released),
	TEST(sdp_without_msrp_needs_no_gateway),
	TEST(plain_msrp_is_anchored_untouched),
	TEST(an_originating_call),
	TEST(another_address_gets_another_context_and_the_old_one_lives_on_for_a_while),
	{ 0 },
};
