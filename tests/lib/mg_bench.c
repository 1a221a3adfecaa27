/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/mg_bench.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <unistd.h>

#include "agw/agw_conf.h"
#include "tests/lib/own_realm.h"

struct mg_bench mgb;

/* Requests, as the node would hand them over. */
static struct request {
	struct arena arena;
	struct mgco_msg msg;
	struct mgco_incoming in;
	char text[MGB_TEXT_MAX];
	bool waits;
} requests[2];

/* ---- stand-ins for the node and the workers ---- */

/* Whatever we answer reads back. */
static void
parse_own(const char *text)
{
	struct mgco_fault fault;
	struct mgco_msg msg;
	struct arena a;
	int err;

	arena_init(&a, MGCO_ARENA_MAX);
	err = mgco_parse(&a, span_str(text), &msg, &fault);
	if (err)
		fprintf(stderr, "our reply does not parse: %u %s line %u\n%s\n", fault.code, fault.why, fault.line, text);
	CU_ASSERT_EQUAL(err, 0);
	arena_fini(&a);
}

void
mgco_respond(struct mgco_incoming *in, const struct mgco_action *actions, const struct mgco_error *error)
{
	struct mgco_action *list;
	struct mgco_txn t = { .kind = MGCO_REPLY, .id = in->txn->id };
	struct mgco_msg m = { .version = 2, .mid = SPAN_LIT("<agw>"), .txns = &t };
	struct mgco_style style = { .pretty = false };
	static char printed[MGB_TEXT_MAX];
	struct mgco_error e;
	struct out o;
	const char *text;

	memcpy(&list, &actions, sizeof(list)); /* the printer does not write, but its tree type is not const */
	t.actions = list;
	if (error) {
		e = *error;
		t.error = &e;
	}
	out_init(&o, printed, sizeof(printed));
	mgco_print(&o, &m, &style);
	text = out_cstr(&o);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	parse_own(text);
	text = strstr(text, "Reply");
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	memcpy(mgb.reply, text, strlen(text) + 1);
	LIST_OF(in, struct request, in)->waits = false;
	arena_fini(in->arena);
}

static int
take_order(void *arg, unsigned worker, const struct order *o)
{
	(void)arg;
	(void)worker;
	if (mgb.order_err)
		return mgb.order_err;
	CU_ASSERT_FATAL(mgb.n_orders < MGB_ORDERS_MAX && mgb.n_asked < MGB_ORDERS_MAX);
	mgb.orders[mgb.n_orders++] = *o;
	for (int i = 0; i < 2; i++)
		if (o->listen_fd[i] >= 0)
			close(o->listen_fd[i]);
	if (o->kind == ORDER_STATS || o->kind == ORDER_CLOSE)
		mgb.asked[mgb.n_asked++] = *o;
	return 0;
}

static void
on_unasked(void *arg, const struct ctx_stream *s, const struct event *ev)
{
	(void)arg;
	mg_on_stats(mgb.mg, s, ev);
}

static void
on_thb(struct loop_timer *t)
{
	(void)t;
}

static enum mg_right
get_right(void *arg, const struct mgco_incoming *in)
{
	(void)arg;
	(void)in;
	return mgb.right;
}

static void
on_service(void *arg, struct span method, struct span mgc_id)
{
	(void)arg;
	(void)mgc_id;
	(void)span_copy(method, mgb.service, sizeof(mgb.service));
}

static void
on_root(void *arg, const struct mg_root *root)
{
	(void)arg;
	mgb.root = *root;
}

/* ---- making it ---- */

/* A realm with n ports of an address that is this process's alone. */
static struct realm *
make_realm(const char *name, unsigned host, unsigned n, const char *more)
{
	static const struct tls_ctx_conf tls = { .min_version = 12 };
	const struct addr at = own_realm_addr(host);
	const unsigned lo = 20000 + 1000 * host;
	char flag[128], ip[ADDR_TEXT_MAX], why[OPTS_ERROR_MAX];
	struct realm_conf c;
	const char *sentence;
	struct realm *r;

	(void)snprintf(flag, sizeof(flag), "%s,address=%s%s,ports=%u-%u", name, addr_ip_text(&at, ip), more, lo, lo + n - 1);
	CU_ASSERT_EQUAL_FATAL(realm_conf_parse(flag, &c, why), 0);
	r = realm_new(&c, &tls, &sentence);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	return r;
}

