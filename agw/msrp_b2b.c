/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/msrp_b2b.h"

#include <stdlib.h>

#include "agw/agw_limits.h"
#include "agw/msrp_side.h"
#include "agw/msrp_txn.h"
#include "proto/base/out.h"
#include "proto/codec/msrp.h"

/* The leg towards one peer. */
struct side {
	struct msrp_side names;
	struct out answers; /* our own, waiting for the chunk that goes there to end */
	struct msrp_stats stats;
};

/* Messages from the peer of one side to the other peer. */
struct way {
	struct msrp_framer framer;
	struct msrp_txns sent;      /* went this way; the responses come the other way */
	bool is_open;               /* the head of a message went out, its end-line did not */
	bool is_send, has_body, adds_type, expects; /* of that message */
	char tid[MSRP_TID_MAX + 1]; /* as it went out */
};

struct msrp_b2b {
	void (*fill)(void *buf, size_t len);
	struct side side[2];
	struct way way[2]; /* by the side where the messages come from */
};

/* One call of msrp_b2b_feed(). */
struct feed {
	struct msrp_b2b *b;
	unsigned from;
	struct side *src, *dst;
	struct way *way;
	uint64_t now_ms;
	struct msrp_writer out; /* to dst */
};

/* Our answers to the other side's peer, which waited for the end of a chunk. */
static void
put_answers(struct feed *f)
{
	if (f->dst->answers.len)
		msrp_put(&f->out, out_get(&f->dst->answers));
	out_fini(&f->dst->answers);
}

/* ---- our own answer ---- */

static bool
wants_failures(const struct msrp_head *h)
{
	return !span_caseeqs(h->failure_report, "no");
}

/* The responder's From-Path is the URI that the request was sent to. SEND is answered to the next hop,
 * everything else to the origin. */
