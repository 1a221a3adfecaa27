/* SPDX-License-Identifier: BSD-2-Clause */
/* The Audit descriptor: whole descriptors, and parts of them (indAudterminationAudit of version 2). */
#include "proto/base/err.h"
#include "proto/codec/mgco_parse.h"
#include "proto/codec/mgco_print.h"

enum { PARTS_MAX = 256 };

static const struct {
	enum mgco_tok tok;
	enum mgco_audit_item item;
} items[] = {
	{ TOK_MEDIA, MGCO_AUDIT_MEDIA },
	{ TOK_EVENTS, MGCO_AUDIT_EVENTS },
	{ TOK_SIGNALS, MGCO_AUDIT_SIGNALS },
	{ TOK_STATISTICS, MGCO_AUDIT_STATISTICS },
	{ TOK_OBSERVED, MGCO_AUDIT_OBSERVED },
	{ TOK_PACKAGES, MGCO_AUDIT_PACKAGES },
	{ TOK_EVENTBUFFER, MGCO_AUDIT_EVENTBUFFER },
	{ TOK_DIGITMAP, MGCO_AUDIT_DIGITMAP },
	{ TOK_MODEM, MGCO_AUDIT_MODEM },
	{ TOK_MUX, MGCO_AUDIT_MUX },
};
enum { ITEMS = sizeof(items) / sizeof(items[0]) };

static const enum mgco_tok places[] = {
	[MGCO_PLACE_WHOLE] = TOK_NONE,
	[MGCO_PLACE_TERMSTATE] = TOK_TERMSTATE,
	[MGCO_PLACE_LOCALCONTROL] = TOK_LOCALCONTROL,
	[MGCO_PLACE_LOCAL] = TOK_LOCAL,
	[MGCO_PLACE_REMOTE] = TOK_REMOTE,
};

unsigned
mgco_parse_audit_item(enum mgco_tok tok)
{
	for (size_t i = 0; i < ITEMS; i++)
		if (items[i].tok == tok)
			return items[i].item;
	return 0;
}

/* ---- parsing ---- */

/* Where the next part goes, and how many there are. */
struct parts {
	struct mgco_audit_part **tail;
	unsigned n;
};

/* A copy of part in the list. */
static void
add(struct mgco_lex *l, struct parts *to, const struct mgco_audit_part *part)
{
	struct mgco_audit_part *node;

	if (++to->n > PARTS_MAX) {
		mgco_lex_fail(l, ERR_TOOBIG, MGCO_NO_RESOURCES, "too many items in one audit", l->p);
		return;
	}
	node = MGCO_NODE(l, struct mgco_audit_part);
	if (!node)
		return;
	*node = *part;
	*to->tail = node;
	to->tail = &node->next;
}

/* A token by its long spelling, so that it compares; else the word. */
static struct span
long_name(struct span w)
{
	enum mgco_tok tok = mgco_lex_tok(w);

	return tok == TOK_NONE ? w : mgco_tok_text(tok, false);
}

/* SignalList = id { signal } */
static void
parse_signal_list(struct mgco_lex *l, struct mgco_audit_part *part)
{
	mgco_lex_need(l, '=', "\"=\" expected after SignalList");
	part->has_id = mgco_lex_u32(l, 65535, MGCO_BAD_NAME, "signal list id expected", &part->id);
	mgco_lex_open(l);
	part->name = mgco_lex_word(l, "signal expected");
	mgco_lex_pass(l);
	mgco_lex_close(l);
}

/* { name, name { whatever } } */
static void
parse_names(struct mgco_lex *l, struct parts *to, struct mgco_audit_part part)
{
	mgco_lex_open(l);
	if (mgco_lex_peek(l) == '}') {
		mgco_lex_close(l);
		add(l, to, &part);
		return;
	}
	do {
		part.name = long_name(mgco_lex_word(l, "name of an audited item expected"));
		if (part.item == MGCO_AUDIT_SIGNALS && mgco_lex_tok(part.name) == TOK_SIGNALLIST)
			parse_signal_list(l, &part);
		else
			mgco_lex_pass(l);
		if (!l->err)
			add(l, to, &part);
	} while (mgco_lex_more(l));
}

/* TerminationState, LocalControl, Local, Remote: as a whole or by names. */
static void
parse_place(struct mgco_lex *l, struct parts *to, struct mgco_audit_part part, struct span w)
{
	enum mgco_tok tok = mgco_lex_tok(w);
	unsigned i = MGCO_PLACE_TERMSTATE;

	while (i <= MGCO_PLACE_REMOTE && places[i] != tok)
		i++;
	if (i > MGCO_PLACE_REMOTE) {
		if (!l->err)
			mgco_lex_fail(l, ERR_SYNTAX, MGCO_UNKNOWN_DESCRIPTOR, "unknown part of Media", w.p);
		return;
	}
	part.place = (enum mgco_audit_place)i;
	if (mgco_lex_peek(l) == '{')
		parse_names(l, to, part);
	else
		add(l, to, &part);
}

static void
parse_stream(struct mgco_lex *l, struct parts *to, struct mgco_audit_part part)
{
	uint32_t id = 0;

	mgco_lex_need(l, '=', "\"=\" expected after Stream");
	mgco_lex_u32(l, 65535, MGCO_BAD_NAME, "stream id expected", &id);
	part.has_id = true;
	part.id = id;
	mgco_lex_open(l);
	do {
		parse_place(l, to, part, mgco_lex_word(l, "LocalControl, Local or Remote expected"));
	} while (mgco_lex_more(l));
}

