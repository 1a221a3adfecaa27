/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/ctlsock.h"

#include <stdlib.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/io/acceptor.h"
#include "proto/io/sock.h"

struct client {
	struct list node;
	struct ctlsock *sock;
	struct loop_io io;
	struct loop_timer idle;
	struct loop_defer reap;
	bool is_closed;
	bool is_last; /* no further line comes: close once the reply is out */
	size_t n;     /* bytes in line */
	size_t sent;  /* of reply */
	struct out reply;
	char line[CTL_LINE_MAX];
};

struct ctlsock {
	struct loop *loop;
	struct acceptor acceptor;
	char *path;
	const struct ctl_command *commands;
	void *arg;
	struct list clients;
	unsigned n_clients;
};

/* ---- commands ---- */

/* Rest of line when it begins with the words of name; false otherwise. */
static bool
begins_with_words(struct span line, const char *name, struct span *rest)
{
	struct span words = span_str(name), w;

	while ((w = span_word(&words)).len)
		if (!span_eq(span_word(&line), w))
			return false;
	*rest = span_trim(line);
	return true;
}

static const struct ctl_command *
find_command(const struct ctlsock *s, struct span line, struct span *args)
{
	const struct ctl_command *best = NULL;
	struct span rest;

	for (const struct ctl_command *c = s->commands; c->name; c++) {
		if (begins_with_words(line, c->name, &rest) && (!best || strlen(c->name) > strlen(best->name))) {
			best = c;
			*args = rest;
		}
	}
	return best;
}

static void
write_error(struct out *o, const char *text)
{
	out_reset(o);
	out_str(o, "{\"error\":");
	out_json_string(o, span_str(text));
	out_char(o, '}');
}

static void
write_help(const struct ctlsock *s, struct out *o)
{
	out_str(o, "{\"commands\":[{\"name\":\"help\",\"text\":\"this list\"}");
	for (const struct ctl_command *c = s->commands; c->name; c++) {
		out_str(o, ",{\"name\":");
		out_json_string(o, span_str(c->name));
		out_str(o, ",\"text\":");
		out_json_string(o, span_str(c->text));
		out_char(o, '}');
	}
	out_str(o, "]}");
}

static void
run_line(struct client *c, struct span line)
{
	const struct ctl_command *cmd;
	struct span args = SPAN_NULL;
	int rc;

	line = span_trim(line);
	if (!line.len)
		return;
	cmd = find_command(c->sock, line, &args);
	if (cmd) {
		rc = cmd->run(c->sock->arg, args, &c->reply);
		if (!rc)
			rc = c->reply.err;
		if (rc)
			write_error(&c->reply, err_str(rc));
	} else if (span_eqs(line, "help")) {
		write_help(c->sock, &c->reply);
	} else {
		write_error(&c->reply, "unknown command, see help");
	}
	out_char(&c->reply, '\n');
}

/* ---- clients ---- */

static void
free_client(struct client *c)
{
	loop_io_stop(&c->io);
	loop_timer_stop(&c->idle);
	loop_defer_cancel(&c->reap);
	list_unlink(&c->node);
	c->sock->n_clients--;
	out_fini(&c->reply);
	free(c);
}

static void
reap(void *arg)
{
	free_client(arg);
}

static void
close_client(struct client *c)
{
	int fd = c->io.fd;

	if (c->is_closed)
		return;
	c->is_closed = true;
	loop_io_stop(&c->io);
	loop_timer_stop(&c->idle);
	close(fd);
	loop_defer(c->sock->loop, &c->reap, reap, c);
}

