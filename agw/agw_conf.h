/* SPDX-License-Identifier: BSD-2-Clause */
/* What the flags of ims-agw say, as values. */
#pragma once

#include "agw/agw_limits.h"
#include "agw/callee.h"
#include "agw/gate.h"
#include "agw/mg_service_conf.h"
#include "agw/order.h"
#include "proto/base/bounds.h"
#include "proto/io/h248_conf.h"
#include "proto/io/mgco_node.h"
#include "proto/io/resolver.h"
#include "proto/io/opts.h"

struct realm_conf {
	char name[AGW_REALM_NAME_MAX];
	struct addr addrs[AGW_REALM_ADDRS_MAX];      /* where we bind */
	struct addr advertised[AGW_REALM_ADDRS_MAX]; /* what peers are told instead; ADDR_NONE: the same */
	unsigned n_addrs;
	uint16_t lo, hi;
	uint8_t dscp;
	bool types_empty; /* empty-send=typed */
	uint32_t msrp_keepalive_ms; /* 0: none */
	struct callee_nets callees;
	uint32_t sessions; /* terminations at a time; 0: as many as there are ports */
	char cert[AGW_PATH_MAX], key[AGW_PATH_MAX]; /* empty: a certificate is made at start */
};

struct mgc_conf {
	enum mgco_proto proto;
	struct addr addr; /* family ADDR_NONE: not known yet; the port always is */
	char host[RESOLVER_NAME_MAX]; /* to be looked up; empty: addr was given */
};

#define AGW_CONTROL_PATH "/run/ims-e2ae/agw.sock"

struct agw_conf {
	struct daemon_conf common; /* first, and */
	struct h248_conf wire;     /* second: struct h248_head */
	struct mg_service_conf service;
	bool wildcard_one; /* Modify and Subtract of several get one reply */
	struct mgc_conf mgcs[AGW_MGCS_MAX]; /* in order of preference */
	unsigned n_mgcs;
	char mid[MGCO_MID_MAX];
	struct realm_conf realms[AGW_REALMS_MAX];
	unsigned n_realms;
	unsigned workers;
	struct syngate_conf syngate;
	unsigned tcp_ms, tls_ms, fpr_ms, idle_ms, passive_ms;
	unsigned keepalive_ms, dead_ms; /* whole seconds count */
	unsigned max_sessions;
	unsigned max_handshakes; /* of one worker */
	struct msrp_limits msrp;
	unsigned tls_min; /* 12 or 13 */
	bool allow_sha1;
	bool ktls;
	bool ignores_properties, ignores_events; /* that are unknown */
	char iq_names[AGW_PATH_MAX];
	bool one_thread; /* simulation: workers run inside the caller's loop; no flag */
};

/* Flags, for opts_parse(). */
extern const struct opt agw_opts[];

/* Empty lists and the defaults of all else. */
void agw_conf_init(struct agw_conf *c);
/* Fills what was left to defaults (realms, MGC, MId, workers) and checks what only the whole can tell: ports of
 * two realms that overlap, a realm name twice. An enum err with a sentence in why. */
int agw_conf_finish(struct agw_conf *c, char why[OPTS_ERROR_MAX]);
/* "NAME,address=A,..." as in --realm; for tests and tools. */
int realm_conf_parse(const char *value, struct realm_conf *r, char why[OPTS_ERROR_MAX]);
