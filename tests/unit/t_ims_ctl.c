/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs the program itself against stand-ins for the daemons: an NG server over UDP and TCP, and control sockets. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/bounds.h"
#include "proto/codec/ngmsg.h"
#include "proto/io/ctlsock.h"
#include "proto/io/loop.h"
#include "proto/io/sock.h"
#include "tests/lib/tmain.h"

/* ---- the daemons' stand-in, in a thread of its own ---- */

static struct server {
	struct loop *loop;
	struct loop_wake *stop;
	struct loop_io udp, listener, tcp;
	size_t n_tcp; /* bytes received of a request over TCP */
	struct ctlsock *alg, *agw;
	unsigned lose; /* this many datagrams first */
	unsigned heard;
	char cookie[64];
	bool is_cookie_kept; /* repetitions carry the same one */
	pthread_t thread;
	char dir[32], ng_udp[64], ng_tcp[64];
} sv;

/* Replies by command; "offer" echoes what it was asked, as the SDP. */
static size_t
answer(const char *buf, size_t len, char *reply, size_t cap)
{
	struct arena a;
	struct ng_msg m;
	struct ng_val *r;
	struct span command;
	struct out o;

	arena_init(&a, NG_ARENA_MAX);
	out_init(&o, reply, cap);
	if (ng_parse(&a, span_of(buf, len), &m) == 0) {
		command = ng_get_str(m.dict, "command");
		r = ng_new_dict(&a);
		if (span_eqs(command, "delete")) {
			ng_add_str(&a, r, "result", span_str("error"));
			ng_add_str(&a, r, "error-reason", span_str("Unknown call-id"));
		} else {
			ng_add_str(&a, r, "result", span_str(span_eqs(command, "ping") ? "pong" : "ok"));
		}
		if (span_eqs(command, "offer")) {
			struct out echo;

			out_init_heap(&echo, NG_MESSAGE_MAX);
			ng_print(&echo, SPAN_NULL, NG_JSON, m.dict);
			ng_add_str(&a, r, "sdp", arena_span(&a, out_get(&echo)));
			out_fini(&echo);
		}
		if (span_eqs(command, "list")) {
			struct ng_val *calls = ng_add_list(&a, r, "calls");

			ng_add_str(&a, ng_add_dict(&a, calls, NULL), "id", span_str("a\x1b[31m"));
			ng_add_str(&a, r, "sdp", span_str("v=0\r\ns=-\r\n"));
			ng_add_list(&a, r, "empty");
			ng_add_int(&a, r, "n", -3);
			ng_add_str(&a, r, "warning", span_str("mind"));
		}
		ng_print(&o, m.cookie, m.encoding, r);
	}
	arena_fini(&a);
	return o.len;
}

static void
on_udp(struct loop_io *io, unsigned ready)
{
	static char buf[NG_MESSAGE_MAX + 1], reply[NG_MESSAGE_MAX];
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(io->fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &from_len);
	struct span rest = span_of(buf, n > 0 ? (size_t)n : 0), cookie = span_cut(&rest, ' ');
	size_t len;

	(void)ready;
	if (n <= 0)
		return;
	sv.heard++;
	sv.is_cookie_kept = span_eqs(cookie, sv.cookie);
	(void)span_copy(cookie, sv.cookie, sizeof(sv.cookie));
	if (sv.lose) {
		/* Somebody else's late reply comes instead. */
		sv.lose--;
		sendto(io->fd, "other d6:result2:oke", 20, 0, (struct sockaddr *)&from, from_len);
		return;
	}
	len = answer(buf, (size_t)n, reply, sizeof(reply));
	sendto(io->fd, reply, len, 0, (struct sockaddr *)&from, from_len);
}

static void
stop_io(struct loop_io *io)
{
	int fd = io->fd;

	if (!io->loop)
		return;
	loop_io_stop(io);
	close(fd);
}

static void
on_tcp(struct loop_io *io, unsigned ready)
{
	static char buf[NG_MESSAGE_MAX], reply[NG_MESSAGE_MAX];
	ssize_t got = recv(io->fd, buf + sv.n_tcp, sizeof(buf) - sv.n_tcp, 0);
	size_t len;
	int fd = io->fd;

	(void)ready;
	if (got <= 0) {
		stop_io(io);
		return;
	}
	sv.n_tcp += (size_t)got;
	if (ng_frame(span_of(buf, sv.n_tcp), &len) != 0)
		return;
	len = answer(buf, len, reply, sizeof(reply));
	/* In two pieces, so that the client has to put them together. */
	send(fd, reply, len / 2, MSG_NOSIGNAL);
	send(fd, reply + len / 2, len - len / 2, MSG_NOSIGNAL);
}

static void
on_listener(struct loop_io *io, unsigned ready)
{
	struct addr peer;
	int fd = sock_accept(io->fd, &peer);

	(void)ready;
	if (fd < 0)
		return;
	stop_io(&sv.tcp); /* of the client before, whose end may not have been seen yet */
	sv.n_tcp = 0;
	loop_io_init(&sv.tcp, sv.loop, fd, on_tcp, NULL);
	loop_io_want(&sv.tcp, LOOP_READ);
}

