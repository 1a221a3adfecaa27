/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/exchange_priv.h"

#include <string.h>

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
		.offered = x->prop->line[i].offered,
		.msrp = p->msrp,
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

static struct media *
agreed_media(const struct exchange *x, uint32_t i)
{
	struct media *m = call_media(x->call, i);

	return m && !media_is_ended(m) ? m : NULL;
}

/* What the line was before it was closed or its context was lost. */
static enum treatment
treatment_before(const struct call *c, uint32_t index)
{
	const struct media *m = call_media(c, index);

	for (uint32_t i = 0; i < c->n_media && !m; i++)
		if (c->media[i]->index == index && c->media[i]->use != MEDIA_PROPOSED)
			m = c->media[i];
	return m ? m->treatment : TREAT_PASS;
}

/* What was agreed stays, though a re-offer does not repeat what it was decided by (a=3ge2ae, the registration). TLS
 * end to end may take the place of e2ae, but plain TCP never does. */
static struct policy_out
decide_again(struct exchange *x, const struct alg_request *req, uint32_t i, struct policy_out out)
{
	const struct sdp_media *line = &x->sdp.media[i];
	bool tls = sdp_is_msrp_tls(line);

	if (treatment_before(x->call, i) != TREAT_E2AE || out.treatment == TREAT_E2AE || req->e2ae != E2AE_KEY_AUTO ||
	    (x->from == SIDE_CORE && tls))
		return out;
	if (x->from == SIDE_ACCESS && !tls)
		exchange_fail(x, "downgrade: line %u: the UE offers plain TCP in place of e2ae", i + 1);
	return (struct policy_out){ TREAT_E2AE, "it was agreed on", "RFC 3264 8" };
}

static void
decide_line(struct exchange *x, const struct alg_request *req, uint32_t i)
{
	struct policy_in in = {
		.from = x->from,
		.policy = x->call->calls->conf.e2ae,
		.key = req->e2ae,
		.ue_e2ae = req->ue_e2ae,
		.sdp = &x->sdp,
		.media = &x->sdp.media[i],
	};
	struct policy_out out = decide_again(x, req, i, policy_decide(&in));

	x->plan[i].treatment = out.treatment;
	log_info("line call=%s line=%u treatment=%s why=\"%s\" clause=\"%s\"", x->call->call_id, i + 1,
	         treatment_name(out.treatment), out.why, out.clause);
	count_treatment(exchange_stats(x), out.treatment);
}

static void
decide_msrp(struct exchange *x, uint32_t i)
{
	struct line_plan *p = &x->plan[i];
	struct msrp_in in = { x->msrp, p->treatment, &x->sdp, &x->sdp.media[i] };
	const struct media *m = agreed_media(x, i);
	struct msrp_out out;

	if (!needs_gateway(p->treatment))
		return;
	out = policy_msrp(&in);
	if (m && m->treatment == p->treatment) /* a context is aware or agnostic for good */
		out.mode = m->want[SIDE_CORE].msrp;
	else if (out.mode == MSRP_AWARE_IF_ABLE && agwset_is_unaware(x->call->calls->conf.agws, x->call->gw))
		out.mode = MSRP_AGNOSTIC;
	p->msrp = out.mode;
	log_debug("line call=%s line=%u msrp=%s why=\"%s\" clause=\"%s\"", x->call->call_id, i + 1,
	          msrp_mode_name(out.mode), out.why, out.clause);
}

