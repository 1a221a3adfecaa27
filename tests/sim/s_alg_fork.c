/* SPDX-License-Identifier: BSD-2-Clause */
/* One INVITE and several answers: early dialogs, forks in the core and at the UE, a second 2xx; and INVITEs that
 * end before any. */

#include "tests/lib/dlg_rig.h"
#include "tests/lib/tmain.h"

/* Who speaks, as the P-CSCF tells it. */
#define TAGS(from, to) "\"from-tag\":\"" from "\",\"to-tag\":\"" to "\""
#define CORE_TO_UE ",\"direction\":[\"core\",\"access\"]"
#define UE_TO_CORE ",\"direction\":[\"access\",\"core\"]"
#define STATUS(code) ",\"status\":\"" code "\""
#define VIA(branch) ",\"via-branch\":\"" branch "\""
#define UE_CALLS "\"from-tag\":\"ft\"" UE_TO_CORE VIA("b1")
#define UNANSWERED "\"from-tag\":\"ft\"" VIA("b1")

/* What they say: the UE's offer with e2ae; the core's answers, the last one from another host. */
#define REQUESTED .ue = true, .setup = "actpass", .attr = "a=3ge2ae:requested\r\n"
#define ELSEWHERE .conn = "IP4 198.51.100.66", .session = "bb"
#define PASSIVE SAY(.setup = "passive")
#define ACTIVE SAY(.setup = "active")
#define OTHER SAY(.setup = "passive", ELSEWHERE)

/* The callee with this tag answers in a 183, or in a 200: in what leaves, or why nothing does, is want. */
#define BRANCH(tag, code) TAGS("ft", tag) CORE_TO_UE STATUS(code)
#define RINGS(tag, sdp, want) CU_ASSERT(dlg_answers(&d, sdp, BRANCH(tag, "183"), want))
#define ACCEPTS(tag, sdp, want) CU_ASSERT(dlg_answers(&d, sdp, BRANCH(tag, "200"), want))
/* The same for one of the UEs that the P-CSCF forked to, each by a branch of its own. */
#define UE_BRANCH(tag, via, code) TAGS("ft", tag) UE_TO_CORE VIA(via) STATUS(code)
#define UE_RINGS(tag, via, sdp, want) CU_ASSERT(dlg_answers(&d, sdp, UE_BRANCH(tag, via, "183"), want))
#define UE_ACCEPTS(tag, via, sdp, want) CU_ASSERT(dlg_answers(&d, sdp, UE_BRANCH(tag, via, "200"), want))
/* What is offered, and what ends. */
#define OFFERS(sdp, keys, want) CU_ASSERT(dlg_offers(&d, sdp, keys, want))
#define ENDS(keys) CU_ASSERT(dlg_delete(&d, keys))

static struct dlg_rig d;

/* The UE's offer with e2ae; T1 20001, T2 20002. */
static void
start_originating(void)
{
	dlg_init(&d);
	OFFERS(SAY(REQUESTED), UE_CALLS, "m=message 20002 TCP/MSRP");
}

static void
the_2xx_that_repeats_the_18x_changes_nothing(void)
{
	start_originating();
	RINGS("ta", PASSIVE, "m=message 20001 TCP/TLS/MSRP");
	ACCEPTS("ta", PASSIVE, "m=message 20001 TCP/TLS/MSRP");
	dlg_check_untouched(&d, 1);
	CU_ASSERT_EQUAL(d.b.alg->stats.answers_repeated, 1);
	dlg_stop(&d);
}

static void
of_several_early_dialogs_each_has_its_own_and_the_winner_keeps_it(void)
{
	start_originating();
	RINGS("ta", PASSIVE, "m=message 20001");
	RINGS("tb", OTHER, "m=message 20003 TCP/TLS");
	CU_ASSERT(bench_has(d.b.gw.seen, "c=IN IP4 198.51.100.66"));
	CU_ASSERT_EQUAL(d.b.gw.modifies, 1);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 2);
	/* The second branch wins; its 200 says what its 183 said. */
	ACCEPTS("tb", OTHER, "m=message 20003 TCP/TLS");
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 1);
	/* Whoever still rings is heard no more. */
	CU_ASSERT(dlg_answers(&d, PASSIVE, BRANCH("tc", "180"), "unsupported"));
	/* It goes on like any call, and a repeated INVITE is still the same. */
	OFFERS(SAY(.version = 2, ELSEWHERE), TAGS("tb", "ft") CORE_TO_UE, "m=message 20003 TCP/TLS/MSRP");
	OFFERS(SAY(REQUESTED), UE_CALLS, "m=message 20002 TCP/MSRP");
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	dlg_stop(&d);
}

