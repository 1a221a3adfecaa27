/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/msrp_b2b_priv.h"

#include <stdlib.h>

static void
on_end(struct feed *f, const struct msrp_event *ev)
{
	struct way *w = f->way;

	if (!w->is_open)
		return;
	if (w->is_renamed || w->adds_type)
		msrp_b2b_put_end(f, ev->has_crlf || w->adds_type, ev->flag);
	else
		msrp_put(&f->out, ev->line);
	w->is_open = false;
	msrp_b2b_put_answers(f);
	if (w->expects)
		msrp_txn_sent(&w->sent, f->now_ms);
	if (w->is_send && ev->flag == '#')
		f->src->stats.aborted++;
	else if (w->is_send && w->has_body && ev->flag == '$')
		f->src->stats.messages++;
}

static void
on_body(struct feed *f, struct span body)
{
	struct way *w = f->way;
	bool is_over;

	if (!w->is_open)
		return;
	is_over = body.len > w->left;
	if (is_over)
		body.len = (size_t)w->left;
	if (w->left != UINT64_MAX)
		w->left -= body.len;
	if (w->is_send)
		f->src->stats.octets += body.len;
	msrp_put_body(&f->out, body);
	if (is_over)
		msrp_b2b_stop(f);
}

struct feed
msrp_b2b_begin(struct msrp_b2b *b, unsigned from, const struct msrp_sink *sink)
{
	return (struct feed){ .b = b, .from = from, .src = &b->side[from], .dst = &b->side[!from],
		              .way = &b->way[from], .out = { .sink = sink, .side = !from } };
}

int
msrp_b2b_feed(struct msrp_b2b *b, unsigned from, struct span in, uint64_t now_ms, const struct msrp_sink *sink,
              const char **why)
{
	struct feed f = msrp_b2b_begin(b, from, sink);
	struct msrp_event ev;
	int err;

	f.now_ms = now_ms;
	while ((err = msrp_next(&f.way->framer, &in, &ev)) == 0) {
		switch (ev.kind) {
		case MSRP_HEAD:
			msrp_b2b_on_head(&f, &ev.head);
			break;
		case MSRP_BODY:
			on_body(&f, ev.body);
			break;
		case MSRP_END:
			on_end(&f, &ev);
			break;
		}
	}
	msrp_flush(&f.out);
	if (f.why)
		*why = f.why;
	if (err == ERR_MORE)
		return 0;
	msrp_b2b_count_error(&f, f.way->framer.why);
	*why = f.why;
	return err;
}

bool
msrp_b2b_cut(struct msrp_b2b *b, unsigned from, const struct msrp_sink *sink)
{
	struct feed f = msrp_b2b_begin(b, from, sink);
	bool was_open = f.way->is_open;

	if (was_open) {
		msrp_b2b_put_end(&f, true, '#');
		f.way->is_open = false;
		msrp_b2b_put_answers(&f);
		msrp_flush(&f.out);
		f.src->stats.aborted += f.way->is_send;
	}
	msrp_reset(&f.way->framer);
	return was_open;
}

/* ---- life ---- */

struct msrp_b2b *
msrp_b2b_new(void (*fill)(void *buf, size_t len), const struct msrp_limits *limits)
{
	struct msrp_b2b *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->fill = fill;
	b->limits = limits;
	return b;
}

void
msrp_b2b_reset(struct msrp_b2b *b)
{
	for (unsigned i = 0; i < 2; i++) {
		msrp_reset(&b->way[i].framer);
		msrp_txns_clear(&b->way[i].sent);
		b->way[i].is_open = false;
		msrp_answers_clear(&b->side[i].answers);
		msrp_side_forget(&b->side[i].names);
	}
}

void
msrp_b2b_free(struct msrp_b2b *b)
{
	if (!b)
		return;
	msrp_b2b_reset(b);
	for (unsigned i = 0; i < 2; i++)
		msrp_side_fini(&b->side[i].names);
	free(b);
}

int
msrp_b2b_set(struct msrp_b2b *b, unsigned side, const struct leg_msrp *m)
{
	struct side *s = &b->side[side];

	if (!span_eqs(s->names.own, m->own))
		s->stats = (struct msrp_stats){ .messages = 0 };
	return msrp_side_set(&s->names, m);
}

bool
msrp_b2b_is_ready(const struct msrp_b2b *b)
{
	return msrp_side_is_ready(&b->side[0].names) && msrp_side_is_ready(&b->side[1].names);
}

void
msrp_b2b_stats(const struct msrp_b2b *b, unsigned side, struct msrp_stats *stats)
{
	*stats = b->side[side].stats;
}
