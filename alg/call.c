/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/call_priv.h"

#include <stdlib.h>

#include "proto/base/log.h"

/* ---- life ---- */

static void
call_free(struct call *c)
{
	struct calls *cs = c->calls;

	loop_timer_stop(&c->timer);
	loop_timer_stop(&c->watch);
	loop_defer_cancel(&c->reaper);
	exchange_free(c->now);
	call_queue_fini(c);
	call_agree_fini(c);
	for (uint32_t i = 0; i < c->n_media; i++)
		media_free(c->media[i]);
	free(c->call_id);
	free(c->from_tag);
	free(c->to_tag);
	free(c->via_branch);
	list_unlink(&c->node);
	slots_remove(&cs->ids, c->id);
	free(c);
}

static void
reap(void *arg)
{
	call_free(arg);
}

static void
leave_bucket(struct call *c)
{
	struct calls *cs = c->calls;
	struct call_bucket *b = c->bucket;

	list_unlink(&c->node);
	c->bucket = NULL;
	cs->live--;
	if (--b->n)
		return;
	HASH_DEL(cs->buckets, b);
	free(b->call_id);
	free(b);
}

static struct call_bucket *
need_bucket(struct calls *cs, struct span call_id)
{
	struct call_bucket *b = bucket_find(cs, call_id);

	if (b)
		return b;
	if (!(b = calloc(1, sizeof(*b))) || !(b->call_id = span_dup(call_id))) {
		free(b);
		return NULL;
	}
	list_init(&b->calls);
	HASH_ADD_KEYPTR(hh, cs->buckets, b->call_id, call_id.len, b);
	if (!b->hh.tbl) {
		free(b->call_id);
		free(b);
		return NULL;
	}
	return b;
}

static void
drop_if_empty(struct calls *cs, struct call_bucket *b)
{
	if (b->n)
		return;
	HASH_DEL(cs->buckets, b);
	free(b->call_id);
	free(b);
}

static void
on_end_timer(struct loop_timer *t);

struct call *
call_new(struct calls *cs, const struct alg_request *req)
{
	struct call_bucket *b;
	struct call *c;

	if (cs->ids.used >= ALG_CALLS_MAX || !(b = need_bucket(cs, req->call_id)))
		return NULL;
	c = b->n < ALG_SPIRAL_MAX ? calloc(1, sizeof(*c)) : NULL;
	if (!c) {
		drop_if_empty(cs, b);
		return NULL;
	}
	list_init(&c->node);
	c->calls = cs;
	loop_timer_init(&c->timer, cs->loop, on_end_timer, c);
	loop_timer_init(&c->watch, cs->loop, call_on_watch, c);
	loop_defer_init(&c->reaper);
	call_agree_init(c);
	call_queue_init(c);
	c->call_id = span_dup(req->call_id);
	c->from_tag = span_dup(req->from_tag);
	c->to_tag = span_dup(req->to_tag);
	c->via_branch = span_dup(req->via_branch);
	c->id = slots_add(&cs->ids, c);
	if (!c->call_id || !c->from_tag || !c->to_tag || !c->via_branch || !c->id) {
		drop_if_empty(cs, b);
		call_free(c);
		return NULL;
	}
	c->has_direction = req->has_direction;
	c->from = req->has_direction ? req->from : SIDE_CORE;
	c->interlink = cs->conf.flow.interlink;
	for (int s = 0; s < SIDES; s++)
		c->prefer[s] = cs->conf.flow.prefer[s];
	c->created = c->last_signal = time(NULL);
	c->bucket = b;
	list_append(&b->calls, &c->node);
	b->n++;
	cs->live++;
	cs->conf.stats->calls_total++;
	return c;
}

void
call_done(struct call *c, slot_id waiter, const struct alg_result *r)
{
	c->calls->done(c->calls->arg, waiter, r);
}

static bool
all_ended(const struct call *c)
{
	for (uint32_t i = 0; i < c->n_media; i++)
		if (!media_is_ended(c->media[i]))
			return false;
	return true;
}

static void
answer_deletes(struct call *c)
{
	struct alg_result r = { .call = c };
	uint32_t n = c->n_waiters;

	c->n_waiters = 0;
	loop_timer_stop(&c->timer);
	for (uint32_t i = 0; i < n; i++)
		call_done(c, c->waiters[i], &r);
}

static void
on_end_timer(struct loop_timer *t)
{
	struct call *c = t->arg;

	c->calls->conf.stats->gateway_timeouts++;
	log_notice("gateway does not answer the release call=%s gw=%s", c->call_id, agwset_mid(c->calls->conf.agws, c->gw));
	answer_deletes(c);
}

static void
check_end(struct call *c)
{
	if (!c->ending || !all_ended(c))
		return;
	answer_deletes(c);
	loop_defer(c->calls->loop, &c->reaper, reap, c);
}

void
call_end(struct call *c)
{
	if (c->ending)
		return;
	c->ending = true;
	loop_timer_stop(&c->watch);
	leave_bucket(c);
	list_append(&c->calls->ending, &c->node);
	if (c->now)
		exchange_cancel(c->now, "deleted: the call was deleted meanwhile");
	call_queue_cancel(c, "deleted: the call was deleted meanwhile");
	for (uint32_t i = 0; i < c->n_media; i++)
		media_release(c->media[i]);
	check_end(c);
}

/* ---- media ---- */

