/* SPDX-License-Identifier: BSD-2-Clause */
/* Contexts of a gateway that no call has any more: answers that came too late, Subtracts that got lost, what only the gateway
 * knows. They are subtracted, once more when the gateway is back, and after a back-off when it refuses. hangterm/thb brings
 * them up too, but not before ALG_HANGTERM_S. */
#include "alg/agwset_priv.h"

#include <stdlib.h>

#include "alg/mgc.h"

enum { SUBTRACT_ARENA = 4096 };

struct agw_orphan {
	struct agw_ctx_key key;
	struct list node; /* agw.orphans, .orphans_asked or .orphans_resting */
	bool is_sure;     /* the gateway has just named it. Else it may be gone, and its ContextID given away again */
	unsigned refused;
	UT_hash_handle hh;
};

/* Lives from the Subtract to its callback. */
struct subtract {
	struct agwset *set;
	struct agw_ctx_key key;
};

static struct agw_ctx_key
key_of(slot_id gw, uint32_t ctx)
{
	struct agw_ctx_key key;

	memset(&key, 0, sizeof(key));
	key.gw = gw;
	key.ctx = ctx;
	return key;
}

static struct agw_orphan *
find(const struct agwset *set, const struct agw_ctx_key *key)
{
	struct agw_orphan *o;

	HASH_FIND(hh, set->orphans, key, sizeof(*key), o);
	return o;
}

static void
forget(struct agwset *set, struct agw_orphan *o)
{
	HASH_DEL(set->orphans, o);
	list_unlink(&o->node);
	free(o);
}

static void
move(struct list *to, struct agw_orphan *o)
{
	list_unlink(&o->node);
	list_append(to, &o->node);
}

static void
move_all(struct list *to, struct list *from)
{
	while (!list_is_empty(from))
		move(to, LIST_OF(from->next, struct agw_orphan, node));
}

static void
rest(struct agw *gw, struct agw_orphan *o)
{
	move(&gw->orphans_resting, o);
	if (!loop_timer_is_set(&gw->orphans_again))
		loop_timer_set(&gw->orphans_again, gw->orphan_ms);
}

/* ---- Subtract ---- */

static void subtract_more(struct agw *gw);

static void
on_refused(struct agw *gw, struct agw_orphan *o, const struct mgc_failure *why)
{
	uint32_t skipped;

	if (++o->refused < ALG_ORPHAN_TRIES) {
		rest(gw, o);
		return;
	}
	if (log_limit_pass(&gw->orphan_log, loop_now_ms(gw->set->loop), &skipped))
		log_notice("orphaned context not subtracted gw=%s ctx=%u code=%u text=\"%s\" skipped=%u", gw->mid, o->key.ctx,
		           why->code, why->text, skipped);
	gw->set->stats->orphans_given_up++;
	forget(gw->set, o);
}

static void
on_reply(void *arg, int err, const struct mgco_txn *reply)
{
	struct subtract s = *(struct subtract *)arg;
	struct agw *gw = slots_find(&s.set->ids, s.key.gw);
	struct agw_orphan *o = find(s.set, &s.key);
	struct mgc_failure why = { 0 };

	free(arg);
	if (!gw)
		return;
	gw->subtracting--;
	if (o && err) {
		o->is_sure = false; /* who knows whether it was executed */
		rest(gw, o);
	} else if (o && mgc_read_reply(reply, &why) != 0 && why.code != 411) {
		on_refused(gw, o, &why);
	} else if (o) {
		gw->orphan_ms = ALG_ORPHAN_MS;
		forget(s.set, o);
	}
	if (!err)
		subtract_more(gw);
}

static int
subtract(struct agw *gw, struct agw_orphan *o)
{
	struct subtract *s = malloc(sizeof(*s));
	const struct mgco_action *act;
	struct arena a;
	int rc = ERR_NOMEM;

	if (!s)
		return ERR_NOMEM;
	*s = (struct subtract){ gw->set, o->key };
	arena_init(&a, SUBTRACT_ARENA);
	act = mgc_build_subtract(&a, o->key.ctx, NULL);
	if (act)
		rc = mgco_request(gw->assoc, act, on_reply, s);
	arena_fini(&a);
	if (rc) {
		free(s);
		return rc;
	}
	gw->subtracting++;
	move(&gw->orphans_asked, o);
	return 0;
}

static void
subtract_more(struct agw *gw)
{
	while (!list_is_empty(&gw->orphans) && gw->subtracting < ALG_AUDITS_MAX) {
		struct agw_orphan *o = LIST_OF(gw->orphans.next, struct agw_orphan, node);

		/* While an Add is under way its context may have got the number of one that is gone. */
		if ((!o->is_sure && gw->adding) || !gw->assoc || gw->state == AGW_DOWN || subtract(gw, o))
			rest(gw, o);
	}
}

static void
on_again(struct loop_timer *t)
{
	struct agw *gw = t->arg;

	if (!gw->assoc || gw->state == AGW_DOWN) /* agwset_orphans_up() */
		return;
	gw->orphan_ms = gw->orphan_ms * 2 < ALG_ORPHAN_MAX_MS ? gw->orphan_ms * 2 : ALG_ORPHAN_MAX_MS;
	move_all(&gw->orphans, &gw->orphans_resting);
	subtract_more(gw);
}

/* ---- from outside ---- */

void
agwset_orphan(struct agwset *set, slot_id gw_id, uint32_t ctx, bool is_sure)
{
	struct agw *gw = slots_find(&set->ids, gw_id);
	struct agw_ctx_key key = key_of(gw_id, ctx);
	struct agw_orphan *o = find(set, &key);
	uint32_t skipped;

	if (!gw || o)
		return;
	o = HASH_COUNT(set->orphans) < ALG_ORPHANS_MAX ? calloc(1, sizeof(*o)) : NULL;
	if (o) {
		o->key = key;
		o->is_sure = is_sure;
		HASH_ADD(hh, set->orphans, key, sizeof(o->key), o);
	}
	if (!o || !o->hh.tbl) { /* uthash ran out of memory */
		free(o);
		set->stats->orphans_given_up++;
		if (log_limit_pass(&gw->orphan_log, loop_now_ms(set->loop), &skipped))
			log_warning("too many orphaned contexts gw=%s ctx=%u skipped=%u", gw->mid, ctx, skipped);
		return;
	}
	set->stats->contexts_orphaned++;
	list_append(&gw->orphans, &o->node);
	subtract_more(gw);
}

void
agwset_orphan_found(struct agwset *set, slot_id gw, uint32_t ctx)
{
	struct agw_ctx_key key = key_of(gw, ctx);
	struct agw_orphan *o = find(set, &key);

	if (o)
		forget(set, o);
}

void
agwset_orphans_up(struct agw *gw)
{
	loop_timer_stop(&gw->orphans_again);
	gw->orphan_ms = ALG_ORPHAN_MS;
	move_all(&gw->orphans, &gw->orphans_resting);
	subtract_more(gw);
}

void
agwset_orphans_forget(struct agw *gw)
{
	struct list *all[] = { &gw->orphans, &gw->orphans_asked, &gw->orphans_resting };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		while (!list_is_empty(all[i]))
			forget(gw->set, LIST_OF(all[i]->next, struct agw_orphan, node));
	loop_timer_stop(&gw->orphans_again);
}

void
agwset_orphans_init(struct agw *gw)
{
	list_init(&gw->orphans);
	list_init(&gw->orphans_asked);
	list_init(&gw->orphans_resting);
	gw->orphan_ms = ALG_ORPHAN_MS;
	loop_timer_init(&gw->orphans_again, gw->set->loop, on_again, gw);
}
