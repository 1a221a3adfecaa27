/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/mgco_node.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "proto/io/mgco_node_priv.h"
#include "proto/io/sock.h"
#include "proto/io/sock_sctp.h"

#define OR_DEFAULT(field, value) ((field) = (field) ? (field) : (value))

static void
set_defaults(struct mgco_node_conf *c)
{
	OR_DEFAULT(c->version, 2);
	OR_DEFAULT(c->rto_first_ms, 200);
	OR_DEFAULT(c->rto_max_ms, 4000);
	OR_DEFAULT(c->t_max_ms, 25000);
	OR_DEFAULT(c->pending_ms, 100);
	OR_DEFAULT(c->reconnect_ms, 1000);
	OR_DEFAULT(c->max_in, 4096);
	OR_DEFAULT(c->max_out, 65536);
	OR_DEFAULT(c->max_assocs, 64);
	OR_DEFAULT(c->mtu, MGCO_MTU);
	if (c->rto_max_ms < c->rto_first_ms)
		c->rto_max_ms = c->rto_first_ms;
}

static const char *const proto_names[] = { [MGCO_UDP] = "udp", [MGCO_TCP] = "tcp", [MGCO_SCTP] = "sctp" };

const char *
mgco_proto_name(enum mgco_proto proto)
{
	return proto_names[proto];
}

int
mgco_proto_cut(struct span *s, enum mgco_proto *proto)
{
	for (unsigned i = 0; i < sizeof(proto_names) / sizeof(proto_names[0]); i++) {
		size_t len = strlen(proto_names[i]);

		if (!span_has_caseprefix(*s, proto_names[i]) || s->len == len || s->p[len] != ':')
			continue;
		*s = span_of(s->p + len + 1, s->len - len - 1);
		*proto = (enum mgco_proto)i;
		return 0;
	}
	return ERR_SYNTAX;
}

const char *
mgco_proto_missing(enum mgco_proto proto)
{
	if (proto == MGCO_SCTP && !sock_sctp_is_there())
		return "this kernel has no SCTP (module sctp)";
	return NULL;
}

struct mgco_node *
mgco_node_new(struct loop *l, const struct mgco_node_conf *conf, const struct mgco_handler *h, void *arg)
{
	struct mgco_node *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->loop = l;
	n->conf = *conf;
	set_defaults(&n->conf);
	n->conf.mid = n->mid;
	n->handler = *h;
	n->arg = arg;
	list_init(&n->ports);
	list_init(&n->assocs);
	list_init(&n->dead);
	loop_defer_init(&n->reap);
	n->next_seed = conf->seed;
	n->counters = calloc(1, sizeof(*n->counters));
	n->rx = malloc(NODE_RX_BYTES);
	if (!n->counters || !n->rx || span_copy(span_str(conf->mid), n->mid, sizeof(n->mid)) != 0 || !n->mid[0] ||
	    (!n->next_seed && getrandom(&n->next_seed, sizeof(n->next_seed), 0) != sizeof(n->next_seed))) {
		mgco_node_free(n);
		return NULL;
	}
	return n;
}

static void
port_free(struct mgco_port *p)
{
	loop_io_stop(&p->io);
	acceptor_fini(&p->acceptor);
	if (p->fd >= 0)
		close(p->fd);
	list_unlink(&p->node);
	free(p);
}

static void
finish(void *arg)
{
	struct mgco_node *n = arg;

	assoc_reap(n);
	LIST_EACH(it, &n->ports)
		port_free(LIST_OF(it, struct mgco_port, node));
	free(n->counters);
	free(n->rx);
	free(n);
}

void
mgco_node_free(struct mgco_node *n)
{
	if (!n || n->dying)
		return;
	n->dying = true;
	node_enter(n);
	while (!list_is_empty(&n->assocs))
		mgco_assoc_close(LIST_OF(n->assocs.next, struct mgco_assoc, node));
	LIST_EACH(it, &n->ports) {
		struct mgco_port *p = LIST_OF(it, struct mgco_port, node);

		loop_io_stop(&p->io);
		acceptor_fini(&p->acceptor);
	}
	node_leave(n);
	loop_defer_cancel(&n->reap);
	if (n->depth) /* called from one of our own callbacks */
		loop_defer(n->loop, &n->reap, finish, n);
	else
		finish(n);
}

static struct mgco_port *
port_new(struct mgco_node *n, enum mgco_proto proto, const struct addr *local, int fd)
{
	struct mgco_port *p = calloc(1, sizeof(*p));

	if (!p) {
		close(fd);
		return NULL;
	}
	p->owner = n;
	p->proto = proto;
	p->family = local->family;
	p->fd = proto == MGCO_UDP ? fd : -1;
	if (proto == MGCO_UDP) {
		loop_io_init(&p->io, n->loop, fd, udp_on_io, p);
		loop_io_want(&p->io, LOOP_READ);
	} else {
		acceptor_init(&p->acceptor, n->loop, fd, tcp_on_accept, p);
	}
	list_append(&n->ports, &p->node);
	return p;
}

/* Lost fragments lose the whole, and many a firewall drops them all. */
static int
udp_socket(const struct addr *local)
{
	int fd = sock_udp(local), rc = fd < 0 ? fd : sock_set_whole(fd, local->family);

	if (rc == 0 || fd < 0)
		return fd;
	close(fd);
	return rc;
}

