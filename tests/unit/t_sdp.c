/* SPDX-License-Identifier: BSD-2-Clause */
/* SDP as the field sends it: each oddity is a case that must be read, or refused as a whole. */
#include "proto/codec/sdp.h"

#include <stdio.h>

#include "proto/base/err.h"
#include "tests/lib/tmain.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"
#define SHA1 "11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44"

static struct arena arena;

/* Parses into the shared arena, which each test empties by must_parse itself. */
static struct sdp
must_parse(const char *text)
{
	struct sdp s = { 0 };

	arena_fini(&arena);
	arena_init(&arena, 1 << 20);
	if (sdp_parse(&arena, span_str(text), &s) != 0) {
		printf("  does not parse: %s\n", text);
		CU_FAIL_FATAL("SDP");
	}
	return s;
}

static int
try_parse(struct span text)
{
	struct sdp s;
	int rc;

	arena_fini(&arena);
	arena_init(&arena, 1 << 20);
	rc = sdp_parse(&arena, text, &s);
	arena_fini(&arena);
	return rc;
}

static void
an_ordinary_offer_is_indexed(void)
{
	struct sdp s = must_parse(HEAD "c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n"
	                               "m=message 7654 TCP/MSRP *\r\na=path:msrp://h:1/s;tcp\r\n");

	CU_ASSERT_EQUAL(s.n_lines, 9);
	CU_ASSERT_EQUAL(s.n_session_lines, 5);
	CU_ASSERT_EQUAL(s.n_media, 2);
	CU_ASSERT_EQUAL(s.media[0].n_lines, 2);
	CU_ASSERT_EQUAL(s.media[1].line, 7);
	CU_ASSERT_EQUAL(s.media[1].port, 7654);
	CU_ASSERT(span_eqs(s.media[1].fmt, "*"));
	CU_ASSERT_FALSE(sdp_is_msrp(&s.media[0]));
	CU_ASSERT(sdp_is_msrp(&s.media[1]));
	CU_ASSERT_FALSE(sdp_is_msrp_tls(&s.media[1]));
	CU_ASSERT_STRING_EQUAL(s.eol, "\r\n");
	CU_ASSERT(span_eqs(s.lines[0].raw, "v=0\r\n"));
}

static void
tokens_are_read_in_any_case(void)
{
	struct sdp s = must_parse(HEAD "m=MESSAGE 1 tcp/tls/msrp *\r\na=SETUP:ActPass\r\na=3GE2AE:Requested\r\n"
	                               "a=Fingerprint:SHA-1 " SHA1 "\r\nc=in ip4 192.0.2.9\r\n");
	struct fpr_set set = { 0 };
	struct addr a;
	struct span host;

	CU_ASSERT(sdp_is_msrp_tls(&s.media[0]));
	CU_ASSERT_EQUAL(sdp_setup(&s, &s.media[0]), SDP_ACTPASS);
	CU_ASSERT_EQUAL(sdp_3ge2ae(&s, &s.media[0]), SDP_E2AE_REQUESTED);
	CU_ASSERT_EQUAL(sdp_fingerprints(&s, &s.media[0], &set), 0);
	CU_ASSERT_EQUAL(set.n, 1);
	CU_ASSERT_EQUAL(sdp_conn(&s, &s.media[0], &a, &host), 0);
	CU_ASSERT_EQUAL(a.port, 1);
}

static void
line_ends_of_every_kind(void)
{
	struct sdp s = must_parse("v=0\ns=-\nm=message 1 TCP/MSRP *\na=setup:active");

	CU_ASSERT_STRING_EQUAL(s.eol, "\n");
	CU_ASSERT_EQUAL(s.n_lines, 4);
	CU_ASSERT_EQUAL(sdp_setup(&s, &s.media[0]), SDP_ACTIVE);
	s = must_parse("v=0\r\ns=-\nm=message 1 TCP/MSRP *\r\r\na=setup:active\n");
	CU_ASSERT_STRING_EQUAL(s.eol, "\r\n");
	CU_ASSERT(span_eqs(s.media[0].fmt, "*"));
	CU_ASSERT(span_eqs(s.lines[2].raw, "m=message 1 TCP/MSRP *\r\r\n"));
	s = must_parse("v=0");
	CU_ASSERT_STRING_EQUAL(s.eol, "\r\n");
	CU_ASSERT_EQUAL(s.n_lines, 1);
}

