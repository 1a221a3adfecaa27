/* SPDX-License-Identifier: BSD-2-Clause */
/* The beginning of an exchange: the request is taken over, and for an offer each m-line's treatment is decided. */
#include "alg/exchange_priv.h"

#include "alg/setup.h"
#include "proto/base/log.h"

struct media *
exchange_agreed_media(const struct exchange *x, uint32_t i)
{
	struct media *m = call_media(x->call, i);

	return m && !media_is_ended(m) ? m : NULL;
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

	if (treatment_before(x->call, i) != TREAT_E2AE || out.treatment == TREAT_E2AE ||
	    req->e2ae != E2AE_KEY_AUTO || (x->from == SIDE_CORE && tls))
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
	const struct media *m = exchange_agreed_media(x, i);
	struct msrp_out out;

	if (!needs_gateway(p->treatment))
		return;
	out = policy_msrp(&in);
	if (m && m->treatment == p->treatment) /* a context is aware or agnostic for good */
		out.mode = m->want[SIDE_CORE].msrp;
	else if (out.mode == MSRP_AWARE_IF_ABLE && agwset_lacks(x->call->calls->conf.agws, x->call->gw) & MGC_LACKS_AWARE)
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
		if (!line->port) { /* an offer of nothing allocates nothing, but it leaves in the other side's terms
				    */
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