static void
a_200_of_another_branch_than_the_183_gets_its_own(void)
{
	start_originating();
	RINGS("ta", PASSIVE, "m=message 20001");
	ACCEPTS("tb", OTHER, "m=message 20003");
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	dlg_stop(&d);
}

/* They were sent one port, and both want to connect to it. */
static void
early_dialogs_that_connect_to_us_share_and_the_one_that_spoke_last_is_in_force(void)
{
	start_originating();
	RINGS("ta", ACTIVE, "m=message 20001");
	RINGS("tb", SAY(.setup = "active", ELSEWHERE), "bb0;tcp");
	CU_ASSERT(bench_has(d.b.gw.seen, "c=IN IP4 198.51.100.66"));
	CU_ASSERT_EQUAL(d.b.gw.modifies, 2);
	/* The first branch wins; its 200 says what its 183 said. */
	ACCEPTS("ta", ACTIVE, "/s0;tcp");
	CU_ASSERT(bench_has(d.b.gw.seen, "c=IN IP4 198.51.100.7"));
	CU_ASSERT_EQUAL(d.b.gw.modifies, 3);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	dlg_stop(&d);
}

/* Its port says what a=setup would. */
static void
one_without_setup_and_port_connects_to_us_too(void)
{
	start_originating();
	RINGS("ta", ACTIVE, "m=message 20001");
	RINGS("tb", SAY(.setup = "", .port = 9, ELSEWHERE), "m=message 20001");
	CU_ASSERT_EQUAL(d.b.gw.modifies, 2);
	ACCEPTS("tb", SAY(.setup = "", .port = 9, ELSEWHERE), "m=message 20001");
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	CU_ASSERT_PTR_NULL(strstr(d.b.gw.seen, "EstBNC"));
	dlg_stop(&d);
}

static void
an_invite_that_ends_without_a_2xx_takes_all_early_dialogs_along(void)
{
	start_originating();
	RINGS("ta", PASSIVE, "m=message 20001");
	RINGS("tb", OTHER, "m=message 20003");
	ENDS(UNANSWERED);
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 0);
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 0);
	dlg_fini(&d);
}

/* Without the key status each answer may be the last. */
static void
a_proxy_that_tells_no_status_gets_the_same(void)
{
	start_originating();
	CU_ASSERT(dlg_answers(&d, PASSIVE, TAGS("ft", "ta"), "m=message 20001"));
	CU_ASSERT(dlg_answers(&d, OTHER, TAGS("ft", "tb"), "m=message 20001"));
	CU_ASSERT(bench_has(d.b.gw.seen, "c=IN IP4 198.51.100.66"));
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	dlg_stop(&d);
}

static void
answers_of_two_branches_within_a_round_trip_both_get_theirs(void)
{
	start_originating();
	d.b.gw.hold = true;
	bench_request(&d.b, NULL, "answer", "c1", PASSIVE, BRANCH("ta", "183"));
	CU_ASSERT(bench_until(&d.b, &d.b.gw.n_held, 1));
	bench_request(&d.b, NULL, "answer", "c1", PASSIVE, BRANCH("tb", "183"));
	bench_request(&d.b, NULL, "answer", "c1", SAY(.setup = "passive", .session = "q"), BRANCH("tc", "183"));
	bench_run(&d.b, 50);
	fake_gw_release(&d.b);
	CU_ASSERT(bench_wait(&d.b, 4));
	for (int i = 1; i < 4; i++)
		CU_ASSERT(bench_has(bench_str(&d.b, bench_reply(&d.b, i), "sdp"), "m=message 2000"));
	CU_ASSERT_EQUAL(d.b.gw.contexts, 3);
	dlg_stop(&d);
}

static void
a_line_that_one_branch_refuses_stays_for_the_others(void)
{
	start_originating();
	RINGS("ta", SAY(.closed = 1), "m=message 0 TCP/TLS/MSRP");
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	ACCEPTS("tb", PASSIVE, "m=message 20001 TCP/TLS/MSRP");
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	dlg_stop(&d);
	start_originating();
	ACCEPTS("ta", SAY(.closed = 1), "m=message 0 TCP/TLS/MSRP");
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 0);
	dlg_stop(&d);
}

