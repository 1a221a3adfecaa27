/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of the grammar: tokens, numbers, names and identifiers. */
#include "proto/base/err.h"
#include "proto/codec/mgco_lex.h"

static const struct {
	struct span name[2]; /* long, short */
} toks[] = {
#define MGCO_TOK(symbol, longname, shortname) { { SPAN_LIT(longname), SPAN_LIT(shortname) } },
#include "proto/codec/mgco_tok.def"
#undef MGCO_TOK
};

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_alpha(c) || is_digit(c);
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* SafeChar as a bit set: the octets 0 to 31, 32 to 63, 64 to 95, 96 to 127. */
static const uint32_t safe_chars[8] = { 0, 0x83ffeff2, 0xd7ffffff, 0x57ffffff };

bool
mgco_lex_is_safe(char c)
{
	unsigned char u = (unsigned char)c;

	return safe_chars[u >> 5] >> (u & 31) & 1;
}

struct span
mgco_lex_word(struct mgco_lex *l, const char *why)
{
	const char *from;

	mgco_lex_blank(l);
	if (l->err)
		return SPAN_NULL;
	for (from = l->p; l->p != l->end && mgco_lex_is_safe(*l->p); l->p++)
		;
	if (l->p == from)
		mgco_lex_bad(l, why);
	return span_of(from, (size_t)(l->p - from));
}

/* Cheap look first: nearly all candidates differ in length or first letter. */
static bool
is_spelled(struct span name, struct span word)
{
	return name.len == word.len && ((name.p[0] ^ word.p[0]) & ~0x20) == 0 && span_caseeq(name, word);
}

enum mgco_tok
mgco_lex_tok(struct span word)
{
	for (unsigned i = 0; i < TOK_NONE && word.len; i++)
		if (is_spelled(toks[i].name[0], word) || is_spelled(toks[i].name[1], word))
			return (enum mgco_tok)i;
	return TOK_NONE;
}

struct span
mgco_tok_text(enum mgco_tok tok, bool in_short)
{
	return toks[tok].name[in_short];
}

bool
mgco_lex_u32(struct mgco_lex *l, uint32_t max, uint32_t code, const char *why, uint32_t *v)
{
	struct span w;
	const char *at;

	mgco_lex_blank(l);
	at = l->p;
	/* Not a word: in acks "-" separates two numbers, and it is a SafeChar. */
	while (!l->err && l->p != l->end && is_digit(*l->p))
		l->p++;
	w = span_of(at, (size_t)(l->p - at));
	if (l->err)
		return false;
	if (w.len > 10 || span_u32(w, max, v) != 0)
		return mgco_lex_fail(l, ERR_SYNTAX, code, why, at);
	return true;
}

bool
mgco_lex_request_id(struct mgco_lex *l, uint32_t *v)
{
	if (mgco_lex_peek(l) == '*') {
		l->p++;
		*v = UINT32_MAX;
		return true;
	}
	return mgco_lex_u32(l, UINT32_MAX, MGCO_BAD_NAME, "request id expected", v);
}

