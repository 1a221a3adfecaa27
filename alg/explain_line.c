/* SPDX-License-Identifier: BSD-2-Clause */
/* One m-line of an explanation. */
#include "alg/explain_priv.h"

/* Our address on a side, as it stands for the one that a gateway would choose: from the ranges for documentation
 * (RFC 5737, RFC 3849). */
static struct addr
address_of(enum side s, enum addr_family family, uint32_t line)
{
	struct addr a;

	if (family == ADDR_V6)
		addr_parse_ip(s == SIDE_ACCESS ? SPAN_LIT("2001:db8::fa") : SPAN_LIT("2001:db8::fc"), &a);
	else
		addr_parse_ip(s == SIDE_ACCESS ? SPAN_LIT("192.0.2.251") : SPAN_LIT("192.0.2.252"), &a);
	a.port = (uint16_t)((s == SIDE_ACCESS ? 20000 : 30000) + line);
	return a;
}

static void
stand_in_hosts(struct explain *x, const struct flow_line *fl, bool aware)
{
	enum addr_family family = ADDR_V4;
	struct span name;

	if (x->opts.n_hosts == FLOW_HOSTS_MAX || !flow_host_needed(fl, aware, &name, &family))
		return;
	x->hosts[x->opts.n_hosts++] = (struct flow_host){ name, address_of(fl->from, family, 0) };
}

static struct span
own_path(struct explain *x, const struct addr *local, bool tls)
{
	char text[ADDR_TEXT_MAX];

	return arena_printf(x->a, "msrp%s://%s/gateway;tcp", tls ? "s" : "", addr_text(local, text));
}

static struct flow_line
flow_line_of(const struct explain *x, uint32_t i)
{
	const struct explain_line *l = &x->lines[i];

	return (struct flow_line){
		.opts = &x->opts,
		.sdp = &x->sdp,
		.line = &x->sdp.media[i],
		.from = x->from,
		.treatment = l->treatment,
		.msrp = l->msrp,
		.offered = l->offered,
		.offered_tls = l->offered_tls,
	};
}

/* Our ends of a line that goes through a gateway, as the SDP that leaves shows them. */
static void
edit_line(struct explain *x, uint32_t i, const struct flow_out *fo)
{
	struct explain_line *l = &x->lines[i];
	enum side to = side_other(x->from);
	struct rewrite_in in = { .to = to, .is_answer = x->is_answer, .treatment = l->treatment, .setup = fo->write,
		                 .cema = fo->cema, .local = address_of(to, l->want[to].family, i) };

	if (l->msrp != MSRP_AGNOSTIC)
		in.path = own_path(x, &in.local, l->want[to].tls);
	if (l->want[SIDE_ACCESS].tls)
		fpr_set_add(&in.fprs, SPAN_LIT("sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
		                               "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00"));
	rewrite_media(&x->edits, &x->sdp.media[i], &in);
	l->has_our_address = true;
	if (!x->has_conn)
		x->conn = in.local;
	x->has_conn = true;
}

/* A line that leaves with port 0. */
static void
close_line(struct explain *x, uint32_t i)
{
	const struct rewrite_in in = { .to = side_other(x->from), .is_answer = x->is_answer,
		                       .treatment = x->lines[i].treatment };

	rewrite_media(&x->edits, &x->sdp.media[i], &in);
	x->lines[i].has_our_address = true;
}

static struct ng_val *
begin_line(struct explain *x, uint32_t i, struct ng_val *list, const struct policy_out *p)
{
	struct ng_val *v = ng_add_dict(x->a, list, NULL);

	ng_add_int(x->a, v, "line", i + 1);
	ng_add_str(x->a, v, "media", x->sdp.media[i].media);
	explain_add(x, v, "treatment", treatment_name(p->treatment));
	explain_add(x, v, "why", p->why);
	explain_add(x, v, "clause", p->clause);
	return v;
}

static int
refuse(struct explain *x, uint32_t i, const struct flow_out *fo)
{
	*x->error = arena_printf(x->a, "%s: line %u: %s", fo->reason, i + 1, fo->why);
	return ERR_UNSUPPORTED;
}

/* ---- offers ---- */

