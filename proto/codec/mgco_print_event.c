/* SPDX-License-Identifier: BSD-2-Clause */
/* Events, ObservedEvents and Signals. */
#include "proto/codec/mgco_print.h"

static void
print_stream(struct mgco_printer *p, uint16_t stream)
{
	if (!stream)
		return;
	mgco_print_tok(p, TOK_STREAM);
	mgco_print_equal(p);
	out_u64(p->o, stream);
}

static void
print_event(struct mgco_printer *p, const struct mgco_event *ev)
{
	mgco_print_item(p);
	if (ev->timestamp.len) {
		out_span(p->o, ev->timestamp);
		out_char(p->o, ':');
	}
	out_span(p->o, ev->name);
	if (!ev->stream && !ev->keep_active && !ev->params && !ev->embed_events && !ev->embed_signals)
		return;
	mgco_print_open(p);
	print_stream(p, ev->stream);
	if (ev->keep_active)
		mgco_print_tok(p, TOK_KEEPACTIVE);
	if (ev->embed_events || ev->embed_signals) {
		mgco_print_tok(p, TOK_EMBED);
		mgco_print_open(p);
		if (ev->embed_signals)
			mgco_print_signals(p, ev->embed_signals);
		if (ev->embed_events)
			mgco_print_events(p, TOK_EVENTS, ev->embed_events);
		mgco_print_close(p);
	}
	mgco_print_props(p, ev->params);
	mgco_print_close(p);
}

/* Without events the descriptor stands bare: "Events = 1 { }" is no grammar. */
void
mgco_print_events(struct mgco_printer *p, enum mgco_tok tok, const struct mgco_events *list)
{
	if (!list->events) {
		mgco_print_bare(p, tok);
		return;
	}
	mgco_print_tok(p, tok);
	mgco_print_equal(p);
	if (list->id == UINT32_MAX)
		out_char(p->o, '*');
	else
		out_u64(p->o, list->id);
	mgco_print_open(p);
	for (const struct mgco_event *ev = list->events; ev; ev = ev->next)
		print_event(p, ev);
	mgco_print_close(p);
}

static void
print_completion(struct mgco_printer *p, unsigned notify_on)
{
	static const enum mgco_tok toks[] = { TOK_TIMEOUT, TOK_INTBYEVENT, TOK_INTBYSIG, TOK_OTHERREASON };

	mgco_print_tok(p, TOK_NOTIFYCOMPLETION);
	mgco_print_equal(p);
	mgco_print_open(p);
	for (unsigned i = 0; i < 4; i++)
		if (notify_on & 1u << i)
			mgco_print_tok(p, toks[i]);
	mgco_print_close(p);
}

static void
print_signal(struct mgco_printer *p, const struct mgco_signal *s)
{
	static const enum mgco_tok types[] = { TOK_NONE, TOK_ONOFF, TOK_TIMEOUT, TOK_BRIEF };

	mgco_print_item(p);
	out_span(p->o, s->name);
	if (!s->stream && s->type == MGCO_SY_ABSENT && !s->has_duration && !s->keep_active && !s->notify_on &&
	    !s->params)
		return;
	mgco_print_open(p);
	print_stream(p, s->stream);
	if (s->type != MGCO_SY_ABSENT) {
		mgco_print_tok(p, TOK_SIGNALTYPE);
		mgco_print_equal(p);
		mgco_print_word(p, types[s->type]);
	}
	if (s->has_duration) {
		mgco_print_tok(p, TOK_DURATION);
		mgco_print_equal(p);
		out_u64(p->o, s->duration);
	}
	if (s->notify_on)
		print_completion(p, s->notify_on);
	if (s->keep_active)
		mgco_print_tok(p, TOK_KEEPACTIVE);
	mgco_print_props(p, s->params);
	mgco_print_close(p);
}

/* Neighbours of one list id stand in one SignalList. Empty: the bare token, which nearly all decoders take. */
void
mgco_print_signals(struct mgco_printer *p, const struct mgco_signals *list)
{
	uint16_t list_id = 0;

	if (!list->signals && !p->style.signals_braces) {
		mgco_print_bare(p, TOK_SIGNALS);
		return;
	}
	mgco_print_tok(p, TOK_SIGNALS);
	mgco_print_open(p);
	for (const struct mgco_signal *s = list->signals; s; s = s->next) {
		if (list_id && s->list_id != list_id)
			mgco_print_close(p);
		if (s->list_id && s->list_id != list_id) {
			mgco_print_tok(p, TOK_SIGNALLIST);
			mgco_print_equal(p);
			out_u64(p->o, s->list_id);
			mgco_print_open(p);
		}
		list_id = s->list_id;
		print_signal(p, s);
	}
	if (list_id)
		mgco_print_close(p);
	mgco_print_close(p);
}
