/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "agw/agw_limits.h"
#include "tests/lib/b2b_say.h"

static void
messages_and_answers_get_the_paths_of_the_leg_they_leave_by(void)
{
	struct b2b_bench x;

	b2b_init(&x);
	CU_ASSERT(msrp_b2b_is_ready(x.b));
	pass(&x, UE, MSG("a786hjs2 SEND", B2B_GW_UE, B2B_UE, HELLO("-------a786hjs2$")),
	     MSG("a786hjs2 SEND", B2B_CORE, B2B_GW_CORE, HELLO("-------a786hjs2$")), NULL);
	pass(&x, CORE, MSG("a786hjs2 200 OK", B2B_GW_CORE, B2B_CORE, "-------a786hjs2$" CRLF),
	     MSG("a786hjs2 200 OK", B2B_UE, B2B_GW_UE, "-------a786hjs2$" CRLF), NULL);
	pass(&x, CORE, MSG("b SEND", B2B_GW_CORE, B2B_CORE, "-------b$" CRLF),
	     MSG("b SEND", B2B_UE, B2B_GW_UE, "-------b$" CRLF), NULL);
	pass(&x, UE, MSG("b 413", B2B_GW_UE, B2B_UE, "-------b$" CRLF),
	     MSG("b 413", B2B_CORE, B2B_GW_CORE, "-------b$" CRLF), NULL);
	CU_ASSERT_EQUAL(stats(&x, UE).messages, 1);
	CU_ASSERT_EQUAL(stats(&x, UE).chunks, 1);
	CU_ASSERT_EQUAL(stats(&x, UE).octets, 5);
	CU_ASSERT_EQUAL(stats(&x, UE).failed, 1);
	CU_ASSERT_EQUAL(stats(&x, CORE).ok, 1);
	CU_ASSERT_EQUAL(stats(&x, CORE).chunks, 1);
	CU_ASSERT_EQUAL(stats(&x, CORE).messages, 0); /* it had no body */
	CU_ASSERT_EQUAL(stats(&x, UE).errors + stats(&x, CORE).errors, 0);
	b2b_fini(&x);
}

static void
paths_of_relays_go_out_whole_and_answers_take_one_hop(void)
{
	static const char path[] = "msrp://relay.example:9000/rr;tcp " B2B_CORE;
	struct b2b_bench x;

	b2b_init(&x);
	b2b_set(&x, NULL, path, false);
	CU_ASSERT_EQUAL(b2b_say(&x, UE, MSG("abcd SEND", B2B_GW_UE, B2B_UE, "-------abcd$" CRLF)), 0);
	check(b2b_told(&x, CORE),
	      MSG("abcd SEND", "msrp://relay.example:9000/rr;tcp " B2B_CORE, B2B_GW_CORE, "-------abcd$" CRLF));
	/* What comes back names the path as the peer sees it. */
	pass(&x, CORE, MSG("efgh SEND", B2B_GW_CORE, "msrp://relay.example:9000/zz;tcp " B2B_CORE,
		"-------efgh$" CRLF),
	     MSG("efgh SEND", B2B_UE, B2B_GW_UE, "-------efgh$" CRLF), NULL);
	pass(&x, UE, MSG("efgh 200 OK", B2B_GW_UE, B2B_UE, "-------efgh$" CRLF),
	     MSG("efgh 200 OK", "msrp://relay.example:9000/zz;tcp", B2B_GW_CORE, "-------efgh$" CRLF), NULL);
	/* Other requests are answered to their origin. */
	pass(&x, CORE, MSG("nick NICKNAME", B2B_GW_CORE, "msrp://relay.example:9000/zz;tcp " B2B_CORE,
	                   "Use-Nickname: \"Bob\"" CRLF "-------nick$" CRLF),
	     MSG("nick NICKNAME", B2B_UE, B2B_GW_UE, "Use-Nickname: \"Bob\"" CRLF "-------nick$" CRLF), NULL);
	pass(&x, UE, MSG("nick 425 Taken", B2B_GW_UE, B2B_UE, "-------nick$" CRLF),
	     MSG("nick 425 Taken", "msrp://relay.example:9000/zz;tcp " B2B_CORE, B2B_GW_CORE, "-------nick$"
	     CRLF), NULL);
	b2b_fini(&x);
}

