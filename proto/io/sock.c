/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/sock.h"

#include <errno.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/io/sock_priv.h"

int
sock_fail(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	return err_from_errno(saved);
}

int
sock_set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

static int
open_socket(enum addr_family family, int type)
{
	int fd;

	if (family == ADDR_NONE) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(family == ADDR_V6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Each family has its own socket everywhere here; "::" must not take the IPv4 port along. */
	if (fd >= 0 && family == ADDR_V6 && sock_set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int
bind_to(int fd, const struct addr *local)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(local, &ss);

	return bind(fd, (struct sockaddr *)&ss, len);
}

int
sock_udp(const struct addr *local)
{
	int fd = open_socket(local->family, SOCK_DGRAM);

	if (fd < 0 || bind_to(fd, local) != 0)
		return sock_fail(fd);
	return fd;
}

int
sock_set_whole(int fd, enum addr_family family)
{
	int rc = family == ADDR_V6 ? sock_set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO)
	                           : sock_set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);

	return rc ? err_from_errno(errno) : 0;
}

int
sock_tcp_bound(const struct addr *local)
{
	int fd = open_socket(local->family, SOCK_STREAM);

	if (fd < 0 || sock_set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0 || bind_to(fd, local) != 0)
		return sock_fail(fd);
	return fd;
}

int
sock_tcp_listen(const struct addr *local, int backlog)
{
	int fd = sock_tcp_bound(local);

	if (fd >= 0 && listen(fd, backlog) != 0)
		return sock_fail(fd);
	return fd;
}

int
sock_tcp_connect(const struct addr *local, const struct addr *remote)
{
	return sock_tcp_connect_as(local, remote, 0);
}

int
sock_tcp_connect_as(const struct addr *local, const struct addr *remote, unsigned dscp)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(remote, &ss);
	int fd;

	if (local && local->family != remote->family)
		return ERR_INVAL;
	fd = open_socket(remote->family, SOCK_STREAM);
	if (fd < 0)
		return sock_fail(fd);
	/* One for connections that were here before, the other for a listener (sock_share_port()). */
	if (local && local->port &&
	    (sock_set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0 || sock_set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1) != 0))
		return sock_fail(fd);
	/* Without a port of its own, the kernel may pick one late, and one port can serve many peers. */
	if (local && !local->port)
		sock_set_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	if (local && bind_to(fd, local) != 0)
		return sock_fail(fd);
	if (dscp)
		(void)sock_set_dscp(fd, remote->family, dscp); /* what fails is not worth a connection */
	if (connect(fd, (struct sockaddr *)&ss, len) != 0 && errno != EINPROGRESS)
		return sock_fail(fd);
	return fd;
}

int
sock_accept(int listener, struct addr *peer)
{
	struct sockaddr_storage ss;
	struct addr from;
	int fd, tries = 0;

	do {
		socklen_t len = sizeof(ss);

		fd = accept4(listener, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		/* ECONNABORTED: that one went away while it was queued; look at the next. */
	} while (fd < 0 && (errno == EINTR || errno == ECONNABORTED) && ++tries < SOCK_BACKLOG);
	if (fd < 0)
		return errno == EINTR || errno == ECONNABORTED ? ERR_AGAIN : sock_fail(fd);
	if (addr_from_sockaddr((struct sockaddr *)&ss, &from) == 0)
		*peer = from;
	else
		*peer = (struct addr){ 0 }; /* AF_UNIX */
	return fd;
}

int
sock_send(int fd, struct span bytes, size_t *sent)
{
	while (*sent < bytes.len) {
		ssize_t n = send(fd, bytes.p + *sent, bytes.len - *sent, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return err_from_errno(errno);
		if (n > 0)
			*sent += (size_t)n;
	}
	return 0;
}

int
sock_recv(int fd, void *buf, size_t cap, size_t *len)
{
	ssize_t n = recv(fd, buf, cap, 0);

	if (n < 0)
		return errno == EINTR ? ERR_AGAIN : err_from_errno(errno);
	*len = (size_t)n;
	return 0;
}

int
sock_error(int fd)
{
	int pending = 0;
	socklen_t len = sizeof(pending);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &pending, &len) != 0)
		pending = errno;
	return err_from_errno(pending);
}

