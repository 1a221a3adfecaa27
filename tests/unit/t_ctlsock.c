/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/ctlsock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "tests/lib/tmain.h"

/* ---- commands ---- */

static int
run_show(void *arg, struct span args, struct out *json)
{
	(void)arg;
	out_str(json, "{\"show\":");
	out_json_string(json, args);
	out_str(json, "}");
	return 0;
}

static int
run_show_calls(void *arg, struct span args, struct out *json)
{
	++*(int *)arg;
	out_str(json, "{\"calls\":");
	out_json_string(json, args);
	out_str(json, "}");
	return 0;
}

static int
run_fail(void *arg, struct span args, struct out *json)
{
	(void)arg;
	(void)args;
	out_str(json, "half a docum");
	return ERR_BUSY;
}

enum { BIG = 3 * 1000 * 1000 };

static int
run_big(void *arg, struct span args, struct out *json)
{
	(void)arg;
	out_char(json, '"');
	for (int i = 0; i < (args.len ? 100 * BIG : BIG) && !json->err; i++)
		out_char(json, 'x');
	out_char(json, '"');
	return 0;
}

static const struct ctl_command commands[] = {
	{ "show", "shows", run_show },
	{ "show calls", "shows calls", run_show_calls },
	{ "fail", "fails", run_fail },
	{ "big", "a big one", run_big },
	{ 0 },
};

/* ---- the far end ---- */

static struct loop *loop;
static struct ctlsock *sock;
static char path[64];
static int calls;

static void
start(void)
{
	char dir[] = "/tmp/t_ctl.XXXXXX";

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	calls = 0;
	loop = loop_new_sim(0);
	sock = ctlsock_new(loop, path, commands, &calls);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sock);
}

static void
finish(void)
{
	ctlsock_free(sock);
	loop_free(loop);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
	*strrchr(path, '/') = '\0';
	CU_ASSERT_EQUAL(rmdir(path), 0);
}

