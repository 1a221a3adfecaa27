/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/bench/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "proto/base/out.h"
#include "proto/io/mgco_node.h"

enum { TEXT_MAX = 2048 };

struct mgc {
	struct mgco_node *node;
	struct mgco_assoc *gateway;
	const struct load_conf *conf;
	const char *fingerprint;
	void (*on_ready)(void *arg);
	void *arg;
};

/* A context under way. */
struct order {
	struct mgc *mgc;
	struct call *call;
	void (*done)(void *arg, int err);
	void *arg;
};

/* As ims-alg asks for a terminating call (TS 23.334 6.2.10.3.1.2.1 steps 2-7). */
static const char add_text[] =
	"Context = $ { Add = ip/1/access/$ { Media { Stream = 1 {"
	" LocalControl { Mode = SendReceive, ipdc/realm = \"access\", tcpbcc/discard = ON, seplink/link = ON },"
	" Local {\nv=0\nc=IN IP4 $\nm=message $ TCP%s *\na=setup:actpass\n%s} } },"
	" Events = 1 { g/cause, tcpbcc/BNCChange, tlsbsc/BNCChange, hangterm/thb { timerx = 600 } } },"
	" Add = ip/1/core/$ { Media { Stream = 1 {"
	" LocalControl { Mode = SendReceive, ipdc/realm = \"core\" },"
	" Local {\nv=0\nc=IN IP4 $\nm=message $ TCP *\na=setup:actpass\n},"
	" Remote {\nv=0\nc=IN IP4 %s\nm=message %u TCP *\na=setup:actpass\n} } },"
	" Events = 2 { g/cause, tcpbcc/BNCChange, hangterm/thb { timerx = 600 } } } }";
/* Steps 14-16: from this address only, with this certificate only. */
static const char modify_text[] =
	"Context = %u { Modify = %.*s { Media { Stream = 1 {"
	" LocalControl { Mode = SendReceive, ipdc/realm = \"access\", seplink/link = ON, gm/saf = ON },"
	" Local {\nv=0\nc=IN IP4 %s\nm=message %u TCP%s *\na=setup:passive\n},"
	" Remote {\nv=0\nc=IN IP4 127.0.0.1\nm=message 9 TCP%s *\na=setup:active\n%s%s%s} } } },"
	" Modify = %.*s { Media { Stream = 1 {"
	" LocalControl { Mode = SendReceive, ipdc/realm = \"core\", gm/saf = OFF },"
	" Local {\nv=0\nc=IN IP4 %s\nm=message %u TCP *\na=setup:active\n},"
	" Remote {\nv=0\nc=IN IP4 %s\nm=message %u TCP *\na=setup:actpass\n} } } } }";

/* Sends the text of an action as a request. */
static int
request(struct mgc *m, mgco_reply_fn fn, void *arg, const char *format, ...) PRINTF_LIKE(4, 5);

static int
request(struct mgc *m, mgco_reply_fn fn, void *arg, const char *format, ...)
{
	char text[TEXT_MAX];
	struct mgco_msg msg;
	struct arena a;
	int head, err;
	va_list ap;

	head = snprintf(text, sizeof(text), "MEGACO/2 <load> Transaction = 1 { ");
	va_start(ap, format);
	vsnprintf(text + head, sizeof(text) - (size_t)head - 3, format, ap);
	va_end(ap);
	strcat(text, " }"); /* room was left */
	arena_init(&a, MGCO_ARENA_MAX);
	err = mgco_parse(&a, span_str(text), &msg, NULL);
	if (!err)
		err = mgco_request(m->gateway, msg.txns->actions, fn, arg);
	arena_fini(&a);
	return err;
}

static void
finish(struct order *o, int err, const char *why)
{
	if (err)
		fprintf(stderr, "load: H.248: %s: %s\n", why, err_str(err));
	o->done(o->arg, err);
	free(o);
}

static void
on_modified(void *arg, int err, const struct mgco_txn *reply)
{
	const struct mgco_cmd *c = err || reply->error || !reply->actions ? NULL : reply->actions->cmds;

	if (!err && (!c || reply->actions->error || c->error || (c->next && c->next->error)))
		err = ERR_UNSUPPORTED;
	finish(arg, err, "Modify");
}

/* path: NULL, or gets a=path, empty when there is none. */
static bool
read_local(const struct mgco_cmd *c, struct addr *a, char path[LOAD_PATH_MAX])
{
	char ip[64], text[TEXT_MAX];
	unsigned port;
	struct span s;
	const char *at;

	if (!c || c->error || !c->media || !c->media->streams || !c->media->streams->has_local)
		return false;
	s = c->media->streams->local;
	if (span_copy(s, text, sizeof(text)) != 0)
		return false;
	at = strstr(text, "c=IN IP");
	if (!at || sscanf(at, "c=IN IP%*c %63s", ip) != 1)
		return false;
	if (path)
		path[0] = '\0';
	if (path && strstr(text, "a=path:"))
		(void)sscanf(strstr(text, "a=path:"), "a=path:%159s", path);
	at = strstr(text, "m=message ");
	if (!at || sscanf(at, "m=message %u", &port) != 1 || addr_parse_ip(span_str(ip), a) != 0)
		return false;
	a->port = (uint16_t)port;
	return true;
}