void
mgb_begin(uint32_t max_contexts)
{
	struct ctx_env env = {
		.order = take_order,
		.on_unasked = on_unasked,
		.on_thb = on_thb,
		.n_workers = 2,
		.tcp_ms = 10000,
		.tls_ms = 10000,
		.fpr_ms = 30000,
		.max_contexts = max_contexts,
	};
	struct mg_conf mc = {
		.ctxs = &mgb.ctxs,
		.names = &mgb.names,
		.realms = mgb.realms,
		.n_realms = MGB_REALMS,
		.right = get_right,
		.on_service = on_service,
		.on_root = on_root,
	};

	memset(&mgb, 0, sizeof(mgb));
	mgb.loop = loop_new_sim(1000000);
	mgb.gates = gate_table_new();
	CU_ASSERT_FATAL(mgb.loop && mgb.gates);
	iq_names_init(&mgb.names);
	mgb.realms[0] = make_realm("access", 1, 64, ",advertise=127.0.0.1");
	mgb.realms[1] = make_realm("core", 2, 64, ",advertise=127.0.0.1,call-deny=198.18.0.0/15");
	mgb.realms[2] = make_realm("tiny", 3, 1, ",advertise=203.0.113.5,dscp=10");
	for (int i = 0; i < MGB_REALMS; i++)
		CU_ASSERT_EQUAL(gate_table_add(mgb.gates, &mgb.realms[i]->addrs[0], mgb.realms[i]->lo, mgb.realms[i]->hi), 0);
	env.loop = mc.loop = mgb.loop;
	env.gates = mgb.gates;
	env.own = mgb.own = own_addrs_new(mgb.loop, mgb.realms, MGB_REALMS);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mgb.own);
	ctxs_init(&mgb.ctxs, &env);
	mgb.mg = mg_new(&mc);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mgb.mg);
}

void
mgb_end(void)
{
	mg_free(mgb.mg);
	ctxs_fini(&mgb.ctxs);
	CU_ASSERT_EQUAL(mgb_ports_taken(), 0);
	own_addrs_free(mgb.own);
	for (int i = 0; i < MGB_REALMS; i++)
		realm_free(mgb.realms[i]);
	gate_table_free(mgb.gates);
	loop_free(mgb.loop);
}

/* ---- using it ---- */

void
mgb_request(const char *text)
{
	struct mgco_fault fault;
	struct out o;
	struct request *r = &requests[requests[0].waits];
	int err;

	CU_ASSERT_FALSE_FATAL(r->waits);
	r->waits = true;
	mgb.reply[0] = 0;
	out_init(&o, r->text, sizeof(r->text));
	out_printf(&o, "MEGACO/2 [192.0.2.10]:2944\n%s", text);
	arena_init(&r->arena, MGCO_ARENA_MAX);
	err = mgco_parse(&r->arena, out_get(&o), &r->msg, &fault);
	if (err)
		fprintf(stderr, "does not parse: %s line %u\n%s\n", fault.why, fault.line, text);
	CU_ASSERT_EQUAL_FATAL(err, 0);
	r->in = (struct mgco_incoming){ .txn = r->msg.txns, .arena = &r->arena, .peer_version = 2 };
	mg_on_request(mgb.mg, &r->in);
}

void
mgb_answer(uint64_t in0, uint64_t out0, uint64_t in1, uint64_t out1)
{
	struct event ev = { .kind = EVENT_STATS };
	struct ctx_stream *s;

	CU_ASSERT_FATAL(mgb.n_asked > 0);
	ev.relay = mgb.asked[0].relay;
	ev.tag = mgb.asked[0].tag;
	ev.closed = mgb.asked[0].kind == ORDER_CLOSE;
	ev.stats[0].octets_in = in0;
	ev.stats[0].octets_out = out0;
	ev.stats[1].octets_in = in1;
	ev.stats[1].octets_out = out1;
	ev.is_aware = mgb.is_aware;
	ev.msrp[0] = (struct msrp_stats){ 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 0 };
	ev.msrp[1] = (struct msrp_stats){ 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 0 };
	mgb.n_asked--;
	for (unsigned i = 0; i < mgb.n_asked; i++)
		mgb.asked[i] = mgb.asked[i + 1];
	s = ctxs_find_relay(&mgb.ctxs, ev.relay);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	mg_on_stats(mgb.mg, s, &ev);
	ctx_stream_on_stats(&mgb.ctxs, s, &ev);
}

