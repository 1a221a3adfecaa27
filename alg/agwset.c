/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/agwset_priv.h"

#include <stdlib.h>

#include "alg/mgc.h"
#include "proto/base/log.h"
#include "proto/io/h248_conf.h"

const char *
agwset_state_name(enum agw_state s)
{
	static const char *const names[AGW_STATES] = { "down", "up", "graceful" };

	return names[s];
}

/* ---- requests under way ---- */

static void
req_unlink(struct agw_req *r)
{
	list_unlink(&r->node);
	if (r->gw) {
		r->gw->outstanding--;
		if (r->makes_context)
			r->gw->adding--;
		r->gw = NULL;
	}
}

/* A context came into being for a request that was given up: nobody knows it, so it goes. */
static void
drop_late_context(struct agwset *set, slot_id gw, const struct mgco_txn *reply)
{
	for (const struct mgco_action *act = reply->actions; act; act = act->next)
		if (act->ctx != MGCO_CTX_NULL && act->ctx < MGCO_CTX_CHOOSE)
			agwset_orphan(set, gw, act->ctx, true);
}

static bool
is_refusal(const struct mgco_txn *reply)
{
	struct mgc_failure why;

	return mgc_read_reply(reply, &why) == ERR_REFUSED && mgc_is_local(&why);
}

static void
on_reply(void *arg, int err, const struct mgco_txn *reply)
{
	struct agw_req *r = arg;
	struct agwset *set = r->set;
	struct agw *gw = r->gw;

	if (!gw) { /* failed when the gateway restarted; its caller heard of it then */
		if (!err && r->makes_context)
			drop_late_context(set, r->gw_id, reply);
		req_unlink(r);
		free(r);
		return;
	}
	if (!err) {
		gw->heard_ms = loop_now_ms(set->loop);
		gw->is_proven = true;
	}
	if (!err && r->makes_context && is_refusal(reply))
		gw->cool_until_ms = loop_now_ms(set->loop) + ALG_COOL_MS;
	req_unlink(r);
	set->h.on_reply(set->arg, r->user, r->what, err, reply);
	free(r);
}

int
agwset_request(struct agwset *set, slot_id gw_id, const struct mgco_action *actions, slot_id user, unsigned what,
               bool makes_context)
{
	struct agw *gw = slots_find(&set->ids, gw_id);
	struct agw_req *r;
	int rc;

	if (!gw || !gw->assoc)
		return ERR_CLOSED;
	if (!(r = calloc(1, sizeof(*r))))
		return ERR_NOMEM;
	*r = (struct agw_req){ .set = set, .gw = gw, .gw_id = gw_id, .user = user, .what = what,
		               .makes_context = makes_context };
	list_append(&gw->reqs, &r->node);
	gw->outstanding++;
	gw->adding += makes_context;
	rc = mgco_request(gw->assoc, actions, on_reply, r);
	if (rc) {
		req_unlink(r);
		free(r);
	}
	return rc;
}

void
agwset_fail_requests(struct agw *gw)
{
	struct agwset *set = gw->set;

	while (!list_is_empty(&gw->reqs)) {
		struct agw_req *r = LIST_OF(gw->reqs.next, struct agw_req, node);

		req_unlink(r);
		list_append(&set->given_up, &r->node);
		set->h.on_reply(set->arg, r->user, r->what, ERR_CLOSED, NULL);
	}
}

/* ---- gateways ---- */

struct agw *
agwset_by_mid(const struct agwset *set, struct span mid)
{
	LIST_EACH(it, &set->agws) {
		struct agw *gw = LIST_OF(it, struct agw, node);

		if (mgco_name_is(mid, gw->mid))
			return gw;
	}
	return NULL;
}

struct log_limit *
agwset_life_log(struct agw *gw)
{
	return gw->contexts ? &gw->life_log : &gw->set->life_log;
}

static void
drop_agw(struct agw *gw)
{
	struct agwset *set = gw->set;

	agwset_unlink(gw);
	agwset_audit_fini(gw);
	agwset_lose_contexts(gw);
	agwset_fail_requests(gw);
	agwset_orphans_forget(gw);
	list_unlink(&gw->node);
	slots_remove(&set->ids, gw->id);
	free(gw);
}

enum mgco_place
agwset_place(const struct agw *gw)
{
	if (!gw)
		return MGCO_PLACE_STRANGER;
	if (gw->contexts || gw->outstanding)
		return MGCO_PLACE_KEPT;
	if (!gw->assoc || gw->state == AGW_DOWN)
		return MGCO_PLACE_STRANGER;
	return gw->is_proven ? MGCO_PLACE_KEPT : MGCO_PLACE_UNPROVEN;
}

/* Room for one more: whoever is away and holds nothing is forgotten first, then who never answered. */
static bool
make_room(struct agwset *set)
{
	enum mgco_place least_place = MGCO_PLACE_KEPT;
	struct agw *least = NULL;
	uint32_t skipped;

	if (set->ids.used < ALG_AGW_MAX)
		return true;
	LIST_EACH(it, &set->agws) {
		struct agw *gw = LIST_OF(it, struct agw, node);
		enum mgco_place place = agwset_place(gw);

		if (place > least_place || (least && place == least_place && gw->heard_ms < least->heard_ms)) {
			least_place = place;
			least = gw;
		}
	}
	if (!least)
		return false;
	set->stats->gateways_forgotten++;
	if (log_limit_pass(&set->life_log, loop_now_ms(set->loop), &skipped))
		log_notice("gateway forgotten to make room gw=%s skipped=%u", least->mid, skipped);
	drop_agw(least);
	return true;
}

