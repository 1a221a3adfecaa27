/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/fake_rpc.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/io/sock.h"
#include "tests/lib/tmain.h"

const char FAKE_RPC_TOOK[] = "{\"jsonrpc\":\"2.0\",\"result\":\"ok\",\"id\":1}";
const char FAKE_RPC_REFUSED[] =
	"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":404,\"message\":\"no such dialog\"},\"id\":1}";

static void
on_conn(struct loop_io *io, unsigned ready)
{
	struct fake_rpc_conn *c = io->arg;
	struct fake_rpc *r = c->rpc;
	ssize_t n = recv(c->fd, c->in + c->len, sizeof(c->in) - 1 - c->len, 0);
	char reply[512];
	int len;

	(void)ready;
	if (n <= 0) {
		loop_io_stop(&c->io);
		return;
	}
	c->len += (size_t)n;
	c->in[c->len] = '\0';
	if (c->in[c->len - 1] != '}')
		return;
	r->asked++;
	snprintf(r->last, sizeof(r->last), "%s", c->in);
	if (r->silent)
		return;
	len = snprintf(reply, sizeof(reply), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(r->says), r->says);
	CU_ASSERT_EQUAL(send(c->fd, reply, (size_t)len, MSG_NOSIGNAL), len);
}

static void
on_accept(struct loop_io *io, unsigned ready)
{
	struct fake_rpc *r = io->arg;
	struct fake_rpc_conn *c = &r->conn[r->n];
	struct addr peer;

	(void)ready;
	CU_ASSERT_FATAL(r->n < FAKE_RPC_CONNS);
	c->rpc = r;
	c->fd = sock_accept(r->fd, &peer);
	CU_ASSERT_FATAL(c->fd >= 0);
	r->n++;
	loop_io_init(&c->io, r->loop, c->fd, on_conn, c);
	loop_io_want(&c->io, LOOP_READ);
}

void
fake_rpc_init(struct fake_rpc *r, const char *says)
{
	struct addr any;

	memset(r, 0, sizeof(*r));
	r->says = says;
	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(SPAN_LIT("127.0.0.1:0"), &any), 0);
	r->fd = sock_tcp_listen(&any, FAKE_RPC_CONNS);
	CU_ASSERT_FATAL(r->fd >= 0);
	CU_ASSERT_EQUAL(sock_local(r->fd, &r->addr), 0);
}

void
fake_rpc_serve(struct fake_rpc *r, struct loop *l)
{
	r->loop = l;
	loop_io_init(&r->io, l, r->fd, on_accept, r);
	loop_io_want(&r->io, LOOP_READ);
}

void
fake_rpc_fini(struct fake_rpc *r)
{
	loop_io_stop(&r->io);
	for (uint32_t i = 0; i < r->n; i++) {
		loop_io_stop(&r->conn[i].io);
		close(r->conn[i].fd);
	}
	close(r->fd);
}
