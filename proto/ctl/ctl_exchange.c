/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/ctl/ctl_exchange.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/bounds.h"
#include "proto/base/err.h"
#include "proto/io/sock.h"

enum { COOKIE_MAX = 64 };

/* One request on its way. */
struct flight {
	const struct ctl_conf *conf;
	int fd;
	char cookie[COOKIE_MAX];
	struct span request;
	char *buf; /* NG_MESSAGE_MAX + 1 bytes for the reply */
	size_t n;
	uint64_t deadline_ms;
};

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void
start_clock(struct flight *f, unsigned ms)
{
	f->deadline_ms = now_ms() + ms;
}

/* 0 when the socket is ready, ERR_TIMEOUT. */
static int
wait_for(const struct flight *f, short events)
{
	struct pollfd p = { .fd = f->fd, .events = events };
	uint64_t now = now_ms();
	int n;

	if (now >= f->deadline_ms)
		return ERR_TIMEOUT;
	n = poll(&p, 1, (int)(f->deadline_ms - now));
	if (n < 0 && errno != EINTR)
		return err_from_errno(errno);
	return n == 0 ? ERR_TIMEOUT : 0;
}

/* ---- UDP ---- */

static int
open_udp(const struct addr *to)
{
	struct addr any = { .family = to->family };
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(to, &ss);
	int fd = sock_udp(&any);

	/* Connected: only its datagrams come in, and a port without listener is told at once. */
	if (fd >= 0 && connect(fd, (struct sockaddr *)&ss, len) != 0) {
		int rc = err_from_errno(errno);

		close(fd);
		return rc;
	}
	return fd;
}

/* True for a reply to this request; late ones of others are not. */
static bool
is_ours(const struct flight *f)
{
	size_t len = strlen(f->cookie);

	return f->n > len && memcmp(f->buf, f->cookie, len) == 0 && f->buf[len] == ' ';
}

static int
try_udp(struct flight *f)
{
	int rc;

	start_clock(f, f->conf->timeout_ms);
	if (send(f->fd, f->request.p, f->request.len, 0) < 0 && errno != ECONNREFUSED)
		return err_from_errno(errno);
	while ((rc = wait_for(f, POLLIN)) == 0) {
		ssize_t n = recv(f->fd, f->buf, NG_MESSAGE_MAX + 1, 0);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_from_errno(errno);
		f->n = n > 0 ? (size_t)n : 0;
		if (is_ours(f))
			return 0;
	}
	return rc;
}

static int
exchange_udp(struct flight *f)
{
	int rc = ERR_TIMEOUT;

	for (unsigned i = 0; i < f->conf->tries && rc == ERR_TIMEOUT; i++)
		rc = try_udp(f);
	return rc;
}

/* ---- TCP ---- */

static int
send_all(struct flight *f)
{
	struct span rest = f->request;
	int rc;

	while (rest.len) {
		ssize_t n = send(f->fd, rest.p, rest.len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_from_errno(errno);
		if (n > 0)
			rest = span_of(rest.p + n, rest.len - (size_t)n);
		else if ((rc = wait_for(f, POLLOUT)) != 0)
			return rc;
	}
	return 0;
}

static int
exchange_tcp(struct flight *f)
{
	size_t len;
	int rc;

	start_clock(f, f->conf->timeout_ms * f->conf->tries);
	rc = wait_for(f, POLLOUT);
	if (rc == 0)
		rc = sock_error(f->fd);
	if (rc == 0)
		rc = send_all(f);
	while (rc == 0 && (rc = ng_frame(span_of(f->buf, f->n), &len)) == ERR_MORE) {
		ssize_t n;

		rc = wait_for(f, POLLIN);
		if (rc)
			break;
		n = recv(f->fd, f->buf + f->n, NG_MESSAGE_MAX + 1 - f->n, 0);
		if (n == 0)
			return ERR_CLOSED;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_from_errno(errno);
		f->n += n > 0 ? (size_t)n : 0;
	}
	if (rc == 0)
		f->n = len;
	return rc == 0 && !is_ours(f) ? ERR_MISMATCH : rc;
}

/* ---- both ---- */

static int
print_request(struct flight *f, const struct ng_val *request, struct arena *a)
{
	char *text = arena_alloc(a, NG_MESSAGE_MAX);
	struct timespec ts;
	struct out o;

	f->buf = arena_alloc(a, NG_MESSAGE_MAX + 1);
	if (!text || !f->buf)
		return ERR_NOMEM;
	clock_gettime(CLOCK_REALTIME, &ts);
	snprintf(f->cookie, sizeof(f->cookie), "ctl_%ld_%lx%lx", (long)getpid(), (unsigned long)ts.tv_sec,
	         (unsigned long)ts.tv_nsec);
	out_init(&o, text, NG_MESSAGE_MAX);
	ng_print(&o, span_str(f->cookie), NG_BENCODE, request);
	f->request = out_get(&o);
	return o.err;
}

static enum ctl_exit
fail(const struct ctl_conf *c, int rc)
{
	char text[ADDR_TEXT_MAX];
	const char *proto = c->ng_is_tcp ? "tcp" : "udp";

	fprintf(stderr, "ims-ctl: no answer from %s:%s: %s\n", proto, addr_text(&c->ng, text), err_str(rc));
	return CTL_NO_ANSWER;
}

enum ctl_exit
ctl_exchange(const struct ctl_conf *c, const struct ng_val *request, struct arena *a, struct ng_msg *reply)
{
	struct flight f = { .conf = c };
	int rc = print_request(&f, request, a);

	if (rc) {
		fprintf(stderr, "ims-ctl: request: %s\n", err_str(rc));
		return CTL_USAGE;
	}
	f.fd = c->ng_is_tcp ? sock_tcp_connect(NULL, &c->ng) : open_udp(&c->ng);
	if (f.fd < 0)
		return fail(c, f.fd);
	rc = c->ng_is_tcp ? exchange_tcp(&f) : exchange_udp(&f);
	close(f.fd);
	if (rc)
		return fail(c, rc);
	rc = ng_parse(a, span_of(f.buf, f.n), reply);
	if (rc) {
		fprintf(stderr, "ims-ctl: the answer cannot be read: %s\n", err_str(rc));
		return CTL_ERROR;
	}
	return CTL_OK;
}
