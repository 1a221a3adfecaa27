/* SPDX-License-Identifier: BSD-2-Clause */
/* Offers within a call that come to nothing, or meet: the call stays what was agreed last (RFC 3264 8). */
#include <stdio.h>

#include "tests/lib/dlg_rig.h"
#include "tests/lib/tmain.h"

static struct dlg_rig d;

static void
a_refused_re_offer_leaves_everything_as_it_was(void)
{
	dlg_start(&d, 1);
	CU_ASSERT(dlg_offers(&d, SAY(.version = 2, .session = "x"), CORE_OFFERS ",\"via-branch\":\"b2\"", "20003"));
	CU_ASSERT_EQUAL(d.b.gw.contexts, 2);
	/* 488: the script deletes, under the branch of the re-INVITE. */
	CU_ASSERT(dlg_delete(&d, "\"from-tag\":\"ft\",\"via-branch\":\"b2\""));
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	CU_ASSERT(bench_has(d.b.gw.seen, "Context = 2"));
	CU_ASSERT_EQUAL(d.b.alg->stats.rollbacks, 1);
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 1);
	/* Said by a flag. */
	CU_ASSERT(dlg_offers(&d, SAY(.version = 3, .session = "y"), CORE_OFFERS, "20005"));
	CU_ASSERT(dlg_delete(&d, "\"from-tag\":\"ft\",\"flags\":[\"rollback\"]"));
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	/* Said by a key: OpenSIPS has no flags in delete. */
	CU_ASSERT(dlg_offers(&d, SAY(.version = 3, .session = "v"), CORE_OFFERS, "20007"));
	CU_ASSERT(!dlg_delete(&d, "\"from-tag\":\"ft\",\"rollback\":\"perhaps\""));
	CU_ASSERT(dlg_delete(&d, "\"from-tag\":\"ft\",\"rollback\":\"yes\""));
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	/* Not said at all: the next offer takes its place... */
	CU_ASSERT(dlg_offers(&d, SAY(.version = 4, .session = "z"), CORE_OFFERS, "20009"));
	CU_ASSERT(dlg_offers(&d, SAY(.version = 5), CORE_OFFERS, "m=message 20001"));
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 5), UE_ANSWERS, "m=message 20002"));
	/* ...or time. */
	CU_ASSERT(dlg_offers(&d, SAY(.version = 6, .session = "w"), CORE_OFFERS, "20011"));
	bench_run(&d.b, ALG_STALE_MS + 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	CU_ASSERT_EQUAL(d.b.gw.modifies, 1);
	dlg_stop(&d);
}

/* A 488 may carry what the refuser could do (RFC 3261 21.4.26). It is no answer, whatever a script makes of it. */
static void
the_sdp_of_a_refusal_is_no_answer(void)
{
	dlg_start(&d, 1);
	CU_ASSERT(dlg_offers(&d, SAY(.version = 2, .session = "x"), CORE_OFFERS, "20003"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 2), UE_ANSWERS ",\"status\":\"488\"", "unsupported"));
	CU_ASSERT(dlg_delete(&d, "\"from-tag\":\"ft\",\"flags\":[\"rollback\"]"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 2), UE_ANSWERS ",\"status\":\"488\"", "unsupported"));
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	CU_ASSERT_EQUAL(d.b.gw.modifies, 1);
	dlg_stop(&d);
}

static void
a_downgrade_in_a_re_offer_is_refused_and_the_call_goes_on(void)
{
	dlg_start(&d, 1);
	CU_ASSERT(dlg_offers(&d, SAY(.version = 2), UE_OFFERS, "downgrade"));
	CU_ASSERT(dlg_offers(&d, SAY(.version = 2), CORE_OFFERS, "m=message 20001 TCP/TLS/MSRP"));
	CU_ASSERT(dlg_answers(&d, SAY(.version = 2), UE_ANSWERS, "downgrade"));
	dlg_check_untouched(&d, 1);
	CU_ASSERT(dlg_offers(&d, SAY(.version = 3), CORE_OFFERS, "m=message 20001 TCP/TLS/MSRP"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 3), UE_ANSWERS, "m=message 20002"));
	dlg_stop(&d);
}

static void
offers_of_both_sides_at_once_do_not_meet(void)
{
	dlg_start(&d, 1);
	CU_ASSERT(dlg_offers(&d, SAY(.version = 2), CORE_OFFERS, "m=message 20001"));
	CU_ASSERT(dlg_offers(&d, SAY(.ue = true, .version = 2, .session = "g"), UE_OFFERS, "m=message 20004"));
	/* The core's is answered by 491, the UE's by 200. */
	CU_ASSERT(
	    dlg_answers(&d, SAY(.version = 3, .setup = "passive"), CORE_ANSWERS, "m=message 20003 TCP/TLS/MSRP"));
	CU_ASSERT(bench_has(d.b.gw.seen, "Context = 2"));
	bench_run(&d.b, ALG_SUCCESSION_MS + 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	/* It tries again. */
	CU_ASSERT(dlg_offers(&d, SAY(.version = 4), CORE_OFFERS, "m=message 20003"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 4, .session = "g"), UE_ANSWERS, "m=message 20004"));
	dlg_stop(&d);
}

