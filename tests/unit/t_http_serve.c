/* SPDX-License-Identifier: BSD-2-Clause */
/* The page server against peers that are whole, split, junk, slow, or too many; on a turned clock. */
#include "proto/io/http_serve.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/codec/http.h"
#include "tests/lib/tmain.h"

#define GET "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
#define REPLY_HEAD \
	"HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nContent-Length: 5\r\nCache-Control: no-store\r\n" \
	"Connection: close\r\n\r\n"

enum { BIG = HTTP_SERVE_BODY_MAX - 1000 };

static struct loop *loop;
static struct http_serve *serve;
static size_t body_len; /* 0: "hello" */
static int fails;
static char heard[BIG + 4096];

static int
print(void *arg, struct out *body)
{
	(void)arg;
	if (body_len == 0)
		out_str(body, "hello");
	for (size_t i = 0; i < body_len && !body->err; i++)
		out_char(body, 'x');
	return fails;
}

static void
start(void)
{
	struct http_page page = { "/metrics", "text/x", print };
	struct addr at;

	body_len = 0;
	fails = 0;
	loop = loop_new_sim(0);
	CU_ASSERT_EQUAL(addr_parse_hostport(SPAN_LIT("127.0.0.1:0"), &at), 0);
	serve = http_serve_new(loop, &at, &page, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(serve);
	CU_ASSERT(http_serve_addr(serve)->port > 0);
}

static void
finish(void)
{
	http_serve_free(serve);
	loop_free(loop);
}

static int
dial(void)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(http_serve_addr(serve), &ss);
	int fd = socket(AF_INET, SOCK_STREAM, 0), room = 4096;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&ss, len), 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	CU_ASSERT_EQUAL(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
	loop_sim_run(loop, 0, NULL, NULL);
}

/* Reads until the far end has closed (true) or nothing comes any more while the clock stands. */
static bool
hear(int fd)
{
	size_t n = 0;
	ssize_t got = -1;

	for (int idle = 0; idle < 100 && got != 0;) {
		loop_sim_run(loop, 0, NULL, NULL);
		got = recv(fd, heard + n, sizeof(heard) - 1 - n, MSG_DONTWAIT);
		if (got < 0 && errno != EAGAIN)
			break;
		idle = got > 0 ? 0 : idle + 1;
		n += got > 0 ? (size_t)got : 0;
	}
	heard[n] = '\0';
	return got == 0;
}

/* One connection, one request: what comes back up to the end of the connection. */
static const char *
ask(const char *request)
{
	int fd = dial();

	say(fd, request);
	CU_ASSERT(hear(fd));
	close(fd);
	loop_sim_run(loop, 0, NULL, NULL);
	return heard;
}

static bool
has_status(const char *request, const char *status)
{
	return strncmp(ask(request), status, strlen(status)) == 0;
}

