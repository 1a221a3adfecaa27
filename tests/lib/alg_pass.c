/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/alg_pass.h"

#include <string.h>

#include "proto/base/arena.h"

enum { ARENA_BYTES = 1 << 20 };

static enum side
target(const struct pass *p, bool is_answer)
{
	return is_answer ? p->offerer : side_other(p->offerer);
}

static bool
has_flow(const struct pass_line *l)
{
	return l->treatment == TREAT_E2AE || l->treatment == TREAT_ANCHOR;
}

struct whose {
	const struct pass *p;
	const struct sdp *sdp;
};

static bool
is_ours_or_closed(void *arg, uint32_t i)
{
	const struct whose *w = arg;

	if (w->sdp->media[i].port == 0)
		return true;
	return i < w->p->n && (has_flow(&w->p->line[i]) || w->p->line[i].treatment == TREAT_REJECT);
}

static void
hide(const struct pass *p, bool is_answer, const struct sdp *s, struct sdp_edits *e, unsigned ours)
{
	struct whose w = { p, s };
	struct rewrite_session in = { .is_ours = is_ours_or_closed, .arg = &w };

	if (p->hide_origin && ours)
		in.origin = p->local[target(p, is_answer)];
	if (p->hide_session && ours)
		in.conn = p->local[target(p, is_answer)];
	rewrite_session(e, &in);
}

static int
rewrite_all(const struct pass *p, bool is_answer, struct arena *a, const struct sdp *s, struct out *o)
{
	struct sdp_edits e;
	uint16_t ours = 0;

	sdp_edits_init(&e, a, s);
	for (uint32_t i = 0; i < s->n_media && i < p->n; i++) {
		const struct pass_line *l = &p->line[i];
		struct rewrite_in in = {
			.to = target(p, is_answer),
			.is_answer = is_answer,
			.treatment = l->treatment,
			.local = p->local[target(p, is_answer)],
			.fprs = p->fprs,
			.setup = l->write,
			.cema = l->cema,
		};

		if (l->want[SIDE_CORE].msrp != MSRP_AGNOSTIC)
			in.path = span_str(p->path[target(p, is_answer)]);
		if (has_flow(l))
			in.local.port = (uint16_t)(in.local.port + 2 * ours++);
		rewrite_media(&e, &s->media[i], &in);
	}
	hide(p, is_answer, s, &e, ours);
	return sdp_edit_apply(&e, o);
}

static int
run_flow(struct pass *p, uint32_t i, const struct sdp *s, bool answered)
{
	struct pass_line *l = &p->line[i];
	struct flow_line in = {
		.opts = &p->opts,
		.sdp = s,
		.line = &s->media[i],
		.from = answered ? side_other(p->offerer) : p->offerer,
		.treatment = l->treatment,
		.msrp = l->msrp,
		.offered = l->offered,
		.offered_tls = l->offered_tls,
	};
	const struct flow *f = flow_find(l->treatment, p->offerer);
	int rc;

	if (!has_flow(l))
		return 0;
	l->write = SDP_SETUP_ABSENT;
	if (answered && (i >= s->n_media || s->media[i].port == 0))
		return 0; /* the answerer closed it */
	p->why = (struct flow_out){ 0 };
	rc = answered ? f->answer(&in, l->want, &p->why) : f->offer(&in, l->want, &p->why);
	l->write = p->why.write;
	l->cema = p->why.cema;
	l->is_answered = answered && rc == 0;
	return rc;
}

static enum msrp_mode
msrp_mode(const struct pass *p, uint32_t i, const struct sdp *s)
{
	struct msrp_in in = { p->msrp, p->line[i].treatment, s, &s->media[i] };
	enum msrp_mode mode = has_flow(&p->line[i]) ? policy_msrp(&in).mode : MSRP_AGNOSTIC;

	return mode == MSRP_AWARE_IF_ABLE && !p->path[SIDE_CORE][0] ? MSRP_AGNOSTIC : mode;
}

