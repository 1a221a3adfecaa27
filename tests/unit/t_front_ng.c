/* SPDX-License-Identifier: BSD-2-Clause */
/* NG over UDP and TCP as a proxy sees it: errors in rtpengine's words, the cookie cache, bounds. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/alg_bench.h"
#include "tests/lib/tmain.h"

static struct alg_bench b;

static void
start(void)
{
	bench_init(&b);
	bench_start(&b, MGCO_TCP);
}

/* Sends text as it is and gives the reply, "" when none comes within a second. */
static const char *
ask(const char *text)
{
	int n = b.n_replies;

	bench_send(&b, text, strlen(text));
	bench_run(&b, 1000);
	return b.n_replies > n ? b.replies[n] : "";
}

static void
ping_in_both_encodings(void)
{
	start();
	CU_ASSERT_STRING_EQUAL(ask("5323_1 d7:command4:pinge"), "5323_1 d6:result4:ponge");
	CU_ASSERT_STRING_EQUAL(ask("5323_2 {\"command\": \"ping\"}"), "5323_2 {\"result\":\"pong\"}");
	bench_stop(&b);
}

static void
errors_have_rtpengines_words(void)
{
	static const char *const rows[][2] = {
		{ "{\"command\":\"play media\"}", "Unrecognized command" },
		{ "{\"commando\":\"ping\"}", "Dictionary contains no key \\\"command\\\"" },
		{ "{\"command\":7}", "Dictionary contains no key \\\"command\\\"" },
		{ "{\"command\":", "Invalid NG data format" },
		{ "rubbish", "Invalid NG data format" },
		{ "{\"command\":\"offer\",\"call-id\":\"x\",\"from-tag\":\"f\"}", "No SDP body in message" },
		{ "{\"command\":\"offer\",\"sdp\":\"v=0\",\"from-tag\":\"f\"}", "No call-id in message" },
		{ "{\"command\":\"offer\",\"sdp\":\"v=0\",\"call-id\":\"x\"}", "No from-tag in message" },
		{ "{\"command\":\"answer\",\"sdp\":\"v=0\",\"call-id\":\"x\",\"from-tag\":\"f\"}", "No to-tag in message" },
		{ "{\"command\":\"delete\"}", "No call-id in message" },
		{ "{\"command\":\"query\"}", "No call-id in message" },
		{ "{\"command\":\"query\",\"call-id\":\"x\"}", "Unknown call-id" },
		{ "{\"command\":\"offer\",\"sdp\":\"hello\",\"call-id\":\"x\",\"from-tag\":\"f\"}", "Failed to parse SDP" },
		{ "{\"command\":\"ping\",\"direction\":[\"mars\",\"core\"]}", "Unknown realm in direction" },
		{ "{\"command\":\"ping\",\"direction\":[\"core\",\"core\"]}", "Unknown or same realm in direction" },
		{ "{\"command\":\"ping\",\"e2ae\":\"maybe\"}", "e2ae must be auto, on or off" },
		{ "{\"command\":\"ping\",\"msrp\":\"x\"}", "msrp must be auto, agnostic or aware" },
		{ "{\"command\":\"ping\",\"setup-role\":\"access\"}",
		  "setup-role must be SIDE:ROLE with access or core and auto, active or passive" },
		{ "{\"command\":\"ping\",\"interlink\":\"x\"}", "interlink must be on or off" },
		{ "{\"command\":\"ping\",\"ue-e2ae\":\"x\"}", "ue-e2ae must be yes or no" },
	};
	char text[512];

	start();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *reply;

		snprintf(text, sizeof(text), "k%zu %s", i, rows[i][0]);
		reply = ask(text);
		CU_ASSERT(strstr(reply, "error") != NULL);
		/* What cannot be read at all is answered in bencode, where a quote needs no escape. */
		CU_ASSERT(strstr(reply, rows[i][1]) != NULL);
	}
	CU_ASSERT_EQUAL(b.alg->stats.ng_errors, sizeof(rows) / sizeof(rows[0]));
	bench_stop(&b);
}

