/* SPDX-License-Identifier: BSD-2-Clause */
/* An open TLS connection whose records the kernel makes and opens: octets in and out of the socket are the
 * application's, records of other kinds have a type beside them. It begins in LEG_OPEN, which only a handshake with the
 * right fingerprint reaches, in both directions or not at all, and ends with the connection. */
#include "agw/leg.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "agw/leg_priv.h"
#include "agw/tls.h"
#include "agw/tls_ktls.h"
#include "proto/io/sock.h"

enum {
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	RECORD_DATA = 23,
	RECORD_ADDS = 5 + 1 + 16, /* head, type, tag: what a record of TLS 1.3 has besides its octets */

	ALERT_BYTES = 2,
	ALERT_WARNING = 1,
	ALERT_FATAL = 2,
	ALERT_CLOSE_NOTIFY = 0,
	ALERT_UNEXPECTED_MESSAGE = 10,
	ALERT_BAD_RECORD_MAC = 20,
	ALERT_RECORD_OVERFLOW = 22,
	ALERT_DECODE_ERROR = 50,
	ALERT_INTERNAL_ERROR = 80,
	ALERT_USER_CANCELED = 90,

	GIVEN_LOOKS = 8, /* whoever acknowledges octet by octet shall not keep the worker */

	HANDSHAKE_HEAD = 4, /* type, length of 24 bits */
	NEW_SESSION_TICKET = 4,
	KEY_UPDATE = 24,
};

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(uint8_t))];
};

static void
count(struct leg *l, enum leg_ktls end)
{
	uint64_t *n = &l->env->ktls_ends[end];

	__atomic_store_n(n, __atomic_load_n(n, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

/* ---- taking over ---- */

/* All that TCP was ever given, sent or not. An acknowledgement between the two looks would count twice; false if there was
 * one each time. */
static bool
get_given(const struct leg *l, uint64_t *n)
{
	struct tcp_info before, after;
	socklen_t len = sizeof(before);
	int unacked;

	memset(&before, 0, sizeof(before));
	memset(&after, 0, sizeof(after));
	for (int i = 0; i < GIVEN_LOOKS; i++) {
		if (getsockopt(l->fd, IPPROTO_TCP, TCP_INFO, &before, &len) != 0 || ioctl(l->fd, SIOCOUTQ, &unacked) != 0 ||
		    getsockopt(l->fd, IPPROTO_TCP, TCP_INFO, &after, &len) != 0)
			return false;
		if (before.tcpi_bytes_acked == after.tcpi_bytes_acked) {
			*n = after.tcpi_bytes_acked + (unsigned)unacked;
			return true;
		}
	}
	return false;
}

static enum leg_ktls
give_keys(struct leg *l, const struct tls_ktls_keys *k)
{
	static const char ulp[] = "tls";
	uint64_t given;

	if (l->out.len)
		return LEG_KTLS_PENDING;
	if (!get_given(l, &given))
		return LEG_KTLS_REFUSED;
	/* Without keys it changes nothing. */
	if (setsockopt(l->fd, IPPROTO_TCP, TCP_ULP, ulp, sizeof(ulp)) != 0)
		return errno == ENOENT ? LEG_KTLS_MISSING : errno == ENOTCONN ? LEG_KTLS_LATE : LEG_KTLS_REFUSED;
	if (setsockopt(l->fd, SOL_TLS, TLS_TX, k->tx, (socklen_t)k->len) != 0)
		return LEG_KTLS_REFUSED;
	l->ktls_base = given - l->stats.octets_out;
	return setsockopt(l->fd, SOL_TLS, TLS_RX, k->rx, (socklen_t)k->len) == 0 ? LEG_KTLS_TAKEN : LEG_KTLS_ENDS;
}

bool
leg_ktls_take(struct leg *l)
{
	struct tls_ktls_keys k = { .len = 0 };
	enum leg_ktls end = LEG_KTLS_VERSION;

	if (!l->tls || !l->env->ktls)
		return true;
	assert(leg_get_state(l) == LEG_OPEN && !l->unread);
	if (tls_ktls_take(l->tls, &k) == 0)
		end = give_keys(l, &k);
	tls_ktls_wipe(&k);
	if (end == LEG_KTLS_ENDS) {
		leg_fail(l, REASON_INTERNAL, 0, "the kernel took the key of one direction only");
		return false;
	}
	count(l, end);
	if (end == LEG_KTLS_TAKEN) {
		l->ktls = true;
		tls_ktls_let_go(l->tls);
	}
	return true;
}

/* ---- out ---- */

/* As send(2). */
static ssize_t
send_record(const struct leg *l, uint8_t type, const uint8_t *bytes, size_t len)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };
	union control control = { .head = { .cmsg_len = CMSG_LEN(sizeof(type)), .cmsg_level = SOL_TLS,
		                            .cmsg_type = TLS_SET_RECORD_TYPE } };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };

	*CMSG_DATA(&control.head) = type;
	return sendmsg(l->fd, &msg, MSG_NOSIGNAL);
}

