/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/sock_sctp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sctp.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/io/sock.h"
#include "proto/io/sock_priv.h"

static int
open_socket(enum addr_family family)
{
	const struct sctp_initmsg init = { .sinit_num_ostreams = SOCK_SCTP_STREAMS,
		                           .sinit_max_instreams = SOCK_SCTP_STREAMS };
	int fd = socket(family == ADDR_V6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	                IPPROTO_SCTP);

	if (fd < 0)
		return sock_fail(fd);
	if (family == ADDR_V6 && sock_set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0)
		return sock_fail(fd);
	/* Without these it is only slower. */
	(void)setsockopt(fd, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof(init));
	(void)sock_set_int(fd, IPPROTO_SCTP, SCTP_NODELAY, 1);
	return fd;
}

bool
sock_sctp_is_there(void)
{
	int fd = open_socket(ADDR_V4);

	if (fd >= 0)
		close(fd);
	return fd != ERR_UNSUPPORTED;
}

int
sock_sctp_listen(const struct addr *local, int backlog)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(local, &ss);
	int fd = open_socket(local->family);

	if (fd >= 0 && (sock_set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0 || bind(fd, (struct sockaddr *)&ss, len) != 0 ||
	                listen(fd, backlog) != 0))
		return sock_fail(fd);
	return fd;
}

/* The address that routing chooses towards remote, without a port; nothing is sent. */
static int
find_source(const struct addr *remote, struct addr *source)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(remote, &ss);
	int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0 || connect(fd, (struct sockaddr *)&ss, len) != 0)
		return sock_fail(fd);
	err = sock_local(fd, source);
	source->port = 0;
	close(fd);
	return err;
}

/* A socket that is bound to no address tells its peer all that the host has, those of the access network as well. */
static int
open_bound(const struct addr *remote)
{
	struct sockaddr_storage ss;
	struct addr source;
	int err = find_source(remote, &source), fd;

	if (err)
		return err;
	fd = open_socket(remote->family);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&ss, addr_to_sockaddr(&source, &ss)) != 0)
		return sock_fail(fd);
	return fd;
}

int
sock_sctp_connect(const struct addr *remote)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(remote, &ss);
	int fd = open_bound(remote);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&ss, len) != 0 && errno != EINPROGRESS)
		return sock_fail(fd);
	return fd;
}

uint16_t
sock_sctp_streams(int fd)
{
	struct sctp_status status = { 0 };
	socklen_t len = sizeof(status);

	if (getsockopt(fd, IPPROTO_SCTP, SCTP_STATUS, &status, &len) != 0 || !status.sstat_outstrms)
		return 1;
	return status.sstat_outstrms;
}

int
sock_sctp_send(int fd, uint16_t stream, uint32_t ppid, struct span msg)
{
	const struct sctp_sndrcvinfo info = { .sinfo_stream = stream, .sinfo_ppid = htonl(ppid) };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(info))];
	} control = { .bytes = { 0 } };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)msg.p, .iov_len = msg.len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
		             .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&mh);

	cm->cmsg_level = IPPROTO_SCTP;
	cm->cmsg_type = SCTP_SNDRCV;
	cm->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(cm), &info, sizeof(info));
	if (sendmsg(fd, &mh, MSG_NOSIGNAL) < 0)
		return errno == EINTR ? ERR_AGAIN : err_from_errno(errno);
	return 0;
}

int
sock_sctp_recv(int fd, char *buf, size_t cap, size_t *len, bool *is_whole)
{
	struct iovec iov = { .iov_base = buf, .iov_len = cap };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t got = recvmsg(fd, &mh, 0);

	if (got < 0)
		return errno == EINTR ? ERR_AGAIN : err_from_errno(errno);
	if (got == 0)
		return ERR_CLOSED;
	if (mh.msg_flags & MSG_NOTIFICATION) /* not asked for */
		return ERR_AGAIN;
	*len = (size_t)got;
	*is_whole = mh.msg_flags & MSG_EOR;
	return 0;
}
