/* SPDX-License-Identifier: BSD-2-Clause */
/* The access gateways that we control: registration (ServiceChange), choice, requests, Notify, loss. A gateway is
 * known by its MId; everybody else names it by an id, so that a lost one is simply not found. */
#pragma once

#include "alg/agw_allow.h"
#include "alg/alg_stats.h"
#include "alg/side.h"
#include "proto/base/slot.h"
#include "proto/codec/iq_names.h"
#include "proto/io/mgco_node.h"

struct agwset;

enum agw_state {
	AGW_DOWN,     /* no association, or taken out of service; its contexts may live on */
	AGW_UP,
	AGW_GRACEFUL, /* leaving: keeps its contexts, gets no new ones */
	AGW_STATES,
};

/* Read-only picture for "show gateways". Spans and pointers are valid until the next event. */
struct agw_view {
	slot_id id;
	const char *mid, *profile;
	enum agw_state state;
	struct addr peer;   /* family ADDR_NONE: no association */
	enum mgco_proto proto;
	bool is_linking;    /* the address that it is to be commanded at is not connected */
	const char (*realms)[ALG_REALM_MAX], (*off)[ALG_REALM_MAX]; /* listed by the gateway; out of service */
	uint32_t n_realms, n_off;
	uint32_t contexts, outstanding;
	uint64_t up_since_ms; /* loop time of the last registration */
};

/* What the answer to a ServiceChange has besides. */
enum agw_service_reply { AGW_REPLY_FULL, AGW_REPLY_VERSION, AGW_REPLY_BARE };

/* 0 in a time: never. */
struct agwset_conf {
	unsigned heartbeat_ms; /* a silent gateway is asked whether it lives */
	unsigned away_ms;      /* one that is away so long has lost its contexts */
	struct agw_allow allow;
	enum agw_service_reply service_reply;
};

struct agwset_handler {
	/* A reply to agwset_request: err 0 with the reply, else negative and reply NULL. user and what as given. */
	void (*on_reply)(void *arg, slot_id user, unsigned what, int err, const struct mgco_txn *reply);
	/* Events were observed in a context that agwset_bind() named; user as given there. False: nobody asked for them, not
	 * under that request id. */
	bool (*on_observed)(void *arg, slot_id user, struct span term, const struct mgco_events *observed);
	/* The gateway lost this context. It is unbound already. */
	void (*on_lost)(void *arg, slot_id user);
	/* It took a termination of this context out of service (ServiceChange Forced), or all that a wildcard means. */
	void (*on_out)(void *arg, slot_id user, struct span term);
};

/* All pointers are borrowed and outlive the set; h is copied. NULL with a log line. */
struct agwset *agwset_new(struct loop *l, const struct mgco_node_conf *node, const struct agwset_conf *conf,
                          const struct iq_names *names, struct alg_stats *stats, const struct agwset_handler *h, void *arg);
/* No callback is called any more. */
void agwset_free(struct agwset *set);
/* Serves gateways at this address; *bound (may be NULL) gets it with its port. */
int agwset_listen(struct agwset *set, enum mgco_proto proto, const struct addr *local, struct addr *bound);

/* The gateway for a new call: in service, serving both realms, rather one that did not refuse a context just now,
 * least contexts. realm NULL: any. 0 when there is none. */
slot_id agwset_choose(const struct agwset *set, const char *const realm[SIDES]);
/* False when it is gone, out of service or leaving: nothing new shall be put there. */
bool agwset_is_up(const struct agwset *set, slot_id gw);
/* Sends the actions; on_reply comes exactly once if 0 is returned, never before the return. ERR_CLOSED: the
 * gateway is gone. makes_context: an answer that nobody waits for any more (after a restart) is subtracted. */
int agwset_request(struct agwset *set, slot_id gw, const struct mgco_action *actions, slot_id user, unsigned what,
                   bool makes_context);
/* Names the user of a gateway's context, for on_observed and on_lost. ERR_NOMEM; ERR_NOTFOUND without gateway. */
int agwset_bind(struct agwset *set, slot_id gw, uint32_t ctx, slot_id user);
/* Unknown ones are ignored. */
void agwset_unbind(struct agwset *set, slot_id gw, uint32_t ctx);

/* A context that no call has any more is subtracted: now, and when that fails, as soon as the gateway is back, or after a
 * while. is_sure: the gateway has just named it, else it may be gone already. */
void agwset_orphan(struct agwset *set, slot_id gw, uint32_t ctx, bool is_sure);

/* Items that this gateway does not know, enum mgc_lack; remembered until it registers anew. */
void agwset_add_lacks(struct agwset *set, slot_id gw, unsigned lacks);
unsigned agwset_lacks(const struct agwset *set, slot_id gw);

/* MId of a gateway, "-" when it is gone. */
const char *agwset_mid(const struct agwset *set, slot_id gw);
/* Walk: *cursor starts at 0; false at the end. */
bool agwset_next(const struct agwset *set, uint32_t *cursor, struct agw_view *v);
const char *agwset_state_name(enum agw_state s);
const struct mgco_counters *agwset_counters(const struct agwset *set);
struct mgco_node *agwset_node(struct agwset *set); /* test seam (mgco_node_set_tap) */
