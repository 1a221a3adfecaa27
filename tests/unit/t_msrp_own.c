/* SPDX-License-Identifier: BSD-2-Clause */
/* What a gateway says itself, as part of an MSRP session of others: refusals, stops, keep-alive messages. */
#include <stdio.h>

#include "tests/lib/b2b_say.h"

#define BAD(headers, end) MSG("abcd SEND", B2B_GW_UE, B2B_UE, headers CRLF end CRLF)
#define BAD_ANSWER MSG("abcd 400 Bad headers", B2B_UE, B2B_GW_UE, "-------abcd$" CRLF)

static void
broken_headers_are_answered_with_400_and_the_next_message_passes(void)
{
	struct b2b_bench x;

	b2b_init(&x);
	pass(&x, UE, BAD("no name", "-------abcd$"), NULL, BAD_ANSWER);
	pass(&x, UE, BAD("To-Path: " B2B_GW_UE, "-------abcd$"), NULL, BAD_ANSWER);
	pass(&x, UE, BAD("C: a" CRLF "a\rb: c" CRLF CRLF "body", "-------abcd$"), NULL, BAD_ANSWER);
	/* The answer's paths are those that both know when the request has none. */
	pass(&x, UE, "MSRP abcd SEND" CRLF "Message-ID: 1" CRLF "-------abcd$" CRLF, NULL, BAD_ANSWER);
	b2b_set(&x, "msrps://relay:1/r;tcp " B2B_UE, NULL, false);
	pass(&x, UE, "MSRP abcd NICKNAME" CRLF "-------abcd$" CRLF, NULL,
	     MSG("abcd 400 Bad headers", "msrps://relay:1/r;tcp " B2B_UE, B2B_GW_UE, "-------abcd$" CRLF));
	/* Nobody is told who does not want to hear, or must not. */
	pass(&x, UE, BAD("Failure-Report: no" CRLF "no name", "-------abcd$"), NULL, NULL);
	pass(&x, UE, "MSRP abcd REPORT" CRLF "-------abcd$" CRLF, NULL, NULL);
	pass(&x, UE, "MSRP abcd 200 OK" CRLF "-------abcd$" CRLF, NULL, NULL);
	CU_ASSERT_EQUAL(stats(&x, UE).errors, 8);
	CU_ASSERT_EQUAL(stats(&x, UE).chunks, 0);
	pass(&x, UE, MSG("abcd SEND", B2B_GW_UE, B2B_UE, HELLO("-------abcd$")),
	     MSG("abcd SEND", B2B_CORE, B2B_GW_CORE, HELLO("-------abcd$")), NULL);
	b2b_fini(&x);
}

#define SEND(tid, range, body, end) \
	MSG(tid " SEND", B2B_GW_UE, B2B_UE, "Byte-Range: " range CRLF "C: a" CRLF CRLF body end CRLF)
#define SENT(tid, range, body, end) \
	MSG(tid " SEND", B2B_CORE, B2B_GW_CORE, "Byte-Range: " range CRLF "C: a" CRLF CRLF body end CRLF)
#define STOP(tid) MSG(tid " 413 Too large", B2B_UE, B2B_GW_UE, "-------" tid "$" CRLF)

