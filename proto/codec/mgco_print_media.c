/* SPDX-License-Identifier: BSD-2-Clause */
/* Media, and the name = value lists of all descriptors. */
#include "proto/codec/mgco_print.h"

static void
print_value(struct mgco_printer *p, const struct mgco_text *t)
{
	bool quote = (t->quoted && !p->style.few_quotes) || t->text.len == 0;

	/* What was built without quotes, but would not read back without them, gets them. */
	for (size_t i = 0; i < t->text.len; i++)
		quote = quote || !mgco_lex_is_safe(t->text.p[i]);
	if (quote)
		mgco_print_quoted(p, t->text);
	else
		out_span(p->o, t->text);
}

static void
print_prop(struct mgco_printer *p, const struct mgco_prop *prop)
{
	static const char relations[] = { '=', '#', '>', '<' };
	static const char *const open[] = { "", "[", "{", "[" }, *const close[] = { "", "]", "}", "]" };

	mgco_print_item(p);
	out_span(p->o, prop->name);
	if (!prop->has_value)
		return;
	if (p->style.pretty)
		out_char(p->o, ' ');
	out_char(p->o, relations[prop->relation]);
	if (p->style.pretty)
		out_char(p->o, ' ');
	out_str(p->o, open[prop->shape]);
	for (const struct mgco_text *t = prop->values; t; t = t->next) {
		print_value(p, t);
		if (t->next)
			out_char(p->o, prop->shape == MGCO_RANGE ? ':' : ',');
	}
	out_str(p->o, close[prop->shape]);
}

void
mgco_print_props(struct mgco_printer *p, const struct mgco_prop *list)
{
	for (; list; list = list->next)
		print_prop(p, list);
}

/* The description begins on a line of its own, with or without pretty: SDP has no blanks before "v=". */
static void
print_sdp(struct mgco_printer *p, enum mgco_tok tok, struct span sdp)
{
	struct span rest = sdp;

	mgco_print_tok(p, tok);
	out_str(p->o, p->style.pretty ? " {\n" : "{\n");
	while (rest.p) {
		out_span(p->o, span_cut(&rest, '}'));
		if (rest.p)
			out_str(p->o, "\\}");
	}
	/* A backslash at the very end would escape our brace; blanks there are dropped by the parser. */
	out_str(p->o, sdp.len && sdp.p[sdp.len - 1] == '\\' ? " }" : "}");
}

static void
print_on_off(struct mgco_printer *p, enum mgco_tok tok, enum mgco_tok on, enum mgco_tri value)
{
	if (value == MGCO_ABSENT)
		return;
	mgco_print_tok(p, tok);
	mgco_print_equal(p);
	mgco_print_word(p, value == MGCO_ON ? on : TOK_OFF);
}

static bool
lc_has_content(const struct mgco_localcontrol *lc)
{
	return lc && (lc->mode != MGCO_MODE_ABSENT || lc->reserve_value != MGCO_ABSENT ||
		      lc->reserve_group != MGCO_ABSENT || lc->props);
}

static void
print_localcontrol(struct mgco_printer *p, const struct mgco_localcontrol *lc)
{
	static const enum mgco_tok modes[] = { TOK_NONE,     TOK_SENDONLY, TOK_RECVONLY,
					       TOK_SENDRECV, TOK_INACTIVE, TOK_LOOPBACK };

	mgco_print_tok(p, TOK_LOCALCONTROL);
	mgco_print_open(p);
	if (lc->mode != MGCO_MODE_ABSENT) {
		mgco_print_tok(p, TOK_MODE);
		mgco_print_equal(p);
		mgco_print_word(p, modes[lc->mode]);
	}
	print_on_off(p, TOK_RESERVEDVALUE, TOK_ON, lc->reserve_value);
	print_on_off(p, TOK_RESERVEDGROUP, TOK_ON, lc->reserve_group);
	mgco_print_props(p, lc->props);
	mgco_print_close(p);
}

static void
print_termstate(struct mgco_printer *p, const struct mgco_termstate *ts)
{
	static const enum mgco_tok states[] = { TOK_NONE, TOK_INSERVICE, TOK_OUTOFSERVICE, TOK_TEST };

	mgco_print_tok(p, TOK_TERMSTATE);
	mgco_print_open(p);
	if (ts->service != MGCO_SI_ABSENT) {
		mgco_print_tok(p, TOK_SERVICESTATES);
		mgco_print_equal(p);
		mgco_print_word(p, states[ts->service]);
	}
	print_on_off(p, TOK_BUFFER, TOK_LOCKSTEP, ts->event_buffer);
	mgco_print_props(p, ts->props);
	mgco_print_close(p);
}

static bool
stream_has_content(const struct mgco_stream *s)
{
	return lc_has_content(s->lc) || s->has_local || s->has_remote;
}

static bool
termstate_has_content(const struct mgco_termstate *ts)
{
	return ts && (ts->service != MGCO_SI_ABSENT || ts->event_buffer != MGCO_ABSENT || ts->props);
}

static bool
media_has_content(const struct mgco_media *m)
{
	for (const struct mgco_stream *s = m->streams; s; s = s->next)
		if (stream_has_content(s))
			return true;
	return termstate_has_content(m->termstate);
}

static void
print_stream(struct mgco_printer *p, const struct mgco_stream *s, bool bare)
{
	if (!bare) {
		mgco_print_tok(p, TOK_STREAM);
		mgco_print_equal(p);
		out_u64(p->o, s->id);
		mgco_print_open(p);
	}
	if (lc_has_content(s->lc))
		print_localcontrol(p, s->lc);
	if (s->has_local)
		print_sdp(p, TOK_LOCAL, s->local);
	if (s->has_remote)
		print_sdp(p, TOK_REMOTE, s->remote);
	if (!bare)
		mgco_print_close(p);
}

/* Stream 1 and no other: then both forms mean the same. */
static bool
may_be_bare(const struct mgco_media *m)
{
	return m->streams && m->streams->id == 1 && !m->streams->next;
}

bool
mgco_print_has_media(const struct mgco_printer *p, const struct mgco_media *m)
{
	return m && (p->is_reply || media_has_content(m));
}

/* The grammar wants content in each of these; what has none is left out, as Erlang's decoder rejects it. */
void
mgco_print_media(struct mgco_printer *p, const struct mgco_media *m)
{
	if (!media_has_content(m)) {
		mgco_print_bare(p, TOK_MEDIA);
		return;
	}
	mgco_print_tok(p, TOK_MEDIA);
	mgco_print_open(p);
	if (termstate_has_content(m->termstate))
		print_termstate(p, m->termstate);
	for (const struct mgco_stream *s = m->streams; s; s = s->next)
		if (stream_has_content(s))
			print_stream(p, s, s->bare || (p->style.bare_stream && may_be_bare(m)));
	mgco_print_close(p);
}
