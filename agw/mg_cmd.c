/* SPDX-License-Identifier: BSD-2-Clause */
/* Add, Modify, Subtract, and which command is whose. */
#include "agw/mg_priv.h"

#include "agw/realm.h"

/* ---- names ---- */

static bool
is_wild(struct span name)
{
	return span_find(name, '*') >= 0;
}

/* ---- our errors as H.248 errors ---- */

static int
fail_check(struct mg_exec *x, int err, const char *why)
{
	switch (err) {
	case ERR_MORE:
		return mg_fail(x, 441, why);
	case ERR_INVAL:
	case ERR_NOTFOUND:
		return mg_fail(x, 449, why);
	case ERR_PERM:
		return mg_failf(x, 449, "%s: %s", reason_text(REASON_REMOTE_DENIED), why);
	default:
		return mg_fail(x, 510, why);
	}
}

int
mg_fail_unknown_term(struct mg_exec *x, struct span name)
{
	if (is_wild(name))
		return mg_failf(x, 431, "%.*s", SPAN_FMT(name));
	if (ctxs_find_term(x->t->mg->conf.ctxs, name))
		return mg_failf(x, 435, "%.*s", SPAN_FMT(name));
	return mg_failf(x, 430, "%.*s", SPAN_FMT(name));
}

/* ---- Add ---- */

/* What was asked for, and whatever "$" and alternatives left to us. */
static void
reply_change(struct mg_exec *x, struct mgco_cmd *reply, const struct mgco_cmd *c, struct term *t)
{
	if (c->audit)
		mg_audit_into(x, reply, t, c->audit);
	for (const struct mgco_stream *s = c->media ? c->media->streams : NULL; s; s = s->next) {
		mg_build_chosen(x, reply, s, t);
		if (s->has_local)
			mg_build_local(x, reply, term_find_stream(t, s->id), s->bare);
		if (s->has_remote && mg_sdp_has_several(s->remote))
			mg_build_remote(x, reply, term_find_stream(t, s->id), s->bare);
	}
}

struct mgco_cmd *
mg_add_reply(struct mg_exec *x, enum mgco_cmd_kind kind, struct span name)
{
	struct mgco_cmd *r = mgco_add_cmd(x->arena, x->t->action, kind, name);

	if (r)
		x->t->n_listed++;
	return r;
}

static int
run_add(struct mg_exec *x, const struct mgco_cmd *c)
{
	struct mg_txn *t = x->t;
	struct term_change change;
	struct term_plan plan;
	struct mg_realm_want wanted = { .is_said = false };
	struct realm *realm;
	struct term *term;
	const char *why;
	int err;

	if (!mg_read_choose_name(c->term, &wanted.named))
		return ctxs_find_term(t->mg->conf.ctxs, c->term) ? mg_failf(x, 433, "%.*s", SPAN_FMT(c->term))
		                                                 : mg_failf(x, 430, "%.*s", SPAN_FMT(c->term));
	if (ctx_n_terms(t->ctx) == CTX_TERMS_MAX)
		return mg_failf(x, 434, "a context has %d terminations here", CTX_TERMS_MAX);
	err = mg_read_change(x, c, &change, &wanted);
	if (!err)
		err = mg_settle_realm(x, &wanted, &realm);
	if (err)
		return err;
	mg_settle_control(&change, realm);
	err = term_check(t->ctx, NULL, realm, &change, &plan, &why);
	if (err)
		return fail_check(x, err, why);
	term = term_commit(&plan);
	t->mg->counters.adds++;
	reply_change(x, mg_add_reply(x, MGCO_ADD, arena_span(x->arena, span_str(term->name))), c, term);
	return 0;
}

/* ---- Modify ---- */

static int
modify_one(struct mg_exec *x, const struct mgco_cmd *c, struct term *term)
{
	struct term_change change;
	struct term_plan plan;
	struct mg_realm_want wanted = { .named = span_str(term->realm->name) };
	const char *why;
	int err = mg_read_change(x, c, &change, &wanted);

	term->heard_ms = loop_now_ms(x->t->mg->conf.loop);
	if (err)
		return err;
	if (wanted.is_said && !span_caseeq(wanted.value, wanted.named))
		return mg_failf(x, 449, "%s = %.*s", x->names->text[IQ_IPDC_REALM], SPAN_FMT(wanted.value));
	mg_settle_control(&change, term->realm);
	err = term_check(x->t->ctx, term, NULL, &change, &plan, &why);
	if (err)
		return fail_check(x, err, why);
	(void)term_commit(&plan);
	if (!c->wildcard)
		reply_change(x, mg_add_reply(x, MGCO_MODIFY, arena_span(x->arena, span_str(term->name))), c, term);
	return 0;
}

/* ---- Subtract ---- */