static int
offer_through_gateway(struct explain *x, uint32_t i, struct ng_val *v)
{
	struct explain_line *l = &x->lines[i];
	const struct flow_line fl = flow_line_of(x, i);
	struct flow_out fo = { 0 };

	stand_in_hosts(x, &fl, l->msrp != MSRP_AGNOSTIC);
	if (flow_find(l->treatment, x->from)->offer(&fl, l->want, &fo))
		return refuse(x, i, &fo);
	l->served = true;
	explain_add(x, v, "flow", flow_find(l->treatment, x->from)->name);
	edit_line(x, i, &fo);
	return 0;
}

int
explain_offer_line(struct explain *x, uint32_t i, struct ng_val *list)
{
	struct explain_line *l = &x->lines[i];
	struct policy_in in = { .from = x->from, .policy = x->conf->e2ae, .key = x->req->e2ae,
		                .ue_e2ae = x->req->ue_e2ae, .sdp = &x->sdp, .media = &x->sdp.media[i] };
	struct policy_out out = policy_decide(&in);
	struct msrp_in mi = { x->req->has_msrp ? x->req->msrp : x->conf->msrp, out.treatment, &x->sdp, in.media };
	struct ng_val *v = begin_line(x, i, list, &out);
	struct msrp_out mo;

	*l = (struct explain_line){ .treatment = out.treatment, .msrp = MSRP_AGNOSTIC,
		                    .offered = sdp_setup(&x->sdp, in.media), .offered_tls = sdp_is_msrp_tls(in.media) };
	switch (out.treatment) {
	case TREAT_PASS:
		return 0;
	case TREAT_REJECT:
		close_line(x, i);
		return 0;
	case TREAT_E2AE:
	case TREAT_ANCHOR:
		break;
	}
	mo = policy_msrp(&mi);
	l->msrp = mo.mode;
	explain_add(x, v, "msrp", msrp_mode_name(mo.mode));
	explain_add(x, v, "msrp why", mo.why);
	explain_add(x, v, "msrp clause", mo.clause);
	return offer_through_gateway(x, i, v);
}

/* ---- answers ---- */

/* Who will connect, as the gateway is told. */
static void
add_role(struct explain *x, struct ng_val *v, const char *key, const struct mgc_term *t)
{
	const char *text = t->setup == SDP_ACTIVE ? "the gateway connects" : "the gateway listens";

	if (t->link)
		text = "the gateway listens; a connection makes it connect on the other side";
	else if (t->setup == SDP_ACTIVE && !t->establish)
		text = "the gateway connects when the other side is connected";
	explain_add(x, v, key, text);
}

static int
answer_through_gateway(struct explain *x, uint32_t i, struct ng_val *list)
{
	struct explain_line *l = &x->lines[i];
	const struct flow *flow = flow_find(l->treatment, side_other(x->from));
	const struct policy_out p = { l->treatment, "as it was decided for the offer", "RFC 3264 6" };
	const struct flow_line fl = flow_line_of(x, i);
	struct flow_out fo = { 0 };
	struct ng_val *v;

	for (int s = 0; s < SIDES; s++)
		l->want[s].establish = l->want[s].latch = false;
	stand_in_hosts(x, &fl, l->msrp != MSRP_AGNOSTIC);
	if (flow->answer(&fl, l->want, &fo))
		return refuse(x, i, &fo);
	v = begin_line(x, i, list, &p);
	explain_add(x, v, "flow", flow->name);
	add_role(x, v, "access", &l->want[SIDE_ACCESS]);
	add_role(x, v, "core", &l->want[SIDE_CORE]);
	edit_line(x, i, &fo);
	return 0;
}

int
explain_answer_line(struct explain *x, uint32_t i, struct ng_val *list)
{
	const struct explain_line *l = &x->lines[i];
	const struct sdp_media *m = &x->sdp.media[i];
	struct policy_out p = { l->treatment, "not ours in the offer", "RFC 3264 6" };

	if (l->served && (m->is_broken || (m->port && !sdp_is_msrp(m)))) {
		*x->error = arena_printf(x->a, "bad-sdp: line %u is no answer to MSRP", i + 1);
		return ERR_SYNTAX;
	}
	if (l->served && m->port)
		return answer_through_gateway(x, i, list);
	if (l->treatment == TREAT_REJECT)
		p.why = "the offer left with port 0, so it is refused";
	else if (l->served)
		p.why = "refused by the answerer: the gateway's context is released";
	begin_line(x, i, list, &p);
	if (l->treatment != TREAT_PASS)
		close_line(x, i);
	return 0;
}
