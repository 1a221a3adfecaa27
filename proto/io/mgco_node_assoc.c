/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of an association: made, up, lost, tried again, closed. */
#include "proto/io/mgco_node.h"

#include <stdlib.h>

#include "proto/io/mgco_node_priv.h"

/* ---- making and finding ---- */

static struct assoc_key
key_of(const struct addr *a)
{
	struct assoc_key k = { .port = a->port, .family = (uint16_t)a->family };

	memcpy(k.ip, a->ip, sizeof(k.ip));
	return k;
}

struct mgco_assoc *
assoc_find(struct mgco_node *n, const struct addr *peer)
{
	struct assoc_key k = key_of(peer);
	struct mgco_assoc *as;

	HASH_FIND(hh, n->udp, &k, sizeof(k), as);
	return as;
}

static int
send_msg(void *arg, struct span msg)
{
	struct mgco_assoc *as = arg;

	if (!node_may_send(as->owner, msg))
		return 0;
	if (as->proto == MGCO_UDP)
		return udp_send(as->port, &as->peer, msg);
	tcp_send(as, msg);
	return 0;
}

static struct mgco_xact *
machine_new(struct mgco_node *n, enum mgco_proto proto, struct mgco_assoc *as)
{
	const struct mgco_node_conf *c = &n->conf;
	struct mgco_xact_ops ops = { .send = send_msg, .execute = node_execute };
	struct mgco_xact_conf xc = {
		.mid = span_str(n->mid),
		.style = c->style,
		.version = c->version,
		.no_acks = c->no_acks,
		.reliable = proto != MGCO_UDP,
		.message_max = proto == MGCO_UDP ? udp_message_max(n, as->peer.family) : MGCO_MESSAGE_MAX,
		.rto_first_ms = c->rto_first_ms,
		.rto_max_ms = c->rto_max_ms,
		.t_max_ms = c->t_max_ms,
		.long_ms = c->t_max_ms + NODE_LONG_EXTRA_MS,
		.pending_ms = c->pending_ms,
		.max_in = c->max_in,
		.max_out = c->max_out,
		.seed = n->next_seed++,
	};

	return mgco_xact_new(&xc, &ops, as, n->counters);
}

static void
on_due(struct loop_timer *t)
{
	struct mgco_assoc *as = t->arg;
	struct mgco_node *n = as->owner;

	node_enter(n);
	if (mgco_xact_tick(as->xact, loop_now_ms(n->loop)) == ERR_TIMEOUT && as->state == ASSOC_UP)
		assoc_lost(as, ERR_TIMEOUT);
	assoc_arm(as);
	node_leave(n);
}

void
assoc_arm(struct mgco_assoc *as)
{
	uint64_t due = mgco_xact_due_ms(as->xact);
	uint64_t now;

	/* A timer that rings too early only arms itself again; that is cheaper than moving it each time. */
	if (as->state == ASSOC_CLOSED || due == UINT64_MAX || (loop_timer_is_set(&as->due) && as->due.due_ms <= due))
		return;
	now = loop_now_ms(as->owner->loop);
	loop_timer_set(&as->due, due > now ? due - now : 0);
}

static void
on_life(struct loop_timer *t)
{
	struct mgco_assoc *as = t->arg;
	struct mgco_node *n = as->owner;

	node_enter(n);
	switch (as->state) {
	case ASSOC_WAIT:
		if (as->proto != MGCO_UDP)
			tcp_connect(as);
		else
			assoc_up(as);
		break;
	case ASSOC_CONNECTING:
	case ASSOC_UP:
		assoc_lost(as, ERR_TIMEOUT);
		break;
	case ASSOC_CLOSED:
		break;
	}
	node_leave(n);
}

