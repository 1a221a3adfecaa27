/* SPDX-License-Identifier: BSD-2-Clause */
/* Which call is meant. Facts about what real proxies send:
 * - from-tag is whoever made the offer, in the offer and in its answer;
 * - a call that passes the same proxy twice has one Call-ID and From-tag, but opposite directions and other branches;
 * - the branch of a re-INVITE or BYE is another than that of the INVITE, an answer's is its offer's;
 * - delete carries any party's tag, as From- or as To-tag, both, or none; for a re-INVITE that failed it carries the
 *   branch of that, if any. */
#include "alg/call_priv.h"

#include <string.h>

struct call_bucket *
bucket_find(const struct calls *cs, struct span call_id)
{
	struct call_bucket *b = NULL;

	if (call_id.len)
		HASH_FIND(hh, cs->buckets, call_id.p, call_id.len, b);
	return b;
}

/* Unknown on either side does not contradict. */
static bool
same_branch(const struct call *c, const struct alg_request *req)
{
	return !c->via_branch[0] || !req->via_branch.len || span_eqs(req->via_branch, c->via_branch);
}

static bool
is_forward(const struct call *c, const struct alg_request *req)
{
	return span_eqs(req->from_tag, c->from_tag);
}

/* Once a 2xx came, other early dialogs are not this call's any more. */
static bool
is_tag_of_answerer(const struct call *c, struct span tag)
{
	return tag.len && (span_eqs(tag, c->to_tag) || (!c->confirmed && call_find_dialog(c, tag)));
}

/* The other party offers within the dialog: tags change places, and so does the direction. */
static bool
is_reverse(const struct call *c, const struct alg_request *req)
{
	return is_tag_of_answerer(c, req->from_tag) && (!req->to_tag.len || span_eqs(req->to_tag, c->from_tag));
}

/* The side of whoever has the request's from-tag. */
static enum side
side_of_tag(const struct call *c, const struct alg_request *req)
{
	return !is_forward(c, req) && is_reverse(c, req) ? side_other(c->from) : c->from;
}

enum side
call_offer_side(const struct call *c, const struct alg_request *req)
{
	if (!c->has_direction && req->has_direction)
		return req->from;
	return side_of_tag(c, req);
}

struct span
call_dialog_tag(const struct call *c, const struct alg_request *req)
{
	return side_of_tag(c, req) == c->from ? req->to_tag : req->from_tag;
}

enum side
call_answered_side(const struct call *c, const struct alg_request *req)
{
	return side_of_tag(c, req);
}

/* side: where the request should come from if this is its call. */
static bool
contradicts(const struct call *c, const struct alg_request *req, enum side side)
{
	return c->has_direction && req->has_direction && req->from != side;
}

/* 0: not this call. A new INVITE under a known Call-ID and From-tag is a call of its own when it runs the other way
 * (spiral) or under another branch (fork); within a dialog the tags count more than what a script says. */
static unsigned
offer_score(const struct call *c, const struct alg_request *req)
{
	bool wrong_way = contradicts(c, req, side_of_tag(c, req));

	if (!is_forward(c, req) && !is_reverse(c, req))
		return 0;
	if (!req->to_tag.len && (wrong_way || (is_forward(c, req) && !same_branch(c, req))))
		return 0;
	return 1u + (wrong_way ? 0u : 4u) + (is_reverse(c, req) || is_tag_of_answerer(c, req->to_tag) ? 2u : 0u);
}

/* How well an answer fits: it runs against its offer, but scripts differ. */
static unsigned
answer_score(const struct call *c, const struct alg_request *req)
{
	enum side offerer = side_of_tag(c, req);
	const struct proposal *p = c->pending[offerer];
	unsigned score = 1;

	if (!is_forward(c, req) && !is_reverse(c, req))
		return 0;
	if (req->via_branch.len && span_eqs(req->via_branch, p ? p->via_branch : c->via_branch))
		score += 16;
	if (req->has_direction && c->has_direction && !contradicts(c, req, side_other(offerer)))
		score += 8;
	if (is_tag_of_answerer(c, req->to_tag))
		score += 4;
	return score + (p ? 2u : 0u);
}

typedef unsigned (*score_fn)(const struct call *c, const struct alg_request *req);

