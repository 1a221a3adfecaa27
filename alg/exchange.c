/* SPDX-License-Identifier: BSD-2-Clause */
/* One offer or answer on its way: its plan (exchange_plan.c) is ordered of the gateway, all m-lines in parallel, and the
 * SDP leaves when everything is there. It leaves wholly rewritten or not at all. */
#include "alg/exchange_priv.h"

#include <stdio.h>
#include <stdlib.h>

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
	if (!x->is_answer)
		proposal_free(x->prop);
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

/* The call goes on as it was agreed, or ends if it never agreed on anything. */
static void
undo(struct exchange *x)
{
	struct call *c = x->call;

	if (!c->agreed && (x->is_answer || (!c->pending[SIDE_ACCESS] && !c->pending[SIDE_CORE]))) {
		call_end(c);
		return;
	}
	for (uint32_t i = 0; x->plan && i < x->sdp.n_media; i++) {
		struct media *m = x->plan[i].media;

		/* Some lines were changed before another one failed. */
		if (x->plan[i].order == LINE_CONFIGURE && m->use == MEDIA_AGREED && m->fsm.state == MEDIA_ACTIVE) {
			const struct mgc_term before[SIDES] = { m->before[SIDE_ACCESS], m->before[SIDE_CORE] };

			media_configure(m, before);
		}
	}
	if (x->is_answer && x->prop != c->agreed)
		call_roll_back(c, x->prop->from);
	else
		call_sweep(c);
}

static void
finish_failed(struct exchange *x)
{
	struct call *c = x->call;
	struct alg_result r = { .error = x->error };

	calls_note_refusal(c->calls, x->is_answer, span_str(c->call_id), x->error);
	c->now = NULL;
	undo(x);
	tell(c, x, &r);
	exchange_free(x);
	call_queue_next(c);
}

void
exchange_cancel(struct exchange *x, const char *error)
{
	struct call *c = x->call;
	struct alg_result r = { .error = error };

	calls_note_refusal(c->calls, x->is_answer, span_str(c->call_id), error);
	c->now = NULL;
	tell(c, x, &r);
	exchange_free(x);
	call_sweep(c);
}

static void
remember_paths(const struct exchange *x)
{
	for (uint32_t i = 0; i < x->sdp.n_media; i++) {
		struct media *m = x->plan[i].media;
		struct span path;

		/* An offer changes nothing that is agreed: a context that it keeps has the same path. */
		if (m && (x->is_answer || !m->path[x->from]) && sdp_attr(&x->sdp, &x->sdp.media[i], "path", &path))
			media_set_path(m, x->from, path);
	}
}

static const struct sdp_pair *
conclude_offer(struct exchange *x, char *text, size_t len)
{
	struct proposal *p = x->prop;

	if (sdp_pair_set(&p->sdp, x->in, text, len))
		return NULL;
	remember_paths(x);
	x->prop = NULL;
	call_propose(x->call, p);
	return &p->sdp;
}

static const struct sdp_pair *
conclude_answer(struct exchange *x, char *text, size_t len)
{
	struct call *c = x->call;
	struct media **used = arena_alloc(&x->arena, (x->sdp.n_media + 1) * sizeof(*used));
	struct dialog *d;

	if (!used)
		return NULL;
	for (uint32_t i = 0; i < x->sdp.n_media; i++)
		used[i] = x->plan[i].media ? x->plan[i].media : x->plan[i].keep;
	call_agree(c, x->prop, used, x->sdp.n_media);
	remember_paths(x);
	d = call_need_dialog(c, x->dialog.len ? x->dialog : span_str(c->to_tag));
	if (!d || call_enter_dialog(c, d) || sdp_pair_set(&d->answer, x->in, text, len))
		return NULL;
	call_take_status(c, x->status);
	return &d->answer;
}

static void
finish_done(struct exchange *x)
{
	struct call *c = x->call;
	const struct sdp_pair *pair = NULL;
	struct alg_result r = { 0 };
	size_t len = 0;
	char *text = exchange_write(x, &len);

	if (text)
		pair = x->is_answer ? conclude_answer(x, text, len) : conclude_offer(x, text, len);
	if (!pair) {
		free(text);
		exchange_fail(x, "overload: the rewritten SDP does not fit");
		finish_failed(x);
		return;
	}
	c->now = NULL;
	r.sdp = span_of(pair->out, pair->out_len);
	tell(c, x, &r);
	exchange_free(x);
	call_queue_next(c);
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
go_on(struct exchange *x);

static void
on_timer(struct loop_timer *t)
{
	struct exchange *x = t->arg;

	if (x->n_waits) {
		exchange_give_up_hosts(x);
		go_on(x);
		return;
	}
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
	x->prop->line[i].media = p->media->id;
	x->outstanding++;
	media_reserve(p->media, p->want);
}

static void
order_line(struct exchange *x, uint32_t i)
{
	struct line_plan *p = &x->plan[i];

	switch (p->order) {
	case LINE_NOTHING:
		return;
	case LINE_RESERVE:
		reserve(x, i);
		return;
	case LINE_CONFIGURE:
		x->outstanding++;
		media_configure(p->media, p->want);
		return;
	}
}

/* First everything is looked at, then the gateway is asked: a refused request has touched nothing. */
static void
order(struct exchange *x)
{
	exchange_plan(x);
	if (x->error[0])
		return;
	loop_timer_set(&x->timer, ALG_GATEWAY_MS);
	for (uint32_t i = 0; i < x->sdp.n_media && !x->error[0]; i++)
		order_line(x, i);
}

static void
go_on(struct exchange *x)
{
	order(x);
	one_less(x);
}

static void
run(struct exchange *x)
{
	if (!exchange_ask_hosts(x)) {
		order(x);
		return;
	}
	x->outstanding++;
	loop_timer_set(&x->timer, ALG_RESOLVE_MS);
}

void
exchange_on_host(struct exchange *x, const char *name, const struct addr *a)
{
	if (!exchange_take_host(x, name, a))
		return;
	loop_timer_stop(&x->timer);
	go_on(x);
}

void
exchange_start(struct call *c, const struct alg_request *req, struct proposal *answered, enum side from, slot_id waiter)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (!x) {
		call_refuse(c, answered != NULL, waiter, "overload: out of memory");
		return;
	}
	x->call = c;
	x->is_answer = answered != NULL;
	x->prop = answered;
	x->from = from;
	x->status = req->status;
	arena_init(&x->arena, ALG_ARENA_MAX);
	loop_timer_init(&x->timer, c->calls->loop, on_timer, x);
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
	if (x->is_answer != is_answer || !span_eq(x->in, req->sdp) || (is_answer && !span_eq(x->dialog, call_dialog_tag(x->call, req))) ||
	    x->n_waiters == ALG_WAITERS_MAX)
		return false;
	x->waiters[x->n_waiters++] = waiter;
	return true;
}

bool
exchange_is_answer(const struct exchange *x)
{
	return x->is_answer;
}

bool
exchange_is_offer_of(const struct exchange *x, struct span via_branch)
{
	return !x->is_answer && x->prop && via_branch.len && span_eqs(via_branch, x->prop->via_branch);
}
