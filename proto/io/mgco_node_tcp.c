/* SPDX-License-Identifier: BSD-2-Clause */
/* H.248 over TCP: messages in TPKT frames (annex D.2). Bytes are written at the end of the turn, so that the
 * messages of one turn share a system call. SCTP's connections live here too; mgco_node_sctp.c cuts messages. */
#include "proto/io/mgco_node.h"

#include <stdlib.h>
#include <unistd.h>

#include "proto/codec/tpkt.h"
#include "proto/io/mgco_node_priv.h"
#include "proto/io/sock.h"
#include "proto/io/sock_sctp.h"

static void
on_io(struct loop_io *io, unsigned ready);

/* ---- writing ---- */

static int
tcp_write(struct mgco_assoc *as)
{
	size_t sent = 0;
	int rc = sock_send(as->fd, span_of(as->unsent + as->unsent_at, as->unsent_len), &sent);

	as->unsent_at += sent;
	as->unsent_len -= sent;
	return rc == ERR_AGAIN ? 0 : rc;
}

/* Sends what the socket takes. ERR_CLOSED or another error when it is gone. */
static int
flush(struct mgco_assoc *as)
{
	int rc;

	if (!as->unsent_len)
		return 0;
	rc = as->proto == MGCO_SCTP ? sctp_write(as) : tcp_write(as);
	if (rc != 0)
		return rc;
	if (!as->unsent_len)
		as->unsent_at = 0;
	if (!as->unsent_len && as->unsent_cap > NODE_WRITE_KEEP) {
		free(as->unsent);
		as->unsent = NULL;
		as->unsent_cap = 0;
	}
	return 0;
}

static void
on_flush(void *arg)
{
	struct mgco_assoc *as = arg;
	struct mgco_node *n = as->owner;
	int rc;

	if (as->state != ASSOC_UP)
		return;
	node_enter(n);
	rc = as->overrun ? ERR_LIMIT : flush(as);
	if (rc != 0)
		assoc_lost(as, rc);
	else
		loop_io_want(&as->io, LOOP_READ | (as->unsent_len ? LOOP_WRITE : 0u));
	node_leave(n);
}

/* Room for more bytes behind the unsent ones. */
static int
reserve(struct mgco_assoc *as, size_t more)
{
	size_t need = as->unsent_len + more;
	size_t cap = as->unsent_cap ? as->unsent_cap : 4096;
	char *p;

	if (need > NODE_WRITE_MAX)
		return ERR_LIMIT;
	if (as->unsent_at + need <= as->unsent_cap)
		return 0;
	if (as->unsent_at)
		memmove(as->unsent, as->unsent + as->unsent_at, as->unsent_len);
	as->unsent_at = 0;
	while (cap < need)
		cap *= 2;
	if (cap == as->unsent_cap)
		return 0;
	p = realloc(as->unsent, cap);
	if (!p)
		return ERR_NOMEM;
	as->unsent = p;
	as->unsent_cap = cap;
	return 0;
}

void
tcp_send(struct mgco_assoc *as, struct span msg)
{
	uint8_t header[TPKT_HEADER];
	char *end;

	if (as->state != ASSOC_UP || as->overrun || tpkt_header(msg.len, header) != 0)
		return;
	if (reserve(as, sizeof(header) + msg.len) == 0) {
		end = as->unsent + as->unsent_at + as->unsent_len;
		memcpy(end, header, sizeof(header));
		memcpy(end + sizeof(header), msg.p, msg.len);
		as->unsent_len += sizeof(header) + msg.len;
	} else {
		/* Nobody repeats a message on TCP, so that a lost one must end the connection. */
		as->overrun = true;
	}
	if (as->overrun || !(as->io.want & LOOP_WRITE))
		loop_defer(as->owner->loop, &as->flush, on_flush, as);
}

void
tcp_close(struct mgco_assoc *as)
{
	if (as->fd < 0)
		return;
	if (!as->overrun)
		flush(as); /* the last replies, if they fit; nobody is left to hear of an error */
	loop_defer_cancel(&as->flush);
	loop_io_stop(&as->io);
	close(as->fd);
	as->fd = -1;
	as->partial_len = 0;
	as->unsent_len = as->unsent_at = 0;
	as->overrun = false;
}

/* ---- reading ---- */

static void
log_framing(struct mgco_assoc *as)
{
	struct mgco_node *n = as->owner;
	char text[ADDR_TEXT_MAX];
	uint32_t skipped;

	n->counters->dropped++;
	if (log_limit_pass(&n->log_drop, loop_now_ms(n->loop), &skipped))
		log_notice("h248 connection closed, %s: peer=%s skipped=%u",
		           as->proto == MGCO_SCTP ? "message too long" : "not TPKT", addr_text(&as->peer, text), skipped);
}

/* Takes the whole frames from the front of buf; *taken bytes of it. ERR_SYNTAX when it is no TPKT. */
static int
take_frames(struct mgco_assoc *as, struct span buf, size_t *taken)
{
	struct span payload;
	size_t total, at = 0;
	int rc;

	while ((rc = tpkt_frame(span_of(buf.p + at, buf.len - at), &total, &payload)) == 0) {
		at += total;
		node_on_message(as->owner, as, NULL, &as->peer, payload);
		if (as->state != ASSOC_UP) /* closed by a callback */
			break;
	}
	*taken = at;
	return rc == ERR_MORE ? 0 : rc;
}

