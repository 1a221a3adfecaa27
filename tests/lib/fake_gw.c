/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "tests/lib/alg_bench.h"
#include "tests/lib/h248_trace.h"
#include "tests/lib/tmain.h"

#define FAKE_FPR \
	"sha-256 AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA"

static void
print_request(struct fake_gw *g, const struct mgco_incoming *in)
{
	const struct mgco_style pretty = { .pretty = true };
	struct mgco_txn copy = *in->txn;
	struct mgco_msg msg = { .version = 2, .mid = SPAN_LIT("<alg>"), .txns = &copy };
	struct out o;

	copy.next = NULL;
	out_init(&o, g->seen, sizeof(g->seen) - 1);
	mgco_print(&o, &msg, &pretty);
	g->seen[o.len] = '\0';
}

static bool
asks_for_path(const struct mgco_cmd *c)
{
	const struct mgco_stream *s = c->media ? c->media->streams : NULL;

	for (size_t i = 0; s && i + 8 <= s->local.len; i++)
		if (span_eqs(span_of(s->local.p + i, 8), "a=path:$"))
			return true;
	return false;
}

static bool
is_plain(const struct mgco_cmd *c)
{
	for (size_t i = 0; i + 3 <= c->media->streams->local.len; i++)
		if (span_eqs(span_of(c->media->streams->local.p + i, 3), "TLS"))
			return false;
	return true;
}

/* The first item of the command that the gateway does not have; NULL: it has all. "x/y=v" is with that value only. */
static const char *
find_lack(const struct fake_gw *g, const struct mgco_cmd *c)
{
	static char text[8192];
	const struct mgco_style plain = { 0 };
	struct mgco_cmd copy = *c;
	struct mgco_action act = { .ctx = 1, .cmds = &copy };
	struct mgco_txn txn = { .kind = MGCO_REQUEST, .id = 1, .actions = &act };
	struct mgco_msg msg = { .version = 2, .mid = SPAN_LIT("<x>"), .txns = &txn };
	struct out o;

	copy.next = NULL;
	out_init(&o, text, sizeof(text) - 1);
	mgco_print(&o, &msg, &plain);
	text[o.len] = '\0';
	for (size_t i = 0; i < sizeof(g->lacks) / sizeof(g->lacks[0]); i++)
		if (g->lacks[i] && strstr(text, g->lacks[i]))
			return g->lacks[i];
	return NULL;
}

/* What a gateway may say besides. */
static void
say_more(struct mgco_incoming *in, struct mgco_cmd *rep, struct mgco_stream *s)
{
	struct mgco_localcontrol *lc = s ? mgco_need_lc(in->arena, s) : NULL;

	if (lc) {
		mgco_add_prop(in->arena, &lc->props, "zz9/plural", SPAN_LIT("z alpha"), true);
		mgco_add_prop(in->arena, &lc->props, "gm/zz9", SPAN_LIT("ON"), false);
	}
	rep->has_stats = true;
	mgco_add_prop(in->arena, &rep->stats, "zz9/count", SPAN_LIT("0x1F"), false);
	rep->packages = ARENA_NEW(in->arena, struct mgco_package);
	rep->packages->name = SPAN_LIT("zz9");
	rep->packages->version = 42;
}

static bool
add_one(struct alg_bench *b, struct mgco_incoming *in, const struct mgco_cmd *c, struct mgco_action *out, int n)
{
	struct fake_gw *g = &b->gw;
	bool core = n == 2, aware = asks_for_path(c), tls = !core && !is_plain(c);
	const char *lack;
	struct mgco_cmd *rep;
	struct mgco_stream *s;
	uint32_t id;

	if (g->refuse_add && g->refuse_add_at == n) {
		rep = mgco_add_cmd(in->arena, out, MGCO_ADD, c->term);
		rep->error = mgco_new_error(in->arena, g->refuse_add, SPAN_LIT("no ports left"));
		return false;
	}
	lack = find_lack(g, c);
	if (lack) {
		rep = mgco_add_cmd(in->arena, out, MGCO_ADD, c->term);
		rep->error = mgco_new_error(in->arena, g->lacks_code, g->lacks_vaguely ? SPAN_LIT("cannot do that")
		                            : arena_printf(in->arena, "not here: %s", lack));
		return false;
	}
	if (aware && g->unaware) {
		rep = mgco_add_cmd(in->arena, out, MGCO_ADD, c->term);
		rep->error = mgco_new_error(in->arena, g->unaware, SPAN_LIT("what is a path"));
		return false;
	}
	id = ++g->next_term;
	rep = mgco_add_cmd(in->arena, out, MGCO_ADD,
	                   arena_printf(in->arena, "ip/1/%s/%u", core ? "core" : "access", id));
	s = mgco_need_stream(in->arena, rep, 1);
	s->has_local = true;
	s->local = arena_printf(in->arena, "v=0\r\nc=IN IP4 %s\r\nm=message %u %s *\r\na=setup:actpass\r\n%s",
	                        core ? "192.0.2.20" : "203.0.113.20", 20000 + id, core || g->answers_plain ? "TCP" : "TCP/TLS",
	                        core ? "" : "a=fingerprint:" FAKE_FPR "\r\n");
	if (aware)
		s->local = arena_printf(in->arena, "%.*sa=path:%s://%s:%u/own%u;tcp\r\n", SPAN_FMT(s->local),
		                        tls ? "msrps" : "msrp", core ? "192.0.2.20" : "203.0.113.20", 20000 + id, id);
	if (g->says_more)
		say_more(in, rep, s);
	return true;
}