static void
unknown_methods_and_headers_pass_as_they_came(void)
{
	static const char extra[] = "x-strange:  as: it \"was\"  " CRLF "Use-Path:" CRLF "-------q.-+%=$" CRLF;
	char in[1024], out[1024];
	struct b2b_bench x;

	b2b_init(&x);
	snprintf(in, sizeof(in), "%s%s", MSG("q.-+%= FROBNICATE", B2B_GW_UE, B2B_UE, ""), extra);
	snprintf(out, sizeof(out), "%s%s", MSG("q.-+%= FROBNICATE", B2B_CORE, B2B_GW_CORE, ""), extra);
	pass(&x, UE, in, out, NULL);
	pass(&x, CORE, MSG("q.-+%= 501 What", B2B_GW_CORE, B2B_CORE, "-------q.-+%=$" CRLF),
	     MSG("q.-+%= 501 What", B2B_UE, B2B_GW_UE, "-------q.-+%=$" CRLF), NULL);
	/* Paths that are not the first headers stay where they are. */
	pass(&x, UE, "MSRP au AUTH" CRLF "X: y" CRLF "From-path: " B2B_UE CRLF "TO-PATH:" B2B_GW_UE
		CRLF "-------au$" CRLF,
	     "MSRP au AUTH" CRLF "X: y" CRLF "From-Path: " B2B_GW_CORE CRLF "To-Path: " B2B_CORE
	     CRLF "-------au$" CRLF,
	     NULL);
	CU_ASSERT_EQUAL(stats(&x, UE).others, 2);
	b2b_fini(&x);
}

static void
reports_pass_and_are_never_answered(void)
{
	struct b2b_bench x;

	b2b_init(&x);
	pass(&x, CORE, MSG("rep1 REPORT", B2B_GW_CORE, B2B_CORE, "Status: 000 200 OK" CRLF "-------rep1$" CRLF),
	     MSG("rep1 REPORT", B2B_UE, B2B_GW_UE, "Status: 000 200 OK" CRLF "-------rep1$" CRLF), NULL);
	pass(&x, UE, MSG("rep1 200 OK", B2B_GW_UE, B2B_UE, "-------rep1$" CRLF), NULL, NULL);
	pass(&x, CORE, MSG("rep2 REPORT", B2B_CORE, B2B_CORE, "-------rep2$" CRLF), NULL, NULL);
	CU_ASSERT_EQUAL(stats(&x, CORE).reports, 1);
	CU_ASSERT_EQUAL(stats(&x, UE).errors, 1);
	CU_ASSERT_EQUAL(stats(&x, CORE).errors, 1);
	b2b_fini(&x);
}

#define FOREIGN "msrps://203.0.113.10:20000/somebodyElse;tcp"

static void
a_foreign_session_is_answered_with_481_and_not_passed_on(void)
{
	struct b2b_bench x;

	b2b_init(&x);
	pass(&x, UE, MSG("abcd SEND", FOREIGN, "msrps://r:1/q;tcp " B2B_UE, HELLO("-------abcd$")), NULL,
	     MSG("abcd 481 No such session", "msrps://r:1/q;tcp", FOREIGN, "-------abcd$" CRLF));
	/* The other leg's session is as foreign as any; so is one in another case, and none. */
	pass(&x, UE, MSG("abcd SEND", B2B_GW_CORE, B2B_UE, HELLO("-------abcd$")), NULL,
	     MSG("abcd 481 No such session", B2B_UE, B2B_GW_CORE, "-------abcd$" CRLF));
	pass(&x, UE, MSG("abcd AUTH", "msrps://h;tcp", "msrps://r:1/q;tcp " B2B_UE, "-------abcd$" CRLF), NULL,
	     MSG("abcd 481 No such session", "msrps://r:1/q;tcp " B2B_UE, "msrps://h;tcp", "-------abcd$"
	     CRLF));
	pass(&x, UE, MSG("abcd SEND", FOREIGN, B2B_UE, "Failure-Report: no" CRLF "-------abcd$" CRLF), NULL,
		NULL);
	pass(&x, UE, MSG("abcd 200 OK", FOREIGN, B2B_UE, "-------abcd$" CRLF), NULL, NULL);
	CU_ASSERT_EQUAL(stats(&x, UE).errors, 5);
	/* Only the session-id counts (sessmatch), and only the first hop's. */
	pass(&x, UE, MSG("abcd SEND", "msrp://nat.example/gwUe0123456789;tcp " FOREIGN, B2B_UE,
		"-------abcd$" CRLF),
	     MSG("abcd SEND", B2B_CORE, B2B_GW_CORE, "-------abcd$" CRLF), NULL);
	CU_ASSERT_EQUAL(stats(&x, UE).errors, 5);
	b2b_fini(&x);
}

