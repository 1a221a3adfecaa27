/* SPDX-License-Identifier: BSD-2-Clause */
/* Which call a request means; what real proxies send. No gateway: the SDP here is audio, which passes. */
#include <stdio.h>
#include <string.h>

#include "alg/alg_conf.h"
#include "alg/call.h"
#include "tests/lib/tmain.h"

static const char SDP1[] = "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
static const char SDP2[] = "v=0\r\no=- 1 2 IN IP4 192.0.2.7\r\ns=-\r\nt=0 0\r\nm=audio 4002 RTP/AVP 0\r\n";

static struct loop *loop;
static struct alg_conf conf;
static struct alg_stats stats;
static struct agwset *agws;
static struct calls *calls;
/* The last result. */
static int n_done;
static slot_id last_waiter;
static bool last_ok, last_warned, last_had_call;
static char last_sdp[1024], last_error[256];

static void
on_done(void *arg, slot_id waiter, const struct alg_result *r)
{
	(void)arg;
	n_done++;
	last_waiter = waiter;
	last_ok = !r->error;
	last_warned = r->warning != NULL;
	last_had_call = r->call != NULL;
	snprintf(last_sdp, sizeof(last_sdp), "%.*s", SPAN_FMT(r->sdp));
	snprintf(last_error, sizeof(last_error), "%s", r->error ? r->error : "");
}

