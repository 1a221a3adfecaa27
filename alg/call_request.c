/* SPDX-License-Identifier: BSD-2-Clause */
/* Offers, answers and deletes: which are new, which repeat or join another, and which come out of turn. */
#include "alg/call_priv.h"

#include "proto/base/log.h"

static bool
same_sdp(const struct call_sdp *s, const struct alg_request *req)
{
	return s->in && span_eq(span_of(s->in, s->in_len), req->sdp);
}

static void
answer_again(struct call *c, const struct call_sdp *s, slot_id waiter)
{
	struct alg_result r = { .sdp = span_of(s->out, s->out_len) };

	call_done(c, waiter, &r);
}

/* What was written for such a line leads nowhere any more, so the same offer has to be worked on again. */
static bool
has_line_without_context(const struct call *c)
{
	for (uint32_t i = 0; i < c->n_media; i++)
		if (media_is_ended(c->media[i]))
			return true;
	return false;
}

static bool
tags_too_long(const struct alg_request *req)
{
	return req->call_id.len > ALG_TAG_MAX || req->from_tag.len > ALG_TAG_MAX || req->to_tag.len > ALG_TAG_MAX ||
	       req->via_branch.len > ALG_TAG_MAX;
}

void
calls_offer(struct calls *cs, const struct alg_request *req, slot_id waiter)
{
	struct call *c = find_for_offer(bucket_find(cs, req->call_id), req);
	enum side from;

	cs->conf.stats->offers++;
	if (tags_too_long(req)) {
		calls_answer_error(cs, waiter, "unsupported: call-id or tag too long");
		return;
	}
	if (!c && !(c = call_new(cs, req))) {
		calls_answer_error(cs, waiter, "overload: no room for another call");
		return;
	}
	c->last_signal = time(NULL);
	if (c->now) {
		if (exchange_join(c->now, req, false, waiter))
			cs->conf.stats->offers_joined++;
		else
			calls_answer_error(cs, waiter, "busy: another offer or answer of this call is in progress");
		return;
	}
	from = req->has_direction ? req->from : c->from;
	if (same_sdp(&c->offer, req) && c->offer.from == from && !has_line_without_context(c)) {
		cs->conf.stats->offers_repeated++;
		answer_again(c, &c->offer, waiter);
		return;
	}
	exchange_start(c, req, false, waiter);
}

void
calls_answer(struct calls *cs, const struct alg_request *req, slot_id waiter)
{
	struct call *c = find_for_answer(bucket_find(cs, req->call_id), req);

	cs->conf.stats->answers++;
	if (!c || tags_too_long(req)) {
		calls_answer_error(cs, waiter, "Unknown call-id");
		return;
	}
	c->last_signal = time(NULL);
	if (c->now) {
		if (!exchange_join(c->now, req, true, waiter))
			calls_answer_error(cs, waiter, "busy: another offer or answer of this call is in progress");
		return;
	}
	if (same_sdp(&c->answer, req) && (!req->to_tag.len || span_eqs(req->to_tag, c->to_tag))) {
		cs->conf.stats->answers_repeated++;
		answer_again(c, &c->answer, waiter);
		return;
	}
	exchange_start(c, req, true, waiter);
}

void
calls_delete(struct calls *cs, const struct alg_request *req, slot_id waiter)
{
	struct call *found[ALG_SPIRAL_MAX];
	uint32_t n = find_for_delete(bucket_find(cs, req->call_id), req, found);

	if (!n) {
		struct alg_result r = { .warning = "Call-ID not found or tags didn't match" };

		cs->conf.stats->deletes_unknown++;
		cs->done(cs->arg, waiter, &r);
		return;
	}
	cs->conf.stats->deletes++;
	found[0]->waiters[found[0]->n_waiters++] = waiter;
	loop_timer_set(&found[0]->timer, ALG_GATEWAY_MS);
	for (uint32_t i = 0; i < n; i++) {
		log_info("call ends call=%s state=%s", found[i]->call_id, call_state_name(found[i]));
		call_end(found[i]);
	}
}

const struct call *
calls_find(const struct calls *cs, const struct alg_request *req)
{
	struct call *found[ALG_SPIRAL_MAX];

	return find_for_delete(bucket_find(cs, req->call_id), req, found) ? found[0] : NULL;
}

const struct call *
calls_next(const struct calls *cs, uint32_t *cursor)
{
	const struct call *c;

	while ((c = slots_next(&cs->ids, cursor)))
		if (!c->ending)
			return c;
	return NULL;
}

uint32_t
calls_count(const struct calls *cs)
{
	return cs->live;
}
