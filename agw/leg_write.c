/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes that lie in pieces leave by one send, and in as few TLS records as if they were one. */
#include "agw/leg.h"

#include <string.h>
#include <sys/socket.h>

#include "agw/leg_priv.h"
#include "agw/tls.h"

static size_t
total(const struct span *piece, unsigned n)
{
	size_t len = 0;

	for (unsigned i = 0; i < n; i++)
		len += piece[i].len;
	return len;
}

static void
send_pieces(struct leg *l, const struct span *piece, unsigned n)
{
	struct iovec iov[LEG_PIECES_MAX];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n };
	size_t sent = 0;

	for (unsigned i = 0; i < n; i++)
		iov[i] = (struct iovec){ .iov_base = (void *)(uintptr_t)piece[i].p, .iov_len = piece[i].len };
	leg_hurry(l);
	if (l->out.len == 0 && !leg_sent(l, sendmsg(l->fd, &msg, MSG_NOSIGNAL), &sent))
		return;
	for (unsigned i = 0; i < n && l->fd >= 0; i++) {
		size_t skip = sent < piece[i].len ? sent : piece[i].len;

		leg_keep(l, (const uint8_t *)piece[i].p + skip, piece[i].len - skip);
		sent -= skip;
	}
}

/* Only what has to share a record with its neighbours is copied. */
static enum tls_result
encrypt_pieces(struct leg *l, struct tls_wire *w, const struct span *piece, unsigned n)
{
	enum tls_result res = TLS_OK;
	size_t used = 0;

	for (unsigned i = 0; i < n; i++) {
		struct span s = piece[i];

		while (s.len && res == TLS_OK) {
			size_t len = s.len;

			if (used == 0 && (i == n - 1 || len >= TLS_RECORD_MAX)) {
				if (i < n - 1)
					len -= len % TLS_RECORD_MAX;
				res = tls_write(l->tls, w, s.p, len);
			} else {
				if (len > TLS_RECORD_MAX - used)
					len = TLS_RECORD_MAX - used;
				memcpy(l->env->record + used, s.p, len);
				used += len;
			}
			s = span_of(s.p + len, s.len - len);
			if (used == TLS_RECORD_MAX) {
				res = tls_write(l->tls, w, l->env->record, used);
				used = 0;
			}
		}
	}
	return res == TLS_OK && used ? tls_write(l->tls, w, l->env->record, used) : res;
}

/* What TLS made of it goes out, or the connection ends. */
static void
send_records(struct leg *l, const struct tls_wire *w, enum tls_result res)
{
	struct tls_failure f;

	if (res != TLS_FAIL) {
		leg_send_bytes(l, w->out, w->out_len);
		return;
	}
	f = tls_failure(l->tls);
	leg_send_last(l, w);
	leg_fail(l, f.reason, f.alert, f.detail);
}

void
leg_write(struct leg *l, const uint8_t *bytes, size_t len)
{
	struct tls_wire w = { .out = l->env->out, .out_cap = LEG_WIRE_MAX };

	if (!leg_takes_output(l) || len == 0)
		return;
	l->stats.octets_out += len;
	l->stirred_out = true;
	if (!leg_is_bare(l))
		send_records(l, &w, tls_write(l->tls, &w, bytes, len));
	else
		leg_send_bytes(l, bytes, len);
}

void
leg_write_pieces(struct leg *l, const struct span *piece, unsigned n)
{
	struct tls_wire w = { .out = l->env->out, .out_cap = LEG_WIRE_MAX };

	if (n == 1) {
		leg_write(l, (const uint8_t *)piece->p, piece->len);
		return;
	}
	if (!leg_takes_output(l))
		return;
	l->stats.octets_out += total(piece, n);
	l->stirred_out = true;
	if (!leg_is_bare(l))
		send_records(l, &w, encrypt_pieces(l, &w, piece, n));
	else
		send_pieces(l, piece, n);
}