int
pass_offer(struct pass *p, struct span in, struct out *o)
{
	struct arena a;
	struct sdp s;
	int rc;

	arena_init(&a, ARENA_BYTES);
	rc = sdp_parse(&a, in, &s);
	p->n = rc == 0 ? s.n_media : 0;
	for (uint32_t i = 0; rc == 0 && i < p->n; i++) {
		struct policy_in pi = {
			.from = p->offerer,
			.policy = p->policy,
			.key = p->key,
			.ue_e2ae = p->ue_e2ae,
			.sdp = &s,
			.media = &s.media[i],
		};

		p->line[i] = (struct pass_line){
			.treatment = policy_decide(&pi).treatment,
			.offered = sdp_setup(&s, &s.media[i]),
			.offered_tls = sdp_is_msrp_tls(&s.media[i]),
		};
		p->line[i].msrp = msrp_mode(p, i, &s);
		rc = run_flow(p, i, &s, false);
	}
	if (rc == 0)
		rc = rewrite_all(p, false, &a, &s, o);
	arena_fini(&a);
	return rc;
}

int
pass_answer(struct pass *p, struct span in, struct out *o)
{
	struct arena a;
	struct sdp s;
	int rc;

	arena_init(&a, ARENA_BYTES);
	rc = sdp_parse(&a, in, &s);
	for (uint32_t i = 0; rc == 0 && i < p->n; i++)
		rc = run_flow(p, i, &s, true);
	if (rc == 0)
		rc = rewrite_all(p, true, &a, &s, o);
	arena_fini(&a);
	return rc;
}

int
pass_again(const struct pass *p, bool is_answer, struct span in, struct out *o)
{
	struct arena a;
	struct sdp s;
	int rc;

	arena_init(&a, ARENA_BYTES);
	rc = sdp_parse(&a, in, &s);
	if (rc == 0)
		rc = rewrite_all(p, is_answer, &a, &s, o);
	arena_fini(&a);
	return rc;
}

static bool
is_attr(const struct sdp_line *l, const char *name)
{
	struct span rest = l->value;

	return l->type == 'a' && span_caseeqs(span_trim(span_cut(&rest, ':')), name);
}

static bool
is_ours(const struct pass *p, const struct sdp_line *l, int32_t section)
{
	enum treatment t = section >= 0 && (uint32_t)section < p->n ? p->line[section].treatment : TREAT_PASS;

	if (section < 0 && l->type == 'o')
		return p->hide_origin;
	if (section >= 0 && t == TREAT_PASS)
		return false;
	if (t == TREAT_REJECT)
		return l->type == 'm' || is_attr(l, "3ge2ae");
	if (section >= 0 && (is_attr(l, "path") || is_attr(l, "msrp-cema")) && p->line[section].want[0].msrp != MSRP_AGNOSTIC)
		return true;
	if (section >= 0 && l->type == 'm')
		return true;
	return l->type == 'c' || is_attr(l, "setup") || is_attr(l, "fingerprint") || is_attr(l, "3ge2ae") || is_attr(l, "key-mgmt");
}

/* The next line that is not ours, from *i on in section *section; NULL at the end. */
static const struct sdp_line *
next_foreign(const struct pass *p, const struct sdp *s, uint32_t *i, int32_t *section)
{
	while (*i < s->n_lines) {
		const struct sdp_line *l = &s->lines[(*i)++];

		if (l->type == 'm')
			++*section;
		if (!is_ours(p, l, *section))
			return l;
	}
	return NULL;
}

static struct span
without_end(struct span raw)
{
	while (raw.len && (raw.p[raw.len - 1] == '\n' || raw.p[raw.len - 1] == '\r'))
		raw.len--;
	return raw;
}

bool
pass_kept_the_rest(const struct pass *p, struct span in, struct span out)
{
	uint32_t i = 0, k = 0;
	int32_t si = -1, sk = -1;
	struct arena a;
	struct sdp x, y;
	bool same = false;

	arena_init(&a, ARENA_BYTES);
	if (sdp_parse(&a, in, &x) == 0 && sdp_parse(&a, out, &y) == 0) {
		const struct sdp_line *l, *m;

		do {
			l = next_foreign(p, &x, &i, &si);
			m = next_foreign(p, &y, &k, &sk);
			same = (!l && !m) ||
			       (l && m && si == sk &&
			        (span_eq(l->raw, m->raw) || (l == &x.lines[x.n_lines - 1] &&
			                                     span_eq(without_end(l->raw), without_end(m->raw)))));
		} while (same && l);
	}
	arena_fini(&a);
	return same;
}
