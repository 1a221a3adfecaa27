/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/lo_tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/tmain.h"

enum { FLUSHES = 3 /* SYN, its answer, and ours to that */ };

uint64_t
lo_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

struct addr
lo_addr(enum addr_family family, uint8_t last)
{
	struct addr a = { .family = family };

	if (family == ADDR_V6) {
		a.ip[15] = 1;
	} else {
		a.ip[0] = 127;
		a.ip[3] = last;
	}
	return a;
}

int
lo_bound(const struct addr *ip, struct addr *at)
{
	int family = ip->family == ADDR_V6 ? AF_INET6 : AF_INET, on = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(ip, &ss);

	if (fd < 0)
		return -1;
	if (family == AF_INET6)
		CU_ASSERT_EQUAL(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), 0);
	if (bind(fd, (struct sockaddr *)&ss, len) != 0) {
		close(fd);
		return -1;
	}
	len = sizeof(ss);
	CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	CU_ASSERT_EQUAL_FATAL(addr_from_sockaddr((struct sockaddr *)&ss, at), 0);
	return fd;
}

/* Loopback handles a packet inside the call that sends it, unless the kernel is behind with its soft interrupts; then a
 * datagram waits in the same queue, behind it. */
static void
flush_kernel(void)
{
	struct sockaddr_in self = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(self);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char octet = 0;

	CU_ASSERT_EQUAL_FATAL(bind(fd, (const struct sockaddr *)&self, sizeof(self)), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&self, &len), 0);
	for (int i = 0; i < FLUSHES; i++) {
		CU_ASSERT_EQUAL(sendto(fd, &octet, 1, 0, (const struct sockaddr *)&self, len), 1);
		CU_ASSERT_EQUAL(poll(&p, 1, LO_PATIENCE_MS), 1);
		CU_ASSERT_EQUAL(recv(fd, &octet, 1, MSG_DONTWAIT), 1);
	}
	close(fd);
}

void
lo_connect(int fd, const struct addr *to)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(to, &ss);

	if (connect(fd, (struct sockaddr *)&ss, len) != 0)
		CU_ASSERT_EQUAL(errno, EINPROGRESS);
	flush_kernel();
}

int
lo_client(enum addr_family family, uint8_t last, const struct addr *to)
{
	struct addr ip = lo_addr(family, last), at;
	int fd = lo_bound(&ip, &at);

	CU_ASSERT_FATAL(fd >= 0);
	lo_connect(fd, to);
	return fd;
}

static bool
is_answered(int fd, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, wait_ms) == 1;
}

bool
lo_is_answered(int fd)
{
	return is_answered(fd, 0);
}

bool
lo_gets_answer(int fd)
{
	return is_answered(fd, LO_PATIENCE_MS);
}

bool
lo_is_connected(int fd)
{
	int err = -1;
	socklen_t len = sizeof(err);

	return lo_gets_answer(fd) && getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 && err == 0;
}
