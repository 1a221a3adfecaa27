/* SPDX-License-Identifier: BSD-2-Clause */
/* Host names in c= and a=path: asked for before anything is planned, so that planning needs no patience. */
#include "alg/exchange_priv.h"

#include "proto/base/log.h"

static void
ask(struct exchange *x, struct span name, enum addr_family family)
{
	struct resolver *r = x->call->calls->conf.resolver;

	for (uint32_t i = 0; i < x->n_hosts; i++)
		if (span_caseeq(x->hosts[i].name, name))
			return;
	if (!r || x->n_hosts == FLOW_HOSTS_MAX || resolver_ask(r, name, family, x->call->id))
		return; /* it stays unknown: the flow says what that means */
	x->hosts[x->n_hosts].name = name;
	x->waits_for[x->n_hosts++] = true;
	x->n_waits++;
}

static bool
is_aware(const struct exchange *x, uint32_t i)
{
	const struct media *m;

	if (!x->is_answer)
		return x->plan[i].msrp != MSRP_AGNOSTIC;
	m = call_find_media(x->call, x->prop->line[i].media);
	return m && m->want[x->from].msrp != MSRP_AGNOSTIC;
}

static bool
is_served(const struct exchange *x, uint32_t i)
{
	enum treatment t = x->is_answer ? x->prop->line[i].treatment : x->plan[i].treatment;

	return (t == TREAT_E2AE || t == TREAT_ANCHOR) && x->sdp.media[i].port;
}

bool
exchange_ask_hosts(struct exchange *x)
{
	for (uint32_t i = 0; i < x->sdp.n_media; i++) {
		const struct flow_line fl = {
			.opts = &x->opts,
			.sdp = &x->sdp,
			.line = &x->sdp.media[i],
			.from = x->from,
		};
		enum addr_family family;
		struct span name;

		if (is_served(x, i) && flow_host_needed(&fl, is_aware(x, i), &name, &family))
			ask(x, name, family);
	}
	x->opts.hosts = x->hosts;
	x->opts.n_hosts = x->n_hosts;
	return x->n_waits > 0;
}

static void
log_host(struct exchange *x, const char *what, struct span name)
{
	struct calls *cs = x->call->calls;
	uint32_t skipped;

	if (log_limit_pass(&cs->host_log, loop_now_ms(cs->loop), &skipped))
		log_notice("host name %s call=%s host=%.*s skipped=%u", what, x->call->call_id, SPAN_FMT(name), skipped);
}

bool
exchange_take_host(struct exchange *x, const char *name, const struct addr *a)
{
	for (uint32_t i = 0; i < x->n_hosts; i++) {
		if (!x->waits_for[i] || !span_caseeqs(x->hosts[i].name, name))
			continue;
		x->hosts[i].addr = *a;
		x->waits_for[i] = false;
		if (a->family == ADDR_NONE)
			log_host(x, "without address", span_str(name));
		return --x->n_waits == 0;
	}
	return false;
}

void
exchange_give_up_hosts(struct exchange *x)
{
	for (uint32_t i = 0; i < x->n_hosts; i++) {
		if (!x->waits_for[i])
			continue;
		log_host(x, "not resolved in time", x->hosts[i].name);
		x->waits_for[i] = false;
	}
	x->n_waits = 0;
}
