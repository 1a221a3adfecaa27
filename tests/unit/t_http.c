/* SPDX-License-Identifier: BSD-2-Clause */

#include "proto/base/err.h"
#include "proto/codec/http.h"
#include "tests/lib/tmain.h"

static int
parse(const char *text, bool closed, struct http_reply *r)
{
	return http_parse_reply(span_str(text), closed, r);
}

static void
a_post_says_its_length(void)
{
	struct addr a;
	char buf[512];
	struct out o;

	CU_ASSERT_EQUAL(addr_parse_hostport(SPAN_LIT("[2001:db8::1]:8000"), &a), 0);
	out_init(&o, buf, sizeof(buf));
	http_print_post(&o, &a, SPAN_LIT("/RPC"), "application/json", SPAN_LIT("{}"));
	CU_ASSERT_STRING_EQUAL(out_cstr(&o), "POST /RPC HTTP/1.1\r\nHost: [2001:db8::1]:8000\r\n"
	                       "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
}

static void
a_reply_is_whole_when_its_length_is_there(void)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length : 5\r\n\r\nhello";
	struct http_reply r;

	for (size_t n = 0; n < sizeof(text) - 1; n++)
		CU_ASSERT_EQUAL(http_parse_reply(span_of(text, n), false, &r), ERR_MORE);
	CU_ASSERT_EQUAL(parse(text, false, &r), 0);
	CU_ASSERT_EQUAL(r.status, 200);
	CU_ASSERT(span_eqs(r.body, "hello"));
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		CU_ASSERT_EQUAL(http_parse_reply(span_of(text, n), true, &r), ERR_SYNTAX);
}

static void
a_reply_without_length_ends_with_the_connection(void)
{
	struct http_reply r;

	CU_ASSERT_EQUAL(parse("HTTP/1.0 500 Oops\n\nwhy", false, &r), ERR_MORE);
	CU_ASSERT_EQUAL(parse("HTTP/1.0 500 Oops\n\nwhy", true, &r), 0);
	CU_ASSERT_EQUAL(r.status, 500);
	CU_ASSERT(span_eqs(r.body, "why"));
}

static void
what_is_no_reply_is_refused(void)
{
	struct http_reply r;

	CU_ASSERT_EQUAL(parse("SIP/2.0 200 OK\r\n\r\n", true, &r), ERR_SYNTAX);
	CU_ASSERT_EQUAL(parse("HTTP/1.1 20x OK\r\n\r\n", true, &r), ERR_SYNTAX);
	CU_ASSERT_EQUAL(parse("HTTP/1.1 99 Low\r\n\r\n", true, &r), ERR_SYNTAX);
	CU_ASSERT_EQUAL(parse("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", true, &r), ERR_SYNTAX);
	CU_ASSERT_EQUAL(parse("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", true, &r), ERR_SYNTAX);
	CU_ASSERT_EQUAL(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, &r), ERR_UNSUPPORTED);
	CU_ASSERT_EQUAL(parse("", true, &r), ERR_SYNTAX);
}

/* ---- requests ---- */

static int
parse_request(const char *text, struct http_request *r)
{
	return http_parse_request(span_str(text), r);
}

static void
a_request_is_whole_with_its_empty_line(void)
{
	static const char text[] = "GET /metrics?name=a HTTP/1.1\r\nHost: x\r\nAccept : \r\n\r\nmore\x01";
	static const char good[] = "GET /metrics?name=a HTTP/1.1\r\nhost: x\r\nAccept:\r\n\r\nmore\x01";
	struct http_request r;

	for (size_t n = 0; n < sizeof(good) - 1 - 5; n++)
		CU_ASSERT_EQUAL(http_parse_request(span_of(good, n), &r), ERR_MORE);
	CU_ASSERT_EQUAL(parse_request(good, &r), 0);
	CU_ASSERT(span_eqs(r.method, "GET"));
	CU_ASSERT(span_eqs(r.path, "/metrics"));
	CU_ASSERT_EQUAL(parse_request(text, &r), ERR_SYNTAX); /* RFC 9112 5.1: no blank before the colon */
	CU_ASSERT_EQUAL(parse_request("\r\nHEAD http://h:9/a/b?c HTTP/1.0\n\n", &r), 0);
	CU_ASSERT(span_eqs(r.method, "HEAD"));
	CU_ASSERT(span_eqs(r.path, "/a/b"));
	CU_ASSERT_EQUAL(parse_request("GET http://h HTTP/1.0\n\n", &r), 0);
	CU_ASSERT(span_eqs(r.path, "/"));
}

static void
what_is_no_request_is_refused(void)
{
	static const char *const bad[] = {
		"GET /\r\n\r\n",
		"GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
		" GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
		"GET / HTTP/1.\r\n\r\n",
		"GET / HTTP/2.0\r\n\r\n",
		"G(T / HTTP/1.0\r\n\r\n",
		"GET /\xc3\xa4 HTTP/1.0\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
		"GET / HTTP/1.1\r\nHost\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\ry\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\r\n\r\n",
		"GET /\x01", /* at once: nobody waits for the rest of a TLS hello */
		"\x16\x03\x01",
	};
	struct http_request r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(parse_request(bad[i], &r), ERR_SYNTAX);
	CU_ASSERT_EQUAL(http_parse_request(span_of("GET /\0", 6), &r), ERR_SYNTAX);
}

const char test_suite[] = "http";
const struct test_case test_cases[] = {
	TEST(a_post_says_its_length),
	TEST(a_reply_is_whole_when_its_length_is_there),
	TEST(a_reply_without_length_ends_with_the_connection),
	TEST(what_is_no_reply_is_refused),
	TEST(a_request_is_whole_with_its_empty_line),
	TEST(what_is_no_request_is_refused),
	{ NULL, NULL },
};