static int
dial(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	CU_ASSERT_EQUAL(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Reads until the far end is quiet or has closed. */
static size_t
hear(int fd, char *buf, size_t cap, bool *is_closed)
{
	size_t n = 0;
	ssize_t got;

	*is_closed = false;
	do {
		loop_sim_run(loop, 0, NULL, NULL);
		while ((got = recv(fd, buf + n, cap - 1 - n, 0)) > 0)
			n += (size_t)got;
		if (got == 0 && n < cap - 1)
			*is_closed = true;
	} while (!*is_closed && loop_poll(loop));
	buf[n] = '\0';
	return n;
}

static const char *
ask(int fd, const char *text, bool *is_closed)
{
	static char buf[4096];

	say(fd, text);
	hear(fd, buf, sizeof(buf), is_closed);
	return buf;
}

static void
a_line_is_answered_by_one_document(void)
{
	bool closed;
	int fd;

	start();
	fd = dial();
	CU_ASSERT_STRING_EQUAL(ask(fd, "show\n", &closed), "{\"show\":\"\"}\n");
	CU_ASSERT_STRING_EQUAL(ask(fd, "show  calls  a b \r\n", &closed), "{\"calls\":\"a b\"}\n");
	CU_ASSERT_STRING_EQUAL(ask(fd, "show callsign\n", &closed), "{\"show\":\"callsign\"}\n");
	CU_ASSERT_STRING_EQUAL(ask(fd, "fail\n", &closed), "{\"error\":\"busy\"}\n");
	CU_ASSERT_STRING_EQUAL(ask(fd, "shows\n", &closed), "{\"error\":\"unknown command, see help\"}\n");
	CU_ASSERT_STRING_EQUAL(ask(fd, "\n \n", &closed), "");
	CU_ASSERT_PTR_NOT_NULL(strstr(ask(fd, "help\n", &closed), "{\"name\":\"show calls\",\"text\":\"shows calls\"}"));
	CU_ASSERT_STRING_EQUAL(ask(fd, "show a\nshow b\nsho", &closed), "{\"show\":\"a\"}\n{\"show\":\"b\"}\n");
	CU_ASSERT_STRING_EQUAL(ask(fd, "w c\n", &closed), "{\"show\":\"c\"}\n");
	CU_ASSERT_FALSE(closed);
	close(fd);
	finish();
}

static void
a_client_that_ends_its_side_gets_its_answer_first(void)
{
	char buf[64];
	bool closed;
	int fd;

	start();
	fd = dial();
	say(fd, "show calls x");
	CU_ASSERT_EQUAL(shutdown(fd, SHUT_WR), 0);
	hear(fd, buf, sizeof(buf), &closed);
	CU_ASSERT_STRING_EQUAL(buf, "{\"calls\":\"x\"}\n");
	CU_ASSERT(closed);
	CU_ASSERT_EQUAL(calls, 1);
	close(fd);
	finish();
}

static void
a_line_without_end_is_refused(void)
{
	char big[CTL_LINE_MAX + 1];
	bool closed;
	int fd;

	start();
	memset(big, 'x', CTL_LINE_MAX);
	big[CTL_LINE_MAX] = '\0';
	fd = dial();
	CU_ASSERT_STRING_EQUAL(ask(fd, big, &closed), "{\"error\":\"line too long\"}\n");
	CU_ASSERT(closed);
	close(fd);
	finish();
}

static void
a_big_reply_crosses_whole_and_one_too_big_is_an_error(void)
{
	static char buf[BIG + 100];
	bool closed;
	int fd;

	start();
	fd = dial();
	say(fd, "big\nshow\n");
	CU_ASSERT_EQUAL(hear(fd, buf, sizeof(buf), &closed), BIG + 3 + strlen("{\"show\":\"\"}\n"));
	CU_ASSERT_STRING_EQUAL(buf + BIG + 2, "\n{\"show\":\"\"}\n");
	CU_ASSERT_STRING_EQUAL(ask(fd, "big more\n", &closed), "{\"error\":\"larger than the limit\"}\n");
	close(fd);
	finish();
}

static void
clients_are_limited_and_idle_ones_make_room(void)
{
	int fd[CTL_CLIENTS_MAX + 1];
	char buf[64];
	bool closed;

	start();
	for (int i = 0; i <= CTL_CLIENTS_MAX; i++) {
		fd[i] = dial();
		loop_sim_run(loop, 0, NULL, NULL);
	}
	hear(fd[CTL_CLIENTS_MAX], buf, sizeof(buf), &closed);
	CU_ASSERT(closed);
	loop_sim_run(loop, CTL_IDLE_MS - 1, NULL, NULL);
	CU_ASSERT_STRING_EQUAL(ask(fd[0], "show\n", &closed), "{\"show\":\"\"}\n");
	loop_sim_run(loop, 1, NULL, NULL);
	hear(fd[1], buf, sizeof(buf), &closed);
	CU_ASSERT(closed);
	CU_ASSERT_STRING_EQUAL(ask(fd[0], "show\n", &closed), "{\"show\":\"\"}\n");
	CU_ASSERT_FALSE(closed);
	close(fd[CTL_CLIENTS_MAX]);
	fd[CTL_CLIENTS_MAX] = dial();
	CU_ASSERT_STRING_EQUAL(ask(fd[CTL_CLIENTS_MAX], "show\n", &closed), "{\"show\":\"\"}\n");
	say(fd[0], "big\n"); /* not read: it is pending when the socket is freed */
	loop_sim_run(loop, 0, NULL, NULL);
	for (int i = 0; i <= CTL_CLIENTS_MAX; i++)
		close(fd[i]);
	finish();
}

static void
a_socket_that_cannot_be_made_is_logged(void)
{
	struct loop *l = loop_new_sim(0);

	log_open("t", LOG_TO_STDERR, LOG_LVL_ERROR);
	CU_ASSERT_PTR_NULL(ctlsock_new(l, "/nonexistent/sock", commands, NULL));
	loop_free(l);
}

const char test_suite[] = "ctlsock";
const struct test_case test_cases[] = {
	TEST(a_line_is_answered_by_one_document),
	TEST(a_client_that_ends_its_side_gets_its_answer_first),
	TEST(a_line_without_end_is_refused),
	TEST(a_big_reply_crosses_whole_and_one_too_big_is_an_error),
	TEST(clients_are_limited_and_idle_ones_make_room),
	TEST(a_socket_that_cannot_be_made_is_logged),
	{ 0 },
};