static void
a_message_without_a_cookie_is_dropped(void)
{
	start();
	CU_ASSERT_STRING_EQUAL(ask("d7:command4:pinge"), "");
	CU_ASSERT_STRING_EQUAL(ask(" d7:command4:pinge"), "");
	CU_ASSERT_STRING_EQUAL(ask("x"), "");
	CU_ASSERT_STRING_EQUAL(ask("\x01\x02 d7:command4:pinge"), "");
	CU_ASSERT_EQUAL(b.alg->stats.ng_dropped, 4);
	CU_ASSERT_STRING_EQUAL(ask("1 d7:command4:pinge"), "1 d6:result4:ponge");
	bench_stop(&b);
}

static void
a_cookie_again_gets_the_same_bytes_for_half_a_minute(void)
{
	char first[8192];

	start();
	snprintf(first, sizeof(first), "%s", ask("7_1 {\"command\":\"statistics\"}"));
	CU_ASSERT(strstr(first, "\"ng_requests\":1") != NULL);
	CU_ASSERT_STRING_EQUAL(ask("7_1 {\"command\":\"statistics\"}"), first);
	bench_run(&b, 25000);
	CU_ASSERT_STRING_EQUAL(ask("7_1 {\"command\":\"statistics\"}"), first);
	CU_ASSERT_EQUAL(b.alg->stats.ng_requests, 1);
	CU_ASSERT_EQUAL(b.alg->stats.ng_duplicates, 2);
	bench_run(&b, 2 * NG_CACHE_MS + 1000);
	CU_ASSERT(strcmp(ask("7_1 {\"command\":\"statistics\"}"), first) != 0);
	CU_ASSERT_EQUAL(b.alg->stats.ng_requests, 2);
	bench_stop(&b);
}

/* A proxy that was restarted may count its cookies from the start: another question is not answered from the cache. */
static void
a_cookie_with_other_content_is_another_message(void)
{
	start();
	CU_ASSERT_STRING_EQUAL(ask("7_1 d7:command4:pinge"), "7_1 d6:result4:ponge");
	CU_ASSERT(strstr(ask("7_1 d7:command4:liste"), "5:calls") != NULL);
	bench_stop(&b);
}

static void
a_list_stops_at_its_limit_and_at_a_datagram(void)
{

	start();
	for (int i = 0; i < 400; i++) {
		char call[250];
		int len = snprintf(call, sizeof(call), "%04d", i);

		memset(call + len, 'x', sizeof(call) - (size_t)len - 1);
		call[sizeof(call) - 1] = '\0';
		bench_request(&b, NULL, "offer", call, BENCH_AUDIO, "\"from-tag\":\"f\"");
		bench_run(&b, 1);
		b.n_replies = 0;
	}
	CU_ASSERT_EQUAL(calls_count(b.alg->calls), 400);
	CU_ASSERT(strlen(ask("a {\"command\":\"list\"}")) < 9000); /* 32 of them */
	bench_send(&b, "b {\"command\":\"list\",\"limit\":1000}", 33);
	bench_run(&b, 100);
	CU_ASSERT(b.n_replies == 2);
	CU_ASSERT_EQUAL(b.alg->stats.ng_oversized, 0);
	bench_stop(&b);
}

static void
flags_in_one_string_count_like_parsed_ones(void)
{
	start();
	/* Kamailio 6: MSRP without a direction would be an error of its own. */
	CU_ASSERT(strstr(bench_str(&b, bench_ask(&b, "offer", "c1", BENCH_OFFER,
	                                         "\"from-tag\":\"f\",\"rtpp-flags\":\"direction=core direction=access "
	                                         "ue-e2ae=yes trust-address\""),
	                           "error-reason"),
	                 "no gateway is in service") != NULL);
	CU_ASSERT_STRING_EQUAL(bench_str(&b, bench_ask(&b, "offer", "c1", BENCH_OFFER, "\"from-tag\":\"f\""), "error-reason"),
	                       "No direction in message");
	bench_stop(&b);
}

/* As OpenSIPS's module writes it (3.6): keys in any order, direction from in-iface and out-iface, keys of a script as they
 * are, from_tag of ours in the place of the from-tag that it leaves out of a delete. */
