/* SPDX-License-Identifier: BSD-2-Clause */
/* Received messages: parsed once, executed, or answered with what is wrong with them. */
#include "proto/io/mgco_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/io/mgco_node_priv.h"

enum { NEAR_MAX = 48, FAULT_TEXT_MAX = 160, ERROR_MESSAGE_MAX = 1024 };

void
hold_put(struct mgco_hold *h)
{
	if (--h->users)
		return;
	arena_fini(&h->arena);
	free(h);
}

static struct mgco_hold *
hold_new(struct span bytes)
{
	struct mgco_hold *h = malloc(sizeof(*h) + bytes.len);

	if (!h)
		return NULL;
	h->users = 1;
	h->msg = (struct mgco_msg){ 0 };
	arena_init(&h->arena, MGCO_ARENA_MAX);
	memcpy(h->bytes, bytes.p, bytes.len);
	return h;
}

void
node_execute(void *arg, const struct mgco_txn *request, uint64_t ticket)
{
	struct mgco_assoc *as = arg;
	struct mgco_node *n = as->owner;
	struct mgco_error full = { .code = 510, .text = span_str(mgco_error_text(510)) };
	struct mgco_hold *h = n->rx_hold;
	struct mgco_req *r = calloc(1, sizeof(*r));

	if (!r) {
		mgco_xact_respond(as->xact, loop_now_ms(n->loop), ticket, NULL, &full);
		return;
	}
	h->users++;
	r->hold = h;
	r->ticket = ticket;
	r->pub = (struct mgco_incoming){
		.txn = request,
		.arena = &h->arena,
		.assoc = as,
		.peer = as->peer,
		.peer_mid = h->msg.mid,
		.peer_version = h->msg.version,
	};
	list_append(&as->reqs, &r->node);
	as->met = true;
	n->handler.on_request(n->arg, &r->pub);
}

/* ---- what is wrong ---- */

/* What stands near the fault, fit for a log line. */
static const char *
near_text(struct span near, char buf[NEAR_MAX + 1])
{
	size_t len = near.len < NEAR_MAX ? near.len : NEAR_MAX;

	for (size_t i = 0; i < len; i++)
		buf[i] = near.p[i] > ' ' && near.p[i] < 127 && near.p[i] != '"' ? near.p[i] : '.';
	buf[len] = '\0';
	return buf;
}

static void
log_fault(struct mgco_node *n, const struct addr *from, const struct mgco_fault *f)
{
	char text[ADDR_TEXT_MAX], near[NEAR_MAX + 1];
	uint32_t skipped;

	if (log_limit_pass(&n->log_fault, loop_now_ms(n->loop), &skipped))
		log_notice("h248 message not understood: peer=%s code=%u why=\"%s\" err=\"%s\" line=%u near=\"%s\""
		           " skipped=%u", addr_text(from, text), f->code, f->why ? f->why : "", err_str(f->err),
		           f->line, near_text(f->near, near), skipped);
}

static void
log_dropped(struct mgco_node *n, const struct addr *from, const char *why)
{
	char text[ADDR_TEXT_MAX];
	uint32_t skipped;

	n->counters->dropped++;
	if (log_limit_pass(&n->log_drop, loop_now_ms(n->loop), &skipped))
		log_notice("h248 message dropped: peer=%s why=\"%s\" skipped=%u", addr_text(from, text), why, skipped);
}

bool
node_may_come(struct mgco_node *n, const struct addr *from)
{
	if (!n->handler.may_come || n->handler.may_come(n->arg, from))
		return true;
	log_dropped(n, from, "the host is not one of our peers");
	return false;
}

/* So that garbage with a false source address cannot make us a flood. */
static bool
may_answer_fault(struct mgco_node *n)
{
	uint64_t second = loop_now_ms(n->loop) / 1000;

	if (second != n->error_second) {
		n->error_second = second;
		n->errors_sent = 0;
	}
	return n->errors_sent < NODE_ERRORS_PER_S && n->errors_sent++ < NODE_ERRORS_PER_S;
}

/* Why, and the item up to what ends one. It is short, of printable bytes (mgco_lex_fail()), and the printer takes the
 * quotes out. */
static struct span
fault_text(const struct mgco_fault *f, char buf[FAULT_TEXT_MAX])
{
	struct span item = f->near;
	size_t len = item.len ? 1 : 0;

	while (len < item.len && !strchr(" \t{},", item.p[len]))
		len++;
	item.len = len;
	(void)snprintf(buf, FAULT_TEXT_MAX, "%s%s%.*s", f->why ? f->why : mgco_error_text(f->code), len ? ": " : "",
	               SPAN_FMT(item));
	return span_str(buf);
}

/* A message error, or the error reply of one transaction, from outside the transaction machine. */
static void
send_error(struct mgco_node *n, struct mgco_assoc *as, struct mgco_port *port, const struct addr *to,
           const struct mgco_msg *msg)
{
	char buf[ERROR_MESSAGE_MAX];
	struct out o;

	out_init(&o, buf, sizeof(buf));
	mgco_print(&o, msg, &n->conf.style);
	if (o.err || !node_may_send(n, out_get(&o)))
		return;
	if (as && as->proto != MGCO_UDP)
		tcp_send(as, out_get(&o));
	else
		(void)udp_send(as ? as->port : port, to, out_get(&o));
}

