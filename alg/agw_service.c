/* SPDX-License-Identifier: BSD-2-Clause */
/* What gateways tell us: ServiceChange on ROOT (H.248.1 annex F, TS 23.334 registration procedures) and Notify. */
#include "alg/agwset_priv.h"

#include "alg/mgc.h"
#include "proto/io/mgco_time.h"

enum { SERVICE_VERSION = 2 };

/* What a ServiceChange does to a gateway. */
struct service {
	enum agw_state state;
	bool loses_contexts;
	bool is_new; /* a registration: where it is, what it serves */
};

/* What is to be done once the reply to a ServiceChange has left. */
struct after {
	slot_id gw;
	bool loses_contexts, is_up;
};

static bool
read_method(const struct mgco_services *s, struct service *out)
{
	bool cancel = span_has_prefix(s->reason, "918"); /* cancel graceful */

	if (mgco_name_is(s->method, "Restart"))
		*out = (struct service){ AGW_UP, !cancel, !cancel };
	else if (mgco_name_is(s->method, "Disconnected") || mgco_name_is(s->method, "Failover") ||
	         mgco_name_is(s->method, "HandOff"))
		*out = (struct service){ AGW_UP, false, true };
	else if (mgco_name_is(s->method, "Forced"))
		*out = (struct service){ AGW_DOWN, true, false };
	else if (mgco_name_is(s->method, "Graceful"))
		*out = (struct service){ cancel ? AGW_UP : AGW_GRACEFUL, false, false };
	else
		return false;
	return true;
}

static void
fail_cmd(struct agwset *set, struct mgco_incoming *in, struct mgco_cmd *c, uint32_t code)
{
	set->stats->h248_refused++;
	if (c)
		c->error = mgco_new_error(in->arena, code, span_str(mgco_error_text(code)));
}

/* The same, where no line of its own says more. */
static void
refuse(struct agwset *set, struct mgco_incoming *in, const struct mgco_cmd *req, struct mgco_cmd *rep, uint32_t code)
{
	char peer[ADDR_TEXT_MAX];
	uint32_t skipped;

	if (log_limit_pass(&set->limit, loop_now_ms(set->loop), &skipped))
		log_notice("request of a gateway refused gw=%.*s peer=%s term=%.*s code=%u text=\"%s\" skipped=%u",
		           SPAN_FMT(in->peer_mid), addr_text(&in->peer, peer), SPAN_FMT(req->term), code,
		           mgco_error_text(code), skipped);
	fail_cmd(set, in, rep, code);
}

static void
apply_service(struct agw *gw, const struct mgco_services *s, const struct service *what)
{
	struct agwset *set = gw->set;
	char peer[ADDR_TEXT_MAX] = "-";
	struct addr a;
	uint32_t skipped;

	if (gw->assoc) {
		a = mgco_assoc_peer(gw->assoc);
		addr_text(&a, peer);
	}
	if (s->profile.len)
		span_copy(s->profile, gw->profile, sizeof(gw->profile));
	gw->state = what->state;
	if (what->is_new)
		agwset_forget_realms(gw);
	if (what->state == AGW_DOWN)
		agwset_audit_down(gw);
	if (what->state == AGW_UP) {
		gw->lacks = 0;
		gw->up_since_ms = loop_now_ms(set->loop);
		set->stats->gateway_registered++;
	}
	if (what->loses_contexts && gw->contexts)
		set->stats->gateway_restarted++;
	if (log_limit_pass(agwset_life_log(gw), loop_now_ms(set->loop), &skipped))
		log_notice("gateway gw=%s peer=%s method=%.*s reason=\"%.*s\" profile=%s state=%s contexts=%u%s skipped=%u",
		           gw->mid, peer, SPAN_FMT(s->method), SPAN_FMT(s->reason), gw->profile[0] ? gw->profile : "-",
		           agwset_state_name(gw->state), gw->contexts,
		           what->loses_contexts && gw->contexts ? " all lost" : "", skipped);
}

/* The lower of both (H.248.1 11.3). */
static uint32_t
agreed_version(const struct mgco_services *s)
{
	return s->has_version && s->version < SERVICE_VERSION ? s->version : SERVICE_VERSION;
}

/* A MId belongs to the host that --gateway says; without such a rule, to the host that registered under it, until that is
 * lost. Ports do not matter: a gateway that restarts comes from another one. */
