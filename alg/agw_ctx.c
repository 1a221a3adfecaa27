/* SPDX-License-Identifier: BSD-2-Clause */
/* Which context of which gateway belongs to whom. */
#include "alg/agwset_priv.h"

#include <stdlib.h>

struct agw_ctx *
agwset_find_ctx(const struct agwset *set, slot_id gw, uint32_t ctx)
{
	struct agw_ctx_key key;
	struct agw_ctx *c;

	memset(&key, 0, sizeof(key));
	key.gw = gw;
	key.ctx = ctx;
	HASH_FIND(hh, set->contexts, &key, sizeof(key), c);
	return c;
}

slot_id
agwset_user_of(const struct agwset *set, slot_id gw, uint32_t ctx)
{
	const struct agw_ctx *c = agwset_find_ctx(set, gw, ctx);

	return c ? c->user : 0;
}

int
agwset_bind(struct agwset *set, slot_id gw_id, uint32_t ctx, slot_id user)
{
	struct agw *gw = slots_find(&set->ids, gw_id);
	struct agw_ctx *c;

	if (!gw)
		return ERR_NOTFOUND;
	if (agwset_find_ctx(set, gw_id, ctx))
		return ERR_EXISTS;
	agwset_orphan_found(set, gw_id, ctx);
	if (!(c = calloc(1, sizeof(*c))))
		return ERR_NOMEM;
	c->key.gw = gw_id;
	c->key.ctx = ctx;
	c->user = user;
	HASH_ADD(hh, set->contexts, key, sizeof(c->key), c);
	if (!c->hh.tbl) { /* uthash ran out of memory */
		free(c);
		return ERR_NOMEM;
	}
	list_append(&gw->ctxs, &c->node);
	gw->contexts++;
	return 0;
}

static void
free_ctx(struct agwset *set, struct agw *gw, struct agw_ctx *c)
{
	HASH_DEL(set->contexts, c);
	list_unlink(&c->node);
	gw->contexts--;
	free(c);
}

void
agwset_unbind(struct agwset *set, slot_id gw_id, uint32_t ctx)
{
	struct agw *gw = slots_find(&set->ids, gw_id);
	struct agw_ctx *c = agwset_find_ctx(set, gw_id, ctx);

	if (gw && c)
		free_ctx(set, gw, c);
}

void
agwset_lose_context(struct agw *gw, struct agw_ctx *c)
{
	struct agwset *set = gw->set;
	slot_id user = c->user;

	free_ctx(set, gw, c);
	set->h.on_lost(set->arg, user);
}

void
agwset_lose_contexts(struct agw *gw)
{
	while (!list_is_empty(&gw->ctxs))
		agwset_lose_context(gw, LIST_OF(gw->ctxs.next, struct agw_ctx, node));
}

void
agwset_take_out(struct agw *gw, struct span term)
{
	LIST_EACH(it, &gw->ctxs) {
		const struct agw_ctx *c = LIST_OF(it, struct agw_ctx, node);

		gw->set->h.on_out(gw->set->arg, c->user, term);
	}
}
