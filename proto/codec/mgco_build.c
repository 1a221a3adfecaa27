/* SPDX-License-Identifier: BSD-2-Clause */
/* Builders of message trees, and readers of property values. */
#include "proto/base/err.h"
#include "proto/codec/mgco.h"

struct mgco_txn *
mgco_new_request(struct arena *a)
{
	struct mgco_txn *t = ARENA_NEW(a, struct mgco_txn);

	if (t)
		t->kind = MGCO_REQUEST;
	return t;
}

struct mgco_action *
mgco_add_action(struct arena *a, struct mgco_txn *t, uint32_t ctx)
{
	struct mgco_action **tail = t ? &t->actions : NULL;

	if (!tail)
		return NULL;
	while (*tail)
		tail = &(*tail)->next;
	*tail = ARENA_NEW(a, struct mgco_action);
	if (*tail)
		(*tail)->ctx = ctx;
	return *tail;
}

struct mgco_cmd *
mgco_add_cmd(struct arena *a, struct mgco_action *act, enum mgco_cmd_kind kind, struct span term)
{
	struct mgco_cmd **tail = act ? &act->cmds : NULL;

	if (!tail)
		return NULL;
	while (*tail)
		tail = &(*tail)->next;
	*tail = ARENA_NEW(a, struct mgco_cmd);
	if (*tail) {
		(*tail)->kind = kind;
		(*tail)->term = term;
	}
	return *tail;
}

struct mgco_stream *
mgco_need_stream(struct arena *a, struct mgco_cmd *c, uint16_t id)
{
	struct mgco_stream **tail;

	if (!c)
		return NULL;
	if (!c->media)
		c->media = ARENA_NEW(a, struct mgco_media);
	if (!c->media)
		return NULL;
	for (tail = &c->media->streams; *tail; tail = &(*tail)->next)
		if ((*tail)->id == id)
			return *tail;
	*tail = ARENA_NEW(a, struct mgco_stream);
	if (*tail)
		(*tail)->id = id;
	return *tail;
}

struct mgco_localcontrol *
mgco_need_lc(struct arena *a, struct mgco_stream *s)
{
	if (!s)
		return NULL;
	if (!s->lc)
		s->lc = ARENA_NEW(a, struct mgco_localcontrol);
	return s->lc;
}

struct mgco_prop *
mgco_add_prop(struct arena *a, struct mgco_prop **list, const char *name, struct span value, bool quoted)
{
	struct mgco_prop *p;

	if (!list)
		return NULL;
	p = ARENA_NEW(a, struct mgco_prop);
	if (!p)
		return NULL;
	p->name = span_str(name);
	p->has_value = true;
	p->values = ARENA_NEW(a, struct mgco_text);
	if (!p->values)
		return NULL;
	p->values->text = value;
	p->values->quoted = quoted;
	while (*list)
		list = &(*list)->next;
	*list = p;
	return p;
}

struct mgco_event *
mgco_add_event(struct arena *a, struct mgco_events *e, const char *name)
{
	struct mgco_event **tail = e ? &e->events : NULL;

	if (!tail)
		return NULL;
	while (*tail)
		tail = &(*tail)->next;
	*tail = ARENA_NEW(a, struct mgco_event);
	if (*tail)
		(*tail)->name = span_str(name);
	return *tail;
}

struct mgco_signal *
mgco_add_signal(struct arena *a, struct mgco_signals *s, const char *name)
{
	struct mgco_signal **tail = s ? &s->signals : NULL;

	if (!tail)
		return NULL;
	while (*tail)
		tail = &(*tail)->next;
	*tail = ARENA_NEW(a, struct mgco_signal);
	if (*tail)
		(*tail)->name = span_str(name);
	return *tail;
}

struct mgco_error *
mgco_new_error(struct arena *a, uint32_t code, struct span text)
{
	struct mgco_error *e = ARENA_NEW(a, struct mgco_error);

	if (e) {
		e->code = code;
		e->text = text;
	}
	return e;
}

const struct mgco_prop *
mgco_find_prop(const struct mgco_prop *list, const char *name)
{
	while (list && !mgco_name_is(list->name, name))
		list = list->next;
	return list;
}

struct span
mgco_prop_text(const struct mgco_prop *p)
{
	if (!p || p->relation != MGCO_EQUAL || !p->values || p->values->next)
		return SPAN_NULL;
	return p->values->text;
}

int
mgco_prop_bool(const struct mgco_prop *p, bool *v)
{
	struct span text = mgco_prop_text(p);
	bool on = span_caseeqs(text, "on") || span_caseeqs(text, "true");

	if (!on && !span_caseeqs(text, "off") && !span_caseeqs(text, "false"))
		return ERR_SYNTAX;
	*v = on;
	return 0;
}

int
mgco_prop_u32(const struct mgco_prop *p, uint32_t *v)
{
	struct span text = mgco_prop_text(p);
	uint32_t n = 0;

	if (!span_has_caseprefix(text, "0x"))
		return span_u32(text, UINT32_MAX, v);
	if (text.len < 3)
		return ERR_SYNTAX;
	for (size_t i = 2; i < text.len; i++) {
		int digit = span_hex_digit(text.p[i]);

		if (digit < 0)
			return ERR_SYNTAX;
		if (n >> 28)
			return ERR_TOOBIG;
		n = n << 4 | (uint32_t)digit;
	}
	*v = n;
	return 0;
}
