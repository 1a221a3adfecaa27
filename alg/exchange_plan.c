/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/exchange_priv.h"

#include "alg/setup.h"
#include "proto/base/log.h"

static bool
needs_gateway(enum treatment t)
{
	return t == TREAT_E2AE || t == TREAT_ANCHOR;
}

static struct flow_line
flow_line_of(const struct exchange *x, uint32_t i)
{
	const struct line_plan *p = &x->plan[i];

	return (struct flow_line){
		.opts = &x->opts,
		.sdp = &x->sdp,
		.line = &x->sdp.media[i],
		.from = x->from,
		.treatment = p->treatment,
		.offered = p->media ? p->media->offered : SDP_SETUP_ABSENT,
	};
}

static void
count_treatment(struct alg_stats *st, enum treatment t)
{
	switch (t) {
	case TREAT_E2AE:
		st->lines_e2ae++;
		return;
	case TREAT_ANCHOR:
		st->lines_anchored++;
		return;
	case TREAT_REJECT:
		st->lines_rejected++;
		return;
	case TREAT_PASS:
		return;
	}
}

static void
decide(struct exchange *x, const struct alg_request *req)
{
	for (uint32_t i = 0; i < x->sdp.n_media; i++) {
		const struct sdp_media *line = &x->sdp.media[i];
		struct policy_in in = {
			.from = x->from,
			.policy = x->call->calls->conf.e2ae,
			.key = req->e2ae,
			.ue_e2ae = req->ue_e2ae,
			.sdp = &x->sdp,
			.media = line,
		};
		struct policy_out out;

		if (!sdp_is_msrp(line) || !line->port) /* an offer of nothing allocates nothing */
			continue;
		if (!req->has_direction) {
			exchange_fail(x, "No direction in message");
			return;
		}
		out = policy_decide(&in);
		x->plan[i].treatment = out.treatment;
		log_info("line call=%s line=%u treatment=%s why=\"%s\" clause=\"%s\"", x->call->call_id, i + 1,
		         treatment_name(out.treatment), out.why, out.clause);
		count_treatment(exchange_stats(x), out.treatment);
	}
}

static bool
has_context(const struct call *c)
{
	for (uint32_t i = 0; i < c->n_media; i++)
		if (!media_is_ended(c->media[i]))
			return true;
	return false;
}

/* One gateway for all lines; another one may be taken when nothing is left on it. */
static bool
need_gateway(struct exchange *x)
{
	struct call *c = x->call;

	if (c->gw && has_context(c))
		return true;
	c->gw = agwset_choose(c->calls->conf.agws);
	if (!c->gw)
		exchange_fail(x, "gateway-lost: no gateway is in service");
	return c->gw != 0;
}

/* A changed offer within the call: only the offerer's address is new; roles, gates and the other side stay. */
static void
plan_change(struct line_plan *p, const struct media *m, enum side from)
{
	struct addr remote = p->want[from].remote;
	enum sdp_setup setup = p->want[from].remote_setup;

	p->order = LINE_CONFIGURE;
	for (int s = 0; s < SIDES; s++) {
		p->want[s] = m->want[s];
		p->want[s].latch = p->want[s].establish = false;
	}
	p->want[from].remote = remote;
	p->want[from].remote_setup = setup;
}

static void
plan_offer(struct exchange *x, uint32_t i)
{
	struct line_plan *p = &x->plan[i];
	struct media *m = call_media(x->call, i);
	const struct flow_line fl = flow_line_of(x, i);
	struct flow_out fo = { 0 };

	if (m && media_is_ended(m))
		m = NULL;
	p->media = m;
	if (!needs_gateway(p->treatment)) {
		p->order = m ? LINE_RELEASE : LINE_NOTHING;
		return;
	}
	if (m && (m->treatment != p->treatment || m->offerer != x->from)) {
		exchange_fail(x, "unsupported: line %u changes its treatment within the call", i + 1);
		return;
	}
	if (flow_find(p->treatment, x->from)->offer(&fl, p->want, &fo)) {
		exchange_fail(x, "%s: line %u: %s", fo.reason, i + 1, fo.why);
		return;
	}
	p->write = fo.write;
	if (m)
		plan_change(p, m, x->from);
	else if (need_gateway(x))
		p->order = LINE_RESERVE;
}

