/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/http_post.h"

#include <stdlib.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/io/sock.h"

enum { READ_BYTES = 4096 };

struct http_post {
	struct loop *loop;
	http_done_fn done;
	void *arg;
	int fd;          /* -1: none */
	int refused;     /* why there is no connection; told by the timer */
	struct loop_io io;
	struct loop_timer timer;
	struct loop_defer reaper;
	char *request;
	size_t len, sent;
	struct out in;
};

static void
disconnect(struct http_post *p)
{
	loop_timer_stop(&p->timer);
	loop_io_stop(&p->io);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

static void
finish(struct http_post *p, int err, const struct http_reply *r)
{
	http_done_fn done = p->done;

	disconnect(p);
	p->done = NULL;
	if (done)
		done(p->arg, err, r);
}

static void
on_timer(struct loop_timer *t)
{
	struct http_post *p = t->arg;

	finish(p, p->refused ? p->refused : ERR_TIMEOUT, NULL);
}

static void
flush(struct http_post *p)
{
	int rc = sock_send(p->fd, span_of(p->request, p->len), &p->sent);

	if (!rc)
		loop_io_want(&p->io, LOOP_READ);
	else if (rc != ERR_AGAIN)
		finish(p, rc, NULL);
}

static void
receive(struct http_post *p)
{
	char buf[READ_BYTES];
	struct http_reply r;
	size_t n;
	int rc = sock_recv(p->fd, buf, sizeof(buf), &n);

	if (rc == ERR_AGAIN)
		return;
	if (!rc) {
		out_bytes(&p->in, buf, n);
		rc = p->in.err ? p->in.err : http_parse_reply(out_get(&p->in), n == 0, &r);
	}
	if (rc != ERR_MORE)
		finish(p, rc, rc ? NULL : &r);
}

static void
on_ready(struct loop_io *io, unsigned ready)
{
	struct http_post *p = io->arg;
	int rc = p->sent ? 0 : sock_error(p->fd);

	if (rc) {
		finish(p, rc, NULL);
		return;
	}
	if (ready & LOOP_WRITE)
		flush(p);
	if (p->fd >= 0 && ready & LOOP_READ)
		receive(p);
}

struct http_post *
http_post_new(struct loop *l, const struct addr *to, struct span request, unsigned timeout_ms, http_done_fn done,
              void *arg)
{
	struct http_post *p = calloc(1, sizeof(*p));

	if (!p || !(p->request = span_dup(request))) {
		free(p);
		return NULL;
	}
	p->loop = l;
	p->done = done;
	p->arg = arg;
	p->len = request.len;
	out_init_heap(&p->in, HTTP_REPLY_MAX);
	loop_timer_init(&p->timer, l, on_timer, p);
	loop_defer_init(&p->reaper);
	p->fd = sock_tcp_connect(NULL, to);
	if (p->fd < 0) { /* told from the loop, as everything else is */
		p->refused = p->fd;
		p->fd = -1;
		loop_timer_set(&p->timer, 0);
		return p;
	}
	loop_timer_set(&p->timer, timeout_ms);
	loop_io_init(&p->io, l, p->fd, on_ready, p);
	loop_io_want(&p->io, LOOP_WRITE);
	return p;
}

static void
reap(void *arg)
{
	struct http_post *p = arg;

	out_fini(&p->in);
	free(p->request);
	free(p);
}

void
http_post_free(struct http_post *p)
{
	if (!p)
		return;
	disconnect(p);
	p->done = NULL;
	loop_defer(p->loop, &p->reaper, reap, p);
}
