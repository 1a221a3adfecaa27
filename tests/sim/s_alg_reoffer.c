/* SPDX-License-Identifier: BSD-2-Clause */
/* Offers within a call: what stays, what changes, and that nothing changes before it is agreed (RFC 3264 8). */

#include "tests/lib/dlg_rig.h"
#include "tests/lib/tmain.h"

static struct dlg_rig d;

static void
a_re_invite_without_change_asks_nothing_of_the_gateway(void)
{
	const char *sdp;

	dlg_start(&d, 1);
	sdp = dlg_offer(&d, SAY(.version = 2), CORE_OFFERS);
	CU_ASSERT(bench_has(sdp, "o=- 1 2 IN")); /* the offerer's own count of versions goes through */
	CU_ASSERT(bench_has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(bench_has(sdp, "a=fingerprint:sha-256 AA:AA"));
	CU_ASSERT(bench_has(sdp, "/s0;tcp"));
	sdp = dlg_answer(&d, SAY(.ue = true, .version = 2), UE_ANSWERS);
	CU_ASSERT(bench_has(sdp, "m=message 20002 TCP/MSRP *\r\n"));
	CU_ASSERT(bench_has(sdp, "a=setup:active\r\n"));
	dlg_check_untouched(&d, 1);
	dlg_stop(&d);
}

/* The UE's re-offer does not repeat a=3ge2ae:requested, and needs not. */
static void
the_answering_side_offers_and_directions_are_reversed(void)
{
	const char *sdp;

	dlg_start(&d, 1);
	sdp = dlg_offer(&d, SAY(.ue = true, .version = 2), UE_OFFERS);
	CU_ASSERT(bench_has(sdp, "m=message 20002 TCP/MSRP *\r\n"));
	CU_ASSERT(bench_has(sdp, "c=IN IP4 192.0.2.20\r\n"));
	CU_ASSERT_FALSE(bench_has(sdp, "fingerprint"));
	sdp = dlg_answer(&d, SAY(.version = 2, .setup = "passive"), CORE_ANSWERS);
	CU_ASSERT(bench_has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(bench_has(sdp, "a=fingerprint:sha-256 AA:AA"));
	CU_ASSERT(bench_has(sdp, "a=setup:passive\r\n"));
	CU_ASSERT_EQUAL(d.b.gw.adds, 1);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	/* And back again. */
	CU_ASSERT(dlg_offers(&d, SAY(.version = 3), CORE_OFFERS, "m=message 20001 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 3), UE_ANSWERS, "m=message 20002 TCP/MSRP *\r\n"));
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	dlg_stop(&d);
}

static void
a_new_fingerprint_reaches_the_gateway_when_it_is_agreed(void)
{
	dlg_start(&d, 1);
	CU_ASSERT(
	    dlg_offers(&d, SAY(.ue = true, .version = 2, .fpr = '2'), UE_OFFERS, "m=message 20002 TCP/MSRP *\r\n"));
	dlg_check_untouched(&d, 1);
	CU_ASSERT(
	    dlg_answers(&d, SAY(.version = 2, .setup = "passive"), CORE_ANSWERS, "m=message 20001 TCP/TLS/MSRP"));
	CU_ASSERT_EQUAL(d.b.gw.modifies, 2);
	CU_ASSERT(bench_has(d.b.gw.seen, "a=fingerprint:sha-256 22:22"));
	CU_ASSERT_FALSE(bench_has(d.b.gw.seen, "a=fingerprint:sha-256 11:11"));
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	dlg_stop(&d);
}

static void
a_new_fingerprint_in_an_answer_does_too(void)
{
	dlg_start(&d, 1);
	CU_ASSERT(dlg_offers(&d, SAY(.version = 2), CORE_OFFERS, "m=message 20001"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 2, .fpr = '3'), UE_ANSWERS, "m=message 20002"));
	CU_ASSERT_EQUAL(d.b.gw.modifies, 2);
	CU_ASSERT(bench_has(d.b.gw.seen, "a=fingerprint:sha-256 33:33"));
	dlg_stop(&d);
}

static void
another_session_gets_another_context_and_the_old_one_time_to_end(void)
{
	dlg_start(&d, 1);
	/* The UE begins anew after a broken connection (RFC 4975 5.4). */
	CU_ASSERT(
	    dlg_offers(&d, SAY(.ue = true, .version = 2, .session = "new"), UE_OFFERS, "m=message 20004 TCP/MSRP"));
	CU_ASSERT_EQUAL(d.b.gw.contexts, 2);
	CU_ASSERT(
	    dlg_answers(&d, SAY(.version = 2, .setup = "passive"), CORE_ANSWERS, "m=message 20003 TCP/TLS/MSRP"));
	bench_run(&d.b, ALG_SUCCESSION_MS / 2);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 2);
	bench_run(&d.b, ALG_SUCCESSION_MS);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	CU_ASSERT(bench_has(d.b.gw.seen, "Context = 1"));
	/* The next offer of the core stays with the new one. */
	CU_ASSERT(dlg_offers(&d, SAY(.version = 3), CORE_OFFERS, "m=message 20003 TCP/TLS/MSRP"));
	dlg_stop(&d);
}

/* Who comes from another place with another certificate leaves nothing of the old one behind. */
static void
another_session_with_another_certificate_ends_the_old_at_once(void)
{
	dlg_start(&d, 1);
	CU_ASSERT(dlg_offers(&d, SAY(.ue = true, .version = 2, .conn = "IP4 203.0.113.5", .fpr = '7'), UE_OFFERS,
			     "20004"));
	CU_ASSERT(
	    dlg_answers(&d, SAY(.version = 2, .setup = "passive"), CORE_ANSWERS, "m=message 20003 TCP/TLS/MSRP"));
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	dlg_stop(&d);
}

static void
hold_of_either_kind_changes_no_address(void)
{
	const char *sdp;

	dlg_start(&d, 1);
	sdp = dlg_offer(&d, SAY(.version = 2, .attr = "a=inactive\r\n"), CORE_OFFERS);
	CU_ASSERT(bench_has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n") && bench_has(sdp, "a=inactive\r\n"));
	CU_ASSERT(
	    dlg_answers(&d, SAY(.ue = true, .version = 2, .attr = "a=inactive\r\n"), UE_ANSWERS, "a=inactive"));
	dlg_check_untouched(&d, 1);
	sdp = dlg_offer(&d, SAY(.version = 3, .conn = "IP4 0.0.0.0"), CORE_OFFERS);
	CU_ASSERT(bench_has(sdp, "c=IN IP4 0.0.0.0\r\n") && bench_has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 3), UE_ANSWERS, "c=IN IP4 192.0.2.20\r\n"));
	dlg_check_untouched(&d, 1);
	/* Resumed. */
	CU_ASSERT(dlg_offers(&d, SAY(.version = 4), CORE_OFFERS, "c=IN IP4 203.0.113.20\r\n"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 4), UE_ANSWERS, "m=message 20002 TCP/MSRP"));
	dlg_check_untouched(&d, 1);
	dlg_stop(&d);
}

