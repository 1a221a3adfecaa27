/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/mgco_lex.h"

#include "proto/base/err.h"

enum { NEAR_MAX = 40 };

void
mgco_lex_init(struct mgco_lex *l, struct arena *a, struct span buf)
{
	*l = (struct mgco_lex){ .arena = a, .p = buf.p, .counted = buf.p, .line = 1, .level = MGCO_BAD_MESSAGE };
	l->end = buf.len ? buf.p + buf.len : buf.p;
}

bool
mgco_lex_fail(struct mgco_lex *l, int err, uint32_t code, const char *why, const char *at)
{
	size_t len = 0;

	if (l->err)
		return false;
	for (; l->counted < at; l->counted++)
		if (*l->counted == '\n' ||
		    (*l->counted == '\r' && (l->counted + 1 == l->end || l->counted[1] != '\n')))
			l->line++;
	/* Printable bytes of one line only: this text goes into logs and error descriptors. */
	while (at + len != l->end && len < NEAR_MAX && at[len] >= 0x20 && at[len] < 0x7f)
		len++;
	l->err = err;
	l->fault = (struct mgco_fault){
		.err = err,
		.code = code,
		.why = why,
		.line = l->line,
		.near = span_of(at, len),
		.has_txn = l->in_request,
		.is_reply = l->is_reply && l->txn,
		.txn = l->txn,
	};
	return false;
}

bool
mgco_lex_bad(struct mgco_lex *l, const char *why)
{
	return mgco_lex_fail(l, ERR_SYNTAX, l->level, why, l->p);
}

bool
mgco_lex_blank(struct mgco_lex *l)
{
	const char *from = l->p;

	if (l->err)
		return false;
	for (; l->p != l->end; l->p++) {
		if (*l->p == ';') {
			while (l->p != l->end && *l->p != '\n' && *l->p != '\r')
				l->p++;
			if (l->p == l->end)
				break;
		} else if (*l->p != ' ' && *l->p != '\t' && *l->p != '\r' && *l->p != '\n') {
			break;
		}
	}
	return l->p != from;
}

int
mgco_lex_peek(struct mgco_lex *l)
{
	mgco_lex_blank(l);
	return l->err || l->p == l->end ? -1 : (unsigned char)*l->p;
}

bool
mgco_lex_try(struct mgco_lex *l, char c)
{
	if (mgco_lex_peek(l) != (unsigned char)c)
		return false;
	l->p++;
	mgco_lex_blank(l);
	return true;
}

bool
mgco_lex_need(struct mgco_lex *l, char c, const char *why)
{
	return mgco_lex_try(l, c) || mgco_lex_bad(l, why);
}

bool
mgco_lex_open(struct mgco_lex *l)
{
	if (!mgco_lex_need(l, '{', "\"{\" expected"))
		return false;
	if (++l->depth > MGCO_DEPTH_MAX)
		return mgco_lex_fail(l, ERR_TOOBIG, l->level, "nested too deeply", l->p);
	return true;
}

bool
mgco_lex_close(struct mgco_lex *l)
{
	if (!mgco_lex_need(l, '}', "\"}\" expected"))
		return false;
	l->depth--;
	return true;
}

bool
mgco_lex_more(struct mgco_lex *l)
{
	if (mgco_lex_try(l, ','))
		return true;
	if (mgco_lex_try(l, '}')) {
		l->depth--;
		return false;
	}
	return mgco_lex_bad(l, "\",\" or \"}\" expected");
}

/* Steps over balanced brackets of both kinds without looking inside, strings and comments excepted. */
static void
pass_group(struct mgco_lex *l)
{
	unsigned depth = 0;
	struct span text;
	int c;

	do {
		c = mgco_lex_peek(l);
		if (c == '"') {
			mgco_lex_quoted(l, &text);
			continue;
		}
		if (c < 0) {
			mgco_lex_bad(l, "closing bracket expected");
			return;
		}
		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		l->p++;
	} while (depth && !l->err);
}

