/* SPDX-License-Identifier: BSD-2-Clause */
/* One offer or answer on its way: its plan (exchange_plan.c) is ordered of the gateway, all m-lines in parallel, and the
 * SDP leaves when everything is there. It leaves wholly rewritten or not at all. */
#include "alg/exchange_priv.h"

#include <stdio.h>
#include <stdlib.h>

#include "alg/rewrite.h"
#include "proto/base/log.h"

void
exchange_fail(struct exchange *x, const char *fmt, ...)
{
	va_list ap;

	if (x->error[0])
		return;
	va_start(ap, fmt);
	vsnprintf(x->error, sizeof(x->error), fmt, ap);
	va_end(ap);
}

void
exchange_free(struct exchange *x)
{
	if (!x)
		return;
	loop_timer_stop(&x->timer);
	arena_fini(&x->arena);
	free(x);
}

static void
tell(struct call *c, const struct exchange *x, const struct alg_result *r)
{
	for (uint32_t i = 0; i < x->n_waiters; i++)
		call_done(c, x->waiters[i], r);
}

/* ---- the end ---- */

/* Drops what this exchange began: for a call that never agreed on anything, the call. */
static void
undo(struct exchange *x)
{
	struct call *c = x->call;

	if (!c->offer.in || x->is_answer) {
		call_end(c);
		return;
	}
	for (uint32_t i = 0; x->plan && i < x->sdp.n_media; i++)
		if (x->plan[i].media && x->plan[i].media->fsm.state < MEDIA_ACTIVE)
			media_release(x->plan[i].media);
}

static void
finish_failed(struct exchange *x)
{
	struct call *c = x->call;
	struct alg_result r = { .error = x->error };

	if (x->is_answer)
		exchange_stats(x)->answers_failed++;
	else
		exchange_stats(x)->offers_failed++;
	log_notice("%s refused call=%s error=\"%s\"", x->is_answer ? "answer" : "offer", c->call_id, x->error);
	c->now = NULL;
	undo(x);
	tell(c, x, &r);
	exchange_free(x);
}

void
exchange_cancel(struct exchange *x, const char *error)
{
	struct call *c = x->call;
	struct alg_result r = { .error = error };

	c->now = NULL;
	tell(c, x, &r);
	exchange_free(x);
}

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
	};

	if (p->treatment == TREAT_PASS)
		return;
	if (p->media) {
		in.local = p->media->end[to].local;
		in.fprs = p->media->end[SIDE_ACCESS].fprs;
	} else if (p->treatment != TREAT_REJECT) {
		in.local.port = 0; /* refused by the answer */
	}
	rewrite_media(edits, line, &in);
}

/* Keeps the pair for repeats; *pair is replaced only when both copies could be made. */
static int
keep(struct call_sdp *pair, struct span in, char *out, size_t out_len, enum side from)
{
	char *copy = span_dup(in);

	if (!copy)
		return ERR_NOMEM;
	free(pair->in);
	free(pair->out);
	*pair = (struct call_sdp){ copy, out, in.len, out_len, from };
	return 0;
}

static void
learn_to_tag(struct call *c, struct span tag)
{
	char *copy = tag.len && !span_eqs(tag, c->to_tag) ? span_dup(tag) : NULL;

	if (!copy)
		return;
	free(c->to_tag);
	c->to_tag = copy;
}

static void
finish_done(struct exchange *x)
{
	struct call *c = x->call;
	struct call_sdp *pair = x->is_answer ? &c->answer : &c->offer;
	struct alg_result r = { 0 };
	struct sdp_edits edits;
	struct out o;
	size_t len;
	char *text;

	sdp_edits_init(&edits, &x->arena, &x->sdp);
	for (uint32_t i = 0; i < x->sdp.n_media; i++)
		rewrite_line(x, &edits, i);
	out_init_heap(&o, SDP_BYTES_MAX);
	sdp_edit_apply(&edits, &o);
	len = o.len;
	text = o.err || edits.err ? NULL : out_take(&o);
	out_fini(&o);
	if (!text || keep(pair, x->in, text, len, x->from)) {
		free(text);
		exchange_fail(x, "overload: the rewritten SDP does not fit");
		finish_failed(x);
		return;
	}
	if (x->is_answer) {
		learn_to_tag(c, x->to_tag);
	} else { /* what was answered before answered another offer */
		free(c->answer.in);
		free(c->answer.out);
		c->answer = (struct call_sdp){ 0 };
	}
	c->now = NULL;
	r.sdp = span_of(pair->out, pair->out_len);
	tell(c, x, &r);
	exchange_free(x);
}