static void
a_held_ue_keeps_its_context_and_its_certificate(void)
{
	dlg_start(&d, 1);
	CU_ASSERT(
	    dlg_offers(&d, SAY(.ue = true, .version = 2, .conn = "IP6 ::"), UE_OFFERS, "m=message 20002 TCP/MSRP"));
	CU_ASSERT(
	    dlg_answers(&d, SAY(.version = 2, .setup = "passive"), CORE_ANSWERS, "m=message 20001 TCP/TLS/MSRP"));
	CU_ASSERT_EQUAL(d.b.gw.adds, 1);
	CU_ASSERT_FALSE(bench_has(d.b.gw.seen, "c=IN IP6 ::"));
	CU_ASSERT(dlg_offers(&d, SAY(.ue = true, .version = 3), UE_OFFERS, "m=message 20002 TCP/MSRP"));
	CU_ASSERT(
	    dlg_answers(&d, SAY(.version = 3, .setup = "passive"), CORE_ANSWERS, "m=message 20001 TCP/TLS/MSRP"));
	CU_ASSERT_EQUAL(d.b.gw.adds, 1);
	CU_ASSERT(bench_has(d.b.gw.seen, "a=fingerprint:sha-256 11:11"));
	dlg_stop(&d);
}

static void
a_line_is_added_removed_and_enabled_again(void)
{
	const char *sdp;

	dlg_start(&d, 1);
	sdp = dlg_offer(&d, SAY(.version = 2, .n = 2), CORE_OFFERS ",\"ue-e2ae\":\"yes\"");
	CU_ASSERT(bench_has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n") &&
		  bench_has(sdp, "m=message 20003 TCP/TLS/MSRP *\r\n"));
	sdp = dlg_answer(&d, SAY(.ue = true, .version = 2, .n = 2), UE_ANSWERS);
	CU_ASSERT(bench_has(sdp, "m=message 20002 TCP/MSRP *\r\n") && bench_has(sdp, "m=message 20004 TCP/MSRP *\r\n"));
	CU_ASSERT_EQUAL(d.b.gw.contexts, 2);
	/* Removed: its context goes when the other side agreed. */
	sdp = dlg_offer(&d, SAY(.version = 3, .n = 2, .closed = 2), CORE_OFFERS);
	CU_ASSERT(bench_has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n") &&
		  bench_has(sdp, "m=message 0 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT_EQUAL(d.b.gw.subtracts, 0);
	sdp = dlg_answer(&d, SAY(.ue = true, .version = 3, .n = 2, .closed = 2), UE_ANSWERS);
	CU_ASSERT(bench_has(sdp, "m=message 0 TCP/MSRP *\r\n"));
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	/* Enabled again: a new one. */
	sdp = dlg_offer(&d, SAY(.version = 4, .n = 2), CORE_OFFERS ",\"ue-e2ae\":\"yes\"");
	CU_ASSERT(bench_has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n") &&
		  bench_has(sdp, "m=message 20005 TCP/TLS/MSRP *\r\n"));
	sdp = dlg_answer(&d, SAY(.ue = true, .version = 4, .n = 2), UE_ANSWERS);
	CU_ASSERT(bench_has(sdp, "m=message 20006 TCP/MSRP *\r\n"));
	CU_ASSERT_EQUAL(d.b.gw.contexts, 2);
	dlg_stop(&d);
}

/* Variant B: whoever broke, the new answer orders our connections again; live ones do not mind. */
static void
in_variant_b_a_re_offer_connects_again(void)
{
	dlg_init(&d);
	CU_ASSERT(dlg_offers(&d, SAY(0), BENCH_FROM_CORE ",\"interlink\":\"off\"", "m=message 20001"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true), UE_ANSWERS, "m=message 20002"));
	CU_ASSERT(bench_has(d.b.gw.seen, "EstBNC"));
	CU_ASSERT(dlg_offers(&d, SAY(.version = 2), CORE_OFFERS, "m=message 20001"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 2), UE_ANSWERS, "m=message 20002"));
	CU_ASSERT_EQUAL(d.b.gw.modifies, 2);
	CU_ASSERT(bench_has(d.b.gw.seen, "EstBNC"));
	dlg_stop(&d);
}

