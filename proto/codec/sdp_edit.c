/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/sdp_edit.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum edit_kind { EDIT_SET, EDIT_DELETE, EDIT_INSERT };

/* Kept sorted by line, those of one line in order of calling: applying is one walk. */
struct sdp_edit {
	struct sdp_edit *next;
	uint32_t line;
	enum edit_kind kind;
	struct span text; /* SET: the value; INSERT: the line */
};

void
sdp_edits_init(struct sdp_edits *e, struct arena *a, const struct sdp *s)
{
	*e = (struct sdp_edits){ .sdp = s, .arena = a };
}

static void
enter(struct sdp_edits *e, struct sdp_edit *n)
{
	struct sdp_edit **at = &e->first;

	if (e->last && e->last->line <= n->line)
		at = &e->last->next;
	while (*at && (*at)->line <= n->line)
		at = &(*at)->next;
	n->next = *at;
	*at = n;
	if (!n->next)
		e->last = n;
	e->n++;
}

static struct sdp_edit *
add(struct sdp_edits *e, uint32_t line, enum edit_kind kind)
{
	struct sdp_edit *n;

	assert(line < e->sdp->n_lines);
	if (e->err)
		return NULL;
	if (e->n == SDP_EDITS_MAX) {
		e->err = ERR_LIMIT;
		return NULL;
	}
	n = ARENA_NEW(e->arena, struct sdp_edit);
	if (!n) {
		e->err = ERR_NOMEM;
		return NULL;
	}
	n->line = line;
	n->kind = kind;
	enter(e, n);
	return n;
}

static void PRINTF_LIKE(3, 0)
write_text(struct sdp_edits *e, struct sdp_edit *n, const char *fmt, va_list ap)
{
	n->text = arena_vprintf(e->arena, fmt, ap);
	if (!n->text.p) {
		e->err = ERR_NOMEM;
		return;
	}
	assert(span_find(n->text, '\n') < 0); /* one edit is one line */
}

void
sdp_edit_set(struct sdp_edits *e, uint32_t line, const char *fmt, ...)
{
	struct sdp_edit *n = add(e, line, EDIT_SET);
	va_list ap;

	assert(e->sdp->lines[line].type); /* dirt has no value */
	if (!n)
		return;
	va_start(ap, fmt);
	write_text(e, n, fmt, ap);
	va_end(ap);
}

void
sdp_edit_delete(struct sdp_edits *e, uint32_t line)
{
	add(e, line, EDIT_DELETE);
}

void
sdp_edit_insert(struct sdp_edits *e, uint32_t after, const char *fmt, ...)
{
	struct sdp_edit *n = add(e, after, EDIT_INSERT);
	va_list ap;

	if (!n)
		return;
	va_start(ap, fmt);
	write_text(e, n, fmt, ap);
	va_end(ap);
}

static bool
ends_line(const struct out *o)
{
	return o->len == 0 || o->buf[o->len - 1] == '\n';
}

/* The line itself, as its last edit wants it. */
static void
write_line(struct out *o, const struct sdp *s, const struct sdp_line *l, const struct sdp_edit *edit)
{
	if (!edit) {
		out_span(o, l->raw);
	} else if (edit->kind == EDIT_SET) {
		out_bytes(o, l->raw.p, 2);
		out_span(o, edit->text);
		if (l->raw.p[l->raw.len - 1] == '\n') /* rtpengine 10.5 puts c= with a bare LF into SDP with CRLF */
			out_str(o, s->eol);
	}
}

int
sdp_edit_apply(const struct sdp_edits *e, struct out *o)
{
	const struct sdp_edit *next = e->first;

	if (e->err)
		return e->err;
	for (uint32_t i = 0; i < e->sdp->n_lines; i++) {
		const struct sdp_edit *begin = next;
		const struct sdp_edit *own = NULL;

		for (; next && next->line == i; next = next->next)
			if (next->kind != EDIT_INSERT)
				own = next;
		write_line(o, e->sdp, &e->sdp->lines[i], own);
		for (; begin != next; begin = begin->next) {
			if (begin->kind != EDIT_INSERT)
				continue;
			if (!ends_line(o))
				out_str(o, e->sdp->eol);
			out_span(o, begin->text);
			out_str(o, e->sdp->eol);
		}
	}
	return o->err;
}
