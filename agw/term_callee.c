/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom a Remote would have us call, judged once, when it is set: the leg is told the verdict with the address. */
#include "agw/term_apply.h"

#include "agw/own_addrs.h"
#include "agw/realm.h"

/* a=setup leaves the peer no other way than to be called. Where it does, the Remote may be one that only tells the gate whom
 * to let in, or that nobody could reach: a UE behind a NAT which then connects by itself. */
static bool
must_call(const struct term_stream *s)
{
	if (s->local.setup == SDP_PASSIVE || s->local.setup == SDP_HOLDCONN)
		return false;
	return s->local.setup == SDP_ACTIVE || s->remote.setup == SDP_PASSIVE;
}

static bool
is_port_of(const struct term_stream *s, const struct addr *a)
{
	struct addr told = realm_advertised(s->realm, &s->bound);

	return addr_same(a, &s->bound) || addr_same(a, &told);
}

/* A port of the same context: its octets would come back to us. Those of other contexts are legal, two calls may be one
 * behind the other. */
static bool
is_own_port(const struct ctx *ctx, const struct term_stream *s)
{
	if (is_port_of(s, &s->remote.addr))
		return true;
	for (unsigned i = 0; i < CTX_TERMS_MAX; i++)
		for (unsigned k = 0; ctx->terms[i] && k < ctx->terms[i]->n_streams; k++)
			if (is_port_of(ctx->terms[i]->streams[k], &s->remote.addr))
				return true;
	return false;
}

static const char *
judge(const struct ctx *ctx, const struct term_stream *s)
{
	const struct addr *remote = &s->remote.addr;
	const struct own_addrs *own = ctx->table->env.own;
	const struct callee_nets *nets = &s->realm->callees;

	if (remote->family == ADDR_NONE)
		return NULL;
	if (is_own_port(ctx, s))
		return "a port of the same context";
	if (own && own_addrs_has(own, remote) && !callee_is_named(nets, remote))
		return "an address of the gateway";
	return callee_denied(nets, &s->bound, remote);
}

int
term_judge_remote(struct ctx *ctx, struct term_stream *s, const char **why)
{
	struct ctxs *x = ctx->table;
	char text[ADDR_TEXT_MAX];
	uint32_t skipped;

	s->denied = judge(ctx, s);
	if (!s->denied || !must_call(s))
		return 0;
	*why = s->denied;
	s->realm->denied++;
	if (log_limit_pass(&x->denied, loop_now_ms(x->env.loop), &skipped))
		log_notice("remote refused ctx=%u realm=%s remote=%s reason=%s detail=\"%s\" skipped=%u", (unsigned)ctx->id,
		           s->realm->name, addr_text(&s->remote.addr, text), reason_text(REASON_REMOTE_DENIED), s->denied,
		           skipped);
	return ERR_PERM;
}
