/* SPDX-License-Identifier: BSD-2-Clause */
/* What we ask gateways of our own accord: whether they live (AuditValue of ROOT without items), which realms they serve
 * (H.248.41, ipra/ar of ROOT), that they look whether we live, and, when one was away, which contexts it still has
 * (AuditValue of ROOT in all contexts, H.248.1 7.2.5). */
#include "alg/agwset_priv.h"

#include <stdlib.h>

#include "alg/mgc.h"

enum { AUDIT_ARENA = 65536 };

enum asked { ASKED_LIFE, ASKED_REALMS, ASKED_WATCH, ASKED_LIST, ASKED_CONTEXT };

/* Lives from the request to its callback; the gateway may be gone by then. */
struct question {
	struct agwset *set;
	slot_id gw;
	enum asked what;
	uint32_t ctx;   /* CONTEXT */
	uint32_t epoch; /* LIST, CONTEXT: of the reconciliation that it belongs to */
};

static void on_audit(void *arg, int err, const struct mgco_txn *reply);

/* act NULL: it could not be built. */
static int
pose(struct agw *gw, enum asked what, uint32_t ctx, const struct mgco_action *act)
{
	struct question *q = gw->assoc && act ? calloc(1, sizeof(*q)) : NULL;
	int rc;

	if (!q)
		return gw->assoc ? ERR_NOMEM : ERR_CLOSED;
	*q = (struct question){ gw->set, gw->id, what, ctx, gw->epoch };
	rc = mgco_request(gw->assoc, act, on_audit, q);
	if (rc)
		free(q);
	return rc;
}

static int
ask(struct agw *gw, enum asked what, uint32_t ctx, const char *term, unsigned items)
{
	struct arena a;
	int rc;

	arena_init(&a, AUDIT_ARENA);
	rc = pose(gw, what, ctx, mgc_build_audit(&a, ctx, term, items));
	arena_fini(&a);
	return rc;
}

/* ---- times and limits ---- */

static bool
read_number(const struct agw *gw, const struct mgco_termstate *ts, enum iq_name name, uint32_t *v)
{
	return mgco_prop_u32(mgco_find_prop(ts->props, gw->set->names->text[name]), v) == 0 && *v;
}

/* The base root package (H.248.1 E.2): how long the gateway takes for an answer, when it expects a Pending of ours at the
 * latest, how many Pendings it sends for a request and takes for one. What it does not tell stays as it is. */
static void
use_root(const struct agw *gw, const struct mgco_termstate *ts)
{
	uint32_t v, pending_ms = gw->set->pending_ms, sent = UINT32_MAX, taken = UINT32_MAX;

	/* Not sooner than without being told: the network takes its time too. After a Pending there is no hurry. */
	if (read_number(gw, ts, IQ_ROOT_MG_EXECUTION, &v) && v > ALG_REPEAT_MS - ALG_NETWORK_MS)
		mgco_assoc_set_patience(gw->assoc, v < UINT32_MAX - ALG_NETWORK_MS ? v + ALG_NETWORK_MS : v, UINT32_MAX);
	if (read_number(gw, ts, IQ_ROOT_MGC_PROVISIONAL, &v) && v < pending_ms)
		pending_ms = v;
	if (read_number(gw, ts, IQ_ROOT_MGC_PENDINGS, &v))
		sent = v;
	if (read_number(gw, ts, IQ_ROOT_MG_PENDINGS, &v))
		taken = v;
	mgco_assoc_set_pendings(gw->assoc, pending_ms, sent, taken);
}

/* ---- realms ---- */

static void
read_root(struct agw *gw, const struct mgco_txn *reply)
{
	const struct mgco_cmd *c = reply->actions ? reply->actions->cmds : NULL;
	const struct mgco_termstate *ts = c && !c->error && c->media ? c->media->termstate : NULL;
	const struct mgco_prop *p = ts ? mgco_find_prop(ts->props, gw->set->names->text[IQ_IPRA_AR]) : NULL;
	struct mgc_failure why = { 0 };

	if (ts)
		use_root(gw, ts);
	if (mgc_read_reply(reply, &why) == 0) /* else it has told nothing, not that there are none */
		agwset_read_realms(gw, p);
}

void
agwset_audit_realms(struct agw *gw)
{
	ask(gw, ASKED_REALMS, MGCO_CTX_NULL, "ROOT", MGCO_AUDIT_MEDIA);
}

/* ---- what it tells us of itself ---- */