/* Keeps the beginning of a frame until the rest comes. */
static int
keep_partial(struct mgco_assoc *as, const char *p, size_t len)
{
	if (!len) {
		free(as->partial);
		as->partial = NULL;
	} else if (!as->partial) {
		as->partial = malloc(NODE_FRAME_BYTES);
		if (!as->partial)
			return ERR_NOMEM;
	}
	if (len)
		memmove(as->partial, p, len);
	as->partial_len = len;
	return 0;
}

static int
tcp_read(int fd, char *buf, size_t cap, size_t *len)
{
	int rc = sock_recv(fd, buf, cap, len);

	return rc || *len ? rc : ERR_CLOSED;
}

static void
on_readable(struct mgco_assoc *as)
{
	struct mgco_node *n = as->owner;
	char *buf = as->partial_len ? as->partial : n->rx;
	size_t cap = as->partial_len ? NODE_FRAME_BYTES : NODE_RX_BYTES;
	size_t have = as->partial_len, got = 0, taken = 0;
	bool is_sctp = as->proto == MGCO_SCTP, is_whole = false;
	int rc = is_sctp ? sock_sctp_recv(as->fd, buf + have, cap - have, &got, &is_whole)
	                 : tcp_read(as->fd, buf + have, cap - have, &got);

	if (rc == ERR_AGAIN)
		return;
	if (rc != 0) {
		assoc_lost(as, rc);
		return;
	}
	have += got;
	rc = is_sctp ? sctp_take(as, span_of(buf, have), is_whole, &taken)
	             : take_frames(as, span_of(buf, have), &taken);
	if (as->state != ASSOC_UP)
		return;
	if (rc == ERR_SYNTAX)
		log_framing(as);
	else
		rc = keep_partial(as, buf + taken, have - taken);
	if (rc != 0)
		assoc_lost(as, rc);
}

/* ---- connecting ---- */

static void
start_io(struct mgco_assoc *as, int fd, unsigned want)
{
	as->fd = fd;
	loop_io_init(&as->io, as->owner->loop, fd, on_io, as);
	loop_io_want(&as->io, want);
	if (as->proto == MGCO_TCP)
		sock_set_nodelay(fd); /* without it only slower */
}

/* The streams that both ends agreed on. */
static void
take_streams(struct mgco_assoc *as)
{
	as->stream = 0;
	as->n_streams = as->proto == MGCO_SCTP ? sock_sctp_streams(as->fd) : 1;
}

static void
on_io(struct loop_io *io, unsigned ready)
{
	struct mgco_assoc *as = io->arg;
	struct mgco_node *n = as->owner;
	int rc;

	node_enter(n);
	if (as->state == ASSOC_CONNECTING) {
		rc = sock_error(as->fd);
		if (rc == 0) {
			loop_io_want(io, LOOP_READ);
			take_streams(as);
			assoc_up(as);
		} else {
			assoc_lost(as, rc);
		}
		ready = 0;
	}
	if (ready & LOOP_WRITE)
		on_flush(as);
	if ((ready & LOOP_READ) && as->state == ASSOC_UP)
		on_readable(as);
	node_leave(n);
}

void
tcp_connect(struct mgco_assoc *as)
{
	int fd = as->proto == MGCO_SCTP ? sock_sctp_connect(&as->peer) : sock_tcp_connect(NULL, &as->peer);

	as->state = ASSOC_CONNECTING;
	if (fd < 0) {
		assoc_lost(as, fd);
		return;
	}
	loop_timer_set(&as->life, NODE_CONNECT_MS);
	start_io(as, fd, LOOP_WRITE);
}

static void
accepted(struct mgco_node *n, enum mgco_proto proto, int fd, const struct addr *peer)
{
	struct mgco_assoc *as = node_make_room(n, peer) ? assoc_new(n, proto, peer) : NULL;
	char text[ADDR_TEXT_MAX];
	uint32_t skipped;

	if (!as) {
		close(fd);
		n->counters->dropped++;
		if (log_limit_pass(&n->log_drop, loop_now_ms(n->loop), &skipped))
			log_warning("h248 connection refused, too many peers: peer=%s skipped=%u",
			            addr_text(peer, text), skipped);
		return;
	}
	if (log_limit_pass(&n->log_new, loop_now_ms(n->loop), &skipped))
		log_info("h248 new peer: peer=%s transport=%s skipped=%u", addr_text(peer, text),
		         mgco_proto_name(proto), skipped);
	as->state = ASSOC_UP;
	start_io(as, fd, LOOP_READ);
	take_streams(as);
	/* Who connects and says nothing does not keep the place. */
	loop_timer_set(&as->life, n->conf.t_max_ms);
}

void
tcp_on_accept(void *arg, int fd, const struct addr *peer)
{
	struct mgco_port *p = arg;
	struct mgco_node *n = p->owner;

	node_enter(n);
	if (node_may_come(n, peer))
		accepted(n, p->proto, fd, peer);
	else
		close(fd);
	node_leave(n);
}
