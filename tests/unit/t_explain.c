/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "alg/explain.h"
#include "proto/base/bounds.h"
#include "tests/lib/alg_bench.h"
#include "tests/lib/tmain.h"

static const char head[] = "v=0\r\no=ue 1 1 IN IP4 203.0.113.9\r\ns=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\n";
static struct arena a;
static struct calls_conf conf;
static struct ng_val *reply;
static struct span error;

static int
explain_both(const char *sdp, const char *answer, enum side from, bool ue_e2ae, enum e2ae_key key)
{
	struct alg_request req = { .sdp = span_str(sdp), .has_direction = true, .from = from, .ue_e2ae = ue_e2ae,
		                   .e2ae = key };

	conf = (struct calls_conf){ .flow = { .realm = { "access", "core" }, .interlink = true } };
	arena_fini(&a);
	arena_init(&a, NG_ARENA_MAX);
	reply = ng_new_dict(&a);
	error = SPAN_NULL;
	return explain(&a, &conf, &req, span_str(answer), reply, &error);
}

static char text[1024];

/* An answer of the UE with these lines. */
static const char *
answer_with(const char *lines)
{
	snprintf(text, sizeof(text), "%s%s", head, lines);
	return text;
}

static int
explain_one(const char *sdp, enum side from, bool ue_e2ae, enum e2ae_key key)
{
	return explain_both(sdp, "", from, ue_e2ae, key);
}

static bool
sdp_has(const char *part)
{
	struct span s = arena_span(&a, ng_get_str(reply, "sdp"));

	return s.p && strstr(s.p, part);
}

static const struct ng_val *
line(int n)
{
	const struct ng_val *list = ng_get_list(reply, "lines"), *v = list ? list->first : NULL;

	while (v && --n)
		v = v->next;
	return v;
}

/* The change whose text (under key what) begins so. */
static const struct ng_val *
change(const char *what, const char *begins)
{
	const struct ng_val *list = ng_get_list(reply, "changes");

	for (const struct ng_val *v = list ? list->first : NULL; v; v = v->next)
		if (span_has_prefix(ng_get_str(v, what), begins))
			return v;
	return NULL;
}

static void
a_terminating_offer_is_explained_line_by_line(void)
{
	CU_ASSERT_EQUAL(explain_one(BENCH_OFFER, SIDE_CORE, true, E2AE_KEY_AUTO), 0);
	CU_ASSERT(sdp_has("m=message 20000 TCP/TLS/MSRP *\r\n"));
	CU_ASSERT(sdp_has("c=IN IP4 192.0.2.251\r\n"));
	CU_ASSERT(sdp_has("a=3ge2ae:applied\r\n"));
	CU_ASSERT(sdp_has("a=fingerprint:sha-256 00:00"));
	CU_ASSERT(span_eqs(ng_get_str(line(1), "treatment"), "e2ae"));
	CU_ASSERT(span_eqs(ng_get_str(line(1), "why"), "the UE registered with msrp-tls"));
	CU_ASSERT(span_eqs(ng_get_str(line(1), "clause"), "TS 23.334 6.2.10.3.1.2"));
	CU_ASSERT_PTR_NOT_NULL(change("gone", "m=message 7654 TCP/MSRP"));
	CU_ASSERT_PTR_NOT_NULL(change("new", "m=message 20000 TCP/TLS/MSRP"));
	CU_ASSERT(span_has_prefix(ng_get_str(change("new", "a=fingerprint"), "clause"), "RFC 8122"));
	CU_ASSERT_PTR_NULL(change("new", "a=accept-types"));
}

static void
other_reasons_give_other_treatments(void)
{
	CU_ASSERT_EQUAL(explain_one(BENCH_OFFER, SIDE_CORE, false, E2AE_KEY_AUTO), 0);
	CU_ASSERT(span_eqs(ng_get_str(line(1), "treatment"), "anchor"));
	CU_ASSERT(sdp_has("TCP/MSRP *"));
	CU_ASSERT_EQUAL(explain_one(BENCH_OFFER, SIDE_ACCESS, false, E2AE_KEY_ON), 0);
	CU_ASSERT(span_eqs(ng_get_str(line(1), "treatment"), "reject"));
	CU_ASSERT(sdp_has("m=message 0 "));
}

static void
what_is_not_ours_is_shown_unchanged(void)
{
	CU_ASSERT_EQUAL(explain_one(BENCH_AUDIO, SIDE_CORE, true, E2AE_KEY_AUTO), 0);
	CU_ASSERT(span_eqs(ng_get_str(reply, "sdp"), BENCH_AUDIO));
	CU_ASSERT(span_eqs(ng_get_str(line(1), "treatment"), "pass"));
	CU_ASSERT_PTR_NULL(change("new", ""));
	CU_ASSERT_PTR_NULL(change("gone", ""));
}