static int
modify(struct order *o, const struct mgco_action *act, const struct addr *t2)
{
	char t1_ip[ADDR_TEXT_MAX], t2_ip[ADDR_TEXT_MAX], core_ip[ADDR_TEXT_MAX];
	const struct addr *t1 = &o->call->t1, *core = &o->mgc->conf->core;
	bool plain = o->mgc->conf->plain;
	const char *tls = plain ? "" : "/TLS";

	return request(o->mgc, on_modified, o, modify_text, act->ctx, SPAN_FMT(act->cmds->term),
	               addr_ip_text(t1, t1_ip), t1->port, tls, tls, plain ? "" : "a=fingerprint:sha-256 ",
	               plain ? "" : o->mgc->fingerprint, plain ? "" : "\n", SPAN_FMT(act->cmds->next->term),
	               addr_ip_text(t2, t2_ip), t2->port, addr_ip_text(core, core_ip), core->port);
}

static void
on_added(void *arg, int err, const struct mgco_txn *reply)
{
	struct order *o = arg;
	const struct mgco_action *act = !err && !reply->error ? reply->actions : NULL;
	const struct mgco_error *e = act ? act->error : err ? NULL : reply->error;
	struct addr t2;

	if (!act || act->error || !read_local(act->cmds, &o->call->t1, NULL) ||
	    !read_local(act->cmds->next, &t2, NULL)) {
		if (e)
			fprintf(stderr, "load: %.*s\n", SPAN_FMT(e->text));
		finish(o, err ? err : ERR_UNSUPPORTED, "Add");
		return;
	}
	o->call->ctx = act->ctx;
	err = modify(o, act, &t2);
	if (err)
		finish(o, err, "Modify");
}

void
mgc_call(struct mgc *m, struct call *c, void (*done)(void *arg, int err), void *arg)
{
	struct order *o = calloc(1, sizeof(*o));
	char ip[ADDR_TEXT_MAX];
	int err;

	if (!o)
		abort();
	*o = (struct order){ .mgc = m, .call = c, .done = done, .arg = arg };
	err = request(m, on_added, o, add_text, m->conf->plain ? "" : "/TLS",
	              m->conf->plain ? "" : "a=fingerprint:sha-256 $\n", addr_ip_text(&m->conf->core, ip), m->conf->core.port);
	if (err)
		finish(o, err, "Add");
}

static void
on_subtracted(void *arg, int err, const struct mgco_txn *reply)
{
	(void)arg;
	(void)reply;
	if (err)
		fprintf(stderr, "load: Subtract: %s\n", err_str(err));
}

void
mgc_hang_up(struct mgc *m, struct call *c)
{
	if (c->ctx && request(m, on_subtracted, m, "Context = %u { Subtract = * { Audit { Statistics } } }", c->ctx))
		fprintf(stderr, "load: cannot subtract\n");
	c->ctx = 0;
}

/* ServiceChange and Notify: everything is fine. */
static void
on_request(void *arg, struct mgco_incoming *in)
{
	struct mgc *m = arg;
	bool registers = false;
	struct mgco_action *out;
	struct mgco_txn *t = mgco_new_request(in->arena);

	for (const struct mgco_action *act = in->txn->actions; act; act = act->next) {
		out = mgco_add_action(in->arena, t, act->ctx);
		for (const struct mgco_cmd *c = act->cmds; out && c; c = c->next) {
			mgco_add_cmd(in->arena, out, c->kind, c->term);
			registers |= c->kind == MGCO_SERVICECHANGE;
		}
	}
	if (registers && in->assoc && !m->gateway) {
		m->gateway = in->assoc;
		mgco_respond(in, t->actions, NULL);
		m->on_ready(m->arg);
		return;
	}
	mgco_respond(in, t->actions, NULL);
}

static void
on_down(void *arg, struct mgco_assoc *as, int why)
{
	(void)arg;
	(void)as;
	fprintf(stderr, "load: the gateway left: %s\n", err_str(why));
	exit(1);
}

