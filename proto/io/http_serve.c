/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/http_serve.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/codec/http.h"
#include "proto/io/acceptor.h"
#include "proto/io/sock.h"

enum { DISCARD_BYTES = 4096 };

enum client_state {
	CLIENT_ASKS,    /* the request comes */
	CLIENT_HEARS,   /* the reply goes */
	CLIENT_LEAVES,  /* our FIN is out; what still comes is thrown away, so that no RST overtakes the reply */
	CLIENT_CLOSED,  /* freed at the end of the turn */
};

struct client {
	struct list node;
	struct http_serve *serve;
	enum client_state state;
	struct loop_io io;
	struct loop_timer timer;
	struct loop_defer reaper;
	size_t n; /* octets in request */
	size_t sent; /* of reply */
	struct out reply;
	char request[HTTP_REQUEST_MAX];
};

struct http_serve {
	struct loop *loop;
	struct http_page page;
	void *arg;
	struct addr at;
	struct acceptor acceptor; /* held while there is no place */
	struct list clients;
	unsigned n_clients;
	struct http_serve_counters counters;
	struct log_limit limit, broken_log;
};

/* ---- ends ---- */

static void
reap(void *arg)
{
	struct client *c = arg;

	list_unlink(&c->node);
	c->serve->n_clients--;
	acceptor_hold(&c->serve->acceptor, false);
	out_fini(&c->reply);
	free(c);
}

static void
close_client(struct client *c)
{
	int fd = c->io.fd;

	if (c->state == CLIENT_CLOSED)
		return;
	c->state = CLIENT_CLOSED;
	loop_io_stop(&c->io);
	loop_timer_stop(&c->timer);
	close(fd);
	loop_defer(c->serve->loop, &c->reaper, reap, c);
}

