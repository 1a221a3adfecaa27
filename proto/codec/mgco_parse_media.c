/* SPDX-License-Identifier: BSD-2-Clause */
/* mediaDescriptor: TerminationState, Stream, LocalControl, Local, Remote. */
#include "proto/base/err.h"
#include "proto/codec/mgco_parse.h"

static bool
twice(struct mgco_lex *l, bool seen, uint32_t code, struct span what)
{
	return seen && !mgco_lex_fail(l, ERR_SYNTAX, code, "appears twice in one descriptor", what.p);
}

static void
parse_property(struct mgco_lex *l, struct span name, struct mgco_prop **list)
{
	if (!l->err && !mgco_lex_is_pkgd(name))
		mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, "not the name of a property", name.p);
	mgco_parse_prop(l, name, list, MGCO_PROPERTY_TWICE);
}

static enum mgco_tri
parse_on_off(struct mgco_lex *l)
{
	static const enum mgco_tok toks[] = { TOK_ON, TOK_OFF };

	return mgco_parse_choice(l, toks, 2, "ON or OFF expected") == 0 ? MGCO_ON : MGCO_OFF;
}

static enum mgco_mode
parse_mode(struct mgco_lex *l)
{
	static const enum mgco_tok toks[] = { TOK_SENDONLY, TOK_RECVONLY, TOK_SENDRECV, TOK_INACTIVE,
					      TOK_LOOPBACK };
	static const enum mgco_mode modes[] = { MGCO_SENDONLY, MGCO_RECVONLY, MGCO_SENDRECV,
						MGCO_INACTIVE, MGCO_LOOPBACK, MGCO_MODE_ABSENT };

	return modes[mgco_parse_choice(l, toks, 5, "stream mode expected")];
}

static struct mgco_localcontrol *
parse_localcontrol(struct mgco_lex *l)
{
	struct mgco_localcontrol *lc = MGCO_NODE(l, struct mgco_localcontrol);

	if (!lc)
		return NULL;
	mgco_lex_open(l);
	do {
		struct span w = mgco_lex_word(l, "property expected");
		enum mgco_tok tok = mgco_lex_tok(w);

		if (tok == TOK_MODE && !twice(l, lc->mode != MGCO_MODE_ABSENT, MGCO_PROPERTY_TWICE, w))
			lc->mode = parse_mode(l);
		else if (tok == TOK_RESERVEDVALUE && !twice(l, lc->reserve_value != MGCO_ABSENT, MGCO_PROPERTY_TWICE, w))
			lc->reserve_value = parse_on_off(l);
		else if (tok == TOK_RESERVEDGROUP && !twice(l, lc->reserve_group != MGCO_ABSENT, MGCO_PROPERTY_TWICE, w))
			lc->reserve_group = parse_on_off(l);
		else
			parse_property(l, w, &lc->props);
	} while (mgco_lex_more(l));
	return lc;
}

static struct mgco_termstate *
parse_termstate(struct mgco_lex *l)
{
	static const enum mgco_tok states[] = { TOK_INSERVICE, TOK_OUTOFSERVICE, TOK_TEST };
	static const enum mgco_tok buffers[] = { TOK_LOCKSTEP, TOK_OFF };
	struct mgco_termstate *ts = MGCO_NODE(l, struct mgco_termstate);

	if (!ts)
		return NULL;
	mgco_lex_open(l);
	do {
		struct span w = mgco_lex_word(l, "property expected");
		enum mgco_tok tok = mgco_lex_tok(w);

		if (tok == TOK_SERVICESTATES && !twice(l, ts->service != MGCO_SI_ABSENT, MGCO_PROPERTY_TWICE, w))
			ts->service = (enum mgco_service_state)(
			    MGCO_SI_INSERVICE + mgco_parse_choice(l, states, 3, "service state expected"));
		else if (tok == TOK_BUFFER && !twice(l, ts->event_buffer != MGCO_ABSENT, MGCO_PROPERTY_TWICE, w))
			ts->event_buffer = (enum mgco_tri)(
			    MGCO_ON + mgco_parse_choice(l, buffers, 2, "LockStep or OFF expected"));
		else
			parse_property(l, w, &ts->props);
	} while (mgco_lex_more(l));
	return ts;
}

