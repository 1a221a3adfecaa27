/* SPDX-License-Identifier: BSD-2-Clause */
/* Single rules of the rewriting. What holds for any SDP is in t_rewrite_random, whole calls are in tests/vec/sdp. */
#include "alg/rewrite.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/alg_pass.h"
#include "tests/lib/tmain.h"

#define SHA1 "11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44"
#define OUR_FP "sha-1 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:01"
#define HEAD "v=0\r\ns=-\r\n"

static struct rewrite_in
towards(enum side to, bool is_answer)
{
	struct rewrite_in in = { .to = to, .is_answer = is_answer, .treatment = TREAT_E2AE, .setup = SDP_ACTPASS };

	addr_parse_hostport(span_str("198.51.100.1:40000"), &in.local);
	fpr_set_add(&in.fprs, span_str(OUR_FP));
	return in;
}

/* Rewrites the m-lines with the given treatments ('e', 'a', 'p', 'r'), all by in. */
static void
expect_all(const char *text, const char *treatments, struct rewrite_in in, const char *want)
{
	static char buf[8192];
	struct sdp_edits e;
	struct arena a;
	struct sdp s;
	struct out o;

	arena_init(&a, 1 << 20);
	out_init(&o, buf, sizeof(buf));
	CU_ASSERT_EQUAL_FATAL(sdp_parse(&a, span_str(text), &s), 0);
	sdp_edits_init(&e, &a, &s);
	for (uint32_t i = 0; i < s.n_media && treatments[i]; i++) {
		in.treatment = treatments[i] == 'e' ? TREAT_E2AE :
		               treatments[i] == 'a' ? TREAT_ANCHOR :
		               treatments[i] == 'r' ? TREAT_REJECT :
		                                      TREAT_PASS;
		rewrite_media(&e, &s.media[i], &in);
	}
	CU_ASSERT_EQUAL(sdp_edit_apply(&e, &o), 0);
	if (!span_eqs(out_get(&o), want)) {
		printf("  wanted:\n%s  got:\n%.*s", want, SPAN_FMT(out_get(&o)));
		CU_FAIL("rewritten SDP");
	}
	arena_fini(&a);
}

static void
a_session_c_line_that_serves_others_stays(void)
{
	struct rewrite_in in = towards(SIDE_CORE, true);

	in.setup = SDP_SETUP_ABSENT;
	expect_all(HEAD "c=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\nm=message 1 TCP/TLS/MSRP *\r\ni=chat\r\n"
	                "b=AS:5\r\na=path:x\r\n",
	           "pe", in,
	           HEAD "c=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\nm=message 40000 TCP/MSRP *\r\ni=chat\r\n"
	                "c=IN IP4 198.51.100.1\r\nb=AS:5\r\na=path:x\r\n");
	/* the audio line has its own: the session's is for us alone */
	expect_all(HEAD "c=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 10.0.0.2\r\n"
	                "m=message 1 TCP/MSRP *\r\n",
	           "pe", in,
	           HEAD "c=IN IP4 198.51.100.1\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 10.0.0.2\r\n"
	                "m=message 40000 TCP/MSRP *\r\n");
	/* none at all */
	expect_all(HEAD "m=message 1 TCP/MSRP *\r\n", "e", in,
	           HEAD "m=message 40000 TCP/MSRP *\r\nc=IN IP4 198.51.100.1\r\n");
	/* several at media level */
	expect_all(HEAD "m=message 1 TCP/MSRP *\r\nc=IN IP4 10.0.0.1\r\na=x\r\nc=IN IP4 10.0.0.2\r\n", "e", in,
	           HEAD "m=message 40000 TCP/MSRP *\r\nc=IN IP4 198.51.100.1\r\na=x\r\n");
}

static void
hold_addresses_stay_holds(void)
{
	struct rewrite_in in = towards(SIDE_CORE, true);

	in.setup = SDP_SETUP_ABSENT;
	expect_all(HEAD "m=message 1 TCP/MSRP *\r\nc=IN IP4 0.0.0.0\r\n", "e", in,
	           HEAD "m=message 40000 TCP/MSRP *\r\nc=IN IP4 0.0.0.0\r\n");
	addr_parse_hostport(span_str("[2001:db8::1]:40000"), &in.local);
	expect_all(HEAD "m=message 1 TCP/MSRP *\r\nc=IN IP4 0.0.0.0\r\n", "e", in,
	           HEAD "m=message 40000 TCP/MSRP *\r\nc=IN IP6 ::\r\n");
	expect_all(HEAD "m=message 1 TCP/MSRP *\r\nc=IN IP4 host.example\r\n", "e", in,
	           HEAD "m=message 40000 TCP/MSRP *\r\nc=IN IP6 2001:db8::1\r\n");
}

