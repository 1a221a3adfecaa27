/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/media.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/alg_limits.h"
#include "proto/base/log.h"

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

static void
set_failure(struct media *m, uint32_t code, const char *text, const char *reason)
{
	m->why.code = code;
	snprintf(m->why.text, sizeof(m->why.text), "%s", text);
	snprintf(m->reason, sizeof(m->reason), "%s", reason);
}

void
media_reserve(struct media *m, const struct mgc_term want[SIDES])
{
	for (int s = 0; s < SIDES; s++) {
		m->want[s] = want[s];
		m->want[s].report_up = m->env->report_up;
		if (want[s].msrp == MSRP_AWARE_IF_ABLE && agwset_is_unaware(m->env->agws, m->gw))
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
	set_failure(m, 0, err_str(rc), rc == ERR_CLOSED ? "gateway-lost" : "overload");
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
	for (int s = 0; s < SIDES; s++)
		m->want[s] = want[s];
	if (fsm_fire(&m->fsm, MEDIA_EV_CONFIGURE) == ERR_BADSTATE) {
		set_failure(m, 0, "the context is not in a state to be changed", "internal");
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
	set_failure(m, 0, err_str(rc), rc == ERR_CLOSED ? "gateway-lost" : "overload");
	fsm_fire(&m->fsm, MEDIA_EV_FAILED);
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
	/* The gateway is away. Should it come back with the context, its hangterm event will tell us. */
	fsm_fire(&m->fsm, MEDIA_EV_RELEASED);
}

void
media_do_report_done(void *obj)
{
	struct media *m = obj;

	m->report(m->owner, m, MEDIA_DONE);
}

void
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

/* Turns a failed request into m->why and m->reason. */
static void
note_failure(struct media *m, int err)
{
	if (err == ERR_REFUSED || err == ERR_SYNTAX) {
		m->env->stats->gateway_errors++;
		snprintf(m->reason, sizeof(m->reason), "%s", mgc_failure_reason(&m->why));
	} else if (err == ERR_TIMEOUT || err == ERR_CLOSED) {
		set_failure(m, 0, err == ERR_TIMEOUT ? "the gateway does not answer" : "the gateway is away",
		            "gateway-lost");
	} else {
		set_failure(m, 0, err_str(err), "internal");
	}
	log_notice("gateway refused gw=%s ctx=%u line=%u state=%s reason=%s code=%u text=\"%s\"",
	           agwset_mid(m->env->agws, m->gw), m->ctx, m->index + 1, media_state_name(m), m->reason, m->why.code,
	           m->why.text);
}

/* A gateway must be able to be agnostic and may be able to be aware (TS 23.334 5.19): where aware was only a wish, the Add
 * is sent once more without it, and this gateway is not asked again. */
static bool
ask_for_less(struct media *m)
{
	if (m->want[SIDE_CORE].msrp != MSRP_AWARE_IF_ABLE || m->ctx != MGCO_CTX_NULL || !mgc_is_unaware(&m->why) ||
	    m->fsm.state != MEDIA_RESERVING)
		return false;
	log_notice("gateway is application-agnostic only gw=%s code=%u text=\"%s\"", agwset_mid(m->env->agws, m->gw),
	           m->why.code, m->why.text);
	agwset_set_unaware(m->env->agws, m->gw);
	for (int s = 0; s < SIDES; s++)
		m->want[s].msrp = MSRP_AGNOSTIC;
	m->why = (struct mgc_failure){ 0 };
	media_do_reserve(m);
	return true;
}

static void
on_add(struct media *m, int err, const struct mgco_txn *reply)
{
	uint32_t ctx = MGCO_CTX_NULL;
	int rc = err ? err : mgc_read_add(reply, m->want, m->end, &ctx, &m->why);

	if (ctx != MGCO_CTX_NULL) {
		int bound = agwset_bind(m->env->agws, m->gw, ctx, m->id);

		/* A context that is another call's already (the gateway's mistake) must not be subtracted here. */
		if (!bound) {
			m->env->stats->contexts_made++;
			m->ctx = ctx;
		} else if (!rc) {
			rc = bound;
		}
	}
	if (rc == ERR_REFUSED && ask_for_less(m))
		return;
	if (rc)
		note_failure(m, rc);
	if (!rc)
		fsm_fire(&m->fsm, MEDIA_EV_RESERVED);
	else
		fsm_fire(&m->fsm, m->ctx != MGCO_CTX_NULL ? MEDIA_EV_HALF_MADE : MEDIA_EV_FAILED);
}

void
media_on_reply(struct media *m, enum media_request what, int err, const struct mgco_txn *reply)
{
	int rc = err;

	switch (what) {
	case MEDIA_REQ_ADD:
		on_add(m, err, reply);
		return;
	case MEDIA_REQ_MODIFY:
		if (!err)
			rc = mgc_read_reply(reply, &m->why);
		if (rc)
			note_failure(m, rc);
		if (rc == ERR_REFUSED)
			fsm_fire(&m->fsm, MEDIA_EV_REFUSED);
		else
			fsm_fire(&m->fsm, rc ? MEDIA_EV_FAILED : MEDIA_EV_CONFIGURED);
		return;
	case MEDIA_REQ_SUBTRACT:
		if (!err) {
			rc = mgc_read_reply(reply, &m->why);
			mgc_read_stats(m->env->names, reply, m->end, m->stats);
		}
		if (rc)
			note_failure(m, rc);
		fsm_fire(&m->fsm, MEDIA_EV_RELEASED);
		return;
	}
}

/* Which of both ends a termination is; SIDES: none. */
static int
side_of(const struct media *m, struct span term)
{
	int s = 0;

	while (s < SIDES && !mgco_name_is(term, m->end[s].term))
		s++;
	return s;
}

/* With TLS it is the handshake's end that counts. */
static void
on_up(struct media *m, struct span term, bool tls)
{
	int s = side_of(m, term);

	if (s == SIDES || m->want[s].tls != tls || m->up[s])
		return;
	m->up[s] = true;
	if (media_is_up(m))
		m->report(m->owner, m, MEDIA_UP);
}

static void
on_failure(struct media *m, struct span term)
{
	int s = side_of(m, term);

	if (s < SIDES)
		m->up[s] = false;
	m->report(m->owner, m, MEDIA_TROUBLE);
}

void
media_on_observed(struct media *m, struct span term, const struct mgco_event *e)
{
	struct mgc_event ev = mgc_read_event(m->env->names, e);

	switch (ev.kind) {
	case MGC_EV_FAILURE:
		m->env->stats->notify_failures++;
		snprintf(m->reason, sizeof(m->reason), "%.*s", SPAN_FMT(ev.reason.len ? ev.reason : e->name));
		log_notice("gateway reports gw=%s ctx=%u term=%.*s line=%u reason=%s", agwset_mid(m->env->agws, m->gw),
		           m->ctx, SPAN_FMT(term), m->index + 1, m->reason);
		on_failure(m, term);
		return;
	case MGC_EV_TCP_UP:
	case MGC_EV_TLS_UP:
		on_up(m, term, ev.kind == MGC_EV_TLS_UP);
		return;
	case MGC_EV_IDLE:
		snprintf(m->reason, sizeof(m->reason), "idle");
		log_info("media idle gw=%s ctx=%u term=%.*s", agwset_mid(m->env->agws, m->gw), m->ctx, SPAN_FMT(term));
		m->report(m->owner, m, MEDIA_TROUBLE);
		return;
	case MGC_EV_HEARTBEAT:
	case MGC_EV_CHANGE:
	case MGC_EV_OTHER:
		log_debug("event gw=%s ctx=%u term=%.*s event=%.*s", agwset_mid(m->env->agws, m->gw), m->ctx,
		          SPAN_FMT(term), SPAN_FMT(e->name));
		return;
	}
}

void
media_on_lost(struct media *m)
{
	set_failure(m, 0, "the gateway lost the context", "gateway-lost");
	fsm_fire(&m->fsm, MEDIA_EV_LOST);
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
