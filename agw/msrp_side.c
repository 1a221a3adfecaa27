/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/msrp_side.h"

#include <stdint.h>
#include <stdlib.h>

#include "proto/base/out.h"
#include "proto/codec/msrp_uri.h"

static void
forget(struct span *s)
{
	if (s->len)
		free((void *)(uintptr_t)s->p); /* ours, made by span_dup() */
	*s = SPAN_NULL;
}

/* A copy in place of what was there; empty when out of memory. */
static void
keep(struct span *kept, struct span s)
{
	char *copy = s.len ? span_dup(s) : NULL;

	forget(kept);
	*kept = span_of(copy, copy ? s.len : 0);
}

/* As put_head() in msrp_b2b.c would write them one by one. Empty when out of memory. */
static void
keep_lines(struct msrp_side *s)
{
	struct out o;

	forget(&s->lines);
	out_init_heap(&o, MSRP_PATH_TEXT_MAX + MSRP_URI_OWN_MAX + 64);
	out_printf(&o, "To-Path: %.*s\r\nFrom-Path: %.*s\r\n", SPAN_FMT(s->peer), SPAN_FMT(s->own));
	keep(&s->lines, o.err ? SPAN_NULL : out_get(&o));
	out_fini(&o);
}

int
msrp_side_set(struct msrp_side *s, const struct leg_msrp *m)
{
	struct msrp_uri u;

	s->types_empty = m->types_empty;
	s->session = SPAN_NULL;
	keep(&s->own, span_str(m->own));
	keep(&s->peer, span_str(m->peer));
	if (!m->own[0] || !m->peer[0])
		return 0;
	if (!s->own.len || !s->peer.len || msrp_uri_parse(s->own, &u) != 0)
		return ERR_NOMEM;
	keep_lines(s);
	if (!s->lines.len)
		return ERR_NOMEM;
	s->session = u.session;
	return 0;
}

void
msrp_side_fini(struct msrp_side *s)
{
	forget(&s->own);
	forget(&s->peer);
	forget(&s->lines);
	msrp_side_forget(s);
	s->session = SPAN_NULL;
}

void
msrp_side_forget(struct msrp_side *s)
{
	forget(&s->from);
	s->is_bound = false;
}

bool
msrp_side_is_named(const struct msrp_side *s, struct span to_path)
{
	size_t len = s->own.len;
	struct span first;
	struct msrp_uri u;

	/* As it should be. */
	if (to_path.len >= len && memcmp(to_path.p, s->own.p, len) == 0 && (to_path.len == len || to_path.p[len] == ' '))
		return true;
	first = span_word(&to_path);
	return msrp_uri_parse(first, &u) == 0 && u.session.len && span_eq(u.session, s->session);
}

void
msrp_side_learn(struct msrp_side *s, struct span from_path)
{
	if (!span_eq(from_path, s->from))
		keep(&s->from, from_path.len < MSRP_PATH_TEXT_MAX ? from_path : SPAN_NULL);
}
