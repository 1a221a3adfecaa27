/* SPDX-License-Identifier: BSD-2-Clause */
/* Ciphertext on its way to OpenSSL, and the handshake. */
#include "agw/leg.h"

#include <sys/socket.h>

#include "agw/leg_priv.h"
#include "agw/tls.h"
#include "proto/io/sock.h"

void
leg_keep_rest(struct leg *l, const struct tls_wire *w, struct leg_chunk *c)
{
	if (l->unread) {
		l->unread->from = l->unread->to - w->in_len;
	} else if (w->in_len) {
		l->unread = w->in_len <= BUF_BYTES ? bufpool_lend(&l->env->pool) : NULL;
		if (!l->unread) {
			leg_break_chunk(c, REASON_INTERNAL, 0, "out of memory");
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

struct tls_wire
leg_begin_call(struct leg *l, bool from_socket, size_t cap, int flags, struct leg_chunk *c)
{
	struct tls_wire w = { .out = l->env->out, .out_cap = LEG_WIRE_MAX };

	if (l->unread) {
		w.in = l->unread->bytes + l->unread->from;
		w.in_len = l->unread->to - l->unread->from;
	} else if (from_socket) {
		w.in = l->env->in;
		w.in_len = leg_took(recv(l->fd, l->env->in, cap, flags), cap, c);
	}
	return w;
}

/* What OpenSSL took of the octets that the socket still has is taken from there, and no more: a kernel that is to open
 * the records begins at the first one behind the handshake. */
static void
take_peeked(struct leg *l, struct tls_wire *w)
{
	size_t n = w->in ? (size_t)(w->in - l->env->in) : 0;

	if (n)
		(void)!recv(l->fd, l->env->in, n, MSG_TRUNC);
	w->in_len = 0;
}

void
leg_handshake(struct leg *l, bool from_socket)
{
	const int how = l->env->ktls ? MSG_PEEK : 0;
	struct leg_chunk c = { .end = LEG_GOES_ON };
	/* Little at a time: what follows the handshake is to stay in the kernel. */
	struct tls_wire w = leg_begin_call(l, from_socket, BUF_BYTES, how, &c);
	enum tls_result res;
	struct tls_failure f;

	if (c.end != LEG_GOES_ON) {
		if (c.end == LEG_ENDS)
			leg_break_chunk(&c, REASON_TLS_FAILED, 0, "the connection ended in the handshake");
		leg_fail(l, c.reason, c.alert, c.detail);
		return;
	}
	/* Flights alternate: what a peer says in a handshake answers, and so acknowledges, all that we have said. */
	l->has_sent = false;
	res = tls_handshake(l->tls, &w);
	if (how)
		take_peeked(l, &w);
	if (res == TLS_EOF || res == TLS_FAIL) {
		f = tls_failure(l->tls);
		leg_send_last(l, &w);
		leg_fail(l, f.reason, f.alert, f.detail);
		return;
	}
	leg_keep_rest(l, &w, &c);
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