static void
session_level_security_is_not_for_the_core(void)
{
	struct rewrite_in in = towards(SIDE_CORE, true);

	in.setup = SDP_ACTIVE;
	expect_all(HEAD "c=IN IP4 10.0.0.1\r\na=setup:passive\r\na=fingerprint:sha-1 " SHA1
	                "\r\na=3ge2ae:requested\r\n"
	                "m=message 1 TCP/TLS/MSRP *\r\na=key-mgmt:mikey AAAA\r\n",
	           "e", in, HEAD "c=IN IP4 198.51.100.1\r\nm=message 40000 TCP/MSRP *\r\na=setup:active\r\n");
	/* the audio line needs them */
	expect_all(HEAD "c=IN IP4 198.51.100.1\r\na=setup:passive\r\na=fingerprint:sha-1 " SHA1 "\r\n"
	                "m=audio 2 UDP/TLS/RTP/SAVP 0\r\nm=message 1 TCP/TLS/MSRP *\r\n",
	           "pe", in,
	           HEAD "c=IN IP4 198.51.100.1\r\na=setup:passive\r\na=fingerprint:sha-1 " SHA1 "\r\n"
	                "m=audio 2 UDP/TLS/RTP/SAVP 0\r\nm=message 40000 TCP/MSRP *\r\na=setup:active\r\n");
	/* an end to end line beside it keeps them as its own */
	in.setup = SDP_PASSIVE;
	expect_all(HEAD "c=IN IP4 198.51.100.1\r\na=setup:passive\r\na=fingerprint:sha-1 " SHA1 "\r\n"
	                "m=message 1 TCP/TLS/MSRP *\r\nm=message 1 TCP/TLS/MSRP *\r\n",
	           "ea", in,
	           HEAD "c=IN IP4 198.51.100.1\r\nm=message 40000 TCP/MSRP *\r\na=setup:passive\r\n"
	                "m=message 40000 TCP/TLS/MSRP *\r\na=setup:passive\r\na=fingerprint:sha-1 " SHA1 "\r\n");
	expect_all(HEAD "a=key-mgmt:mikey A\r\nm=audio 2 RTP/AVP 0\r\nm=message 1 TCP/TLS/MSRP *\r\nm=message 0 TCP/TLS/MSRP *\r\n",
	           "pea", in,
	           HEAD "m=audio 2 RTP/AVP 0\r\nm=message 40000 TCP/MSRP *\r\nc=IN IP4 198.51.100.1\r\na=setup:passive\r\n"
	                "m=message 0 TCP/TLS/MSRP *\r\na=setup:passive\r\na=key-mgmt:mikey A\r\n");
	expect_all(HEAD "a=key-mgmt:mikey A\r\nm=audio 2 RTP/SAVP 0\r\nm=message 1 TCP/TLS/MSRP *\r\n", "pe", in,
	           HEAD "a=key-mgmt:mikey A\r\nm=audio 2 RTP/SAVP 0\r\n"
	                "m=message 40000 TCP/MSRP *\r\nc=IN IP4 198.51.100.1\r\na=setup:passive\r\n");
}

static void
doubled_attributes_become_one(void)
{
	struct rewrite_in in = towards(SIDE_ACCESS, false);

	expect_all(HEAD "c=IN IP4 198.51.100.1\r\nm=message 40000 TCP/TLS/MSRP *\r\na=fingerprint:md5 00\r\n"
	                "a=SETUP:active\r\n"
	                "a=3ge2ae:requested\r\na=setup:passive\r\na=fingerprint:sha-1 " SHA1
	                "\r\na=3ge2ae:applied\r\n",
	           "e", in,
	           HEAD "c=IN IP4 198.51.100.1\r\nm=message 40000 TCP/TLS/MSRP *\r\na=fingerprint:" OUR_FP "\r\n"
	                "a=setup:actpass\r\na=3ge2ae:applied\r\n");
}

static void
the_media_token_and_format_keep_their_spelling(void)
{
	struct rewrite_in in = towards(SIDE_CORE, true);

	in.setup = SDP_SETUP_ABSENT;
	expect_all(HEAD "m=MESSAGE 1/2 tcp/tls/msrp  *  x\r\n", "e", in,
	           HEAD "m=MESSAGE 40000 TCP/MSRP *  x\r\nc=IN IP4 198.51.100.1\r\n");
	expect_all(HEAD "m=Message 1 tcp/msrp *\r\n", "e", in,
	           HEAD "m=Message 40000 tcp/msrp *\r\nc=IN IP4 198.51.100.1\r\n");
}