#define OPENSIPS_SDP "3:sdp67:v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
#define OPENSIPS_CALL "7:call-id6:c@core"
#define OPENSIPS_TO_UE OPENSIPS_SDP "7:ue-e2ae3:yes9:directionl4:core6:accesse" OPENSIPS_CALL
#define OPENSIPS_FROM_UE OPENSIPS_SDP "6:status3:2009:directionl6:access4:coree" OPENSIPS_CALL
#define OPENSIPS_FROM "13:received-froml3:IP410:10.201.2.2e"

static void
what_opensips_writes_is_read(void)
{
	static const struct {
		const char *request, *reply;
		uint32_t calls;
	} rows[] = {
		{ "d" OPENSIPS_TO_UE "10:via-branch5:z9h.0" OPENSIPS_FROM "8:from-tag2:ft7:command5:offere", "2:ok3:sdp", 1 },
		{ "d" OPENSIPS_TO_UE "10:via-branch5:z9h.1" OPENSIPS_FROM "8:from-tag2:ft7:command5:offere", "2:ok3:sdp", 2 },
		{ "d" OPENSIPS_FROM_UE "10:via-branch5:z9h.0" OPENSIPS_FROM "8:from-tag2:ft6:to-tag2:t07:command6:answere",
		  "2:ok3:sdp", 2 },
		{ "d" OPENSIPS_FROM_UE "10:via-branch5:z9h.1" OPENSIPS_FROM "8:from-tag2:ft6:to-tag2:t17:command6:answere",
		  "2:ok3:sdp", 2 },
		{ "d" OPENSIPS_CALL OPENSIPS_FROM "8:from-tag2:ft6:to-tag2:t07:command5:querye", "2:t0", 2 },
		/* A re-INVITE that was refused. */
		{ "d" OPENSIPS_TO_UE "10:via-branch5:z9i.0" OPENSIPS_FROM "8:from-tag2:ft6:to-tag2:t07:command5:offere",
		  "2:ok3:sdp", 2 },
		{ "d8:rollback3:yes" OPENSIPS_CALL "10:via-branch5:z9i.0" OPENSIPS_FROM "7:command6:deletee", "2:ok", 2 },
		{ "d8:from_tag2:ft" OPENSIPS_CALL OPENSIPS_FROM "6:to-tag2:t07:command6:deletee", "2:ok", 1 },
		/* The module rtp_relay, when its dialog ends. */
		{ "d" OPENSIPS_CALL "13:received-froml3:IP47:0.0.0.0e6:to-tag2:t07:command6:deletee", "7:warning", 1 },
		{ "d" OPENSIPS_CALL "13:received-froml3:IP47:0.0.0.0e6:to-tag2:t17:command6:deletee", "2:ok", 0 },
	};
	char text[512];

	start();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "11350_3906_%zu %s", i, rows[i].request);
		CU_ASSERT(strstr(ask(text), rows[i].reply) != NULL);
		CU_ASSERT_EQUAL(calls_count(b.alg->calls), rows[i].calls);
	}
	CU_ASSERT_EQUAL(b.alg->stats.rollbacks, 1);
	bench_stop(&b);
}

/* ---- TCP ---- */

static int
connect_tcp(void)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&b.alg->ng[1], &ss);
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&ss, len), 0);
	return fd;
}

/* Everything that comes within the given time; -1 in *eof when the peer closed. */
static size_t
collect(int fd, char *buf, size_t cap, bool *eof)
{
	size_t n = 0;

	*eof = false;
	for (int i = 0; i < 20; i++) {
		ssize_t r;

		bench_run(&b, 5);
		r = recv(fd, buf + n, cap - n - 1, MSG_DONTWAIT);
		if (r == 0 || (r < 0 && errno != EAGAIN)) {
			*eof = true;
			break;
		}
		n += r > 0 ? (size_t)r : 0;
	}
	buf[n] = '\0';
	return n;
}

