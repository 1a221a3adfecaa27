/* SPDX-License-Identifier: BSD-2-Clause */
/* Offers within a call: what stays, what changes, and that nothing changes before it is agreed (RFC 3264 8). */
#include <stdio.h>

#include "tests/lib/alg_bench.h"
#include "tests/lib/sdp_say.h"
#include "tests/lib/tmain.h"

/* Within the dialog: from-tag is whoever offers, in the offer and in its answer. */
#define CORE_OFFERS "\"from-tag\":\"ft\",\"to-tag\":\"tt\",\"direction\":[\"core\",\"access\"]"
#define UE_ANSWERS "\"from-tag\":\"ft\",\"to-tag\":\"tt\",\"direction\":[\"access\",\"core\"]"
#define UE_OFFERS "\"from-tag\":\"tt\",\"to-tag\":\"ft\",\"direction\":[\"access\",\"core\"]"
#define CORE_ANSWERS "\"from-tag\":\"tt\",\"to-tag\":\"ft\",\"direction\":[\"core\",\"access\"]"

static struct alg_bench b;

static bool
is_ok(const struct ng_val *reply)
{
	return span_eqs(ng_get_str(reply, "result"), "ok");
}

static bool
has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

/* The SDP that left, or the reason why none did. */
static const char *
ask(const char *command, const char *sdp, const char *keys)
{
	const struct ng_val *r = bench_ask(&b, command, "c1", sdp, keys);

	return bench_str(&b, r, is_ok(r) ? "sdp" : "error-reason");
}

static const char *
offer(const char *sdp, const char *keys)
{
	return ask("offer", sdp, keys);
}

static const char *
answer(const char *sdp, const char *keys)
{
	return ask("answer", sdp, keys);
}

static void
hang_up(void)
{
	CU_ASSERT(is_ok(bench_ask(&b, "delete", "c1", NULL, "\"from-tag\":\"ft\"")));
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	CU_ASSERT_EQUAL(b.alg->stats.contexts_made, b.alg->stats.contexts_ended);
	CU_ASSERT_EQUAL(calls_count(b.alg->calls), 0);
	bench_stop(&b);
}