static void
closed_and_refused_lines(void)
{
	struct rewrite_in in = towards(SIDE_CORE, true);

	/* refused by the UE: the core must see the transport that it offered */
	expect_all(HEAD "c=IN IP4 10.0.0.1\r\nm=message 0 TCP/TLS/MSRP *\r\na=fingerprint:sha-1 " SHA1
	                "\r\na=x\r\n", "e",
	           in, HEAD "c=IN IP4 10.0.0.1\r\nm=message 0 TCP/MSRP *\r\na=x\r\na=setup:actpass\r\n");
	expect_all(HEAD "m=message 7 TCP/MSRP *\r\na=setup:x\r\n", "r", in,
	    HEAD "m=message 0 TCP/MSRP *\r\na=setup:x\r\n");
	expect_all(HEAD "m=message 7 TCP/MSRP *\r\na=setup:x\r\n", "p", in,
	    HEAD "m=message 7 TCP/MSRP *\r\na=setup:x\r\n");
	expect_all(HEAD "m=message 70000 TCP/MSRP *\r\n", "e", in, HEAD "m=message 70000 TCP/MSRP *\r\n");
	/* half known: closed rather than half made */
	in = towards(SIDE_ACCESS, false);
	in.fprs.n = 0;
	in.setup = SDP_SETUP_ABSENT;
	expect_all(HEAD "m=message 7 TCP/MSRP *\r\n", "e", in, HEAD "m=message 0 TCP/TLS/MSRP *\r\n");
	in = towards(SIDE_CORE, true);
	in.local.port = 0;
	in.setup = SDP_SETUP_ABSENT;
	expect_all(HEAD "m=message 7 TCP/MSRP *\r\n", "ea", in, HEAD "m=message 0 TCP/MSRP *\r\n");
}

static void
anchored_lines_keep_transport_and_keys(void)
{
	struct rewrite_in in = towards(SIDE_CORE, false);

	in.setup = SDP_ACTIVE;
	expect_all(HEAD "a=setup:active\r\na=fingerprint:sha-1 " SHA1 "\r\nm=message 1 TCP/TLS/MSRP *\r\n"
	                "c=IN IP4 10.0.0.1\r\na=3ge2ae:requested\r\na=key-mgmt:mikey AAAA\r\n",
	           "a", in,
	           HEAD "a=setup:active\r\na=fingerprint:sha-1 " SHA1 "\r\nm=message 40000 TCP/TLS/MSRP *\r\n"
	                "c=IN IP4 198.51.100.1\r\na=key-mgmt:mikey AAAA\r\n");
}

static void
too_many_edits_are_an_error_and_no_loop(void)
{
	struct rewrite_in in = towards(SIDE_CORE, true);
	struct sdp_edits e;
	struct arena a;
	struct sdp s;
	struct out o;

	arena_init(&a, 1 << 20);
	out_init_heap(&o, SDP_BYTES_MAX);
	out_str(&o, "v=0\n");
	for (int i = 0; i < 900; i++)
		out_str(&o, "a=fingerprint:md5 00\n");
	for (int i = 0; i < SDP_MEDIA_MAX; i++)
		out_str(&o, "m=message 1 TCP/TLS/MSRP *\n");
	CU_ASSERT_EQUAL_FATAL(sdp_parse(&a, out_get(&o), &s), 0);
	sdp_edits_init(&e, &a, &s);
	for (uint32_t i = 0; i < s.n_media; i++)
		rewrite_media(&e, &s.media[i], &in);
	CU_ASSERT_EQUAL(e.err, ERR_LIMIT);
	arena_fini(&a);
	out_fini(&o);
}

const char test_suite[] = "rewrite";
const struct test_case test_cases[] = {
	TEST(a_session_c_line_that_serves_others_stays),
	TEST(hold_addresses_stay_holds),
	TEST(session_level_security_is_not_for_the_core),
	TEST(doubled_attributes_become_one),
	TEST(the_media_token_and_format_keep_their_spelling),
	TEST(closed_and_refused_lines),
	TEST(anchored_lines_keep_transport_and_keys),
	TEST(too_many_edits_are_an_error_and_no_loop),
	{ 0 },
};