static void
list_contexts(struct fake_gw *g, struct mgco_incoming *in, struct mgco_txn *t)
{
	uint32_t n = 0;

	for (int i = 0; i < FAKE_CONTEXTS_MAX; i++)
		if (g->alive[i]) {
			mgco_add_cmd(in->arena, mgco_add_action(in->arena, t, g->alive[i]), MGCO_AUDITVALUE, SPAN_LIT("ROOT"));
			n++;
		}
	if (!n)
		mgco_add_cmd(in->arena, mgco_add_action(in->arena, t, MGCO_CTX_NULL), MGCO_AUDITVALUE, SPAN_LIT("ROOT"));
}

static bool
is_alive(const struct fake_gw *g, uint32_t ctx)
{
	for (int i = 0; i < FAKE_CONTEXTS_MAX; i++)
		if (g->alive[i] == ctx)
			return true;
	return false;
}

static void
set_alive(struct fake_gw *g, uint32_t from, uint32_t to)
{
	for (int i = 0; i < FAKE_CONTEXTS_MAX; i++)
		if (g->alive[i] == from) {
			g->alive[i] = to;
			return;
		}
}

static void
answer_audit(struct fake_gw *g, struct mgco_incoming *in, const struct mgco_action *act, struct mgco_txn *t)
{
	struct mgco_action *out;
	struct mgco_cmd *rep;
	struct mgco_prop *p;

	if (act->ctx == MGCO_CTX_ALL && !g->refuse_list) {
		list_contexts(g, in, t);
		return;
	}
	out = mgco_add_action(in->arena, t, act->ctx);
	if (act->ctx == MGCO_CTX_ALL || (act->ctx != MGCO_CTX_NULL && !is_alive(g, act->ctx))) {
		out->error = mgco_new_error(in->arena, act->ctx == MGCO_CTX_ALL ? g->refuse_list : 411, SPAN_LIT("no"));
		return;
	}
	rep = mgco_add_cmd(in->arena, out, MGCO_AUDITVALUE, act->cmds->term);
	if (act->ctx == MGCO_CTX_NULL && !act->cmds->audit->items)
		g->audits++;
	if (act->ctx == MGCO_CTX_NULL && act->cmds->audit->items && g->refuse_root)
		rep->error = mgco_new_error(in->arena, g->refuse_root, SPAN_LIT("no"));
	if (act->ctx != MGCO_CTX_NULL || !act->cmds->audit->items || !g->realms[0] || rep->error)
		return;
	rep->media = ARENA_NEW(in->arena, struct mgco_media);
	rep->media->termstate = ARENA_NEW(in->arena, struct mgco_termstate);
	if (g->pending_limit)
		mgco_add_prop(in->arena, &rep->media->termstate->props, "root/MGOriginatedPendingLimit",
		              span_str(g->pending_limit), false);
	if (g->says_more)
		say_more(in, rep, NULL);
	p = mgco_add_prop(in->arena, &rep->media->termstate->props, "ipra/ar", span_str(g->realms[0]), true);
	for (int i = 1; g->realms[i]; i++) {
		struct mgco_text *v = p->values;

		p->shape = MGCO_LIST;
		while (v->next)
			v = v->next;
		v->next = ARENA_NEW(in->arena, struct mgco_text);
		v->next->text = span_str(g->realms[i]);
		v->next->quoted = true;
	}
}

static void
answer_watch(struct fake_gw *g, struct mgco_incoming *in, const struct mgco_action *act, struct mgco_txn *t)
{
	struct mgco_cmd *rep = mgco_add_cmd(in->arena, mgco_add_action(in->arena, t, act->ctx), MGCO_MODIFY, act->cmds->term);

	g->watches++;
	g->watch_arc = false;
	g->watch_mit = 0;
	for (const struct mgco_event *e = act->cmds->events->events; e; e = e->next) {
		if (span_eqs(e->name, "it/ito"))
			CU_ASSERT_EQUAL(mgco_prop_u32(mgco_find_prop(e->params, "mit"), &g->watch_mit), 0);
		g->watch_arc = g->watch_arc || span_eqs(e->name, "ipra/arc");
	}
	if (g->refuse_watch || (g->refuse_arc && g->watch_arc))
		rep->error = mgco_new_error(in->arena, g->refuse_watch ? g->refuse_watch : 451, SPAN_LIT("no"));
}