static bool
may_have(struct agwset *set, const struct mgco_incoming *in)
{
	const struct agw *gw = agwset_by_mid(set, in->peer_mid);
	char text[ADDR_TEXT_MAX];
	struct addr owner;
	uint32_t skipped;
	const char *why = agw_allow_mid(&set->conf.allow, in->peer_mid, &in->peer) ? NULL : "not allowed";

	if (!why && gw && gw->assoc && !agw_allow_names(&set->conf.allow, in->peer_mid, &in->peer)) {
		owner = mgco_assoc_peer(gw->from ? gw->from : gw->assoc);
		why = addr_same_ip(&owner, &in->peer) ? NULL : "another host is registered";
	}
	if (!why)
		return true;
	set->stats->registrations_denied++;
	if (log_limit_pass(&set->limit, loop_now_ms(set->loop), &skipped))
		log_warning("registration denied gw=%.*s peer=%s why=\"%s\" skipped=%u", SPAN_FMT(in->peer_mid),
		            addr_text(&in->peer, text), why, skipped);
	return false;
}

/* It registers, or is known here already. */
static void
take_association(struct agw *gw, const struct mgco_incoming *in, const struct mgco_services *s, bool is_new)
{
	if (is_new || mgco_assoc_user(in->assoc) != gw)
		agwset_link(gw, in, s->address);
	mgco_assoc_set_version(in->assoc, agreed_version(s));
	mgco_assoc_set_version(gw->assoc, agreed_version(s));
}

/* Does it end what is there? A network that is away may come back before its connections notice. */
static bool
cuts_off(const struct mgco_services *s)
{
	return mgco_name_is(s->method, "Forced") && !span_has_prefix(s->reason, "906");
}

/* ServiceChange of terminations: it is a realm's, a call's, or told to the operator alone. */
static void
on_change_of_terms(struct agwset *set, struct mgco_incoming *in, uint32_t ctx, const struct mgco_cmd *req,
                   struct mgco_cmd *rep)
{
	struct agw *gw = in->assoc ? mgco_assoc_user(in->assoc) : NULL;
	slot_id user;
	uint32_t skipped;

	if (!gw || gw->state == AGW_DOWN) {
		refuse(set, in, req, rep, 505);
		return;
	}
	if ((ctx == MGCO_CTX_NULL || ctx == MGCO_CTX_ALL) && agwset_change_realm(gw, req->term, req->services)) {
		if (ctx == MGCO_CTX_ALL && cuts_off(req->services))
			agwset_take_out(gw, req->term);
		return;
	}
	user = agwset_user_of(set, gw->id, ctx);
	if (user && mgco_name_is(req->services->method, "Forced")) {
		set->h.on_out(set->arg, user, req->term);
		return;
	}
	if (log_limit_pass(&gw->limit, loop_now_ms(set->loop), &skipped))
		log_notice("service change of terminations gw=%s term=%.*s method=%.*s reason=\"%.*s\" skipped=%u", gw->mid,
		           SPAN_FMT(req->term), SPAN_FMT(req->services->method), SPAN_FMT(req->services->reason), skipped);
}

static void
on_service_change(struct agwset *set, struct mgco_incoming *in, uint32_t ctx, const struct mgco_cmd *req,
                  struct mgco_cmd *rep, struct after *after)
{
	struct service what;
	struct agw *gw;

	if (!rep)
		return;
	if (!req->services || !read_method(req->services, &what)) {
		refuse(set, in, req, rep, 443);
		return;
	}
	if (!mgco_name_is(req->term, "ROOT")) {
		on_change_of_terms(set, in, ctx, req, rep);
		return;
	}
	if (!may_have(set, in)) {
		fail_cmd(set, in, rep, 504);
		return;
	}
	gw = agwset_by_mid(set, in->peer_mid);
	if (!gw && !(gw = agwset_add(set, in->peer_mid))) {
		refuse(set, in, req, rep, 510);
		return;
	}
	if (in->assoc)
		take_association(gw, in, req->services, what.is_new);
	apply_service(gw, req->services, &what);
	after->gw = gw->id;
	after->loses_contexts = what.loses_contexts;
	after->is_up = what.state == AGW_UP;
	if (set->conf.service_reply == AGW_REPLY_BARE || !(rep->services = ARENA_NEW(in->arena, struct mgco_services)))
		return;
	rep->services->has_version = true;
	rep->services->version = agreed_version(req->services);
	if (set->conf.service_reply != AGW_REPLY_FULL)
		return;
	rep->services->profile = req->services->profile;
	if (what.is_new)
		rep->services->timestamp = mgco_time_now(in->arena); /* H.248.1 7.2.8 */
}

/* it/ito: we were silent, and are not any more. ipra/arc: what is told of one realm may have crossed our last question. */
static void
on_root_event(struct agw *gw, const struct mgco_events *observed)
{
	for (const struct mgco_event *e = observed ? observed->events : NULL; e; e = e->next)
		if (iq_name_is(gw->set->names, IQ_IPRA_ARC, e->name)) {
			agwset_audit_realms(gw);
			return;
		}
}

