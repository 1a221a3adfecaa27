/* SPDX-License-Identifier: BSD-2-Clause */
/* ServiceChange of the controller (H.248.1 7.2.8): of ROOT, of terminations in contexts, and of a realm, that is, of all
 * terminations that it does not have yet. */
#include "agw/mg_priv.h"

#include "agw/realm.h"
#include "proto/codec/mgco_mid.h"

enum { DELAY_MAX_S = 24 * 3600 };

enum what { NONE, FORCED, GRACEFUL, RESTART };

/* Takes a Graceful back (H.248.8, 918), under whichever method. */
static bool
is_cancel(const struct mgco_services *s)
{
	return span_has_prefix(s->reason, "918");
}

static int
read_what(struct mg_exec *x, const struct mgco_services *s, enum what *what)
{
	*what = span_caseeqs(s->method, "Forced")     ? FORCED
	        : span_caseeqs(s->method, "Graceful") ? GRACEFUL
	        : span_caseeqs(s->method, "Restart")  ? RESTART
	                                              : NONE;
	if (*what == GRACEFUL && is_cancel(s))
		*what = RESTART;
	return *what ? 0 : mg_failf(x, 449, "Method = %.*s", SPAN_FMT(s->method));
}

static bool
may_log(struct mg *m, uint32_t *skipped)
{
	return log_limit_pass(&m->service_log, loop_now_ms(m->conf.loop), skipped);
}

/* ---- ROOT ---- */

static void
drop_all(struct mg_txn *t, const struct mgco_services *s)
{
	struct ctxs *all = t->mg->conf.ctxs;
	uint32_t skipped;

	if (may_log(t->mg, &skipped))
		log_notice("controller dropped all contexts method=%.*s reason=\"%.*s\" contexts=%u skipped=%u",
		           SPAN_FMT(s->method), SPAN_FMT(s->reason), (unsigned)all->n, skipped);
	LIST_EACH(it, &all->all)
		ctx_drop(LIST_OF(it, struct ctx, node));
	for (unsigned i = 0; i < t->mg->conf.n_realms; i++) /* its orders of before are forgotten with them */
		t->mg->conf.realms[i]->off &= ~(unsigned)REALM_OFF_CONTROLLER;
	mg_reset_root(t->mg);
}

/* Graceful, and its end: what is there goes on, nothing new comes. */
static void
close_realms(struct mg_txn *t, const struct mgco_services *s, bool closed)
{
	uint32_t skipped;

	if (may_log(t->mg, &skipped))
		log_notice("controller %s all realms method=%.*s reason=\"%.*s\" skipped=%u", closed ? "closed" : "opened",
		           SPAN_FMT(s->method), SPAN_FMT(s->reason), skipped);
	for (unsigned i = 0; i < t->mg->conf.n_realms; i++) {
		unsigned off = t->mg->conf.realms[i]->off & ~(unsigned)REALM_OFF_CONTROLLER;

		t->mg->conf.realms[i]->off = closed ? off | REALM_OFF_CONTROLLER : off;
	}
}

/* MgcIdToTry is an address, or a name that can be looked up: to other kinds of MId there is no way over IP. */
static int
check_way(struct mg_exec *x, struct span mgc_id)
{
	struct span name;
	struct addr a;
	uint16_t port;

	if (!mgc_id.len)
		return mg_fail(x, 472, "MgcIdToTry");
	if (mgco_mid_addr(mgc_id, &a) != 0 && mgco_mid_host(mgc_id, &name, &port) != 0)
		return mg_failf(x, 449, "MgcIdToTry = %.*s", SPAN_FMT(mgc_id));
	return 0;
}

/* Disconnected and Failover are words of gateways (H.248.1 7.2.8): of a controller they would mean nothing. */
static int
change_root(struct mg_exec *x, const struct mgco_cmd *c)
{
	const struct mgco_services *s = c->services;
	struct mg_txn *t = x->t;
	bool moves = span_caseeqs(s->method, "HandOff");
	enum what what = NONE;

	if (t->ctx)
		return mg_fail(x, 421, "ServiceChange of ROOT belongs into Context = -");
	if (!moves && read_what(x, s, &what) != 0)
		return ERR_INVAL;
	if (moves && check_way(x, s->mgc_id) != 0)
		return ERR_INVAL;
	if (what == GRACEFUL || (what == RESTART && is_cancel(s)))
		close_realms(t, s, what == GRACEFUL);
	else if (what)
		drop_all(t, s);
	if (what != RESTART || !is_cancel(s)) {
		t->service_method = s->method;
		t->service_mgc = s->mgc_id;
	}
	(void)mg_add_reply(x, MGCO_SERVICECHANGE, c->term);
	return 0;
}

/* ---- terminations ---- */

/* Graceful without a delay ends by itself: the controller makes no new use of it (H.248.1 7.2.8.1.3). */
static int
change_term(struct mg_exec *x, const struct mgco_cmd *c, struct term *term)
{
	uint32_t delay = c->services->has_delay ? c->services->delay : 0;
	uint64_t after_ms = (uint64_t)(delay < DELAY_MAX_S ? delay : DELAY_MAX_S) * 1000;
	enum what what;

	term->heard_ms = loop_now_ms(x->t->mg->conf.loop);
	if (read_what(x, c->services, &what) != 0)
		return ERR_INVAL;
	if (what == FORCED)
		term_set_service(term, false);
	else if (delay)
		term_set_service_later(term, what == RESTART, after_ms);
	else if (what == RESTART)
		term_set_service(term, true);
	if (!c->wildcard)
		(void)mg_add_reply(x, MGCO_SERVICECHANGE, arena_span(x->arena, span_str(term->name)));
	return 0;
}

/* ---- a realm ---- */

static int
change_realm(struct mg_exec *x, const struct mgco_cmd *c)
{
	struct realm *r = mg_realm_of_pattern(x->t->mg, c->term);
	enum what what;
	uint32_t skipped;

	if (!r)
		return mg_fail_unknown_term(x, c->term);
	if (read_what(x, c->services, &what) != 0)
		return ERR_INVAL;
	if (what == RESTART)
		r->off &= ~(unsigned)REALM_OFF_CONTROLLER;
	else
		r->off |= REALM_OFF_CONTROLLER;
	if (may_log(x->t->mg, &skipped))
		log_notice("controller changed the service of a realm realm=%s method=%.*s reason=\"%.*s\" skipped=%u", r->name,
		           SPAN_FMT(c->services->method), SPAN_FMT(c->services->reason), skipped);
	(void)mg_add_reply(x, MGCO_SERVICECHANGE, c->term);
	return 0;
}

int
mg_run_service_change(struct mg_exec *x, const struct mgco_cmd *c)
{
	if (!c->services)
		return mg_fail(x, 442, "ServiceChange without Services");
	if (span_caseeqs(c->term, "ROOT"))
		return change_root(x, c);
	return x->t->ctx ? mg_for_matching(x, c, change_term) : change_realm(x, c);
}
