/* SPDX-License-Identifier: BSD-2-Clause */
/* What we say ourselves: answers to requests that do not go on, ends of messages that are cut off, empty messages to
 * silent peers. */
#include "agw/msrp_b2b_priv.h"

void
msrp_b2b_put_answers(struct feed *f)
{
	msrp_put(&f->out, msrp_answers_get(&f->dst->answers));
	msrp_answers_clear(&f->dst->answers);
}

void
msrp_b2b_count_error(struct feed *f, const char *why)
{
	f->src->stats.errors++;
	f->why = why;
}

bool
msrp_b2b_wants_failures(const struct msrp_head *h)
{
	return !span_caseeqs(h->failure_report, "no");
}

static void
answer(struct feed *f, const struct msrp_answer *a)
{
	struct msrp_answers *all = &f->src->answers;
	struct span text;

	msrp_answers_add(all, a);
	text = msrp_answers_get(all);
	if (f->b->way[!f->from].is_open)
		return;
	if (text.len)
		f->out.sink->write(f->out.sink->arg, f->from, &text, 1);
	msrp_answers_clear(all);
}

/* A request that is not passed on. The responder's From-Path is the URI that the request was sent to. SEND is
 * answered to the next hop, everything else to the origin. Of broken headers there may be no paths: then those that
 * both of us know. */
void
msrp_b2b_refuse(struct feed *f, const struct msrp_head *h, const char *status)
{
	const struct msrp_side *names = &f->src->names;
	struct span to = h->from_path.len ? h->from_path : names->peer;
	struct span rest = h->to_path.len ? h->to_path : names->own;
	struct msrp_answer a = { .tid = h->tid, .status = status, .from = span_word(&rest) };

	if (h->code || span_eqs(h->method, "REPORT") || !msrp_b2b_wants_failures(h))
		return;
	a.to = span_eqs(h->method, "SEND") ? span_word(&to) : to;
	answer(f, &a);
}

void
msrp_b2b_count_too_big(struct feed *f)
{
	f->src->stats.too_big++;
	msrp_b2b_count_error(f, "more than a limit allows");
}

void
msrp_b2b_put_end(struct feed *f, bool has_crlf, char flag)
{
	const char end[] = { flag, '\r', '\n' };

	if (has_crlf)
		msrp_put_lit(&f->out, "\r\n");
	msrp_put_lit(&f->out, "-------");
	msrp_put(&f->out, span_str(f->way->tid));
	msrp_put(&f->out, span_of(end, sizeof(end)));
}

void
msrp_b2b_stop(struct feed *f)
{
	struct way *w = f->way;
	char was[MSRP_TID_MAX + 1];
	struct span to = f->src->names.from.len ? f->src->names.from : f->src->names.peer;
	struct msrp_answer a = { .status = "413 Too large", .from = f->src->names.own, .to = span_word(&to) };

	msrp_b2b_put_end(f, true, '#');
	w->is_open = false;
	msrp_b2b_put_answers(f);
	f->src->stats.aborted++;
	msrp_b2b_count_too_big(f);
	if (!w->expects)
		return;
	a.tid = span_str(msrp_txn_stop(&w->sent, was) == 0 ? was : w->tid);
	msrp_txn_sent(&w->sent, f->now_ms);
	answer(f, &a);
}

bool
msrp_b2b_keep_alive(struct msrp_b2b *b, unsigned side, uint64_t now_ms, const struct msrp_sink *sink)
{
	struct feed f = msrp_b2b_begin(b, !side, sink);
	char tid[MSRP_TID_MAX + 1];

	if (!f.dst->names.is_bound || f.way->is_open)
		return false;
	msrp_txn_own(&f.way->sent, now_ms, b->fill, tid);
	msrp_put_lit(&f.out, "MSRP ");
	msrp_put(&f.out, span_str(tid));
	msrp_put_lit(&f.out, " SEND\r\n");
	msrp_put(&f.out, f.dst->names.lines);
	msrp_put_lit(&f.out, "Message-ID: ");
	msrp_put(&f.out, span_str(tid));
	msrp_put_lit(&f.out, "\r\nByte-Range: 1-0/0\r\n");
	if (f.dst->names.types_empty)
		msrp_put_lit(&f.out, "Content-Type: text/plain\r\n\r\n\r\n");
	msrp_put_lit(&f.out, "-------");
	msrp_put(&f.out, span_str(tid));
	msrp_put_lit(&f.out, "$\r\n");
	msrp_flush(&f.out);
	f.dst->stats.keepalives++;
	return true;
}
