/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/mg_service.h"

#include "proto/base/err.h"
#include "proto/base/log.h"

enum { H248_PORT = 2944, SERVICE_ARENA = 8192 };

int
mg_service_send(struct mgco_assoc *as, const struct mg_service_conf *conf, enum mg_service_event event, mgco_reply_fn fn,
                void *arg)
{
	struct mgco_txn *txn;
	struct mgco_action *act;
	struct mgco_cmd *c;
	struct arena a;
	int err = ERR_NOMEM;

	arena_init(&a, SERVICE_ARENA);
	txn = mgco_new_request(&a);
	act = mgco_add_action(&a, txn, MGCO_CTX_NULL);
	c = mgco_add_cmd(&a, act, MGCO_SERVICECHANGE, SPAN_LIT("ROOT"));
	if (c && (c->services = ARENA_NEW(&a, struct mgco_services))) {
		c->services->method = span_str(conf->say[event].method);
		c->services->reason = span_str(conf->say[event].reason);
		c->services->has_version = true;
		c->services->version = conf->version;
		c->services->profile = span_str(conf->profile);
		err = mgco_request(as, act, fn, arg);
	}
	arena_fini(&a);
	return err;
}

int
mg_service_tell(struct mgco_assoc *as, uint32_t ctx, const char *term, const char *method, const char *reason,
                mgco_reply_fn fn, void *arg)
{
	struct mgco_action *act;
	struct mgco_cmd *c;
	struct arena a;
	int err = ERR_NOMEM;

	arena_init(&a, SERVICE_ARENA);
	act = mgco_add_action(&a, mgco_new_request(&a), ctx);
	c = mgco_add_cmd(&a, act, MGCO_SERVICECHANGE, span_str(term));
	if (c && (c->services = ARENA_NEW(&a, struct mgco_services))) {
		c->services->method = span_str(method);
		c->services->reason = span_str(reason);
		err = mgco_request(as, act, fn, arg);
	}
	arena_fini(&a);
	return err;
}

bool
mg_service_refused(const struct mgco_txn *reply, const struct mgco_error **e, const struct mgco_services **s)
{
	const struct mgco_action *act = reply->actions;

	*e = reply->error;
	*s = NULL;
	if (!*e && act)
		*e = act->error;
	if (!*e && act && act->cmds) {
		*e = act->cmds->error;
		*s = act->cmds->services;
	}
	return *e != NULL;
}

int
mg_mid_addr(struct span mid, struct addr *a)
{
	struct span rest = mid, ip;
	struct addr got;
	uint32_t port = H248_PORT;

	if (mid.len < 2 || mid.p[0] != '[')
		return ERR_SYNTAX;
	rest = span_of(mid.p + 1, mid.len - 1);
	ip = span_cut(&rest, ']');
	if (!rest.p || addr_parse_ip(ip, &got) != 0)
		return ERR_SYNTAX;
	if (rest.len && (rest.p[0] != ':' || span_u32(span_of(rest.p + 1, rest.len - 1), 65535, &port) != 0))
		return ERR_SYNTAX;
	got.port = (uint16_t)port;
	*a = got;
	return 0;
}

int
mg_mid_host(struct span mid, struct span *name, uint16_t *port)
{
	struct span rest, host;
	uint32_t number = H248_PORT;

	if (mid.len < 3 || mid.p[0] != '<')
		return ERR_SYNTAX;
	rest = span_of(mid.p + 1, mid.len - 1);
	host = span_cut(&rest, '>');
	if (!rest.p || !host.len)
		return ERR_SYNTAX;
	if (rest.len && (rest.p[0] != ':' || span_u32(span_of(rest.p + 1, rest.len - 1), 65535, &number) != 0))
		return ERR_SYNTAX;
	*name = host;
	*port = (uint16_t)number;
	return 0;
}

/* "[192.0.2.1]:2944", or the number of another port of the controller. */
static int
read_address(struct span address, const struct addr *controller, struct addr *a)
{
	uint32_t port;

	if (span_u32(address, 65535, &port) != 0)
		return mg_mid_addr(address, a);
	if (port == 0)
		return ERR_SYNTAX;
	*a = *controller;
	a->port = (uint16_t)port;
	return 0;
}

enum mg_service_way
mg_service_way(const struct mgco_services *s, const struct addr *controller, bool may_move, struct addr *to)
{
	struct span name;
	uint16_t port;

	if (s->mgc_id.len) {
		if (may_move && mg_mid_addr(s->mgc_id, to) == 0)
			return MG_SERVICE_MOVES;
		if (may_move && mg_mid_host(s->mgc_id, &name, &port) == 0)
			return MG_SERVICE_SEEKS;
		log_warning("controller names another one that we cannot go to mgc=\"%.*s\"", SPAN_FMT(s->mgc_id));
	}
	if (s->address.len == 0)
		return MG_SERVICE_STAYS;
	if (read_address(s->address, controller, to) == 0)
		return addr_same(to, controller) ? MG_SERVICE_STAYS : MG_SERVICE_TURNS;
	log_warning("controller names an address that we cannot use address=\"%.*s\"", SPAN_FMT(s->address));
	return MG_SERVICE_STAYS;
}

enum mg_service_event
mg_service_event(const struct mg_service_why *why)
{
	if (why->was_sent)
		return MG_SAYS_HANDOFF;
	if (why->is_first)
		return MG_SAYS_FIRST;
	if (why->lost_state)
		return MG_SAYS_STATE_LOST;
	return why->is_home ? MG_SAYS_RESTORED : MG_SAYS_FAILOVER;
}
