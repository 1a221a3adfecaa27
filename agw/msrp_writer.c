/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/msrp_writer.h"

/* What was copied since the last piece is one, too. */
static void
close_piece(struct msrp_writer *w)
{
	if (w->used > w->from)
		w->piece[w->n++] = span_of((const char *)w->sink->room + w->from, w->used - w->from);
	w->from = w->used;
}

void
msrp_flush(struct msrp_writer *w)
{
	close_piece(w);
	if (w->n)
		w->sink->write(w->sink->arg, w->side, w->piece, w->n);
	w->n = 0;
	w->used = w->from = 0;
}

void
msrp_put_much(struct msrp_writer *w, struct span s)
{
	msrp_flush(w);
	while (s.len) {
		size_t n = s.len < w->sink->cap ? s.len : w->sink->cap;

		memcpy(w->sink->room, s.p, n);
		w->used = n;
		s = span_of(s.p + n, s.len - n);
		if (s.len)
			msrp_flush(w);
	}
}

void
msrp_put_body(struct msrp_writer *w, struct span body)
{
	/* With what was copied before it and what may be behind it. */
	bool has_place = w->n + 3 <= MSRP_PIECES_MAX && body.len <= w->sink->cap - w->used;

	if (!has_place || body.len < w->sink->worth) {
		msrp_put(w, body);
		return;
	}
	close_piece(w);
	w->piece[w->n++] = body;
	w->used += body.len;
	w->from = w->used;
}
