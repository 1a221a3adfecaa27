/* SPDX-License-Identifier: BSD-2-Clause */
/* What the controller told of a stream's side, as the worker's leg_spec. */
#include "agw/ctx_stream.h"

#include "agw/realm.h"
#include "agw/term_msrp.h"

static enum leg_role
role_of(const struct term_stream *s)
{
	if (s->is_out)
		return LEG_NO_ROLE;
	switch (s->local.setup) {
	case SDP_ACTIVE:
		return LEG_CONNECT;
	case SDP_PASSIVE:
		return LEG_LISTEN;
	case SDP_HOLDCONN:
		return LEG_NO_ROLE;
	case SDP_ACTPASS:
	case SDP_SETUP_ABSENT:
	case SDP_SETUP_BAD:
		break;
	}
	/* TCP proxy mode, but a peer that said "active" connects to us and must not be called. */
	return s->remote.setup == SDP_ACTIVE ? LEG_LISTEN : LEG_PROXY;
}

enum leg_trigger
ctx_stream_trigger(const struct ctx_stream *s, unsigned side)
{
	const struct term_stream *mine = s->side[side], *partner = s->side[!side];
	enum leg_role role = role_of(mine);

	if (role != LEG_CONNECT && role != LEG_PROXY)
		return TRIGGER_NONE;
	if (partner && partner->control.link)
		return TRIGGER_PARTNER;
	return role == LEG_CONNECT && !mine->establish && mine->remote.addr.family != ADDR_NONE ? TRIGGER_NOW : TRIGGER_NONE;
}

void
ctx_stream_spec(const struct ctx_stream *s, unsigned side, struct leg_spec *spec)
{
	const struct term_stream *m = s->side[side];
	const struct ctx_env *env = &s->ctx->table->env;
	const struct term *t = s->ctx->terms[side];
	const struct term_watch *idle;
	struct gate_rule rule;
	struct addr from;

	*spec = (struct leg_spec){ .role = LEG_NO_ROLE, .gate = GATE_IGNORE };
	if (!m)
		return;
	term_gate_rule(m, &rule);
	idle = term_idle_watch(t, m);
	spec->term = t->number;
	spec->role = role_of(m);
	spec->trigger = ctx_stream_trigger(s, side);
	spec->connect_round = m->establish;
	spec->cut = m->cut;
	spec->gate = rule.mode;
	if (rule.mode != GATE_LATCH)
		spec->from = rule.remote;
	spec->host_bits = rule.host_bits;
	spec->port_hi = rule.port_hi;
	spec->latch_round = m->latch_round;
	spec->local = m->bound;
	if (m->control.esas && realm_bound(m->realm, &m->control.lsa, &from) && !addr_same_ip(&from, &m->bound))
		spec->local = from; /* any port: our own one is that of another address */
	spec->remote = m->remote.addr;
	spec->denied = m->denied;
	spec->tls = term_is_tls(&m->local);
	spec->tls_ctx = m->realm->tls;
	spec->fpr_known = m->fprs != NULL;
	spec->flow_in = m->control.mode == TERM_RECVONLY || m->control.mode == TERM_SENDRECV;
	spec->flow_out = m->control.mode == TERM_SENDONLY || m->control.mode == TERM_SENDRECV;
	spec->dscp = m->control.has_dscp ? m->control.dscp : m->realm->dscp;
	spec->copies_dscp = m->control.copies_dscp;
	term_police(&m->control, &spec->police);
	spec->tcp_ms = env->tcp_ms;
	spec->wait_ms = term_armed(t, m) & (TERM_EV_TCP | TERM_EV_CAUSE | TERM_EV_NETFAIL) ? env->passive_ms : 0;
	spec->tls_ms = env->tls_ms;
	spec->fpr_ms = env->fpr_ms;
	spec->idle_ms = idle->armed & TERM_EV_IPSTOP ? idle->idle_ms : env->idle_ms;
	spec->idle_in = idle->armed & TERM_EV_IPSTOP && idle->dir == TERM_DIR_IN;
	spec->idle_out = idle->armed & TERM_EV_IPSTOP && idle->dir == TERM_DIR_OUT;
}

void
ctx_stream_msrp(const struct ctx_stream *s, unsigned side, struct leg_msrp *m)
{
	if (s->side[side])
		term_msrp_spec(s->side[side], m);
}

void
ctx_stream_fprs(const struct ctx_stream *s, unsigned side, struct fpr_set *fprs)
{
	fpr_list_get(s->side[side] ? s->side[side]->fprs : NULL, fprs);
}