/* Over UDP nothing tells an idle gateway that we started anew, or gave it up, and we do not know where to ask: so it speaks
 * when we are silent, is answered 505, and registers. 0: it need not. */
static uint32_t
watch_ms(const struct agw *gw)
{
	uint64_t ms = (uint64_t)ALG_WATCH_BEATS * gw->set->conf.heartbeat_ms;

	if (!ms || mgco_assoc_proto(gw->assoc) != MGCO_UDP)
		return 0;
	if (ms < ALG_WATCH_MIN_MS)
		return ALG_WATCH_MIN_MS;
	return ms > ALG_WATCH_MAX_MS ? ALG_WATCH_MAX_MS : (uint32_t)ms;
}

/* Who lists its realms is asked to tell when they change, too. */
static void
order_watch(struct agw *gw, bool with_arc)
{
	uint32_t ms = watch_ms(gw);
	struct arena a;

	gw->has_watch = true;
	gw->asks_arc = with_arc;
	if (!ms && !with_arc)
		return;
	arena_init(&a, AUDIT_ARENA);
	(void)pose(gw, ASKED_WATCH, MGCO_CTX_NULL, mgc_build_watch(&a, gw->set->names, ms, with_arc));
	arena_fini(&a);
}

/* One without it/ito is as good without: it is found by what it tells of its contexts. */
static void
on_watch(struct agw *gw, const struct mgco_txn *reply)
{
	struct mgc_failure why = { 0 };

	if (mgc_read_reply(reply, &why) == 0)
		return;
	log_info("gateway does not tell us of itself gw=%s code=%u text=\"%s\"", gw->mid, why.code, why.text);
	if (gw->asks_arc)
		order_watch(gw, false);
}

/* ---- what it still has ---- */

static struct agw_ctx *
next_suspect(struct agw *gw)
{
	LIST_EACH(it, &gw->ctxs) {
		struct agw_ctx *c = LIST_OF(it, struct agw_ctx, node);

		if (c->suspect)
			return c;
	}
	return NULL;
}

/* Those of our contexts that the gateway did not list. on_lost may end calls, and so others of the list. */
static void
lose_suspects(struct agw *gw)
{
	struct agw_ctx *c;

	while ((c = next_suspect(gw))) {
		gw->set->stats->contexts_missing++;
		agwset_lose_context(gw, c);
	}
}

static void
read_list(struct agw *gw, const struct mgco_txn *reply)
{
	struct agwset *set = gw->set;
	uint32_t skipped;

	for (const struct mgco_action *act = reply->actions; act; act = act->next) {
		struct agw_ctx *c;

		if (act->ctx == MGCO_CTX_NULL || act->ctx >= MGCO_CTX_CHOOSE)
			continue;
		c = agwset_find_ctx(set, gw->id, act->ctx);
		if (c)
			c->suspect = false;
		/* One that is being made may be there before we know its name. */
		else if (!gw->adding)
			agwset_orphan(set, gw->id, act->ctx, true);
	}
	if (log_limit_pass(agwset_life_log(gw), loop_now_ms(set->loop), &skipped))
		log_notice("gateway reconciled gw=%s contexts=%u skipped=%u", gw->mid, gw->contexts, skipped);
	lose_suspects(gw);
}

/* Too many contexts for one reply: each of ours is asked for alone, some at a time. Those that only the gateway
 * knows come up by their hangterm events. */
static void
ask_suspects(struct agw *gw)
{
	LIST_EACH(it, &gw->ctxs) {
		struct agw_ctx *c = LIST_OF(it, struct agw_ctx, node);

		if (gw->asking == ALG_AUDITS_MAX)
			return;
		if (!c->suspect || c->asked)
			continue;
		if (ask(gw, ASKED_CONTEXT, c->key.ctx, "*", 0))
			return;
		c->asked = true;
		gw->asking++;
	}
}

static bool
is_unknown_context(const struct mgco_txn *reply)
{
	struct mgc_failure why = { 0 };

	return mgc_read_reply(reply, &why) == ERR_REFUSED && why.code == 411;
}

static void
on_context(struct agw *gw, const struct question *q, int err, const struct mgco_txn *reply)
{
	struct agw_ctx *c = agwset_find_ctx(gw->set, gw->id, q->ctx);

	gw->asking--;
	if (c && !err) {
		c->suspect = false;
		if (is_unknown_context(reply)) {
			gw->set->stats->contexts_missing++;
			agwset_lose_context(gw, c);
		}
	}
	if (!err)
		ask_suspects(gw);
}

