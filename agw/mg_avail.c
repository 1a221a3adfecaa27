/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/mg_avail.h"

#include <stdio.h>

#include "agw/mg_service.h"
#include "proto/base/err.h"

static const struct {
	const char *method, *reason;
} texts[] = {
	[MG_AVAIL_FORCED] = { "Forced", "905 Termination Taken Out Of Service" },
	[MG_AVAIL_GRACEFUL] = { "Graceful", "905 Termination Taken Out Of Service" },
	[MG_AVAIL_RESTART] = { "Restart", "900 Service Restored" },
};

static const char no_network[] = "906 Loss Of Lower Layer Connectivity";

/* ---- telling ---- */

static void
on_told(void *arg, int err, const struct mgco_txn *reply)
{
	struct mg_avail *v = arg;
	const struct mgco_error *e;
	const struct mgco_services *s;

	if (err || !mg_service_refused(reply, &e, &s))
		return;
	log_notice("controller refused a service change code=%u text=\"%.*s\"", e->code, SPAN_FMT(e->text));
	mg_reg_on_refusal(v->reg, e);
}

static void
tell(struct mg_avail *v, uint32_t ctx, const char *name, const char *method, const char *reason)
{
	struct mgco_assoc *as = mg_reg_get_assoc(v->reg);

	if (as && mg_service_tell(as, ctx, name, method, reason, on_told, v) == 0)
		v->told++;
}

/* All terminations of the realm, in whatever context. */
static void
tell_realm(struct mg_avail *v, const struct realm *r, const char *method, const char *reason)
{
	char name[TERM_NAME_MAX];

	(void)snprintf(name, sizeof(name), "ip/1/%s/*", r->name);
	tell(v, MGCO_CTX_ALL, name, method, reason);
}

/* ---- realms ---- */

/* Opens or closes it for one of enum realm_off. True when that made a difference to all of them together. */
static bool
set_off(struct realm *r, unsigned why, bool off)
{
	bool was = r->off != 0;

	r->off = off ? r->off | why : r->off & ~why;
	return was != (r->off != 0);
}

static void
change_realm(struct mg_avail *v, struct realm *r, unsigned why, bool off, const char *method, const char *reason)
{
	bool made_a_difference = set_off(r, why, off);

	log_notice("realm %s service realm=%s reason=\"%s\"", off ? "out of" : "back in", r->name, reason);
	if (!made_a_difference)
		return;
	tell_realm(v, r, method, reason);
	mg_notify_realm(v->notify, r->name, !off);
}

/* An address that the host never had (it may be bound all the same) says nothing. */
static void
look_at(struct mg_avail *v, struct realm *r)
{
	bool has[AGW_REALM_ADDRS_MAX], any = false, was_any = false;

	if (netwatch_has(r->addrs, r->n_addrs, has) != 0)
		return;
	for (unsigned i = 0; i < r->n_addrs; i++) {
		r->was_seen[i] |= has[i];
		any |= has[i] || !r->was_seen[i];
		was_any |= r->was_seen[i];
	}
	if (!was_any || any == !(r->off & REALM_OFF_NETWORK))
		return;
	change_realm(v, r, REALM_OFF_NETWORK, !any, any ? "Restart" : "Forced",
	             any ? texts[MG_AVAIL_RESTART].reason : no_network);
}

void
mg_avail_look(void *avail)
{
	struct mg_avail *v = avail;

	for (unsigned i = 0; i < v->n_realms; i++)
		look_at(v, v->realms[i]);
}

/* ---- the operator ---- */

static void
change_terms(struct mg_avail *v, const struct realm *r, bool in)
{
	LIST_EACH(it, &v->ctxs->all) {
		struct ctx *c = LIST_OF(it, struct ctx, node);

		for (unsigned i = 0; i < CTX_TERMS_MAX; i++)
			if (c->terms[i] && c->terms[i]->realm == r)
				term_set_service(c->terms[i], in);
		(void)ctx_post(c);
	}
}

int
mg_avail_order(struct mg_avail *v, struct span name, enum mg_avail_method method)
{
	struct term *t = ctxs_find_term(v->ctxs, name);
	const char *word = texts[method].method, *reason = texts[method].reason;

	for (unsigned i = 0; i < v->n_realms; i++) {
		struct realm *r = v->realms[i];

		if (!span_caseeqs(name, r->name))
			continue;
		if (r->is_leaving && method == MG_AVAIL_FORCED) /* now what is there goes, too: that is told */
			r->off &= ~(unsigned)REALM_OFF_OPERATOR;
		r->is_leaving = method == MG_AVAIL_GRACEFUL;
		change_realm(v, r, REALM_OFF_OPERATOR, method != MG_AVAIL_RESTART, word, reason);
		if (method != MG_AVAIL_GRACEFUL)
			change_terms(v, r, method == MG_AVAIL_RESTART);
		return 0;
	}
	if (!t)
		return ERR_NOTFOUND;
	if (method != MG_AVAIL_GRACEFUL)
		term_set_service(t, method == MG_AVAIL_RESTART);
	(void)ctx_post(t->ctx);
	tell(v, t->ctx->id, t->name, word, reason);
	return 0;
}

/* ---- life ---- */

void
mg_avail_again(struct mg_avail *v)
{
	for (unsigned i = 0; i < v->n_realms; i++) {
		const struct realm *r = v->realms[i];

		if (r->off & REALM_OFF_OPERATOR)
			tell_realm(v, r, texts[r->is_leaving ? MG_AVAIL_GRACEFUL : MG_AVAIL_FORCED].method,
			           texts[MG_AVAIL_FORCED].reason);
		else if (r->off & REALM_OFF_NETWORK)
			tell_realm(v, r, "Forced", no_network);
	}
}

void
mg_avail_init(struct mg_avail *v, struct ctxs *ctxs, struct realm *const *realms, unsigned n_realms,
              struct mg_notify *notify)
{
	*v = (struct mg_avail){ .loop = notify->loop, .ctxs = ctxs, .realms = realms, .n_realms = n_realms,
		                .reg = notify->reg, .notify = notify };
	v->net = netwatch_new(v->loop, mg_avail_look, v);
	if (!v->net)
		log_warning("interfaces cannot be watched: realms count as in service");
	else
		mg_avail_look(v);
}

void
mg_avail_fini(struct mg_avail *v)
{
	netwatch_free(v->net);
	v->net = NULL;
}
