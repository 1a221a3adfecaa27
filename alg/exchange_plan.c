/* SPDX-License-Identifier: BSD-2-Clause */
/* An exchange line by line: which contexts are kept or made, and what is asked of the gateway for each. */
#include "alg/exchange_priv.h"

#include <string.h>

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
		.offered_tls = x->prop->line[i].tls,
		.msrp = p->msrp,
	};
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
		exchange_fail(x, "gateway-lost: no gateway is in service for both realms");
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
	struct media *m = exchange_agreed_media(x, i);

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
	pl->tls = sdp_is_msrp_tls(&x->sdp.media[i]);
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
	struct flow_out fo = { 0 };
	struct flow_line fl;
	struct sdp offer;

	p->msrp = x->prop->line[i].near.msrp;
	fl = flow_line_of(x, i);
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
	if (!is_known(&p->want[x->from].remote) && is_known(&was) &&
	    (p->want[x->from].setup != SDP_ACTIVE || flow_port_is_usable(was.port)))
		p->want[x->from].remote = was;
	p->write = fo.write;
	p->cema = fo.cema;
	p->order = LINE_CONFIGURE;
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
