/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/mg_service.h"

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/codec/mgco_mid.h"
#include "proto/io/mgco_time.h"

enum { SERVICE_ARENA = 8192 };

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
		c->services->timestamp = mgco_time_now(&a); /* H.248.1 7.2.8 */
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

enum mg_service_way
mg_service_way(const struct mgco_services *s, const struct addr *controller, bool may_move, struct addr *to)
{
	struct span name;
	uint16_t port;

	if (s->mgc_id.len) {
		if (may_move && mgco_mid_addr(s->mgc_id, to) == 0)
			return MG_SERVICE_MOVES;
		if (may_move && mgco_mid_host(s->mgc_id, &name, &port) == 0)
			return MG_SERVICE_SEEKS;
		log_warning("controller names another one that we cannot go to mgc=\"%.*s\"", SPAN_FMT(s->mgc_id));
	}
	if (s->address.len == 0)
		return MG_SERVICE_STAYS;
	if (mgco_mid_service_addr(s->address, controller, to) == 0)
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