void
mgb_event(enum event_kind kind, unsigned side, const char *peer)
{
	struct event ev = { .kind = kind, .side = (uint8_t)side };
	struct ctx *c = LIST_OF(mgb.ctxs.all.next, struct ctx, node);

	CU_ASSERT_EQUAL_FATAL(mgb.ctxs.n, 1);
	ev.relay = c->streams->relay;
	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(span_str(peer), &ev.peer), 0);
	CU_ASSERT_PTR_NOT_NULL(ctx_stream_on_event(&mgb.ctxs, c->streams, &ev));
}

static void
put_leg(struct out *o, const struct order *order, unsigned side)
{
	const struct leg_spec *l = &order->leg[side];
	const struct leg_msrp *m = &order->msrp[side];
	static const char *const roles[] = { "none", "listen", "connect", "proxy" };
	static const char *const triggers[] = { "", "+now", "+partner" };
	static const char *const gates[] = { "ignore", "latch", "filter", "filter-port", "open", "ports" };
	char text[ADDR_TEXT_MAX];

	out_printf(o, "%s%s", roles[l->role], triggers[l->trigger]);
	if (l->connect_round)
		out_printf(o, "+order%u", l->connect_round);
	if (l->role == LEG_NO_ROLE && !l->term)
		return;
	out_printf(o, " %s %s %s%s%s", gates[l->gate], l->tls ? "tls" : "tcp", l->flow_in ? "in" : "",
	           l->flow_out ? "out" : "", l->flow_in || l->flow_out ? "" : "shut");
	out_printf(o, " remote=%s", l->remote.family ? addr_text(&l->remote, text) : "-");
	if (l->denied)
		out_str(o, " denied");
	if (l->host_bits || l->port_hi || l->gate == GATE_FILTER_PORT)
		out_printf(o, " from=%s-%u low=%u", l->from.family ? addr_text(&l->from, text) : "*",
		           l->port_hi ? l->port_hi : l->from.port, l->host_bits);
	if (l->fpr_known)
		out_printf(o, " fprs=%u", order->fprs[side].n);
	if (l->dscp)
		out_printf(o, " dscp=%u", l->dscp);
	if (l->copies_dscp)
		out_str(o, " dscp=copy");
	if (l->police.peak || l->police.sustained)
		out_printf(o, " police=%u/%u,%u/%u", l->police.peak, l->police.peak_burst, l->police.sustained,
		           l->police.burst);
	if (l->cut)
		out_printf(o, " cut=%u", l->cut);
	if (l->idle_ms)
		out_printf(o, " idle=%u%s%s", l->idle_ms, l->idle_in ? " in" : "", l->idle_out ? " out" : "");
	if (order->listen_fd[side] >= 0)
		out_str(o, " listener");
	if (m->aware)
		out_printf(o, " own=%s peer=%s%s", m->own, m->peer[0] ? m->peer : "-", m->types_empty ? " typed" : "");
}

const char *
mgb_order_text(const struct order *o, char *buf)
{
	struct out out;

	out_init(&out, buf, 512);
	switch (o->kind) {
	case ORDER_OPEN:
		out_str(&out, "open ");
		put_leg(&out, o, 0);
		out_str(&out, " | ");
		put_leg(&out, o, 1);
		break;
	case ORDER_CHANGE:
		out_printf(&out, "change %u ", o->side);
		put_leg(&out, o, o->side);
		break;
	case ORDER_CLOSE:
		out_str(&out, "close");
		break;
	case ORDER_STATS:
		out_str(&out, "stats");
		break;
	case ORDER_QUIT:
		out_str(&out, "quit");
		break;
	}
	return out_cstr(&out);
}

uint32_t
mgb_ports_taken(void)
{
	uint32_t n = 0;

	for (int i = 0; i < MGB_REALMS; i++)
		n += realm_ports_taken(mgb.realms[i]);
	return n;
}