static void
our_answer_waits_for_the_chunk_that_is_on_its_way_there(void)
{
	struct b2b_bench x;

	b2b_init(&x);
	pass(&x, CORE, MSG("big1 SEND", B2B_GW_CORE, B2B_CORE, "Content-Type: a/b" CRLF CRLF "first half"),
	     MSG("big1 SEND", B2B_UE, B2B_GW_UE, "Content-Type: a/b" CRLF CRLF "first half"), NULL);
	pass(&x, UE, MSG("abcd SEND", FOREIGN, B2B_UE, "-------abcd$" CRLF), NULL, NULL);
	pass(&x, UE, MSG("efgh SEND", B2B_GW_UE, B2B_UE, "-------efgh$" CRLF),
	     MSG("efgh SEND", B2B_CORE, B2B_GW_CORE, "-------efgh$" CRLF), NULL);
	pass(&x, CORE, ", second half" CRLF "-------big1+" CRLF,
	     ", second half" CRLF "-------big1+" CRLF
	             MSG("abcd 481 No such session", B2B_UE, FOREIGN, "-------abcd$" CRLF), NULL);
	/* Ever more of them are not kept. */
	CU_ASSERT_EQUAL(b2b_say(&x, CORE, MSG("big2 SEND", B2B_GW_CORE, B2B_CORE, "C: a" CRLF CRLF "x")), 0);
	for (unsigned i = 0; i < 1000; i++)
		CU_ASSERT_EQUAL(b2b_say(&x, UE, MSG("abcd SEND", FOREIGN, B2B_UE, "-------abcd$" CRLF)), 0);
	(void)b2b_told(&x, UE);
	CU_ASSERT_EQUAL(b2b_say(&x, CORE, CRLF "-------big2$" CRLF), 0);
	CU_ASSERT(x.to[UE].len > 1000 && x.to[UE].len < MSRP_ANSWERS_MAX + 100);
	b2b_fini(&x);
}

static void
a_response_needs_its_request_and_thirty_seconds(void)
{
	static const char ok[] = MSG("abcd 200 OK", B2B_GW_CORE, B2B_CORE, "-------abcd$" CRLF);
	static const char out[] = MSG("abcd 200 OK", B2B_UE, B2B_GW_UE, "-------abcd$" CRLF);
	struct b2b_bench x;

	b2b_init(&x);
	pass(&x, CORE, ok, NULL, NULL);
	for (unsigned late = 0; late < 2; late++) {
		/* A long request: its time begins with its end. */
		CU_ASSERT_EQUAL(b2b_say(&x, UE, MSG("abcd SEND", B2B_GW_UE, B2B_UE, "C: a" CRLF CRLF "x")), 0);
		x.now_ms += 100000;
		CU_ASSERT_EQUAL(b2b_say(&x, UE, CRLF "-------abcd$" CRLF), 0);
		(void)b2b_told(&x, CORE);
		x.now_ms += MSRP_TXN_MS - 1 + late;
		pass(&x, CORE, ok, late ? NULL : out, NULL);
		pass(&x, CORE, ok, NULL, NULL); /* once only */
	}
	/* It may come before the request is over. */
	CU_ASSERT_EQUAL(b2b_say(&x, UE, MSG("abcd SEND", B2B_GW_UE, B2B_UE, "C: a" CRLF CRLF "x")), 0);
	(void)b2b_told(&x, CORE);
	pass(&x, CORE, ok, out, NULL);
	pass(&x, UE, CRLF "-------abcd#" CRLF, CRLF "-------abcd#" CRLF, NULL);
	CU_ASSERT_EQUAL(stats(&x, UE).aborted, 1);
	/* Nobody waits for an answer that was declined. */
	CU_ASSERT_EQUAL(b2b_say(&x, UE, MSG("abcd SEND", B2B_GW_UE, B2B_UE, "Failure-Report: no"
		CRLF "-------abcd$" CRLF)),
	                0);
	(void)b2b_told(&x, CORE);
	pass(&x, CORE, ok, NULL, NULL);
	b2b_fini(&x);
}

