/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/proposal.h"

#include <stdlib.h>

#include "proto/base/err.h"

static void
sdp_pair_fini(struct sdp_pair *s)
{
	free(s->in);
	free(s->out);
	*s = (struct sdp_pair){ 0 };
}

int
sdp_pair_set(struct sdp_pair *s, struct span in, char *out, size_t out_len)
{
	char *copy = span_dup(in);

	if (!copy)
		return ERR_NOMEM;
	sdp_pair_fini(s);
	*s = (struct sdp_pair){ copy, out, in.len, out_len };
	return 0;
}

bool
sdp_pair_is(const struct sdp_pair *s, struct span in)
{
	return s->in && span_eq(span_of(s->in, s->in_len), in);
}

struct proposal *
proposal_new(enum side from, struct span via_branch, uint32_t n_lines)
{
	struct proposal *p = calloc(1, sizeof(*p) + n_lines * sizeof(p->line[0]));

	if (!p || !(p->via_branch = span_dup(via_branch))) {
		free(p);
		return NULL;
	}
	p->from = from;
	p->n = n_lines;
	return p;
}

struct proposal *
proposal_copy(const struct proposal *p)
{
	struct proposal *q = proposal_new(p->from, span_str(p->via_branch), p->n);
	char *out = span_dup(span_of(p->sdp.out, p->sdp.out_len));

	if (!q || !out || sdp_pair_set(&q->sdp, span_of(p->sdp.in, p->sdp.in_len), out, p->sdp.out_len)) {
		free(out);
		proposal_free(q);
		return NULL;
	}
	for (uint32_t i = 0; i < p->n; i++) {
		q->line[i] = p->line[i];
		q->line[i].media = 0;
	}
	return q;
}

void
proposal_free(struct proposal *p)
{
	if (!p)
		return;
	sdp_pair_fini(&p->sdp);
	free(p->via_branch);
	free(p);
}

struct dialog *
dialog_new(struct span to_tag)
{
	struct dialog *d = calloc(1, sizeof(*d));

	if (!d || !(d->to_tag = span_dup(to_tag))) {
		free(d);
		return NULL;
	}
	list_init(&d->node);
	return d;
}

void
dialog_free(struct dialog *d)
{
	if (!d)
		return;
	list_unlink(&d->node);
	sdp_pair_fini(&d->answer);
	free(d->to_tag);
	free(d);
}
