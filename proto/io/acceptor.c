/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/acceptor.h"

#include <unistd.h>

#include "proto/base/err.h"
#include "proto/io/sock.h"

static void
listen_if_free(struct acceptor *a)
{
	loop_io_want(&a->io, a->is_held || loop_timer_is_set(&a->pause) ? 0 : LOOP_READ);
}

static void
on_listener(struct loop_io *io, unsigned ready)
{
	struct acceptor *a = io->arg;

	(void)ready;
	/* fn may hold or end it */
	for (int i = 0; i < ACCEPTOR_A_TURN && io->want & LOOP_READ; i++) {
		struct addr peer;
		int fd = sock_accept(io->fd, &peer);

		if (fd == ERR_AGAIN)
			return;
		if (fd >= 0) {
			a->fn(a->arg, fd, &peer);
		} else {
			loop_timer_set(&a->pause, ACCEPTOR_PAUSE_MS);
			listen_if_free(a);
		}
	}
}

static void
on_pause_end(struct loop_timer *t)
{
	listen_if_free(t->arg);
}

void
acceptor_init(struct acceptor *a, struct loop *l, int listener, acceptor_fn fn, void *arg)
{
	a->is_held = false;
	a->fn = fn;
	a->arg = arg;
	loop_timer_init(&a->pause, l, on_pause_end, a);
	loop_io_init(&a->io, l, listener, on_listener, a);
	listen_if_free(a);
}

void
acceptor_fini(struct acceptor *a)
{
	int fd = a->io.fd;

	if (!a->io.loop)
		return;
	loop_timer_stop(&a->pause);
	loop_io_stop(&a->io);
	close(fd);
}

void
acceptor_hold(struct acceptor *a, bool is_held)
{
	a->is_held = is_held;
	listen_if_free(a);
}