static void
on_media(void *owner, struct media *m, enum media_report r)
{
	struct call *c = owner;

	switch (r) {
	case MEDIA_DONE:
	case MEDIA_FAILED:
		if (c->now)
			exchange_on_media(c->now, m, r);
		if (r == MEDIA_DONE && m->fsm.state == MEDIA_ACTIVE)
			call_on_configured(c);
		if (r == MEDIA_FAILED && m->fsm.state != MEDIA_ACTIVE) /* agreed, and given up in the middle of a change */
			call_on_trouble(c, m, m->reason, m->ctx);
		return;
	case MEDIA_ENDED:
		check_end(c);
		return;
	case MEDIA_TROUBLE:
		call_on_trouble(c, m, m->reason, m->ctx);
		return;
	case MEDIA_UP:
		call_on_established(c);
		return;
	}
}

/* What has left and ended makes room, its own line's first: a query shows the others as long as it can. */
static uint32_t
free_place(const struct call *c, uint32_t index)
{
	uint32_t at = c->n_media;

	for (uint32_t i = 0; i < c->n_media; i++) {
		const struct media *m = c->media[i];

		if (m->use != MEDIA_LEAVING || !media_is_ended(m))
			continue;
		if (m->index == index)
			return i;
		if (c->n_media == ALG_CONTEXTS_MAX)
			at = i;
	}
	return at;
}

int
call_add_media(struct call *c, uint32_t index, struct media **out)
{
	uint32_t at = free_place(c, index), lines = 0;
	struct media *m;

	for (uint32_t i = 0; i < c->n_media; i++)
		lines += c->media[i]->use == MEDIA_PROPOSED && !media_is_ended(c->media[i]);
	if (at == ALG_CONTEXTS_MAX || lines >= ALG_MEDIA_MAX)
		return ERR_LIMIT;
	if (!(m = media_new(&c->calls->env, c->gw, index, on_media, c)))
		return ERR_NOMEM;
	if (at < c->n_media)
		media_free(c->media[at]);
	else
		c->n_media++;
	c->media[at] = m;
	*out = m;
	return 0;
}

const char *
call_state_name(const struct call *c)
{
	if (c->ending)
		return "ending";
	if (c->agreed)
		return "answered";
	return c->pending[SIDE_ACCESS] || c->pending[SIDE_CORE] ? "offered" : "new";
}

/* ---- from the gateways ---- */

void
calls_on_reply(void *arg, slot_id user, unsigned what, int err, const struct mgco_txn *reply)
{
	struct calls *cs = arg;
	struct media *m = slots_find(&cs->media_ids, user);

	if (m)
		media_on_reply(m, (enum media_request)what, err, reply);
}

bool
calls_on_observed(void *arg, slot_id user, struct span term, const struct mgco_events *observed)
{
	struct calls *cs = arg;
	struct media *m = slots_find(&cs->media_ids, user);

	if (m && !media_expects(m, term, observed->id))
		return false;
	for (const struct mgco_event *e = observed->events; e && m; e = e->next) {
		media_on_observed(m, term, e);
		m = slots_find(&cs->media_ids, user); /* the event may have been its end */
	}
	return true;
}

void
calls_on_out(void *arg, slot_id user, struct span term)
{
	struct calls *cs = arg;
	struct media *m = slots_find(&cs->media_ids, user);

	if (m)
		media_on_out(m, term);
}

void
calls_on_lost(void *arg, slot_id user)
{
	struct calls *cs = arg;
	struct media *m = slots_find(&cs->media_ids, user);
	struct call *c = m ? m->owner : NULL;
	uint32_t ctx = m ? m->ctx : 0;

	if (!m)
		return;
	log_warning("call lost its context call=%s line=%u", c->call_id, m->index + 1);
	media_on_lost(m);
	call_on_trouble(c, m, m->reason, ctx); /* unless that ended it */
}

void
calls_on_host(void *arg, uint64_t tag, const char *name, const struct addr *a)
{
	struct calls *cs = arg;
	struct call *c = slots_find(&cs->ids, tag);

	if (c && c->now)
		exchange_on_host(c->now, name, a);
}

struct calls *
calls_new(struct loop *l, const struct calls_conf *conf, alg_done_fn done, void *arg)
{
	struct calls *cs = calloc(1, sizeof(*cs));

	if (!cs)
		return NULL;
	*cs = (struct calls){ .loop = l, .conf = *conf, .done = done, .arg = arg };
	list_init(&cs->ending);
	slots_init(&cs->ids, ALG_CALLS_MAX);
	slots_init(&cs->media_ids, ALG_CALLS_MAX);
	cs->env = (struct media_env){
		.slots = &cs->media_ids,
		.agws = conf->agws,
		.names = conf->names,
		.stats = conf->stats,
		.report_up = conf->on_failure.establish_ms || conf->on_failure.wait,
		.loop = l,
		.refused_log = &cs->gateway_log,
		.report_log = &cs->report_log,
	};
	return cs;
}

void
calls_free(struct calls *cs)
{
	struct call_bucket *b, *next;

	if (!cs)
		return;
	HASH_ITER(hh, cs->buckets, b, next) {
		/* The last one takes the bucket along. */
		for (uint32_t n = b->n; n; n--) {
			struct call *c = LIST_OF(b->calls.next, struct call, node);

			leave_bucket(c);
			call_free(c);
		}
	}
	LIST_EACH(it, &cs->ending)
		call_free(LIST_OF(it, struct call, node));
	slots_fini(&cs->ids);
	slots_fini(&cs->media_ids);
	free(cs);
}