static void
a_branch_with_a_bad_answer_does_not_end_the_others(void)
{
	start_originating();
	RINGS("ta", PASSIVE, "m=message 20001");
	RINGS("tb", SAY(.ue = true), "bad-sdp");
	ACCEPTS("ta", PASSIVE, "m=message 20001");
	dlg_check_untouched(&d, 1);
	dlg_stop(&d);
}

static void
a_second_2xx_gets_a_context_of_its_own(void)
{
	start_originating();
	ACCEPTS("ta", PASSIVE, "m=message 20001");
	ACCEPTS("tb", OTHER, "m=message 20003 TCP/TLS/MSRP");
	CU_ASSERT(bench_has(d.b.gw.seen, "Add") && bench_has(d.b.gw.seen, "c=IN IP4 198.51.100.66"));
	CU_ASSERT(bench_has(d.b.gw.seen, "a=fingerprint:sha-256 11:11"));
	CU_ASSERT_EQUAL(d.b.gw.contexts, 2);
	CU_ASSERT_EQUAL(d.b.alg->stats.clones, 1);
	/* It goes on like any call: a re-INVITE and the BYE of one of both. */
	OFFERS(SAY(.version = 2, ELSEWHERE), TAGS("tb", "ft") CORE_TO_UE, "m=message 20003 TCP/TLS/MSRP");
	ENDS(TAGS("ft", "ta"));
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 1);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	ENDS("\"from-tag\":\"tb\"");
	dlg_fini(&d);
}

static void
a_second_2xx_that_would_connect_to_the_first_ones_port_is_refused(void)
{
	start_originating();
	ACCEPTS("ta", ACTIVE, "m=message 20001");
	ACCEPTS("tb", ACTIVE, "unsupported");
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 1);
	dlg_stop(&d);
}

static void
start_two_ues(void)
{
	dlg_init(&d);
	OFFERS(SAY(0), BENCH_FROM_CORE VIA("b.0"), "m=message 20001");
	OFFERS(SAY(0), BENCH_FROM_CORE VIA("b.1"), "m=message 20003");
}

/* The S-CSCF forks to two contacts of a user, both behind this P-CSCF. */
static void
a_fork_to_two_ues_is_two_calls_told_apart_by_their_branches(void)
{
	dlg_init(&d);
	OFFERS(SAY(0), BENCH_FROM_CORE VIA("b1"), "m=message 20001");
	OFFERS(SAY(0), BENCH_FROM_CORE VIA("b2"), "m=message 20003");
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 2);
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .fpr = '8'), TAGS("ft", "t2") VIA("b2"), "m=message 20004"));
	/* The other one is cancelled. */
	ENDS(UNANSWERED);
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 1);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	OFFERS(SAY(.ue = true, .version = 2, .fpr = '8'), TAGS("t2", "ft") UE_TO_CORE, "m=message 20004 TCP/MSRP");
	dlg_stop(&d);
}

/* The P-CSCF itself forks: one branch an offer. Two UEs answer, and each BYE is for its own dialog. */
static void
a_delete_with_both_tags_ends_that_dialog_alone(void)
{
	start_two_ues();
	UE_ACCEPTS("t1", "b.0", SAY(.ue = true), "m=message 20002");
	UE_ACCEPTS("t2", "b.1", SAY(.ue = true, .fpr = '8'), "m=message 20004");
	ENDS(TAGS("ft", "t1"));
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 1);
	/* Again, as the end of Kamailio's dialog: whoever it was for is gone. */
	ENDS(TAGS("ft", "t1"));
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 1);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	ENDS(TAGS("t2", "ft"));
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 0);
	dlg_fini(&d);
}

/* OpenSIPS 3.6 sends no From tag in a delete, and in a BYE of the UE the To tag is that of them all. */
static void
a_delete_with_the_to_tag_ends_the_dialog_of_that_answerer(void)
{
	start_two_ues();
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true), UE_BRANCH("t1", "b.0", "200"), "m=message 20002"));
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .fpr = '8'), UE_BRANCH("t2", "b.1", "200"), "m=message 20004"));
	CU_ASSERT(dlg_delete(&d, "\"to-tag\":\"t2\""));
	CU_ASSERT(dlg_delete(&d, "\"to-tag\":\"t2\""));
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 1);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	CU_ASSERT(dlg_delete(&d, "\"to-tag\":\"ft\""));
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 0);
	dlg_fini(&d);
}