/* A Notify of a context: its observed events go to the context's owner. 0; 411 when nobody knows it, 458 when nobody asked for
 * them (H.248.1 7.2.7: a Notify has the request id of the Events that asked). Those of ROOT come in the null context, or for
 * all contexts (TS 23.334, IP realm availability). */
static uint32_t
on_notify(struct agwset *set, struct agw *gw, uint32_t ctx, const struct mgco_cmd *req)
{
	slot_id user = agwset_user_of(set, gw->id, ctx);

	set->stats->notifies++;
	if (ctx == MGCO_CTX_NULL || mgco_name_is(req->term, "ROOT")) {
		if (req->observed && req->observed->id > MGC_ROOT_REQUEST)
			return 458;
		on_root_event(gw, req->observed);
		return 0;
	}
	if (!user)
		return 411;
	return !req->observed || set->h.on_observed(set->arg, user, req->term, req->observed) ? 0 : 458;
}

static void
on_command(struct agwset *set, struct mgco_incoming *in, const struct mgco_action *act, const struct mgco_cmd *req,
           struct mgco_action *out, struct after *after)
{
	struct agw *gw = in->assoc ? mgco_assoc_user(in->assoc) : NULL;
	struct mgco_cmd *rep = mgco_add_cmd(in->arena, out, req->kind, req->term);
	uint32_t skipped, code;

	if (gw)
		gw->heard_ms = loop_now_ms(set->loop);
	if (req->kind == MGCO_SERVICECHANGE) {
		on_service_change(set, in, act->ctx, req, rep, after);
		return;
	}
	if (!gw || gw->state == AGW_DOWN) { /* it must register first */
		refuse(set, in, req, rep, 505);
		return;
	}
	if (req->kind != MGCO_NOTIFY) {
		refuse(set, in, req, rep, 501);
		return;
	}
	code = on_notify(set, gw, act->ctx, req);
	if (code == 458) {
		set->stats->notifies_unasked++;
		refuse(set, in, req, rep, code);
	}
	if (code != 411)
		return;
	if (act->ctx >= MGCO_CTX_CHOOSE) { /* a termination is in one context, and never is it all of them that are lost */
		fail_cmd(set, in, rep, 421);
		return;
	}
	/* Between an Add and its reply a context may speak that we do not know yet. */
	if (gw->adding)
		return;
	if (log_limit_pass(&gw->limit, loop_now_ms(set->loop), &skipped))
		log_notice("notify from a context without a call gw=%s ctx=%u skipped=%u", gw->mid, act->ctx, skipped);
	fail_cmd(set, in, rep, 411);
	agwset_orphan(set, gw->id, act->ctx, true);
}

void
agwset_on_request(void *arg, struct mgco_incoming *in)
{
	struct agwset *set = arg;
	struct mgco_txn *holder = mgco_new_request(in->arena);
	struct mgco_error *none;
	struct after after = { 0 };
	struct agw *gw;

	for (const struct mgco_action *act = in->txn->actions; act; act = act->next) {
		struct mgco_action *out = mgco_add_action(in->arena, holder, act->ctx);

		for (const struct mgco_cmd *c = act->cmds; c; c = c->next)
			on_command(set, in, act, c, out, &after);
		if (out && !act->cmds) /* properties alone: they are ours to set */
			out->error = mgco_new_error(in->arena, 501, span_str(mgco_error_text(501)));
	}
	if (holder && holder->actions) {
		mgco_respond(in, holder->actions, NULL);
	} else {
		none = mgco_new_error(in->arena, 510, span_str(mgco_error_text(510)));
		mgco_respond(in, NULL, none);
	}
	gw = slots_find(&set->ids, after.gw);
	if (gw && after.loses_contexts) {
		agwset_lose_contexts(gw);
		agwset_fail_requests(gw);
		agwset_orphans_forget(gw);
	}
	if (gw && after.is_up && !gw->is_linking) /* else when the association is up */
		agwset_audit_up(gw);
}

void
agwset_deaf_reply(void *arg, slot_id user, unsigned what, int err, const struct mgco_txn *reply)
{
	(void)arg;
	(void)user;
	(void)what;
	(void)err;
	(void)reply;
}

bool
agwset_deaf_observed(void *arg, slot_id user, struct span term, const struct mgco_events *observed)
{
	(void)arg;
	(void)user;
	(void)term;
	(void)observed;
	return true;
}

void
agwset_deaf_out(void *arg, slot_id user, struct span term)
{
	(void)arg;
	(void)user;
	(void)term;
}

void
agwset_deaf_lost(void *arg, slot_id user)
{
	(void)arg;
	(void)user;
}