static void
dirt_is_carried_and_never_read(void)
{
	struct sdp s = must_parse("\r\n  v=0\r\nv=0\r\nno form\r\n=x\r\n1=2\r\nm=message 1 TCP/MSRP *\r\n\r\na=\r\n"
	                          "a=setup\r\n\r\n\r\n");

	CU_ASSERT_EQUAL(s.n_media, 1);
	CU_ASSERT_EQUAL(s.n_lines, 12);
	CU_ASSERT_EQUAL(s.lines[0].type, 0);
	CU_ASSERT_EQUAL(s.lines[3].type, 0);
	CU_ASSERT_EQUAL(s.lines[4].type, 0);
	CU_ASSERT_EQUAL(s.lines[5].type, 0);
	CU_ASSERT_EQUAL(s.media[0].n_lines, 6);
	CU_ASSERT_EQUAL(s.lines[11].type, 0);
	CU_ASSERT_EQUAL(sdp_setup(&s, &s.media[0]), SDP_SETUP_BAD);
}

static void
what_is_no_sdp_is_refused(void)
{
	CU_ASSERT_EQUAL(try_parse(span_str("")), ERR_SYNTAX);
	CU_ASSERT_EQUAL(try_parse(span_str(" \r\n")), ERR_SYNTAX);
	CU_ASSERT_EQUAL(try_parse(span_str("o=- 1 1 IN IP4 1.2.3.4\r\nv=0\r\n")), ERR_SYNTAX);
	CU_ASSERT_EQUAL(try_parse(span_str("V=0\r\n")), ERR_SYNTAX);
	CU_ASSERT_EQUAL(try_parse(SPAN_LIT("v=0\r\ns=\0\r\n")), ERR_SYNTAX);
	CU_ASSERT_EQUAL(try_parse(SPAN_LIT("v=0\r\n\0")), ERR_SYNTAX);
}

static void
ports_beyond_16_bits_break_their_line_only(void)
{
	static const char *const bad[] = {
		"message 65536 TCP/MSRP *", "message 4294967296 TCP/MSRP *", "message 4294974950 TCP/MSRP *",
		"message 18446744073709551617 TCP/MSRP *", "message -1 TCP/MSRP *", "message x TCP/MSRP *",
		"message 0x50 TCP/MSRP *", "message $ TCP/MSRP *", "message 1/0 TCP/MSRP *",
		"message 1/ TCP/MSRP *",
		"message 1/x TCP/MSRP *", "message 1", "message 1 TCP/MSRP", "message", "", " ",
		"message 1/2/3 TCP/MSRP *",
	};
	char text[512];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sdp s;

		snprintf(text, sizeof(text), HEAD "m=%s\r\nm=message 2 TCP/MSRP *\r\n", bad[i]);
		s = must_parse(text);
		CU_ASSERT_EQUAL_FATAL(s.n_media, 2);
		CU_ASSERT(s.media[0].is_broken);
		CU_ASSERT_FALSE(sdp_is_msrp(&s.media[0]));
		CU_ASSERT(sdp_is_msrp(&s.media[1]));
	}
}

static void
ports_at_the_edges(void)
{
	struct sdp s = must_parse(HEAD "m=message 0 TCP/MSRP *\nm=message 65535 TCP/MSRP * x y \n"
	                               "m=message\t1/2  TCP/MSRP\t*\n");

	CU_ASSERT(sdp_is_msrp(&s.media[0]));
	CU_ASSERT_EQUAL(s.media[0].port, 0);
	CU_ASSERT_EQUAL(s.media[1].port, 65535);
	CU_ASSERT(span_eqs(s.media[1].fmt, "* x y"));
	CU_ASSERT(s.media[2].has_count);
	CU_ASSERT(sdp_is_msrp(&s.media[2]));
}

static void
non_ascii_protos_are_somebody_elses(void)
{
	struct sdp s = must_parse(HEAD "m=message 1 TCP/MSRP\xc3\xa9 *\r\nm=message 1 \xff\xfe *\r\n"
	                               "m=message 1 RTP/AVP *\r\nm=m\xc3\xa9ssage 1 TCP/MSRP *\r\n");

	for (uint32_t i = 0; i < s.n_media; i++) {
		CU_ASSERT_FALSE(s.media[i].is_broken);
		CU_ASSERT_FALSE(sdp_is_msrp(&s.media[i]));
	}
}

static void
limits_hold_on_both_sides(void)
{
	static char text[SDP_BYTES_MAX + 2];
	size_t n = (size_t)snprintf(text, sizeof(text), "v=0\r\n");

	memset(text + n, 'c', sizeof(text) - n);
	memcpy(text + n, "c=IN IP4 ", 9); /* an endless c= */
	CU_ASSERT_EQUAL(try_parse(span_of(text, SDP_BYTES_MAX)), 0);
	CU_ASSERT_EQUAL(try_parse(span_of(text, SDP_BYTES_MAX + 1)), ERR_TOOBIG);
	n = (size_t)snprintf(text, sizeof(text), "v=0\n");
	for (int i = 1; i < SDP_LINES_MAX; i++)
		text[n++] = '\n';
	CU_ASSERT_EQUAL(try_parse(span_of(text, n)), 0);
	text[n++] = 'x';
	CU_ASSERT_EQUAL(try_parse(span_of(text, n)), ERR_TOOBIG);
	n = (size_t)snprintf(text, sizeof(text), "v=0\n");
	for (int i = 0; i < SDP_MEDIA_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "m=\n");
	CU_ASSERT_EQUAL(try_parse(span_of(text, n)), 0);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "m=\n");
	CU_ASSERT_EQUAL(try_parse(span_of(text, n)), ERR_TOOBIG);
}