void
mgco_lex_pass(struct mgco_lex *l)
{
	if (mgco_lex_try(l, '=') && mgco_lex_peek(l) != '{')
		mgco_lex_word(l, "value expected");
	while (mgco_lex_peek(l) == '{' || mgco_lex_peek(l) == '[')
		pass_group(l);
}

void *
mgco_lex_alloc(struct mgco_lex *l, size_t size)
{
	void *node;

	if (l->err)
		return NULL;
	if (++l->nodes > MGCO_NODES_MAX) {
		mgco_lex_fail(l, ERR_TOOBIG, MGCO_NO_RESOURCES, "too many items in one message", l->p);
		return NULL;
	}
	node = arena_alloc(l->arena, size);
	if (!node)
		mgco_lex_fail(l, ERR_NOMEM, MGCO_NO_RESOURCES, "out of memory", l->p);
	return node;
}

bool
mgco_lex_quoted(struct mgco_lex *l, struct span *text)
{
	const char *from;

	if (mgco_lex_peek(l) != '"')
		return mgco_lex_bad(l, "quoted string expected");
	from = ++l->p;
	/* The grammar has no line ends and no control characters in strings; UTF-8 is in the Character type. */
	while (l->p != l->end && *l->p != '"' && ((unsigned char)*l->p >= 0x20 || *l->p == '\t'))
		l->p++;
	if (l->p == l->end || *l->p != '"')
		return mgco_lex_fail(l, ERR_SYNTAX, l->level, "quoted string without its end", from - 1);
	*text = span_of(from, (size_t)(l->p - from));
	l->p++;
	return true;
}

struct mgco_text *
mgco_lex_value(struct mgco_lex *l)
{
	bool quoted = mgco_lex_peek(l) == '"';
	struct mgco_text *t = MGCO_NODE(l, struct mgco_text);

	if (!t)
		return NULL;
	t->quoted = quoted;
	if (quoted)
		mgco_lex_quoted(l, &t->text);
	else
		t->text = mgco_lex_word(l, "value expected");
	return l->err ? NULL : t;
}

/* Without the blanks before the closing brace, but with one line end when the last line has it. */
static size_t
sdp_len(const char *from, const char *to)
{
	const char *last = to;

	while (last != from && (last[-1] == ' ' || last[-1] == '\t' || last[-1] == '\r' || last[-1] == '\n'))
		last--;
	if (last == from)
		return 0;
	while (last != to && (*last == ' ' || *last == '\t'))
		last++;
	if (last == to) {
		while (last[-1] == ' ' || last[-1] == '\t')
			last--;
		return (size_t)(last - from);
	}
	last += *last == '\r' && last + 1 != to && last[1] == '\n' ? 2 : 1;
	return (size_t)(last - from);
}

static bool
sdp_unescape(struct mgco_lex *l, struct span *sdp)
{
	char *copy = arena_alloc(l->arena, sdp->len);
	size_t n = 0;

	if (!copy)
		return mgco_lex_fail(l, ERR_NOMEM, MGCO_NO_RESOURCES, "out of memory", l->p);
	for (size_t i = 0; i < sdp->len; i++) {
		if (sdp->p[i] == '\\' && i + 1 < sdp->len && sdp->p[i + 1] == '}')
			i++;
		copy[n++] = sdp->p[i];
	}
	*sdp = span_of(copy, n);
	return true;
}

bool
mgco_lex_sdp(struct mgco_lex *l, struct span *sdp)
{
	bool escaped = false;
	const char *from;

	if (!mgco_lex_open(l))
		return false;
	for (from = l->p; l->p != l->end && *l->p != '}' && *l->p != '\0'; l->p++) {
		if (*l->p == '\\' && l->p + 1 != l->end && l->p[1] == '}') {
			escaped = true;
			l->p++;
		}
	}
	if (l->p != l->end && *l->p == '\0')
		return mgco_lex_bad(l, "octet 0 in a session description");
	*sdp = span_of(from, sdp_len(from, l->p));
	if (!mgco_lex_close(l))
		return false;
	return !escaped || sdp_unescape(l, sdp);
}
