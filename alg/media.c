/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/media.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


enum { REQUEST_ARENA_MAX = 64 * 1024 };

struct media *
media_new(const struct media_env *env, slot_id gw, uint32_t index, media_report_fn report, void *owner)
{
	struct media *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->env = env;
	m->gw = gw;
	m->index = index;
	m->report = report;
	m->owner = owner;
	if (!(m->id = slots_add(env->slots, m))) {
		free(m);
		return NULL;
	}
	media_fsm_start(m);
	return m;
}

static void
drop_context(struct media *m)
{
	if (m->ctx == MGCO_CTX_NULL)
		return;
	agwset_unbind(m->env->agws, m->gw, m->ctx);
	m->env->stats->contexts_ended++;
	m->ctx = MGCO_CTX_NULL;
}

void
media_orphan(struct media *m)
{
	uint32_t ctx = m->ctx;

	if (ctx == MGCO_CTX_NULL)
		return;
	drop_context(m);
	agwset_orphan(m->env->agws, m->gw, ctx, false);
}

void
media_free(struct media *m)
{
	if (!m)
		return;
	drop_context(m);
	slots_remove(m->env->slots, m->id);
	for (int s = 0; s < SIDES; s++)
		free(m->path[s]);
	free(m);
}

void
media_set_failure(struct media *m, uint32_t code, const char *text, const char *reason)
{
	m->why.code = code;
	snprintf(m->why.text, sizeof(m->why.text), "%s", text);
	snprintf(m->reason, sizeof(m->reason), "%s", reason);
}

void
media_set_unsent(struct media *m, int err)
{
	if (err == ERR_TOOBIG)
		media_set_failure(m, 0, "the request does not fit into a datagram, see --h248-mtu", "gateway-error");
	else
		media_set_failure(m, 0, err_str(err), err == ERR_CLOSED ? "gateway-lost" : "overload");
}

void
media_reserve(struct media *m, const struct mgc_term want[SIDES])
{
	unsigned lacks = agwset_lacks(m->env->agws, m->gw);

	for (int s = 0; s < SIDES; s++) {
		m->want[s] = want[s];
		m->want[s].report_up = m->env->report_up;
		m->want[s].lacks = lacks;
		if (want[s].msrp == MSRP_AWARE_IF_ABLE && lacks & MGC_LACKS_AWARE)
			m->want[s].msrp = MSRP_AGNOSTIC;
	}
	fsm_fire(&m->fsm, MEDIA_EV_RESERVE);
}

void
media_do_reserve(void *obj)
{
	struct media *m = obj;
	const struct mgco_action *act;
	struct arena a;
	int rc = ERR_NOMEM;

	arena_init(&a, REQUEST_ARENA_MAX);
	act = mgc_build_add(&a, m->env->names, m->want);
	if (act)
		rc = agwset_request(m->env->agws, m->gw, act, m->id, MEDIA_REQ_ADD, true);
	arena_fini(&a);
	if (!rc)
		return;
	media_set_unsent(m, rc);
	fsm_fire(&m->fsm, MEDIA_EV_FAILED);
}

static bool
same_order(const struct mgc_term *a, const struct mgc_term *b)
{
	return a->family == b->family && a->tls == b->tls && a->setup == b->setup && a->link == b->link &&
	       a->discard == b->discard && a->saf == b->saf && a->spf == b->spf && addr_same(&a->remote, &b->remote) &&
	       a->remote_setup == b->remote_setup && fpr_set_equal(&a->remote_fprs, &b->remote_fprs) &&
	       a->msrp == b->msrp && a->remote_cema == b->remote_cema && !strcmp(a->remote_path, b->remote_path);
}

bool
media_is_ordered(const struct media *m, const struct mgc_term want[SIDES])
{
	return same_order(&m->want[SIDE_ACCESS], &want[SIDE_ACCESS]) && same_order(&m->want[SIDE_CORE], &want[SIDE_CORE]);
}