static void
parse_media(struct mgco_lex *l, struct parts *to, struct mgco_audit_part part)
{
	mgco_lex_open(l);
	do {
		struct span w = mgco_lex_word(l, "part of Media expected");

		if (mgco_lex_tok(w) == TOK_STREAM)
			parse_stream(l, to, part);
		else
			parse_place(l, to, part, w);
	} while (mgco_lex_more(l));
}

/* What stands behind the token; nothing: the whole descriptor. */
static void
parse_item(struct mgco_lex *l, struct mgco_audit *audit, struct parts *to, enum mgco_audit_item item)
{
	struct mgco_audit_part part = { .item = item };
	int next = mgco_lex_peek(l);
	const unsigned flat = MGCO_AUDIT_EVENTS | MGCO_AUDIT_SIGNALS | MGCO_AUDIT_STATISTICS | MGCO_AUDIT_PACKAGES;

	if (item == MGCO_AUDIT_EVENTS && next == '=') {
		mgco_lex_try(l, '=');
		part.has_id = mgco_lex_request_id(l, &part.id);
		next = mgco_lex_peek(l);
	}
	if (item == MGCO_AUDIT_MEDIA && next == '{') {
		parse_media(l, to, part);
	} else if (item & flat && next == '{') {
		parse_names(l, to, part);
	} else {
		audit->items |= item;
		mgco_lex_pass(l);
	}
}

struct mgco_audit *
mgco_parse_audit(struct mgco_lex *l)
{
	struct mgco_audit *audit = MGCO_NODE(l, struct mgco_audit);
	struct parts to = { .tail = audit ? &audit->parts : NULL };

	if (!audit || !mgco_lex_open(l))
		return audit;
	if (mgco_lex_peek(l) == '}') {
		mgco_lex_close(l);
		return audit;
	}
	do {
		struct span w = mgco_lex_word(l, "audit item expected");
		unsigned item = mgco_parse_audit_item(mgco_lex_tok(w));

		if (!l->err && !item)
			mgco_lex_fail(l, ERR_SYNTAX, MGCO_UNKNOWN_DESCRIPTOR, "unknown audit item", w.p);
		else if (!l->err)
			parse_item(l, audit, &to, (enum mgco_audit_item)item);
	} while (mgco_lex_more(l));
	return audit;
}

/* ---- printing ---- */

static void
print_name(struct mgco_printer *p, struct span name)
{
	enum mgco_tok tok = mgco_lex_tok(name);

	if (tok != TOK_NONE) {
		mgco_print_tok(p, tok);
		return;
	}
	mgco_print_item(p);
	out_span(p->o, name);
}

static bool
go_together(const struct mgco_audit_part *a, const struct mgco_audit_part *b)
{
	return b && a->item == MGCO_AUDIT_MEDIA && b->item == a->item && a->place == b->place && a->has_id == b->has_id &&
	       a->id == b->id && a->name.len && b->name.len;
}

/* All parts that have the braces in common; returns the next one. */
static const struct mgco_audit_part *
print_names(struct mgco_printer *p, const struct mgco_audit_part *part)
{
	const struct mgco_audit_part *next = part->next;

	if (part->place != MGCO_PLACE_WHOLE)
		mgco_print_tok(p, places[part->place]);
	if (!part->name.len && part->place != MGCO_PLACE_WHOLE)
		return next;
	mgco_print_open(p);
	if (part->name.len)
		print_name(p, part->name);
	for (; go_together(part, next); part = next, next = next->next)
		print_name(p, next->name);
	mgco_print_close(p);
	return next;
}

/* "Stream = 1" before braces that may come: events have a request there, signals a list. */
static void
print_id(struct mgco_printer *p, enum mgco_tok tok, const struct mgco_audit_part *part)
{
	if (tok != TOK_NONE)
		mgco_print_tok(p, tok);
	mgco_print_equal(p);
	if (part->item == MGCO_AUDIT_EVENTS && part->id == UINT32_MAX)
		out_char(p->o, '*');
	else
		out_u64(p->o, part->id);
}

static const struct mgco_audit_part *
print_part(struct mgco_printer *p, const struct mgco_audit_part *part)
{
	enum mgco_tok inner = part->item == MGCO_AUDIT_MEDIA ? TOK_STREAM : TOK_SIGNALLIST;
	bool is_inside = part->has_id && part->item != MGCO_AUDIT_EVENTS;
	size_t i = 0;

	while (items[i].item != part->item)
		i++;
	mgco_print_tok(p, items[i].tok);
	if (part->has_id && !is_inside)
		print_id(p, TOK_NONE, part);
	if (is_inside || part->item == MGCO_AUDIT_MEDIA)
		mgco_print_open(p);
	if (is_inside) {
		print_id(p, inner, part);
		if (part->item == MGCO_AUDIT_MEDIA)
			mgco_print_open(p);
	}
	part = print_names(p, part);
	if (is_inside && inner == TOK_STREAM)
		mgco_print_close(p);
	if (is_inside || inner == TOK_STREAM)
		mgco_print_close(p);
	return part;
}

void
mgco_print_audit(struct mgco_printer *p, const struct mgco_audit *audit)
{
	mgco_print_tok(p, TOK_AUDIT);
	mgco_print_open(p);
	for (size_t i = 0; i < ITEMS; i++)
		if (audit->items & items[i].item)
			mgco_print_tok(p, items[i].tok);
	for (const struct mgco_audit_part *part = audit->parts; part;)
		part = print_part(p, part);
	mgco_print_close(p);
}