struct mgc *
mgc_new(struct loop *l, const struct load_conf *c, const char *fingerprint, void (*on_ready)(void *arg),
        void *arg)
{
	struct mgco_node_conf nc = { .mid = "<load>", .max_out = 4 * LOAD_UES_MAX };
	struct mgco_handler h = { .on_request = on_request, .on_down = on_down };
	struct mgc *m = calloc(1, sizeof(*m)); /* for the process' life */

	if (!m)
		return NULL;
	*m = (struct mgc){ .conf = c, .fingerprint = fingerprint, .on_ready = on_ready, .arg = arg };
	m->node = mgco_node_new(l, &nc, &h, m);
	if (!m->node || mgco_node_listen(m->node, MGCO_TCP, &c->mgc, NULL) != 0)
		return NULL;
	return m;
}

/* ---- any roles, and statistics (soak) ---- */

static const char side_text[] =
	" Add = ip/1/%s/$ { Media { Stream = 1 {"
	" LocalControl { Mode = SendReceive, ipdc/realm = \"%s\"%s },"
	" Local {\nv=0\nc=IN IP%c $\nm=message $ %s *\na=setup:%s\n%s%s},"
	" Remote {\nv=0\nc=IN IP%c %s\nm=message %u %s *\na=setup:%s\n%s%s%s%s%s%s} } },"
	" Events = 1 { g/cause, tcpbcc/BNCChange, tlsbsc/BNCChange } }";

static int
print_side(const struct mgc *m, const struct call_side *s, const char *realm, char *buf, size_t cap)
{
	const char *transport = s->path ? (s->tls ? "TCP/TLS/MSRP" : "TCP/MSRP") : (s->tls ? "TCP/TLS" : "TCP");
	char ip[ADDR_TEXT_MAX], family = s->peer.family == ADDR_V6 ? '6' : '4';

	return snprintf(buf, cap, side_text, realm, realm, s->listens ? ", gm/saf = ON" : "", family, transport,
	                s->listens ? "passive" : "active", s->path ? "a=path:$\n" : "",
	                s->tls ? "a=fingerprint:sha-256 $\n" : "", family, addr_ip_text(&s->peer, ip),
	                s->peer.port ? s->peer.port : 9, transport, s->listens ? "active" : "passive",
	                s->path ? "a=path:" : "", s->path ? s->path : "", s->path ? "\n" : "",
	                s->tls ? "a=fingerprint:sha-256 " : "", s->tls ? m->fingerprint : "", s->tls ? "\n" : "");
}

static void
on_paired(void *arg, int err, const struct mgco_txn *reply)
{
	struct order *o = arg;
	const struct mgco_action *act = !err && !reply->error ? reply->actions : NULL;

	if (!err && (!act || act->error || !read_local(act->cmds, &o->call->t1, o->call->path[0]) ||
	             !read_local(act->cmds->next, &o->call->t2, o->call->path[1])))
		err = ERR_UNSUPPORTED;
	if (!err)
		o->call->ctx = act->ctx;
	finish(o, err, "Add");
}

void
mgc_pair(struct mgc *m, struct call *c, const struct call_side side[2], void (*done)(void *arg, int err),
         void *arg)
{
	struct order *o = calloc(1, sizeof(*o));
	char text[2][TEXT_MAX / 2];
	int err;

	if (!o)
		abort();
	*o = (struct order){ .mgc = m, .call = c, .done = done, .arg = arg };
	print_side(m, &side[0], "access", text[0], sizeof(text[0]));
	print_side(m, &side[1], "core", text[1], sizeof(text[1]));
	err = request(m, on_paired, o, "Context = $ {%s,%s }", text[0], text[1]);
	if (err)
		finish(o, err, "Add");
}

struct farewell {
	void (*done)(void *arg, const struct call_stats *st);
	void *arg;
};

static uint64_t
find_stat(const struct mgco_cmd *c, const char *name)
{
	uint64_t v = UINT64_MAX;

	for (const struct mgco_prop *p = c->stats; p; p = p->next)
		if (span_caseeqs(p->name, name) && p->values)
			(void)span_u64(p->values->text, UINT64_MAX, &v);
	return v;
}

static void
on_ended(void *arg, int err, const struct mgco_txn *reply)
{
	const struct mgco_action *act = !err && !reply->error ? reply->actions : NULL;
	const struct mgco_cmd *c = act && !act->error ? act->cmds : NULL;
	struct farewell *f = arg;
	struct call_stats st = { .n = 0 };

	for (; c && !c->error && st.n < 2; c = c->next) {
		st.in[st.n] = find_stat(c, "nt/or");
		st.out[st.n++] = find_stat(c, "nt/os");
	}
	f->done(f->arg, &st);
	free(f);
}

void
mgc_end(struct mgc *m, struct call *c, void (*done)(void *arg, const struct call_stats *st), void *arg)
{
	struct farewell *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	*f = (struct farewell){ done, arg };
	if (request(m, on_ended, f, "Context = %u { Subtract = * { Audit { Statistics } } }", c->ctx) != 0)
		abort();
	c->ctx = 0;
}
