/* SPDX-License-Identifier: BSD-2-Clause */
/* Several answers to one offer: what a forked INVITE brings. An early dialog beside another gets a call of its own, with
 * its own contexts, as far as the offer allows: the answerer was sent the ports of the first one and can connect to no
 * others, so it must be one that we connect to. Where that is not so they share them, and the one that spoke last is in
 * force. The first 2xx wins and the others are let go; a second 2xx is a second call (RFC 3261 13.2.2.4). */
#include "alg/call_priv.h"

#include <string.h>

#include "proto/base/log.h"

static bool
is_provisional(unsigned status)
{
	return status >= 100 && status < 200;
}

static bool
is_success(unsigned status)
{
	return status >= 200 && status < 300;
}

/* ---- which answers get a call of their own ---- */

static bool
has_media(const struct call *c)
{
	for (uint32_t i = 0; i < c->n_media; i++)
		if (c->media[i]->use == MEDIA_AGREED && !media_is_ended(c->media[i]) &&
		    c->media[i]->fsm.state == MEDIA_ACTIVE)
			return true;
	return false;
}

/* RFC 4145 4.1, RFC 4975 8.5: without a=setup the offerer connects, if there is a port. */
static bool
we_connect(enum sdp_setup answer, uint16_t port)
{
	return answer == SDP_PASSIVE || (answer == SDP_SETUP_ABSENT && flow_port_is_usable(port));
}

static bool
can_be_connected(const struct proposal *p, struct span answer)
{
	struct arena a;
	struct sdp s;
	bool can;

	arena_init(&a, ALG_ARENA_MAX);
	can = sdp_parse(&a, answer, &s) == 0 && s.n_media == p->n;
	for (uint32_t i = 0; can && i < p->n; i++)
		if (p->line[i].media && sdp_is_msrp(&s.media[i]) && s.media[i].port)
			can = we_connect(sdp_setup(&s, &s.media[i]), s.media[i].port);
	arena_fini(&a);
	return can;
}

bool
call_forks(const struct call *c, const struct alg_request *req)
{
	if (c->confirmed)
		return true;
	return (is_provisional(req->status) || is_success(req->status)) && has_media(c) &&
	       c->bucket->n < ALG_SPIRAL_MAX && can_be_connected(c->agreed, req->sdp);
}

/* A call of its own for another answer to the agreed offer; its contexts are made with the answer. NULL: no room. */
static struct call *
clone(struct call *c, struct span to_tag)
{
	const struct alg_request req = {
		.call_id = span_str(c->call_id),
		.from_tag = span_str(c->from_tag),
		.to_tag = to_tag,
		.via_branch = span_str(c->via_branch),
		.has_direction = c->has_direction,
		.from = c->from,
	};
	struct proposal *p = proposal_copy(c->agreed);
	struct call *n = p ? call_new(c->calls, &req) : NULL;

	if (!n) {
		proposal_free(p);
		return NULL;
	}
	c->calls->conf.stats->clones++;
	n->is_clone = true;
	n->interlink = c->interlink;
	for (int s = 0; s < SIDES; s++)
		n->prefer[s] = c->prefer[s];
	call_propose(n, p);
	return n;
}

void
call_fork(struct call *c, const struct alg_request *req, slot_id waiter)
{
	struct call *n;

	/* What is still ringing elsewhere must not take the winner's place. */
	if (c->confirmed && !is_success(req->status)) {
		call_refuse(c, true, waiter, "unsupported: another dialog of this call was answered already");
		return;
	}
	n = clone(c, call_dialog_tag(c, req));
	if (n)
		exchange_start(n, req, n->pending[c->agreed->from], side_other(c->agreed->from), waiter);
	else
		call_refuse(c, true, waiter, "overload: no room for another call");
}

/* ---- the winner ---- */

/* Answers to the same offer that had no 2xx. Other branches of the INVITE had an offer of their own, and their end is
 * told. */
static struct call *
find_loser(const struct call *winner)
{
	LIST_EACH(it, &winner->bucket->calls) {
		struct call *c = LIST_OF(it, struct call, node);

		if (c != winner && c->agreed && !c->confirmed && c->from == winner->from &&
		    strcmp(c->from_tag, winner->from_tag) == 0 && strcmp(c->via_branch, winner->via_branch) == 0)
			return c;
	}
	return NULL;
}

void
call_take_status(struct call *c, unsigned status)
{
	bool was_early = c->early;
	struct call *loser;

	/* An answer to UPDATE or PRACK has no status that says anything about the INVITE. */
	c->early = !c->confirmed && (is_provisional(status) || (!status && was_early));
	if (is_success(status) && !c->confirmed) {
		c->confirmed = true;
		while ((loser = find_loser(c))) {
			log_info("early dialog is let go call=%s", loser->call_id);
			call_end(loser);
		}
	}
	if (c->early)
		call_on_early(c);
	else if (was_early)
		call_on_confirmed(c);
}
