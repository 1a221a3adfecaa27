/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/bad_net.h"

#include <stdlib.h>
#include <unistd.h>

#include "proto/base/list.h"
#include "proto/io/sock.h"
#include "tests/lib/tmain.h"

enum { PACKET_MAX = 65536, COPIES_MAX = 4 };

/* What one user sends to in order to reach the other. */
struct end {
	struct bad_net *net;
	struct end *other;
	struct addr user; /* who is reached from the other end */
	int fd;
	struct loop_io io;
};

struct bad_net {
	struct loop *loop;
	uint64_t rng;
	unsigned loss, dup, delay_ms, under_way;
	struct end a, b;
	struct list packets;
	char buf[PACKET_MAX];
};

struct packet {
	struct list node;
	struct loop_timer t;
	struct end *out;
	size_t len;
	char bytes[];
};

static uint32_t
below(struct bad_net *n, uint32_t limit)
{
	n->rng = n->rng * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((n->rng >> 33) % limit);
}

static void
packet_free(struct packet *p)
{
	p->out->net->under_way--;
	loop_timer_stop(&p->t);
	list_unlink(&p->node);
	free(p);
}

static void
on_packet_due(struct loop_timer *t)
{
	struct packet *p = t->arg;
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&p->out->user, &ss);

	(void)sendto(p->out->fd, p->bytes, p->len, 0, (struct sockaddr *)&ss, len);
	packet_free(p);
}

static void
delay(struct end *out, size_t len)
{
	struct bad_net *n = out->net;
	struct packet *p = calloc(1, sizeof(*p) + len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	p->out = out;
	p->len = len;
	memcpy(p->bytes, n->buf, len);
	list_append(&n->packets, &p->node);
	n->under_way++;
	loop_timer_init(&p->t, n->loop, on_packet_due, p);
	loop_timer_set(&p->t, below(n, n->delay_ms + 1));
}

static void
on_readable(struct loop_io *io, unsigned ready)
{
	struct end *in = io->arg;
	struct bad_net *n = in->net;
	struct sockaddr_storage ss;
	socklen_t ss_len = sizeof(ss);
	ssize_t len;

	(void)ready;
	while ((len = recvfrom(io->fd, n->buf, sizeof(n->buf), 0, (struct sockaddr *)&ss, &ss_len)) > 0) {
		ss_len = sizeof(ss);
		if (in->user.port == 0)
			CU_ASSERT_EQUAL_FATAL(addr_from_sockaddr((struct sockaddr *)&ss, &in->user), 0);
		if (n->loss && below(n, 100) < n->loss)
			continue;
		for (unsigned i = 0; i < COPIES_MAX && (i == 0 || below(n, 100) < n->dup); i++)
			delay(in->other, (size_t)len);
	}
}

struct bad_net *
bad_net_new(struct loop *l, uint64_t seed, unsigned dup, unsigned delay_ms)
{
	struct bad_net *n = calloc(1, sizeof(*n));

	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	n->loop = l;
	n->rng = seed;
	n->dup = dup;
	n->delay_ms = delay_ms;
	n->a.fd = n->b.fd = -1;
	list_init(&n->packets);
	return n;
}

void
bad_net_set_loss(struct bad_net *n, unsigned percent)
{
	n->loss = percent;
}

/* e is what the other user knows as this one's address. */
static void
end_begin(struct bad_net *n, struct end *e, struct end *other, const struct addr *user, struct addr *bound)
{
	struct addr any = { .family = user->family };

	addr_parse_ip(span_str(user->family == ADDR_V6 ? "::1" : "127.0.0.1"), &any);
	*e = (struct end){ .net = n, .other = other, .user = *user, .fd = sock_udp(&any) };
	CU_ASSERT_FATAL(e->fd >= 0);
	CU_ASSERT_EQUAL_FATAL(sock_local(e->fd, bound), 0);
	loop_io_init(&e->io, n->loop, e->fd, on_readable, e);
	loop_io_want(&e->io, LOOP_READ);
}

void
bad_net_join(struct bad_net *n, const struct addr *a, const struct addr *b, struct addr *a_for_b,
             struct addr *b_for_a)
{
	/* b sends to the socket that stands for a; what a sends comes out of that same socket. */
	end_begin(n, &n->a, &n->b, b, a_for_b);
	end_begin(n, &n->b, &n->a, a, b_for_a);
}

static void
end_stop(struct end *e)
{
	loop_io_stop(&e->io);
	if (e->fd >= 0)
		close(e->fd);
}

void
bad_net_free(struct bad_net *n)
{
	if (!n)
		return;
	while (!list_is_empty(&n->packets))
		packet_free(LIST_OF(n->packets.next, struct packet, node));
	end_stop(&n->a);
	end_stop(&n->b);
	free(n);
}

unsigned
bad_net_under_way(const struct bad_net *n)
{
	return n ? n->under_way : 0;
}