/* The loser never answers its CANCEL, so the P-CSCF has nothing to tell. */
static void
what_rang_beside_the_winner_goes_with_it(void)
{
	start_two_ues();
	UE_RINGS("t1", "b.0", SAY(.ue = true), "m=message 20002");
	UE_ACCEPTS("t2", "b.1", SAY(.ue = true, .fpr = '8'), "m=message 20004");
	CU_ASSERT_EQUAL(d.b.gw.contexts, 2);
	ENDS(TAGS("ft", "t2"));
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 0);
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 0);
	dlg_fini(&d);
}

/* PRACK or UPDATE with an offer before the 2xx. */
static void
an_early_dialog_is_changed_before_it_is_confirmed(void)
{
	start_originating();
	RINGS("ta", PASSIVE, "m=message 20001");
	OFFERS(SAY(.ue = true, .version = 2, .fpr = '9'), TAGS("ft", "ta") UE_TO_CORE, "20002");
	ACCEPTS("ta", SAY(.setup = "passive", .version = 2), "m=message 20001");
	CU_ASSERT(bench_has(d.b.gw.seen, "a=fingerprint:sha-256 99:99"));
	/* The core's turn. */
	OFFERS(SAY(.version = 3), TAGS("ta", "ft") CORE_TO_UE, "20001");
	CU_ASSERT(dlg_answers(&d, SAY(.ue = true, .version = 3, .fpr = '9'), TAGS("ta", "ft") UE_TO_CORE, "20002"));
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	dlg_stop(&d);
}

static void
an_invite_that_is_cancelled_or_refused_leaves_nothing(void)
{
	start_originating();
	ENDS(UNANSWERED); /* CANCEL before any answer */
	CU_ASSERT_EQUAL(d.b.gw.contexts, 0);
	OFFERS(SAY(REQUESTED), UE_CALLS, "m=message 20004 TCP/MSRP");
	RINGS("ta", PASSIVE, "m=message 20003");
	ENDS(UNANSWERED); /* 486 after an early dialog */
	CU_ASSERT_EQUAL(d.b.gw.contexts, 0);
	CU_ASSERT_EQUAL(calls_count(d.b.alg->calls), 0);
	dlg_fini(&d);
}

static void
an_invite_sent_again_after_422_or_491_replaces_the_first(void)
{
	start_originating();
	OFFERS(SAY(REQUESTED, .version = 2), UE_CALLS, "m=message 20002 TCP/MSRP"); /* same context */
	OFFERS(SAY(REQUESTED, .version = 3, .session = "o"), UE_CALLS, "m=message 20004 TCP/MSRP");
	bench_run(&d.b, 100);
	CU_ASSERT_EQUAL(d.b.gw.contexts, 1);
	ACCEPTS("ta", PASSIVE, "m=message 20003");
	dlg_stop(&d);
}

const char test_suite[] = "alg_fork";
const struct test_case test_cases[] = {
	TEST(the_2xx_that_repeats_the_18x_changes_nothing),
	TEST(of_several_early_dialogs_each_has_its_own_and_the_winner_keeps_it),
	TEST(a_200_of_another_branch_than_the_183_gets_its_own),
	TEST(early_dialogs_that_connect_to_us_share_and_the_one_that_spoke_last_is_in_force),
	TEST(one_without_setup_and_port_connects_to_us_too),
	TEST(an_invite_that_ends_without_a_2xx_takes_all_early_dialogs_along),
	TEST(a_proxy_that_tells_no_status_gets_the_same),
	TEST(answers_of_two_branches_within_a_round_trip_both_get_theirs),
	TEST(a_line_that_one_branch_refuses_stays_for_the_others),
	TEST(a_branch_with_a_bad_answer_does_not_end_the_others),
	TEST(a_second_2xx_gets_a_context_of_its_own),
	TEST(a_second_2xx_that_would_connect_to_the_first_ones_port_is_refused),
	TEST(a_fork_to_two_ues_is_two_calls_told_apart_by_their_branches),
	TEST(a_delete_with_both_tags_ends_that_dialog_alone),
	TEST(a_delete_with_the_to_tag_ends_the_dialog_of_that_answerer),
	TEST(what_rang_beside_the_winner_goes_with_it),
	TEST(an_early_dialog_is_changed_before_it_is_confirmed),
	TEST(an_invite_that_is_cancelled_or_refused_leaves_nothing),
	TEST(an_invite_sent_again_after_422_or_491_replaces_the_first),
	{ 0 },
};