bool
mgco_lex_is_name(struct span s)
{
	if (s.len == 0 || s.len > MGCO_NAME_MAX || !is_alpha(s.p[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!is_alnum(s.p[i]) && s.p[i] != '_')
			return false;
	return true;
}

bool
mgco_lex_is_pkgd(struct span s)
{
	struct span item = s, package = span_cut(&item, '/');

	if (span_eqs(package, "*"))
		return span_eqs(item, "*");
	return mgco_lex_is_name(package) && (span_eqs(item, "*") || mgco_lex_is_name(item));
}

bool
mgco_lex_is_extension(struct span s)
{
	if (s.len < 3 || s.len > 8 || (s.p[0] != 'X' && s.p[0] != 'x') || (s.p[1] != '-' && s.p[1] != '+'))
		return false;
	for (size_t i = 2; i < s.len; i++)
		if (!is_alnum(s.p[i]))
			return false;
	return true;
}

bool
mgco_lex_is_time(struct span s)
{
	if (s.len != 17 || (s.p[8] != 'T' && s.p[8] != 't'))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (i != 8 && !is_digit(s.p[i]))
			return false;
	return true;
}

/* pathNAME. Wildcards may stand for any part, also for the first one: that is more than Annex B has. */
static bool
is_path(struct span s)
{
	ptrdiff_t at = span_find(s, '@');
	size_t path = at < 0 ? s.len : (size_t)at;

	if (s.len == 0 || s.len > MGCO_NAME_MAX || path == 0 || is_digit(s.p[0]) || s.p[0] == '/' ||
	    s.p[0] == '_')
		return false;
	for (size_t i = 0; i < path; i++)
		if (!is_alnum(s.p[i]) && !strchr("/*_$", s.p[i]))
			return false;
	if (at < 0)
		return true;
	if (path + 1 == s.len || (!is_alnum(s.p[path + 1]) && s.p[path + 1] != '*'))
		return false;
	for (size_t i = path + 2; i < s.len; i++)
		if (!is_alnum(s.p[i]) && !strchr("-*.", s.p[i]))
			return false;
	return true;
}

struct span
mgco_lex_term(struct mgco_lex *l)
{
	struct span w = mgco_lex_word(l, "termination id expected");

	if (!l->err && !is_path(w))
		mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, "not a termination id", w.p);
	return w;
}

/* "[address]" or "<domain>" at the cursor, with the port that may follow. */
static bool
mid_bracketed(struct mgco_lex *l, char close)
{
	uint32_t port;
	size_t n = 0;

	for (l->p++; l->p != l->end && *l->p != close; l->p++, n++) {
		bool ok = close == ']' ? is_hex(*l->p) || *l->p == ':' || *l->p == '.'
				       : is_alnum(*l->p) || (n && (*l->p == '-' || *l->p == '.'));

		if (!ok || n >= MGCO_NAME_MAX)
			return mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, "not a message id", l->p);
	}
	if (l->p == l->end || n == 0)
		return mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, "not a message id", l->p);
	l->p++;
	if (l->p == l->end || *l->p != ':')
		return true;
	l->p++;
	if (l->p == l->end || !is_digit(*l->p))
		return mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, "port of a message id expected", l->p);
	return mgco_lex_u32(l, 65535, MGCO_BAD_NAME, "port of a message id is not one", &port);
}

/* What follows "MTP": 4 to 8 hex digits in braces. */
static bool
mid_mtp(struct mgco_lex *l)
{
	struct span digits;

	mgco_lex_try(l, '{');
	digits = mgco_lex_word(l, "MTP address expected");
	for (size_t i = 0; i < digits.len; i++)
		if (!is_hex(digits.p[i]))
			digits.len = 0;
	if (!l->err && (digits.len < 4 || digits.len > 8))
		return mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, "not an MTP address", digits.p);
	if (mgco_lex_peek(l) != '}')
		return mgco_lex_bad(l, "\"}\" expected");
	l->p++; /* and no blanks: they separate what follows */
	return true;
}

struct span
mgco_lex_mid(struct mgco_lex *l)
{
	int first = mgco_lex_peek(l);
	const char *from = l->p;
	struct span w;

	if (first == '[' || first == '<') {
		mid_bracketed(l, first == '[' ? ']' : '>');
	} else {
		w = mgco_lex_word(l, "message id expected");
		if (span_caseeqs(w, "MTP") && mgco_lex_peek(l) == '{')
			mid_mtp(l);
		else if (!l->err && !is_path(w))
			mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, "not a message id", w.p);
		else
			l->p = l->err ? l->p : w.p + w.len;
	}
	if (l->p - from > MGCO_MID_MAX)
		mgco_lex_fail(l, ERR_SYNTAX, MGCO_BAD_NAME, "message id is too long", from);
	return l->err ? SPAN_NULL : span_of(from, (size_t)(l->p - from));
}
