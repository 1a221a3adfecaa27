/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/explain_priv.h"

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
		explain_add(x, v, "rule", r->rule);
		explain_add(x, v, "clause", r->clause);
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
	list_changes(x, changes, x->in, text, "gone");
	list_changes(x, changes, text, x->in, "new");
	ng_add_str(x->a, reply, "sdp", text);
	return 0;
}

static bool
has_our_address(void *arg, uint32_t i)
{
	const struct explain *x = arg;

	return x->lines[i].has_our_address || !x->sdp.media[i].port;
}

/* NG's replace. */
static void
hide(struct explain *x)
{
	struct rewrite_session in = { .is_ours = has_our_address, .arg = x };

	if (x->has_conn && x->req->hide_origin)
		in.origin = x->conn;
	if (x->has_conn && x->req->hide_session)
		in.conn = x->conn;
	rewrite_session(&x->edits, &in);
}

/* One SDP: its lines, and what became of it. */
static int
explain_sdp(struct explain *x, struct span in, struct ng_val *reply)
{
	struct ng_val *list;
	int rc = 0;

	x->in = in;
	x->has_conn = false;
	if (sdp_parse(x->a, in, &x->sdp)) {
		*x->error = SPAN_LIT("Failed to parse SDP");
		return ERR_SYNTAX;
	}
	if (!x->is_answer) {
		x->n_lines = x->sdp.n_media;
		x->lines = arena_alloc(x->a, (x->n_lines + 1) * sizeof(*x->lines));
	} else if (x->n_lines != x->sdp.n_media) {
		*x->error = SPAN_LIT("bad-sdp: the answer has not as many m-lines as the offer");
		return ERR_SYNTAX;
	}
	if (!x->lines) {
		*x->error = SPAN_LIT("overload: out of memory");
		return ERR_NOMEM;
	}
	sdp_edits_init(&x->edits, x->a, &x->sdp);
	list = ng_add_list(x->a, reply, "lines");
	for (uint32_t i = 0; i < x->sdp.n_media && !rc; i++) {
		if (x->is_answer)
			x->lines[i].has_our_address = false;
		rc = x->is_answer ? explain_answer_line(x, i, list) : explain_offer_line(x, i, list);
	}
	if (rc)
		return rc;
	hide(x);
	return finish(x, reply);
}

int
explain(struct arena *a, const struct calls_conf *conf, const struct alg_request *req, struct span answer,
        struct ng_val *reply, struct span *error)
{
	struct explain x = { .a = a, .conf = conf, .req = req, .opts = conf->flow, .error = error, .from = req->from };
	int rc;

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
	rc = explain_sdp(&x, req->sdp, reply);
	if (rc || !answer.len)
		return rc;
	/* Source and family were said of the offer's message. */
	x.opts.source = (struct addr){ 0 };
	x.opts.family = ADDR_NONE;
	x.is_answer = true;
	x.from = side_other(req->from);
	return explain_sdp(&x, answer, ng_add_dict(a, reply, "answer"));
}
