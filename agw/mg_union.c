/* SPDX-License-Identifier: BSD-2-Clause */
/* The Media and Events descriptors of several terminations in one: the reply to a W- audit (H.248.1 7.2.5). */
#include "agw/mg_priv.h"

/* A property that has not the same value everywhere has all of them: {ON,OFF}. */
static void
add_values(struct mg_exec *x, struct mgco_prop *to, const struct mgco_prop *p)
{
	for (const struct mgco_text *v = p->values; v; v = v->next) {
		struct mgco_text **at = &to->values;

		while (*at && !span_caseeq((*at)->text, v->text))
			at = &(*at)->next;
		if (*at)
			continue;
		*at = ARENA_NEW(x->arena, struct mgco_text);
		if (!*at)
			return;
		(*at)->text = v->text;
		(*at)->quoted = v->quoted;
		to->shape = MGCO_ALT;
	}
}

static void
add_props(struct mg_exec *x, struct mgco_prop **list, struct mgco_prop *more)
{
	for (struct mgco_prop *p = more, *next; p; p = next) {
		struct mgco_prop **at = list;

		next = p->next;
		while (*at && !span_caseeq((*at)->name, p->name))
			at = &(*at)->next;
		if (*at) {
			if ((*at)->shape != MGCO_RANGE && p->shape != MGCO_RANGE)
				add_values(x, *at, p);
		} else {
			p->next = NULL;
			*at = p;
		}
	}
}

/* Session descriptions one after the other, as alternatives are. */
static struct span
add_sdp(struct mg_exec *x, struct span a, struct span b)
{
	return span_eq(a, b) ? a : arena_printf(x->arena, "%.*s%.*s", SPAN_FMT(a), SPAN_FMT(b));
}

static void
add_stream(struct mg_exec *x, struct mgco_stream *to, struct mgco_stream *s)
{
	if (to->lc && s->lc) {
		if (to->lc->mode != s->lc->mode)
			to->lc->mode = MGCO_MODE_ABSENT; /* there is no word for two */
		add_props(x, &to->lc->props, s->lc->props);
	} else if (s->lc) {
		to->lc = s->lc;
	}
	if (s->has_local)
		to->local = to->has_local ? add_sdp(x, to->local, s->local) : s->local;
	if (s->has_remote)
		to->remote = to->has_remote ? add_sdp(x, to->remote, s->remote) : s->remote;
	to->has_local |= s->has_local;
	to->has_remote |= s->has_remote;
}

void
mg_add_media(struct mg_exec *x, struct mgco_media *to, struct mgco_media *m)
{
	if (to->termstate && m->termstate && to->termstate->service != m->termstate->service)
		to->termstate->service = MGCO_SI_ABSENT;
	for (struct mgco_stream *s = m->streams, *next; s; s = next) {
		struct mgco_stream **at = &to->streams;

		next = s->next;
		while (*at && (*at)->id != s->id)
			at = &(*at)->next;
		if (*at) {
			add_stream(x, *at, s);
		} else {
			s->next = NULL;
			*at = s;
		}
	}
}

void
mg_add_events(struct mg_exec *x, struct mgco_events *to, struct mgco_events *more)
{
	if (!to || !more)
		return;
	if (!to->has_id) {
		to->has_id = more->has_id;
		to->id = more->id;
	}
	for (struct mgco_event *e = more->events, *next; e; e = next) {
		struct mgco_event **at = &to->events;

		next = e->next;
		while (*at && ((*at)->stream != e->stream || !span_caseeq((*at)->name, e->name)))
			at = &(*at)->next;
		if (*at) {
			add_props(x, &(*at)->params, e->params);
		} else {
			e->next = NULL;
			*at = e;
		}
	}
}
