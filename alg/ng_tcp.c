/* SPDX-License-Identifier: BSD-2-Clause */
/* NG over TCP: messages one behind the other, each answered on its connection. */
#include <stdlib.h>
#include <unistd.h>

#include "alg/alg_limits.h"
#include "alg/ng_link.h"
#include "proto/base/bounds.h"
#include "proto/base/out.h"
#include "proto/codec/ngmsg.h"
#include "proto/io/acceptor.h"
#include "proto/io/sock.h"

/* Room for one message of any legal size; memory is taken as bytes come. */
enum { IN_FIRST = 4096, IN_MAX = NG_MESSAGE_MAX + NG_COOKIE_MAX + 2 };

struct ng_tcp;

struct conn {
	struct list node;
	struct ng_tcp *tcp;
	slot_id id;
	int fd;
	struct addr peer;
	struct loop_io io;
	struct loop_defer reaper;
	bool closed;
	char *in;
	size_t in_len, in_cap;
	struct out pending; /* replies that the socket did not take yet */
	size_t sent;        /* of these */
};

struct ng_tcp {
	struct ng_link link; /* first */
	struct loop *loop;
	struct acceptor acceptor;
	struct ng_link_handler h;
	struct slots ids;
	struct list conns;
};

static void
conn_free(void *arg)
{
	struct conn *c = arg;

	loop_defer_cancel(&c->reaper);
	list_unlink(&c->node);
	slots_remove(&c->tcp->ids, c->id);
	out_fini(&c->pending);
	free(c->in);
	free(c);
}

/* Inert at once, freed at the end of the turn: a callback may stand on it. */
static void
conn_close(struct conn *c)
{
	if (c->closed)
		return;
	c->closed = true;
	loop_io_stop(&c->io);
	close(c->fd);
	slots_remove(&c->tcp->ids, c->id);
	loop_defer(c->tcp->loop, &c->reaper, conn_free, c);
}

static void
flush(struct conn *c)
{
	int rc = sock_send(c->fd, out_get(&c->pending), &c->sent);

	if (rc && rc != ERR_AGAIN) {
		conn_close(c);
		return;
	}
	if (!rc) {
		out_fini(&c->pending);
		out_init_heap(&c->pending, NG_TCP_OUT_MAX);
		c->sent = 0;
	}
	loop_io_want(&c->io, c->pending.len ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

static void
tcp_send(struct ng_link *link, const struct ng_dest *to, struct span bytes)
{
	struct ng_tcp *t = (struct ng_tcp *)(void *)link;
	struct conn *c = slots_find(&t->ids, to->conn);

	if (!c || c->closed)
		return;
	out_span(&c->pending, bytes);
	if (c->pending.err) { /* it asks and does not read */
		t->h.on_refused(t->h.arg, &c->peer, "it does not read its replies");
		conn_close(c);
		return;
	}
	flush(c);
}

static bool
grow(struct conn *c)
{
	size_t cap = c->in_cap ? c->in_cap * 2 : IN_FIRST;
	char *p;

	if (c->in_len < c->in_cap)
		return true;
	if (c->in_cap == IN_MAX)
		return false;
	if (cap > IN_MAX)
		cap = IN_MAX;
	if (!(p = realloc(c->in, cap)))
		return false;
	c->in = p;
	c->in_cap = cap;
	return true;
}

/* Hands out the complete messages and keeps the rest. */
static void
consume(struct conn *c)
{
	struct ng_dest from = { .link = &c->tcp->link, .peer = c->peer, .conn = c->id };
	size_t at = 0, len = 0;
	int rc = ERR_MORE;

	while (!c->closed && at < c->in_len) {
		rc = ng_frame(span_of(c->in + at, c->in_len - at), &len);
		if (rc || !len)
			break;
		c->tcp->h.on_message(c->tcp->h.arg, &from, span_of(c->in + at, len));
		at += len;
	}
	if (c->closed)
		return;
	if (rc && rc != ERR_MORE) {
		c->tcp->h.on_garbage(c->tcp->h.arg, &from);
		conn_close(c);
		return;
	}
	c->in_len -= at;
	if (c->in_len) {
		memmove(c->in, c->in + at, c->in_len);
		return;
	}
	free(c->in); /* an idle connection holds no buffer */
	c->in = NULL;
	c->in_cap = 0;
}

static void
on_conn(struct loop_io *io, unsigned ready)
{
	struct conn *c = io->arg;
	size_t n;
	int rc;

	if (ready & LOOP_WRITE)
		flush(c);
	if (c->closed || !(ready & LOOP_READ))
		return;
	if (!grow(c)) {
		c->tcp->h.on_refused(c->tcp->h.arg, &c->peer, "its message is too long");
		conn_close(c);
		return;
	}
	rc = sock_recv(c->fd, c->in + c->in_len, c->in_cap - c->in_len, &n);
	if (rc == ERR_AGAIN)
		return;
	if (rc || !n) {
		conn_close(c);
		return;
	}
	c->in_len += n;
	consume(c);
}

static void
on_accept(void *arg, int fd, const struct addr *peer)
{
	struct ng_tcp *t = arg;
	struct conn *c = calloc(1, sizeof(*c));

	if (!c || !(c->id = slots_add(&t->ids, c))) {
		t->h.on_refused(t->h.arg, peer, "too many connections");
		free(c);
		close(fd);
		return;
	}
	c->tcp = t;
	c->fd = fd;
	c->peer = *peer;
	sock_set_nodelay(fd);
	loop_defer_init(&c->reaper);
	out_init_heap(&c->pending, NG_TCP_OUT_MAX);
	list_append(&t->conns, &c->node);
	loop_io_init(&c->io, t->loop, fd, on_conn, c);
	loop_io_want(&c->io, LOOP_READ);
}

static void
tcp_free(struct ng_link *link)
{
	struct ng_tcp *t = (struct ng_tcp *)(void *)link;

	LIST_EACH(it, &t->conns) {
		struct conn *c = LIST_OF(it, struct conn, node);

		conn_close(c);
		conn_free(c);
	}
	acceptor_fini(&t->acceptor);
	slots_fini(&t->ids);
	free(t);
}

struct ng_link *
ng_tcp_new(struct loop *l, const struct addr *local, const struct ng_link_handler *h, struct addr *bound, int *err)
{
	struct ng_tcp *t;
	int fd = sock_tcp_listen(local, SOCK_BACKLOG);

	if (fd < 0) {
		*err = fd;
		return NULL;
	}
	if (!(t = calloc(1, sizeof(*t)))) {
		close(fd);
		*err = ERR_NOMEM;
		return NULL;
	}
	t->link = (struct ng_link){ tcp_send, tcp_free };
	t->loop = l;
	t->h = *h;
	slots_init(&t->ids, NG_TCP_MAX);
	list_init(&t->conns);
	sock_local(fd, bound);
	acceptor_init(&t->acceptor, l, fd, on_accept, t);
	return &t->link;
}
