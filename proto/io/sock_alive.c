/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether the peer of a TCP connection is there, as the kernel asks and knows it. */
#include "proto/io/sock.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "proto/base/err.h"
#include "proto/io/sock_priv.h"

enum { PROBES = 8, PROBE_S = 15 };

int
sock_set_liveness(int fd, unsigned keepalive_s, unsigned dead_s)
{
	int probe_s = PROBE_S, rc;

	/* With a user time-out it is the time that counts for the kernel, not the number of probes. */
	if (dead_s > keepalive_s)
		probe_s = (int)((dead_s - keepalive_s + PROBES - 1) / PROBES);
	rc = sock_set_int(fd, SOL_SOCKET, SO_KEEPALIVE, keepalive_s != 0);
	if (keepalive_s)
		rc |= sock_set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, (int)keepalive_s) |
		      sock_set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, probe_s);
	if (dead_s)
		rc |= sock_set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)(dead_s * 1000));
	return rc ? err_from_errno(errno) : 0;
}

/* The first probe goes out with TCP_KEEPIDLE. A user time-out that is long over since the peer was heard last would end the
 * connection after one second, and have no patience with a peer that must first be woken. */
int
sock_probe(int fd)
{
	int rc = sock_set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 0) | sock_set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1) |
	         sock_set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1) | sock_set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1);

	return rc ? err_from_errno(errno) : 0;
}

int
sock_silence(int fd, struct sock_silence *s)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return err_from_errno(errno);
	s->silent_ms = info.tcpi_last_ack_recv < info.tcpi_last_data_recv ? info.tcpi_last_ack_recv : info.tcpi_last_data_recv;
	s->unanswered = info.tcpi_probes > info.tcpi_retransmits ? info.tcpi_probes : info.tcpi_retransmits;
	return 0;
}

int
sock_unacked(int fd, uint32_t *octets)
{
	int n;

	if (ioctl(fd, SIOCOUTQ, &n) != 0)
		return err_from_errno(errno);
	*octets = (uint32_t)n;
	return 0;
}