static void
decide(struct exchange *x, const struct alg_request *req)
{
	for (uint32_t i = 0; i < x->sdp.n_media && !x->error[0]; i++) {
		const struct sdp_media *line = &x->sdp.media[i];

		if (!sdp_is_msrp(line))
			continue;
		if (!line->port) { /* an offer of nothing allocates nothing, but it leaves in the other side's terms */
			x->plan[i].treatment = treatment_before(x->call, i);
			continue;
		}
		if (!req->has_direction && !x->call->has_direction) {
			exchange_fail(x, "No direction in message");
			return;
		}
		decide_line(x, req, i);
		decide_msrp(x, i);
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

	if (c->gw && has_context(c) && agwset_is_up(c->calls->conf.agws, c->gw))
		return true;
	c->gw = agwset_choose(c->calls->conf.agws, x->opts.realm);
	if (!c->gw)
		exchange_fail(x, "gateway-lost: no gateway is in service");
	return c->gw != 0;
}

/* ---- offers ---- */

static bool
is_known(const struct addr *a)
{
	return a->family != ADDR_NONE && !addr_is_any(a);
}

/* Another address or session of the offerer, which needs another connection. Hold (RFC 3264 8.4) and the discard port
 * say nothing about where it will be. */
static bool
has_moved(const struct exchange *x, uint32_t i, const struct media *m)
{
	const struct addr *now = &x->plan[i].want[x->from].remote, *was = &m->want[x->from].remote;
	struct span path;

	if (sdp_attr(&x->sdp, &x->sdp.media[i], "path", &path) && path.len && m->path[x->from] &&
	    !span_eqs(path, m->path[x->from]))
		return true;
	if (!is_known(now))
		return false;
	if (now->family != m->want[x->from].family)
		return true;
	if (!is_known(was))
		return false;
	return !addr_same_ip(now, was) || (flow_port_is_usable(now->port) && flow_port_is_usable(was->port) &&
	                                   now->port != was->port);
}

/* The context of a line that stays; NULL: a new one is needed, because there is none, or so that the old connection
 * lives until the new one is agreed on. */
static struct media *
find_kept(const struct exchange *x, uint32_t i)
{
	const struct proposal *before = x->call->pending[x->from];
	struct media *m = agreed_media(x, i);

	if (m && m->treatment == x->plan[i].treatment && !has_moved(x, i, m))
		return m;
	/* Reserved for an offer that this one replaces. */
	m = before && i < before->n ? call_find_media(x->call, before->line[i].media) : NULL;
	if (m && m->use == MEDIA_PROPOSED && m->fsm.state == MEDIA_OFFERED && m->treatment == x->plan[i].treatment &&
	    media_is_ordered(m, x->plan[i].want) && !has_moved(x, i, m))
		return m;
	return NULL;
}

static void
plan_offer(struct exchange *x, uint32_t i)
{
	struct line_plan *p = &x->plan[i];
	struct proposal_line *pl = &x->prop->line[i];
	const struct flow_line fl = flow_line_of(x, i);
	struct flow_out fo = { 0 };

	pl->treatment = p->treatment;
	pl->offered = sdp_setup(&x->sdp, &x->sdp.media[i]);
	if (!needs_gateway(p->treatment) || !x->sdp.media[i].port)
		return;
	if (flow_find(p->treatment, x->from)->offer(&fl, p->want, &fo)) {
		exchange_fail(x, "%s: line %u: %s", fo.reason, i + 1, fo.why);
		return;
	}
	p->write = fo.write;
	p->cema = fo.cema;
	pl->near = p->want[x->from];
	p->media = find_kept(x, i);
	if (p->media)
		pl->media = p->media->id;
	else if (need_gateway(x))
		p->order = LINE_RESERVE;
}

/* ---- answers ---- */

/* What the context is ordered to be, with the offerer's side as it was offered. Hold keeps the address known. */
static void
start_from_offer(struct line_plan *p, const struct media *m, const struct proposal_line *pl, enum side offerer)
{
	struct mgc_term *t = &p->want[offerer];

	for (int s = 0; s < SIDES; s++) {
		p->want[s] = m->want[s];
		p->want[s].establish = p->want[s].latch = false;
	}
	if (is_known(&pl->near.remote) || !is_known(&t->remote))
		t->remote = pl->near.remote;
	t->remote_setup = pl->near.remote_setup;
	t->remote_fprs = pl->near.remote_fprs;
	t->remote_cema = pl->near.remote_cema;
	memcpy(t->remote_path, pl->near.remote_path, sizeof(t->remote_path));
}

/* A second 2xx: a context that knows both peers from the beginning. The answerer was sent the address of the first
 * one, so it cannot come to us; we must be the one to connect. */
static void
plan_clone(struct exchange *x, uint32_t i)
{
	struct line_plan *p = &x->plan[i];
	enum side offerer = side_other(x->from);
	const struct flow *flow = flow_find(p->treatment, offerer);
	struct flow_line fl = flow_line_of(x, i);
	struct flow_out fo = { 0 };
	struct sdp offer;

	if (sdp_parse(&x->arena, span_of(x->prop->sdp.in, x->prop->sdp.in_len), &offer)) {
		exchange_fail(x, "overload: out of memory");
		return;
	}
	fl.sdp = &offer;
	fl.line = &offer.media[i];
	fl.from = offerer;
	if (!flow->offer(&fl, p->want, &fo)) {
		fl = flow_line_of(x, i);
		if (!flow->answer(&fl, p->want, &fo) && p->want[x->from].setup != SDP_ACTIVE)
			flow_fail(&fo, ERR_UNSUPPORTED, "unsupported", "a second 2xx whose sender connects to the first one's port");
	}
	if (fo.reason)
		exchange_fail(x, "%s: line %u: %s", fo.reason, i + 1, fo.why);
	p->write = fo.write;
	if (!x->error[0] && need_gateway(x))
		p->order = LINE_RESERVE;
}

static bool
check_line(struct exchange *x, uint32_t i, const struct media *m)
{
	const struct sdp_media *line = &x->sdp.media[i];

	/* Else it would leave unchanged, with the answerer's own address. */
	if (line->is_broken || (line->port && !sdp_is_msrp(line)))
		exchange_fail(x, "bad-sdp: line %u is no answer to MSRP", i + 1);
	else if (media_is_ended(m) && line->port)
		exchange_fail(x, "%s: line %u has no context any more", m->reason[0] ? m->reason : "gateway-lost", i + 1);
	return !x->error[0];
}

static bool
is_provisional(const struct exchange *x)
{
	return x->status >= 100 && x->status < 200;
}

static void
plan_answer(struct exchange *x, uint32_t i)
{
	struct line_plan *p = &x->plan[i];
	const struct proposal_line *pl = &x->prop->line[i];
	struct media *m = pl->media ? slots_find(&x->call->calls->media_ids, pl->media) : NULL;
	enum side offerer = side_other(x->from);
	struct flow_line fl;
	struct flow_out fo = { 0 };
	struct addr was;

	p->treatment = pl->treatment;
	if (!m && x->call->is_clone && needs_gateway(pl->treatment) && sdp_is_msrp(&x->sdp.media[i]) &&
	    x->sdp.media[i].port) {
		plan_clone(x, i);
		return;
	}
	if (!m || !check_line(x, i, m))
		return;
	if (!x->sdp.media[i].port) { /* refused: nothing more is needed of the gateway, unless another branch may want it */
		p->keep = is_provisional(x) ? m : NULL;
		return;
	}
	p->media = m;
	start_from_offer(p, m, pl, offerer);
	was = p->want[x->from].remote;
	fl = flow_line_of(x, i);
	if (flow_find(m->treatment, offerer)->answer(&fl, p->want, &fo)) {
		exchange_fail(x, "%s: line %u: %s", fo.reason, i + 1, fo.why);
		return;
	}
	if (!is_known(&p->want[x->from].remote) && is_known(&was))
		p->want[x->from].remote = was;
	p->write = fo.write;
	p->cema = fo.cema;
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
	x->hide_origin = req->hide_origin;
	x->hide_session = req->hide_session;
	x->msrp = req->has_msrp ? req->msrp : x->call->calls->conf.msrp;
	if (req->source_address)
		x->opts.source = req->received_from;
}

bool
exchange_prepare(struct exchange *x, const struct alg_request *req)
{
	set_opts(x, req);
	x->in = arena_span(&x->arena, req->sdp);
	x->dialog = arena_span(&x->arena, call_dialog_tag(x->call, req));
	if (!x->in.p || !x->dialog.p) {
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
	if (x->is_answer) {
		if (x->prop->n != x->sdp.n_media)
			exchange_fail(x, "bad-sdp: the answer has not as many m-lines as the offer");
		return !x->error[0];
	}
	x->prop = proposal_new(x->from, req->via_branch, x->sdp.n_media);
	if (x->prop)
		decide(x, req);
	else
		exchange_fail(x, "overload: out of memory");
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