static int
listening_socket(enum mgco_proto proto, const struct addr *local)
{
	switch (proto) {
	case MGCO_UDP:
		return udp_socket(local);
	case MGCO_TCP:
		return sock_tcp_listen(local, SOCK_BACKLOG);
	case MGCO_SCTP:
		return sock_sctp_listen(local, SOCK_BACKLOG);
	}
	return ERR_INVAL;
}

int
mgco_node_listen(struct mgco_node *n, enum mgco_proto proto, const struct addr *local, struct addr *bound)
{
	int fd = listening_socket(proto, local);
	struct addr got;
	int rc;

	if (fd < 0)
		return fd;
	rc = sock_local(fd, &got);
	if (rc != 0) {
		close(fd);
		return rc;
	}
	if (!port_new(n, proto, local, fd))
		return ERR_NOMEM;
	if (bound)
		*bound = got;
	return 0;
}

struct mgco_port *
udp_port(struct mgco_node *n, enum addr_family family)
{
	struct addr any = { .family = family };
	int fd;

	LIST_EACH(it, &n->ports) {
		struct mgco_port *p = LIST_OF(it, struct mgco_port, node);

		if (p->proto == MGCO_UDP && p->family == family)
			return p;
	}
	fd = udp_socket(&any);
	return fd < 0 ? NULL : port_new(n, MGCO_UDP, &any, fd);
}

bool
node_may_send(struct mgco_node *n, struct span msg)
{
	n->counters->messages_out++;
	n->counters->bytes_out += msg.len;
	return !n->tap || n->tap(n->tap_arg, msg);
}

/* What no datagram carries, H.248.1 has for TCP (D.1): a connection of the same host and MId, or NULL. */
static struct mgco_assoc *
connection_of(const struct mgco_assoc *as)
{
	LIST_EACH(it, &as->owner->assocs) {
		struct mgco_assoc *c = LIST_OF(it, struct mgco_assoc, node);

		if (c->proto != MGCO_UDP && c->state == ASSOC_UP && as->mid_len && addr_same_ip(&c->peer, &as->peer) &&
		    span_eq(mgco_assoc_mid(c), mgco_assoc_mid(as)))
			return c;
	}
	return NULL;
}

static void
log_too_big(struct mgco_assoc *as, const char *what, const char *done)
{
	struct mgco_node *n = as->owner;
	char text[ADDR_TEXT_MAX];
	uint32_t skipped;

	if (log_limit_pass(&n->log_big, loop_now_ms(n->loop), &skipped))
		log_warning("h248 %s does not fit into a datagram, %s: peer=%s mtu=%u skipped=%u", what, done,
		            addr_text(&as->peer, text), n->conf.mtu, skipped);
}

static int
request_over(struct mgco_assoc *as, const struct mgco_action *actions, mgco_reply_fn fn, void *arg)
{
	int rc;

	if (as->unsent_len > NODE_WRITE_BUSY)
		return ERR_LIMIT;
	rc = mgco_xact_request(as->xact, loop_now_ms(as->owner->loop), actions, fn, arg);
	assoc_arm(as);
	return rc;
}

int
mgco_request(struct mgco_assoc *as, const struct mgco_action *actions, mgco_reply_fn fn, void *arg)
{
	struct mgco_assoc *c;
	int rc;

	if (as->state == ASSOC_CLOSED)
		return ERR_CLOSED;
	rc = request_over(as, actions, fn, arg);
	if (rc != ERR_TOOBIG || as->proto != MGCO_UDP)
		return rc;
	c = connection_of(as);
	log_too_big(as, "request", c ? "it goes over the peer's connection" : "not sent");
	return c ? request_over(c, actions, fn, arg) : rc;
}

void
mgco_respond(struct mgco_incoming *in, const struct mgco_action *actions, const struct mgco_error *error)
{
	struct mgco_req *r = LIST_OF(in, struct mgco_req, pub);
	struct mgco_assoc *as = in->assoc;

	if (as) {
		uint64_t before = as->owner->counters->replies_too_big;

		mgco_xact_respond(as->xact, loop_now_ms(as->owner->loop), r->ticket, actions, error);
		if (as->owner->counters->replies_too_big != before)
			log_too_big(as, "reply", "error 533 takes the place of what it found");
		assoc_arm(as);
	}
	list_unlink(&r->node);
	hold_put(r->hold);
	free(r);
}

const struct mgco_counters *
mgco_node_counters(const struct mgco_node *n)
{
	return n->counters;
}

void
mgco_node_set_tap(struct mgco_node *n, bool (*tap)(void *arg, struct span msg), void *arg)
{
	n->tap = tap;
	n->tap_arg = arg;
}

void
mgco_assoc_set_pendings(struct mgco_assoc *as, uint32_t pending_ms, uint32_t max_sent, uint32_t max_taken)
{
	mgco_xact_set_pendings(as->xact, pending_ms, max_sent, max_taken);
}

void
mgco_assoc_set_patience(struct mgco_assoc *as, uint32_t first_ms, uint32_t pending_ms)
{
	mgco_xact_set_patience(as->xact, first_ms, pending_ms);
}

bool
mgco_assoc_is_made(const struct mgco_assoc *as)
{
	return as->configured;
}

uint64_t
mgco_assoc_heard_ms(const struct mgco_assoc *as)
{
	return as->heard_ms;
}