static void
answer_action(struct alg_bench *b, struct mgco_incoming *in, const struct mgco_action *act, struct mgco_txn *t)
{
	struct fake_gw *g = &b->gw;
	uint32_t ctx = act->ctx == MGCO_CTX_CHOOSE ? g->next_ctx + 1 : act->ctx;
	enum mgco_cmd_kind kind = act->cmds->kind;
	struct mgco_action *out;
	int n = 0;

	if (kind == MGCO_AUDITVALUE || ctx == MGCO_CTX_NULL) {
		(kind == MGCO_AUDITVALUE ? answer_audit : answer_watch)(g, in, act, t);
		return;
	}
	out = mgco_add_action(in->arena, t, ctx);
	for (const struct mgco_cmd *c = act->cmds; c; c = c->next) {
		struct mgco_cmd *rep;

		if (c->kind == MGCO_ADD) {
			if (!add_one(b, in, c, out, ++n))
				break;
			if (n == 1) {
				g->next_ctx++;
				set_alive(g, 0, g->next_ctx);
				g->contexts++;
			}
			continue;
		}
		rep = mgco_add_cmd(in->arena, out, c->kind, c->term);
		if (c->kind == MGCO_MODIFY && g->refuse_modify && !g->grant_modifies)
			rep->error = mgco_new_error(in->arena, g->refuse_modify, SPAN_LIT("refused"));
		if (c->kind == MGCO_SUBTRACT && g->refuse_subtracts) {
			g->refuse_subtracts--;
			rep->error = mgco_new_error(in->arena, g->refuse_subtract, SPAN_LIT("not now"));
			break;
		}
		if (c->kind == MGCO_SUBTRACT && !is_alive(g, act->ctx)) {
			rep->error = mgco_new_error(in->arena, 411, SPAN_LIT("no such context"));
			break;
		}
		if (c->kind == MGCO_SUBTRACT) {
			rep->has_stats = true;
			if (g->says_more)
				say_more(in, rep, NULL);
			mgco_add_prop(in->arena, &rep->stats, "nt/os", SPAN_LIT("1200"), false);
			mgco_add_prop(in->arena, &rep->stats, "nt/or", SPAN_LIT("3400"), false);
			mgco_add_prop(in->arena, &rep->stats, "nt/dur", SPAN_LIT("5000"), false);
		}
	}
	if (kind == MGCO_MODIFY && g->grant_modifies)
		g->grant_modifies--;
	g->adds += kind == MGCO_ADD;
	g->modifies += kind == MGCO_MODIFY;
	g->subtracts += kind == MGCO_SUBTRACT;
	if (kind == MGCO_SUBTRACT && is_alive(g, act->ctx) && !out->cmds->error) {
		set_alive(g, act->ctx, 0);
		g->contexts--;
	}
}

static void
answer(struct alg_bench *b, struct mgco_incoming *in)
{
	struct mgco_txn *t = mgco_new_request(in->arena);

	for (const struct mgco_action *act = in->txn->actions; act; act = act->next)
		answer_action(b, in, act, t);
	mgco_respond(in, t->actions, NULL);
}

static void
on_request(void *arg, struct mgco_incoming *in)
{
	struct alg_bench *b = arg;
	struct fake_gw *g = &b->gw;
	const struct mgco_action *act = in->txn->actions;
	bool of_call = act->cmds->kind != MGCO_AUDITVALUE && act->ctx != MGCO_CTX_NULL;

	g->elsewhere += in->assoc != g->assoc;
	if (of_call)
		print_request(g, in);
	if (of_call && g->hold && g->n_held < FAKE_HELD_MAX)
		g->held[g->n_held++] = in;
	else
		answer(b, in);
}

void
fake_gw_release(struct alg_bench *b)
{
	uint32_t n = b->gw.n_held;

	b->gw.hold = false;
	b->gw.n_held = 0;
	for (uint32_t i = 0; i < n; i++)
		answer(b, b->gw.held[i]);
}

static void
on_up(void *arg, struct mgco_assoc *as)
{
	struct alg_bench *b = arg;

	(void)as;
	b->gw.up = true;
}

static const struct mgco_handler handler = { .on_request = on_request, .on_up = on_up };

void
fake_gw_listen(struct alg_bench *b, enum mgco_proto proto, const struct addr *local, struct addr *at)
{
	struct mgco_node_conf conf = { .mid = "[127.0.0.1]:5555", .seed = 8 };

	mgco_node_free(b->gw.there);
	b->gw.there = mgco_node_new(b->l, &conf, &handler, b);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->gw.there);
	CU_ASSERT_EQUAL_FATAL(mgco_node_listen(b->gw.there, proto, local, at), 0);
}

void
fake_gw_connect(struct alg_bench *b, enum mgco_proto proto)
{
	struct mgco_node_conf conf = { .mid = b->gw.mid ? b->gw.mid : "[127.0.0.1]:5555", .seed = 7 };

	b->gw.node = mgco_node_new(b->l, &conf, &handler, b);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->gw.node);
	h248_trace(b->gw.node);
	b->gw.assoc = mgco_connect(b->gw.node, proto, &b->alg->h248[0]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->gw.assoc);
	for (int i = 0; i < 200 && !b->gw.up; i++)
		bench_run(b, 5);
}

void
fake_gw_start(struct alg_bench *b, enum mgco_proto proto)
{
	fake_gw_connect(b, proto);
	fake_gw_service_change(b, "Restart", "901 Cold Boot");
}
