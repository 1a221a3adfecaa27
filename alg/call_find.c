/* SPDX-License-Identifier: BSD-2-Clause */
/* Which call is meant. Facts about what real proxies send:
 * - from-tag is whoever made the offer, in the offer and in its answer;
 * - a call that passes the same proxy twice has one Call-ID and From-tag, but opposite directions and other branches;
 * - the branch of a re-INVITE or BYE is another than that of the INVITE, an answer's is its offer's;
 * - delete carries any party's tag, or none. */
#include "alg/call_priv.h"

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
same_direction(const struct call *c, const struct alg_request *req)
{
	return !c->has_direction || !req->has_direction || c->from == req->from;
}

static bool
is_forward(const struct call *c, const struct alg_request *req)
{
	return span_eqs(req->from_tag, c->from_tag);
}

/* The other party offers within the dialog: tags change places, and so does the direction. */
static bool
is_reverse(const struct call *c, const struct alg_request *req)
{
	return c->to_tag[0] && req->from_tag.len && span_eqs(req->from_tag, c->to_tag) &&
	       (!req->to_tag.len || span_eqs(req->to_tag, c->from_tag));
}

struct call *
find_for_offer(struct call_bucket *b, const struct alg_request *req)
{
	if (!b)
		return NULL;
	LIST_EACH(it, &b->calls) {
		struct call *c = LIST_OF(it, struct call, node);

		if (is_reverse(c, req))
			return c;
		if (is_forward(c, req) && same_direction(c, req) && (req->to_tag.len || same_branch(c, req)))
			return c;
	}
	return NULL;
}

/* How well an answer fits: its direction is the reverse of its offer's, but scripts differ. */
static unsigned
answer_score(const struct call *c, const struct alg_request *req)
{
	enum side offerer = c->now ? c->from : c->offer.from;
	unsigned score = 1;

	if (req->via_branch.len && span_eqs(req->via_branch, c->via_branch))
		score += 8;
	if (req->has_direction && c->has_direction && req->from == side_other(offerer))
		score += 4;
	if (c->to_tag[0] && span_eqs(req->to_tag, c->to_tag))
		score += 2;
	return score;
}

struct call *
find_for_answer(struct call_bucket *b, const struct alg_request *req)
{
	struct call *best = NULL;
	unsigned best_score = 0;

	if (!b)
		return NULL;
	LIST_EACH(it, &b->calls) {
		struct call *c = LIST_OF(it, struct call, node);
		unsigned score = is_forward(c, req) || is_reverse(c, req) ? answer_score(c, req) : 0;

		if (score > best_score) {
			best = c;
			best_score = score;
		}
	}
	return best;
}

typedef bool (*fits_fn)(const struct call *c, const struct alg_request *req);

static bool
fits_branch(const struct call *c, const struct alg_request *req)
{
	return req->via_branch.len && span_eqs(req->via_branch, c->via_branch);
}

static bool
fits_direction(const struct call *c, const struct alg_request *req)
{
	return req->has_direction && c->has_direction && c->from == req->from;
}

static bool
fits_tags(const struct call *c, const struct alg_request *req)
{
	return is_forward(c, req) || is_reverse(c, req);
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
	LIST_EACH(it, &b->calls)
		if (n < ALG_SPIRAL_MAX)
			found[n++] = LIST_OF(it, struct call, node);
	n = narrow(found, n, req, fits_branch);
	n = narrow(found, n, req, fits_tags);
	return narrow(found, n, req, fits_direction);
}
