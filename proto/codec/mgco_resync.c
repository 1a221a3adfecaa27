/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a transaction ends that does not parse: at the brace that closes its first one. Braces in comments, quoted strings
 * and session descriptions are none. Every octet is looked at once. */
#include "proto/base/err.h"
#include "proto/codec/mgco_parse.h"

struct scan {
	const char *p, *end;
	unsigned depth;
	struct span word; /* the word right before, if only blanks came since */
	bool is_value;    /* it is what stands behind "=": a termination may be called Local */
};

/* Behind the string, whose quote is at the cursor. A string without its end could swallow anything. */
static bool
skip_string(struct scan *s)
{
	for (s->p++; s->p != s->end && *s->p != '"'; s->p++)
		if ((unsigned char)*s->p < 0x20 && *s->p != '\t')
			return false;
	return s->p != s->end && s->p++;
}

static void
skip_comment(struct scan *s)
{
	while (s->p != s->end && *s->p != '\n' && *s->p != '\r')
		s->p++;
}

/* Behind the octets of Local or Remote and their brace. */
static bool
skip_sdp(struct scan *s)
{
	for (s->p++; s->p != s->end && *s->p != '}'; s->p++)
		if (*s->p == '\\' && s->p + 1 != s->end && s->p[1] == '}')
			s->p++;
	return s->p != s->end && s->p++;
}

static void
take_word(struct scan *s)
{
	const char *from = s->p;

	while (s->p != s->end && mgco_lex_is_safe(*s->p))
		s->p++;
	s->word = span_of(from, (size_t)(s->p - from));
}

static bool
opens_sdp(const struct scan *s)
{
	enum mgco_tok tok = s->is_value ? TOK_NONE : mgco_lex_tok(s->word);

	return tok == TOK_LOCAL || tok == TOK_REMOTE;
}

/* Anything but a word. False when nothing behind it can be relied on. */
static bool
take_mark(struct scan *s)
{
	char c = *s->p;

	if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
		s->p++;
		return true;
	}
	if (c == ';') {
		skip_comment(s);
		return true;
	}
	if (c == '"')
		return skip_string(s);
	if (c == '{' && s->depth && opens_sdp(s))
		return skip_sdp(s);
	if (c == '}' && s->depth == 0)
		return false;
	s->depth += c == '{' ? 1u : 0u;
	s->depth -= c == '}' ? 1u : 0u;
	s->is_value = c == '=';
	s->word = SPAN_NULL;
	s->p++;
	return true;
}

const char *
mgco_txn_end(const char *from, const char *end)
{
	struct scan s = { .p = from, .end = end, .word = SPAN_NULL };

	while (s.p != s.end) {
		bool was_value = s.is_value && s.word.len, closes = *s.p == '}';

		if (mgco_lex_is_safe(*s.p)) {
			s.is_value = s.is_value && !was_value;
			take_word(&s);
			continue;
		}
		if (!take_mark(&s))
			return NULL;
		if (closes && s.depth == 0)
			return s.p;
	}
	return NULL;
}
