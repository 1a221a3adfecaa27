/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/bench/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/io/sock.h"

struct core {
	const struct load_conf *conf;
	struct loop *loop;
	struct loop_io listener;
	void (*on_octets)(void *arg, size_t n);
	void *arg;
	int fd;
	uint8_t buf[LOAD_IO];
};

struct server {
	struct core *core;
	struct loop_io io;
	struct loop_defer gone;
	int fd;
	size_t got;
};

static void
server_free(void *arg)
{
	free(arg);
}

static void
server_end(struct server *s)
{
	loop_io_stop(&s->io);
	close(s->fd);
	loop_defer(s->core->loop, &s->gone, server_free, s);
}

/* An answer for each whole message. */
static bool
answer(struct server *s, size_t n)
{
	size_t whole;

	s->got += n;
	whole = s->got / LOAD_MESSAGE * LOAD_MESSAGE;
	s->got -= whole;
	return whole == 0 || send(s->fd, s->core->buf, whole, MSG_NOSIGNAL) == (ssize_t)whole;
}

static void
on_server(struct loop_io *io, unsigned ready)
{
	struct server *s = io->arg;
	struct core *c = s->core;
	ssize_t n;

	if (ready & LOOP_WRITE)
		for (unsigned i = 0; i < 4 && send(s->fd, c->buf, LOAD_IO, MSG_NOSIGNAL) == LOAD_IO; i++)
			;
	if (!(ready & LOOP_READ))
		return;
	n = recv(s->fd, c->buf, LOAD_IO, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		server_end(s);
		return;
	}
	switch (c->conf->mode) {
	case LOAD_UP:
		c->on_octets(c->arg, (size_t)n);
		break;
	case LOAD_DOWN:
		loop_io_want(io, LOOP_READ | LOOP_WRITE);
		break;
	case LOAD_SESSIONS:
	case LOAD_MESSAGES:
	case LOAD_IDLE:
	case LOAD_MODES:
		if (!answer(s, (size_t)n))
			server_end(s);
		break;
	}
}

static void
on_listener(struct loop_io *io, unsigned ready)
{
	struct core *c = io->arg;
	struct addr peer;
	int fd;

	(void)ready;
	while ((fd = sock_accept(c->fd, &peer)) >= 0) {
		struct server *s = calloc(1, sizeof(*s));

		if (!s) {
			close(fd);
			continue;
		}
		s->core = c;
		s->fd = fd;
		loop_defer_init(&s->gone);
		sock_set_nodelay(fd);
		loop_io_init(&s->io, c->loop, fd, on_server, s);
		loop_io_want(&s->io, LOOP_READ);
	}
}

int
core_new(struct loop *l, const struct load_conf *conf, void (*on_octets)(void *arg, size_t n), void *arg)
{
	struct core *c = calloc(1, sizeof(*c)); /* for the process' life */

	if (!c)
		return ERR_NOMEM;
	*c = (struct core){ .conf = conf, .loop = l, .on_octets = on_octets, .arg = arg };
	memset(c->buf, 'm', sizeof(c->buf));
	c->fd = sock_tcp_listen(&conf->core, 4096);
	if (c->fd < 0)
		return c->fd;
	loop_io_init(&c->listener, l, c->fd, on_listener, c);
	loop_io_want(&c->listener, LOOP_READ);
	return 0;
}
