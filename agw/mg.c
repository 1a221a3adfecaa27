/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/mg.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agw/mg_priv.h"

static const struct mgco_error out_of_memory = { 510, { "out of memory", 13 } };
static const struct mgco_error going_down = { 503, { "the gateway stops", 17 } };

/* ---- faults ---- */

int
mg_fail(struct mg_exec *x, uint32_t code, const char *text)
{
	x->fault = (struct mg_fault){ code, text };
	return ERR_INVAL;
}

int
mg_failf(struct mg_exec *x, uint32_t code, const char *fmt, ...)
{
	char buf[MG_ERROR_MAX];
	struct span text;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	/* What the peer wrote comes back in quotes, and there is no way to write a quote inside of them. */
	for (char *c = buf; *c; c++)
		if (*c == '"' || (unsigned char)*c < ' ')
			*c = '?';
	text = arena_span(x->arena, span_str(buf));
	return mg_fail(x, code, text.p ? text.p : "");
}

static struct mgco_error *
build_error(struct mg_exec *x)
{
	const char *short_text = mgco_error_text(x->fault.code);
	struct span text = x->fault.text && x->fault.text[0]
	                           ? arena_printf(x->arena, "%s: %s", short_text, x->fault.text)
	                           : span_str(short_text);
	struct mg *m = x->t->mg;
	uint32_t skipped;

	m->counters.refused++;
	if (log_limit_pass(&m->limit, loop_now_ms(m->conf.loop), &skipped))
		log_notice("request refused txn=%u code=%u text=\"%.*s\" skipped=%u", x->t->in->txn->id,
		           x->fault.code, SPAN_FMT(text), skipped);
	return mgco_new_error(x->arena, x->fault.code, text);
}

/* ---- one action ---- */

/* Executes the commands in order; false: one failed and the rest of the transaction is not executed (H.248.1
 * 8.2.1). */
static bool
run_commands(struct mg_exec *x, const struct mgco_action *act)
{
	struct mg_txn *t = x->t;

	for (const struct mgco_cmd *c = act->cmds; c; c = c->next) {
		struct mgco_cmd *failed;

		t->mg->counters.commands++;
		if (++t->n_commands > MG_COMMANDS_MAX)
			(void)mg_fail(x, 533, "too many commands");
		else if (mg_run_command(x, c) == 0)
			continue;
		failed = mgco_add_cmd(x->arena, t->action, c->kind, c->term);
		if (failed)
			failed->error = build_error(x);
		if (!c->optional || t->n_commands > MG_COMMANDS_MAX)
			return false;
	}
	return true;
}

/* Tells the workers what changed, and lets go of a context that became or stayed empty. */
static void
close_action(struct mg_exec *x, struct ctx *ctx)
{
	struct mg_txn *t = x->t;
	unsigned answers;

	if (ctx_post(ctx, &answers) != 0) {
		log_error("a worker did not take orders ctx=%u", ctx->id);
		t->error = &out_of_memory;
	}
	t->waiting += answers;
	t->posts++;
	if (ctx_n_terms(ctx) > 0)
		return;
	log_info("context ends ctx=%u age_ms=%llu", ctx->id,
	         (unsigned long long)(loop_now_ms(t->mg->conf.loop) - ctx->born_ms));
	ctx_free(ctx);
}

static bool
fail_action(struct mg_exec *x, uint32_t code, const char *text)
{
	(void)mg_fail(x, code, text);
	if (x->t->action)
		x->t->action->error = build_error(x);
	return false;
}

static bool
run_on_new(struct mg_exec *x, const struct mgco_action *act)
{
	struct mg_txn *t = x->t;
	bool going_on;
	int err;

	if (act->cmds && act->cmds->kind != MGCO_ADD)
		return fail_action(x, 421, "a new context begins with an Add");
	if (t->mg->is_draining)
		return fail_action(x, 503, "the gateway is being taken out of service");
	err = ctx_new(t->mg->conf.ctxs, &t->ctx);
	if (err)
		return fail_action(x, 510, err == ERR_LIMIT ? "overload" : "out of memory");
	t->ctx->emergency = act->emergency;
	t->ctx->priority = act->priority;
	if (t->action)
		t->action->ctx = t->ctx->id;
	going_on = run_commands(x, act);
	if (ctx_n_terms(t->ctx) == 0 && !going_on && t->action)
		t->action->ctx = MGCO_CTX_CHOOSE; /* it never came to be */
	if (ctx_n_terms(t->ctx) > 0)
		log_info("context made ctx=%u terminations=%u worker=%u", t->ctx->id, ctx_n_terms(t->ctx),
		         t->ctx->worker);
	close_action(x, t->ctx);
	return going_on;
}