/* Sends what it can; true when nothing is left to send and the client lives. */
static bool
flush_reply(struct client *c)
{
	size_t before = c->sent;
	int rc = sock_send(c->io.fd, out_get(&c->reply), &c->sent);

	if (c->sent > before)
		loop_timer_set(&c->idle, CTL_IDLE_MS);
	if (rc == ERR_AGAIN)
		loop_io_want(&c->io, LOOP_WRITE);
	else if (rc)
		close_client(c);
	if (rc)
		return false;
	out_fini(&c->reply); /* it may have been megabytes */
	out_init_heap(&c->reply, CTL_REPLY_MAX);
	c->sent = 0;
	return true;
}

/* Runs the lines that are whole, one reply at a time. */
static void
run_lines(struct client *c)
{
	while (flush_reply(c)) {
		ptrdiff_t nl = span_find(span_of(c->line, c->n), '\n');
		size_t len = nl < 0 ? c->n : (size_t)nl;
		size_t used = nl < 0 ? c->n : len + 1;

		if (nl < 0 && c->n == CTL_LINE_MAX) {
			write_error(&c->reply, "line too long");
			out_char(&c->reply, '\n');
			c->is_last = true;
		} else if (nl >= 0 || (c->is_last && c->n)) {
			run_line(c, span_of(c->line, len));
		} else {
			break;
		}
		c->n -= used;
		memmove(c->line, c->line + used, c->n);
	}
	if (c->is_closed || c->sent < c->reply.len)
		return;
	if (c->is_last)
		close_client(c);
	else
		loop_io_want(&c->io, LOOP_READ);
}

static void
on_client(struct loop_io *io, unsigned ready)
{
	struct client *c = io->arg;

	if (ready & LOOP_READ && c->n < sizeof(c->line)) {
		size_t n;
		int rc = sock_recv(io->fd, c->line + c->n, sizeof(c->line) - c->n, &n);

		if (rc == ERR_AGAIN)
			return;
		if (rc) {
			close_client(c);
			return;
		}
		if (n == 0)
			c->is_last = true;
		c->n += n;
		loop_timer_set(&c->idle, CTL_IDLE_MS);
	}
	run_lines(c);
}

static void
on_idle(struct loop_timer *t)
{
	close_client(t->arg);
}

static void
on_accept(void *arg, int fd, const struct addr *peer)
{
	struct ctlsock *s = arg;
	struct client *c = s->n_clients < CTL_CLIENTS_MAX ? calloc(1, sizeof(*c)) : NULL;

	(void)peer;
	if (!c) {
		close(fd);
		return;
	}
	c->sock = s;
	out_init_heap(&c->reply, CTL_REPLY_MAX);
	loop_io_init(&c->io, s->loop, fd, on_client, c);
	loop_timer_init(&c->idle, s->loop, on_idle, c);
	loop_defer_init(&c->reap);
	list_append(&s->clients, &c->node);
	s->n_clients++;
	loop_io_want(&c->io, LOOP_READ);
	loop_timer_set(&c->idle, CTL_IDLE_MS);
}

/* ---- life ---- */

struct ctlsock *
ctlsock_new(struct loop *l, const char *path, const struct ctl_command *commands, void *arg)
{
	struct ctlsock *s = calloc(1, sizeof(*s));
	int fd;

	if (!s)
		return NULL;
	s->loop = l;
	s->commands = commands;
	s->arg = arg;
	list_init(&s->clients);
	s->path = span_dup(span_str(path));
	fd = s->path ? sock_unix_listen(path) : ERR_NOMEM;
	if (fd < 0) {
		log_error("control socket cannot be opened path=%s why=\"%s\"", path, err_str(fd));
		free(s->path);
		free(s);
		return NULL;
	}
	acceptor_init(&s->acceptor, l, fd, on_accept, s);
	return s;
}

void
ctlsock_free(struct ctlsock *s)
{
	if (!s)
		return;
	LIST_EACH(it, &s->clients) {
		struct client *c = LIST_OF(it, struct client, node);

		if (!c->is_closed)
			close(c->io.fd);
		free_client(c);
	}
	unlink(s->path);
	acceptor_fini(&s->acceptor);
	free(s->path);
	free(s);
}
