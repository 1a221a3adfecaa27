/* SPDX-License-Identifier: BSD-2-Clause */
/* msrp_peer's words, time limit, TCP connection and octets. */
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/tools/msrp_peer.h"

long long
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

void
say(const char *fmt, ...)
{
	struct timespec ts;
	struct tm tm;
	char when[32];
	va_list ap;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	printf("%s.%03ldZ %s: ", when, ts.tv_nsec / 1000000, conf.name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void
say_total(void)
{
	say("total bytes-in=%lu bytes-out=%lu messages=%d answers=%d", me.bytes_in, me.bytes_out, me.messages,
	    me.answers);
}

void
give_up(const char *why)
{
	say("failed: %s", why);
	say_total();
	exit(1);
}

void
wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	long long left = me.deadline - now_ms();

	if (left <= 0 || poll(&p, 1, (int)left) == 0)
		give_up("time is over");
}

static socklen_t
parse_addr(const char *text, struct sockaddr_storage *ss)
{
	char host[128];
	const char *colon = strrchr(text, ':');
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *ai;
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	socklen_t n;

	if (text[0] == '[' && len >= 2 && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(host))
		give_up("bad address");
	memcpy(host, text, len);
	host[len] = '\0';
	if (getaddrinfo(host, colon ? colon + 1 : "0", &hints, &ai) != 0)
		give_up("bad address");
	memcpy(ss, ai->ai_addr, ai->ai_addrlen);
	n = ai->ai_addrlen;
	freeaddrinfo(ai);
	return n;
}

static const char *
addr_text(const struct sockaddr_storage *ss)
{
	static char text[128];
	char host[64], port[8];

	getnameinfo((const struct sockaddr *)ss, sizeof(*ss), host, sizeof(host), port, sizeof(port),
	            NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(text, sizeof(text), ss->ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
	return text;
}

void
tcp_connect(void)
{
	struct sockaddr_storage to, from;
	socklen_t len = parse_addr(conf.connect, &to), err_len = sizeof(int);
	int err = 0, one = 1;

	me.fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(me.fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (conf.bind) {
		socklen_t n = parse_addr(conf.bind, &from);

		if (bind(me.fd, (struct sockaddr *)&from, n) != 0)
			give_up(strerror(errno));
	}
	say("connecting to %s", conf.connect);
	if (connect(me.fd, (struct sockaddr *)&to, len) != 0 && errno != EINPROGRESS)
		give_up(strerror(errno));
	wait_for(me.fd, POLLOUT);
	getsockopt(me.fd, SOL_SOCKET, SO_ERROR, &err, &err_len);
	if (err)
		give_up(strerror(err));
	say("connected");
}

void
tcp_accept(void)
{
	struct sockaddr_storage ss;
	socklen_t len = parse_addr(conf.listen, &ss);
	int one = 1, l = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, (struct sockaddr *)&ss, len) != 0 || listen(l, 4) != 0)
		give_up(strerror(errno));
	len = sizeof(ss);
	getsockname(l, (struct sockaddr *)&ss, &len);
	say("listening on %s", addr_text(&ss));
	while (me.fd < 0) {
		wait_for(l, POLLIN);
		len = sizeof(ss);
		me.fd = accept4(l, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK);
	}
	close(l);
	say("accepted from %s", addr_text(&ss));
}

void
tcp_cork(bool on)
{
	int value = on;

	setsockopt(me.fd, IPPROTO_TCP, TCP_CORK, &value, sizeof(value));
}

void
write_all(const char *p, size_t len)
{
	while (len) {
		ssize_t n;

		if (me.ssl) {
			n = SSL_write(me.ssl, p, (int)len);
			if (n <= 0) {
				int e = SSL_get_error(me.ssl, (int)n);

				if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE)
					give_up(tls_why());
				wait_for(me.fd, e == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
				continue;
			}
		} else {
			n = send(me.fd, p, len, MSG_NOSIGNAL);
			if (n < 0 && errno == EAGAIN) {
				wait_for(me.fd, POLLOUT);
				continue;
			}
			if (n < 0)
				give_up(strerror(errno));
		}
		p += n;
		len -= (size_t)n;
		me.bytes_out += (unsigned long)n;
	}
}

bool
read_more(void)
{
	for (;;) {
		char *at = me.in + me.in_len;
		size_t room = BUF_BYTES - me.in_len;
		ssize_t n;

		if (room == 0)
			give_up("message too large for this peer");
		if (me.ssl) {
			n = SSL_read(me.ssl, at, (int)room);
			if (n <= 0) {
				int e = SSL_get_error(me.ssl, (int)n);

				if (e == SSL_ERROR_ZERO_RETURN)
					return false;
				if (e == SSL_ERROR_WANT_READ) {
					wait_for(me.fd, POLLIN);
					continue;
				}
				give_up(tls_why());
			}
		} else {
			n = recv(me.fd, at, room, 0);
			if (n < 0 && errno == EAGAIN) {
				wait_for(me.fd, POLLIN);
				continue;
			}
			if (n < 0)
				give_up(strerror(errno));
			if (n == 0)
				return false;
		}
		me.in_len += (size_t)n;
		me.bytes_in += (unsigned long)n;
		return true;
	}
}