static struct call *
find_best(struct call_bucket *b, const struct alg_request *req, score_fn score_of)
{
	struct call *best = NULL;
	unsigned best_score = 0;

	if (!b)
		return NULL;
	LIST_EACH(it, &b->calls) {
		struct call *c = LIST_OF(it, struct call, node);
		unsigned score = score_of(c, req);

		if (score > best_score) {
			best = c;
			best_score = score;
		}
	}
	return best;
}

struct call *
find_for_offer(struct call_bucket *b, const struct alg_request *req)
{
	return find_best(b, req, offer_score);
}

struct call *
find_for_answer(struct call_bucket *b, const struct alg_request *req)
{
	return find_best(b, req, answer_score);
}

enum side
call_branch_side(const struct call *c, struct span via_branch)
{
	for (int s = 0; s < SIDES && via_branch.len; s++)
		if (c->pending[s] && span_eqs(via_branch, c->pending[s]->via_branch))
			return (enum side)s;
	return SIDES;
}

typedef bool (*fits_fn)(const struct call *c, const struct alg_request *req);

static bool
fits_branch(const struct call *c, const struct alg_request *req)
{
	return req->via_branch.len && (span_eqs(req->via_branch, c->via_branch) || call_branch_side(c, req->via_branch) != SIDES);
}

/* Of a call that passes twice, the leg of whichever party has the from-tag. */
static bool
fits_direction(const struct call *c, const struct alg_request *req)
{
	return req->has_direction && c->has_direction && !contradicts(c, req, side_of_tag(c, req));
}

/* Both tags of a dialog, or the answerer's alone as the To-tag: it alone, of several under one From-tag. */
static bool
fits_dialog(const struct call *c, const struct alg_request *req)
{
	if (!req->from_tag.len)
		return is_tag_of_answerer(c, req->to_tag);
	return (is_forward(c, req) && is_tag_of_answerer(c, req->to_tag)) || (is_reverse(c, req) && req->to_tag.len);
}

static bool
fits_tags(const struct call *c, const struct alg_request *req)
{
	return is_forward(c, req) || is_reverse(c, req);
}

/* The end of another dialog that the same INVITE made, and that is gone here already. */
static bool
is_other_dialog(const struct call *c, const struct alg_request *req)
{
	if (!c->confirmed || !req->to_tag.len || fits_dialog(c, req))
		return false;
	/* The offerer's tag alone says of no dialog that it is another. */
	return req->from_tag.len || !span_eqs(req->to_tag, c->from_tag);
}

/* Keeps those that fit, unless none does. */
static uint32_t
narrow(struct call *found[ALG_SPIRAL_MAX], uint32_t n, const struct alg_request *req, fits_fn fits)
{
	struct call *kept[ALG_SPIRAL_MAX];
	uint32_t k = 0;

	for (uint32_t i = 0; i < n; i++)
		if (fits(found[i], req))
			kept[k++] = found[i];
	for (uint32_t i = 0; i < k; i++)
		found[i] = kept[i];
	return k ? k : n;
}

uint32_t
find_for_delete(struct call_bucket *b, const struct alg_request *req, struct call *found[ALG_SPIRAL_MAX])
{
	uint32_t n = 0;

	if (!b)
		return 0;
	LIST_EACH(it, &b->calls) {
		struct call *c = LIST_OF(it, struct call, node);

		if (n < ALG_SPIRAL_MAX && !is_other_dialog(c, req))
			found[n++] = c;
	}
	n = narrow(found, n, req, fits_branch);
	n = narrow(found, n, req, fits_tags);
	n = narrow(found, n, req, fits_dialog);
	return narrow(found, n, req, fits_direction);
}

uint32_t
find_losers(const struct call *winner, struct call *found[ALG_SPIRAL_MAX], uint32_t n)
{
	if (!winner->confirmed)
		return n;
	LIST_EACH(it, &winner->bucket->calls) {
		struct call *c = LIST_OF(it, struct call, node);
		bool known = false;

		for (uint32_t i = 0; i < n; i++)
			known = known || found[i] == c;
		if (!known && !c->confirmed && c->from == winner->from && strcmp(c->from_tag, winner->from_tag) == 0)
			found[n++] = c; /* a Call-ID never has more than ALG_SPIRAL_MAX */
	}
	return n;
}
