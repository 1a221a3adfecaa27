/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters, and limits that the machine sets. */
#include "agw/agw.h"

#include <malloc.h>
#include <sys/resource.h>

#include "agw/realm.h"
#include "proto/base/log.h"

void
agw_count_event(struct agw_counters *c, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_ACCEPTED:
		c->accepted++;
		break;
	case EVENT_CONNECTED:
		c->connected++;
		break;
	case EVENT_TLS_UP:
		c->tls_up++;
		break;
	case EVENT_FAILED:
		c->failed++;
		if (ev->reason < REASONS)
			c->reasons[ev->reason]++;
		break;
	case EVENT_CLOSED:
		c->closed++;
		break;
	case EVENT_IDLE:
		c->idle++;
		break;
	case EVENT_STATS:
		break;
	}
}

uint64_t
agw_count_failures(const struct agw *a, enum reason why)
{
	uint64_t n = a->counters.reasons[why];

	if (why == REASON_NO_PORT)
		n += a->ctxs.no_ports;
	if (why == REASON_OVERLOAD)
		n += a->ctxs.refused + a->ctxs.fds_refused;
	for (unsigned i = 0; i < a->n_realms; i++) {
		if (why == REASON_OVERLOAD)
			n += a->realms[i]->refused;
		if (why == REASON_REMOTE_DENIED)
			n += a->realms[i]->denied;
	}
	return n;
}

uint32_t
agw_fit_lingers(unsigned n_workers)
{
	rlim_t each = AGW_LINGERS_MAX;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur / AGW_LINGER_FDS / n_workers < each)
		each = r.rlim_cur / AGW_LINGER_FDS / n_workers;
	return each ? (uint32_t)each : 1;
}

void
agw_fit_descriptors(struct ctx_env *env)
{
	bool filters = span_eqs(span_str(syngate_kind_name(env->syngate)), "socket");
	rlim_t each = AGW_CONTEXT_FDS + (filters ? AGW_CONTEXT_FILTER_FDS : 0), fit;
	rlim_t others = AGW_OTHER_FDS + (rlim_t)env->n_workers * agw_fit_lingers(env->n_workers);
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur == RLIM_INFINITY)
		return;
	fit = r.rlim_cur > others + each ? (r.rlim_cur - others) / each : 1;
	if (env->max_contexts > fit) {
		log_warning("sessions are limited by descriptors max-sessions=%u fit=%lu descriptors=%lu each=%lu",
		            env->max_contexts, (unsigned long)fit, (unsigned long)r.rlim_cur, (unsigned long)each);
		env->max_contexts = (uint32_t)fit;
	}
	if (r.rlim_cur < INT32_MAX)
		env->max_fd = (int)(r.rlim_cur - r.rlim_cur / AGW_SPARE_FDS);
}

static void
on_trim(struct loop_timer *t)
{
	const struct agw *a = t->arg;

	if (a->ctxs.n == 0)
		(void)malloc_trim(0);
}

void
agw_trim_init(struct agw *a)
{
	loop_timer_init(&a->trim, a->loop, on_trim, a);
}

void
agw_trim_later(struct agw *a)
{
	if (a->ctxs.n == 0)
		loop_timer_set(&a->trim, AGW_TRIM_MS);
}
