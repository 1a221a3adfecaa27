/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/msrp_side.h"

#include <stdint.h>
#include <stdlib.h>

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
	s->session = u.session;
	return 0;
}

void
msrp_side_fini(struct msrp_side *s)
{
	forget(&s->own);
	forget(&s->peer);
	forget(&s->from);
	s->session = SPAN_NULL;
}

bool
msrp_side_is_named(const struct msrp_side *s, struct span to_path)
{
	struct span first = span_word(&to_path);
	struct msrp_uri u;

	if (span_eq(first, s->own)) /* as it should be */
		return true;
	return msrp_uri_parse(first, &u) == 0 && u.session.len && span_eq(u.session, s->session);
}

void
msrp_side_learn(struct msrp_side *s, struct span from_path)
{
	if (!span_eq(from_path, s->from))
		keep(&s->from, from_path.len < MSRP_PATH_TEXT_MAX ? from_path : SPAN_NULL);
}
