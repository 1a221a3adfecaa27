/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/fake_daemons.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/bounds.h"
#include "proto/codec/ngmsg.h"
#include "proto/io/sock.h"
#include "tests/lib/tmain.h"

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
	struct fake_daemons *d = io->arg;
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(io->fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &from_len);
	struct span rest = span_of(buf, n > 0 ? (size_t)n : 0), cookie = span_cut(&rest, ' ');
	size_t len;

	(void)ready;
	if (n <= 0)
		return;
	d->heard++;
	d->is_cookie_kept = span_eqs(cookie, d->cookie);
	(void)span_copy(cookie, d->cookie, sizeof(d->cookie));
	if (d->lose) {
		/* Somebody else's late reply comes instead. */
		d->lose--;
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
	struct fake_daemons *d = io->arg;
	ssize_t got = recv(io->fd, buf + d->n_tcp, sizeof(buf) - d->n_tcp, 0);
	size_t len;
	int fd = io->fd;

	(void)ready;
	if (got <= 0) {
		stop_io(io);
		return;
	}
	d->n_tcp += (size_t)got;
	if (ng_frame(span_of(buf, d->n_tcp), &len) != 0)
		return;
	len = answer(buf, len, reply, sizeof(reply));
	/* In two pieces, so that the client has to put them together. */
	send(fd, reply, len / 2, MSG_NOSIGNAL);
	send(fd, reply + len / 2, len - len / 2, MSG_NOSIGNAL);
}

static void
on_listener(struct loop_io *io, unsigned ready)
{
	struct fake_daemons *d = io->arg;
	struct addr peer;
	int fd = sock_accept(io->fd, &peer);

	(void)ready;
	if (fd < 0)
		return;
	stop_io(&d->tcp); /* of the client before, whose end may not have been seen yet */
	d->n_tcp = 0;
	loop_io_init(&d->tcp, d->loop, fd, on_tcp, d);
	loop_io_want(&d->tcp, LOOP_READ);
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
listen_at(struct fake_daemons *d, struct loop_io *io, int fd, loop_io_fn fn, const char *proto, char *text)
{
	struct addr at;
	char addr[ADDR_TEXT_MAX];

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(sock_local(fd, &at), 0);
	snprintf(text, 64, "%s:%.50s", proto, addr_text(&at, addr));
	loop_io_init(io, d->loop, fd, fn, d);
	loop_io_want(io, LOOP_READ);
}

void
fake_daemons_start(struct fake_daemons *d, unsigned lose)
{
	static char alg[] = "alg", agw[] = "agw";
	struct addr any;
	char path[64];

	memset(d, 0, sizeof(*d));
	d->lose = lose;
	strcpy(d->dir, "/tmp/fake_daemons.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(d->dir));
	d->loop = loop_new();
	d->stop = loop_wake_new(d->loop, stop, d->loop);
	CU_ASSERT_EQUAL(addr_parse_hostport(span_str("127.0.0.1:0"), &any), 0);
	listen_at(d, &d->udp, sock_udp(&any), on_udp, "udp", d->ng_udp);
	listen_at(d, &d->listener, sock_tcp_listen(&any, 5), on_listener, "tcp", d->ng_tcp);
	snprintf(path, sizeof(path), "%s/alg", d->dir);
	d->alg = ctlsock_new(d->loop, path, alg_commands, alg);
	snprintf(path, sizeof(path), "%s/agw", d->dir);
	d->agw = ctlsock_new(d->loop, path, agw_commands, agw);
	CU_ASSERT_FATAL(d->alg && d->agw);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&d->thread, NULL, serve, d->loop), 0);
}

void
fake_daemons_end(struct fake_daemons *d)
{
	loop_wake_send(d->stop);
	pthread_join(d->thread, NULL);
	while (recv(d->udp.fd, d->cookie, 1, MSG_DONTWAIT) >= 0)
		d->heard++; /* what it was too busy for */
	loop_wake_free(d->stop);
	stop_io(&d->udp);
	stop_io(&d->listener);
	stop_io(&d->tcp);
	ctlsock_free(d->alg);
	ctlsock_free(d->agw);
	loop_free(d->loop);
	rmdir(d->dir);
}
