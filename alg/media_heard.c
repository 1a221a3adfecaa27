/* SPDX-License-Identifier: BSD-2-Clause */
/* What a media hears from its gateway: replies, events, loss. */
#include "alg/media.h"

#include <stdio.h>

#include "alg/mgc_degrade.h"
#include "proto/base/log.h"

static bool
may_log(const struct media *m, struct log_limit *limit, uint32_t *skipped)
{
	return log_limit_pass(limit, loop_now_ms(m->env->loop), skipped);
}

/* Turns a failed request into m->why and m->reason. */
static void
note_failure(struct media *m, int err)
{
	uint32_t skipped;

	if (err == ERR_REFUSED || err == ERR_SYNTAX) {
		m->env->stats->gateway_errors++;
		snprintf(m->reason, sizeof(m->reason), "%s", mgc_failure_reason(&m->why));
	} else if (err == ERR_TIMEOUT || err == ERR_CLOSED) {
		media_set_failure(m, 0, err == ERR_TIMEOUT ? "the gateway does not answer" : "the gateway is away",
		            "gateway-lost");
	} else if (err == ERR_TOOBIG) {
		media_set_unsent(m, err);
	} else {
		media_set_failure(m, 0, err_str(err), "internal");
	}
	if (may_log(m, m->env->refused_log, &skipped))
		log_notice("gateway refused gw=%s ctx=%u line=%u state=%s reason=%s code=%u text=\"%s\" skipped=%u",
		           agwset_mid(m->env->agws, m->gw), m->ctx, m->index + 1, media_state_name(m), m->reason,
		           m->why.code, m->why.text, skipped);
}

/* The Add once more without what the gateway does not know, where that may be left out; it is not asked for that again. Each
 * round leaves out more, so that there is an end. */
static bool
ask_for_less(struct media *m)
{
	unsigned less = mgc_degrade(&m->why, m->env->names, m->want);
	char text[MGC_TEXT_MAX];
	uint32_t skipped;

	if (!less || m->fsm.state != MEDIA_RESERVING)
		return false;
	if (may_log(m, m->env->refused_log, &skipped))
		log_notice("gateway is asked for less gw=%s code=%u text=\"%s\" without=\"%s\" skipped=%u",
		           agwset_mid(m->env->agws, m->gw), m->why.code, m->why.text,
		           mgc_lacks_text(less, m->env->names, text), skipped);
	agwset_add_lacks(m->env->agws, m->gw, less);
	if (m->ctx != MGCO_CTX_NULL) /* half made, and so to be subtracted: the next call has the use of it */
		return false;
	for (int s = 0; s < SIDES; s++) {
		m->want[s].lacks |= less;
		if (less & MGC_LACKS_AWARE)
			m->want[s].msrp = MSRP_AGNOSTIC;
	}
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
		/* 533: only the answer was too big, and who knows what the gateway did before. */
		if (rc == ERR_REFUSED && m->why.code != 533)
			fsm_fire(&m->fsm, MEDIA_EV_REFUSED);
		else
			fsm_fire(&m->fsm, rc ? MEDIA_EV_FAILED : MEDIA_EV_CONFIGURED);
		return;
	case MEDIA_REQ_ESTABLISH:
		if (!err)
			rc = mgc_read_reply(reply, &m->why);
		if (rc)
			note_failure(m, rc);
		return;
	case MEDIA_REQ_SUBTRACT:
		if (!err) {
			rc = mgc_read_reply(reply, &m->why);
			mgc_read_stats(m->env->names, reply, m->end, m->stats);
		}
		if (rc)
			note_failure(m, rc);
		if (rc && m->why.code != 411)
			media_orphan(m);
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
	bool again;

	if (s == SIDES || m->want[s].tls != tls)
		return;
	/* It failed, or it ended as a peer may end it, of which nobody is told, and the peer came again. */
	again = m->broken || (m->up[s] && !m->want[s].establish);
	m->up[s] = true;
	/* Variant B: the far connection went with the one that has come again, and comes by order alone (TS 23.334
	 * 6.2.10.3.1.2.2 step 16). To one that is up the order means nothing. */
	if (again && m->want[side_other((enum side)s)].establish && m->fsm.state == MEDIA_ACTIVE)
		media_establish(m, side_other((enum side)s));
	m->broken = false;
	if (media_is_up(m))
		m->report(m->owner, m, MEDIA_UP);
}

static void
on_failure(struct media *m, struct span term)
{
	int s = side_of(m, term);

	if (s < SIDES)
		m->up[s] = false;
	m->broken = true;
	m->report(m->owner, m, MEDIA_TROUBLE);
}

bool
media_expects(const struct media *m, struct span term, uint32_t request)
{
	int s = side_of(m, term);

	return request == 0 || s == SIDES || request == mgc_request_id((enum side)s);
}

void
media_on_observed(struct media *m, struct span term, const struct mgco_event *e)
{
	struct mgc_event ev = mgc_read_event(m->env->names, e);
	uint32_t skipped;

	switch (ev.kind) {
	case MGC_EV_FAILURE:
		m->env->stats->notify_failures++;
		snprintf(m->reason, sizeof(m->reason), "%.*s", SPAN_FMT(ev.reason.len ? ev.reason : e->name));
		if (may_log(m, m->env->report_log, &skipped))
			log_notice("gateway reports gw=%s ctx=%u term=%.*s line=%u reason=%s skipped=%u",
			           agwset_mid(m->env->agws, m->gw), m->ctx, SPAN_FMT(term), m->index + 1, m->reason, skipped);
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

/* Whoever was connected there is cut off, and nothing else tells of it. */
void
media_on_out(struct media *m, struct span term)
{
	bool ours = false;
	uint32_t skipped;

	for (int s = 0; s < SIDES; s++)
		if (m->end[s].term[0] && mgco_term_matches(term, m->end[s].term)) {
			m->up[s] = false;
			ours = true;
		}
	if (!ours)
		return;
	snprintf(m->reason, sizeof(m->reason), "out-of-service");
	if (may_log(m, m->env->report_log, &skipped))
		log_notice("termination out of service gw=%s ctx=%u term=%.*s line=%u skipped=%u",
		           agwset_mid(m->env->agws, m->gw), m->ctx, SPAN_FMT(term), m->index + 1, skipped);
	m->broken = true;
	m->report(m->owner, m, MEDIA_TROUBLE);
}

void
media_on_lost(struct media *m)
{
	media_set_failure(m, 0, "the gateway lost the context", "gateway-lost");
	fsm_fire(&m->fsm, MEDIA_EV_LOST);
}
