/* SPDX-License-Identifier: BSD-2-Clause */
/* What controllers and strangers tell us, and what they may. */
#include "agw/mg_reg.h"

#include "proto/codec/mgco_mid.h"

/* ---- another controller, by name ---- */

/* Of a controller of ours, when we wanted to link to it. */
static void
on_found(struct mg_reg *r, const struct addr *a)
{
	struct mgc_conf *m = &r->mgcs[r->at];
	uint16_t port = m->addr.port;

	if (r->fsm.state != REG_LINKING)
		return;
	if (a->family == ADDR_NONE) { /* the list goes on in time */
		log_warning("controller's name is not known mgc=%s:%s:%u", mgco_proto_name(m->proto), m->host, port);
		return;
	}
	m->addr = *a;
	m->addr.port = port;
	mg_reg_link(r, m);
}

/* Of one that our controller named. */
static void
on_named(struct mg_reg *r, const char *name, const struct addr *a)
{
	if (a->family != ADDR_NONE) {
		r->next.addr = *a;
		r->next.addr.port = r->seeking_port;
		(void)fsm_fire(&r->fsm, REG_EV_MOVE);
		return;
	}
	log_warning("controller names another one that is not known name=%s", name);
	/* A reply said nothing else against us. Who hands us over, though, is going away: as if the other one did not answer
	 * (H.248.1 11.5). */
	(void)fsm_fire(&r->fsm, r->fsm.state == REG_ASKING ? REG_EV_ACCEPTED : REG_EV_ASTRAY);
}

static void
on_host(void *arg, uint64_t tag, const char *name, const struct addr *a)
{
	struct mg_reg *r = arg;

	if (tag != r->seeking)
		return;
	r->seeking = 0;
	if (r->seeks_own)
		on_found(r, a);
	else
		on_named(r, name, a);
}

static bool
ask_for(struct mg_reg *r, struct span name, bool own)
{
	if (!r->resolver && !(r->resolver = resolver_new(r->conf.loop, on_host, r)))
		return false;
	r->seeking = ++r->seeks;
	r->seeks_own = own;
	if (resolver_ask(r->resolver, name, ADDR_NONE, r->seeking) == 0)
		return true;
	r->seeking = 0;
	return false;
}

void
mg_reg_find(struct mg_reg *r)
{
	if (!ask_for(r, span_str(r->mgcs[r->at].host), true))
		log_warning("controller's name cannot be looked up mgc=%s", r->mgcs[r->at].host);
}

bool
mg_reg_seek(struct mg_reg *r, struct span mgc_id)
{
	struct span name;
	uint16_t port;

	if (mgco_mid_host(mgc_id, &name, &port) != 0)
		return false;
	r->seeking_port = port;
	r->next = (struct mgc_conf){ .proto = r->target.proto };
	return ask_for(r, name, false);
}

void
mg_reg_on_service(struct mg_reg *r, struct span method, struct span mgc_id)
{
	struct addr to;
	uint32_t skipped;

	if (span_caseeqs(method, "Restart") || span_caseeqs(method, "Forced")) {
		r->lost_state = true;
		(void)fsm_fire(&r->fsm, REG_EV_AGAIN);
	} else if (span_caseeqs(method, "HandOff")) {
		if (mgco_mid_addr(mgc_id, &to) == 0) {
			r->next = (struct mgc_conf){ .proto = r->target.proto, .addr = to };
			(void)fsm_fire(&r->fsm, REG_EV_MOVE);
		} else if ((r->fsm.state != REG_UP || !mg_reg_seek(r, mgc_id)) &&
		           log_limit_pass(&r->limit, loop_now_ms(r->conf.loop), &skipped)) {
			log_warning("controller names another one that we cannot go to mgc=\"%.*s\" skipped=%u", SPAN_FMT(mgc_id),
			            skipped);
		}
	}
}

void
mg_reg_on_refusal(struct mg_reg *r, const struct mgco_error *e)
{
	uint64_t now = loop_now_ms(r->conf.loop);

	if (e->code != 505 || r->fsm.state != REG_UP || loop_timer_is_set(&r->timer))
		return;
	if (now - r->served_ms >= REG_REST_MAX_MS)
		r->again_ms = 0;
	log_notice("controller does not know us, registering again after_ms=%u", r->again_ms);
	loop_timer_set(&r->timer, r->again_ms);
	if (r->again_ms == 0)
		r->again_ms = REG_REST_MS;
	else
		r->again_ms = r->again_ms * 2 < REG_REST_MAX_MS ? r->again_ms * 2 : REG_REST_MAX_MS;
}

/* ---- what they may ---- */

bool
mg_reg_may_come(const struct mg_reg *r, const struct addr *peer)
{
	for (unsigned i = 0; i < r->conf.n_mgcs; i++)
		if (addr_same_ip(&r->mgcs[i].addr, peer))
			return true;
	return addr_same_ip(&r->target.addr, peer);
}

enum mg_right
mg_reg_right(const struct mg_reg *r, const struct mgco_incoming *in)
{
	if (!in->assoc || in->assoc != r->assoc)
		return MG_STRANGER;
	return r->fsm.state == REG_UP || r->fsm.state == REG_LEAVING ? MG_MAY : MG_NOT_YET;
}