static void
on_list(struct agw *gw, int err, const struct mgco_txn *reply)
{
	struct mgc_failure why = { 0 };

	if (err == 0 && mgc_read_reply(reply, &why) == 0) {
		read_list(gw, reply);
	} else if (err == 0 && why.code == 411) { /* there are none */
		lose_suspects(gw);
	} else if (err != ERR_CLOSED && err != ERR_TIMEOUT) {
		log_info("gateway does not list its contexts gw=%s code=%u", gw->mid, why.code);
		ask_suspects(gw);
	}
}

/* Contexts without a call are subtracted, calls without a context lose it. */
static void
reconcile(struct agw *gw)
{
	gw->epoch++;
	gw->asking = 0;
	LIST_EACH(it, &gw->ctxs) {
		struct agw_ctx *c = LIST_OF(it, struct agw_ctx, node);

		c->suspect = true;
		c->asked = false;
	}
	ask(gw, ASKED_LIST, MGCO_CTX_ALL, "ROOT", 0);
}

/* ---- answers ---- */

static void
on_audit(void *arg, int err, const struct mgco_txn *reply)
{
	struct question q = *(struct question *)arg;
	struct agw *gw = slots_find(&q.set->ids, q.gw);

	free(arg);
	if (!gw || !gw->assoc)
		return;
	if (!err) {
		gw->heard_ms = loop_now_ms(q.set->loop);
		gw->is_proven = true;
	}
	switch (q.what) {
	case ASKED_LIFE: /* no answer is seen by the node, which gives the association up */
		return;
	case ASKED_REALMS:
		if (!err)
			read_root(gw, reply);
		if (!err && !gw->has_watch)
			order_watch(gw, gw->knows_realms);
		return;
	case ASKED_WATCH:
		if (!err)
			on_watch(gw, reply);
		return;
	case ASKED_LIST:
		if (q.epoch == gw->epoch)
			on_list(gw, err, reply);
		return;
	case ASKED_CONTEXT:
		if (q.epoch == gw->epoch)
			on_context(gw, &q, err, reply);
		return;
	}
}

/* ---- life ---- */

static void
on_beat(struct loop_timer *t)
{
	struct agw *gw = t->arg;
	uint64_t every = gw->set->conf.heartbeat_ms, silent = loop_now_ms(gw->set->loop) - gw->heard_ms;

	if (silent < every) {
		loop_timer_set(&gw->beat, every - silent);
		return;
	}
	loop_timer_set(&gw->beat, every);
	gw->set->stats->heartbeats++;
	ask(gw, ASKED_LIFE, MGCO_CTX_NULL, "ROOT", 0);
}

/* It was away for too long: its calls will not come back. */
static void
on_away(struct loop_timer *t)
{
	struct agw *gw = t->arg;

	log_warning("gateway stays away gw=%s contexts=%u", gw->mid, gw->contexts);
	while (!list_is_empty(&gw->ctxs)) {
		struct agw_ctx *c = LIST_OF(gw->ctxs.next, struct agw_ctx, node);
		uint32_t ctx = c->key.ctx;

		agwset_lose_context(gw, c);
		agwset_orphan(gw->set, gw->id, ctx, false); /* it may come back with it */
	}
}

void
agwset_audit_init(struct agw *gw)
{
	loop_timer_init(&gw->beat, gw->set->loop, on_beat, gw);
	loop_timer_init(&gw->away, gw->set->loop, on_away, gw);
}

void
agwset_audit_fini(struct agw *gw)
{
	loop_timer_stop(&gw->beat);
	loop_timer_stop(&gw->away);
}

void
agwset_audit_up(struct agw *gw)
{
	gw->heard_ms = loop_now_ms(gw->set->loop);
	loop_timer_stop(&gw->away);
	if (gw->set->conf.heartbeat_ms)
		loop_timer_set(&gw->beat, gw->set->conf.heartbeat_ms);
	agwset_orphans_up(gw);
	gw->has_watch = false;
	agwset_audit_realms(gw);
	reconcile(gw);
}

void
agwset_audit_down(struct agw *gw)
{
	loop_timer_stop(&gw->beat);
	if (gw->set->conf.away_ms && gw->contexts && !loop_timer_is_set(&gw->away))
		loop_timer_set(&gw->away, gw->set->conf.away_ms);
}
