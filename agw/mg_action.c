/* SPDX-License-Identifier: BSD-2-Clause */
/* One action of a request: which contexts it is about, their properties, and the commands in order. */
#include "agw/mg_priv.h"

/* ---- commands ---- */

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
			failed->error = mg_build_error(x);
		if (!c->optional || t->n_commands > MG_COMMANDS_MAX)
			return false;
	}
	return true;
}

static bool
fail_action(struct mg_exec *x, uint32_t code, const char *text)
{
	(void)mg_fail(x, code, text);
	if (x->t->action)
		x->t->action->error = mg_build_error(x);
	return false;
}

static bool
fail_command(struct mg_exec *x, const struct mgco_cmd *c, uint32_t code, const char *text)
{
	struct mgco_cmd *failed = mgco_add_cmd(x->arena, x->t->action, c->kind, c->term);

	(void)mg_failf(x, code, "%s%.*s", text, SPAN_FMT(c->term));
	if (failed)
		failed->error = mg_build_error(x);
	return c->optional;
}

/* Tells the workers what changed, and lets go of a context that became or stayed empty. */
static void
close_action(struct mg_exec *x, struct ctx *ctx)
{
	struct mg_txn *t = x->t;

	t->waiting += ctx_post(ctx);
	t->posts++;
	if (ctx_n_terms(ctx) > 0)
		return;
	log_info("context ends ctx=%u age_ms=%llu", ctx->id,
	         (unsigned long long)(loop_now_ms(t->mg->conf.loop) - ctx->born_ms));
	ctx_free(ctx);
}

/* ---- context properties ---- */

enum { AUDIT_TOPOLOGY = 1, AUDIT_EMERGENCY = 2, AUDIT_PRIORITY = 4 };

/* What ContextAudit asked for. Emergency stands there when it is on (an audit cannot say off). */
static void
build_properties(struct mg_exec *x, unsigned items)
{
	struct mgco_action *reply = x->t->action;
	const struct ctx *ctx = x->t->ctx;

	if (!reply || !items)
		return;
	reply->emergency = items & AUDIT_EMERGENCY && ctx->emergency;
	reply->has_priority = true; /* also unasked: an action must not be empty */
	reply->priority = ctx->priority;
	if (!(items & AUDIT_TOPOLOGY) || !ctx->terms[0] || !ctx->terms[1])
		return;
	reply->topology = ARENA_NEW(x->arena, struct mgco_topology);
	if (!reply->topology)
		return;
	reply->has_topology = true;
	reply->topology->from = arena_span(x->arena, span_str(ctx->terms[0]->name));
	reply->topology->to = arena_span(x->arena, span_str(ctx->terms[1]->name));
	reply->topology->direction = MGCO_TP_BOTHWAY;
}

/* What the reply tells of them. Where no command's reply will stand in it, those that were set: its braces must
 * not be empty (Annex B.2, actionReply). */
static unsigned
answered_items(const struct mgco_action *act)
{
	if (act->cmds)
		return act->context_audit;
	return act->context_audit | AUDIT_PRIORITY | (act->emergency ? AUDIT_EMERGENCY : 0) |
	       (act->has_topology ? AUDIT_TOPOLOGY : 0);
}

static void
set_properties(struct ctx *ctx, const struct mgco_action *act)
{
	if (act->has_priority)
		ctx->priority = act->priority;
	if (act->emergency || act->emergency_off)
		ctx->emergency = act->emergency;
}

/* One that is there, or any, or one that is still to come. */
static bool
is_in_topology(const struct ctx *ctx, struct span name)
{
	if (span_eqs(name, "*") || span_find(name, '$') >= 0)
		return true;
	for (unsigned i = 0; ctx && i < CTX_TERMS_MAX; i++)
		if (ctx->terms[i] && mgco_term_matches(name, ctx->terms[i]->name))
			return true;
	return false;
}

/* Both ways is what the two terminations of a context are; anything else cannot be had. */
static int
check_topology(struct mg_exec *x, const struct mgco_action *act)
{
	const struct ctx *ctx = ctx_find(x->t->mg->conf.ctxs, act->ctx);

	for (const struct mgco_topology *t = act->topology; t; t = t->next) {
		if (t->direction != MGCO_TP_BOTHWAY)
			return mg_fail(x, 522, "");
		if (!ctx)
			continue;
		if (!is_in_topology(ctx, t->from))
			return mg_fail_unknown_term(x, t->from);
		if (!is_in_topology(ctx, t->to))
			return mg_fail_unknown_term(x, t->to);
	}
	return act->has_topology && act->ctx == MGCO_CTX_NULL ? mg_fail(x, 522, "") : 0;
}

/* ---- kinds of contexts ---- */

static bool
run_on_null(struct mg_exec *x, const struct mgco_action *act)
{
	if (act->context_audit || act->has_priority || act->emergency || act->emergency_off)
		return fail_action(x, 421, "the null context has no properties");
	return run_commands(x, act);
}

