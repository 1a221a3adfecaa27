/* SPDX-License-Identifier: BSD-2-Clause */
/* Events, ObservedEvents and Signals, with what events may embed. */
#include "proto/base/err.h"
#include "proto/codec/mgco_parse.h"

/* Where an event stands decides what it may hold: an embedded one embeds signals only. So nesting ends by
 * itself. */
enum level { WANTED, EMBEDDED, SEEN };

static struct mgco_events *parse_event_list(struct mgco_lex *l, enum level level);

static struct span
parse_pkgd(struct mgco_lex *l, const char *why)
{
	struct span w = mgco_lex_word(l, why);

	if (!l->err && !mgco_lex_is_pkgd(w))
		mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, why, w.p);
	return w;
}

static uint16_t
parse_stream_id(struct mgco_lex *l)
{
	uint32_t id = 0;

	mgco_lex_need(l, '=', "\"=\" expected after Stream");
	mgco_lex_u32(l, 65535, MGCO_BAD_NAME, "stream id expected", &id);
	return (uint16_t)id;
}

static void
parse_param(struct mgco_lex *l, struct span name, struct mgco_prop **list)
{
	if (!l->err && !mgco_lex_is_name(name))
		mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, "parameter expected", name.p);
	mgco_parse_prop(l, name, list, l->level);
}

/* Embed { Signals, Events = id {} } of an event; without the Events of an embedded one. */
static void
parse_embed(struct mgco_lex *l, enum level level, struct mgco_event *ev)
{
	mgco_lex_open(l);
	do {
		struct span w = mgco_lex_word(l, "Signals or Events expected");
		enum mgco_tok tok = mgco_lex_tok(w);

		if (tok == TOK_SIGNALS && !ev->embed_signals && !ev->embed_events)
			ev->embed_signals = mgco_parse_signals(l);
		else if (tok == TOK_EVENTS && !ev->embed_events && level == WANTED)
			ev->embed_events = parse_event_list(l, EMBEDDED);
		else if (!l->err)
			mgco_lex_fail(l, ERR_SYNTAX, l->level, "Signals or Events cannot be embedded here",
				      w.p);
	} while (mgco_lex_more(l));
}

static void
parse_event_param(struct mgco_lex *l, enum level level, struct mgco_event *ev)
{
	struct span w = mgco_lex_word(l, "event parameter expected");
	enum mgco_tok tok = mgco_lex_tok(w);

	if (tok == TOK_STREAM) {
		ev->stream = parse_stream_id(l);
	} else if (tok == TOK_KEEPACTIVE && level != SEEN) {
		ev->keep_active = true;
	} else if (tok == TOK_EMBED && level != SEEN && !ev->embed_events && !ev->embed_signals) {
		parse_embed(l, level, ev);
	} else if (tok == TOK_DIGITMAP && level != SEEN) {
		mgco_lex_fail(l, ERR_SYNTAX, MGCO_UNKNOWN_PARAMETER, "digit maps are not supported", w.p);
	} else {
		parse_param(l, w, &ev->params);
	}
	if (ev->keep_active && ev->embed_signals)
		mgco_lex_fail(l, ERR_SYNTAX, l->level, "KeepActive and embedded signals exclude each other",
			      w.p);
}

static void
parse_event(struct mgco_lex *l, enum level level, struct mgco_event *ev)
{
	struct span w = mgco_lex_word(l, "event expected");

	if (level == SEEN && mgco_lex_is_time(w)) {
		ev->timestamp = w;
		mgco_lex_need(l, ':', "\":\" expected after the time stamp");
		w = mgco_lex_word(l, "event expected");
	}
	if (!l->err && !mgco_lex_is_pkgd(w))
		mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, "not the name of an event", w.p);
	ev->name = w;
	if (mgco_lex_peek(l) != '{')
		return;
	mgco_lex_open(l);
	do {
		parse_event_param(l, level, ev);
	} while (mgco_lex_more(l));
}

/* "= id { events }"; bare where that is allowed. */
static struct mgco_events *
parse_event_list(struct mgco_lex *l, enum level level)
{
	struct mgco_events *list = MGCO_NODE(l, struct mgco_events);
	struct mgco_event **tail = list ? &list->events : NULL;

	if (!list || ((level != SEEN || l->is_reply) && mgco_lex_peek(l) != '='))
		return list;
	mgco_lex_need(l, '=', "\"=\" expected before the request id");
	list->has_id = mgco_lex_request_id(l, &list->id);
	mgco_lex_open(l);
	do {
		*tail = MGCO_NODE(l, struct mgco_event);
		if (!*tail)
			return list;
		parse_event(l, level, *tail);
		tail = &(*tail)->next;
	} while (mgco_lex_more(l));
	return list;
}