struct mgco_assoc *
assoc_new(struct mgco_node *n, enum mgco_proto proto, const struct addr *peer)
{
	struct mgco_assoc *as;

	if (n->dying || n->n_assocs >= n->conf.max_assocs)
		return NULL;
	as = calloc(1, sizeof(*as));
	if (!as)
		return NULL;
	as->owner = n;
	as->proto = proto;
	as->state = ASSOC_WAIT;
	as->peer = *peer;
	as->fd = -1;
	as->retry_ms = n->conf.reconnect_ms;
	as->heard_ms = loop_now_ms(n->loop);
	list_init(&as->reqs);
	list_init(&as->node);
	loop_defer_init(&as->flush);
	loop_timer_init(&as->due, n->loop, on_due, as);
	loop_timer_init(&as->life, n->loop, on_life, as);
	as->key = key_of(peer);
	as->xact = machine_new(n, proto, as);
	if (as->xact && proto == MGCO_UDP) {
		HASH_ADD(hh, n->udp, key, sizeof(as->key), as);
		as->port = as->hh.tbl ? udp_port(n, peer->family) : NULL;
	}
	list_append(&n->assocs, &as->node);
	n->n_assocs++;
	if (!as->xact || (proto == MGCO_UDP && !as->port)) {
		mgco_assoc_close(as);
		return NULL;
	}
	return as;
}

struct mgco_assoc *
mgco_connect(struct mgco_node *n, enum mgco_proto proto, const struct addr *peer)
{
	struct mgco_assoc *as = proto == MGCO_UDP ? assoc_find(n, peer) : NULL;

	if (!as && node_make_room(n, NULL))
		as = assoc_new(n, proto, peer);
	if (!as)
		return NULL;
	if (!as->configured) {
		as->configured = as->met = true;
		/* on_up must not come before the caller has the pointer. */
		if (proto != MGCO_UDP)
			mgco_xact_shut(as->xact, ERR_CLOSED);
		as->state = ASSOC_WAIT;
		loop_timer_set(&as->life, 0);
	}
	return as;
}

void
assoc_tell_down(struct mgco_assoc *as, int why)
{
	struct mgco_node *n = as->owner;

	if (as->met && n->handler.on_down)
		n->handler.on_down(n->arg, as, why);
}

struct mgco_assoc *
assoc_accept_udp(struct mgco_node *n, struct mgco_port *port, const struct addr *peer)
{
	struct mgco_assoc *as = node_make_room(n, peer) ? assoc_new(n, MGCO_UDP, peer) : NULL;

	if (!as)
		return NULL;
	as->port = port;
	as->state = ASSOC_UP;
	return as;
}

/* ---- up and down ---- */

void
assoc_up(struct mgco_assoc *as)
{
	struct mgco_node *n = as->owner;
	char text[ADDR_TEXT_MAX];

	as->state = ASSOC_UP;
	loop_timer_stop(&as->life);
	mgco_xact_open(as->xact);
	log_info("h248 peer can be reached: peer=%s transport=%s", addr_text(&as->peer, text),
	         mgco_proto_name(as->proto));
	if (as->configured && n->handler.on_up)
		n->handler.on_up(n->arg, as);
}

static void
wait_and_retry(struct mgco_assoc *as)
{
	as->state = ASSOC_WAIT;
	loop_timer_set(&as->life, as->retry_ms);
	as->retry_ms = as->retry_ms < NODE_RECONNECT_MAX_MS / 2 ? as->retry_ms * 2 : NODE_RECONNECT_MAX_MS;
}

static void
log_lost(struct mgco_assoc *as, int why)
{
	char text[ADDR_TEXT_MAX];
	uint32_t skipped = 0;

	/* A configured peer is tried ever more rarely; a stranger may come and go as often as it likes. */
	if (as->configured || log_limit_pass(&as->owner->log_lost, loop_now_ms(as->owner->loop), &skipped))
		log_notice("h248 peer %s: peer=%s transport=%s why=\"%s\" skipped=%u",
		           as->state == ASSOC_UP ? "lost" : "cannot be reached", addr_text(&as->peer, text),
		           mgco_proto_name(as->proto), err_str(why), skipped);
}

