/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies that the transport does not carry (H.248.8, error 533). What was executed cannot be undone, so the peer is told as
 * much as there is room for: who was meant, and what could be answered besides. */
#include "proto/codec/mgco_xact.h"

#include "proto/codec/mgco_xact_priv.h"

static bool
is_audit(const struct mgco_cmd *c)
{
	return c->kind == MGCO_AUDITVALUE || c->kind == MGCO_AUDITCAP;
}

static bool
has_content(const struct mgco_cmd *c)
{
	return c->media || c->events || c->signals || c->audit || c->observed || c->has_stats || c->packages;
}

/* The replies to commands, those to audits or all, with the error in the place of their content. NULL out of memory. */
static struct mgco_cmd *
without_content(struct arena *a, const struct mgco_cmd *cmds, bool all, struct mgco_error *error)
{
	struct mgco_cmd *first = NULL, **end = &first;

	for (const struct mgco_cmd *c = cmds; c; c = c->next) {
		struct mgco_cmd *copy = ARENA_NEW(a, struct mgco_cmd);

		if (!copy)
			return NULL;
		*copy = *c;
		if (!c->error && has_content(c) && (all || is_audit(c)))
			*copy = (struct mgco_cmd){ .kind = c->kind, .wildcard = c->wildcard, .term = c->term, .error = error };
		copy->next = NULL;
		*end = copy;
		end = &copy->next;
	}
	return first;
}

static struct mgco_action *
shorter(struct arena *a, const struct mgco_action *actions, bool all, struct mgco_error *error)
{
	struct mgco_action *first = NULL, **end = &first;

	for (const struct mgco_action *act = actions; act; act = act->next) {
		struct mgco_action *copy = ARENA_NEW(a, struct mgco_action);

		if (!copy)
			return NULL;
		*copy = *act;
		copy->next = NULL;
		if (act->cmds && !(copy->cmds = without_content(a, act->cmds, all, error)))
			return NULL;
		*end = copy;
		end = &copy->next;
	}
	return first;
}

static int
print_and_send(struct mgco_xact *x, uint32_t version, struct mgco_txn *t)
{
	int rc = xact_print(x, version, t, false);

	return rc ? rc : xact_send(x);
}

int
xact_send_shorter(struct mgco_xact *x, uint32_t version, const struct mgco_txn *reply)
{
	struct mgco_error error = { .code = 533, .text = span_str(mgco_error_text(533)) };
	struct mgco_txn t = *reply;
	struct arena a;
	int rc = ERR_TOOBIG;

	arena_init(&a, MGCO_ARENA_MAX);
	for (int all = 0; all < 2 && rc == ERR_TOOBIG && reply->actions; all++) {
		t.actions = shorter(&a, reply->actions, all, &error);
		if (t.actions)
			rc = print_and_send(x, version, &t);
	}
	if (rc == ERR_TOOBIG) {
		t.actions = NULL;
		t.error = &error;
		rc = print_and_send(x, version, &t);
	}
	arena_fini(&a);
	return rc;
}
