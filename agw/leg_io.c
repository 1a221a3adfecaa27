/* SPDX-License-Identifier: BSD-2-Clause */
/* Octets of a leg: its socket and the TLS object between them, what waits, and how both directions end. */
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
	case ERR_LIMIT:
		return REASON_OVERLOAD; /* of descriptors */
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

void
leg_hurry(struct leg *l)
{
	if (l->has_sent && !l->is_prompt) {
		(void)sock_set_nodelay(l->fd);
		l->is_prompt = true;
	}
	l->has_sent = true;
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
	leg_hurry(l);
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

		leg_hurry(l);
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
		l->lingers = send(l->fd, w->out, w->out_len, MSG_NOSIGNAL) > 0;
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
	if (l->out.len == 0 && leg_ktls_is_out(l))
		on_emptied(l, was_blocked);
}

void
leg_say_goodbye(struct leg *l)
{
	struct tls_wire w = { .out = l->env->out, .out_cap = LEG_WIRE_MAX };

	if (l->ktls)
		leg_ktls_say_goodbye(l);
	if (leg_is_bare(l))
		return;
	tls_finish(l->tls, &w);
	l->has_sent = false; /* the FIN that follows at once takes it along */
	leg_send_bytes(l, w.out, w.out_len);
}

/* ---- in ---- */

void
leg_want_read(struct leg *l, bool on)
{
	if (l->fd >= 0)
		loop_io_want(&l->io, (on ? LOOP_READ : 0u) | (l->io.want & LOOP_WRITE));
}

void
leg_break_chunk(struct leg_chunk *c, enum reason why, uint8_t alert, const char *detail)
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
		leg_break_chunk(c, errno_reason(errno), 0, "receive");
	return 0;
}

void
leg_read(struct leg *l, size_t max, struct leg_chunk *c)
{
	struct tls_wire w;
	struct tls_failure f;
	enum tls_result res;

	*c = (struct leg_chunk){ .bytes = l->env->plain, .end = LEG_GOES_ON };
	if (l->ktls) {
		leg_ktls_read(l, max, c);
	} else if (!l->tls) {
		c->len = leg_took(recv(l->fd, l->env->plain, max, 0), max, c);
		l->is_bulk = c->len >= LEG_BULK_MIN;
	} else {
		w = leg_begin_call(l, true, max, 0, c);
		if (c->end != LEG_GOES_ON || w.in_len == 0) {
			leg_heard(l, c);
			return;
		}
		res = tls_read(l->tls, &w, l->env->plain, LEG_PLAIN_MAX, &c->len);
		/* Records of a few octets cost a hundred times more than a full one's: others have their turn before. */
		c->full &= c->len >= max / 2;
		if (res == TLS_FAIL) {
			f = tls_failure(l->tls);
			leg_send_last(l, &w);
			leg_break_chunk(c, f.reason, f.alert, f.detail);
		} else {
			if (res != TLS_EOF)
				leg_keep_rest(l, &w, c);
			/* Behind our end nothing of TLS can be said any more, such as our half of a KeyUpdate. */
			if (leg_takes_output(l))
				leg_send_bytes(l, w.out, w.out_len);
		}
		if (res == TLS_EOF)
			c->end = LEG_ENDS;
	}
	leg_heard(l, c);
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