struct agw *
agwset_add(struct agwset *set, struct span mid)
{
	struct agw *gw;

	if (!make_room(set) || !(gw = calloc(1, sizeof(*gw))))
		return NULL;
	gw->set = set;
	agwset_audit_init(gw);
	agwset_orphans_init(gw);
	list_init(&gw->node);
	list_init(&gw->reqs);
	list_init(&gw->ctxs);
	if (span_copy(mid, gw->mid, sizeof(gw->mid)) || !(gw->id = slots_add(&set->ids, gw))) {
		free(gw);
		return NULL;
	}
	list_append(&set->agws, &gw->node);
	return gw;
}

static bool
is_up(const struct agw *gw)
{
	return gw && gw->state == AGW_UP && gw->assoc && !gw->is_linking;
}

bool
agwset_is_up(const struct agwset *set, slot_id gw)
{
	return is_up(slots_find(&set->ids, gw));
}

/* One that has just refused comes after all others, else fewer contexts are better. */
static bool
is_better(const struct agwset *set, const struct agw *a, const struct agw *b)
{
	bool cool_a = a->cool_until_ms > loop_now_ms(set->loop), cool_b = b->cool_until_ms > loop_now_ms(set->loop);

	if (cool_a != cool_b)
		return cool_b;
	return a->contexts + a->adding < b->contexts + b->adding;
}

slot_id
agwset_choose(const struct agwset *set, const char *const realm[SIDES])
{
	const struct agw *best = NULL;

	LIST_EACH(it, &set->agws) {
		const struct agw *gw = LIST_OF(it, struct agw, node);

		if (is_up(gw) && agwset_serves(gw, realm) && (!best || is_better(set, gw, best)))
			best = gw;
	}
	return best ? best->id : 0;
}

const char *
agwset_mid(const struct agwset *set, slot_id id)
{
	const struct agw *gw = slots_find(&set->ids, id);

	return gw ? gw->mid : "-";
}

void
agwset_add_lacks(struct agwset *set, slot_id id, unsigned lacks)
{
	struct agw *gw = slots_find(&set->ids, id);

	if (gw)
		gw->lacks |= lacks;
}

unsigned
agwset_lacks(const struct agwset *set, slot_id id)
{
	const struct agw *gw = slots_find(&set->ids, id);

	return gw ? gw->lacks : 0;
}

bool
agwset_next(const struct agwset *set, uint32_t *cursor, struct agw_view *v)
{
	const struct agw *gw = slots_next(&set->ids, cursor);

	if (!gw)
		return false;
	*v = (struct agw_view){
		.id = gw->id,
		.mid = gw->mid,
		.profile = gw->profile,
		.state = gw->state,
		.is_linking = gw->is_linking,
		.realms = gw->realms,
		.off = gw->off,
		.n_realms = gw->n_realms,
		.n_off = gw->n_off,
		.contexts = gw->contexts,
		.outstanding = gw->outstanding,
		.up_since_ms = gw->up_since_ms,
	};
	if (gw->assoc) {
		v->peer = mgco_assoc_peer(gw->assoc);
		v->proto = mgco_assoc_proto(gw->assoc);
	}
	return true;
}

/* ---- the set ---- */

static bool
may_come(void *arg, const struct addr *peer)
{
	const struct agwset *set = arg;

	return agw_allow_host(&set->conf.allow, peer);
}

static enum mgco_place
rate_place(void *arg, const struct mgco_assoc *as)
{
	(void)arg;
	return agwset_place(mgco_assoc_user(as));
}

struct agwset *
agwset_new(struct loop *l, const struct mgco_node_conf *node, const struct agwset_conf *conf,
           const struct iq_names *names, struct alg_stats *stats, const struct agwset_handler *h, void *arg)
{
	static const struct mgco_handler handler = { .may_come = may_come, .on_request = agwset_on_request,
		                                     .on_up = agwset_on_up, .on_down = agwset_on_down, .rate_place = rate_place };
	struct agwset *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	*set = (struct agwset){ .loop = l, .conf = *conf, .names = names, .stats = stats, .h = *h, .arg = arg };
	set->pending_ms = node->pending_ms ? node->pending_ms : H248_PENDING_MS;
	list_init(&set->agws);
	list_init(&set->given_up);
	slots_init(&set->ids, ALG_AGW_MAX);
	if (!(set->node = mgco_node_new(l, node, &handler, set))) {
		log_error("H.248 could not be started");
		agwset_free(set);
		return NULL;
	}
	return set;
}

void
agwset_free(struct agwset *set)
{
	static const struct agwset_handler deaf = { agwset_deaf_reply, agwset_deaf_observed, agwset_deaf_lost,
		                                    agwset_deaf_out };

	if (!set)
		return;
	set->h = deaf;
	LIST_EACH(it, &set->agws)
		drop_agw(LIST_OF(it, struct agw, node));
	mgco_node_free(set->node); /* completes, and so frees, the requests that were given up */
	slots_fini(&set->ids);
	free(set);
}

int
agwset_listen(struct agwset *set, enum mgco_proto proto, const struct addr *local, struct addr *bound)
{
	return mgco_node_listen(set->node, proto, local, bound);
}

const struct mgco_counters *
agwset_counters(const struct agwset *set)
{
	return mgco_node_counters(set->node);
}

struct mgco_node *
agwset_node(struct agwset *set)
{
	return set->node;
}
