/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of agwset: shared by agwset.c (who is there) and agw_service.c (what they tell us). */
#pragma once

/* Out of memory must fail the one bind, not the daemon. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "alg/agwset.h"
#include "alg/alg_limits.h"
#include "proto/base/list.h"
#include "proto/base/log.h"

struct agw {
	struct list node; /* in agwset.agws */
	struct agwset *set;
	slot_id id;
	char mid[MGCO_MID_MAX];
	char profile[MGCO_NAME_MAX + 8];
	enum agw_state state;
	struct mgco_assoc *assoc; /* where it is commanded; owned by the node; NULL while it is away */
	struct mgco_assoc *from;  /* where it speaks from, mostly the same; NULL: not over any that is up */
	bool is_linking;          /* assoc is not up yet */
	bool is_proven;           /* it answered a request of ours, so that it is where it says */
	struct list reqs;         /* struct agw_req: replies outstanding */
	struct list ctxs;         /* struct agw_ctx */
	uint32_t contexts, outstanding, adding;
	unsigned lacks;           /* enum mgc_lack */
	uint64_t up_since_ms, heard_ms;
	uint64_t cool_until_ms;     /* it refused a context: others are asked first until then */
	char realms[ALG_AGW_REALMS_MAX][ALG_REALM_MAX], off[ALG_AGW_REALMS_MAX][ALG_REALM_MAX];
	uint32_t n_realms, n_off;   /* listed by the gateway; out of service ("*": all are) */
	bool knows_realms;          /* it lists them; else any */
	bool has_watch, asks_arc;   /* events of ROOT were ordered; ipra/arc among them */
	uint32_t epoch, asking;     /* of the reconciliation; requests for single contexts under way */
	struct loop_timer beat, away;
	struct list orphans, orphans_asked, orphans_resting; /* struct agw_orphan: to be subtracted; being so; after a while */
	struct loop_timer orphans_again;
	uint32_t orphan_ms, subtracting; /* the next rest; Subtracts under way */
	struct log_limit limit, life_log, orphan_log; /* what it tells; its coming and going; contexts without a call */
};

/* Lives from agwset_request() to the node's callback, whatever happens to the gateway. */
struct agw_req {
	struct list node; /* in agw.reqs, or in agwset.given_up when gw is NULL */
	struct agwset *set;
	struct agw *gw;
	slot_id gw_id, user;
	unsigned what;
	bool makes_context;
};

struct agw_ctx_key {
	slot_id gw;
	uint32_t ctx, pad;
};

struct agw_ctx {
	struct agw_ctx_key key;
	slot_id user;
	bool suspect, asked; /* was there before the gateway came back; asked for alone */
	struct list node; /* in agw.ctxs */
	UT_hash_handle hh;
};

struct agwset {
	struct loop *loop;
	struct agwset_conf conf;
	uint32_t pending_ms;      /* of the node */
	struct mgco_node *node;
	const struct iq_names *names;
	struct alg_stats *stats;
	struct agwset_handler h;
	void *arg;
	struct slots ids;
	struct list agws;
	struct list given_up;
	struct agw_ctx *contexts; /* hash by gateway and ContextID */
	struct agw_orphan *orphans; /* likewise */
	struct log_limit limit;   /* requests of peers that we do not know */
	struct log_limit life_log; /* gateways that come and go, without calls */
};

/* How readily it is forgotten for another one, if it is at all; NULL: a peer that never registered. */
enum mgco_place agwset_place(const struct agw *gw);
struct agw *agwset_add(struct agwset *set, struct span mid);
/* For lines on its coming and going: one that has calls has its own, so that neither strangers nor what it tells of its
 * realms drown it. */
struct log_limit *agwset_life_log(struct agw *gw);
struct agw *agwset_by_mid(const struct agwset *set, struct span mid);
/* Tells the owners of outstanding requests ERR_CLOSED; late replies then find nobody. */
void agwset_fail_requests(struct agw *gw);
/* Tells the owners of all its contexts that they are gone. */
void agwset_lose_contexts(struct agw *gw);
/* The same for one of them. */
void agwset_lose_context(struct agw *gw, struct agw_ctx *c);
struct agw_ctx *agwset_find_ctx(const struct agwset *set, slot_id gw, uint32_t ctx);
/* ---- agw_audit.c ---- */
void agwset_audit_init(struct agw *gw);
void agwset_audit_fini(struct agw *gw);
/* It registered: its realms and contexts are asked for, its life is watched. */
void agwset_audit_up(struct agw *gw);
/* Its association is gone, or it is out of service. */
void agwset_audit_down(struct agw *gw);
/* Its realms may have changed. */
void agwset_audit_realms(struct agw *gw);
/* ---- agw_realms.c ---- */
/* ar: ipra/ar of ROOT; NULL: not told, which means none when it was told before. */
void agwset_read_realms(struct agw *gw, const struct mgco_prop *ar);
/* True when it serves both realms (NULL: any), or does not say. */
bool agwset_serves(const struct agw *gw, const char *const realm[SIDES]);
/* ServiceChange of terminations outside of contexts. False when term does not stand for all of a realm (".../core/" and a
 * wildcard) or of the gateway ("*"), or the method means nothing for it. */
bool agwset_change_realm(struct agw *gw, struct span term, const struct mgco_services *s);
/* These terminations are out of service in whatever context: tells all who may have one. */
void agwset_take_out(struct agw *gw, struct span term);
/* It registered anew. */
void agwset_forget_realms(struct agw *gw);
/* ---- agw_link.c ---- */
/* The gateway registered over in->assoc. address: its ServiceChangeAddress, empty when there is none. */
void agwset_link(struct agw *gw, const struct mgco_incoming *in, struct span address);
/* It has no association any more. */
void agwset_unlink(struct agw *gw);
/* mgco_handler.on_up, .on_down */
void agwset_on_up(void *arg, struct mgco_assoc *as);
void agwset_on_down(void *arg, struct mgco_assoc *as, int why);
/* ---- agw_ctx.c ---- */
/* The user bound to a context, 0 when unknown. */
slot_id agwset_user_of(const struct agwset *set, slot_id gw, uint32_t ctx);
/* ---- agw_orphan.c ---- */
void agwset_orphans_init(struct agw *gw);
/* The gateway is back: those that it may still have are subtracted. */
void agwset_orphans_up(struct agw *gw);
/* It has lost all contexts, or is going. */
void agwset_orphans_forget(struct agw *gw);
/* The gateway has given this ContextID anew. */
void agwset_orphan_found(struct agwset *set, slot_id gw, uint32_t ctx);
/* ---- agw_service.c ---- */
/* mgco_handler.on_request */
void agwset_on_request(void *arg, struct mgco_incoming *in);
/* For the time when the owner is going away. */
void agwset_deaf_reply(void *arg, slot_id user, unsigned what, int err, const struct mgco_txn *reply);
bool agwset_deaf_observed(void *arg, slot_id user, struct span term, const struct mgco_events *observed);
void agwset_deaf_lost(void *arg, slot_id user);
void agwset_deaf_out(void *arg, slot_id user, struct span term);