static int
show_calls(void *arg, struct span args, struct out *json)
{
	(void)args;
	out_printf(json, "{\"who\":\"%s\",\"calls\":[]}", (const char *)arg);
	return 0;
}

static const struct ctl_command alg_commands[] = { { "show calls", "", show_calls }, { 0 } };
static const struct ctl_command agw_commands[] = { { "show contexts", "", show_calls }, { "drain", "", show_calls }, { 0 } };

static void *
serve(void *arg)
{
	loop_run(arg);
	return NULL;
}

static void
stop(void *arg)
{
	loop_stop(arg);
}

static void
listen_at(struct loop_io *io, int fd, loop_io_fn fn, const char *proto, char *text)
{
	struct addr at;
	char addr[ADDR_TEXT_MAX];

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(sock_local(fd, &at), 0);
	snprintf(text, 64, "%s:%.50s", proto, addr_text(&at, addr));
	loop_io_init(io, sv.loop, fd, fn, NULL);
	loop_io_want(io, LOOP_READ);
}

static void
start(unsigned lose)
{
	static char alg[] = "alg", agw[] = "agw";
	struct addr any;
	char path[64];

	memset(&sv, 0, sizeof(sv));
	sv.lose = lose;
	strcpy(sv.dir, "/tmp/t_ims_ctl.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(sv.dir));
	sv.loop = loop_new();
	sv.stop = loop_wake_new(sv.loop, stop, sv.loop);
	CU_ASSERT_EQUAL(addr_parse_hostport(span_str("127.0.0.1:0"), &any), 0);
	listen_at(&sv.udp, sock_udp(&any), on_udp, "udp", sv.ng_udp);
	listen_at(&sv.listener, sock_tcp_listen(&any, 5), on_listener, "tcp", sv.ng_tcp);
	snprintf(path, sizeof(path), "%s/alg", sv.dir);
	sv.alg = ctlsock_new(sv.loop, path, alg_commands, alg);
	snprintf(path, sizeof(path), "%s/agw", sv.dir);
	sv.agw = ctlsock_new(sv.loop, path, agw_commands, agw);
	CU_ASSERT_FATAL(sv.alg && sv.agw);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&sv.thread, NULL, serve, sv.loop), 0);
}

static void
finish(void)
{
	loop_wake_send(sv.stop);
	pthread_join(sv.thread, NULL);
	while (recv(sv.udp.fd, sv.cookie, 1, MSG_DONTWAIT) >= 0)
		sv.heard++; /* what it was too busy for */
	loop_wake_free(sv.stop);
	stop_io(&sv.udp);
	stop_io(&sv.listener);
	stop_io(&sv.tcp);
	ctlsock_free(sv.alg);
	ctlsock_free(sv.agw);
	loop_free(sv.loop);
	rmdir(sv.dir);
}

/* ---- the program ---- */

static char said[16384];

/* Runs ims-ctl against the stand-in; returns its exit status, what it wrote is in said. A busy machine has its time. */
static int
ctl(const char *ng, const char *args)
{
	const char *dir = getenv("TOP_BUILDDIR");
	char line[1024];
	size_t n;
	FILE *p;

	snprintf(line, sizeof(line), "exec 2>&1; %s/ims-ctl --ng=%s --alg-control=%s/alg --agw-control=%s/agw "
	         "--timeout=30 %s", dir ? dir : ".", ng, sv.dir, sv.dir, args);
	p = popen(line, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	n = fread(said, 1, sizeof(said) - 1, p);
	said[n] = '\0';
	return WEXITSTATUS(pclose(p));
}

static void
ping_is_answered_over_udp_and_tcp(void)
{
	start(0);
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "ping"), 0);
	CU_ASSERT_STRING_EQUAL(said, "result: pong\n");
	CU_ASSERT_EQUAL(ctl(sv.ng_tcp, "ping"), 0);
	CU_ASSERT_STRING_EQUAL(said, "result: pong\n");
	CU_ASSERT_EQUAL(ctl(sv.ng_tcp, "--json ping"), 0);
	CU_ASSERT_STRING_EQUAL(said, "{\n  \"result\": \"pong\"\n}\n");
	finish();
}

static void
an_unanswered_request_is_repeated_under_its_cookie(void)
{
	start(2);
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "--tries=20 --timeout=0.3 ping"), 0);
	finish();
	CU_ASSERT(sv.heard >= 3); /* more, when we are slow to answer */
	CU_ASSERT(sv.is_cookie_kept);
	start(100);
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "--tries=2 --timeout=0.05 ping"), 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "no answer from udp:127.0.0.1:"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "timed out"));
	finish();
	CU_ASSERT_EQUAL(sv.heard, 2);
}