static void
refuse_session(struct feed *f, const struct msrp_head *h)
{
	struct span to = h->from_path, rest = h->to_path;
	struct span from = span_word(&rest);
	struct out *a = &f->src->answers;

	if (span_eqs(h->method, "REPORT") || !wants_failures(h))
		return;
	if (span_eqs(h->method, "SEND")) {
		rest = to;
		to = span_word(&rest);
	}
	if (!a->heap)
		out_init_heap(a, MSRP_ANSWERS_MAX);
	if (a->len + h->tid.len * 2 + to.len + from.len + 80 > MSRP_ANSWERS_MAX)
		return; /* the peer sends on and on what nobody wants to hear */
	out_printf(a, "MSRP %.*s 481 No such session\r\nTo-Path: %.*s\r\nFrom-Path: %.*s\r\n-------%.*s$\r\n",
	           SPAN_FMT(h->tid), SPAN_FMT(to), SPAN_FMT(from), SPAN_FMT(h->tid));
	if (f->b->way[!f->from].is_open || a->err)
		return;
	f->out.sink->write(f->out.sink->arg, f->from, (const uint8_t *)a->buf, a->len);
	out_fini(a);
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

/* False: there is no request that this answers. */
static bool
map_response(struct feed *f, const struct msrp_head *h, struct span *to)
{
	bool is_hop;

	if (msrp_txn_answer(&f->b->way[!f->from].sent, h->tid, f->now_ms, f->way->tid, &is_hop) != 0)
		return false;
	if (h->code < 300)
		f->src->stats.ok++;
	else
		f->src->stats.failed++;
	*to = f->dst->names.from.len ? f->dst->names.from : f->dst->names.peer;
	if (is_hop)
		*to = span_word(to);
	f->way->is_send = f->way->expects = false;
	return true;
}

static void
map_request(struct feed *f, const struct msrp_head *h, struct span *to)
{
	struct way *w = f->way;

	msrp_side_learn(&f->src->names, h->from_path);
	w->is_send = span_eqs(h->method, "SEND");
	w->expects = !span_eqs(h->method, "REPORT") && wants_failures(h);
	if (w->expects)
		msrp_txn_begin(&w->sent, h->tid, w->is_send, f->now_ms, f->b->fill, w->tid);
	else
		(void)span_copy(h->tid, w->tid, sizeof(w->tid));
	count_request(f, h);
	*to = f->dst->names.peer;
}

static struct span
between(const char *from, const char *to)
{
	return span_of(from, (size_t)(to - from));
}

static void
put_path(struct feed *f, bool is_to, struct span to)
{
	msrp_put_str(&f->out, is_to ? "To-Path: " : "From-Path: ");
	msrp_put(&f->out, is_to ? to : f->dst->names.own);
	msrp_put_str(&f->out, "\r\n");
}

/* Everything but the paths and the transaction id as it came. */
static void
put_head(struct feed *f, const struct msrp_head *h, struct span to)
{
	const char code[3] = { (char)('0' + h->code / 100), (char)('0' + h->code / 10 % 10),
		               (char)('0' + h->code % 10) };
	bool to_first = h->to_line.p < h->from_line.p;
	struct span one = to_first ? h->to_line : h->from_line, two = to_first ? h->from_line : h->to_line;

	msrp_put_str(&f->out, "MSRP ");
	msrp_put_str(&f->out, f->way->tid);
	msrp_put_str(&f->out, " ");
	msrp_put(&f->out, h->code ? span_of(code, sizeof(code)) : h->method);
	if (h->code && h->comment.p) {
		msrp_put_str(&f->out, " ");
		msrp_put(&f->out, h->comment);
	}
	msrp_put_str(&f->out, "\r\n");
	msrp_put(&f->out, between(h->headers.p, one.p));
	put_path(f, to_first, to);
	msrp_put(&f->out, between(one.p + one.len, two.p));
	put_path(f, !to_first, to);
	msrp_put(&f->out, between(two.p + two.len, h->headers.p + h->headers.len));
}

static void
on_head(struct feed *f, const struct msrp_head *h)
{
	struct way *w = f->way;
	struct span to;

	w->is_open = false;
	if (!msrp_side_is_named(&f->src->names, h->to_path)) {
		f->src->stats.errors++;
		if (!h->code)
			refuse_session(f, h);
		return;
	}
	if (!h->code) {
		map_request(f, h, &to);
	} else if (!map_response(f, h, &to)) {
		f->src->stats.errors++;
		return;
	}
	w->is_open = true;
	w->has_body = h->has_body;
	put_head(f, h, to);
	w->adds_type = w->is_send && !h->has_body && f->dst->names.types_empty && !h->has_type;
	if (w->adds_type)
		msrp_put_str(&f->out, "Content-Type: text/plain\r\n");
	if (h->has_body || w->adds_type)
		msrp_put_str(&f->out, "\r\n");
}

static void
put_end(struct feed *f, bool has_crlf, char flag)
{
	const char end[] = { flag, '\r', '\n' };

	if (has_crlf)
		msrp_put_str(&f->out, "\r\n");
	msrp_put_str(&f->out, "-------");
	msrp_put_str(&f->out, f->way->tid);
	msrp_put(&f->out, span_of(end, sizeof(end)));
	f->way->is_open = false;
	put_answers(f);
}

static void
on_end(struct feed *f, const struct msrp_event *ev)
{
	struct way *w = f->way;

	if (!w->is_open)
		return;
	put_end(f, ev->has_crlf || w->adds_type, ev->flag);
	if (w->expects)
		msrp_txn_sent(&w->sent, f->now_ms);
	if (w->is_send && ev->flag == '#')
		f->src->stats.aborted++;
	else if (w->is_send && w->has_body && ev->flag == '$')
		f->src->stats.messages++;
}

static void
on_body(struct feed *f, struct span body, bool is_all)
{
	if (!f->way->is_open)
		return;
	if (f->way->is_send)
		f->src->stats.octets += body.len;
	msrp_put_body(&f->out, body, is_all);
}

static struct feed
begin(struct msrp_b2b *b, unsigned from, const struct msrp_sink *sink)
{
	return (struct feed){ .b = b, .from = from, .src = &b->side[from], .dst = &b->side[!from],
		              .way = &b->way[from], .out = { .sink = sink, .side = !from } };
}

int
msrp_b2b_feed(struct msrp_b2b *b, unsigned from, struct span in, uint64_t now_ms, const struct msrp_sink *sink,
              const char **why)
{
	struct feed f = begin(b, from, sink);
	struct msrp_event ev;
	int err;

	f.now_ms = now_ms;
	while ((err = msrp_next(&f.way->framer, &in, &ev)) == 0) {
		switch (ev.kind) {
		case MSRP_HEAD:
			on_head(&f, &ev.head);
			break;
		case MSRP_BODY:
			on_body(&f, ev.body, in.len == 0);
			break;
		case MSRP_END:
			on_end(&f, &ev);
			break;
		}
	}
	msrp_flush(&f.out);
	if (err == ERR_MORE)
		return 0;
	f.src->stats.errors++;
	*why = f.way->framer.why;
	return err;
}

bool
msrp_b2b_cut(struct msrp_b2b *b, unsigned from, const struct msrp_sink *sink)
{
	struct feed f = begin(b, from, sink);
	bool was_open = f.way->is_open;

	if (was_open) {
		put_end(&f, true, '#');
		msrp_flush(&f.out);
		f.src->stats.aborted += f.way->is_send;
	}
	msrp_reset(&f.way->framer);
	return was_open;
}

/* ---- life ---- */

struct msrp_b2b *
msrp_b2b_new(void (*fill)(void *buf, size_t len))
{
	struct msrp_b2b *b = calloc(1, sizeof(*b));

	if (b)
		b->fill = fill;
	return b;
}

void
msrp_b2b_reset(struct msrp_b2b *b)
{
	for (unsigned i = 0; i < 2; i++) {
		msrp_reset(&b->way[i].framer);
		msrp_txns_clear(&b->way[i].sent);
		b->way[i].is_open = false;
		out_fini(&b->side[i].answers);
		msrp_side_learn(&b->side[i].names, SPAN_NULL);
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