void
assoc_lost(struct mgco_assoc *as, int why)
{
	bool was_up = as->state == ASSOC_UP;

	log_lost(as, why);
	as->state = ASSOC_WAIT;
	loop_timer_stop(&as->life);
	if (as->proto != MGCO_UDP) {
		tcp_close(as);
		mgco_xact_reset(as->xact);
	}
	mgco_xact_shut(as->xact, ERR_CLOSED);
	if (was_up && as->state != ASSOC_CLOSED)
		assoc_tell_down(as, why);
	if (as->state == ASSOC_CLOSED)
		return;
	if (as->configured) {
		wait_and_retry(as);
	} else if (as->proto != MGCO_UDP) {
		mgco_assoc_close(as);
	} else {
		/* For the user it is gone. Kept as a stranger, because requests of the peer that are still on
		 * the way must not be executed a second time. */
		as->user = NULL;
		as->met = false;
		as->state = ASSOC_UP;
		mgco_xact_open(as->xact);
	}
}

void
assoc_heard(struct mgco_assoc *as, struct span mid)
{
	as->heard_ms = loop_now_ms(as->owner->loop);
	as->retry_ms = as->owner->conf.reconnect_ms;
	if (mid.len && mid.len <= sizeof(as->mid) && !span_eq(mid, span_of(as->mid, as->mid_len))) {
		memcpy(as->mid, mid.p, mid.len);
		as->mid_len = mid.len;
	}
	if (as->state == ASSOC_UP)
		loop_timer_stop(&as->life);
	else if (as->proto == MGCO_UDP && as->state == ASSOC_WAIT)
		assoc_up(as); /* it lives: no need to wait for the next try */
}

/* ---- the end ---- */

static void
assoc_free(struct mgco_assoc *as)
{
	list_unlink(&as->node);
	mgco_xact_free(as->xact);
	free(as->partial);
	free(as->unsent);
	free(as);
}

void
assoc_reap(struct mgco_node *n)
{
	while (!list_is_empty(&n->dead))
		assoc_free(LIST_OF(n->dead.next, struct mgco_assoc, node));
}

static void
on_reap(void *arg)
{
	assoc_reap(arg);
}

void
mgco_assoc_close(struct mgco_assoc *as)
{
	struct mgco_node *n = as->owner;

	if (as->state == ASSOC_CLOSED)
		return;
	as->state = ASSOC_CLOSED;
	loop_timer_stop(&as->life);
	loop_timer_stop(&as->due);
	if (as->proto != MGCO_UDP)
		tcp_close(as);
	else if (as->hh.tbl)
		HASH_DEL(n->udp, as);
	LIST_EACH(it, &as->reqs) {
		LIST_OF(it, struct mgco_req, node)->pub.assoc = NULL;
		list_unlink(it);
	}
	list_unlink(&as->node);
	list_append(&n->dead, &as->node);
	n->n_assocs--;
	if (!n->dying)
		loop_defer(n->loop, &n->reap, on_reap, n);
	node_enter(n);
	if (as->xact)
		mgco_xact_close(as->xact, ERR_CLOSED);
	node_leave(n);
}

/* ---- what users ask ---- */

struct addr
mgco_assoc_peer(const struct mgco_assoc *as)
{
	return as->peer;
}

struct span
mgco_assoc_mid(const struct mgco_assoc *as)
{
	return span_of(as->mid, as->mid_len);
}

enum mgco_proto
mgco_assoc_proto(const struct mgco_assoc *as)
{
	return as->proto;
}

void
mgco_assoc_set_user(struct mgco_assoc *as, void *user)
{
	as->user = user;
}

void *
mgco_assoc_user(const struct mgco_assoc *as)
{
	return as->user;
}

void
mgco_assoc_set_version(struct mgco_assoc *as, uint32_t version)
{
	mgco_xact_set_version(as->xact, version);
}