static void
a_transaction_id_in_use_is_replaced(void)
{
	struct b2b_bench x;
	char tid[64] = "", in[1024], want[1024];

	b2b_init(&x);
	CU_ASSERT_EQUAL(b2b_say(&x, UE, MSG("same SEND", B2B_GW_UE, B2B_UE, HELLO("-------same+"))), 0);
	check(b2b_told(&x, CORE), MSG("same SEND", B2B_CORE, B2B_GW_CORE, HELLO("-------same+")));
	CU_ASSERT_EQUAL(b2b_say(&x, UE, MSG("same SEND", B2B_GW_UE, B2B_UE, HELLO("-------same$"))), 0);
	CU_ASSERT_EQUAL(sscanf(out_cstr(&x.to[CORE]), "MSRP %63s", tid), 1);
	CU_ASSERT_STRING_NOT_EQUAL(tid, "same");
	snprintf(want, sizeof(want), "%s%s SEND" CRLF "To-Path: " B2B_CORE CRLF "From-Path: " B2B_GW_CORE CRLF
	         "Message-ID: 1" CRLF "Byte-Range: 1-5/5" CRLF "Content-Type: text/plain" CRLF CRLF "hello" CRLF
	         "-------%s$" CRLF, "MSRP ", tid, tid);
	check(b2b_told(&x, CORE), want);
	/* Answers find back, in any order. */
	snprintf(in, sizeof(in), "MSRP %s 200 OK" CRLF "To-Path: " B2B_GW_CORE CRLF "From-Path: " B2B_CORE
		CRLF "-------%s$"
	         CRLF, tid, tid);
	pass(&x, CORE, in, MSG("same 200 OK", B2B_UE, B2B_GW_UE, "-------same$" CRLF), NULL);
	pass(&x, CORE, MSG("same 200 OK", B2B_GW_CORE, B2B_CORE, "-------same$" CRLF),
	     MSG("same 200 OK", B2B_UE, B2B_GW_UE, "-------same$" CRLF), NULL);
	/* The two ways do not disturb each other. */
	pass(&x, UE, MSG("same SEND", B2B_GW_UE, B2B_UE, "-------same$" CRLF),
	     MSG("same SEND", B2B_CORE, B2B_GW_CORE, "-------same$" CRLF), NULL);
	pass(&x, CORE, MSG("same SEND", B2B_GW_CORE, B2B_CORE, "-------same$" CRLF),
	     MSG("same SEND", B2B_UE, B2B_GW_UE, "-------same$" CRLF), NULL);
	b2b_fini(&x);
}