static void
one_less(struct exchange *x)
{
	if (--x->outstanding)
		return;
	if (x->error[0])
		finish_failed(x);
	else
		finish_done(x);
}

static void
on_timer(struct loop_timer *t)
{
	struct exchange *x = t->arg;

	exchange_stats(x)->gateway_timeouts++;
	exchange_fail(x, "gateway-lost: gateway %s does not answer in time",
	     agwset_mid(x->call->calls->conf.agws, x->call->gw));
	finish_failed(x);
}

void
exchange_on_media(struct exchange *x, struct media *m, enum media_report r)
{
	bool ours = false;

	for (uint32_t i = 0; i < x->sdp.n_media; i++)
		ours = ours || x->plan[i].media == m;
	if (!ours || r == MEDIA_ENDED)
		return;
	if (r == MEDIA_FAILED) {
		if (m->why.code)
			exchange_fail(x, "%s: line %u: H.248 error %u %s", m->reason, m->index + 1, m->why.code, m->why.text);
		else
			exchange_fail(x, "%s: line %u: %s", m->reason, m->index + 1, m->why.text);
	}
	one_less(x);
}

/* ---- the beginning ---- */

static void
reserve(struct exchange *x, uint32_t i)
{
	struct line_plan *p = &x->plan[i];
	int rc = call_add_media(x->call, i, &p->media);

	if (rc) {
		exchange_fail(x, "overload: line %u: %s", i + 1, err_str(rc));
		return;
	}
	p->media->treatment = p->treatment;
	p->media->offerer = x->from;
	p->media->offered = sdp_setup(&x->sdp, &x->sdp.media[i]);
	x->outstanding++;
	media_reserve(p->media, p->want);
}

static void
order_line(struct exchange *x, uint32_t i)
{
	struct line_plan *p = &x->plan[i];
	struct media *m = p->media;

	switch (p->order) {
	case LINE_NOTHING:
		return;
	case LINE_RESERVE:
		reserve(x, i);
		return;
	case LINE_CONFIGURE:
		if (!x->is_answer)
			m->offered = sdp_setup(&x->sdp, &x->sdp.media[i]);
		x->outstanding++;
		media_configure(m, p->want);
		return;
	case LINE_RELEASE:
		p->media = NULL;
		media_release(m);
		return;
	}
}

/* First everything is looked at, then the gateway is asked: a refused request has touched nothing. */
static void
run(struct exchange *x)
{
	exchange_plan(x);
	if (x->error[0])
		return;
	loop_timer_set(&x->timer, ALG_GATEWAY_MS);
	for (uint32_t i = 0; i < x->sdp.n_media && !x->error[0]; i++)
		order_line(x, i);
}

void
exchange_start(struct call *c, const struct alg_request *req, bool is_answer, slot_id waiter)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (!x) {
		calls_answer_error(c->calls, waiter, "overload: out of memory");
		return;
	}
	x->call = c;
	x->is_answer = is_answer;
	arena_init(&x->arena, ALG_ARENA_MAX);
	loop_timer_init(&x->timer, c->calls->loop, on_timer, x);
	x->from = is_answer ? side_other(c->offer.from) : req->has_direction ? req->from : c->from;
	x->waiters[x->n_waiters++] = waiter;
	x->outstanding = 1;
	c->now = x;
	if (exchange_prepare(x, req))
		run(x);
	one_less(x);
}

bool
exchange_join(struct exchange *x, const struct alg_request *req, bool is_answer, slot_id waiter)
{
	if (x->is_answer != is_answer || !span_eq(x->in, req->sdp) || x->n_waiters == ALG_WAITERS_MAX)
		return false;
	x->waiters[x->n_waiters++] = waiter;
	return true;
}
