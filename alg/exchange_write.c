/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of an exchange: the SDP that leaves. */
#include "alg/exchange_priv.h"

#include <stdlib.h>

#include "alg/rewrite.h"

static void
rewrite_line(struct exchange *x, struct sdp_edits *edits, uint32_t i)
{
	const struct sdp_media *line = &x->sdp.media[i];
	const struct line_plan *p = &x->plan[i];
	enum side to = side_other(x->from);
	struct rewrite_in in = {
		.to = to,
		.is_answer = x->is_answer,
		.treatment = p->treatment,
		.setup = p->write,
		.cema = p->cema,
	};

	if (p->treatment == TREAT_PASS)
		return;
	if (p->media) {
		in.local = p->media->end[to].local;
		in.path = span_str(p->media->end[to].path);
		in.fprs = p->media->end[SIDE_ACCESS].fprs;
	} else if (p->treatment != TREAT_REJECT) {
		in.local.port = 0; /* refused by the answer */
	}
	rewrite_media(edits, line, &in);
}

static bool
has_our_address(void *arg, uint32_t i)
{
	const struct exchange *x = arg;

	return x->plan[i].media || !x->sdp.media[i].port || x->plan[i].treatment == TREAT_REJECT;
}

/* NG's replace: our address of the first line that has one speaks for the session. */
static void
rewrite_head(struct exchange *x, struct sdp_edits *edits)
{
	enum side to = side_other(x->from);
	struct rewrite_session in = {
		.is_ours = has_our_address,
		.arg = x,
		.version_ahead = x->call->sent[to].ahead,
	};
	const struct media *m = NULL;

	for (uint32_t i = 0; i < x->sdp.n_media && !m; i++)
		m = x->plan[i].media;
	if (m && x->call->origin[to].family == ADDR_NONE)
		x->call->origin[to] = m->end[to].local;
	if (m && x->hide_origin)
		in.origin = x->call->origin[to];
	if (m && x->hide_session)
		in.conn = m->end[to].local;
	rewrite_session(edits, &in);
}

static char *
write_once(struct exchange *x, size_t *len)
{
	struct sdp_edits edits;
	struct out o;
	char *text;

	sdp_edits_init(&edits, &x->arena, &x->sdp);
	for (uint32_t i = 0; i < x->sdp.n_media; i++)
		rewrite_line(x, &edits, i);
	rewrite_head(x, &edits);
	out_init_heap(&o, SDP_BYTES_MAX);
	sdp_edit_apply(&edits, &o);
	*len = o.len;
	text = o.err || edits.err ? NULL : out_take(&o);
	out_fini(&o);
	return text;
}

char *
exchange_write(struct exchange *x, size_t *len)
{
	struct origin *sent = &x->call->sent[side_other(x->from)];
	char *text;

	origin_begin(sent, &x->sdp);
	text = write_once(x, len);
	if (text && origin_must_count(sent, x->in, span_of(text, *len))) {
		free(text);
		text = write_once(x, len);
	}
	if (text)
		origin_end(sent, x->in, span_of(text, *len));
	return text;
}
