/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/leg.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agw/leg_priv.h"
#include "agw/tls.h"
#include "proto/base/err.h"
#include "proto/io/sock.h"

_Static_assert(LEG_WIRE_MAX >= LEG_PLAIN_MAX + (LEG_PLAIN_MAX / TLS_RECORD_MAX + 1) * TLS_OVERHEAD_MAX +
                                       TLS_REPLIES_MAX,
               "the scratch area takes all that one call of TLS can write");
_Static_assert(LEG_PENDING_MAX > LEG_WIRE_MAX - TLS_REPLIES_MAX, "what is written to an empty leg always fits");

enum reason
leg_tcp_reason(int err)
{
	switch (err) {
	case ERR_REFUSED:
		return REASON_TCP_REFUSED;
	case ERR_TIMEOUT:
		return REASON_TCP_TIMEOUT;
	case ERR_CLOSED:
		return REASON_PEER_RESET;
	default:
		return REASON_TCP_FAILED;
	}
}

static enum reason
errno_reason(int errnum)
{
	return errnum == ECONNRESET || errnum == EPIPE ? REASON_PEER_RESET : leg_tcp_reason(err_from_errno(errnum));
}

static bool
is_again(int errnum)
{
	return errnum == EAGAIN || errnum == EWOULDBLOCK || errnum == EINTR;
}

/* ---- out ---- */

static void
want_write(struct leg *l)
{
	if (l->fd >= 0)
		loop_io_want(&l->io, (l->io.want & ~(unsigned)LOOP_WRITE) | (l->out.len ? LOOP_WRITE : 0u));
}

bool
leg_sent(struct leg *l, ssize_t n, size_t *sent)
{
	if (n < 0 && !is_again(errno)) {
		leg_fail(l, errno_reason(errno), 0, "send");
		return false;
	}
	*sent = n > 0 ? (size_t)n : 0;
	return true;
}

void
leg_keep(struct leg *l, const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return;
	if (l->out.len + len > LEG_PENDING_MAX)
		leg_fail(l, REASON_OVERLOAD, 0, "the peer does not read the replies that it asks for");
	else if (bufq_append(&l->env->pool, &l->out, bytes, len))
		leg_fail(l, REASON_INTERNAL, 0, "out of memory");
	else
		want_write(l);
}

void
leg_send_bytes(struct leg *l, const uint8_t *bytes, size_t len)
{
	if (l->fd < 0 || len == 0)
		return;
	if (l->out.len == 0) {
		size_t sent;

		if (!leg_sent(l, send(l->fd, bytes, len, MSG_NOSIGNAL), &sent))
			return;
		bytes += sent;
		len -= sent;
	}
	leg_keep(l, bytes, len);
}

void
leg_send_last(struct leg *l, const struct tls_wire *w)
{
	if (l->fd >= 0 && l->out.len == 0 && w->out_len)
		(void)!send(l->fd, w->out, w->out_len, MSG_NOSIGNAL);
}

static void
on_emptied(struct leg *l, bool was_blocked)
{
	switch (leg_get_state(l)) {
	case LEG_OPEN:
	case LEG_PEER_DONE:
		if (was_blocked)
			l->owner->on_drained(l);
		break;
	case LEG_WE_DONE:
		if (shutdown(l->fd, SHUT_WR) != 0 && errno != ENOTCONN)
			leg_fail(l, errno_reason(errno), 0, "shutdown");
		break;
	case LEG_DRAINING:
		fsm_fire(&l->fsm, LEG_EV_DRAINED);
		break;
	case LEG_WAITING:
	case LEG_CONNECTING:
	case LEG_SECURING:
	case LEG_PAUSED:
	case LEG_CLOSED:
	case LEG_STATES:
		break;
	}
}

void
leg_flush(struct leg *l)
{
	bool was_blocked = l->out.len != 0;

	if (l->fd < 0)
		return;
	if (was_blocked) {
		struct iovec iov[BUFQ_IOV_MAX];
		struct msghdr msg = { .msg_iov = iov };
		size_t sent;

		msg.msg_iovlen = (size_t)bufq_iov(&l->out, iov);
		if (!leg_sent(l, sendmsg(l->fd, &msg, MSG_NOSIGNAL), &sent))
			return;
		bufq_skip(&l->env->pool, &l->out, sent);
		want_write(l);
	}
	if (l->out.len == 0)
		on_emptied(l, was_blocked);
}

void
leg_say_goodbye(struct leg *l)
{
	struct tls_wire w = { .out = l->env->out, .out_cap = LEG_WIRE_MAX };

	if (!l->tls)
		return;
	tls_finish(l->tls, &w);
	leg_send_bytes(l, w.out, w.out_len);
}

/* ---- in ---- */

void
leg_want_read(struct leg *l, bool on)
{
	if (l->fd >= 0)
		loop_io_want(&l->io, (on ? LOOP_READ : 0u) | (l->io.want & LOOP_WRITE));
}

static void
break_chunk(struct leg_chunk *c, enum reason why, uint8_t alert, const char *detail)
{
	c->end = LEG_BREAKS;
	c->reason = why;
	c->alert = alert;
	c->detail = detail;
}

size_t
leg_took(ssize_t n, size_t cap, struct leg_chunk *c)
{
	if (n > 0) {
		c->full = (size_t)n == cap;
		return (size_t)n;
	}
	/* An end without close_notify is an end all the same: MSRP's own end-lines show what is missing. */
	if (n == 0)
		c->end = LEG_ENDS;
	else if (!is_again(errno))
		break_chunk(c, errno_reason(errno), 0, "receive");
	return 0;
}