/* A terminating e2ae call of n lines: T1 20001, T2 20002, and so on. */
static void
start_call(unsigned n)
{
	bench_init(&b);
	bench_start(&b, MGCO_TCP);
	fake_gw_start(&b, MGCO_TCP);
	CU_ASSERT(has(offer(SAY(.n = n), BENCH_FROM_CORE), "m=message 20001 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(has(answer(SAY(.ue = true, .n = n), UE_ANSWERS), "m=message 20002 TCP/MSRP *\r\n"));
	CU_ASSERT_EQUAL(b.gw.contexts, n);
	CU_ASSERT_EQUAL(b.gw.modifies, n);
}

static void
nothing_changed_at_the_gateway(uint32_t contexts)
{
	CU_ASSERT_EQUAL(b.gw.contexts, contexts);
	CU_ASSERT_EQUAL(b.gw.adds, contexts);
	CU_ASSERT_EQUAL(b.gw.modifies, contexts);
	CU_ASSERT_EQUAL(b.gw.subtracts, 0);
}

static void
a_re_invite_without_change_asks_nothing_of_the_gateway(void)
{
	const char *sdp;

	start_call(1);
	sdp = offer(SAY(.version = 2), CORE_OFFERS);
	CU_ASSERT(has(sdp, "o=- 1 2 IN")); /* the offerer's own count of versions goes through */
	CU_ASSERT(has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(has(sdp, "a=fingerprint:sha-256 AA:AA"));
	CU_ASSERT(has(sdp, "/s0;tcp"));
	sdp = answer(SAY(.ue = true, .version = 2), UE_ANSWERS);
	CU_ASSERT(has(sdp, "m=message 20002 TCP/MSRP *\r\n"));
	CU_ASSERT(has(sdp, "a=setup:active\r\n"));
	nothing_changed_at_the_gateway(1);
	hang_up();
}

/* The UE's re-offer does not repeat a=3ge2ae:requested, and needs not. */
static void
the_answering_side_offers_and_directions_are_reversed(void)
{
	const char *sdp;

	start_call(1);
	sdp = offer(SAY(.ue = true, .version = 2), UE_OFFERS);
	CU_ASSERT(has(sdp, "m=message 20002 TCP/MSRP *\r\n"));
	CU_ASSERT(has(sdp, "c=IN IP4 192.0.2.20\r\n"));
	CU_ASSERT_FALSE(has(sdp, "fingerprint"));
	sdp = answer(SAY(.version = 2, .setup = "passive"), CORE_ANSWERS);
	CU_ASSERT(has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(has(sdp, "a=fingerprint:sha-256 AA:AA"));
	CU_ASSERT(has(sdp, "a=setup:passive\r\n"));
	CU_ASSERT_EQUAL(b.gw.adds, 1);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	/* And back again. */
	CU_ASSERT(has(offer(SAY(.version = 3), CORE_OFFERS), "m=message 20001 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(has(answer(SAY(.ue = true, .version = 3), UE_ANSWERS), "m=message 20002 TCP/MSRP *\r\n"));
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	hang_up();
}

static void
a_new_fingerprint_reaches_the_gateway_when_it_is_agreed(void)
{
	start_call(1);
	CU_ASSERT(has(offer(SAY(.ue = true, .version = 2, .fpr = '2'), UE_OFFERS), "m=message 20002 TCP/MSRP *\r\n"));
	nothing_changed_at_the_gateway(1);
	CU_ASSERT(has(answer(SAY(.version = 2, .setup = "passive"), CORE_ANSWERS), "m=message 20001 TCP/TLS/MSRP"));
	CU_ASSERT_EQUAL(b.gw.modifies, 2);
	CU_ASSERT(has(b.gw.seen, "a=fingerprint:sha-256 22:22"));
	CU_ASSERT_FALSE(has(b.gw.seen, "a=fingerprint:sha-256 11:11"));
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	hang_up();
}

static void
a_new_fingerprint_in_an_answer_does_too(void)
{
	start_call(1);
	CU_ASSERT(has(offer(SAY(.version = 2), CORE_OFFERS), "m=message 20001"));
	CU_ASSERT(has(answer(SAY(.ue = true, .version = 2, .fpr = '3'), UE_ANSWERS), "m=message 20002"));
	CU_ASSERT_EQUAL(b.gw.modifies, 2);
	CU_ASSERT(has(b.gw.seen, "a=fingerprint:sha-256 33:33"));
	hang_up();
}

static void
another_session_gets_another_context_and_the_old_one_time_to_end(void)
{
	start_call(1);
	/* The UE begins anew after a broken connection (RFC 4975 5.4). */
	CU_ASSERT(has(offer(SAY(.ue = true, .version = 2, .session = "new"), UE_OFFERS), "m=message 20004 TCP/MSRP"));
	CU_ASSERT_EQUAL(b.gw.contexts, 2);
	CU_ASSERT(has(answer(SAY(.version = 2, .setup = "passive"), CORE_ANSWERS), "m=message 20003 TCP/TLS/MSRP"));
	bench_run(&b, ALG_SUCCESSION_MS / 2);
	CU_ASSERT_EQUAL(b.gw.contexts, 2);
	bench_run(&b, ALG_SUCCESSION_MS);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	CU_ASSERT(has(b.gw.seen, "Context = 1"));
	/* The next offer of the core stays with the new one. */
	CU_ASSERT(has(offer(SAY(.version = 3), CORE_OFFERS), "m=message 20003 TCP/TLS/MSRP"));
	hang_up();
}

/* Who comes from another place with another certificate leaves nothing of the old one behind. */
static void
another_session_with_another_certificate_ends_the_old_at_once(void)
{
	start_call(1);
	CU_ASSERT(has(offer(SAY(.ue = true, .version = 2, .conn = "IP4 203.0.113.5", .fpr = '7'), UE_OFFERS), "20004"));
	CU_ASSERT(has(answer(SAY(.version = 2, .setup = "passive"), CORE_ANSWERS), "m=message 20003 TCP/TLS/MSRP"));
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	hang_up();
}

static void
hold_of_either_kind_changes_no_address(void)
{
	const char *sdp;

	start_call(1);
	sdp = offer(SAY(.version = 2, .attr = "a=inactive\r\n"), CORE_OFFERS);
	CU_ASSERT(has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n") && has(sdp, "a=inactive\r\n"));
	CU_ASSERT(has(answer(SAY(.ue = true, .version = 2, .attr = "a=inactive\r\n"), UE_ANSWERS), "a=inactive"));
	nothing_changed_at_the_gateway(1);
	sdp = offer(SAY(.version = 3, .conn = "IP4 0.0.0.0"), CORE_OFFERS);
	CU_ASSERT(has(sdp, "c=IN IP4 0.0.0.0\r\n") && has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(has(answer(SAY(.ue = true, .version = 3), UE_ANSWERS), "c=IN IP4 192.0.2.20\r\n"));
	nothing_changed_at_the_gateway(1);
	/* Resumed. */
	CU_ASSERT(has(offer(SAY(.version = 4), CORE_OFFERS), "c=IN IP4 203.0.113.20\r\n"));
	CU_ASSERT(has(answer(SAY(.ue = true, .version = 4), UE_ANSWERS), "m=message 20002 TCP/MSRP"));
	nothing_changed_at_the_gateway(1);
	hang_up();
}

static void
a_held_ue_keeps_its_context_and_its_certificate(void)
{
	start_call(1);
	CU_ASSERT(has(offer(SAY(.ue = true, .version = 2, .conn = "IP6 ::"), UE_OFFERS), "m=message 20002 TCP/MSRP"));
	CU_ASSERT(has(answer(SAY(.version = 2, .setup = "passive"), CORE_ANSWERS), "m=message 20001 TCP/TLS/MSRP"));
	CU_ASSERT_EQUAL(b.gw.adds, 1);
	CU_ASSERT_FALSE(has(b.gw.seen, "c=IN IP6 ::"));
	CU_ASSERT(has(offer(SAY(.ue = true, .version = 3), UE_OFFERS), "m=message 20002 TCP/MSRP"));
	CU_ASSERT(has(answer(SAY(.version = 3, .setup = "passive"), CORE_ANSWERS), "m=message 20001 TCP/TLS/MSRP"));
	CU_ASSERT_EQUAL(b.gw.adds, 1);
	CU_ASSERT(has(b.gw.seen, "a=fingerprint:sha-256 11:11"));
	hang_up();
}

static void
a_line_is_added_removed_and_enabled_again(void)
{
	const char *sdp;

	start_call(1);
	sdp = offer(SAY(.version = 2, .n = 2), CORE_OFFERS ",\"ue-e2ae\":\"yes\"");
	CU_ASSERT(has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n") && has(sdp, "m=message 20003 TCP/TLS/MSRP *\r\n"));
	sdp = answer(SAY(.ue = true, .version = 2, .n = 2), UE_ANSWERS);
	CU_ASSERT(has(sdp, "m=message 20002 TCP/MSRP *\r\n") && has(sdp, "m=message 20004 TCP/MSRP *\r\n"));
	CU_ASSERT_EQUAL(b.gw.contexts, 2);
	/* Removed: its context goes when the other side agreed. */
	sdp = offer(SAY(.version = 3, .n = 2, .closed = 2), CORE_OFFERS);
	CU_ASSERT(has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n") && has(sdp, "m=message 0 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT_EQUAL(b.gw.subtracts, 0);
	sdp = answer(SAY(.ue = true, .version = 3, .n = 2, .closed = 2), UE_ANSWERS);
	CU_ASSERT(has(sdp, "m=message 0 TCP/MSRP *\r\n"));
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	/* Enabled again: a new one. */
	sdp = offer(SAY(.version = 4, .n = 2), CORE_OFFERS ",\"ue-e2ae\":\"yes\"");
	CU_ASSERT(has(sdp, "m=message 20001 TCP/TLS/MSRP *\r\n") && has(sdp, "m=message 20005 TCP/TLS/MSRP *\r\n"));
	sdp = answer(SAY(.ue = true, .version = 4, .n = 2), UE_ANSWERS);
	CU_ASSERT(has(sdp, "m=message 20006 TCP/MSRP *\r\n"));
	CU_ASSERT_EQUAL(b.gw.contexts, 2);
	hang_up();
}

static void
a_refused_re_offer_leaves_everything_as_it_was(void)
{
	start_call(1);
	CU_ASSERT(has(offer(SAY(.version = 2, .session = "x"), CORE_OFFERS ",\"via-branch\":\"b2\""), "20003"));
	CU_ASSERT_EQUAL(b.gw.contexts, 2);
	/* 488: the script deletes, under the branch of the re-INVITE. */
	CU_ASSERT(is_ok(bench_ask(&b, "delete", "c1", NULL, "\"from-tag\":\"ft\",\"via-branch\":\"b2\"")));
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	CU_ASSERT(has(b.gw.seen, "Context = 2"));
	CU_ASSERT_EQUAL(b.alg->stats.rollbacks, 1);
	CU_ASSERT_EQUAL(calls_count(b.alg->calls), 1);
	/* Said by a flag. */
	CU_ASSERT(has(offer(SAY(.version = 3, .session = "y"), CORE_OFFERS), "20005"));
	CU_ASSERT(is_ok(bench_ask(&b, "delete", "c1", NULL, "\"from-tag\":\"ft\",\"flags\":[\"rollback\"]")));
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	/* Not said at all: the next offer takes its place... */
	CU_ASSERT(has(offer(SAY(.version = 4, .session = "z"), CORE_OFFERS), "20007"));
	CU_ASSERT(has(offer(SAY(.version = 5), CORE_OFFERS), "m=message 20001"));
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	CU_ASSERT(has(answer(SAY(.ue = true, .version = 5), UE_ANSWERS), "m=message 20002"));
	/* ...or time. */
	CU_ASSERT(has(offer(SAY(.version = 6, .session = "w"), CORE_OFFERS), "20009"));
	bench_run(&b, ALG_STALE_MS + 100);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	CU_ASSERT_EQUAL(b.gw.modifies, 1);
	hang_up();
}

static void
a_downgrade_in_a_re_offer_is_refused_and_the_call_goes_on(void)
{
	start_call(1);
	CU_ASSERT(has(offer(SAY(.version = 2), UE_OFFERS), "downgrade"));
	CU_ASSERT(has(offer(SAY(.version = 2), CORE_OFFERS), "m=message 20001 TCP/TLS/MSRP"));
	CU_ASSERT(has(answer(SAY(.version = 2), UE_ANSWERS), "downgrade"));
	nothing_changed_at_the_gateway(1);
	CU_ASSERT(has(offer(SAY(.version = 3), CORE_OFFERS), "m=message 20001 TCP/TLS/MSRP"));
	CU_ASSERT(has(answer(SAY(.ue = true, .version = 3), UE_ANSWERS), "m=message 20002"));
	hang_up();
}

static void
offers_of_both_sides_at_once_do_not_meet(void)
{
	start_call(1);
	CU_ASSERT(has(offer(SAY(.version = 2), CORE_OFFERS), "m=message 20001"));
	CU_ASSERT(has(offer(SAY(.ue = true, .version = 2, .session = "g"), UE_OFFERS), "m=message 20004"));
	/* The core's is answered by 491, the UE's by 200. */
	CU_ASSERT(has(answer(SAY(.version = 3, .setup = "passive"), CORE_ANSWERS), "m=message 20003 TCP/TLS/MSRP"));
	CU_ASSERT(has(b.gw.seen, "Context = 2"));
	bench_run(&b, ALG_SUCCESSION_MS + 100);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	/* It tries again. */
	CU_ASSERT(has(offer(SAY(.version = 4), CORE_OFFERS), "m=message 20003"));
	CU_ASSERT(has(answer(SAY(.ue = true, .version = 4, .session = "g"), UE_ANSWERS), "m=message 20004"));
	hang_up();
}

static void
offers_that_meet_at_a_slow_gateway_wait_their_turn(void)
{
	start_call(1);
	b.gw.hold = true;
	bench_request(&b, NULL, "offer", "c1", SAY(.version = 2, .session = "p"), CORE_OFFERS);
	CU_ASSERT(bench_until(&b, &b.gw.n_held, 1));
	bench_request(&b, NULL, "offer", "c1", SAY(.ue = true, .version = 2), UE_OFFERS);
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.n_replies, 2);
	fake_gw_release(&b);
	CU_ASSERT(bench_wait(&b, 4));
	CU_ASSERT(has(bench_str(&b, bench_reply(&b, 2), "sdp"), "m=message 20003 TCP/TLS/MSRP"));
	CU_ASSERT(has(bench_str(&b, bench_reply(&b, 3), "sdp"), "m=message 20002 TCP/MSRP"));
	hang_up();
}

static void
a_queue_has_an_end_and_a_delete_empties_it(void)
{
	start_call(1);
	b.gw.hold = true;
	bench_request(&b, NULL, "offer", "c1", SAY(.version = 2, .session = "p"), CORE_OFFERS);
	CU_ASSERT(bench_until(&b, &b.gw.n_held, 1));
	for (unsigned i = 0; i <= ALG_QUEUE_MAX; i++)
		bench_request(&b, NULL, "offer", "c1", SAY(.ue = true, .version = 2 + i), UE_OFFERS);
	CU_ASSERT(bench_wait(&b, 3));
	CU_ASSERT(has(bench_str(&b, bench_reply(&b, 2), "error-reason"), "busy"));
	bench_request(&b, NULL, "delete", "c1", NULL, "\"from-tag\":\"ft\"");
	CU_ASSERT(bench_wait(&b, 3 + 1 + ALG_QUEUE_MAX));
	CU_ASSERT(has(bench_str(&b, bench_reply(&b, 5), "error-reason"), "deleted"));
	fake_gw_release(&b);
	CU_ASSERT(bench_wait(&b, 3 + 2 + ALG_QUEUE_MAX));
	hang_up();
}

static void
a_change_that_the_gateway_refuses_leaves_the_call_as_agreed(void)
{
	start_call(2);
	CU_ASSERT(has(offer(SAY(.version = 2, .n = 2), CORE_OFFERS), "m=message 20001"));
	b.gw.refuse_modify = 501;
	b.gw.grant_modifies = 1; /* the first line changes, the second must not */
	CU_ASSERT(has(answer(SAY(.ue = true, .version = 2, .n = 2, .fpr = '4'), UE_ANSWERS), "501"));
	b.gw.refuse_modify = 0;
	bench_run(&b, 100);
	CU_ASSERT_EQUAL(b.gw.contexts, 2);
	CU_ASSERT(has(b.gw.seen, "Modify") && has(b.gw.seen, "a=fingerprint:sha-256 11:11")); /* taken back */
	CU_ASSERT(has(offer(SAY(.version = 3, .n = 2), CORE_OFFERS), "m=message 20001"));
	CU_ASSERT(has(answer(SAY(.ue = true, .version = 3, .n = 2, .fpr = '5'), UE_ANSWERS), "m=message 20002"));
	CU_ASSERT(has(b.gw.seen, "a=fingerprint:sha-256 55:55"));
	hang_up();
}

/* Variant B: whoever broke, the new answer orders our connections again; live ones do not mind. */
static void
in_variant_b_a_re_offer_connects_again(void)
{
	bench_init(&b);
	bench_start(&b, MGCO_TCP);
	fake_gw_start(&b, MGCO_TCP);
	CU_ASSERT(has(offer(SAY(0), BENCH_FROM_CORE ",\"interlink\":\"off\""), "m=message 20001"));
	CU_ASSERT(has(answer(SAY(.ue = true), UE_ANSWERS), "m=message 20002"));
	CU_ASSERT(has(b.gw.seen, "EstBNC"));
	CU_ASSERT(has(offer(SAY(.version = 2), CORE_OFFERS), "m=message 20001"));
	CU_ASSERT(has(answer(SAY(.ue = true, .version = 2), UE_ANSWERS), "m=message 20002"));
	CU_ASSERT_EQUAL(b.gw.modifies, 2);
	CU_ASSERT(has(b.gw.seen, "EstBNC"));
	hang_up();
}

static void
a_context_that_was_lost_is_made_again_by_the_next_offer(void)
{
	start_call(1);
	fake_gw_service_change(&b, "Restart", "901 Cold Boot");
	b.gw.contexts = 0;
	CU_ASSERT(has(offer(SAY(.version = 2), CORE_OFFERS), "m=message 20003 TCP/TLS/MSRP"));
	CU_ASSERT(has(answer(SAY(.ue = true, .version = 2), UE_ANSWERS), "m=message 20004 TCP/MSRP"));
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	hang_up();
}

/* A script that got the direction of a re-INVITE wrong. */
static void
within_a_dialog_the_tags_tell_the_side(void)
{
	start_call(1);
	CU_ASSERT(has(offer(SAY(.ue = true, .version = 2),
	                    "\"from-tag\":\"tt\",\"to-tag\":\"ft\",\"direction\":[\"core\",\"access\"]"),
	              "m=message 20002 TCP/MSRP"));
	CU_ASSERT(has(answer(SAY(.version = 2, .setup = "passive"), "\"from-tag\":\"tt\",\"to-tag\":\"ft\""),
	              "m=message 20001 TCP/TLS/MSRP"));
	CU_ASSERT_EQUAL(calls_count(b.alg->calls), 1);
	hang_up();
}

static void
re_offers_without_end_use_bounded_memory(void)
{
	start_call(1);
	for (unsigned i = 0; i < 40; i++) {
		char session[16];

		snprintf(session, sizeof(session), "r%u-", i);
		b.n_replies = 0;
		offer(SAY(.version = 2 + i, .session = session), CORE_OFFERS);
		answer(SAY(.ue = true, .version = 2 + i), UE_ANSWERS);
	}
	CU_ASSERT(b.gw.contexts <= ALG_CONTEXTS_MAX);
	bench_run(&b, ALG_SUCCESSION_MS + 100);
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	hang_up();
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
	TEST(a_refused_re_offer_leaves_everything_as_it_was),
	TEST(a_downgrade_in_a_re_offer_is_refused_and_the_call_goes_on),
	TEST(offers_of_both_sides_at_once_do_not_meet),
	TEST(offers_that_meet_at_a_slow_gateway_wait_their_turn),
	TEST(a_queue_has_an_end_and_a_delete_empties_it),
	TEST(a_change_that_the_gateway_refuses_leaves_the_call_as_agreed),
	TEST(in_variant_b_a_re_offer_connects_again),
	TEST(a_context_that_was_lost_is_made_again_by_the_next_offer),
	TEST(within_a_dialog_the_tags_tell_the_side),
	TEST(re_offers_without_end_use_bounded_memory),
	{ 0 },
};