static void
answer_fault(struct mgco_node *n, struct mgco_assoc *as, struct mgco_port *port, const struct addr *from,
             const struct mgco_msg *got, const struct mgco_fault *f)
{
	char text[FAULT_TEXT_MAX];
	struct mgco_error error = { .code = f->code, .text = fault_text(f, text) };
	struct mgco_txn reply = { .kind = MGCO_REPLY, .id = f->txn, .error = &error };
	bool is_known_version = got->version >= 1 && got->version <= 2;
	struct mgco_msg msg = {
		.version = is_known_version ? got->version : n->conf.version,
		.mid = span_str(n->mid),
		.error = f->has_txn ? NULL : &error,
		.txns = f->has_txn ? &reply : NULL,
	};

	if (!may_answer_fault(n)) {
		log_dropped(n, from, "too many errors to answer");
		return;
	}
	n->counters->syntax_errors++;
	if (f->has_txn && f->txn && as)
		mgco_xact_on_bad_request(as->xact, loop_now_ms(n->loop), msg.version, f->txn, &error);
	else
		send_error(n, as, port, from, &msg);
}

/* An answer that cannot be read is one all the same: who asked shall not wait for another, nor shall the peer count as silent. */
static bool
ends_request(struct mgco_assoc *as, const struct mgco_fault *f)
{
	char text[FAULT_TEXT_MAX];
	struct mgco_error error = { .code = 400, .text = fault_text(f, text) };

	return f->is_reply && as && mgco_xact_on_bad_reply(as->xact, f->txn, &error);
}

/* Each broken request is answered, and the message, once, for all else. */
static void
on_faults(struct mgco_node *n, struct mgco_assoc *as, struct mgco_port *port, const struct addr *from,
          const struct mgco_msg *got, const struct mgco_fault *f)
{
	bool told = false;

	for (; f && (!as || as->state != ASSOC_CLOSED) && !n->dying; f = f->next) {
		log_fault(n, from, f);
		if (f->err == ERR_TOOBIG)
			n->counters->oversized++;
		if (f->err == ERR_NOMEM) { /* as if it had been lost: it will be repeated */
			n->counters->dropped++;
			continue;
		}
		if (!f->code || ends_request(as, f) || (told && !f->has_txn))
			continue;
		answer_fault(n, as, port, from, got, f);
		told = told || !f->has_txn;
	}
}

/* ---- messages ---- */

static bool
has_request(const struct mgco_msg *msg)
{
	for (const struct mgco_txn *t = msg->txns; t; t = t->next)
		if (t->kind == MGCO_REQUEST)
			return true;
	return false;
}

static struct mgco_assoc *
new_source(struct mgco_node *n, struct mgco_port *port, const struct addr *from, const struct mgco_msg *msg)
{
	struct mgco_assoc *as;
	char text[ADDR_TEXT_MAX], mid[NEAR_MAX + 1];

	if (!has_request(msg)) {
		if (msg->txns || msg->error)
			log_dropped(n, from, "not a request, and the sender is not known");
		return NULL;
	}
	as = assoc_accept_udp(n, port, from);
	if (!as)
		log_dropped(n, from, "too many peers");
	else
		log_info("h248 new peer: peer=%s transport=udp mid=\"%s\"", addr_text(from, text),
		         near_text(msg->mid, mid));
	return as;
}

static void
log_peer_error(struct mgco_node *n, const struct addr *from, const struct mgco_error *e)
{
	char text[ADDR_TEXT_MAX], near[NEAR_MAX + 1];
	uint32_t skipped;

	if (log_limit_pass(&n->log_error, loop_now_ms(n->loop), &skipped))
		log_notice("h248 peer reports an error: peer=%s code=%u text=\"%s\" skipped=%u", addr_text(from, text),
		           e->code, near_text(e->text, near), skipped);
}

static void
on_parsed(struct mgco_node *n, struct mgco_assoc *as, struct mgco_port *port, struct mgco_hold *h)
{
	if (port && as->port != port)
		as->port = port; /* answers leave from where the peer sent to */
	if (h->msg.error)
		log_peer_error(n, &as->peer, h->msg.error);
	assoc_heard(as, h->msg.mid);
	n->rx_hold = h;
	mgco_xact_on_msg(as->xact, loop_now_ms(n->loop), &h->msg);
	n->rx_hold = NULL;
}

void
node_on_message(struct mgco_node *n, struct mgco_assoc *as, struct mgco_port *port, const struct addr *from,
                struct span bytes)
{
	struct mgco_hold *h = hold_new(bytes);
	struct mgco_fault fault = { 0 };
	int rc;

	n->counters->messages_in++;
	n->counters->bytes_in += bytes.len;
	if (!h) {
		log_dropped(n, from, err_str(ERR_NOMEM));
		return;
	}
	rc = mgco_parse(&h->arena, span_of(h->bytes, bytes.len), &h->msg, &fault);
	if (!as)
		as = new_source(n, port, from, &h->msg);
	if (as && (rc == 0 || h->msg.txns))
		on_parsed(n, as, port, h);
	if (rc)
		on_faults(n, as, port, from, &h->msg, &fault);
	hold_put(h);
	if (as)
		assoc_arm(as);
}