/* As leg_send_last(): lost if the socket does not take it. An error of the input would stop it. */
static void
send_fatal(struct leg *l, uint8_t alert)
{
	const uint8_t bytes[ALERT_BYTES] = { ALERT_FATAL, alert };

	(void)sock_error(l->fd);
	if (l->out.len == 0)
		l->lingers = send_record(l, RECORD_ALERT, bytes, sizeof(bytes)) > 0;
}

void
leg_ktls_say_goodbye(struct leg *l)
{
	const uint8_t bytes[ALERT_BYTES] = { ALERT_WARNING, ALERT_CLOSE_NOTIFY };
	size_t sent;

	if (l->bye || l->out.len || l->reason != REASON_NONE)
		return;
	if (leg_sent(l, send_record(l, RECORD_ALERT, bytes, sizeof(bytes)), &sent))
		l->bye = sent != 0;
}

/* Number of the next record that goes out, which is how many there were. */
static bool
get_records(const struct leg *l, uint64_t *n)
{
	union {
		struct tls_crypto_info head;
		struct tls12_crypto_info_aes_gcm_128 aes_128;
		struct tls12_crypto_info_aes_gcm_256 aes_256;
	} info;
	socklen_t len = sizeof(info.head);
	const uint8_t *seq;
	bool ok;

	/* The kind alone, then as much as that kind has. */
	if (getsockopt(l->fd, SOL_TLS, TLS_TX, &info, &len) != 0)
		return false;
	len = info.head.cipher_type == TLS_CIPHER_AES_GCM_128 ? sizeof(info.aes_128) : sizeof(info.aes_256);
	ok = getsockopt(l->fd, SOL_TLS, TLS_TX, &info, &len) == 0;
	seq = len == sizeof(info.aes_128) ? info.aes_128.rec_seq : info.aes_256.rec_seq;
	*n = 0;
	for (size_t i = 0; i < TLS_CIPHER_AES_GCM_128_REC_SEQ_SIZE; i++)
		*n = *n << 8 | seq[i];
	explicit_bzero(&info, sizeof(info));
	return ok;
}

/* send(2) takes octets whose record then waits in the kernel because TCP has no room for all of it. FIN would come
 * before that rest, and close(2) would forget it. Each record weighs the same besides its octets, so that what TCP has
 * got tells whether anything is missing. */
bool
leg_ktls_is_out(struct leg *l)
{
	uint64_t given, records, due;
	bool is_out;

	if (!l->ktls || leg_takes_output(l))
		return true;
	leg_ktls_say_goodbye(l);
	if (l->fd < 0 || l->reason != REASON_NONE)
		return false;
	is_out = l->bye && get_records(l, &records) && get_given(l, &given);
	if (is_out) {
		due = l->ktls_base + l->stats.octets_out + ALERT_BYTES + records * RECORD_ADDS;
		is_out = given >= due;
	}
	loop_io_want(&l->io, (l->io.want & ~(unsigned)LOOP_WRITE) | (is_out ? 0u : LOOP_WRITE));
	return is_out;
}

/* ---- in ---- */

static void
on_alert(struct leg_chunk *c, const uint8_t *bytes, size_t len)
{
	if (len != ALERT_BYTES)
		leg_break_chunk(c, REASON_TLS_FAILED, ALERT_DECODE_ERROR, "an alert of another length");
	else if (bytes[1] == ALERT_CLOSE_NOTIFY)
		c->end = LEG_ENDS;
	else if (bytes[1] != ALERT_USER_CANCELED) /* close_notify follows (RFC 8446 section 6.1) */
		leg_break_chunk(c, REASON_TLS_ALERT, bytes[1], "alert of the peer");
}