static void
a_small_arena_is_an_error(void)
{
	struct arena small;
	struct sdp s = { .n_lines = 4711 };

	arena_init(&small, 64);
	CU_ASSERT_EQUAL(sdp_parse(&small, span_str("v=0\r\ns=-\r\nm=message 1 TCP/MSRP *\r\n"), &s), ERR_NOMEM);
	CU_ASSERT_EQUAL(s.n_lines, 4711);
	arena_fini(&small);
}

static void
connections_at_each_level(void)
{
	struct sdp s = must_parse(HEAD "c=IN IP4 192.0.2.1\r\nm=message 1 TCP/MSRP *\r\nm=message 2 TCP/MSRP *\r\n"
	                               "c=IN IP6 2001:db8::2\r\nc=IN IP6 2001:db8::3\r\n");
	char text[ADDR_TEXT_MAX];
	struct span host;
	struct addr a;

	CU_ASSERT_EQUAL(sdp_conn_line(&s, &s.media[0]), 3);
	CU_ASSERT_EQUAL(sdp_conn(&s, &s.media[0], &a, &host), 0);
	CU_ASSERT_STRING_EQUAL(addr_text(&a, text), "192.0.2.1:1");
	CU_ASSERT_EQUAL(sdp_conn(&s, &s.media[1], &a, &host), 0);
	CU_ASSERT_STRING_EQUAL(addr_text(&a, text), "[2001:db8::2]:2");
	CU_ASSERT_EQUAL(sdp_conn(&s, NULL, &a, &host), 0);
	CU_ASSERT_STRING_EQUAL(addr_text(&a, text), "192.0.2.1:0");
	s = must_parse(HEAD "m=message 1 TCP/MSRP *\r\n");
	CU_ASSERT_EQUAL(sdp_conn_line(&s, &s.media[0]), -1);
	CU_ASSERT_EQUAL(sdp_conn(&s, &s.media[0], &a, &host), ERR_SYNTAX);
}

static void
connections_that_are_no_address(void)
{
	static const struct {
		const char *value;
		int rc;
	} rows[] = {
		{ "IN IP4 ue.example.com", ERR_NOTFOUND }, { "IN IP6 ue.example.com", ERR_NOTFOUND },
		{ "IN IP4 224.2.1.1/127/3", 0 },           { "IN IP4 0.0.0.0", 0 },
		{ "IN IP6 ::", 0 },                        { "IN IP4 2001:db8::1", ERR_SYNTAX },
		{ "IN IP6 192.0.2.1", ERR_SYNTAX },        { "IN IP5 192.0.2.1", ERR_SYNTAX },
		{ "ATM IP4 192.0.2.1", ERR_SYNTAX },       { "IN IP4", ERR_SYNTAX },
		{ "", ERR_SYNTAX },                        { "IN IP4 a b", ERR_NOTFOUND },
		{ "IN IP4 $", ERR_SYNTAX },                { "IN IP4 h\xc3\xa9", ERR_SYNTAX },
	};
	char text[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span host = SPAN_NULL;
		struct addr a;
		struct sdp s;

		snprintf(text, sizeof(text), HEAD "m=message 1 TCP/MSRP *\r\nc=%s\r\n", rows[i].value);
		s = must_parse(text);
		if (sdp_conn(&s, &s.media[0], &a, &host) != rows[i].rc)
			printf("  c=%s\n", rows[i].value);
		CU_ASSERT_EQUAL(sdp_conn(&s, &s.media[0], &a, &host), rows[i].rc);
		CU_ASSERT_EQUAL(span_is_empty(host), rows[i].rc != ERR_NOTFOUND);
	}
}

