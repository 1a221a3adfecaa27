/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/relay_peer.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/io/sock.h"

enum {
	READ_MAX = 65536,
	RECEIVE_BYTES = 256 * 1024, /* else the kernel may take any amount for a peer that does not read */
};

void
peer_init(struct rig_peer *p, struct rig *r)
{
	*p = (struct rig_peer){ .rig = r, .fd = -1, .listen_fd = -1, .held_fd = -1, .hash = PEER_HASH_START };
}

uint64_t
peer_hash(const void *bytes, size_t len, uint64_t h)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 1099511628211u;
	return h;
}

static void
take(struct rig_peer *p, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len && p->got + i < RIG_KEEP_MAX; i++)
		p->kept[p->got + i] = (char)bytes[i];
	p->got += len;
	p->hash = peer_hash(bytes, len, p->hash);
}

static void
on_alert(const SSL *ssl, int where, int ret)
{
	struct rig_peer *p = SSL_get_app_data(ssl);

	if (where & SSL_CB_READ && where & SSL_CB_ALERT)
		p->alert = ret & 0xff;
}

/* > 0 bytes, 0 end, -1 again, -2 broken. */
static ssize_t
receive(struct rig_peer *p, uint8_t *buf)
{
	ssize_t n;
	int rc, e;

	if (!p->has_tls) {
		n = recv(p->fd, buf, READ_MAX, 0);
		return n >= 0 ? n : errno == EAGAIN ? -1 : -2;
	}
	ERR_clear_error();
	rc = SSL_read(p->tls.ssl, buf, READ_MAX);
	if (rc > 0)
		return rc;
	e = SSL_get_error(p->tls.ssl, rc);
	return e == SSL_ERROR_ZERO_RETURN ? 0 : e == SSL_ERROR_WANT_READ ? -1 : -2;
}

static ssize_t
transmit(struct rig_peer *p, const uint8_t *buf, size_t len)
{
	ssize_t n;
	int rc;

	if (!p->has_tls) {
		n = send(p->fd, buf, len, MSG_NOSIGNAL);
		return n >= 0 ? n : errno == EAGAIN ? -1 : -2;
	}
	ERR_clear_error();
	rc = SSL_write(p->tls.ssl, buf, (int)(len > READ_MAX ? READ_MAX : len));
	return rc > 0 ? rc : SSL_get_error(p->tls.ssl, rc) == SSL_ERROR_WANT_WRITE ? -1 : -2;
}

static void
cork(int fd, int on)
{
	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

static void
step_handshake(struct rig_peer *p)
{
	int rc;

	ERR_clear_error();
	if (p->early)
		cork(p->fd, 1);
	rc = SSL_do_handshake(p->tls.ssl);
	if (rc == 1 && p->early)
		CU_ASSERT_TRUE(SSL_write(p->tls.ssl, p->early, (int)strlen(p->early)) > 0);
	if (p->early)
		cork(p->fd, 0);
	if (rc == 1) {
		p->secure = true;
	} else if (SSL_get_error(p->tls.ssl, rc) != SSL_ERROR_WANT_READ) {
		p->broken = true;
	}
}

static void
step(struct rig_peer *p)
{
	static uint8_t buf[READ_MAX];
	unsigned want;
	ssize_t n;

	if (p->fd < 0 || p->broken)
		return;
	if (p->has_tls && !p->secure)
		step_handshake(p);
	while (p->secure && p->out_sent < p->out_len) {
		n = transmit(p, p->out + p->out_sent, p->out_len - p->out_sent);
		if (n <= 0) {
			p->broken |= n == -2;
			break;
		}
		p->out_sent += (size_t)n;
	}
	if (p->secure && p->finish && p->out_sent == p->out_len && !p->finished && !p->broken) {
		p->finished = true;
		if (p->has_tls)
			SSL_shutdown(p->tls.ssl);
		shutdown(p->fd, SHUT_WR);
	}
	while (p->secure && !p->deaf && !p->eof && !p->broken) {
		n = receive(p, buf);
		if (n == -1)
			break;
		p->eof = n == 0;
		p->broken = n == -2;
		if (n > 0)
			take(p, buf, (size_t)n);
	}
	want = p->deaf || p->eof ? 0 : LOOP_READ;
	if (p->secure && p->out_sent < p->out_len)
		want |= LOOP_WRITE;
	loop_io_want(&p->io, p->broken ? 0 : want);
}

static void
on_io(struct loop_io *io, unsigned ready)
{
	struct rig_peer *p = io->arg;

	(void)ready;
	if (!p->up) {
		if (sock_error(p->fd)) {
			p->broken = true;
			loop_io_want(io, 0);
			return;
		}
		p->up = true;
		p->secure = !p->has_tls;
	}
	step(p);
}

static void
begin(struct rig_peer *p, int fd)
{
	p->fd = fd;
	/* Nagle waits for real time to pass, which is not the time of the simulation. */
	sock_set_nodelay(fd);
	p->connections++;
	p->secure = p->eof = p->broken = p->finished = p->finish = false;
	p->alert = 0;
	p->out_len = p->out_sent = 0;
	if (p->has_tls) {
		SSL_set_fd(p->tls.ssl, fd);
		SSL_set_app_data(p->tls.ssl, p);
		SSL_set_info_callback(p->tls.ssl, on_alert);
		SSL_set_mode(p->tls.ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	}
	loop_io_init(&p->io, p->rig->loop, fd, on_io, p);
}

static void
on_listener(struct loop_io *io, unsigned ready)
{
	struct rig_peer *p = io->arg;
	struct addr from;
	int fd = sock_accept(p->listen_fd, &from);

	(void)ready;
	if (fd < 0)
		return;
	if (p->fd >= 0) /* the next connection; the old one is over */
		peer_forget(p);
	begin(p, fd);
	p->up = true;
	p->secure = !p->has_tls;
	step(p);
}

static void
bound_receive_buffer(int fd)
{
	const int bytes = RECEIVE_BYTES;

	CU_ASSERT_EQUAL(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)), 0);
}