static void
an_offer_carries_what_was_typed(void)
{
	start(0);
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "offer --call-id=c1 --from-tag t --direction=core,access ue-e2ae=yes e2ae a=b=c"
	                               " direction=x loop-protect </dev/null"), 0);
	CU_ASSERT_STRING_EQUAL(said, " {\"command\":\"offer\",\"call-id\":\"c1\",\"from-tag\":\"t\",\"direction\":"
	                             "[\"core\",\"access\",\"x\"],\"ue-e2ae\":\"yes\",\"flags\":[\"e2ae\",\"loop-protect\"],"
	                             "\"a\":\"b=c\"}");
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "offer --call-id=c1 --from-tag=t --sdp=/nonexistent"), 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "SDP of /nonexistent: No such file"));
	finish();
}

static void
an_offer_reads_standard_input_and_names_its_call(void)
{
	start(0);
	CU_ASSERT_EQUAL(ctl(sv.ng_tcp, "offer <<'X'\nv=0\r\nX\n"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "ims-ctl: this call is --call-id=ims-ctl-"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "\"from-tag\":\"ims-ctl\",\"sdp\":\"v=0\\r\\n\"}"));
	finish();
}

static void
an_error_is_told_and_is_the_exit_status(void)
{
	start(0);
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "delete --call-id=c1"), 1);
	CU_ASSERT_STRING_EQUAL(said, "ims-ctl: error: Unknown call-id\n");
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "--json delete --call-id=c1"), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "\"error-reason\": \"Unknown call-id\""));
	finish();
}

static void
a_dictionary_is_readable_and_harmless_to_the_terminal(void)
{
	start(0);
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "list 2>/dev/null"), 0);
	CU_ASSERT_STRING_EQUAL(said, "result: ok\ncalls:\n  -\n    id: a\\x1b[31m\nsdp: |\n  v=0\n  s=-\nempty: (none)\nn: -3\n"
	                             "warning: mind\n");
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "list"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "ims-ctl: warning: mind\n"));
	finish();
}

static void
show_asks_the_control_sockets(void)
{
	start(0);
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "show alg calls"), 0);
	CU_ASSERT_STRING_EQUAL(said, "{\n  \"who\": \"alg\",\n  \"calls\": []\n}\n");
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "show contexts"), 0);
	CU_ASSERT_STRING_EQUAL(said, "agw:\n{\n  \"who\": \"agw\",\n  \"calls\": []\n}\n");
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "agw drain now"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "\"who\": \"agw\""));
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "alg help"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "\"name\": \"show calls\""));
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "show agw calls"), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "unknown command"));
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "show nothing"), 1);
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "show"), 2);
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "--alg-control=/nonexistent show alg calls"), 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "no answer from ims-alg at /nonexistent: not found"));
	finish();
}

static void
mistakes_of_the_operator_are_usage_errors(void)
{
	start(0);
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, ""), 2);
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "ofer"), 2);
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "answer --call-id=c --from-tag=f </dev/null"), 2);
	CU_ASSERT_STRING_EQUAL(said, "ims-ctl: answer needs --to-tag\n");
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "query"), 2);
	CU_ASSERT_EQUAL(ctl(sv.ng_udp, "--direction=core ping"), 2);
	CU_ASSERT_EQUAL(ctl("sctp:127.0.0.1:1", "ping"), 2);
	CU_ASSERT_EQUAL(ctl("udp:127.0.0.1:0", "ping"), 2);
	CU_ASSERT_EQUAL(sv.heard, 0);
	finish();
}

/* Ports that we hold, so that nobody else listens there meanwhile: TCP bound only, UDP connected to itself. */
static void
nobody_listening_is_told_at_once(void)
{
	struct addr any, at;
	struct sockaddr_storage ss;
	char ng[64], text[ADDR_TEXT_MAX];
	int fd[2];

	CU_ASSERT_EQUAL(addr_parse_hostport(span_str("127.0.0.1:0"), &any), 0);
	fd[0] = sock_udp(&any);
	fd[1] = sock_tcp_bound(&any);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_FATAL(fd[i] >= 0 && sock_local(fd[i], &at) == 0);
		if (i == 0)
			CU_ASSERT_EQUAL(connect(fd[i], (struct sockaddr *)&ss, addr_to_sockaddr(&at, &ss)), 0);
		snprintf(ng, sizeof(ng), "%s:%s", i == 0 ? "udp" : "tcp", addr_text(&at, text));
		CU_ASSERT_EQUAL(ctl(ng, "ping"), 3);
		CU_ASSERT_PTR_NOT_NULL(strstr(said, "refused"));
		close(fd[i]);
	}
}

const char test_suite[] = "ims_ctl";
const struct test_case test_cases[] = {
	TEST(ping_is_answered_over_udp_and_tcp),
	TEST(an_unanswered_request_is_repeated_under_its_cookie),
	TEST(an_offer_carries_what_was_typed),
	TEST(an_offer_reads_standard_input_and_names_its_call),
	TEST(an_error_is_told_and_is_the_exit_status),
	TEST(a_dictionary_is_readable_and_harmless_to_the_terminal),
	TEST(show_asks_the_control_sockets),
	TEST(mistakes_of_the_operator_are_usage_errors),
	TEST(nobody_listening_is_told_at_once),
	{ 0 },
};