static bool
run_on_one(struct mg_exec *x, const struct mgco_action *act)
{
	struct mg_txn *t = x->t;
	bool going_on;

	t->ctx = ctx_find(t->mg->conf.ctxs, act->ctx);
	if (!t->ctx)
		return fail_action(x, 411, "");
	going_on = run_commands(x, act);
	close_action(x, t->ctx);
	return going_on;
}

/* Context = *: Subtract = * drops everything; AuditValue lists context by context. */
static bool
run_on_all(struct mg_exec *x, const struct mgco_action *act)
{
	struct mg_txn *t = x->t;
	struct ctxs *all = t->mg->conf.ctxs;
	const struct mgco_cmd *c = act->cmds;

	if (!c || c->next || (c->kind != MGCO_SUBTRACT && c->kind != MGCO_AUDITVALUE))
		return fail_action(x, 501, "Context = * takes one Subtract or AuditValue");
	if (c->kind == MGCO_AUDITVALUE && span_caseeqs(c->term, "ROOT"))
		return run_commands(x, act);
	if (list_is_empty(&all->all))
		return fail_action(x, 411, "there are no contexts");
	if (c->kind == MGCO_SUBTRACT) {
		if (!span_eqs(c->term, "*"))
			return fail_action(x, 501, "Context = * takes Subtract = * only");
		LIST_EACH(it, &all->all)
			ctx_drop(LIST_OF(it, struct ctx, node));
		(void)mgco_add_cmd(x->arena, t->action, MGCO_SUBTRACT, c->term);
		return true;
	}
	if (t->action)
		t->action->ctx = LIST_OF(all->all.next, struct ctx, node)->id;
	LIST_EACH(it, &all->all) {
		struct ctx *ctx = LIST_OF(it, struct ctx, node);
		bool ok;

		t->ctx = ctx;
		if (!t->action || t->action->ctx != ctx->id)
			t->action = mgco_add_action(x->arena, t->reply, ctx->id);
		ok = run_commands(x, act);
		close_action(x, ctx);
		if (!ok)
			return false;
	}
	return true;
}

static bool
run_action(struct mg_exec *x, const struct mgco_action *act)
{
	struct mg_txn *t = x->t;

	t->ctx = NULL;
	t->action = mgco_add_action(x->arena, t->reply, act->ctx);
	if (act->has_topology)
		return fail_action(x, 501, "Topology");
	if (act->context_audit)
		return fail_action(x, 501, "ContextAudit");
	switch (act->ctx) {
	case MGCO_CTX_NULL:
		return run_commands(x, act);
	case MGCO_CTX_CHOOSE:
		return run_on_new(x, act);
	case MGCO_CTX_ALL:
		return run_on_all(x, act);
	default:
		return run_on_one(x, act);
	}
}

/* ---- the transaction ---- */

static void
put_number(struct mg_txn *t, struct mgco_cmd *c, enum iq_name name, uint64_t v)
{
	mgco_add_prop(t->in->arena, &c->stats, t->mg->conf.names->text[name],
	              arena_printf(t->in->arena, "%llu", (unsigned long long)v), false);
}

