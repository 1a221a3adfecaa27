/* SPDX-License-Identifier: BSD-2-Clause */
/* Registration with a controller: ServiceChange out, back-off, the next controller, coming back, going away
 * (H.248.1 11.5 and annex F.3, digest 2.4). */
#pragma once

#include "agw/agw_conf.h"
#include "agw/mg.h"
#include "proto/base/fsm.h"
#include "proto/base/log.h"
#include "proto/io/resolver.h"

enum reg_state {
	REG_IDLE,    /* for ever: nobody asked to register, or we have left */
	REG_LINKING, /* REG_LINK_MS a controller: the transport is not up */
	REG_ASKING,  /* REG_ASK_MS: ServiceChange was sent */
	REG_TURNING, /* REG_LINK_MS: accepted, and told of another address for all that follows */
	REG_UP,      /* registered; for ever, unless the controller turns out not to know us */
	REG_RESTING, /* back-off after a refusal */
	REG_LEAVING, /* REG_LEAVE_MS: ServiceChange Forced was sent */
	REG_STATES,
};

enum reg_event {
	REG_EV_START,
	REG_EV_LINK_UP,
	REG_EV_LINK_DOWN,
	REG_EV_ACCEPTED,
	REG_EV_REFUSED,
	REG_EV_TIMEOUT,
	REG_EV_TURN,  /* accepted, with a ServiceChangeAddress */
	REG_EV_MOVE,  /* the controller sends us to another one */
	REG_EV_AGAIN, /* the controller lost its state: register again */
	REG_EV_ASTRAY, /* the controller sends us to one that nobody knows */
	REG_EV_STOP,
	REG_EVENTS,
};

enum {
	REG_LINK_MS = 5000,
	REG_ASK_MS = 8000,
	REG_LEAVE_MS = 500,
	REG_REST_MS = 1000, /* doubles */
	REG_REST_MAX_MS = 30000,
	REG_MOVES_MAX = 3,  /* MgcIdToTry after MgcIdToTry */
};

struct mg_reg_conf {
	struct loop *loop;
	struct mgco_node *node;
	const struct mg_service_conf *service;
	const struct mgc_conf *mgcs; /* copied */
	unsigned n_mgcs;
	void (*on_registered)(void *arg);
	void (*on_left)(void *arg); /* mg_reg_stop() is done */
	void *arg;
};

struct mg_reg {
	struct mg_reg_conf conf;
	struct fsm fsm;
	struct loop_timer timer;
	struct mgco_assoc *assoc;
	struct mgc_conf mgcs[AGW_MGCS_MAX]; /* those of conf; of names, addr is what was found last, at first none */
	unsigned at;            /* of mgcs */
	struct mgc_conf target; /* whom we talk to: one of mgcs, or where we were sent */
	struct mgc_conf next;   /* REG_EV_MOVE, REG_EV_TURN: where to */
	struct addr home;       /* whom we were registered with last; ADDR_NONE: never */
	struct addr home_asked; /* where we had asked it: another address when it made us turn */
	struct addr asked;      /* the last ServiceChange */
	uint32_t version;       /* agreed with it */
	enum mg_service_event says; /* as last asked */
	bool lost_state;        /* our contexts are gone: Restart, not Disconnected */
	bool was_sent;          /* HandOff */
	bool asks_again;        /* another controller was named in the reply: the same question goes there */
	struct resolver *resolver; /* for controllers that another one names; made when first needed */
	uint64_t seeking, seeks;   /* the question under way, 0: none; questions so far */
	bool seeks_own;            /* it is for mgcs[at], else for one that our controller named */
	uint16_t seeking_port;
	unsigned moves;
	uint32_t rest_ms;
	uint32_t again_ms;  /* how long the next registration waits that a refusal asks for */
	uint64_t served_ms; /* loop time of the last registration */
	uint64_t registrations, losses;
	struct log_limit limit;
	char mid[MGCO_MID_MAX]; /* of the controller */
};

extern const struct fsm_desc reg_fsm;

void mg_reg_init(struct mg_reg *r, const struct mg_reg_conf *conf);
void mg_reg_fini(struct mg_reg *r);
void mg_reg_start(struct mg_reg *r);
/* Leaves service: Forced 905 to the controller if there is one, then on_left. */
void mg_reg_stop(struct mg_reg *r);
/* Announces that no new contexts are wanted: Graceful 905. */
void mg_reg_announce_graceful(struct mg_reg *r);
/* From the node's callbacks. */
void mg_reg_on_up(struct mg_reg *r, struct mgco_assoc *as);
void mg_reg_on_down(struct mg_reg *r, struct mgco_assoc *as, int why);
/* The controller's ServiceChange on ROOT, after it was answered. */
void mg_reg_on_service(struct mg_reg *r, struct span method, struct span mgc_id);
/* The answer to a request of ours, other than a registration, was this error. With 505 the controller does not know us: it
 * started anew, or gave us up, of which UDP tells nothing. We register again, at once the first time and ever more rarely, up
 * to REG_REST_MAX_MS, while it goes on. */
void mg_reg_on_refusal(struct mg_reg *r, const struct mgco_error *e);
/* For mg_reg_heard.c: begins to link. */
void mg_reg_link(struct mg_reg *r, const struct mgc_conf *target);
/* For mg_reg.c: looks up mgcs[at], and links to it when it is found; else time passes. */
void mg_reg_find(struct mg_reg *r);
/* For mg_reg.c: looks the host of "<host>:port" up; then it is MOVE, or ACCEPTED as if nothing had been named. False when
 * mgc_id is no such name, or there is no room. */
bool mg_reg_seek(struct mg_reg *r, struct span mgc_id);
/* Is a host listened to that comes to us? Those of our controllers are. */
bool mg_reg_may_come(const struct mg_reg *r, const struct addr *peer);
/* What a request may. Over UDP the port counts too: commands come from where we registered, or from the
 * ServiceChangeAddress that the controller gave. */
enum mg_right mg_reg_right(const struct mg_reg *r, const struct mgco_incoming *in);
/* The controller's association, or NULL while not registered. */
struct mgco_assoc *mg_reg_get_assoc(const struct mg_reg *r);