static void
what_would_be_refused_is_refused_with_the_same_words(void)
{
	CU_ASSERT(explain_one("hello", SIDE_CORE, true, E2AE_KEY_AUTO) < 0);
	CU_ASSERT(span_eqs(error, "Failed to parse SDP"));
	CU_ASSERT(explain_one("v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nt=0 0\r\nm=message 7654 TCP/MSRP *\r\n", SIDE_CORE,
	                  true, E2AE_KEY_AUTO) < 0);
	CU_ASSERT(span_has_prefix(error, "bad-sdp: line 1: "));
	arena_fini(&a);
}

/* From here on reply is the answer's part. */
static void
look_at_answer(void)
{
	reply = (struct ng_val *)(uintptr_t)ng_get(reply, "answer");
	CU_ASSERT_PTR_NOT_NULL_FATAL(reply);
}

static void
an_answer_is_explained_after_its_offer(void)
{
	CU_ASSERT_EQUAL(explain_both(BENCH_OFFER, BENCH_ANSWER, SIDE_CORE, true, E2AE_KEY_AUTO), 0);
	CU_ASSERT(sdp_has("m=message 20000 TCP/TLS/MSRP *\r\n"));
	look_at_answer();
	CU_ASSERT(sdp_has("m=message 30000 TCP/MSRP *\r\n"));
	CU_ASSERT(sdp_has("c=IN IP4 192.0.2.252\r\n"));
	CU_ASSERT_FALSE(sdp_has("a=fingerprint"));
	CU_ASSERT(span_eqs(ng_get_str(line(1), "treatment"), "e2ae"));
	CU_ASSERT(span_eqs(ng_get_str(line(1), "flow"), "e2ae-terminating"));
	CU_ASSERT(span_has_prefix(ng_get_str(line(1), "access"), "the gateway listens; a connection makes it connect"));
	CU_ASSERT(span_has_prefix(ng_get_str(line(1), "core"), "the gateway connects when the other side"));
	CU_ASSERT_PTR_NOT_NULL(change("gone", "a=fingerprint:"));
	CU_ASSERT_PTR_NOT_NULL(change("new", "m=message 30000 TCP/MSRP"));
	CU_ASSERT_EQUAL(explain_one(BENCH_OFFER, SIDE_CORE, true, E2AE_KEY_AUTO), 0);
	CU_ASSERT_PTR_NULL(ng_get(reply, "answer"));
}

static void
a_refusal_and_what_is_not_ours_are_explained_too(void)
{
	CU_ASSERT_EQUAL(explain_both(BENCH_OFFER, answer_with("m=message 0 TCP/TLS/MSRP *\r\n"), SIDE_CORE, true,
	                             E2AE_KEY_AUTO), 0);
	look_at_answer();
	CU_ASSERT(span_has_prefix(ng_get_str(line(1), "why"), "refused by the answerer"));
	CU_ASSERT(sdp_has("m=message 0 TCP/MSRP"));
	CU_ASSERT_EQUAL(explain_both(BENCH_AUDIO, BENCH_AUDIO, SIDE_CORE, true, E2AE_KEY_AUTO), 0);
	look_at_answer();
	CU_ASSERT(span_eqs(ng_get_str(reply, "sdp"), BENCH_AUDIO));
	CU_ASSERT_PTR_NULL(change("new", ""));
}

static void
an_answer_that_would_be_refused_says_so(void)
{
	CU_ASSERT(explain_both(BENCH_OFFER, "hello", SIDE_CORE, true, E2AE_KEY_AUTO) < 0);
	CU_ASSERT(span_eqs(error, "Failed to parse SDP"));
	CU_ASSERT(explain_both(BENCH_OFFER, head, SIDE_CORE, true, E2AE_KEY_AUTO) < 0);
	CU_ASSERT(span_has_prefix(error, "bad-sdp: the answer has not as many"));
	CU_ASSERT(explain_both(BENCH_OFFER, BENCH_AUDIO, SIDE_CORE, true, E2AE_KEY_AUTO) < 0);
	CU_ASSERT(span_has_prefix(error, "bad-sdp: line 1 is no answer"));
	CU_ASSERT(explain_both(BENCH_OFFER, answer_with("m=message 9 TCP/TLS/MSRP *\r\na=setup:active\r\n"), SIDE_CORE, true,
	                       E2AE_KEY_AUTO) < 0);
	CU_ASSERT(span_has_prefix(error, "fp-missing: line 1"));
	arena_fini(&a);
}

const char test_suite[] = "explain";
const struct test_case test_cases[] = {
	TEST(a_terminating_offer_is_explained_line_by_line),
	TEST(other_reasons_give_other_treatments),
	TEST(what_is_not_ours_is_shown_unchanged),
	TEST(what_would_be_refused_is_refused_with_the_same_words),
	TEST(an_answer_is_explained_after_its_offer),
	TEST(a_refusal_and_what_is_not_ours_are_explained_too),
	TEST(an_answer_that_would_be_refused_says_so),
	{ NULL, NULL },
};
