/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/explain.h"

#include "alg/rewrite.h"

/* The rule behind a line that leaves otherwise than it came, by how it begins. */
static const struct rule {
	const char *begins, *rule, *clause;
} rules[] = {
	{ "m=", "port and transport are the gateway's", "TS 23.334 6.2.10.3 steps 8 and 17" },
	{ "c=", "the address is the gateway's", "TS 23.334 6.2.10.3 steps 8 and 17" },
	{ "o=", "topology hiding was asked for (replace)", "RFC 8866 5.2" },
	{ "a=setup", "our TCP role on this side", "RFC 4145 4; RFC 6135 4" },
	{ "a=fingerprint", "our certificate towards the UE, none towards the core", "RFC 8122 5; TS 23.334 6.2.10.3" },
	{ "a=3ge2ae", "e2ae is between the UE and us; the core does not know it", "TS 24.229 7.5.2" },
	{ "a=key-mgmt", "keys of a TLS association that ends here", "TS 23.334 6.2.10.3" },
	{ "a=path", "the gateway's MSRP URI", "TS 23.334 5.19; RFC 4975 8.2" },
	{ "a=msrp-cema", "whether c= and m= name the peer", "RFC 6714; TS 23.334 5.19" },
	{ "", "follows from the above", "RFC 3264 6" },
};

struct explain {
	struct arena *a;
	const struct calls_conf *conf;
	const struct alg_request *req;
	struct flow_opts opts;
	struct flow_host hosts[FLOW_HOSTS_MAX];
	struct sdp sdp;
	struct sdp_edits edits;
	struct span *error;
};

static void
add(struct explain *x, struct ng_val *dict, const char *key, const char *text)
{
	ng_add_str(x->a, dict, key, span_str(text));
}

/* Addresses for documentation (RFC 5737, RFC 3849) in place of those that a gateway would choose. */
static struct addr
stand_in(enum side s, enum addr_family family, uint32_t i)
{
	struct addr a;

	if (family == ADDR_V6)
		addr_parse_ip(s == SIDE_ACCESS ? SPAN_LIT("2001:db8::a") : SPAN_LIT("2001:db8::c"), &a);
	else
		addr_parse_ip(s == SIDE_ACCESS ? SPAN_LIT("192.0.2.10") : SPAN_LIT("192.0.2.12"), &a);
	a.port = (uint16_t)((s == SIDE_ACCESS ? 20000 : 30000) + i);
	return a;
}

static void
stand_in_hosts(struct explain *x, const struct flow_line *fl, bool aware)
{
	enum addr_family family = ADDR_V4;
	struct span name;

	if (x->opts.n_hosts == FLOW_HOSTS_MAX || !flow_host_needed(fl, aware, &name, &family))
		return;
	x->hosts[x->opts.n_hosts++] = (struct flow_host){ name, stand_in(fl->from, family, 0) };
}

static struct span
own_path(struct explain *x, const struct addr *local, bool tls)
{
	char text[ADDR_TEXT_MAX];

	return arena_printf(x->a, "msrp%s://%s/gateway;tcp", tls ? "s" : "", addr_text(local, text));
}

/* Edits line i as an offer through a gateway does. */
static int
edit_line(struct explain *x, uint32_t i, enum treatment t, enum msrp_mode mode, struct ng_val *v)
{
	enum side from = x->req->from, to = side_other(from);
	const struct flow_line fl = { .opts = &x->opts, .sdp = &x->sdp, .line = &x->sdp.media[i], .from = from,
		                      .treatment = t, .msrp = mode };
	struct rewrite_in in = { .to = to, .treatment = t };
	struct mgc_term want[SIDES] = { 0 };
	struct flow_out fo = { 0 };

	if (t == TREAT_REJECT) {
		rewrite_media(&x->edits, fl.line, &in);
		return 0;
	}
	stand_in_hosts(x, &fl, mode != MSRP_AGNOSTIC);
	if (flow_find(t, from)->offer(&fl, want, &fo)) {
		*x->error = arena_printf(x->a, "%s: line %u: %s", fo.reason, i + 1, fo.why);
		return ERR_UNSUPPORTED;
	}
	add(x, v, "flow", flow_find(t, from)->name);
	in.setup = fo.write;
	in.cema = fo.cema;
	in.local = stand_in(to, want[to].family, i);
	if (mode != MSRP_AGNOSTIC)
		in.path = own_path(x, &in.local, want[to].tls);
	if (want[SIDE_ACCESS].tls)
		fpr_set_add(&in.fprs, SPAN_LIT("sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
		                               "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00"));
	rewrite_media(&x->edits, fl.line, &in);
	return 0;
}

