/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/sock.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "tests/lib/tmain.h"

static struct addr
host(const char *text)
{
	struct addr a = { 0 };

	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(span_str(text), &a), 0);
	return a;
}

static bool
wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 60000) == 1;
}

/* False on machines without IPv6. */
static bool
can_bind(const struct addr *a)
{
	int fd = sock_udp(a);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void
connect_over(const char *text)
{
	struct addr at = host(text), to, from, seen;
	int ls, c, s;

	if (!can_bind(&at))
		return;
	ls = sock_tcp_listen(&at, SOCK_BACKLOG);
	CU_ASSERT_FATAL(ls >= 0);
	CU_ASSERT_EQUAL(sock_accept(ls, &from), ERR_AGAIN);
	CU_ASSERT_EQUAL(sock_local(ls, &to), 0);
	CU_ASSERT_NOT_EQUAL(to.port, 0);
	c = sock_tcp_connect(&at, &to);
	CU_ASSERT_FATAL(c >= 0);
	CU_ASSERT(wait_for(ls, POLLIN));
	s = sock_accept(ls, &from);
	CU_ASSERT_FATAL(s >= 0);
	CU_ASSERT(wait_for(c, POLLOUT));
	CU_ASSERT_EQUAL(sock_error(c), 0);
	CU_ASSERT_EQUAL(sock_local(c, &seen), 0);
	CU_ASSERT(addr_same(&seen, &from));
	CU_ASSERT_EQUAL(sock_peer(c, &seen), 0);
	CU_ASSERT(addr_same(&seen, &to));
	CU_ASSERT_EQUAL(sock_set_nodelay(c), 0);
	CU_ASSERT_EQUAL(sock_set_dscp(c, at.family, 46), 0);
	CU_ASSERT_EQUAL(sock_set_dscp(c, at.family, 64), ERR_INVAL);
	CU_ASSERT(fcntl(s, F_GETFL) & O_NONBLOCK);
	CU_ASSERT(fcntl(s, F_GETFD) & FD_CLOEXEC);
	CU_ASSERT(fcntl(c, F_GETFL) & O_NONBLOCK);
	CU_ASSERT(fcntl(c, F_GETFD) & FD_CLOEXEC);
	CU_ASSERT_EQUAL(sock_tcp_listen(&to, 1), ERR_EXISTS);
	close(s);
	close(c);
	close(ls);
}

static void
tcp_connects_and_accepts_over_ipv4_and_ipv6(void)
{
	connect_over("127.0.0.1:0");
	connect_over("[::1]:0");
}

static void
a_refused_connection_says_so(void)
{
	struct addr at = host("127.0.0.1:0"), to;
	int b = sock_tcp_bound(&at); /* bound, not listening: the port is nobody else's */
	int c;

	CU_ASSERT_FATAL(b >= 0);
	CU_ASSERT_EQUAL(sock_local(b, &to), 0);
	c = sock_tcp_connect(NULL, &to);
	if (c >= 0) {
		CU_ASSERT(wait_for(c, POLLOUT));
		CU_ASSERT_EQUAL(sock_error(c), ERR_REFUSED);
		CU_ASSERT_EQUAL(sock_peer(c, &to), ERR_CLOSED);
		close(c);
	} else {
		CU_ASSERT_EQUAL(c, ERR_REFUSED);
	}
	close(b);
}

static void
families_do_not_mix(void)
{
	struct addr v4 = host("127.0.0.1:0"), v6 = host("[::1]:9"), any = host("[::]:0"), same;
	struct addr none = { 0 };
	int a, b;

	CU_ASSERT_EQUAL(sock_tcp_connect(&v4, &v6), ERR_INVAL);
	CU_ASSERT_EQUAL(sock_udp(&none), ERR_INVAL);
	if (!can_bind(&any))
		return;
	a = sock_tcp_listen(&any, 1);
	CU_ASSERT_FATAL(a >= 0);
	CU_ASSERT_EQUAL(sock_local(a, &same), 0);
	v4.port = same.port;
	b = sock_tcp_listen(&v4, 1);
	CU_ASSERT(b >= 0 || b == ERR_EXISTS); /* another program may own the IPv4 port; "::" must not */
	if (b >= 0)
		close(b);
	close(a);
}

static void
udp_is_bound_and_not_shared(void)
{
	struct addr at = host("127.0.0.1:0"), got;
	int fd = sock_udp(&at);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(sock_local(fd, &got), 0);
	CU_ASSERT_NOT_EQUAL(got.port, 0);
	CU_ASSERT_EQUAL(sock_udp(&got), ERR_EXISTS);
	close(fd);
}

static void
a_stale_socket_file_is_replaced_and_a_live_or_other_one_is_not(void)
{
	char dir[] = "/tmp/t_sock.XXXXXX", path[64], deep[200];
	struct stat st;
	int fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	fd = sock_unix_listen(path);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0660);
	CU_ASSERT_EQUAL(sock_unix_listen(path), ERR_EXISTS);
	close(fd);
	fd = sock_unix_listen(path);
	CU_ASSERT(fd >= 0);
	close(fd);
	unlink(path);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	CU_ASSERT_EQUAL(sock_unix_listen(path), ERR_EXISTS);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	unlink(path);
	rmdir(dir);
	memset(deep, 'x', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	CU_ASSERT_EQUAL(sock_unix_listen(deep), ERR_TOOBIG);
	CU_ASSERT_EQUAL(sock_unix_listen("/nonexistent/s"), ERR_NOTFOUND);
}

static int
get_int(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = -1;

	CU_ASSERT_EQUAL(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

/* What the peer's kernel saw of our SYN tells whether it was marked. */
static void
a_syn_is_marked_and_a_dead_peer_will_be_found(void)
{
	struct addr at = host("127.0.0.1:0"), peer;
	uint8_t syn[128] = { 0 };
	unsigned mark = 0;
	socklen_t len = sizeof(syn);
	int on = 1, l = sock_tcp_listen(&at, 1), c, s;

	CU_ASSERT_EQUAL_FATAL(sock_local(l, &at), 0);
	CU_ASSERT_EQUAL(setsockopt(l, IPPROTO_TCP, TCP_SAVE_SYN, &on, sizeof(on)), 0);
	CU_ASSERT_EQUAL(sock_set_liveness(l, 100, 0), 0);
	c = sock_tcp_connect_as(NULL, &at, 34);
	CU_ASSERT(c >= 0 && wait_for(l, POLLIN));
	s = sock_accept(l, &peer);
	CU_ASSERT_FATAL(s >= 0);
	CU_ASSERT_EQUAL(getsockopt(s, IPPROTO_TCP, TCP_SAVED_SYN, syn, &len), 0);
	CU_ASSERT_EQUAL(syn[1], 34 << 2);
	CU_ASSERT_EQUAL(sock_peer_dscp(s, ADDR_V4, &mark), 0);
	CU_ASSERT_EQUAL(mark, 34);
	CU_ASSERT(sock_peer_dscp(-1, ADDR_V4, &mark) < 0);
	CU_ASSERT_EQUAL(sock_set_liveness(c, 240, 360) | sock_set_nodelay(c), 0);
	CU_ASSERT_EQUAL(get_int(c, SOL_SOCKET, SO_KEEPALIVE), 1);
	CU_ASSERT_EQUAL(get_int(c, IPPROTO_TCP, TCP_KEEPIDLE), 240);
	CU_ASSERT_EQUAL(get_int(c, IPPROTO_TCP, TCP_KEEPINTVL), 15);
	CU_ASSERT_EQUAL(get_int(c, IPPROTO_TCP, TCP_USER_TIMEOUT), 360000);
	CU_ASSERT_EQUAL(get_int(c, IPPROTO_TCP, TCP_NODELAY), 1);
	/* An accepted socket has it from the listener. */
	CU_ASSERT_EQUAL(get_int(s, SOL_SOCKET, SO_KEEPALIVE), 1);
	CU_ASSERT_EQUAL(get_int(s, IPPROTO_TCP, TCP_KEEPIDLE), 100);
	close(l);
	close(c);
	close(s);
}

/* With SO_REUSEPORT on two listeners the kernel would deal out their SYNs among them. */
static void
a_shared_port_has_one_listener_all_the_same(void)
{
	const char *const hosts[] = { "127.0.0.1:0", "[::1]:0" };

	for (int i = 0; i < 2; i++) {
		struct addr at = host(hosts[i]), far = host(hosts[i]), from;
		int l = sock_tcp_listen(&at, 1), other = sock_tcp_listen(&far, 1), c, s;

		CU_ASSERT_EQUAL_FATAL(sock_local(l, &at), 0);
		CU_ASSERT_EQUAL_FATAL(sock_local(other, &far), 0);
		sock_share_port(l);
		CU_ASSERT(sock_tcp_listen(&at, 1) < 0);
		c = sock_tcp_connect_as(&at, &far, 0);
		CU_ASSERT_FATAL(c >= 0 && wait_for(other, POLLIN));
		s = sock_accept(other, &from);
		CU_ASSERT(addr_same(&from, &at));
		CU_ASSERT(sock_tcp_listen(&at, 1) < 0);
		CU_ASSERT(listen(c, 1) < 0);
		/* When the owner of the port is another one, the connection of before is no listener's. */
		close(l);
		l = sock_tcp_listen(&at, 1);
		CU_ASSERT(l >= 0);
		CU_ASSERT(sock_tcp_listen(&at, 1) < 0);
		close(l);
		close(other);
		close(c);
		close(s);
	}
}

const char test_suite[] = "sock";
const struct test_case test_cases[] = {
	TEST(tcp_connects_and_accepts_over_ipv4_and_ipv6),
	TEST(a_refused_connection_says_so),
	TEST(families_do_not_mix),
	TEST(udp_is_bound_and_not_shared),
	TEST(a_shared_port_has_one_listener_all_the_same),
	TEST(a_syn_is_marked_and_a_dead_peer_will_be_found),
	TEST(a_stale_socket_file_is_replaced_and_a_live_or_other_one_is_not),
	{ 0 },
};
