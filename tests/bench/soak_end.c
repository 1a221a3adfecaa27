/* SPDX-License-Identifier: BSD-2-Clause */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/bench/soak.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/io/sock.h"

enum { READS_A_TURN = 4, WRITES_A_TURN = 4 };

static void
close_all(struct soak_end *e, bool reset)
{
	const struct linger now = { .l_onoff = 1 };

	loop_timer_stop(&e->pause);
	loop_io_stop(&e->io);
	loop_io_stop(&e->listener);
	SSL_free(e->ssl);
	e->ssl = NULL;
	if (e->fd >= 0 && reset)
		(void)setsockopt(e->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	if (e->fd >= 0)
		close(e->fd);
	if (e->listen_fd >= 0)
		close(e->listen_fd);
	e->fd = e->listen_fd = -1;
	soak_msrp_free(e->msrp);
	e->msrp = NULL;
}

static void
end(struct soak_end *e, enum soak_fate fate, const char *why)
{
	if (e->fate != SOAK_GOES_ON)
		return;
	e->fate = fate;
	e->why = why;
	close_all(e, fate == SOAK_DID_ABORT);
	e->env->owner->on_end(e->arg, e);
}

/* ---- pauses ---- */

static bool
may_send(const struct soak_end *e)
{
	return !e->holds || e->eof;
}

static bool
has_to_write(const struct soak_end *e)
{
	if (!e->is_up || e->finished || e->mute)
		return false;
	if (e->msrp && soak_msrp_has_more(e, may_send(e)))
		return true;
	return may_send(e) && (!e->msrp || e->sent == e->to_send) && !(e->sent == e->to_send && e->abort_at != UINT64_MAX);
}

static void
set_want(struct soak_end *e)
{
	if (e->fate == SOAK_GOES_ON && e->is_up)
		loop_io_want(&e->io, (e->deaf || e->eof ? 0u : LOOP_READ) | (has_to_write(e) ? LOOP_WRITE : 0u));
}

static void
on_pause(struct loop_timer *t)
{
	struct soak_end *e = t->arg;

	e->deaf = e->mute = false;
	set_want(e);
}

static void
maybe_pause(struct soak_end *e)
{
	uint64_t r = soak_random(&e->env->random);

	if (r % 200 || loop_timer_is_set(&e->pause))
		return;
	e->deaf = (r >> 32) & 1;
	e->mute = (r >> 33) & 1;
	loop_timer_set(&e->pause, 1 + (r >> 40) % SOAK_PAUSE_MS);
}

/* ---- bytes ---- */

/* After a call that moved nothing. */
static void
judge(struct soak_end *e, ssize_t rc, int errnum, const char *what)
{
	if (e->ssl) {
		int kind = SSL_get_error(e->ssl, (int)rc);

		ERR_clear_error();
		if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)
			return;
		if (kind == SSL_ERROR_ZERO_RETURN && !e->eof) {
			e->eof = true;
			return;
		}
		/* Whatever fails after the peer's end is called its end once more. */
		if (kind == SSL_ERROR_SSL || errnum == 0) {
			end(e, SOAK_WAS_CUT, what);
			return;
		}
	} else if (rc == 0) {
		e->eof = true;
		return;
	}
	if (errnum == EAGAIN || errnum == EINTR)
		return;
	end(e, errnum == ECONNRESET || errnum == EPIPE ? SOAK_WAS_RESET : SOAK_BROKE, what);
}

bool
soak_check(struct soak_end *e, const uint8_t *at, size_t n)
{
	for (size_t left = n; left;) {
		size_t len = left;
		const uint8_t *want = soak_contents(e->env, e->seed[1], e->got, &len);

		if (memcmp(at, want, len) != 0)
			return false;
		at += len;
		left -= len;
		e->got += len;
	}
	return true;
}

static void
take(struct soak_end *e, size_t n)
{
	uint64_t before = e->got;

	e->wire_got += n;
	if (!(e->msrp ? soak_msrp_take(e, e->env->in, n) : soak_check(e, e->env->in, n)))
		end(e, SOAK_BROKE, "wrong octets");
	else
		e->env->owner->on_progress(e->arg, e, (size_t)(e->got - before));
}

static void
read_some(struct soak_end *e)
{
	for (unsigned i = 0; i < READS_A_TURN && !e->eof && e->fate == SOAK_GOES_ON; i++) {
		size_t cap = 1 + soak_random(&e->env->random) % SOAK_IO;
		ssize_t n;

		errno = 0;
		n = e->ssl ? SSL_read(e->ssl, e->env->in, (int)cap) : recv(e->fd, e->env->in, cap, 0);
		if (n <= 0) {
			judge(e, n, errno, "read");
			break;
		}
		take(e, (size_t)n);
	}
}

static void
finish(struct soak_end *e)
{
	int rc = 1;

	errno = 0;
	if (e->ssl)
		rc = SSL_shutdown(e->ssl);
	if (rc < 0) {
		judge(e, rc, errno, "close_notify");
		return;
	}
	if (shutdown(e->fd, SHUT_WR) != 0 && errno != ENOTCONN)
		end(e, errno == ECONNRESET ? SOAK_WAS_RESET : SOAK_BROKE, "shutdown");
	e->finished = true;
}

