/* SPDX-License-Identifier: BSD-2-Clause */
/* A head on its way through: whose session it is, its paths anew, or why it is refused. */
#include "agw/msrp_b2b_priv.h"

/* ---- limits ---- */

/* How much of a chunk's body may pass. False: nothing of it, and nobody has to hear of it. */
static bool
is_within(const struct msrp_limits *limits, const struct msrp_head *h, uint64_t *left)
{
	struct msrp_range r = { .start = 1, .total = UINT64_MAX };

	*left = limits->chunk ? limits->chunk : UINT64_MAX;
	if (!limits->message)
		return true;
	/* What makes no sense passes as a whole message: it is the peer's to refuse. */
	if (msrp_range_parse(h->byte_range, &r) != 0)
		r.start = 1;
	if ((r.total != UINT64_MAX && r.total > limits->message) || r.start - 1 > limits->message)
		return false;
	if (limits->message - (r.start - 1) < *left)
		*left = limits->message - (r.start - 1);
	return true;
}

/* ---- messages ---- */

static void
count_request(struct feed *f, const struct msrp_head *h)
{
	struct msrp_stats *s = &f->src->stats;

	if (f->way->is_send)
		s->chunks++;
	else if (span_eqs(h->method, "REPORT"))
		s->reports++;
	else
		s->others++;
}

/* False: the response ends here. */
static bool
map_response(struct feed *f, const struct msrp_head *h, struct span *to)
{
	enum msrp_hops hops;

	if (msrp_txn_answer(&f->b->way[!f->from].sent, h->tid, f->now_ms, f->way->tid, &hops) != 0) {
		msrp_b2b_count_error(f, "a response without a request");
		return false;
	}
	if (hops == MSRP_NO_HOP)
		return false;
	if (h->code < 300)
		f->src->stats.ok++;
	else
		f->src->stats.failed++;
	*to = f->dst->names.from.len ? f->dst->names.from : f->dst->names.peer;
	if (hops == MSRP_ONE_HOP)
		*to = span_word(to);
	f->way->is_send = f->way->expects = false;
	f->way->left = UINT64_MAX;
	return true;
}

/* False: it does not go on. */
static bool
map_request(struct feed *f, const struct msrp_head *h, struct span *to)
{
	struct way *w = f->way;

	msrp_side_learn(&f->src->names, h->from_path);
	w->is_send = span_eqs(h->method, "SEND");
	count_request(f, h);
	w->left = UINT64_MAX;
	if (w->is_send && !is_within(f->b->limits, h, &w->left)) {
		msrp_b2b_count_too_big(f);
		msrp_b2b_refuse(f, h, "413 Too large");
		return false;
	}
	w->expects = !span_eqs(h->method, "REPORT") && msrp_b2b_wants_failures(h);
	if (w->expects)
		msrp_txn_begin(&w->sent, h->tid, w->is_send ? MSRP_ONE_HOP : MSRP_ALL_HOPS, f->now_ms, f->b->fill,
		               w->tid);
	else
		(void)span_copy(h->tid, w->tid, sizeof(w->tid));
	*to = f->dst->names.peer;
	return true;
}

static struct span
between(const char *from, const char *to)
{
	return span_of(from, (size_t)(to - from));
}

static void
put_path(struct feed *f, bool is_to, struct span to)
{
	msrp_put(&f->out, is_to ? SPAN_LIT("To-Path: ") : SPAN_LIT("From-Path: "));
	msrp_put(&f->out, is_to ? to : f->dst->names.own);
	msrp_put_lit(&f->out, "\r\n");
}

static void
put_start(struct feed *f, const struct msrp_head *h)
{
	const char *past = h->tid.p + h->tid.len, *end = h->start.p + h->start.len;

	f->way->is_renamed = !span_eqs(h->tid, f->way->tid);
	if (!f->way->is_renamed) {
		msrp_put(&f->out, h->start);
		return;
	}
	msrp_put_lit(&f->out, "MSRP ");
	msrp_put(&f->out, span_str(f->way->tid));
	msrp_put(&f->out, between(past, end));
}

/* Everything but the paths and the transaction id as it came. */
static void
put_head(struct feed *f, const struct msrp_head *h, struct span to)
{
	bool to_first = h->to_line.p < h->from_line.p;
	struct span one = to_first ? h->to_line : h->from_line, two = to_first ? h->from_line : h->to_line;

	put_start(f, h);
	msrp_put(&f->out, between(h->headers.p, one.p));
	if (!h->code && to_first && one.p + one.len == two.p) {
		msrp_put(&f->out, f->dst->names.lines);
	} else {
		put_path(f, to_first, to);
		msrp_put(&f->out, between(one.p + one.len, two.p));
		put_path(f, !to_first, to);
	}
	msrp_put(&f->out, between(two.p + two.len, h->headers.p + h->headers.len));
}

/* May it go on, and where to? */
static bool
map_head(struct feed *f, const struct msrp_head *h, struct span *to)
{
	if (h->broken) {
		msrp_b2b_count_error(f, h->broken);
		msrp_b2b_refuse(f, h, "400 Bad headers");
		return false;
	}
	if (!msrp_side_is_named(&f->src->names, h->to_path)) {
		msrp_b2b_count_error(f, "a foreign session");
		msrp_b2b_refuse(f, h, "481 No such session");
		return false;
	}
	f->src->names.is_bound = true;
	return h->code ? map_response(f, h, to) : map_request(f, h, to);
}

void
msrp_b2b_on_head(struct feed *f, const struct msrp_head *h)
{
	struct way *w = f->way;
	struct span to;

	w->is_open = false;
	if (!map_head(f, h, &to))
		return;
	w->is_open = true;
	w->has_body = h->has_body;
	put_head(f, h, to);
	w->adds_type = w->is_send && !h->has_body && f->dst->names.types_empty && !h->has_type;
	if (w->adds_type)
		msrp_put_lit(&f->out, "Content-Type: text/plain\r\n");
	if (h->has_body || w->adds_type)
		msrp_put_lit(&f->out, "\r\n");
}