static bool
run_on_new(struct mg_exec *x, const struct mgco_action *act)
{
	struct mg_txn *t = x->t;
	const uint64_t adds = t->mg->counters.adds;
	bool going_on;
	int err;

	if (act->cmds && act->cmds->kind == MGCO_MOVE)
		return fail_action(x, 501, "Move");
	if (!act->cmds || act->cmds->kind != MGCO_ADD)
		return fail_action(x, 421, "a new context begins with an Add");
	if (t->mg->is_draining)
		return fail_action(x, 503, "the gateway is being taken out of service");
	err = ctx_new(t->mg->conf.ctxs, &t->ctx);
	if (err)
		return fail_action(x, 510, err == ERR_LIMIT ? "overload" : "out of memory");
	set_properties(t->ctx, act);
	if (t->action)
		t->action->ctx = t->ctx->id;
	going_on = run_commands(x, act);
	if (t->mg->counters.adds == adds && t->action)
		t->action->ctx = MGCO_CTX_CHOOSE; /* it never came to be */
	else
		build_properties(x, act->context_audit);
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
	set_properties(t->ctx, act);
	build_properties(x, answered_items(act));
	going_on = run_commands(x, act);
	close_action(x, t->ctx);
	return going_on;
}

/* ---- Context = * ---- */

static bool
ctx_has(const struct ctx *ctx, struct span pattern)
{
	for (unsigned i = 0; i < CTX_TERMS_MAX; i++)
		if (ctx->terms[i] && mgco_term_matches(pattern, ctx->terms[i]->name))
			return true;
	return false;
}

/* The reply's action for one of all contexts; the first one takes that of the request. */
static void
next_action(struct mg_exec *x, uint32_t ctx, bool is_first)
{
	struct mg_txn *t = x->t;

	if (!is_first)
		t->action = mgco_add_action(x->arena, t->reply, ctx);
	else if (t->action)
		t->action->ctx = ctx;
}

/* Audit of ROOT, or of the contexts' properties: one action a context, so the reply is the list of their ids (H.248.1
 * 7.2.5). Without any context it is the null context, which there always is. */
static bool
list_contexts(struct mg_exec *x, const struct mgco_action *act)
{
	struct mg_txn *t = x->t;
	unsigned n = 0;

	LIST_EACH(it, &t->mg->conf.ctxs->all) {
		t->ctx = LIST_OF(it, struct ctx, node);
		next_action(x, t->ctx->id, n == 0);
		if (t->n_listed++ >= MG_WILDCARD_MAX)
			return fail_action(x, 533, "too many contexts for one reply");
		build_properties(x, act->context_audit);
		if (act->cmds && t->action)
			(void)mgco_add_cmd(x->arena, t->action, act->cmds->kind, act->cmds->term);
		n++;
	}
	t->ctx = NULL;
	if (n > 0)
		return true;
	if (!act->cmds)
		return fail_action(x, 411, "there are no contexts");
	next_action(x, MGCO_CTX_NULL, true);
	return run_commands(x, act);
}

static bool
drop_all(struct mg_exec *x, const struct mgco_cmd *c)
{
	struct ctxs *all = x->t->mg->conf.ctxs;

	LIST_EACH(it, &all->all)
		ctx_drop(LIST_OF(it, struct ctx, node));
	(void)mgco_add_cmd(x->arena, x->t->action, MGCO_SUBTRACT, c->term);
	return true;
}

/* In each context that has what the command names. */
static bool
run_on_matching(struct mg_exec *x, const struct mgco_action *act)
{
	struct mg_txn *t = x->t;
	const struct mgco_cmd *c = act->cmds;
	bool any = false;

	LIST_EACH(it, &t->mg->conf.ctxs->all) {
		struct ctx *ctx = LIST_OF(it, struct ctx, node);
		bool going_on;

		if (!ctx_has(ctx, c->term))
			continue;
		t->ctx = ctx;
		next_action(x, ctx->id, !any);
		build_properties(x, act->context_audit);
		any = true;
		going_on = run_commands(x, act);
		close_action(x, ctx);
		if (!going_on)
			return false;
	}
	if (any)
		return true;
	return fail_command(x, c, span_find(c->term, '*') >= 0 ? 431 : 430, "");
}

static bool
run_on_all(struct mg_exec *x, const struct mgco_action *act)
{
	const struct mgco_cmd *c = act->cmds;
	bool is_audit = c && (c->kind == MGCO_AUDITVALUE || c->kind == MGCO_AUDITCAP);

	if (c ? c->next != NULL : !act->context_audit)
		return fail_action(x, 501, "Context = * takes one command");
	if (act->has_priority || act->emergency || act->emergency_off)
		return fail_action(x, 501, "properties of all contexts at once");
	if (!c || (is_audit && span_caseeqs(c->term, "ROOT")))
		return list_contexts(x, act);
	if (c->kind == MGCO_SUBTRACT && span_eqs(c->term, "*"))
		return drop_all(x, c);
	if (is_audit || c->kind == MGCO_SUBTRACT || c->kind == MGCO_MODIFY || c->kind == MGCO_SERVICECHANGE)
		return run_on_matching(x, act);
	return fail_action(x, 501, "Context = * takes Modify, Subtract, ServiceChange and audits");
}

bool
mg_run_action(struct mg_exec *x, const struct mgco_action *act)
{
	struct mg_txn *t = x->t;

	t->ctx = NULL;
	t->action = mgco_add_action(x->arena, t->reply, act->ctx);
	if (check_topology(x, act) != 0) {
		if (t->action)
			t->action->error = mg_build_error(x);
		return false;
	}
	switch (act->ctx) {
	case MGCO_CTX_NULL:
		return run_on_null(x, act);
	case MGCO_CTX_CHOOSE:
		return run_on_new(x, act);
	case MGCO_CTX_ALL:
		return run_on_all(x, act);
	default:
		return run_on_one(x, act);
	}
}