static int
explain_line(struct explain *x, uint32_t i, struct ng_val *list)
{
	struct policy_in in = { .from = x->req->from, .policy = x->conf->e2ae, .key = x->req->e2ae,
		                .ue_e2ae = x->req->ue_e2ae, .sdp = &x->sdp, .media = &x->sdp.media[i] };
	struct policy_out out = policy_decide(&in);
	struct msrp_in mi = { x->req->has_msrp ? x->req->msrp : x->conf->msrp, out.treatment, &x->sdp, in.media };
	struct ng_val *v = ng_add_dict(x->a, list, NULL);
	struct msrp_out mo = { .mode = MSRP_AGNOSTIC };

	ng_add_int(x->a, v, "line", i + 1);
	ng_add_str(x->a, v, "media", in.media->media);
	add(x, v, "treatment", treatment_name(out.treatment));
	add(x, v, "why", out.why);
	add(x, v, "clause", out.clause);
	if (out.treatment == TREAT_PASS)
		return 0;
	if (out.treatment != TREAT_REJECT) {
		mo = policy_msrp(&mi);
		add(x, v, "msrp", msrp_mode_name(mo.mode));
		add(x, v, "msrp why", mo.why);
		add(x, v, "msrp clause", mo.clause);
	}
	return edit_line(x, i, out.treatment, mo.mode, v);
}

/* ---- the changes ---- */

static bool
has_line(struct span text, struct span line)
{
	struct span rest = text;

	while (rest.p)
		if (span_eq(span_trim(span_cut(&rest, '\n')), line))
			return true;
	return false;
}

static const struct rule *
find_rule(struct span line)
{
	const struct rule *r = rules;

	while (!span_has_prefix(line, r->begins))
		r++;
	return r;
}

/* Lines of a that b does not have. */
static void
list_changes(struct explain *x, struct ng_val *list, struct span a, struct span b, const char *what)
{
	struct span rest = a;

	while (rest.p) {
		struct span line = span_trim(span_cut(&rest, '\n'));
		const struct rule *r;
		struct ng_val *v;

		if (!line.len || has_line(b, line))
			continue;
		r = find_rule(line);
		v = ng_add_dict(x->a, list, NULL);
		ng_add_str(x->a, v, what, line);
		add(x, v, "rule", r->rule);
		add(x, v, "clause", r->clause);
	}
}

static int
finish(struct explain *x, struct ng_val *reply)
{
	struct ng_val *changes;
	struct span text;
	struct out o;

	out_init_heap(&o, SDP_BYTES_MAX);
	sdp_edit_apply(&x->edits, &o);
	text = o.err || x->edits.err ? SPAN_NULL : arena_span(x->a, out_get(&o));
	out_fini(&o);
	if (!text.p) {
		*x->error = SPAN_LIT("overload: the rewritten SDP does not fit");
		return ERR_TOOBIG;
	}
	changes = ng_add_list(x->a, reply, "changes");
	list_changes(x, changes, x->req->sdp, text, "gone");
	list_changes(x, changes, text, x->req->sdp, "new");
	ng_add_str(x->a, reply, "sdp", text);
	return 0;
}

int
explain_offer(struct arena *a, const struct calls_conf *conf, const struct alg_request *req, struct ng_val *reply,
              struct span *error)
{
	struct explain x = { .a = a, .conf = conf, .req = req, .opts = conf->flow, .error = error };
	struct ng_val *list;
	int rc = 0;

	if (req->interlink != TRI_DEFAULT)
		x.opts.interlink = req->interlink == TRI_ON;
	if (req->setup_role.len)
		setup_prefer_parse(req->setup_role, x.opts.prefer);
	x.opts.family = req->family;
	x.opts.hosts = x.hosts;
	if (req->source_address)
		x.opts.source = req->received_from;
	if (!req->has_direction) {
		*error = SPAN_LIT("No direction in message");
		return ERR_SYNTAX;
	}
	if (sdp_parse(a, req->sdp, &x.sdp)) {
		*error = SPAN_LIT("Failed to parse SDP");
		return ERR_SYNTAX;
	}
	sdp_edits_init(&x.edits, a, &x.sdp);
	list = ng_add_list(a, reply, "lines");
	for (uint32_t i = 0; i < x.sdp.n_media && !rc; i++)
		rc = explain_line(&x, i, list);
	return rc ? rc : finish(&x, reply);
}