void
mg_want_stats(struct mg_exec *x, struct term *term, struct mgco_cmd *reply, const struct mgco_audit *audit)
{
	struct mg_txn *t = x->t;
	uint64_t age_ms = loop_now_ms(t->mg->conf.loop) - term->added_ms;
	struct mg_stats *st = t->stats;

	while (st && st->reply != reply)
		st = st->next;
	if (!st) {
		st = ARENA_NEW(x->arena, struct mg_stats);
		if (!st || !reply)
			return;
		st->reply = reply;
		st->audit = audit;
		st->next = t->stats;
		t->stats = st;
	}
	if (st->duration_ms < age_ms)
		st->duration_ms = age_ms;
	for (const struct ctx_stream *s = term->ctx->streams; s; s = s->next) {
		struct mg_want *w;

		if (!s->side[term->side] || !(w = ARENA_NEW(x->arena, struct mg_want)))
			continue;
		*w = (struct mg_want){ .next = t->wants, .relay = s->relay, .side = term->side, .post = t->posts,
			               .stats = st };
		t->wants = w;
	}
	ctx_want_stats(term, t->id);
}

/* W-: one reply with the sums, and without statistics unless they were asked for. */
static int
subtract_one(struct mg_exec *x, const struct mgco_cmd *c, struct term *term)
{
	bool with_stats = c->audit ? mg_audit_items(c->audit) & MGCO_AUDIT_STATISTICS : !c->wildcard;
	struct mgco_cmd *reply = NULL;

	x->t->mg->counters.subtracts++;
	if (c->wildcard)
		reply = x->shared ? x->shared : (x->shared = mg_add_reply(x, MGCO_SUBTRACT, c->term));
	else if (x->t->n_listed < MG_WILDCARD_MAX)
		reply = mg_add_reply(x, MGCO_SUBTRACT, arena_span(x->arena, span_str(term->name)));
	if (c->audit && !c->wildcard)
		mg_audit_into(x, reply, term, c->audit);
	else if (with_stats && reply)
		mg_want_stats(x, term, reply, c->audit);
	ctx_remove_term(term);
	return 0;
}

/* ---- all of them ---- */

int
mg_for_matching(struct mg_exec *x, const struct mgco_cmd *c, mg_one_fn fn)
{
	struct ctx *ctx = x->t->ctx;
	bool any = false;
	int err = 0;

	for (unsigned i = 0; i < CTX_TERMS_MAX && !err; i++) {
		struct term *t = ctx->terms[i];

		if (!t || !mgco_term_matches(c->term, t->name))
			continue;
		any = true;
		err = fn(x, c, t);
	}
	if (!any)
		return mg_fail_unknown_term(x, c->term);
	if (!err && c->wildcard && !x->shared)
		(void)mg_add_reply(x, c->kind, c->term);
	return err;
}

/* A context's streams live with it on one worker, so a termination cannot take its connections along (the profile does
 * without Move). What is wrong besides comes first. */
static int
refuse_move(struct mg_exec *x, const struct mgco_cmd *c)
{
	if (span_caseeqs(c->term, "ROOT"))
		return mg_fail(x, 542, "Move of ROOT");
	if (!is_wild(c->term) && !ctxs_find_term(x->t->mg->conf.ctxs, c->term))
		return mg_failf(x, 430, "%.*s", SPAN_FMT(c->term));
	return mg_fail(x, 501, "Move");
}

/* --wildcard-reply=one: as if W- stood there, but with the statistics that each reply would have had. */
static int
run_matching(struct mg_exec *x, const struct mgco_cmd *c)
{
	struct mgco_cmd one = *c;

	if (x->t->mg->conf.wildcard_one && !c->wildcard && span_find(c->term, '*') >= 0) {
		one.wildcard = true;
		if (!one.audit && (one.audit = ARENA_NEW(x->arena, struct mgco_audit)))
			one.audit->items = MGCO_AUDIT_STATISTICS;
		c = &one;
	}
	return mg_for_matching(x, c, c->kind == MGCO_MODIFY ? modify_one : subtract_one);
}

int
mg_run_command(struct mg_exec *x, const struct mgco_cmd *c)
{
	static const char *const names[MGCO_CMDS] = { "Add", "Modify", "Move", "Subtract", "AuditValue",
		                                      "AuditCapability", "Notify", "ServiceChange" };
	struct mg_txn *t = x->t;

	x->shared = NULL;
	if (c->foreign)
		return mg_fail(x, 444, c->foreign);
	if (c->kind == MGCO_SERVICECHANGE)
		return mg_run_service_change(x, c);
	if (c->kind == MGCO_AUDITVALUE)
		return mg_run_audit(x, c);
	if (c->kind == MGCO_AUDITCAP)
		return mg_run_caps(x, c);
	if (c->kind == MGCO_MODIFY && span_caseeqs(c->term, "ROOT"))
		return mg_modify_root(x, c);
	if (c->kind == MGCO_MOVE)
		return refuse_move(x, c);
	if (c->kind != MGCO_ADD && c->kind != MGCO_MODIFY && c->kind != MGCO_SUBTRACT)
		return mg_fail(x, 501, names[c->kind]);
	if (span_caseeqs(c->term, "ROOT"))
		return mg_failf(x, 542, "%s of ROOT", names[c->kind]);
	if (!t->ctx) /* the null context holds nothing of ours, and cannot be added to */
		return c->kind == MGCO_ADD ? mg_fail(x, 421, "Add to the null context") : mg_fail_unknown_term(x, c->term);
	if (mg_check_audit(x, c->audit) != 0)
		return ERR_INVAL;
	if (c->kind == MGCO_ADD)
		return run_add(x, c);
	return run_matching(x, c);
}