static void
plan_answer(struct exchange *x, uint32_t i)
{
	struct line_plan *p = &x->plan[i];
	struct media *m = call_media(x->call, i);
	struct flow_out fo = { 0 };
	struct flow_line fl;

	if (!m || (media_is_ended(m) && !x->sdp.media[i].port && !x->sdp.media[i].is_broken))
		return;
	p->treatment = m->treatment;
	p->media = m;
	/* Else it would leave unchanged, with the answerer's own address. */
	if (x->sdp.media[i].is_broken || (x->sdp.media[i].port && !sdp_is_msrp(&x->sdp.media[i]))) {
		exchange_fail(x, "bad-sdp: line %u is no answer to MSRP", i + 1);
		return;
	}
	if (media_is_ended(m)) {
		exchange_fail(x, "%s: line %u has no context any more", m->reason[0] ? m->reason : "gateway-lost", i + 1);
		return;
	}
	if (!x->sdp.media[i].port) { /* refused by the answerer: nothing more is needed of the gateway */
		p->order = LINE_RELEASE;
		return;
	}
	fl = flow_line_of(x, i);
	for (int s = 0; s < SIDES; s++) {
		p->want[s] = m->want[s];
		p->want[s].establish = false;
	}
	if (flow_find(m->treatment, m->offerer)->answer(&fl, p->want, &fo)) {
		exchange_fail(x, "%s: line %u: %s", fo.reason, i + 1, fo.why);
		return;
	}
	p->write = fo.write;
	p->order = LINE_CONFIGURE;
}

static void
set_opts(struct exchange *x, const struct alg_request *req)
{
	x->opts = x->call->calls->conf.flow;
	if (req->interlink != TRI_DEFAULT)
		x->call->interlink = req->interlink == TRI_ON;
	x->opts.interlink = x->call->interlink;
	if (req->setup_role.len)
		setup_prefer_parse(req->setup_role, x->call->prefer);
	for (int s = 0; s < SIDES; s++)
		x->opts.prefer[s] = x->call->prefer[s];
	x->opts.family = req->family;
	if (req->source_address)
		x->opts.source = req->received_from;
}

static bool
check_answer(struct exchange *x)
{
	struct arena a;
	struct sdp offer;
	bool fits;

	if (!x->call->offer.in) {
		exchange_fail(x, "Unknown call-id");
		return false;
	}
	arena_init(&a, ALG_ARENA_MAX);
	fits = sdp_parse(&a, span_of(x->call->offer.in, x->call->offer.in_len), &offer) == 0 &&
	       offer.n_media == x->sdp.n_media;
	arena_fini(&a);
	if (!fits)
		exchange_fail(x, "bad-sdp: the answer has not as many m-lines as the offer");
	return fits;
}

bool
exchange_prepare(struct exchange *x, const struct alg_request *req)
{
	set_opts(x, req);
	x->in = arena_span(&x->arena, req->sdp);
	x->to_tag = arena_span(&x->arena, req->to_tag);
	if (!x->in.p || !x->to_tag.p) {
		exchange_fail(x, "overload: out of memory");
		return false;
	}
	if (sdp_parse(&x->arena, x->in, &x->sdp)) {
		x->sdp.n_media = 0;
		exchange_fail(x, "Failed to parse SDP");
		return false;
	}
	x->plan = arena_alloc(&x->arena, (x->sdp.n_media + 1) * sizeof(*x->plan));
	if (!x->plan) {
		x->sdp.n_media = 0;
		exchange_fail(x, "overload: out of memory");
		return false;
	}
	if (x->is_answer)
		return check_answer(x);
	decide(x, req);
	return !x->error[0];
}

void
exchange_plan(struct exchange *x)
{
	for (uint32_t i = 0; i < x->sdp.n_media && !x->error[0]; i++) {
		if (x->is_answer)
			plan_answer(x, i);
		else
			plan_offer(x, i);
	}
}
