/* SPDX-License-Identifier: BSD-2-Clause */
/* Offers, answers and deletes: which are new, which repeat or join another, and which come out of turn. */
#include "alg/call_priv.h"

#include "proto/base/log.h"

/* ---- refusals ---- */

void
calls_note_refusal(struct calls *cs, bool is_answer, struct span call_id, const char *error)
{
	struct alg_stats *stats = cs->conf.stats;
	uint32_t skipped;

	(is_answer ? stats->answers_failed : stats->offers_failed)[cause_of_error(error)]++;
	if (log_limit_pass(&cs->refused_log, loop_now_ms(cs->loop), &skipped))
		log_notice("%s refused call=%.*s error=\"%s\" skipped=%u", is_answer ? "answer" : "offer", SPAN_FMT(call_id),
		           error, skipped);
}

void
calls_refuse(struct calls *cs, bool is_answer, struct span call_id, slot_id waiter, const char *error)
{
	struct alg_result r = { .error = error };

	calls_note_refusal(cs, is_answer, call_id, error);
	cs->done(cs->arg, waiter, &r);
}

void
call_refuse(struct call *c, bool is_answer, slot_id waiter, const char *error)
{
	calls_refuse(c->calls, is_answer, span_str(c->call_id), waiter, error);
}

/* ---- offers and answers ---- */

static void
answer_again(struct call *c, const struct sdp_pair *s, slot_id waiter)
{
	struct alg_result r = { .sdp = span_of(s->out, s->out_len) };

	call_done(c, waiter, &r);
}

static bool
tags_too_long(const struct alg_request *req)
{
	return req->call_id.len > ALG_TAG_MAX || req->from_tag.len > ALG_TAG_MAX || req->to_tag.len > ALG_TAG_MAX ||
	       req->via_branch.len > ALG_TAG_MAX;
}

void
call_offer(struct call *c, const struct alg_request *req, slot_id waiter)
{
	enum side from = call_offer_side(c, req);
	const struct proposal *p = c->pending[from];

	if (c->now) {
		if (exchange_join(c->now, req, false, waiter))
			c->calls->conf.stats->offers_joined++;
		else
			call_queue_add(c, req, false, waiter);
		return;
	}
	/* Without a to-tag it is the INVITE again, not a re-INVITE that says the same. */
	if (!p && !req->to_tag.len && c->agreed && c->agreed->from == from)
		p = c->agreed;
	if (p && sdp_pair_is(&p->sdp, req->sdp) && call_is_whole(c, p)) {
		c->calls->conf.stats->offers_repeated++;
		answer_again(c, &p->sdp, waiter);
		return;
	}
	exchange_start(c, req, NULL, from, waiter);
}

void
calls_offer(struct calls *cs, const struct alg_request *req, slot_id waiter)
{
	struct call *c = find_for_offer(bucket_find(cs, req->call_id), req);

	cs->conf.stats->offers++;
	if (tags_too_long(req)) {
		calls_refuse(cs, false, req->call_id, waiter, "unsupported: call-id or tag too long");
		return;
	}
	if (!c && !(c = call_new(cs, req))) {
		calls_refuse(cs, false, req->call_id, waiter, "overload: no room for another call");
		return;
	}
	c->last_signal = time(NULL);
	call_offer(c, req, waiter);
}

void
call_answer(struct call *c, const struct alg_request *req, slot_id waiter)
{
	struct proposal *p = call_answered(c, call_answered_side(c, req));
	struct span tag = call_dialog_tag(c, req);
	const struct dialog *d = call_find_dialog(c, tag.len ? tag : span_str(c->to_tag));
	bool in_force = !tag.len || span_eqs(tag, c->to_tag);

	if (c->now) {
		if (!exchange_join(c->now, req, true, waiter))
			call_queue_add(c, req, true, waiter);
		return;
	}
	if (!p) {
		call_refuse(c, true, waiter, "Unknown call-id");
		return;
	}
	/* The 2xx often says what the 18x said. When another branch spoke last, its answer has to go in force again. */
	if (p == c->agreed && d && in_force && sdp_pair_is(&d->answer, req->sdp) && call_is_whole(c, p)) {
		c->calls->conf.stats->answers_repeated++;
		call_take_status(c, req->status);
		answer_again(c, &d->answer, waiter);
		return;
	}
	if (p == c->agreed && !in_force && call_forks(c, req))
		call_fork(c, req, waiter);
	else
		exchange_start(c, req, p, side_other(p->from), waiter);
}

void
calls_answer(struct calls *cs, const struct alg_request *req, slot_id waiter)
{
	struct call *c = find_for_answer(bucket_find(cs, req->call_id), req);

	cs->conf.stats->answers++;
	if (!c || tags_too_long(req)) {
		calls_refuse(cs, true, req->call_id, waiter, "Unknown call-id");
		return;
	}
	if (req->status >= 300) { /* RFC 3261 21.4.26: what the refuser could do */
		calls_refuse(cs, true, req->call_id, waiter, "unsupported: the SDP of a refusal is no answer");
		return;
	}
	c->last_signal = time(NULL);
	call_answer(c, req, waiter);
}

/* ---- delete ---- */

/* A re-INVITE that failed, not the call: said by the flag, or shown by the branch, which is that of the offer. */
static bool
is_rollback(const struct call *c, const struct alg_request *req)
{
	if (!c->agreed)
		return false;
	return req->rollback || call_branch_side(c, req->via_branch) != SIDES ||
	       (c->now && exchange_is_offer_of(c->now, req->via_branch));
}

static void
roll_back(struct call *c, const struct alg_request *req, slot_id waiter)
{
	struct alg_result r = { .call = c };
	enum side from = call_branch_side(c, req->via_branch);

	if (c->now && exchange_is_answer(c->now)) { /* too late: it is being agreed on */
		r.warning = "The offer is being answered";
		call_done(c, waiter, &r);
		return;
	}
	c->calls->conf.stats->rollbacks++;
	log_info("offer taken back call=%s", c->call_id);
	if (c->now && (req->rollback || exchange_is_offer_of(c->now, req->via_branch)))
		exchange_cancel(c->now, "deleted: the offer was taken back meanwhile");
	for (int s = 0; s < SIDES; s++)
		if (from == SIDES || from == (enum side)s)
			call_roll_back(c, (enum side)s);
	call_done(c, waiter, &r);
	call_queue_next(c);
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
	if (is_rollback(found[0], req)) {
		roll_back(found[0], req, waiter);
		return;
	}
	/* They were cancelled when the other one won, though one that never answered the CANCEL may not have been told. */
	n = find_losers(found[0], found, n);
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

const struct calls_conf *
calls_get_conf(const struct calls *cs)
{
	return &cs->conf;
}

uint32_t
calls_count(const struct calls *cs)
{
	return cs->live;
}
