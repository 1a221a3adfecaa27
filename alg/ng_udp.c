/* SPDX-License-Identifier: BSD-2-Clause */
/* NG over UDP: a message a datagram. */
#include <stdlib.h>
#include <unistd.h>

#include "alg/alg_limits.h"
#include "alg/ng_link.h"
#include "proto/base/err.h"
#include "proto/io/sock.h"

enum { DATAGRAM_MAX = 65536 };

struct ng_udp {
	struct ng_link link; /* first */
	struct loop_io io;
	struct ng_link_handler h;
	int fd;
	char buf[DATAGRAM_MAX];
};

static void
on_ready(struct loop_io *io, unsigned ready)
{
	struct ng_udp *u = io->arg;

	(void)ready;
	for (int i = 0; i < NG_DATAGRAMS_A_TURN; i++) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof(ss);
		struct ng_dest from = { .link = &u->link };
		ssize_t n = recvfrom(u->fd, u->buf, sizeof(u->buf), 0, (struct sockaddr *)&ss, &len);

		if (n < 0)
			return;
		if (addr_from_sockaddr((struct sockaddr *)&ss, &from.peer) == 0)
			u->h.on_message(u->h.arg, &from, span_of(u->buf, (size_t)n));
	}
}

static void
udp_send(struct ng_link *link, const struct ng_dest *to, struct span bytes)
{
	struct ng_udp *u = (struct ng_udp *)(void *)link;
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&to->peer, &ss);

	/* A full socket buffer loses the reply, like the network would: the proxy asks again and gets it. */
	(void)!sendto(u->fd, bytes.p, bytes.len, 0, (struct sockaddr *)&ss, len);
}

static void
udp_free(struct ng_link *link)
{
	struct ng_udp *u = (struct ng_udp *)(void *)link;

	loop_io_stop(&u->io);
	close(u->fd);
	free(u);
}

struct ng_link *
ng_udp_new(struct loop *l, const struct addr *local, const struct ng_link_handler *h, struct addr *bound, int *err)
{
	struct ng_udp *u;
	int fd = sock_udp(local);

	if (fd < 0) {
		*err = fd;
		return NULL;
	}
	if (!(u = calloc(1, sizeof(*u)))) {
		close(fd);
		*err = ERR_NOMEM;
		return NULL;
	}
	u->link = (struct ng_link){ udp_send, udp_free };
	u->h = *h;
	u->fd = fd;
	sock_set_room(fd, NG_ROOM_BYTES);
	sock_local(fd, bound);
	loop_io_init(&u->io, l, fd, on_ready, u);
	loop_io_want(&u->io, LOOP_READ);
	return &u->link;
}

void
ng_link_free(struct ng_link *link)
{
	if (link)
		link->free(link);
}

void
ng_link_send(const struct ng_dest *to, struct span bytes)
{
	if (to->link)
		to->link->send(to->link, to, bytes);
}