struct mgco_events *
mgco_parse_events(struct mgco_lex *l)
{
	return parse_event_list(l, WANTED);
}

struct mgco_events *
mgco_parse_observed(struct mgco_lex *l)
{
	return parse_event_list(l, SEEN);
}

static void
parse_completion(struct mgco_lex *l, struct mgco_signal *s)
{
	static const enum mgco_tok toks[] = { TOK_TIMEOUT, TOK_INTBYEVENT, TOK_INTBYSIG, TOK_OTHERREASON };
	unsigned i;

	mgco_lex_need(l, '=', "\"=\" expected after NotifyCompletion");
	mgco_lex_open(l);
	do {
		struct span w = mgco_lex_word(l, "reason of completion expected");
		enum mgco_tok tok = mgco_lex_tok(w);

		for (i = 0; i < 4 && toks[i] != tok; i++)
			;
		if (i == 4)
			mgco_lex_fail(l, ERR_SYNTAX, l->level, "reason of completion expected", w.p);
		else
			s->notify_on |= (uint8_t)(1u << i);
	} while (mgco_lex_more(l));
}

static void
parse_signal_param(struct mgco_lex *l, struct mgco_signal *s)
{
	static const enum mgco_tok types[] = { TOK_ONOFF, TOK_TIMEOUT, TOK_BRIEF };
	struct span w = mgco_lex_word(l, "signal parameter expected");
	enum mgco_tok tok = mgco_lex_tok(w);

	if (tok == TOK_STREAM) {
		s->stream = parse_stream_id(l);
	} else if (tok == TOK_SIGNALTYPE) {
		s->type =
		    (enum mgco_sigtype)(MGCO_SY_ONOFF + mgco_parse_choice(l, types, 3, "signal type expected"));
	} else if (tok == TOK_DURATION) {
		mgco_lex_need(l, '=', "\"=\" expected after Duration");
		s->has_duration = mgco_lex_u32(l, 65535, l->level, "duration expected", &s->duration);
	} else if (tok == TOK_NOTIFYCOMPLETION) {
		parse_completion(l, s);
	} else if (tok == TOK_KEEPACTIVE) {
		s->keep_active = true;
	} else {
		parse_param(l, w, &s->params);
	}
}

static struct mgco_signal *
parse_signal(struct mgco_lex *l, struct span name, uint16_t list_id)
{
	struct mgco_signal *s = MGCO_NODE(l, struct mgco_signal);

	if (!s)
		return NULL;
	if (!mgco_lex_is_pkgd(name))
		mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, "not the name of a signal", name.p);
	s->name = name;
	s->list_id = list_id;
	if (mgco_lex_peek(l) != '{')
		return s;
	mgco_lex_open(l);
	do {
		parse_signal_param(l, s);
	} while (mgco_lex_more(l));
	return s;
}

/* SignalList = id { signals }, after the token; returns where the next signal goes. */
static struct mgco_signal **
parse_signal_list(struct mgco_lex *l, struct mgco_signal **tail)
{
	uint32_t id = 0;
	const char *at;

	mgco_lex_need(l, '=', "\"=\" expected after SignalList");
	at = l->p;
	if (mgco_lex_u32(l, 65535, MGCO_BAD_NAME, "signal list id expected", &id) && id == 0)
		mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, "signal list 0 is not supported", at);
	mgco_lex_open(l);
	do {
		*tail = parse_signal(l, parse_pkgd(l, "signal expected"), (uint16_t)id);
		if (!*tail)
			return tail;
		tail = &(*tail)->next;
	} while (mgco_lex_more(l));
	return tail;
}

/* "Signals", "Signals {}" and "Signals { list }". */
struct mgco_signals *
mgco_parse_signals(struct mgco_lex *l)
{
	struct mgco_signals *list = MGCO_NODE(l, struct mgco_signals);
	struct mgco_signal **tail = list ? &list->signals : NULL;

	if (!list || mgco_lex_peek(l) != '{')
		return list;
	mgco_lex_open(l);
	if (mgco_lex_peek(l) == '}') {
		mgco_lex_close(l);
		return list;
	}
	do {
		struct span w = mgco_lex_word(l, "signal expected");

		if (l->err)
			break;
		if (mgco_lex_tok(w) == TOK_SIGNALLIST) {
			tail = parse_signal_list(l, tail);
			continue;
		}
		*tail = parse_signal(l, w, 0);
		if (*tail)
			tail = &(*tail)->next;
	} while (mgco_lex_more(l));
	return list;
}