static bool
are_tickets(const uint8_t *p, size_t len)
{
	while (len >= HANDSHAKE_HEAD && p[0] == NEW_SESSION_TICKET) {
		size_t n = HANDSHAKE_HEAD + ((size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);

		if (n > len)
			return false;
		p += n;
		len -= n;
	}
	return len == 0;
}

/* Tickets of a server are of no use to us. New keys of the peer would be, but kernels before 6.14 take none, and who
 * would have to make them is OpenSSL, which is gone. */
static void
on_handshake(struct leg *l, struct leg_chunk *c, const uint8_t *bytes, size_t len)
{
	if (len && bytes[0] == KEY_UPDATE) {
		count(l, LEG_KTLS_REKEYED);
		leg_break_chunk(c, REASON_TLS_FAILED, ALERT_INTERNAL_ERROR,
		                "the peer changed its keys, which the kernel cannot follow (--ktls)");
	} else if (l->accepted || len == 0 || !are_tickets(bytes, len)) {
		leg_break_chunk(c, REASON_TLS_FAILED, ALERT_UNEXPECTED_MESSAGE, "a handshake message behind the handshake");
	}
}

static void
on_error(struct leg_chunk *c, size_t cap, int errnum)
{
	switch (errnum) {
	case EBADMSG:
		leg_break_chunk(c, REASON_TLS_FAILED, ALERT_BAD_RECORD_MAC, "bad record");
		break;
	case EMSGSIZE:
		leg_break_chunk(c, REASON_TLS_FAILED, ALERT_RECORD_OVERFLOW, "a record that is too long");
		break;
	case EINVAL:
		leg_break_chunk(c, REASON_TLS_FAILED, ALERT_DECODE_ERROR, "no record of TLS");
		break;
	default:
		errno = errnum;
		(void)leg_took(-1, cap, c);
		break;
	}
}

/* Kernels before 6.4 call a socket readable that has a part of a record, and would wake us until the rest is there: it
 * counts as readable when there is more than that. At rest any octet counts, for the kernel itself looks at what comes
 * only then. */
static void
await_rest(struct leg *l, bool nothing_read)
{
	int lowest = 1, queued = 0;

	if (nothing_read && ioctl(l->fd, SIOCINQ, &queued) == 0)
		lowest = queued + 1;
	if (lowest == 1 && !l->in_part)
		return;
	l->in_part = lowest != 1;
	(void)setsockopt(l->fd, SOL_SOCKET, SO_RCVLOWAT, &lowest, sizeof(lowest));
}

static uint8_t
get_type(struct msghdr *msg)
{
	const struct cmsghdr *h = CMSG_FIRSTHDR(msg);

	return h && h->cmsg_level == SOL_TLS && h->cmsg_type == TLS_GET_RECORD_TYPE ? *CMSG_DATA(h) : RECORD_DATA;
}

void
leg_ktls_read(struct leg *l, size_t max, struct leg_chunk *c)
{
	uint8_t *bytes = l->env->plain;
	/* At least a whole record, as from OpenSSL: a message of TLS comes in one piece. */
	size_t cap = max < TLS_RECORD_MAX ? TLS_RECORD_MAX : max;
	struct iovec iov = { .iov_base = bytes, .iov_len = cap };
	union control control;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(l->fd, &msg, 0);
	uint8_t type = n < 0 ? RECORD_DATA : get_type(&msg);

	if (n < 0)
		on_error(c, cap, errno);
	else if (type == RECORD_DATA)
		c->len = leg_took(n, cap, c);
	else if (type == RECORD_ALERT)
		on_alert(c, bytes, (size_t)n);
	else if (type == RECORD_HANDSHAKE)
		on_handshake(l, c, bytes, (size_t)n);
	else
		leg_break_chunk(c, REASON_TLS_FAILED, ALERT_UNEXPECTED_MESSAGE, "a record of unknown type");
	if (c->end == LEG_BREAKS && c->reason == REASON_TLS_FAILED)
		send_fatal(l, c->alert);
	await_rest(l, n < 0 && c->end == LEG_GOES_ON);
}
