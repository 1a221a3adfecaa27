/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/ctx.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1 /* an element that did not get in has no table */
#include <uthash.h>

#include "agw/ctx_stream.h"
#include "agw/realm.h"

struct ctx_node {
	struct ctx ctx; /* first: a struct ctx of ours is also its node */
	UT_hash_handle hh;
};

struct term_node {
	struct term term; /* first */
	UT_hash_handle hh;
};

void
ctxs_init(struct ctxs *x, const struct ctx_env *env)
{
	*x = (struct ctxs){ .env = *env };
	x->keeps_filter_fds = env->syngate && syngate_filters_sockets(env->syngate);
	/* A relay that is being closed still has its id for a moment. */
	slots_init(&x->relays, 2 * TERM_STREAMS_MAX * env->max_contexts);
	list_init(&x->all);
	list_init(&x->unsent);
	list_init(&x->ended);
	loop_timer_init(&x->again, env->loop, ctx_stream_on_again, x);
}

struct term *
ctxs_new_term(struct ctxs *x, struct realm *realm)
{
	struct term_node *n = calloc(1, sizeof(*n));
	struct term *t;

	if (!n)
		return NULL;
	t = &n->term;
	t->number = ++x->last_term;
	t->realm = realm;
	realm->sessions++;
	t->added_ms = t->heard_ms = loop_now_ms(x->env.loop);
	(void)snprintf(t->name, sizeof(t->name), "ip/1/%s/%u", realm->name, (unsigned)t->number);
	list_init(&t->ended);
	loop_timer_init(&t->thb, x->env.loop, x->env.on_thb, t);
	HASH_ADD_KEYPTR(hh, x->by_number, &t->number, sizeof(t->number), n);
	if (!n->hh.tbl) {
		realm->sessions--;
		free(n);
		return NULL;
	}
	x->n_terms++;
	return t;
}

void
ctxs_free_term(struct ctxs *x, struct term *t)
{
	struct term_node *n = LIST_OF(t, struct term_node, term);

	HASH_DEL(x->by_number, n);
	t->realm->sessions--;
	x->n_terms--;
	list_unlink(&t->ended);
	loop_timer_stop(&t->thb);
	if (t->turn)
		loop_timer_stop(t->turn);
	free(t->turn);
	free(n);
}

void
ctxs_fini(struct ctxs *x)
{
	struct ctx_stream *s;
	uint32_t cursor = 0;

	loop_timer_stop(&x->again);
	LIST_EACH(it, &x->all) {
		struct ctx *c = LIST_OF(it, struct ctx, node);

		for (unsigned i = 0; i < CTX_TERMS_MAX; i++)
			if (c->terms[i])
				ctx_remove_term(c->terms[i]);
		ctx_free(c);
	}
	while ((s = slots_next(&x->relays, &cursor)))
		ctx_stream_free(x, s);
	slots_fini(&x->relays);
}

static unsigned
least_loaded(const struct ctxs *x)
{
	unsigned best = 0;

	for (unsigned i = 1; i < x->env.n_workers; i++)
		if (x->load[i] < x->load[best])
			best = i;
	return best;
}

int
ctx_new(struct ctxs *x, struct ctx **ctx)
{
	struct ctx_node *n;
	struct ctx *c;

	if (x->n >= x->env.max_contexts || !list_is_empty(&x->unsent)) {
		x->refused++;
		return ERR_LIMIT;
	}
	n = calloc(1, sizeof(*n));
	if (!n)
		return ERR_NOMEM;
	c = &n->ctx;
	/* Ids run on so that a late command of an old call does not meet a new one; 0 and the last two mean
	 * other things in H.248. */
	do
		x->last_ctx = x->last_ctx >= 0xFFFFFFF0u ? 1 : x->last_ctx + 1;
	while (ctx_find(x, x->last_ctx));
	c->id = x->last_ctx;
	c->table = x;
	c->worker = least_loaded(x);
	c->born_ms = loop_now_ms(x->env.loop);
	HASH_ADD_KEYPTR(hh, x->by_id, &c->id, sizeof(c->id), n);
	if (!n->hh.tbl) {
		free(n);
		return ERR_NOMEM;
	}
	list_append(&x->all, &c->node);
	x->n++;
	x->load[c->worker]++;
	*ctx = c;
	return 0;
}

struct ctx *
ctx_find(const struct ctxs *x, uint32_t id)
{
	struct ctx_node *n;

	HASH_FIND(hh, x->by_id, &id, sizeof(id), n);
	return n ? &n->ctx : NULL;
}

