/* SPDX-License-Identifier: BSD-2-Clause */
/* What a call holds: per side one offer that is not answered, the last that was, and its answers by dialog. A context
 * belongs to whom names it; one that nobody names any more is released. */
#include "alg/call_priv.h"

#include <stdlib.h>

#include "proto/base/log.h"

/* ---- contexts ---- */

struct media *
call_media(const struct call *c, uint32_t index)
{
	for (uint32_t i = 0; i < c->n_media; i++)
		if (c->media[i]->index == index && c->media[i]->use == MEDIA_AGREED)
			return c->media[i];
	return NULL;
}

struct media *
call_find_media(const struct call *c, slot_id id)
{
	struct media *m = id ? slots_find(&c->calls->media_ids, id) : NULL;

	return m && !media_is_ended(m) ? m : NULL;
}

static bool
names(const struct proposal *p, slot_id id)
{
	for (uint32_t i = 0; p && i < p->n; i++)
		if (p->line[i].media == id)
			return true;
	return false;
}

void
call_sweep(struct call *c)
{
	for (uint32_t i = 0; i < c->n_media; i++) {
		struct media *m = c->media[i];

		if (m->use != MEDIA_PROPOSED || names(c->pending[SIDE_ACCESS], m->id) ||
		    names(c->pending[SIDE_CORE], m->id) || names(c->agreed, m->id))
			continue;
		m->use = MEDIA_LEAVING;
		media_release(m);
	}
}

static void
on_leaving(struct loop_timer *t)
{
	struct call *c = t->arg;

	for (uint32_t i = 0; i < c->n_media; i++)
		if (c->media[i]->use == MEDIA_LEAVING)
			media_release(c->media[i]);
}

/* A replaced context lives on until the new connection had its time to come up, unless its peer's certificate is
 * not the one that was agreed on any more. */
static void
let_go(struct call *c, struct media *old, const struct media *successor)
{
	old->use = MEDIA_LEAVING;
	if (successor && old->treatment == successor->treatment &&
	    fpr_set_equal(&old->want[SIDE_ACCESS].remote_fprs, &successor->want[SIDE_ACCESS].remote_fprs))
		loop_timer_set(&c->leaving, ALG_SUCCESSION_MS);
	else
		media_release(old);
}

/* ---- offers ---- */

bool
call_is_whole(const struct call *c, const struct proposal *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (p->line[i].media && !call_find_media(c, p->line[i].media))
			return false;
	return true;
}

void
call_roll_back(struct call *c, enum side from)
{
	if (!c->pending[from])
		return;
	proposal_free(c->pending[from]);
	c->pending[from] = NULL;
	call_sweep(c);
}

static void
on_stale(struct loop_timer *t)
{
	struct call *c = t->arg;

	if (c->now) {
		loop_timer_set(&c->stale, ALG_STALE_MS);
		return;
	}
	log_info("offer without an answer is forgotten call=%s", c->call_id);
	call_roll_back(c, SIDE_ACCESS);
	call_roll_back(c, SIDE_CORE);
}

void
call_propose(struct call *c, struct proposal *p)
{
	proposal_free(c->pending[p->from]);
	c->pending[p->from] = p;
	call_sweep(c);
	/* The first offer may ring for as long as it likes. */
	if (c->agreed)
		loop_timer_set(&c->stale, ALG_STALE_MS);
}

struct proposal *
call_answered(const struct call *c, enum side offerer)
{
	if (c->pending[offerer])
		return c->pending[offerer];
	if (c->agreed && c->agreed->from == offerer)
		return c->agreed;
	/* A script may be wrong about sides as long as only one offer is there. */
	return c->pending[side_other(offerer)] ? c->pending[side_other(offerer)] : c->agreed;
}

/* ---- answers ---- */

static void
forget_dialogs(struct call *c)
{
	LIST_EACH(it, &c->dialogs)
		dialog_free(LIST_OF(it, struct dialog, node));
	c->n_dialogs = 0;
}

void
call_agree(struct call *c, struct proposal *p, struct media *const *used, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (used[i] && used[i]->use == MEDIA_PROPOSED)
			used[i]->use = MEDIA_AGREED;
	for (uint32_t i = 0; i < c->n_media; i++) {
		struct media *m = c->media[i];
		const struct media *successor = m->index < n ? used[m->index] : NULL;

		if (m == successor)
			continue;
		if (m->use == MEDIA_AGREED)
			let_go(c, m, successor);
		else if (m->use == MEDIA_PROPOSED && names(p, m->id)) /* refused; a branch that wants it later hears so */
			let_go(c, m, NULL);
	}
	if (p != c->agreed) {
		c->pending[p->from] = NULL;
		proposal_free(c->agreed);
		c->agreed = p;
		forget_dialogs(c);
	}
	if (!c->pending[SIDE_ACCESS] && !c->pending[SIDE_CORE])
		loop_timer_stop(&c->stale);
	call_sweep(c);
}

struct dialog *
call_find_dialog(const struct call *c, struct span to_tag)
{
	LIST_EACH(it, &c->dialogs) {
		struct dialog *d = LIST_OF(it, struct dialog, node);

		if (span_eqs(to_tag, d->to_tag))
			return d;
	}
	return NULL;
}

struct dialog *
call_need_dialog(struct call *c, struct span to_tag)
{
	struct dialog *d = call_find_dialog(c, to_tag);

	if (d || !(d = dialog_new(to_tag)))
		return d;
	if (c->n_dialogs == ALG_DIALOGS_MAX)
		dialog_free(LIST_OF(c->dialogs.next, struct dialog, node));
	else
		c->n_dialogs++;
	list_append(&c->dialogs, &d->node);
	return d;
}

int
call_enter_dialog(struct call *c, const struct dialog *d)
{
	char *copy;

	if (!d->to_tag[0] || span_eqs(span_str(d->to_tag), c->to_tag))
		return 0;
	if (!(copy = span_dup(span_str(d->to_tag))))
		return ERR_NOMEM;
	free(c->to_tag);
	c->to_tag = copy;
	return 0;
}

/* ---- life ---- */

void
call_agree_init(struct call *c)
{
	list_init(&c->dialogs);
	loop_timer_init(&c->leaving, c->calls->loop, on_leaving, c);
	loop_timer_init(&c->stale, c->calls->loop, on_stale, c);
}

void
call_agree_fini(struct call *c)
{
	loop_timer_stop(&c->leaving);
	loop_timer_stop(&c->stale);
	for (int s = 0; s < SIDES; s++)
		proposal_free(c->pending[s]);
	proposal_free(c->agreed);
	forget_dialogs(c);
}