static void
release(struct rig_peer *p)
{
	if (p->held_fd >= 0)
		close(p->held_fd);
	p->held_fd = -1;
}

void
peer_listen(struct rig_peer *p, const struct addr *host)
{
	p->listen_fd = sock_tcp_listen(host, SOCK_BACKLOG);
	CU_ASSERT_TRUE_FATAL(p->listen_fd >= 0);
	release(p);
	bound_receive_buffer(p->listen_fd); /* what it accepts inherits it */
	CU_ASSERT_EQUAL(sock_local(p->listen_fd, &p->local), 0);
	loop_io_init(&p->listener, p->rig->loop, p->listen_fd, on_listener, p);
	loop_io_want(&p->listener, LOOP_READ);
}

void
peer_connect(struct rig_peer *p, const struct addr *to)
{
	int fd = sock_tcp_connect_as(NULL, to, p->mark);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	bound_receive_buffer(fd);
	begin(p, fd);
	p->up = false;
	loop_io_want(&p->io, LOOP_WRITE);
}

void
peer_send(struct rig_peer *p, const void *bytes, size_t len)
{
	p->out = bytes;
	p->out_len = len;
	p->out_sent = 0;
	step(p);
}

void
peer_finish(struct rig_peer *p)
{
	p->finish = true;
	step(p);
}

static void
drop(struct rig_peer *p)
{
	if (p->fd < 0)
		return;
	loop_io_stop(&p->io);
	close(p->fd);
	p->fd = -1;
	if (p->has_tls)
		tls_peer_again(&p->tls);
}

void
peer_reset(struct rig_peer *p)
{
	const struct linger now = { 1, 0 };

	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	drop(p);
}

void
peer_forget(struct rig_peer *p)
{
	drop(p);
}

void
peer_hear(struct rig_peer *p, bool on)
{
	p->deaf = !on;
	step(p);
}

static void
end_listener(struct rig_peer *p)
{
	loop_io_stop(&p->listener);
	if (p->listen_fd >= 0)
		close(p->listen_fd);
	p->listen_fd = -1;
}

void
peer_unlisten(struct rig_peer *p)
{
	end_listener(p);
	p->held_fd = sock_tcp_bound(&p->local);
	CU_ASSERT_TRUE(p->held_fd >= 0);
}

void
peer_fini(struct rig_peer *p)
{
	drop(p);
	end_listener(p);
	release(p);
	if (p->has_tls)
		tls_peer_fini(&p->tls);
}