/* Whoever was too slow: the kernel shall not go on with what it has of the reply either. */
static void
on_timeout(struct loop_timer *t)
{
	struct client *c = t->arg;
	struct linger now = { .l_onoff = 1 };

	c->serve->counters.timeouts += c->state != CLIENT_LEAVES;
	(void)setsockopt(c->io.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close_client(c);
}

/* ---- replies ---- */

/* The page, or an error's status in plain text. */
static void
print_status(struct client *c, unsigned status)
{
	char text[32];
	struct out body;

	out_init(&body, text, sizeof(text));
	out_printf(&body, "status %u\n", status);
	http_print_reply(&c->reply, status, "text/plain", out_get(&body), true);
}

static void
print_page(struct client *c, bool with_body)
{
	struct http_serve *s = c->serve;
	struct out body;
	uint32_t skipped;
	int rc;

	out_init_heap(&body, HTTP_SERVE_BODY_MAX);
	rc = s->page.print(s->arg, &body);
	if (rc || body.err) {
		if (log_limit_pass(&s->broken_log, loop_now_ms(s->loop), &skipped))
			log_warning("page cannot be written path=%s why=\"%s\" skipped=%u", s->page.path,
			            err_str(rc ? rc : body.err), skipped);
		print_status(c, 503);
	} else {
		http_print_reply(&c->reply, 200, s->page.type, out_get(&body), with_body);
	}
	out_fini(&body);
}

/* Sends what it can; the rest when the peer has read. */
static void
flush(struct client *c)
{
	int rc = sock_send(c->io.fd, out_get(&c->reply), &c->sent);

	if (rc == ERR_AGAIN) {
		loop_io_want(&c->io, LOOP_WRITE);
		return;
	}
	if (rc) {
		close_client(c);
		return;
	}
	c->state = CLIENT_LEAVES;
	out_fini(&c->reply);
	(void)shutdown(c->io.fd, SHUT_WR);
	loop_io_want(&c->io, LOOP_READ);
}

static void
refuse(struct client *c, unsigned status)
{
	struct http_serve *s = c->serve;
	uint32_t skipped;

	s->counters.refused++;
	if (log_limit_pass(&s->limit, loop_now_ms(s->loop), &skipped))
		log_info("HTTP request refused status=%u skipped=%u", status, skipped);
	print_status(c, status);
}

static void
answer(struct client *c, int err, const struct http_request *r)
{
	bool is_head = !err && span_eqs(r->method, "HEAD");

	c->state = CLIENT_HEARS;
	loop_timer_set(&c->timer, HTTP_SERVE_MS);
	if (err) {
		refuse(c, err == ERR_MORE ? 431 : 400);
	} else if (!span_eqs(r->path, c->serve->page.path)) {
		refuse(c, 404);
	} else if (!is_head && !span_eqs(r->method, "GET")) {
		refuse(c, 405);
	} else {
		print_page(c, !is_head);
		c->serve->counters.replies++;
	}
	if (c->reply.err)
		close_client(c);
	else
		flush(c);
}

/* ---- requests ---- */

/* What comes behind the request is no second one: the reply says that the connection ends. */
static void
discard(struct client *c)
{
	char buf[DISCARD_BYTES];
	size_t n;
	int rc = sock_recv(c->io.fd, buf, sizeof(buf), &n);

	if (rc ? rc != ERR_AGAIN : !n)
		close_client(c);
}

static void
receive(struct client *c)
{
	struct http_request r;
	size_t n;
	int rc = sock_recv(c->io.fd, c->request + c->n, sizeof(c->request) - c->n, &n);

	if (rc == ERR_AGAIN)
		return;
	if (rc || !n) {
		close_client(c);
		return;
	}
	c->n += n;
	rc = http_parse_request(span_of(c->request, c->n), &r);
	if (rc != ERR_MORE || c->n == sizeof(c->request))
		answer(c, rc, &r);
}

static void
on_client(struct loop_io *io, unsigned ready)
{
	struct client *c = io->arg;

	(void)ready;
	switch (c->state) {
	case CLIENT_ASKS:
		receive(c);
		break;
	case CLIENT_HEARS:
		flush(c);
		break;
	case CLIENT_LEAVES:
		discard(c);
		break;
	case CLIENT_CLOSED:
		break;
	}
}

static void
on_accept(void *arg, int fd, const struct addr *peer)
{
	struct http_serve *s = arg;
	struct client *c = calloc(1, sizeof(*c));
	int room = HTTP_SERVE_ROOM;

	(void)peer;
	if (!c) {
		close(fd);
		return;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	c->serve = s;
	out_init_heap(&c->reply, HTTP_SERVE_BODY_MAX + HTTP_REQUEST_MAX);
	loop_io_init(&c->io, s->loop, fd, on_client, c);
	loop_timer_init(&c->timer, s->loop, on_timeout, c);
	loop_defer_init(&c->reaper);
	list_append(&s->clients, &c->node);
	acceptor_hold(&s->acceptor, ++s->n_clients == HTTP_SERVE_CLIENTS);
	loop_timer_set(&c->timer, HTTP_SERVE_MS);
	loop_io_want(&c->io, LOOP_READ);
}

/* ---- life ---- */

struct http_serve *
http_serve_new(struct loop *l, const struct addr *at, const struct http_page *page, void *arg)
{
	struct http_serve *s = calloc(1, sizeof(*s));
	int fd = s ? sock_tcp_listen(at, HTTP_SERVE_BACKLOG) : ERR_NOMEM;
	char text[ADDR_TEXT_MAX];

	if (fd < 0) {
		log_error("cannot listen for HTTP address=%s why=\"%s\"", addr_text(at, text), err_str(fd));
		free(s);
		return NULL;
	}
	s->loop = l;
	s->page = *page;
	s->arg = arg;
	s->at = *at;
	(void)sock_local(fd, &s->at);
	list_init(&s->clients);
	acceptor_init(&s->acceptor, l, fd, on_accept, s);
	log_info("HTTP at http://%s%s", addr_text(&s->at, text), page->path);
	return s;
}

void
http_serve_free(struct http_serve *s)
{
	if (!s)
		return;
	LIST_EACH(it, &s->clients) {
		struct client *c = LIST_OF(it, struct client, node);

		close_client(c);
		loop_defer_cancel(&c->reaper);
		reap(c);
	}
	acceptor_fini(&s->acceptor);
	free(s);
}

const struct addr *
http_serve_addr(const struct http_serve *s)
{
	return &s->at;
}

const struct http_serve_counters *
http_serve_get_counters(const struct http_serve *s)
{
	return &s->counters;
}