/* What may be sent next; NULL: nothing. */
static const void *
next_bytes(struct soak_end *e, size_t *len)
{
	uint64_t left = e->to_send - e->sent;

	if (e->msrp)
		return soak_msrp_peek(e, may_send(e), soak_random(&e->env->random), len);
	if (left == 0 || !may_send(e))
		return NULL;
	*len = left < SOAK_IO ? (size_t)left : SOAK_IO;
	return soak_contents(e->env, e->seed[0], e->sent, len);
}

static void
write_some(struct soak_end *e)
{
	const void *bytes;
	size_t len;

	for (unsigned i = 0; i < WRITES_A_TURN && e->fate == SOAK_GOES_ON && (bytes = next_bytes(e, &len)); i++) {
		size_t want = e->tried ? e->tried : 1 + soak_random(&e->env->random) % SOAK_IO;
		ssize_t n;

		if (len > want)
			len = want;
		errno = 0;
		n = e->ssl ? SSL_write(e->ssl, bytes, (int)len) : send(e->fd, bytes, len, MSG_NOSIGNAL);
		e->tried = n > 0 ? 0 : len;
		if (n <= 0) {
			judge(e, n, errno, "write");
			return;
		}
		e->wire_sent += (uint64_t)n;
		if (e->msrp)
			soak_msrp_skip(e, (size_t)n);
		else
			e->sent += (size_t)n;
	}
	if (e->fate == SOAK_GOES_ON && e->sent == e->to_send && e->abort_at == UINT64_MAX && may_send(e) &&
	    !(e->msrp && soak_msrp_has_more(e, true)))
		finish(e);
}

/* ---- sockets ---- */

static void
on_io(struct loop_io *io, unsigned ready);

static void
use(struct soak_end *e, int fd)
{
	e->fd = fd;
	sock_set_nodelay(fd);
	loop_io_init(&e->io, e->env->loop, fd, on_io, e);
	loop_io_want(&e->io, e->connects || !e->tls ? LOOP_WRITE : LOOP_READ);
	if (!e->tls)
		return;
	e->ssl = SSL_new(e->env->ctx[!e->connects]);
	if (!e->ssl)
		abort();
	SSL_set_fd(e->ssl, fd);
	if (e->connects)
		SSL_set_connect_state(e->ssl);
	else
		SSL_set_accept_state(e->ssl);
}

static void
go_up(struct soak_end *e)
{
	int err = e->connects ? sock_error(e->fd) : 0, rc;

	if (err) {
		end(e, SOAK_BROKE, err_str(err));
		return;
	}
	errno = 0;
	rc = e->ssl ? SSL_do_handshake(e->ssl) : 1;
	if (rc != 1) {
		loop_io_want(&e->io, SSL_want_write(e->ssl) ? LOOP_WRITE : LOOP_READ);
		judge(e, rc, errno, "handshake");
		return;
	}
	e->is_up = true;
}

static void
on_io(struct loop_io *io, unsigned ready)
{
	struct soak_end *e = io->arg;

	if (!e->is_up) {
		go_up(e);
		if (!e->is_up)
			return;
		ready = LOOP_READ | LOOP_WRITE;
	}
	if (ready & LOOP_READ && !e->eof && !e->deaf)
		read_some(e);
	if (e->fate == SOAK_GOES_ON && ready & LOOP_WRITE && has_to_write(e))
		write_some(e);
	if (e->fate != SOAK_GOES_ON)
		return;
	if (e->eof && e->finished) {
		end(e, SOAK_DONE, NULL);
		return;
	}
	maybe_pause(e);
	set_want(e);
}

static void
on_listener(struct loop_io *io, unsigned ready)
{
	struct soak_end *e = io->arg;
	struct addr peer;
	int fd = sock_accept(e->listen_fd, &peer);

	(void)ready;
	if (fd >= 0 && e->fd >= 0)
		close(fd);
	else if (fd >= 0)
		use(e, fd);
}

void
soak_end_init(struct soak_end *e, struct soak_env *env)
{
	*e = (struct soak_end){ .env = env, .fd = -1, .listen_fd = -1, .abort_at = UINT64_MAX };
	e->local = (struct addr){ .family = ADDR_V4, .ip = { 127, 0, 0, 1 } };
	loop_timer_init(&e->pause, env->loop, on_pause, e);
}

int
soak_end_listen(struct soak_end *e)
{
	if (e->connects)
		return 0;
	e->listen_fd = sock_tcp_listen(&e->local, 4);
	if (e->listen_fd < 0)
		return e->listen_fd;
	loop_io_init(&e->listener, e->env->loop, e->listen_fd, on_listener, e);
	loop_io_want(&e->listener, LOOP_READ);
	return sock_local(e->listen_fd, &e->local);
}

void
soak_end_start(struct soak_end *e, const struct addr *to)
{
	int fd;

	if (!e->connects || e->fate != SOAK_GOES_ON)
		return;
	fd = sock_tcp_connect(NULL, to);
	if (fd < 0)
		end(e, SOAK_BROKE, err_str(fd));
	else
		use(e, fd);
}

void
soak_end_set_path(struct soak_end *e, const char *path)
{
	if (!e->msrp)
		return;
	soak_msrp_set_peer(e->msrp, path);
	set_want(e);
}

void
soak_end_abort(struct soak_end *e)
{
	end(e, SOAK_DID_ABORT, NULL);
}

void
soak_end_fini(struct soak_end *e)
{
	close_all(e, false);
}
