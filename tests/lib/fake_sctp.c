/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/fake_sctp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <linux/sctp.h> /* needs struct sockaddr_storage */

enum { FDS = 1024 };

struct fake_sctp fake_sctp;

/* What a descriptor is: a fake one, and how much of a message is still to be read. */
static struct {
	bool is_fake;
	uint32_t left;
} fds[FDS];

int __real_socket(int family, int type, int protocol);
int __real_accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags);
int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
ssize_t __real_sendmsg(int fd, const struct msghdr *mh, int flags);
ssize_t __real_recvmsg(int fd, struct msghdr *mh, int flags);
int __wrap_socket(int family, int type, int protocol);
int __wrap_accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *mh, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *mh, int flags);

static int
remember(int fd, bool is_fake)
{
	if (fd >= 0 && fd < FDS) {
		fds[fd].is_fake = is_fake;
		fds[fd].left = 0;
	}
	return fd;
}

static bool
is_fake(int fd)
{
	return fd >= 0 && fd < FDS && fds[fd].is_fake;
}

int
__wrap_socket(int family, int type, int protocol)
{
	bool fake = protocol == IPPROTO_SCTP && fake_sctp.how == SCTP_FAKE;

	if (protocol == IPPROTO_SCTP && fake_sctp.how == SCTP_NONE) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	return remember(__real_socket(family, type, fake ? 0 : protocol), fake);
}

int
__wrap_accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags)
{
	return remember(__real_accept4(fd, sa, len, flags), is_fake(fd));
}

int
__wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	const struct sctp_status status = { .sstat_outstrms = fake_sctp.streams };

	if (!is_fake(fd) || level != IPPROTO_SCTP || name != SCTP_STATUS)
		return __real_getsockopt(fd, level, name, value, len);
	memcpy(value, &status, sizeof(status));
	return 0;
}

static void
note(const struct msghdr *mh, size_t len)
{
	const struct cmsghdr *cm = CMSG_FIRSTHDR(mh);
	struct sctp_sndrcvinfo info = { 0 };

	if (fake_sctp.n_sent == FAKE_SCTP_SENT_MAX)
		return;
	if (cm && cm->cmsg_level == IPPROTO_SCTP && cm->cmsg_type == SCTP_SNDRCV &&
	    cm->cmsg_len == CMSG_LEN(sizeof(info)))
		memcpy(&info, CMSG_DATA(cm), sizeof(info));
	fake_sctp.sent[fake_sctp.n_sent].stream = info.sinfo_stream;
	memcpy(fake_sctp.sent[fake_sctp.n_sent].ppid, &info.sinfo_ppid, sizeof(info.sinfo_ppid));
	fake_sctp.sent[fake_sctp.n_sent++].len = len;
}

/* A message is its length and its octets. */
ssize_t
__wrap_sendmsg(int fd, const struct msghdr *mh, int flags)
{
	uint32_t len = (uint32_t)mh->msg_iov->iov_len;
	struct iovec iov[] = { { &len, sizeof(len) }, *mh->msg_iov };
	const struct msghdr framed = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t sent;

	if (!is_fake(fd))
		return __real_sendmsg(fd, mh, flags);
	if (fake_sctp.is_short && !fake_sctp.room) {
		errno = EAGAIN;
		return -1;
	}
	fake_sctp.room -= fake_sctp.is_short;
	sent = __real_sendmsg(fd, &framed, flags);
	if (sent >= 0)
		note(mh, len);
	return sent < 0 ? -1 : (ssize_t)len;
}

ssize_t
__wrap_recvmsg(int fd, struct msghdr *mh, int flags)
{
	size_t cap = mh->msg_iov->iov_len;
	ssize_t got;

	if (!is_fake(fd))
		return __real_recvmsg(fd, mh, flags);
	if (!fds[fd].left) {
		got = recv(fd, &fds[fd].left, sizeof(fds[fd].left), 0);
		if (got <= 0)
			return got;
	}
	if (fake_sctp.piece_max && cap > fake_sctp.piece_max)
		cap = fake_sctp.piece_max;
	got = recv(fd, mh->msg_iov->iov_base, cap < fds[fd].left ? cap : fds[fd].left, 0);
	if (got > 0)
		fds[fd].left -= (uint32_t)got;
	mh->msg_flags = got > 0 && !fds[fd].left ? MSG_EOR : 0;
	return got;
}