static void
more_unanswered_requests_than_the_limit_are_still_served(void)
{
	char in[512];
	struct b2b_bench x;

	b2b_init(&x);
	for (unsigned i = 0; i < 2 * MSRP_TXNS_MAX; i++) {
		snprintf(in, sizeof(in), "MSRP t%05u SEND" CRLF "To-Path: " B2B_GW_UE
			CRLF "From-Path: " B2B_UE CRLF
		         "-------t%05u$" CRLF, i, i);
		CU_ASSERT_EQUAL(b2b_say(&x, UE, in), 0);
	}
	(void)b2b_told(&x, CORE);
	for (unsigned i = 0; i < 2 * MSRP_TXNS_MAX; i++) {
		snprintf(in, sizeof(in), "MSRP t%05u 200 OK" CRLF "To-Path: " B2B_GW_CORE
			CRLF "From-Path: " B2B_CORE CRLF
		         "-------t%05u$" CRLF, i, i);
		CU_ASSERT_EQUAL(b2b_say(&x, CORE, in), 0);
	}
	CU_ASSERT_EQUAL(stats(&x, CORE).ok, 2 * MSRP_TXNS_MAX);
	x.now_ms += MSRP_TXN_MS;
	CU_ASSERT_EQUAL(b2b_say(&x, CORE, in), 0); /* no longer: nothing is missing any more */
	CU_ASSERT_EQUAL(stats(&x, CORE).errors, 1);
	b2b_fini(&x);
}

static void
a_chunk_whose_sender_dies_is_ended_with_a_hash(void)
{
	struct b2b_bench x;

	b2b_init(&x);
	CU_ASSERT_FALSE(msrp_b2b_cut(x.b, UE, &x.sink));
	CU_ASSERT_EQUAL(b2b_say(&x, UE, MSG("abcd SEND", B2B_GW_UE, B2B_UE, "C: a" CRLF CRLF "half"
		CRLF "-----")), 0);
	CU_ASSERT_FALSE(msrp_b2b_cut(x.b, CORE, &x.sink));
	CU_ASSERT(msrp_b2b_cut(x.b, UE, &x.sink));
	check(b2b_told(&x, CORE), MSG("abcd SEND", B2B_CORE, B2B_GW_CORE, "C: a" CRLF CRLF "half"
		CRLF "-------abcd#" CRLF));
	CU_ASSERT_FALSE(msrp_b2b_cut(x.b, UE, &x.sink));
	CU_ASSERT_EQUAL(stats(&x, UE).aborted, 1);
	/* In a head, or in what is not passed on, there is nothing to end. */
	CU_ASSERT_EQUAL(b2b_say(&x, UE, "MSRP abcd SEND" CRLF "To-Pa"), 0);
	CU_ASSERT_FALSE(msrp_b2b_cut(x.b, UE, &x.sink));
	CU_ASSERT_EQUAL(b2b_say(&x, UE, MSG("abcd SEND", FOREIGN, B2B_UE, "C: a" CRLF CRLF "half")), 0);
	CU_ASSERT_FALSE(msrp_b2b_cut(x.b, UE, &x.sink));
	check(b2b_told(&x, CORE), "");
	/* The next connection begins afresh. */
	msrp_b2b_reset(x.b);
	(void)b2b_told(&x, UE);
	pass(&x, UE, MSG("abcd SEND", B2B_GW_UE, B2B_UE, "-------abcd$" CRLF),
	     MSG("abcd SEND", B2B_CORE, B2B_GW_CORE, "-------abcd$" CRLF), NULL);
	b2b_fini(&x);
}

static void
empty_messages_get_a_type_where_the_peer_wants_one(void)
{
	struct b2b_bench x;

	b2b_init(&x);
	b2b_set(&x, NULL, NULL, true);
	pass(&x, UE, MSG("abcd SEND", B2B_GW_UE, B2B_UE, "Byte-Range: 1-0/0" CRLF "-------abcd$" CRLF),
	     MSG("abcd SEND", B2B_CORE, B2B_GW_CORE, "Byte-Range: 1-0/0" CRLF "Content-Type: text/plain" CRLF
	     CRLF CRLF
	         "-------abcd$" CRLF), NULL);
	/* Only where there is none, only for SEND, only towards that peer. */
	pass(&x, UE, MSG("efgh SEND", B2B_GW_UE, B2B_UE, "Content-type: a/b" CRLF "-------efgh$" CRLF),
	     MSG("efgh SEND", B2B_CORE, B2B_GW_CORE, "Content-type: a/b" CRLF "-------efgh$" CRLF), NULL);
	pass(&x, UE, MSG("ijkl REPORT", B2B_GW_UE, B2B_UE, "-------ijkl$" CRLF),
	     MSG("ijkl REPORT", B2B_CORE, B2B_GW_CORE, "-------ijkl$" CRLF), NULL);
	pass(&x, CORE, MSG("mnop SEND", B2B_GW_CORE, B2B_CORE, "-------mnop$" CRLF),
	     MSG("mnop SEND", B2B_UE, B2B_GW_UE, "-------mnop$" CRLF), NULL);
	b2b_fini(&x);
}