static void
begin(void)
{
	static const struct agwset_handler handler = { calls_on_reply, calls_on_observed, calls_on_lost, calls_on_out };
	struct mgco_node_conf node = { .mid = "<alg.example>" };
	static const struct agwset_conf agwset;
	struct calls_conf cc = { .names = &conf.names, .stats = &stats };

	alg_conf_init(&conf);
	memset(&stats, 0, sizeof(stats));
	n_done = 0;
	loop = loop_new_sim(0);
	agws = agwset_new(loop, &node, &agwset, &conf.names, &stats, &handler, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(agws);
	cc.flow.realm[SIDE_ACCESS] = conf.realm[SIDE_ACCESS];
	cc.flow.realm[SIDE_CORE] = conf.realm[SIDE_CORE];
	cc.agws = agws;
	calls = calls_new(loop, &cc, on_done, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(calls);
}

static void
end(void)
{
	calls_free(calls);
	agwset_free(agws);
	loop_free(loop);
}

/* "call-id from-tag to-tag branch side", "-" for what is not sent. */
static struct alg_request
request(const char *keys, const char *sdp)
{
	static char text[256];
	struct span rest, w[5];
	struct alg_request r = { .sdp = span_str(sdp) };

	snprintf(text, sizeof(text), "%s", keys);
	rest = span_str(text);
	for (int i = 0; i < 5; i++) {
		w[i] = span_word(&rest);
		if (span_eqs(w[i], "-"))
			w[i] = SPAN_NULL;
	}
	r.call_id = w[0];
	r.from_tag = w[1];
	r.to_tag = w[2];
	r.via_branch = w[3];
	r.has_direction = w[4].len != 0;
	r.from = span_eqs(w[4], "access") ? SIDE_ACCESS : SIDE_CORE;
	return r;
}

static bool
offer(const char *keys, const char *sdp)
{
	struct alg_request r = request(keys, sdp);

	calls_offer(calls, &r, 7);
	loop_poll(loop);
	return last_ok && !strcmp(last_sdp, sdp);
}

static bool
answer(const char *keys, const char *sdp)
{
	struct alg_request r = request(keys, sdp);

	calls_answer(calls, &r, 8);
	loop_poll(loop);
	return last_ok && !strcmp(last_sdp, sdp);
}

static bool
end_call(const char *keys)
{
	struct alg_request r = request(keys, NULL);

	calls_delete(calls, &r, 9);
	loop_poll(loop);
	return last_ok && !last_warned && last_had_call;
}

static void
an_offer_its_answer_and_its_delete_find_one_call(void)
{
	begin();
	CU_ASSERT(offer("c1 ft - b1 core", SDP1));
	CU_ASSERT_EQUAL(last_waiter, 7);
	CU_ASSERT(answer("c1 ft tt b1 access", SDP1));
	CU_ASSERT_EQUAL(calls_count(calls), 1);
	CU_ASSERT(end_call("c1 ft - - -"));
	CU_ASSERT_EQUAL(calls_count(calls), 0);
	CU_ASSERT_EQUAL(n_done, 3);
	end();
}

static void
a_delete_of_an_unknown_call_is_ok_with_a_warning(void)
{
	begin();
	CU_ASSERT_FALSE(end_call("c1 ft - - -"));
	CU_ASSERT(last_ok);
	CU_ASSERT(last_warned);
	CU_ASSERT(offer("c1 ft - - core", SDP1));
	CU_ASSERT(end_call("c1 ft - - -"));
	CU_ASSERT_FALSE(end_call("c1 ft - - -"));
	CU_ASSERT(last_ok);
	end();
}

static void
a_delete_may_carry_another_tag_or_none(void)
{
	begin();
	/* Offer in the 200, answer in the ACK: the callee made the offer, the caller hangs up. */
	CU_ASSERT(offer("late callee caller - access", SDP1));
	CU_ASSERT(answer("late callee caller - core", SDP1));
	CU_ASSERT(end_call("late caller - - -"));
	CU_ASSERT(offer("c2 ft - - core", SDP1));
	CU_ASSERT(end_call("c2 - - - -")); /* OpenSIPS */
	CU_ASSERT(offer("c3 ft - - core", SDP1));
	CU_ASSERT(end_call("c3 stranger - other-branch -"));
	CU_ASSERT_EQUAL(calls_count(calls), 0);
	end();
}

static void
a_call_that_passes_twice_is_two_calls(void)
{
	begin();
	CU_ASSERT(offer("s ft - b1 access", SDP1)); /* originating pass */
	CU_ASSERT(offer("s ft - b2 core", SDP2));   /* terminating pass */
	CU_ASSERT_EQUAL(calls_count(calls), 2);
	/* Answers come back in the reverse order, each with the branch of its offer and the reverse direction. */
	CU_ASSERT(answer("s ft tt b2 access", SDP2));
	CU_ASSERT(answer("s ft tt b1 core", SDP1));
	CU_ASSERT(offer("s ft - b2 core", SDP2));   /* a repeat */
	CU_ASSERT_EQUAL(stats.offers_repeated, 1);
	CU_ASSERT_EQUAL(calls_count(calls), 2);
	CU_ASSERT(end_call("s ft - - access"));
	CU_ASSERT_EQUAL(calls_count(calls), 1);
	CU_ASSERT(end_call("s ft - - access"));
	CU_ASSERT_EQUAL(calls_count(calls), 0);
	end();
}

static void
branches_alone_tell_a_spiral_apart(void)
{
	begin();
	CU_ASSERT(offer("s ft - b1 -", SDP1));
	CU_ASSERT(offer("s ft - b2 -", SDP2));
	CU_ASSERT_EQUAL(calls_count(calls), 2);
	CU_ASSERT(end_call("s ft - b2 -"));
	CU_ASSERT_EQUAL(calls_count(calls), 1);
	CU_ASSERT(answer("s ft tt b1 -", SDP1));
	end();
}

static void
an_offer_within_the_dialog_finds_its_call_from_either_party(void)
{
	begin();
	CU_ASSERT(offer("c1 ft - b1 core", SDP1));
	CU_ASSERT(answer("c1 ft tt b1 access", SDP1));
	CU_ASSERT(offer("c1 ft tt b9 core", SDP2));   /* re-INVITE of the caller */
	CU_ASSERT(answer("c1 ft tt b9 access", SDP2));
	CU_ASSERT(offer("c1 tt ft b8 access", SDP1)); /* re-INVITE of the callee: tags swapped */
	CU_ASSERT(answer("c1 tt ft b8 core", SDP1));
	CU_ASSERT_EQUAL(calls_count(calls), 1);
	end();
}

static void
another_from_tag_is_another_call(void)
{
	begin();
	CU_ASSERT(offer("c1 ft1 - - core", SDP1));
	CU_ASSERT(offer("c1 ft2 - - core", SDP2));
	CU_ASSERT_EQUAL(calls_count(calls), 2);
	CU_ASSERT(end_call("c1 ft2 - - -"));
	CU_ASSERT_EQUAL(calls_count(calls), 1);
	CU_ASSERT(answer("c1 ft1 tt - -", SDP1));
	end();
}

static void
an_answer_without_an_offer_is_unknown(void)
{
	begin();
	CU_ASSERT_FALSE(answer("c1 ft tt - -", SDP1));
	CU_ASSERT_STRING_EQUAL(last_error, "Unknown call-id");
	CU_ASSERT(offer("c1 ft - - core", SDP1));
	CU_ASSERT_FALSE(answer("c1 stranger tt - -", SDP1));
	CU_ASSERT_STRING_EQUAL(last_error, "Unknown call-id");
	CU_ASSERT_EQUAL(calls_count(calls), 1);
	end();
}

static void
an_answer_with_other_lines_than_its_offer_is_refused(void)
{
	begin();
	CU_ASSERT(offer("c1 ft - - core", SDP1));
	CU_ASSERT_FALSE(answer("c1 ft tt - access", "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nt=0 0\r\n"));
	CU_ASSERT(strstr(last_error, "bad-sdp") == last_error);
	end();
}

static void
broken_sdp_and_long_tags_make_no_call(void)
{
	char keys[ALG_TAG_MAX + 64];

	begin();
	CU_ASSERT_FALSE(offer("c1 ft - - core", "hello"));
	CU_ASSERT_STRING_EQUAL(last_error, "Failed to parse SDP");
	memset(keys, 'x', sizeof(keys));
	memcpy(keys + ALG_TAG_MAX + 1, " ft - - -", 10);
	CU_ASSERT_EQUAL(calls_count(calls), 0);
	{
		struct alg_request r = { .call_id = span_of(keys, ALG_TAG_MAX + 1), .from_tag = SPAN_LIT("ft"),
			                 .sdp = span_str(SDP1) };

		calls_offer(calls, &r, 7);
	}
	CU_ASSERT_FALSE(last_ok);
	CU_ASSERT_EQUAL(calls_count(calls), 0);
	end();
}

static void
calls_under_one_call_id_are_bounded(void)
{
	char keys[64];

	begin();
	for (int i = 0; i < ALG_SPIRAL_MAX; i++) {
		snprintf(keys, sizeof(keys), "c1 ft%d - - core", i);
		CU_ASSERT(offer(keys, SDP1));
	}
	CU_ASSERT_FALSE(offer("c1 one-too-many - - core", SDP1));
	CU_ASSERT(strstr(last_error, "overload") == last_error);
	CU_ASSERT_EQUAL(calls_count(calls), ALG_SPIRAL_MAX);
	end();
}

const char test_suite[] = "call";
const struct test_case test_cases[] = {
	TEST(an_offer_its_answer_and_its_delete_find_one_call),
	TEST(a_delete_of_an_unknown_call_is_ok_with_a_warning),
	TEST(a_delete_may_carry_another_tag_or_none),
	TEST(a_call_that_passes_twice_is_two_calls),
	TEST(branches_alone_tell_a_spiral_apart),
	TEST(an_offer_within_the_dialog_finds_its_call_from_either_party),
	TEST(another_from_tag_is_another_call),
	TEST(an_answer_without_an_offer_is_unknown),
	TEST(an_answer_with_other_lines_than_its_offer_is_refused),
	TEST(broken_sdp_and_long_tags_make_no_call),
	TEST(calls_under_one_call_id_are_bounded),
	{ 0 },
};