static void
messages_on_tcp_may_come_in_any_pieces(void)
{
	static const char two[] = "a d7:command4:pinge" "b {\"command\":\"ping\"}";
	char buf[1024];
	bool eof;
	int fd;

	start();
	fd = connect_tcp();
	for (size_t i = 0; i + 1 < sizeof(two); i++) {
		CU_ASSERT_EQUAL(send(fd, two + i, 1, 0), 1);
		bench_run(&b, 1);
	}
	collect(fd, buf, sizeof(buf), &eof);
	CU_ASSERT_STRING_EQUAL(buf, "a d6:result4:ponge" "b {\"result\":\"pong\"}");
	CU_ASSERT_FALSE(eof);
	CU_ASSERT_EQUAL(send(fd, two, sizeof(two) - 1, 0), (ssize_t)(sizeof(two) - 1)); /* at once, and repeated */
	collect(fd, buf, sizeof(buf), &eof);
	CU_ASSERT_STRING_EQUAL(buf, "a d6:result4:ponge" "b {\"result\":\"pong\"}");
	CU_ASSERT_EQUAL(b.alg->stats.ng_requests, 2);
	close(fd);
	bench_run(&b, 20);
	bench_stop(&b);
}

static void
a_stream_without_sense_is_closed_and_others_go_on(void)
{
	char buf[1024];
	bool eof;
	int good, bad;

	start();
	good = connect_tcp();
	bad = connect_tcp();
	CU_ASSERT(send(bad, "\x16\x03\x01 hello hello hello", 21, MSG_NOSIGNAL) > 0);
	collect(bad, buf, sizeof(buf), &eof);
	CU_ASSERT(eof);
	CU_ASSERT(send(good, "a d7:command4:pinge", 19, 0) > 0);
	collect(good, buf, sizeof(buf), &eof);
	CU_ASSERT_STRING_EQUAL(buf, "a d6:result4:ponge");
	CU_ASSERT_EQUAL(b.alg->stats.ng_malformed, 1);
	close(good);
	close(bad);
	bench_stop(&b);
}

static void
a_message_that_never_ends_is_cut_off(void)
{
	static char big[NG_MESSAGE_MAX * 2];
	char buf[256];
	bool eof;
	int fd;

	start();
	fd = connect_tcp();
	memcpy(big, "a d7:command99999999:", 21);
	memset(big + 21, 'x', sizeof(big) - 21);
	for (size_t at = 0; at < sizeof(big); at += 4096) {
		if (send(fd, big + at, 4096, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		bench_run(&b, 1);
	}
	collect(fd, buf, sizeof(buf), &eof);
	CU_ASSERT(eof);
	close(fd);
	CU_ASSERT_STRING_EQUAL(ask("5323_1 d7:command4:pinge"), "5323_1 d6:result4:ponge");
	bench_stop(&b);
}

static void
random_and_cut_datagrams_change_nothing(void)
{
	static const char whole[] = "c d7:command5:offer7:call-id2:c13:sdp5:v=0\r\n8:from-tag1:fe";
	uint32_t x = 1;

	start();
	CU_ASSERT(bench_str(&b, bench_ask(&b, "offer", "keep", BENCH_AUDIO, "\"from-tag\":\"f\""), "sdp")[0] != '\0');
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		bench_send(&b, whole, n);
		bench_run(&b, 1);
		b.n_replies = 0;
	}
	for (int i = 0; i < 2000; i++) {
		char junk[64];

		for (size_t k = 0; k < sizeof(junk); k++) {
			x = x * 1664525u + 1013904223u;
			junk[k] = (char)(x >> 24);
		}
		bench_send(&b, junk, sizeof(junk));
		bench_run(&b, 0);
		b.n_replies = 0;
	}
	bench_run(&b, 10);
	b.n_replies = 0;
	CU_ASSERT_STRING_EQUAL(ask("z {\"command\":\"list\"}"), "z {\"result\":\"ok\",\"calls\":[\"keep\"]}");
	bench_stop(&b);
}

const char test_suite[] = "front_ng";
const struct test_case test_cases[] = {
	TEST(ping_in_both_encodings),
	TEST(errors_have_rtpengines_words),
	TEST(a_message_without_a_cookie_is_dropped),
	TEST(a_cookie_again_gets_the_same_bytes_for_half_a_minute),
	TEST(a_cookie_with_other_content_is_another_message),
	TEST(a_list_stops_at_its_limit_and_at_a_datagram),
	TEST(flags_in_one_string_count_like_parsed_ones),
	TEST(what_opensips_writes_is_read),
	TEST(messages_on_tcp_may_come_in_any_pieces),
	TEST(a_stream_without_sense_is_closed_and_others_go_on),
	TEST(a_message_that_never_ends_is_cut_off),
	TEST(random_and_cut_datagrams_change_nothing),
	{ 0 },
};
