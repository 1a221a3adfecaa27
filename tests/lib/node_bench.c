/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/node_bench.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/codec/tpkt.h"
#include "proto/io/sock.h"
#include "tests/lib/tmain.h"

struct node_bench nb;
struct mgco_cmd nb_cmd = { .kind = MGCO_SUBTRACT, .term = { "t1", 2 } };
struct mgco_action nb_action = { .ctx = 1, .cmds = &nb_cmd };

static void
on_request(void *arg, struct mgco_incoming *in)
{
	(void)arg;
	nb.requests++;
	nb.last = in->assoc;
	switch (nb.answer) {
	case NB_HOLD:
		CU_ASSERT_FATAL(nb.n_held < NB_HELD_MAX);
		nb.held[nb.n_held++] = in;
		return;
	case NB_CLOSE:
		mgco_respond(in, &nb_action, NULL);
		mgco_assoc_close(nb.last);
		return;
	case NB_FREE_NODE:
		mgco_node_free(nb.node);
		nb.node = NULL;
		break;
	case NB_AT_ONCE:
		break;
	}
	mgco_respond(in, &nb_action, NULL);
}

static void
on_up(void *arg, struct mgco_assoc *as)
{
	(void)arg;
	nb.ups++;
	nb.last = as;
}

static void
on_down(void *arg, struct mgco_assoc *as, int why)
{
	(void)arg;
	(void)as;
	nb.downs++;
	nb.why = why;
	nb.down_came_first |= nb.outstanding > 0;
}

static void
on_reply(void *arg, int err, const struct mgco_txn *reply)
{
	(void)arg;
	nb.replies++;
	nb.outstanding--;
	nb.reply_err = err;
	nb.reply_error_code = reply && reply->error ? reply->error->code : 0;
}

static void
log_nothing(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	(void)level;
	(void)line;
}

void
nb_begin(const struct mgco_node_conf *conf)
{
	struct mgco_handler h = { .on_request = on_request, .on_up = on_up, .on_down = on_down };
	struct mgco_node_conf c = conf ? *conf : (struct mgco_node_conf){ 0 };
	struct addr local;

	log_open_fn(log_nothing, NULL, LOG_LVL_DEBUG);
	nb = (struct node_bench){ .loop = loop_new_sim(5000) };
	c.mid = "[192.0.2.1]:2944";
	nb.node = mgco_node_new(nb.loop, &c, &h, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(nb.node);
	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(span_str("127.0.0.1:0"), &local), 0);
	CU_ASSERT_EQUAL_FATAL(mgco_node_listen(nb.node, MGCO_UDP, &local, &nb.udp), 0);
	CU_ASSERT_EQUAL_FATAL(mgco_node_listen(nb.node, MGCO_TCP, &local, &nb.tcp), 0);
}

void
nb_end(void)
{
	mgco_node_free(nb.node);
	loop_free(nb.loop);
}

void
nb_run(uint64_t ms)
{
	loop_sim_run(nb.loop, ms, NULL, NULL);
}

int
nb_request(struct mgco_assoc *as)
{
	int rc = mgco_request(as, &nb_action, on_reply, &nb);

	nb.outstanding += rc == 0;
	return rc;
}

/* ---- peers ---- */

static struct nb_peer
peer_of(int fd, bool is_tcp)
{
	struct nb_peer p = { .fd = fd, .is_tcp = is_tcp, .bytes = malloc(NB_BYTES) };

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p.bytes);
	arena_init(&p.arena, 16 * MGCO_ARENA_MAX);
	return p;
}

struct nb_peer
nb_tcp_peer(void)
{
	int fd = sock_tcp_connect(NULL, &nb.tcp);

	nb_run(0);
	return peer_of(fd, true);
}

struct nb_peer
nb_udp_peer(void)
{
	struct sockaddr_storage ss;
	struct addr local;
	int fd;

	addr_parse_hostport(span_str("127.0.0.1:0"), &local);
	fd = sock_udp(&local);
	CU_ASSERT_EQUAL(connect(fd, (struct sockaddr *)&ss, addr_to_sockaddr(&nb.udp, &ss)), 0);
	return peer_of(fd, false);
}

int
nb_listener(struct addr *bound)
{
	struct addr local;
	int fd;

	addr_parse_hostport(span_str("127.0.0.1:0"), &local);
	fd = sock_tcp_listen(&local, SOCK_BACKLOG);
	CU_ASSERT_FATAL(fd >= 0);
	sock_local(fd, bound);
	return fd;
}

struct nb_peer
nb_accept(int listener)
{
	struct addr from;
	int fd = sock_accept(listener, &from);

	nb_run(0);
	return peer_of(fd, true);
}

void
nb_peer_close(struct nb_peer *p)
{
	close(p->fd);
	free(p->bytes);
	arena_fini(&p->arena);
	nb_run(0);
}

void
nb_send_raw(struct nb_peer *p, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		ssize_t n = send(p->fd, at, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			break; /* the node has closed */
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
		nb_run(0);
	}
}

size_t
nb_frame(char *buf, size_t at, const char *text)
{
	size_t len = strlen(text);
	uint8_t header[TPKT_HEADER];

	CU_ASSERT_EQUAL(tpkt_header(len, header), 0);
	memcpy(buf + at, header, sizeof(header));
	memcpy(buf + at + sizeof(header), text, len);
	return at + sizeof(header) + len;
}

void
nb_send(struct nb_peer *p, const char *text)
{
	char buf[4096];

	if (p->is_tcp)
		nb_send_raw(p, buf, nb_frame(buf, 0, text));
	else
		nb_send_raw(p, text, strlen(text));
}

/* True when something came. */
static bool
receive(struct nb_peer *p)
{
	ssize_t n = recv(p->fd, p->bytes + p->len, NB_BYTES - p->len, 0);

	if (n > 0)
		p->len += (size_t)n;
	else if (n == 0 || errno != EAGAIN)
		p->at_end = true;
	return n > 0;
}

bool
nb_take(struct nb_peer *p, struct mgco_msg *msg)
{
	struct mgco_fault fault = { 0 };
	struct span payload;
	size_t total;

	if (p->is_tcp || !p->len)
		receive(p);
	if (p->is_tcp) {
		if (tpkt_frame(span_of(p->bytes, p->len), &total, &payload) != 0)
			return false;
	} else {
		payload = span_of(p->bytes, p->len);
		total = p->len;
	}
	if (!total)
		return false;
	payload = arena_span(&p->arena, payload);
	memmove(p->bytes, p->bytes + total, p->len - total);
	p->len -= total;
	if (mgco_parse(&p->arena, payload, msg, &fault) == 0)
		return true;
	printf("\ncannot parse (%u %s): %.*s\n", fault.code, fault.why, SPAN_FMT(payload));
	CU_FAIL("what the node sent does not parse");
	return false;
}

bool
nb_is_closed(struct nb_peer *p)
{
	while (receive(p))
		;
	return p->at_end;
}
