/* SPDX-License-Identifier: BSD-2-Clause */
/* What a loop watches for its users: descriptors, timers, deferred work, wakes and signals. */
#include "proto/io/loop.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/io/loop_priv.h"

_Static_assert(sizeof(ev_io) <= sizeof(((struct loop_io *)0)->backend), "loop_io.backend holds an ev_io");

enum { ENDS = LOOP_GONE | LOOP_BROKEN };

/* ---- descriptors ---- */

/* The room in loop_io is read and written as an ev_io only, here and inside libev. */
static ev_io *
watcher(struct loop_io *io)
{
	return (ev_io *)(void *)io->backend;
}

static void
on_io(struct ev_loop *ev, ev_io *w, int revents)
{
	struct loop_io *io = w->data;
	unsigned ready = (revents & EV_READ ? LOOP_READ : 0u) | (revents & EV_WRITE ? LOOP_WRITE : 0u);

	(void)ev;
	io->loop->ran++;
	/* A descriptor that libev gave up on (EV_ERROR) has been stopped by it; the user's read tells why. */
	if (revents & EV_ERROR)
		io->want &= ENDS;
	io->fn(io, ready);
}

/* libev does not know EPOLLRDHUP, and FIN behind unread bytes is nothing else: whoever wants to hear of it is in an
 * epoll set of its own, which libev watches. One a call, for its callback may end others. */
static void
on_gone(struct ev_loop *ev, ev_io *w, int revents)
{
	struct loop *l = w->data;
	struct epoll_event e;
	struct loop_io *io;
	unsigned what;

	(void)ev;
	(void)revents;
	if (epoll_wait(l->gone_fd, &e, 1, 0) != 1)
		return;
	io = e.data.ptr;
	l->ran++;
	what = io->want & ENDS;
	loop_io_want(io, io->want & ~(unsigned)ENDS);
	io->fn(io, what);
}

/* Out of kernel memory, the peer's end is not heard of before somebody reads: time limits still hold. */
static void
watch_ends(struct loop_io *io, unsigned want)
{
	/* EPOLLERR and EPOLLHUP come unasked. */
	struct epoll_event e = { .events = want & LOOP_GONE ? EPOLLRDHUP : 0u, .data = { .ptr = io } };
	int op = !(io->want & ENDS) ? EPOLL_CTL_ADD : want & ENDS ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;

	(void)epoll_ctl(io->loop->gone_fd, op, io->fd, &e);
}

bool
loop_watch_gone(struct loop *l)
{
	l->gone_fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->gone_fd < 0)
		return false;
	ev_io_init(&l->gone, on_gone, l->gone_fd, EV_READ);
	l->gone.data = l;
	ev_io_start(l->ev, &l->gone);
	return true;
}

void
loop_unwatch_gone(struct loop *l)
{
	ev_io_stop(l->ev, &l->gone);
	close(l->gone_fd);
}

void
loop_io_init(struct loop_io *io, struct loop *l, int fd, loop_io_fn fn, void *arg)
{
	io->loop = l;
	io->arg = arg;
	io->fn = fn;
	io->fd = fd;
	io->want = 0;
	ev_io_init(watcher(io), on_io, fd, 0);
	watcher(io)->data = io;
}

void
loop_io_want(struct loop_io *io, unsigned want)
{
	int events = (want & LOOP_READ ? EV_READ : 0) | (want & LOOP_WRITE ? EV_WRITE : 0);

	if (io->want == want)
		return;
	if ((io->want ^ want) & ENDS)
		watch_ends(io, want);
	io->want = want;
	/* libev gathers changes and tells the kernel the difference at the end of the turn. */
	ev_io_stop(io->loop->ev, watcher(io));
	ev_io_modify(watcher(io), events);
	if (events)
		ev_io_start(io->loop->ev, watcher(io));
}

void
loop_io_stop(struct loop_io *io)
{
	if (!io->loop)
		return;
	loop_io_want(io, 0);
	io->loop = NULL;
	io->want = 0;
	io->fd = -1;
}

/* ---- timers ---- */

void
loop_timer_init(struct loop_timer *t, struct loop *l, loop_timer_fn fn, void *arg)
{
	*t = (struct loop_timer){ .loop = l, .fn = fn, .arg = arg };
}

void
loop_timer_set(struct loop_timer *t, uint64_t after_ms)
{
	uint64_t now = loop_now_ms(t->loop);

	loop_timer_stop(t);
	t->due_ms = after_ms > UINT64_MAX - now ? UINT64_MAX : now + after_ms;
	timer_heap_add(&t->loop->timers, t);
}

void
loop_timer_stop(struct loop_timer *t)
{
	if (t->armed)
		timer_heap_remove(&t->loop->timers, t);
}

/* ---- deferred work ---- */

void
loop_defer_init(struct loop_defer *d)
{
	list_init(&d->node);
}

void
loop_defer(struct loop *l, struct loop_defer *d, loop_fn fn, void *arg)
{
	if (!list_is_empty(&d->node))
		return;
	d->fn = fn;
	d->arg = arg;
	list_append(&l->deferred, &d->node);
}

void
loop_defer_cancel(struct loop_defer *d)
{
	list_unlink(&d->node);
}

/* ---- wakes and signals ---- */

static void
on_async(struct ev_loop *ev, ev_async *a, int revents)
{
	struct loop_wake *w = a->data;

	(void)ev;
	(void)revents;
	w->loop->ran++;
	w->fn(w->arg);
}

struct loop_wake *
loop_wake_new(struct loop *l, loop_fn fn, void *arg)
{
	struct loop_wake *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->loop = l;
	w->fn = fn;
	w->arg = arg;
	ev_async_init(&w->async, on_async);
	/* Letters before sockets: an order that was posted before a gate opened is known when the connection comes. */
	ev_set_priority(&w->async, EV_MAXPRI);
	w->async.data = w;
	ev_async_start(l->ev, &w->async);
	return w;
}

void
loop_wake_send(struct loop_wake *w)
{
	ev_async_send(w->loop->ev, &w->async);
}

void
loop_wake_free(struct loop_wake *w)
{
	if (!w)
		return;
	ev_async_stop(w->loop->ev, &w->async);
	free(w);
}

static void
on_signal(struct ev_loop *ev, ev_signal *w, int revents)
{
	struct loop_sig *s = w->data;

	(void)ev;
	(void)revents;
	s->loop->ran++;
	s->fn(s->arg);
}

int
loop_signal(struct loop *l, int signum, loop_fn fn, void *arg)
{
	struct loop_sig *s;

	if (l->n_signals == LOOP_SIGNALS_MAX)
		return ERR_LIMIT;
	s = &l->signals[l->n_signals++];
	*s = (struct loop_sig){ .loop = l, .fn = fn, .arg = arg };
	ev_signal_init(&s->ev, on_signal, signum);
	s->ev.data = s;
	ev_signal_start(l->ev, &s->ev);
	return 0;
}