static void
the_page_is_served_and_the_connection_ends(void)
{
	start();
	CU_ASSERT_STRING_EQUAL(ask(GET), REPLY_HEAD "hello");
	CU_ASSERT_STRING_EQUAL(ask("GET /metrics?x=1 HTTP/1.0\n\n"), REPLY_HEAD "hello");
	CU_ASSERT_STRING_EQUAL(ask("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), REPLY_HEAD);
	CU_ASSERT_EQUAL(http_serve_get_counters(serve)->replies, 3);
	finish();
}

static void
a_request_may_come_octet_by_octet(void)
{
	int fd;

	start();
	fd = dial();
	for (const char *p = GET; *p; p++)
		say(fd, (char[]){ *p, 0 });
	CU_ASSERT(hear(fd));
	CU_ASSERT_STRING_EQUAL(heard, REPLY_HEAD "hello");
	close(fd);
	finish();
}

static void
what_is_not_the_page_has_its_status(void)
{
	start();
	CU_ASSERT(has_status("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 "));
	CU_ASSERT(has_status("GET /metricsx HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 "));
	CU_ASSERT(has_status("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b", "HTTP/1.1 405 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(heard, "\r\nAllow: GET, HEAD\r\n"));
	CU_ASSERT(has_status("GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "));
	CU_ASSERT(has_status("\x16\x03\x01\x02", "HTTP/1.1 400 "));
	CU_ASSERT(has_status("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 400 "));
	CU_ASSERT_EQUAL(http_serve_get_counters(serve)->refused, 6);
	fails = ERR_IO;
	CU_ASSERT(has_status(GET, "HTTP/1.1 503 "));
	fails = 0;
	body_len = HTTP_SERVE_BODY_MAX + 1;
	CU_ASSERT(has_status(GET, "HTTP/1.1 503 "));
	finish();
}

static void
what_comes_behind_a_request_is_not_read_as_another(void)
{
	start();
	CU_ASSERT_STRING_EQUAL(ask(GET GET "\x01junk"), REPLY_HEAD "hello");
	CU_ASSERT_EQUAL(http_serve_get_counters(serve)->replies, 1);
	CU_ASSERT_EQUAL(http_serve_get_counters(serve)->refused, 0);
	finish();
}

static void
a_request_beyond_the_limit_is_refused(void)
{
	char big[3 * HTTP_REQUEST_MAX];

	start();
	memset(big, 'x', sizeof(big));
	memcpy(big, "GET /metrics HTTP/1.1\r\nHost: ", 29);
	big[sizeof(big) - 1] = '\0';
	CU_ASSERT(has_status(big, "HTTP/1.1 431 "));
	finish();
}

static void
whoever_does_not_ask_is_cut(void)
{
	int fd;

	start();
	fd = dial();
	say(fd, "GET /met");
	loop_sim_run(loop, HTTP_SERVE_MS - 1, NULL, NULL);
	CU_ASSERT_FALSE(hear(fd));
	say(fd, "r"); /* which wins no time */
	loop_sim_run(loop, 1, NULL, NULL);
	CU_ASSERT_EQUAL(http_serve_get_counters(serve)->timeouts, 1);
	CU_ASSERT_EQUAL(recv(fd, heard, 1, 0), -1);
	CU_ASSERT_EQUAL(errno, ECONNRESET);
	close(fd);
	finish();
}

static void
a_big_page_goes_as_fast_as_it_is_read(void)
{
	start();
	body_len = BIG;
	ask(GET);
	CU_ASSERT_EQUAL(strlen(heard), strlen(REPLY_HEAD) + strlen("1047576") - 1 + BIG);
	finish();
}

static void
a_slow_reader_is_cut_and_holds_up_nobody(void)
{
	int slow, fd;

	start();
	body_len = BIG;
	slow = dial();
	say(slow, GET);
	loop_sim_run(loop, 0, NULL, NULL);
	body_len = 0;
	fd = dial();
	say(fd, GET);
	CU_ASSERT(hear(fd));
	CU_ASSERT_STRING_EQUAL(heard, REPLY_HEAD "hello");
	CU_ASSERT_EQUAL(http_serve_get_counters(serve)->timeouts, 0);
	loop_sim_run(loop, HTTP_SERVE_MS, NULL, NULL);
	CU_ASSERT_EQUAL(http_serve_get_counters(serve)->timeouts, 1);
	CU_ASSERT_FALSE(hear(slow)); /* a reset, not an end */
	CU_ASSERT(strlen(heard) < BIG);
	close(slow);
	close(fd);
	finish();
}

/* Those that have their reply and stay. */
static void
whoever_does_not_leave_is_cut(void)
{
	int fd;

	start();
	fd = dial();
	say(fd, GET);
	CU_ASSERT(hear(fd));
	for (int i = 0; i < 4; i++) {
		loop_sim_run(loop, HTTP_SERVE_MS / 5, NULL, NULL);
		say(fd, "more");
	}
	loop_sim_run(loop, HTTP_SERVE_MS / 5, NULL, NULL);
	CU_ASSERT_EQUAL(http_serve_get_counters(serve)->timeouts, 0);
	CU_ASSERT_EQUAL(send(fd, "more", 4, MSG_NOSIGNAL), -1);
	close(fd);
	finish();
}

static void
more_than_the_limit_wait_for_their_turn(void)
{
	int fd[HTTP_SERVE_CLIENTS + 2];

	start();
	for (int i = 0; i < HTTP_SERVE_CLIENTS + 2; i++) {
		fd[i] = dial();
		loop_sim_run(loop, 0, NULL, NULL);
	}
	say(fd[HTTP_SERVE_CLIENTS], GET);
	say(fd[HTTP_SERVE_CLIENTS + 1], GET);
	CU_ASSERT_FALSE(hear(fd[HTTP_SERVE_CLIENTS]));
	CU_ASSERT_STRING_EQUAL(heard, "");
	close(fd[3]);
	CU_ASSERT(hear(fd[HTTP_SERVE_CLIENTS]));
	CU_ASSERT_STRING_EQUAL(heard, REPLY_HEAD "hello");
	CU_ASSERT_FALSE(hear(fd[HTTP_SERVE_CLIENTS + 1]));
	loop_sim_run(loop, HTTP_SERVE_MS, NULL, NULL); /* the idle ones go */
	CU_ASSERT(hear(fd[HTTP_SERVE_CLIENTS + 1]));
	CU_ASSERT_STRING_EQUAL(heard, REPLY_HEAD "hello");
	for (int i = 0; i < HTTP_SERVE_CLIENTS + 2; i++)
		if (i != 3)
			close(fd[i]);
	finish();
}

static void
its_end_cuts_whoever_is_there(void)
{
	int fd[3];

	start();
	body_len = BIG;
	for (int i = 0; i < 3; i++)
		fd[i] = dial();
	say(fd[0], "GET");
	say(fd[1], GET);
	finish();
	for (int i = 0; i < 3; i++)
		close(fd[i]);
}

static void
an_address_that_is_not_ours_is_logged(void)
{
	struct http_page page = { "/metrics", "text/x", print };
	struct addr at;

	loop = loop_new_sim(0);
	CU_ASSERT_EQUAL(addr_parse_hostport(SPAN_LIT("192.0.2.1:9"), &at), 0);
	CU_ASSERT_PTR_NULL(http_serve_new(loop, &at, &page, NULL));
	loop_free(loop);
}

const char test_suite[] = "http_serve";
const struct test_case test_cases[] = {
	TEST(the_page_is_served_and_the_connection_ends),
	TEST(a_request_may_come_octet_by_octet),
	TEST(what_is_not_the_page_has_its_status),
	TEST(what_comes_behind_a_request_is_not_read_as_another),
	TEST(a_request_beyond_the_limit_is_refused),
	TEST(whoever_does_not_ask_is_cut),
	TEST(a_big_page_goes_as_fast_as_it_is_read),
	TEST(a_slow_reader_is_cut_and_holds_up_nobody),
	TEST(whoever_does_not_leave_is_cut),
	TEST(more_than_the_limit_wait_for_their_turn),
	TEST(its_end_cuts_whoever_is_there),
	TEST(an_address_that_is_not_ours_is_logged),
	{ 0 },
};