unsigned
ctx_n_terms(const struct ctx *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < CTX_TERMS_MAX; i++)
		n += c->terms[i] != NULL;
	return n;
}

void
ctx_free(struct ctx *c)
{
	struct ctxs *x = c->table;
	struct ctx_node *n = LIST_OF(c, struct ctx_node, ctx);

	assert(ctx_n_terms(c) == 0);
	while (c->streams) {
		struct ctx_stream *s = c->streams;

		/* Only without a last ctx_post(), at the end of everything: nobody will answer. */
		c->streams = s->next;
		ctx_stream_free(x, s);
	}
	HASH_DEL(x->by_id, n);
	list_unlink(&c->node);
	x->n--;
	x->load[c->worker]--;
	free(n);
}

void
ctx_drop(struct ctx *c)
{
	for (unsigned i = 0; i < CTX_TERMS_MAX; i++)
		if (c->terms[i])
			ctx_remove_term(c->terms[i]);
	(void)ctx_post(c);
	ctx_free(c);
}

struct term *
ctxs_find_term(const struct ctxs *x, struct span name)
{
	struct span rest = name, last = SPAN_NULL;
	struct term_node *n;
	uint32_t number;

	while (rest.p)
		last = span_cut(&rest, '/');
	if (span_u32(last, UINT32_MAX, &number) != 0)
		return NULL;
	HASH_FIND(hh, x->by_number, &number, sizeof(number), n);
	return n && span_caseeqs(name, n->term.name) ? &n->term : NULL;
}

static struct ctx_stream *
find_stream(const struct ctx *c, uint16_t id)
{
	struct ctx_stream *s = c->streams;

	while (s && s->id != id)
		s = s->next;
	return s;
}

int
ctx_reserve_stream(struct ctx *c, uint16_t id)
{
	struct ctx_stream *s, **end = &c->streams;

	if (find_stream(c, id))
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return ERR_NOMEM;
	s->relay = slots_add(&c->table->relays, s);
	if (!s->relay) {
		free(s);
		return ERR_NOMEM;
	}
	s->id = id;
	s->table = c->table;
	list_init(&s->unsent);
	s->ctx = c;
	s->worker = c->worker;
	while (*end)
		end = &(*end)->next;
	*end = s;
	return 0;
}

void
ctx_join_streams(struct term *t)
{
	for (unsigned i = 0; i < t->n_streams; i++) {
		struct ctx_stream *s = find_stream(t->ctx, t->streams[i]->id);

		assert(s);
		s->side[t->side] = t->streams[i];
		s->is_dirty[t->side] = true;
	}
}

void
ctx_add_term(struct ctx *c, struct term *t)
{
	unsigned side = 0;

	while (side < CTX_TERMS_MAX && c->terms[side])
		side++;
	assert(side < CTX_TERMS_MAX);
	t->ctx = c;
	t->side = side;
	c->terms[side] = t;
	ctx_join_streams(t);
}

void
ctx_remove_term(struct term *t)
{
	struct ctx *c = t->ctx;

	for (struct ctx_stream *s = c->streams; s; s = s->next) {
		struct term_stream *mine = s->side[t->side];

		if (!mine)
			continue;
		mine->is_gone = true;
		ctx_arm_gate(c->table, mine);
		s->side[t->side] = NULL;
		s->has_left[t->side] = true;
		s->is_dirty[t->side] = true;
		mine->next = s->leaving;
		s->leaving = mine;
	}
	c->terms[t->side] = NULL;
	ctxs_free_term(c->table, t);
}

void
ctx_want_stats(struct term *t, uint64_t tag)
{
	for (struct ctx_stream *s = t->ctx->streams; s; s = s->next)
		if (s->side[t->side]) {
			if (s->want != tag)
				ctx_stream_unask(s);
			s->want = tag;
		}
}

unsigned
ctx_post(struct ctx *c)
{
	struct ctx_stream **at = &c->streams;
	unsigned answers = 0;

	while (*at) {
		struct ctx_stream *s = *at;

		answers += ctx_stream_post(s);
		if (s->side[0] || s->side[1]) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		s->ctx = NULL;
		if (!s->is_open) {
			ctx_stream_unask(s);
			ctx_stream_free(c->table, s);
		}
	}
	return answers;
}

struct ctx_stream *
ctxs_find_relay(const struct ctxs *x, slot_id relay)
{
	return slots_find(&x->relays, relay);
}
