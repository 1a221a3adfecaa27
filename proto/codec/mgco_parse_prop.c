/* SPDX-License-Identifier: BSD-2-Clause */
/* Properties and their values, and the descriptors that are lists of names: Statistics and Packages. */
#include "proto/base/err.h"
#include "proto/codec/mgco_parse.h"

size_t
mgco_parse_choice(struct mgco_lex *l, const enum mgco_tok *toks, size_t n, const char *why)
{
	struct span w;
	size_t i;

	mgco_lex_need(l, '=', "\"=\" expected");
	w = mgco_lex_word(l, why);
	for (i = 0; i < n && toks[i] != mgco_lex_tok(w); i++)
		;
	if (!l->err && i == n)
		mgco_lex_fail(l, ERR_SYNTAX, l->level, why, w.p);
	return i;
}

/* a,b or a:b after the bracket; close ends it. */
static void
parse_values(struct mgco_lex *l, struct mgco_prop *p, char close)
{
	struct mgco_text **tail = &p->values;

	*tail = mgco_lex_value(l);
	if (!*tail)
		return;
	tail = &(*tail)->next;
	if (close == ']' && mgco_lex_try(l, ':')) {
		p->shape = MGCO_RANGE;
		*tail = mgco_lex_value(l);
	}
	while (p->shape != MGCO_RANGE && mgco_lex_try(l, ',')) {
		*tail = mgco_lex_value(l);
		if (!*tail)
			return;
		tail = &(*tail)->next;
	}
	mgco_lex_need(l, close, "end of a list of values expected");
}

static void
parse_value(struct mgco_lex *l, struct mgco_prop *p)
{
	if (mgco_lex_try(l, '>'))
		p->relation = MGCO_GREATER;
	else if (mgco_lex_try(l, '<'))
		p->relation = MGCO_LESS;
	else if (mgco_lex_try(l, '#'))
		p->relation = MGCO_NOT_EQUAL;
	else
		mgco_lex_need(l, '=', "\"=\", \"<\", \">\" or \"#\" expected");
	p->has_value = true;
	if (p->relation == MGCO_EQUAL && mgco_lex_try(l, '[')) {
		p->shape = MGCO_LIST;
		parse_values(l, p, ']');
	} else if (p->relation == MGCO_EQUAL && mgco_lex_try(l, '{')) {
		p->shape = MGCO_ALT;
		parse_values(l, p, '}');
	} else {
		p->values = mgco_lex_value(l);
	}
}

/* Appends a new node to the list: looks at every one, hence the limit. */
static struct mgco_prop *
append(struct mgco_lex *l, struct span name, struct mgco_prop **list, uint32_t twice)
{
	unsigned n = 0;

	for (; !l->err && *list; list = &(*list)->next) {
		if (span_caseeq((*list)->name, name))
			mgco_lex_fail(l, ERR_SYNTAX, twice, "appears twice in one descriptor", name.p);
		if (++n >= MGCO_PROPS_MAX)
			mgco_lex_fail(l, ERR_TOOBIG, MGCO_NO_RESOURCES, "too many properties in one descriptor",
				      name.p);
	}
	if (l->err)
		return NULL;
	*list = MGCO_NODE(l, struct mgco_prop);
	if (*list)
		(*list)->name = name;
	return *list;
}

void
mgco_parse_prop(struct mgco_lex *l, struct span name, struct mgco_prop **list, uint32_t twice)
{
	struct mgco_prop *p = append(l, name, list, twice);

	if (p)
		parse_value(l, p);
}

struct mgco_prop *
mgco_parse_stats(struct mgco_lex *l)
{
	struct mgco_prop *list = NULL, *p;

	if (l->is_reply && mgco_lex_peek(l) != '{')
		return NULL;
	mgco_lex_open(l);
	do {
		struct span name = mgco_lex_word(l, "statistic expected");

		if (!l->err && !mgco_lex_is_pkgd(name))
			mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, "not the name of a statistic", name.p);
		p = append(l, name, &list, l->level);
		if (p && mgco_lex_peek(l) == '=')
			parse_value(l, p);
	} while (mgco_lex_more(l));
	return list;
}

/* "name-version": one word, since "-" may stand in words. */
static void
parse_package(struct mgco_lex *l, struct mgco_package *pkg)
{
	struct span version = mgco_lex_word(l, "package expected"), name;

	if (l->err)
		return;
	name = span_cut(&version, '-');
	if (!mgco_lex_is_name(name) || version.len > 5 || span_u32(version, 65535, &pkg->version) != 0)
		mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, "package name and version expected", name.p);
	pkg->name = name;
}

struct mgco_package *
mgco_parse_packages(struct mgco_lex *l)
{
	struct mgco_package *list = NULL, **tail = &list;

	if (l->is_reply && mgco_lex_peek(l) != '{')
		return NULL;
	mgco_lex_open(l);
	do {
		*tail = MGCO_NODE(l, struct mgco_package);
		if (!*tail)
			return NULL;
		parse_package(l, *tail);
		tail = &(*tail)->next;
	} while (mgco_lex_more(l));
	return list;
}
