/* SPDX-License-Identifier: BSD-2-Clause */
/* The media of an answered call failed: what becomes of the call (--broken-connection, --establish-timeout), and the
 * P-CSCF's part in it. A call that was never answered needs none of this: its answer is refused, or never comes. */
#include "alg/call_priv.h"

#include <stdio.h>

#include "proto/base/log.h"

static const struct failure_policy *
policy_of(const struct call *c)
{
	return &c->calls->conf.on_failure;
}

const char *
call_told_name(const struct call *c)
{
	static const char *const names[CALL_TOLDS] = { "no", "waiting", "telling", "told", "refused" };

	return names[c->failure.told];
}

static void
tell(struct call *c)
{
	const struct call_failure *x = &c->failure;
	const struct failure what = {
		.call_id = c->call_id,
		.from_tag = c->from_tag,
		.to_tag = c->to_tag,
		.reason = x->reason,
		.gateway = x->gateway,
		.line = x->line,
		.ctx = x->ctx,
	};
	struct failures *f = c->calls->conf.failures;
	int rc = f ? failures_add(f, &what, c->id) : ERR_UNSUPPORTED;

	uint32_t skipped;

	loop_timer_stop(&c->watch);
	c->failure.told = rc ? CALL_NOT_TOLD : CALL_TELLING;
	if (rc && log_limit_pass(&c->calls->told_log, loop_now_ms(c->calls->loop), &skipped))
		log_notice("nobody is told of the failure call=%s why=\"%s\" skipped=%u", c->call_id,
		           rc == ERR_UNSUPPORTED ? "no --on-failure" : err_str(rc), skipped);
}

static void
on_told(struct call *c, int err)
{
	uint32_t skipped;

	if (c->failure.told != CALL_TELLING)
		return;
	c->failure.told = err ? CALL_TOLD_REFUSED : CALL_TOLD;
	if (log_limit_pass(&c->calls->told_log, loop_now_ms(c->calls->loop), &skipped))
		log_notice("failure told call=%s reason=%s result=\"%s\" skipped=%u", c->call_id, c->failure.reason,
		           err_str(err), skipped);
	/* The P-CSCF deletes it as a rule; its local BYE may pass by the script, so we do not rely on that. */
	if (!err && !c->calls->conf.on_failure.log_only)
		loop_timer_set(&c->watch, ALG_LINGER_MS);
}

static bool
was_told(const struct call *c)
{
	return c->failure.told == CALL_TELLING || c->failure.told == CALL_TOLD;
}

static void
note(struct call *c, const struct media *m, const char *reason, uint32_t ctx)
{
	struct call_failure *x = &c->failure;
	struct calls *cs = c->calls;
	uint32_t skipped;

	x->line = m->index + 1;
	x->ctx = ctx;
	snprintf(x->reason, sizeof(x->reason), "%s", reason);
	snprintf(x->gateway, sizeof(x->gateway), "%s", agwset_mid(c->calls->conf.agws, m->gw));
	if (!x->is_counted)
		cs->conf.stats->calls_failed[cause_of_reason(span_str(reason))]++;
	x->is_counted = true;
	if (log_limit_pass(&cs->failed_log, loop_now_ms(cs->loop), &skipped))
		log_warning("call failed call=%s line=%u reason=%s gw=%s ctx=%u skipped=%u", c->call_id, x->line, x->reason,
		            x->gateway, ctx, skipped);
}

/* A lost context cannot come up again by itself, and silence is no broken connection: only these wait. */
static bool
may_recover(const char *reason)
{
	return strcmp(reason, "gateway-lost") != 0 && strcmp(reason, "idle") != 0;
}

static void
react(struct call *c)
{
	const struct failure_policy *p = policy_of(c);

	if (!p->wait || !may_recover(c->failure.reason)) {
		tell(c);
		return;
	}
	if (c->failure.told == CALL_WAITING) /* the first failure counts */
		return;
	c->failure.told = CALL_WAITING;
	loop_timer_stop(&c->watch);
	if (p->wait_ms)
		loop_timer_set(&c->watch, p->wait_ms);
}

void
call_on_trouble(struct call *c, const struct media *m, const char *reason, uint32_t ctx)
{
	if (c->ending || !c->agreed || m->use != MEDIA_AGREED || was_told(c))
		return;
	if (c->early && c->failure.reason[0])
		return;
	note(c, m, reason, ctx);
	if (!c->early) /* else it still rings, perhaps elsewhere too, where all is well */
		react(c);
}

/* The first agreed line that is not up; NULL: all are. */
static const struct media *
first_down(const struct call *c)
{
	for (uint32_t i = 0; i < c->n_media; i++)
		if (c->media[i]->use == MEDIA_AGREED && media_has_context(c->media[i]) && !media_is_up(c->media[i]))
			return c->media[i];
	return NULL;
}

void
call_on_established(struct call *c)
{
	uint32_t skipped;

	if (c->ending || was_told(c) || first_down(c))
		return;
	loop_timer_stop(&c->watch);
	if (c->failure.told == CALL_WAITING && log_limit_pass(&c->calls->told_log, loop_now_ms(c->calls->loop), &skipped))
		log_notice("call recovered call=%s reason=%s skipped=%u", c->call_id, c->failure.reason, skipped);
	c->failure.told = CALL_NOT_TOLD;
	c->failure.is_counted = false;
}

void
call_on_configured(struct call *c)
{
	unsigned ms = policy_of(c)->establish_ms;

	if (ms && !c->ending && !c->early && c->failure.told == CALL_NOT_TOLD && !loop_timer_is_set(&c->watch))
		loop_timer_set(&c->watch, ms);
}

void
call_on_early(struct call *c)
{
	if (c->failure.told == CALL_NOT_TOLD)
		loop_timer_stop(&c->watch);
}

void
call_on_confirmed(struct call *c)
{
	if (c->failure.reason[0] && first_down(c))
		react(c);
	else if (first_down(c))
		call_on_configured(c);
}

void
call_on_watch(struct loop_timer *t)
{
	struct call *c = t->arg;
	const struct media *m = first_down(c);

	switch (c->failure.told) {
	case CALL_NOT_TOLD: /* answered, and the connection is not there */
		if (!m)
			return;
		note(c, m, "establish-timeout", m->ctx);
		tell(c);
		return;
	case CALL_WAITING:
		tell(c);
		return;
	case CALL_TOLD:
		log_notice("call was told of and not deleted call=%s", c->call_id);
		call_end(c);
		return;
	case CALL_TELLING:
	case CALL_TOLD_REFUSED:
	case CALL_TOLDS:
		return;
	}
}

void
calls_on_told(void *arg, slot_id user, int err)
{
	struct call *c = slots_find(&((struct calls *)arg)->ids, user);

	if (c && !c->ending)
		on_told(c, err);
}

bool
calls_is_wanted(void *arg, slot_id user)
{
	const struct call *c = slots_find(&((struct calls *)arg)->ids, user);

	return c && !c->ending;
}