static void
what_is_no_msrp_ends_it_and_what_came_before_arrives(void)
{
	struct b2b_bench x;

	b2b_init(&x);
	CU_ASSERT_EQUAL(b2b_say(&x, UE, MSG("abcd SEND", B2B_GW_UE, B2B_UE, "-------abcd$"
		CRLF) "GET / HTTP/1.1" CRLF),
	                ERR_SYNTAX);
	check(b2b_told(&x, CORE), MSG("abcd SEND", B2B_CORE, B2B_GW_CORE, "-------abcd$" CRLF));
	CU_ASSERT_EQUAL(b2b_say(&x, UE, "MSRP"), ERR_SYNTAX);
	CU_ASSERT_EQUAL(stats(&x, UE).errors, 2);
	b2b_fini(&x);
}

static void
a_side_without_paths_is_not_ready(void)
{
	static const struct leg_msrp none = { .aware = true, .own = B2B_GW_UE };
	struct b2b_bench x;

	b2b_init(&x);
	CU_ASSERT_EQUAL(msrp_b2b_set(x.b, UE, &none), 0);
	CU_ASSERT_FALSE(msrp_b2b_is_ready(x.b));
	b2b_set(&x, NULL, NULL, false);
	CU_ASSERT(msrp_b2b_is_ready(x.b));
	b2b_fini(&x);
}

static void
octets_may_come_in_any_pieces(void)
{
	static const char in[] = MSG("abcd SEND", B2B_GW_UE, B2B_UE, HELLO("-------abcd+"))
		MSG("efgh SEND", FOREIGN, B2B_UE, HELLO("-------efgh$"))
		MSG("abce SEND", B2B_GW_UE, B2B_UE, "C: a" CRLF CRLF "-------abcd$" CRLF CRLF "-------abce#"
			CRLF)
		MSG("xyz1 200 OK", B2B_GW_UE, B2B_UE, "-------xyz1$" CRLF);
	char want[2][2048];

	for (size_t n = sizeof(in); n > 0; n--) {
		struct b2b_bench x;

		b2b_init(&x);
		CU_ASSERT_EQUAL(b2b_say_slowly(&x, UE, span_str(in), n), 0);
		for (unsigned i = 0; i < 2; i++) {
			if (n == sizeof(in))
				snprintf(want[i], sizeof(want[i]), "%s", b2b_told(&x, i));
			else
				CU_ASSERT_STRING_EQUAL(b2b_told(&x, i), want[i]);
		}
		b2b_fini(&x);
	}
	CU_ASSERT(strlen(want[UE]) > 100 && strlen(want[CORE]) > 300);
}

const char test_suite[] = "msrp_b2b";
const struct test_case test_cases[] = {
	TEST(messages_and_answers_get_the_paths_of_the_leg_they_leave_by),
	TEST(paths_of_relays_go_out_whole_and_answers_take_one_hop),
	TEST(unknown_methods_and_headers_pass_as_they_came),
	TEST(reports_pass_and_are_never_answered),
	TEST(a_foreign_session_is_answered_with_481_and_not_passed_on),
	TEST(our_answer_waits_for_the_chunk_that_is_on_its_way_there),
	TEST(a_response_needs_its_request_and_thirty_seconds),
	TEST(a_transaction_id_in_use_is_replaced),
	TEST(more_unanswered_requests_than_the_limit_are_still_served),
	TEST(a_chunk_whose_sender_dies_is_ended_with_a_hash),
	TEST(empty_messages_get_a_type_where_the_peer_wants_one),
	TEST(what_is_no_msrp_ends_it_and_what_came_before_arrives),
	TEST(a_side_without_paths_is_not_ready),
	TEST(octets_may_come_in_any_pieces),
	{ NULL, NULL },
};