static void
attributes_fall_back_to_the_session(void)
{
	struct sdp s = must_parse(HEAD "a=setup:passive\r\na=fingerprint:sha-1 " SHA1 "\r\na=3ge2ae:requested\r\n"
	                               "a=inactive\r\nm=message 1 TCP/TLS/MSRP *\r\n"
	                               "m=message 2 TCP/TLS/MSRP *\r\na=fingerprint:md5 AB\r\na=setup:active\r\n"
	                               "a=sendonly\r\na=setupx:1\r\na=setup:passive\r\n");
	struct fpr_set set = { 0 };

	CU_ASSERT_EQUAL(sdp_setup(&s, &s.media[0]), SDP_PASSIVE);
	CU_ASSERT_EQUAL(sdp_setup(&s, &s.media[1]), SDP_ACTIVE);
	CU_ASSERT_EQUAL(sdp_fingerprints(&s, &s.media[0], &set), 0);
	CU_ASSERT_EQUAL(set.n, 1);
	CU_ASSERT_EQUAL(sdp_fingerprints(&s, &s.media[1], &set), 0);
	CU_ASSERT_EQUAL(set.n, 0);
	CU_ASSERT_EQUAL(set.unknown, 1);
	CU_ASSERT_EQUAL(sdp_3ge2ae(&s, &s.media[0]), SDP_E2AE_ABSENT);
	CU_ASSERT_EQUAL(sdp_direction(&s, &s.media[0]), SDP_INACTIVE);
	CU_ASSERT_EQUAL(sdp_direction(&s, &s.media[1]), SDP_SENDONLY);
	CU_ASSERT_EQUAL(sdp_attr_line(&s, &s.media[1], "setup", 1), 13);
	CU_ASSERT_EQUAL(sdp_attr_line(&s, &s.media[1], "setup", 2), -1);
	CU_ASSERT(span_eqs(sdp_attr_value(&s, 13), "passive"));
	CU_ASSERT(span_is_empty(sdp_attr_value(&s, -1)));
}

static void
fingerprints_of_a_peer_are_all_or_nothing(void)
{
	struct sdp s = must_parse(HEAD "m=message 1 TCP/TLS/MSRP *\r\na=fingerprint:sha-1 " SHA1 "\r\n"
	                               "a=fingerprint:md5 00\r\na=fingerprint:SHA-1 " SHA1 "\r\n");
	struct fpr_set set = { .n = 7 };

	CU_ASSERT_EQUAL(sdp_fingerprints(&s, &s.media[0], &set), 0);
	CU_ASSERT_EQUAL(set.n, 2);
	CU_ASSERT_EQUAL(set.unknown, 1);
	set.n = 7;
	s = must_parse(HEAD "m=message 1 TCP/TLS/MSRP *\r\na=fingerprint:sha-1 " SHA1
	                    "\r\na=fingerprint:sha-1 11:22\r\n");
	CU_ASSERT_EQUAL(sdp_fingerprints(&s, &s.media[0], &set), ERR_SYNTAX);
	CU_ASSERT_EQUAL(set.n, 7);
	s = must_parse(HEAD "m=message 1 TCP/MSRP *\r\n");
	CU_ASSERT_EQUAL(sdp_fingerprints(&s, &s.media[0], &set), 0);
	CU_ASSERT_EQUAL(set.n + set.unknown, 0);
}

static void
too_many_fingerprints_are_a_limit(void)
{
	char text[2048];
	size_t n = (size_t)snprintf(text, sizeof(text), HEAD "m=message 1 TCP/TLS/MSRP *\r\n");
	struct fpr_set set = { 0 };
	struct sdp s;

	for (int i = 0; i <= SDP_FINGERPRINTS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "a=fingerprint:sha-1 " SHA1 "\r\n");
	s = must_parse(text);
	CU_ASSERT_EQUAL(sdp_fingerprints(&s, &s.media[0], &set), ERR_LIMIT);
}

static void
zero_media_lines_are_legal(void)
{
	struct sdp s = must_parse(HEAD "t=0 0\r\na=setup:active\r\n");

	CU_ASSERT_EQUAL(s.n_media, 0);
	CU_ASSERT_EQUAL(s.n_session_lines, 5);
	CU_ASSERT_EQUAL(sdp_setup(&s, NULL), SDP_ACTIVE);
	arena_fini(&arena);
}

const char test_suite[] = "sdp";
const struct test_case test_cases[] = {
	TEST(an_ordinary_offer_is_indexed),
	TEST(tokens_are_read_in_any_case),
	TEST(line_ends_of_every_kind),
	TEST(dirt_is_carried_and_never_read),
	TEST(what_is_no_sdp_is_refused),
	TEST(ports_beyond_16_bits_break_their_line_only),
	TEST(ports_at_the_edges),
	TEST(non_ascii_protos_are_somebody_elses),
	TEST(limits_hold_on_both_sides),
	TEST(a_small_arena_is_an_error),
	TEST(connections_at_each_level),
	TEST(connections_that_are_no_address),
	TEST(attributes_fall_back_to_the_session),
	TEST(fingerprints_of_a_peer_are_all_or_nothing),
	TEST(too_many_fingerprints_are_a_limit),
	TEST(zero_media_lines_are_legal),
	{ 0 },
};
