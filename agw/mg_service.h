/* SPDX-License-Identifier: BSD-2-Clause */
/* ServiceChange of the gateway on ROOT, and what comes back. */
#pragma once

#include "agw/mg_service_conf.h"
#include "proto/io/mgco_node.h"

/* Sends what conf has for this event. Errors as mgco_request(). */
int mg_service_send(struct mgco_assoc *as, const struct mg_service_conf *conf, enum mg_service_event event, mgco_reply_fn fn,
                    void *arg);
/* ServiceChange of terminations, without asking for anything. Errors as mgco_request(). */
int mg_service_tell(struct mgco_assoc *as, uint32_t ctx, const char *term, const char *method, const char *reason,
                    mgco_reply_fn fn, void *arg);
/* True with *e when the reply is an error; else *s gets its Services, or NULL. */
bool mg_service_refused(const struct mgco_txn *reply, const struct mgco_error **e, const struct mgco_services **s);
/* Where the reply's Services send us: nowhere, to another address of the same controller (ServiceChangeAddress: an MId
 * with an address, or a port), or to another one (MgcIdToTry, unless may_move is false). *to is set unless it stays. */
enum mg_service_way {
	MG_SERVICE_STAYS,
	MG_SERVICE_TURNS,
	MG_SERVICE_MOVES,
	MG_SERVICE_SEEKS, /* to another one whose name has to be looked up first; *to is not set */
};
enum mg_service_way mg_service_way(const struct mgco_services *s, const struct addr *controller, bool may_move,
                                   struct addr *to);
/* Which event a registration tells (H.248.1 11.5): sent there by HandOff; the first one; without our contexts; back at the
 * same controller, or at another one. */
struct mg_service_why {
	bool was_sent, is_first, lost_state, is_home;
};
enum mg_service_event mg_service_event(const struct mg_service_why *why);