static void
a_message_that_says_that_it_is_too_big_goes_nowhere(void)
{
	struct b2b_bench x;

	b2b_init(&x);
	x.limits.message = 10;
	pass(&x, UE, SEND("abcd", "1-10/10", "0123456789", CRLF "-------abcd$"),
	     SENT("abcd", "1-10/10", "0123456789", CRLF "-------abcd$"), NULL);
	pass(&x, UE, SEND("efgh", "1-3/11", "012", CRLF "-------efgh+"), NULL, STOP("efgh"));
	pass(&x, UE, SEND("ijkl", "12-*/*", "012", CRLF "-------ijkl+"), NULL, STOP("ijkl"));
	pass(&x, UE, MSG("mnop SEND", B2B_GW_UE, B2B_UE, "Failure-Report: no" CRLF "Byte-Range: 1-2/11" CRLF
	                 "C: a" CRLF CRLF "01" CRLF "-------mnop+" CRLF), NULL, NULL);
	CU_ASSERT_EQUAL(stats(&x, UE).too_big, 3);
	CU_ASSERT_EQUAL(stats(&x, UE).errors, 3);
	CU_ASSERT_EQUAL(stats(&x, UE).octets, 10);
	CU_ASSERT_EQUAL(stats(&x, UE).aborted, 0); /* of what went on */
	/* The other way has its own count, and what is no SEND has no limit. */
	pass(&x, CORE, MSG("abcd 200 OK", B2B_GW_CORE, B2B_CORE, "-------abcd$" CRLF),
	     MSG("abcd 200 OK", B2B_UE, B2B_GW_UE, "-------abcd$" CRLF), NULL);
	b2b_fini(&x);
}

static void
a_message_that_becomes_too_big_is_stopped_at_once_for_both(void)
{
	struct b2b_bench x;

	b2b_init(&x);
	x.limits.message = 10;
	pass(&x, UE, SEND("abcd", "1-*/*", "0123456", CRLF "-------abcd+"),
	     SENT("abcd", "1-*/*", "0123456", CRLF "-------abcd+"), NULL);
	/* Before its end: who sends is to stop now. */
	pass(&x, UE, MSG("efgh SEND", B2B_GW_UE, B2B_UE, "Byte-Range: 8-*/*" CRLF "C: a" CRLF CRLF "789a"),
	     SENT("efgh", "8-*/*", "789", CRLF "-------efgh#"), STOP("efgh"));
	pass(&x, UE, "and so on" CRLF "-------efgh#" CRLF, NULL, NULL);
	/* What the other end says to it has been said. */
	pass(&x, CORE, MSG("efgh 200 OK", B2B_GW_CORE, B2B_CORE, "-------efgh$" CRLF), NULL, NULL);
	CU_ASSERT_EQUAL(stats(&x, CORE).errors, 0);
	CU_ASSERT_EQUAL(stats(&x, UE).too_big, 1);
	CU_ASSERT_EQUAL(stats(&x, UE).aborted, 1);
	CU_ASSERT_EQUAL(stats(&x, UE).octets, 10);
	/* A chunk that begins where the limit is: the receiver must hear that there will be no more. */
	pass(&x, UE, SEND("ijkl", "11-*/*", "z", CRLF "-------ijkl+"), SENT("ijkl", "11-*/*", "", CRLF "-------ijkl#"),
	     STOP("ijkl"));
	pass(&x, UE, SEND("mnop", "1-5/5", "after", CRLF "-------mnop$"),
	     SENT("mnop", "1-5/5", "after", CRLF "-------mnop$"), NULL);
	b2b_fini(&x);
}

static void
a_chunk_has_a_limit_too(void)
{
	struct b2b_bench x;

	b2b_init(&x);
	x.limits = (struct msrp_limits){ .message = 100, .chunk = 4 };
	pass(&x, UE, SEND("abcd", "1-4/8", "0123", CRLF "-------abcd+") SEND("efgh", "5-8/8", "4567", CRLF "-------efgh$"),
	     SENT("abcd", "1-4/8", "0123", CRLF "-------abcd+") SENT("efgh", "5-8/8", "4567", CRLF "-------efgh$"), NULL);
	pass(&x, UE, SEND("ijkl", "1-5/5", "01234", CRLF "-------ijkl$"),
	     SENT("ijkl", "1-5/5", "0123", CRLF "-------ijkl#"), STOP("ijkl"));
	/* The id that the other end knows may be another than the sender's. */
	CU_ASSERT_EQUAL(b2b_say(&x, UE, SEND("abcd", "1-5/5", "01234", CRLF "-------abcd$")), 0);
	check(b2b_told(&x, UE), STOP("abcd"));
	b2b_fini(&x);
}