void
media_configure(struct media *m, const struct mgc_term want[SIDES])
{
	bool same = m->fsm.state == MEDIA_ACTIVE && media_is_ordered(m, want);

	for (int s = 0; s < SIDES; s++) {
		same = same && !want[s].latch && !want[s].establish;
		m->before[s] = m->want[s];
	}
	if (same) {
		m->report(m->owner, m, MEDIA_DONE);
		return;
	}
	for (int s = 0; s < SIDES; s++) {
		m->want[s] = want[s];
		m->want[s].lacks = m->before[s].lacks;
	}
	if (fsm_fire(&m->fsm, MEDIA_EV_CONFIGURE) == ERR_BADSTATE) {
		media_set_failure(m, 0, "the context is not in a state to be changed", "internal");
		m->report(m->owner, m, MEDIA_FAILED);
	}
}

void
media_do_configure(void *obj)
{
	struct media *m = obj;
	const struct mgco_action *act;
	struct arena a;
	int rc = ERR_NOMEM;

	arena_init(&a, REQUEST_ARENA_MAX);
	act = mgc_build_modify(&a, m->env->names, m->ctx, m->end, m->want);
	if (act)
		rc = agwset_request(m->env->agws, m->gw, act, m->id, MEDIA_REQ_MODIFY, false);
	arena_fini(&a);
	if (!rc)
		return;
	media_set_unsent(m, rc);
	fsm_fire(&m->fsm, rc == ERR_TOOBIG ? MEDIA_EV_REFUSED : MEDIA_EV_FAILED);
}

void
media_establish(struct media *m, enum side s)
{
	const struct mgco_action *act;
	struct arena a;
	int rc = ERR_NOMEM;

	arena_init(&a, REQUEST_ARENA_MAX);
	act = mgc_build_establish(&a, m->env->names, m->ctx, &m->end[s]);
	if (act)
		rc = agwset_request(m->env->agws, m->gw, act, m->id, MEDIA_REQ_ESTABLISH, false);
	arena_fini(&a);
	if (rc)
		media_set_unsent(m, rc);
}

void
media_release(struct media *m)
{
	fsm_fire(&m->fsm, MEDIA_EV_RELEASE);
}

void
media_set_path(struct media *m, enum side s, struct span path)
{
	char *copy = path.len ? span_dup(path) : NULL;

	if (!copy)
		return;
	free(m->path[s]);
	m->path[s] = copy;
}

void
media_do_subtract(void *obj)
{
	struct media *m = obj;
	const struct mgco_action *act;
	struct arena a;
	int rc = ERR_NOMEM;

	arena_init(&a, REQUEST_ARENA_MAX);
	act = mgc_build_subtract(&a, m->ctx, m->end);
	if (act)
		rc = agwset_request(m->env->agws, m->gw, act, m->id, MEDIA_REQ_SUBTRACT, false);
	arena_fini(&a);
	if (!rc)
		return;
	media_orphan(m); /* the gateway is away */
	fsm_fire(&m->fsm, MEDIA_EV_RELEASED);
}

void
media_do_report_done(void *obj)
{
	struct media *m = obj;

	m->report(m->owner, m, MEDIA_DONE);
}

static void
media_do_fail(void *obj)
{
	struct media *m = obj;

	m->report(m->owner, m, MEDIA_FAILED);
}

void
media_do_keep(void *obj)
{
	struct media *m = obj;

	for (int s = 0; s < SIDES; s++)
		m->want[s] = m->before[s];
	m->report(m->owner, m, MEDIA_FAILED);
}

void
media_do_fail_subtract(void *obj)
{
	media_do_subtract(obj);
	media_do_fail(obj);
}

void
media_do_end(void *obj)
{
	struct media *m = obj;

	drop_context(m);
	m->report(m->owner, m, MEDIA_ENDED);
}

void
media_do_fail_end(void *obj)
{
	media_do_fail(obj);
	media_do_end(obj);
}

bool
media_is_ended(const struct media *m)
{
	return m->fsm.state == MEDIA_GONE;
}

bool
media_is_up(const struct media *m)
{
	return m->up[SIDE_ACCESS] && m->up[SIDE_CORE];
}

bool
media_has_context(const struct media *m)
{
	return m->ctx != MGCO_CTX_NULL;
}

const char *
media_state_name(const struct media *m)
{
	return fsm_state_name(&m->fsm);
}