static void
offers_that_meet_at_a_slow_gateway_wait_their_turn(void)
{
	dlg_start(&d, 1);
	d.b.gw.hold = true;
	bench_request(&d.b, NULL, "offer", "c1", SAY(.version = 2, .session = "p"), CORE_OFFERS);
	CU_ASSERT(bench_until(&d.b, &d.b.gw.n_held, 1));
	bench_request(&d.b, NULL, "offer", "c1", SAY(.ue = true, .version = 2), UE_OFFERS);
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.n_replies, 2);
	fake_gw_release(&d.b);
	CU_ASSERT(bench_wait(&d.b, 4));
	CU_ASSERT(bench_has(bench_str(&d.b, bench_reply(&d.b, 2), "sdp"), "m=message 20003 TCP/TLS/MSRP"));
	CU_ASSERT(bench_has(bench_str(&d.b, bench_reply(&d.b, 3), "sdp"), "m=message 20002 TCP/MSRP"));
	dlg_stop(&d);
}

static void
a_queue_has_an_end_and_a_delete_empties_it(void)
{
	dlg_start(&d, 1);
	d.b.gw.hold = true;
	bench_request(&d.b, NULL, "offer", "c1", SAY(.version = 2, .session = "p"), CORE_OFFERS);
	CU_ASSERT(bench_until(&d.b, &d.b.gw.n_held, 1));
	for (unsigned i = 0; i <= ALG_QUEUE_MAX; i++)
		bench_request(&d.b, NULL, "offer", "c1", SAY(.ue = true, .version = 2 + i), UE_OFFERS);
	CU_ASSERT(bench_wait(&d.b, 3));
	CU_ASSERT(bench_has(bench_str(&d.b, bench_reply(&d.b, 2), "error-reason"), "busy"));
	bench_request(&d.b, NULL, "delete", "c1", NULL, "\"from-tag\":\"ft\"");
	CU_ASSERT(bench_wait(&d.b, 3 + 1 + ALG_QUEUE_MAX));
	CU_ASSERT(bench_has(bench_str(&d.b, bench_reply(&d.b, 5), "error-reason"), "deleted"));
	fake_gw_release(&d.b);
	CU_ASSERT(bench_wait(&d.b, 3 + 2 + ALG_QUEUE_MAX));
	dlg_stop(&d);
}

static void
a_change_that_the_gateway_refuses_leaves_the_call_as_agreed(void)
{
	dlg_start(&d, 2);
	CU_ASSERT(dlg_offers(&d, SAY(.version = 2, .n = 2), CORE_OFFERS, "m=message 20001"));
	d.b.gw.refuse_modify = 501;
	d.b.gw.grant_modifies = 1; /* the first line changes, the second must not */
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 2, .n = 2, .fpr = '4'), UE_ANSWERS, "501"));
	d.b.gw.refuse_modify = 0;
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 2);
	CU_ASSERT(bench_has(d.b.gw.seen, "Modify") &&
		  bench_has(d.b.gw.seen, "a=fingerprint:sha-256 11:11")); /* taken back */
	CU_ASSERT(dlg_offers(&d, SAY(.version = 3, .n = 2), CORE_OFFERS, "m=message 20001"));
	CU_ASSERT(
	    dlg_answers(&d, SAY(.ue = true, .version = 3, .n = 2, .fpr = '5'), UE_ANSWERS, "m=message 20002"));
	CU_ASSERT(bench_has(d.b.gw.seen, "a=fingerprint:sha-256 55:55"));
	dlg_stop(&d);
}

static void
re_offers_without_end_use_bounded_memory(void)
{
	dlg_start(&d, 1);
	for (unsigned i = 0; i < 40; i++) {
		char session[16];

		snprintf(session, sizeof(session), "r%u-", i);
		d.b.n_replies = 0;
		dlg_offer(&d, SAY(.version = 2 + i, .session = session), CORE_OFFERS);
		dlg_answer(&d, SAY(.ue = true, .version = 2 + i), UE_ANSWERS);
	}
	CU_ASSERT(d.b.gw.contexts <= ALG_CONTEXTS_MAX);
	bench_run(&d.b, ALG_SUCCESSION_MS + 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	dlg_stop(&d);
}

/* Nobody knows what the context is then: it is given up, and the P-CSCF hears of it. */
static void
a_gateway_that_is_lost_in_the_middle_of_a_change_fails_the_line(void)
{
	dlg_start(&d, 1);
	CU_ASSERT(dlg_offers(&d, SAY(.version = 2), CORE_OFFERS, "m=message 20001"));
	d.b.gw.hold = true;
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 2, .fpr = '4'), UE_ANSWERS, "gateway-lost"));
	CU_ASSERT_EQUAL(alg_stats_sum(d.b.alg->stats.calls_failed), 0); /* it may still do it */
	mgco_node_free(d.b.gw.node);
	d.b.gw.node = NULL;
	bench_run(&d.b, 1000);
	CU_ASSERT_EQUAL(alg_stats_sum(d.b.alg->stats.calls_failed), 1);
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 1);
	CU_ASSERT(dlg_delete(&d, "\"from-tag\":\"ft\""));
	d.b.gw.contexts = 0;
	dlg_fini(&d);
}

const char test_suite[] = "alg_rollback";
const struct test_case test_cases[] = {
	TEST(a_refused_re_offer_leaves_everything_as_it_was),
	TEST(the_sdp_of_a_refusal_is_no_answer),
	TEST(a_downgrade_in_a_re_offer_is_refused_and_the_call_goes_on),
	TEST(offers_of_both_sides_at_once_do_not_meet),
	TEST(offers_that_meet_at_a_slow_gateway_wait_their_turn),
	TEST(a_queue_has_an_end_and_a_delete_empties_it),
	TEST(a_change_that_the_gateway_refuses_leaves_the_call_as_agreed),
	TEST(re_offers_without_end_use_bounded_memory),
	TEST(a_gateway_that_is_lost_in_the_middle_of_a_change_fails_the_line),
	{ 0 },
};