/* One recv; 0 with c->end unchanged: nothing there. */
static size_t
take_bytes(struct leg *l, uint8_t *buf, size_t cap, struct leg_chunk *c)
{
	return leg_took(recv(l->fd, buf, cap, 0), cap, c);
}

/* What is left of the input of a call stays for the next one. */
static void
keep_rest(struct leg *l, const struct tls_wire *w, struct leg_chunk *c)
{
	if (l->unread) {
		l->unread->from = l->unread->to - w->in_len;
	} else if (w->in_len) {
		l->unread = w->in_len <= BUF_BYTES ? bufpool_lend(&l->env->pool) : NULL;
		if (!l->unread) {
			break_chunk(c, REASON_INTERNAL, 0, "out of memory");
			return;
		}
		memcpy(l->unread->bytes, w->in, w->in_len);
		l->unread->to = w->in_len;
	}
	if (w->in_len == 0) {
		bufpool_give_back(&l->env->pool, l->unread);
		l->unread = NULL;
	}
}

/* Ciphertext for a call: what was left before, else (if wanted) fresh from the socket. */
static struct tls_wire
begin_call(struct leg *l, bool from_socket, size_t cap, struct leg_chunk *c)
{
	struct tls_wire w = { .out = l->env->out, .out_cap = LEG_WIRE_MAX };

	if (l->unread) {
		w.in = l->unread->bytes + l->unread->from;
		w.in_len = l->unread->to - l->unread->from;
	} else if (from_socket) {
		w.in = l->env->in;
		w.in_len = take_bytes(l, l->env->in, cap, c);
	}
	return w;
}

void
leg_handshake(struct leg *l, bool from_socket)
{
	struct leg_chunk c = { .end = LEG_GOES_ON };
	/* Little at a time: what follows the handshake is to stay in the kernel. */
	struct tls_wire w = begin_call(l, from_socket, BUF_BYTES, &c);
	enum tls_result res;
	struct tls_failure f;

	if (c.end != LEG_GOES_ON) {
		if (c.end == LEG_ENDS)
			break_chunk(&c, REASON_TLS_FAILED, 0, "the connection ended in the handshake");
		leg_fail(l, c.reason, c.alert, c.detail);
		return;
	}
	res = tls_handshake(l->tls, &w);
	if (res == TLS_EOF || res == TLS_FAIL) {
		f = tls_failure(l->tls);
		leg_send_last(l, &w);
		leg_fail(l, f.reason, f.alert, f.detail);
		return;
	}
	keep_rest(l, &w, &c);
	leg_send_bytes(l, w.out, w.out_len);
	if (c.end == LEG_BREAKS) {
		leg_fail(l, c.reason, c.alert, c.detail);
		return;
	}
	switch (res) {
	case TLS_OK:
		/* Nothing of ours acknowledges the peer's last flight, and with Nagle's algorithm its first message
		 * would wait for that: 40 ms. */
		if (w.out_len == 0 && !l->unread)
			sock_quick_ack(l->fd);
		fsm_fire(&l->fsm, LEG_EV_SECURED);
		break;
	case TLS_WANT:
		leg_want_read(l, true);
		break;
	case TLS_PAUSED:
		fsm_fire(&l->fsm, LEG_EV_PAUSE);
		break;
	case TLS_EOF:
	case TLS_FAIL:
		break; /* above */
	}
}

void
leg_read(struct leg *l, size_t max, struct leg_chunk *c)
{
	struct tls_wire w;
	struct tls_failure f;
	enum tls_result res;

	*c = (struct leg_chunk){ .bytes = l->env->plain, .end = LEG_GOES_ON };
	if (!l->tls) {
		c->len = take_bytes(l, l->env->plain, max, c);
		l->is_bulk = c->len >= LEG_READ_MAX;
	} else {
		w = begin_call(l, true, max, c);
		if (c->end != LEG_GOES_ON || w.in_len == 0)
			return;
		res = tls_read(l->tls, &w, l->env->plain, LEG_PLAIN_MAX, &c->len);
		if (res == TLS_FAIL) {
			f = tls_failure(l->tls);
			leg_send_last(l, &w);
			break_chunk(c, f.reason, f.alert, f.detail);
		} else {
			if (res != TLS_EOF)
				keep_rest(l, &w, c);
			leg_send_bytes(l, w.out, w.out_len);
		}
		if (res == TLS_EOF)
			c->end = LEG_ENDS;
	}
	l->stats.octets_in += c->len;
	l->stirred_in |= c->len != 0;
}

void
leg_end_input(struct leg *l, const struct leg_chunk *c)
{
	if (c->end == LEG_ENDS)
		fsm_fire(&l->fsm, LEG_EV_PEER_EOF);
	else if (c->end == LEG_BREAKS)
		leg_fail(l, c->reason, c->alert, c->detail);
}

/* ---- socket ---- */

void
leg_on_io(struct loop_io *io, unsigned ready)
{
	struct leg *l = io->arg;
	int err;

	if (leg_get_state(l) == LEG_CONNECTING) {
		/* Errors and early bytes show as readable too; writable alone is success. */
		err = ready & LOOP_READ ? sock_error(l->fd) : 0;
		if (err)
			leg_fail(l, leg_tcp_reason(err), 0, err_str(err));
		else
			fsm_fire(&l->fsm, LEG_EV_CONNECTED);
		return;
	}
	if (ready & (LOOP_GONE | LOOP_BROKEN)) {
		leg_on_gone(l, ready);
		return;
	}
	if (ready & LOOP_WRITE)
		leg_flush(l);
	/* The flush may have ended this connection, or blocked the partner. */
	if (!(ready & io->want & LOOP_READ))
		return;
	if (leg_get_state(l) == LEG_SECURING)
		leg_queue_handshake(l);
	else
		l->owner->on_readable(l);
}
