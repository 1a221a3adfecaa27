/* SPDX-License-Identifier: BSD-2-Clause */
/* One offer or answer of a call is worked on at a time. Those that come meanwhile (glare, or the answers of several
 * branches within one round trip to the gateway) wait here in their order. */
#include "alg/call_priv.h"

#include <stdlib.h>

struct call_waiting {
	struct list node;
	struct arena arena; /* of the strings of req */
	struct alg_request req;
	slot_id waiter;
	bool is_answer;
};

static void
waiting_free(struct call_waiting *w)
{
	list_unlink(&w->node);
	arena_fini(&w->arena);
	free(w);
}

static bool
copy_request(struct call_waiting *w, const struct alg_request *req)
{
	struct span *text[] = {
		&w->req.call_id, &w->req.from_tag, &w->req.to_tag, &w->req.via_branch, &w->req.sdp, &w->req.setup_role,
	};

	w->req = *req;
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		*text[i] = arena_span(&w->arena, *text[i]);
		if (!text[i]->p)
			return false;
	}
	return true;
}

void
call_queue_add(struct call *c, const struct alg_request *req, bool is_answer, slot_id waiter)
{
	struct call_waiting *w = c->n_queue < ALG_QUEUE_MAX ? calloc(1, sizeof(*w)) : NULL;

	if (!w) {
		call_refuse(c, is_answer, waiter, "busy: other offers or answers of this call are in progress");
		return;
	}
	list_init(&w->node);
	arena_init(&w->arena, ALG_ARENA_MAX);
	w->waiter = waiter;
	w->is_answer = is_answer;
	if (!copy_request(w, req)) {
		waiting_free(w);
		call_refuse(c, is_answer, waiter, "overload: out of memory");
		return;
	}
	list_append(&c->queue, &w->node);
	c->n_queue++;
}

static struct call_waiting *
take_first(struct call *c)
{
	struct call_waiting *w = LIST_OF(c->queue.next, struct call_waiting, node);

	list_unlink(&w->node);
	c->n_queue--;
	return w;
}

static void
on_turn(void *arg)
{
	struct call *c = arg;
	struct call_waiting *w;

	if (c->now || c->ending || !c->n_queue)
		return;
	w = take_first(c);
	/* Whatever follows may end the call, but it frees it at the end of the turn only. */
	if (w->is_answer)
		call_answer(c, &w->req, w->waiter);
	else
		call_offer(c, &w->req, w->waiter);
	waiting_free(w);
	call_queue_next(c);
}

void
call_queue_next(struct call *c)
{
	if (c->n_queue && !c->now && !c->ending)
		loop_defer(c->calls->loop, &c->turn, on_turn, c);
}

void
call_queue_cancel(struct call *c, const char *error)
{
	while (c->n_queue) {
		struct call_waiting *w = take_first(c);

		call_refuse(c, w->is_answer, w->waiter, error);
		waiting_free(w);
	}
}

void
call_queue_init(struct call *c)
{
	list_init(&c->queue);
	loop_defer_init(&c->turn);
}

void
call_queue_fini(struct call *c)
{
	loop_defer_cancel(&c->turn);
	while (c->n_queue)
		waiting_free(take_first(c));
}