static void
a_context_that_was_lost_is_made_again_by_the_next_offer(void)
{
	dlg_start(&d, 1);
	fake_gw_service_change(&d.b, "Restart", "901 Cold Boot");
	d.b.gw.contexts = 0;
	CU_ASSERT(dlg_offers(&d, SAY(.version = 2), CORE_OFFERS, "m=message 20003 TCP/TLS/MSRP"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 2), UE_ANSWERS, "m=message 20004 TCP/MSRP"));
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	dlg_stop(&d);
}

/* RFC 3264 8: whoever knows the version may skip the SDP. */
static void
an_unchanged_sdp_that_leaves_changed_gets_another_version(void)
{
	dlg_start(&d, 1);
	fake_gw_service_change(&d.b, "Restart", "901 Cold Boot");
	d.b.gw.contexts = 0;
	/* Word for word what was offered before, but at another port of ours. */
	CU_ASSERT(dlg_offers(&d, SAY(0), CORE_OFFERS, "o=- 1 2 IN IP4 198.51.100.7\r\n"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true), UE_ANSWERS, "o=- 2 2 IN IP4 203.0.113.99\r\n"));
	/* Ahead for good. */
	CU_ASSERT(dlg_offers(&d, SAY(.version = 2), CORE_OFFERS, "o=- 1 3 IN IP4 198.51.100.7\r\n"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true), UE_ANSWERS, "o=- 2 2 IN IP4 203.0.113.99\r\n"));
	dlg_stop(&d);
}

/* A script that got the direction of a re-INVITE wrong. */
static void
within_a_dialog_the_tags_tell_the_side(void)
{
	dlg_start(&d, 1);
	CU_ASSERT(dlg_offers(&d, SAY(.ue = true, .version = 2),
			     "\"from-tag\":\"tt\",\"to-tag\":\"ft\",\"direction\":[\"core\",\"access\"]",
			     "m=message 20002 TCP/MSRP"));
	CU_ASSERT(dlg_answers(&d, SAY(.version = 2, .setup = "passive"), "\"from-tag\":\"tt\",\"to-tag\":\"ft\"",
			      "m=message 20001 TCP/TLS/MSRP"));
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 1);
	dlg_stop(&d);
}

const char test_suite[] = "alg_reoffer";
const struct test_case test_cases[] = {
	TEST(a_re_invite_without_change_asks_nothing_of_the_gateway),
	TEST(the_answering_side_offers_and_directions_are_reversed),
	TEST(a_new_fingerprint_reaches_the_gateway_when_it_is_agreed),
	TEST(a_new_fingerprint_in_an_answer_does_too),
	TEST(another_session_gets_another_context_and_the_old_one_time_to_end),
	TEST(another_session_with_another_certificate_ends_the_old_at_once),
	TEST(hold_of_either_kind_changes_no_address),
	TEST(a_held_ue_keeps_its_context_and_its_certificate),
	TEST(a_line_is_added_removed_and_enabled_again),
	TEST(in_variant_b_a_re_offer_connects_again),
	TEST(a_context_that_was_lost_is_made_again_by_the_next_offer),
	TEST(an_unchanged_sdp_that_leaves_changed_gets_another_version),
	TEST(within_a_dialog_the_tags_tell_the_side),
	{ 0 },
};