/* LocalControl, Local or Remote; false when the word is none of them. */
static bool
parse_stream_item(struct mgco_lex *l, struct span w, struct mgco_stream *s)
{
	enum mgco_tok tok = mgco_lex_tok(w);

	if (tok == TOK_LOCALCONTROL && !twice(l, s->lc, MGCO_DESCRIPTOR_TWICE, w)) {
		s->lc = parse_localcontrol(l);
	} else if (tok == TOK_LOCAL && !twice(l, s->has_local, MGCO_DESCRIPTOR_TWICE, w)) {
		s->has_local = mgco_lex_sdp(l, &s->local);
	} else if (tok == TOK_REMOTE && !twice(l, s->has_remote, MGCO_DESCRIPTOR_TWICE, w)) {
		s->has_remote = mgco_lex_sdp(l, &s->remote);
	} else if (!l->err) {
		return false;
	}
	return true;
}

static void
parse_stream(struct mgco_lex *l, struct mgco_media *m, struct mgco_stream *s)
{
	uint32_t id = 0;
	const char *at;

	mgco_lex_need(l, '=', "\"=\" expected after Stream");
	at = l->p;
	mgco_lex_u32(l, 65535, MGCO_BAD_NAME, "stream id expected", &id);
	for (const struct mgco_stream *old = m->streams; old; old = old->next)
		if (old != s && (old->bare || old->id == id))
			mgco_lex_fail(l, ERR_SYNTAX, MGCO_DESCRIPTOR_TWICE, "stream appears twice", at);
	s->id = (uint16_t)id;
	mgco_lex_open(l);
	do {
		struct span w = mgco_lex_word(l, "LocalControl, Local or Remote expected");

		if (!l->err && !parse_stream_item(l, w, s))
			mgco_lex_fail(l, ERR_SYNTAX, MGCO_UNKNOWN_DESCRIPTOR,
				      "LocalControl, Local or Remote expected", w.p);
	} while (mgco_lex_more(l));
}

static struct mgco_stream *
append_stream(struct mgco_lex *l, struct mgco_media *m)
{
	struct mgco_stream **tail = &m->streams;
	unsigned n = 0;

	for (; *tail; tail = &(*tail)->next)
		if (++n >= MGCO_STREAMS_MAX)
			mgco_lex_fail(l, ERR_TOOBIG, MGCO_NO_RESOURCES, "too many streams", l->p);
	*tail = MGCO_NODE(l, struct mgco_stream);
	return *tail;
}

/* One of Stream = n {}, TerminationState {} or, bare, the parts of stream 1. */
static void
parse_media_item(struct mgco_lex *l, struct mgco_media *m)
{
	struct span w = mgco_lex_word(l, "Stream or its parts expected");
	enum mgco_tok tok = mgco_lex_tok(w);
	struct mgco_stream *s = m->streams;

	if (tok == TOK_TERMSTATE) {
		if (!twice(l, m->termstate, MGCO_DESCRIPTOR_TWICE, w))
			m->termstate = parse_termstate(l);
		return;
	}
	if (tok == TOK_STREAM) {
		s = append_stream(l, m);
		if (s)
			parse_stream(l, m, s);
		return;
	}
	if (l->err)
		return;
	if (!s) {
		s = append_stream(l, m);
		if (!s)
			return;
		s->id = 1;
		s->bare = true;
	}
	if (!s->bare)
		mgco_lex_fail(l, ERR_SYNTAX, l->level, "Stream and parts of a stream do not mix", w.p);
	else if (!parse_stream_item(l, w, s))
		mgco_lex_fail(l, ERR_SYNTAX, MGCO_UNKNOWN_DESCRIPTOR, "Stream or its parts expected", w.p);
}

struct mgco_media *
mgco_parse_media(struct mgco_lex *l)
{
	struct mgco_media *m = MGCO_NODE(l, struct mgco_media);

	if (!m || (l->is_reply && mgco_lex_peek(l) != '{'))
		return m;
	mgco_lex_open(l);
	do {
		parse_media_item(l, m);
	} while (mgco_lex_more(l));
	return m;
}