/* The reply leaves; t is gone with its arena afterwards. */
static void
finish(struct mg_txn *t)
{
	struct mg *m = t->mg;
	struct span method = t->service_method, mgc = t->service_mgc;
	char method_text[32] = "", mgc_text[MGCO_MID_MAX] = "";

	for (struct mg_stats *s = t->stats; s; s = s->next) {
		s->reply->has_stats = true;
		put_number(t, s->reply, IQ_NT_DUR, s->duration_ms); /* milliseconds: H.248.1 E.11.4 */
		put_number(t, s->reply, IQ_NT_OS, s->out);
		put_number(t, s->reply, IQ_NT_OR, s->in);
	}
	if (!t->error && (!t->reply || !t->reply->actions || !arena_alloc(t->in->arena, 1)))
		t->error = &out_of_memory;
	(void)span_copy(method, method_text, sizeof(method_text));
	(void)span_copy(mgc, mgc_text, sizeof(mgc_text));
	slots_remove(&m->txns, t->id);
	mgco_respond(t->in, t->error ? NULL : t->reply->actions, t->error);
	if (method.len && m->conf.on_service)
		m->conf.on_service(m->conf.arg, span_str(method_text), span_str(mgc_text));
}

static void
refuse(struct mg *m, struct mgco_incoming *in, uint32_t code)
{
	struct mgco_error e = { code, span_str(mgco_error_text(code)) };
	uint32_t skipped;
	char peer[ADDR_TEXT_MAX];

	m->counters.refused++;
	if (log_limit_pass(&m->limit, loop_now_ms(m->conf.loop), &skipped))
		log_notice("request refused peer=%s txn=%u code=%u skipped=%u", addr_text(&in->peer, peer),
		           in->txn->id, code, skipped);
	mgco_respond(in, NULL, &e);
}

void
mg_on_request(struct mg *m, struct mgco_incoming *in)
{
	enum mg_right right = m->conf.right(m->conf.arg, in);
	struct mg_txn *t;
	struct mg_exec x = { .arena = in->arena, .names = m->conf.names };

	m->counters.requests++;
	if (right != MG_MAY) {
		refuse(m, in, right == MG_NOT_YET ? 505 : 504);
		return;
	}
	t = ARENA_NEW(in->arena, struct mg_txn);
	if (t) {
		*t = (struct mg_txn){ .mg = m, .in = in, .reply = mgco_new_request(in->arena) };
		t->id = slots_add(&m->txns, t);
	}
	if (!t || !t->id) {
		refuse(m, in, 510);
		return;
	}
	x.t = t;
	for (const struct mgco_action *act = in->txn->actions; act; act = act->next)
		if (!run_action(&x, act))
			break;
	if (t->waiting == 0)
		finish(t);
}

/* The answer to the oldest question that this transaction has put to the relay. */
static void
take_stats(struct mg_txn *t, const struct ctx_stream *s, const struct event *ev)
{
	unsigned post = UINT32_MAX;

	for (const struct mg_want *w = t->wants; w; w = w->next)
		if (!w->is_done && w->relay == s->relay && w->post < post)
			post = w->post;
	for (struct mg_want *w = t->wants; w; w = w->next) {
		uint64_t in, out;

		if (w->is_done || w->relay != s->relay || w->post != post)
			continue;
		ctx_stream_octets(s, ev, w->side, &in, &out);
		w->stats->in += in;
		w->stats->out += out;
		w->is_done = true;
	}
}

void
mg_on_stats(struct mg *m, const struct ctx_stream *s, const struct event *ev)
{
	struct mg_txn *t = slots_find(&m->txns, CTX_TAG_WANT(ev->tag));

	if (!t || t->waiting == 0)
		return;
	take_stats(t, s, ev);
	if (--t->waiting == 0)
		finish(t);
}

struct mg *
mg_new(const struct mg_conf *conf)
{
	struct mg *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->conf = *conf;
	slots_init(&m->txns, MG_WAITING_MAX);
	return m;
}

void
mg_free(struct mg *m)
{
	struct mg_txn *t;
	uint32_t cursor = 0;

	if (!m)
		return;
	while ((t = slots_next(&m->txns, &cursor))) {
		t->error = &going_down;
		t->service_method = SPAN_NULL;
		finish(t);
	}
	slots_fini(&m->txns);
	free(m);
}

void
mg_set_draining(struct mg *m, bool on)
{
	m->is_draining = on;
}

bool
mg_is_draining(const struct mg *m)
{
	return m->is_draining;
}

const struct mg_counters *
mg_get_counters(const struct mg *m)
{
	return &m->counters;
}