int
sock_local(int fd, struct addr *a)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return err_from_errno(errno);
	return addr_from_sockaddr((struct sockaddr *)&ss, a);
}

int
sock_peer(int fd, struct addr *a)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (getpeername(fd, (struct sockaddr *)&ss, &len) != 0)
		return err_from_errno(errno);
	return addr_from_sockaddr((struct sockaddr *)&ss, a);
}

int
sock_set_dscp(int fd, enum addr_family family, unsigned dscp)
{
	int tos = (int)(dscp << 2);
	int rc;

	if (dscp > 63)
		return ERR_INVAL;
	if (family == ADDR_V6)
		rc = sock_set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, tos);
	else
		rc = sock_set_int(fd, IPPROTO_IP, IP_TOS, tos);
	return rc ? err_from_errno(errno) : 0;
}

int
sock_peer_dscp(int fd, enum addr_family family, unsigned *dscp)
{
	bool v6 = family == ADDR_V6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP, kind = v6 ? IPV6_TCLASS : IP_TOS, on = 1, tos;
	union {
		char bytes[256];
		struct cmsghdr align;
	} buf;
	socklen_t len = sizeof(buf);
	struct msghdr msg = { .msg_control = &buf };
	int rc;

	rc = sock_set_int(fd, level, v6 ? IPV6_RECVTCLASS : IP_RECVTOS, on);
	if (!rc)
		rc = getsockopt(fd, level, v6 ? IPV6_2292PKTOPTIONS : IP_PKTOPTIONS, &buf, &len);
	if (rc)
		return err_from_errno(errno);
	msg.msg_controllen = len;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != level || c->cmsg_type != kind || c->cmsg_len < CMSG_LEN(1))
			continue;
		tos = 0;
		memcpy(&tos, CMSG_DATA(c), c->cmsg_len >= CMSG_LEN(sizeof(tos)) ? sizeof(tos) : 1);
		*dscp = (unsigned)tos >> 2 & 63;
		return 0;
	}
	return ERR_NOTFOUND;
}

int
sock_set_nodelay(int fd)
{
	return sock_set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1) ? err_from_errno(errno) : 0;
}

void
sock_share_port(int listener)
{
	(void)sock_set_int(listener, SOL_SOCKET, SO_REUSEPORT, 1);
}

void
sock_set_room(int fd, int bytes)
{
	if (sock_set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes) != 0)
		(void)sock_set_int(fd, SOL_SOCKET, SO_RCVBUF, bytes);
}

void
sock_quick_ack(int fd)
{
	(void)sock_set_int(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
}

bool
sock_may_have_tls(void)
{
	static const char ulp[] = "tls";
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool has;

	/* ENOENT, if it has none; a socket without a connection is refused otherwise. */
	has = fd >= 0 && (setsockopt(fd, IPPROTO_TCP, TCP_ULP, ulp, sizeof(ulp)) == 0 || errno == ENOTCONN);
	if (fd >= 0)
		(void)close(fd);
	return has;
}

/* True when nobody listens at a socket file any more, for example after a crash. */
static bool
is_stale(const struct sockaddr_un *sun)
{
	struct stat st;
	bool stale = false;
	int fd;

	if (lstat(sun->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		stale = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) != 0 && errno == ECONNREFUSED;
		close(fd);
	}
	return stale;
}

int
sock_unix_listen(const char *path)
{
	const struct sockaddr *sa;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (span_copy(span_str(path), sun.sun_path, sizeof(sun.sun_path)) != 0)
		return ERR_TOOBIG;
	sa = (const struct sockaddr *)&sun;
	if (is_stale(&sun))
		unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return sock_fail(fd);
	/* Mode first on the socket, which bind gives to the file: there is no moment with a wider one. */
	if (fchmod(fd, 0660) != 0 || bind(fd, sa, sizeof(sun)) != 0)
		return sock_fail(fd);
	if (chmod(path, 0660) != 0 || listen(fd, SOCK_BACKLOG) != 0) {
		int rc = sock_fail(fd);

		unlink(path);
		return rc;
	}
	return fd;
}