static void
a_limit_holds_however_the_octets_come(void)
{
	static const char in[] = SEND("abcd", "1-*/*", "01234" CRLF "-------abc" CRLF "6789", CRLF "-------abcd$")
		SEND("efgh", "1-4/4", "0123", CRLF "-------efgh$");

	for (size_t n = sizeof(in); n > 0; n--) {
		struct b2b_bench x;

		b2b_init(&x);
		x.limits.message = 10;
		CU_ASSERT_EQUAL(b2b_say_slowly(&x, UE, span_str(in), n), 0);
		check(b2b_told(&x, CORE), SENT("abcd", "1-*/*", "01234" CRLF "---", CRLF "-------abcd#")
		      SENT("efgh", "1-4/4", "0123", CRLF "-------efgh$"));
		check(b2b_told(&x, UE), STOP("abcd"));
		b2b_fini(&x);
	}
}

static void
our_keepalives_are_between_us_and_the_peer(void)
{
	char tid[64] = "", want[1024], in[1024];
	struct b2b_bench x;

	b2b_init(&x);
	/* Not to a peer that we know by its address only. */
	CU_ASSERT_FALSE(msrp_b2b_keep_alive(x.b, UE, x.now_ms, &x.sink));
	pass(&x, UE, MSG("bind SEND", B2B_GW_UE, B2B_UE, "-------bind$" CRLF),
	     MSG("bind SEND", B2B_CORE, B2B_GW_CORE, "-------bind$" CRLF), NULL);
	CU_ASSERT(msrp_b2b_keep_alive(x.b, UE, x.now_ms, &x.sink));
	CU_ASSERT_EQUAL(sscanf(out_cstr(&x.to[UE]), "MSRP %63s", tid), 1);
	snprintf(want, sizeof(want), "MSRP %s SEND" CRLF "To-Path: " B2B_UE CRLF "From-Path: " B2B_GW_UE CRLF
	         "Message-ID: %s" CRLF "Byte-Range: 1-0/0" CRLF "-------%s$" CRLF, tid, tid, tid);
	check(b2b_told(&x, UE), want);
	snprintf(in, sizeof(in), "MSRP %s 200 OK" CRLF "To-Path: " B2B_GW_UE CRLF "From-Path: " B2B_UE CRLF "-------%s$"
	         CRLF, tid, tid);
	pass(&x, UE, in, NULL, NULL);
	CU_ASSERT_EQUAL(stats(&x, UE).errors, 0);
	pass(&x, UE, in, NULL, NULL); /* once */
	CU_ASSERT_EQUAL(stats(&x, UE).errors, 1);
	CU_ASSERT_EQUAL(stats(&x, UE).keepalives, 1);
	CU_ASSERT_EQUAL(stats(&x, UE).ok + stats(&x, CORE).ok, 0);
	/* Never inside a chunk, nor to the next connection before it has shown itself. */
	CU_ASSERT_EQUAL(b2b_say(&x, CORE, MSG("big1 SEND", B2B_GW_CORE, B2B_CORE, "C: a" CRLF CRLF "half")), 0);
	CU_ASSERT_FALSE(msrp_b2b_keep_alive(x.b, UE, x.now_ms, &x.sink));
	CU_ASSERT_EQUAL(b2b_say(&x, CORE, CRLF "-------big1$" CRLF), 0);
	CU_ASSERT(msrp_b2b_keep_alive(x.b, UE, x.now_ms, &x.sink));
	msrp_b2b_reset(x.b);
	CU_ASSERT_FALSE(msrp_b2b_keep_alive(x.b, UE, x.now_ms, &x.sink));
	b2b_fini(&x);
}

const char test_suite[] = "msrp_own";
const struct test_case test_cases[] = {
	TEST(broken_headers_are_answered_with_400_and_the_next_message_passes),
	TEST(a_message_that_says_that_it_is_too_big_goes_nowhere),
	TEST(a_message_that_becomes_too_big_is_stopped_at_once_for_both),
	TEST(a_chunk_has_a_limit_too),
	TEST(a_limit_holds_however_the_octets_come),
	TEST(our_keepalives_are_between_us_and_the_peer),
	{ NULL, NULL },
};
