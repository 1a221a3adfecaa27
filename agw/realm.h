/* SPDX-License-Identifier: BSD-2-Clause */
/* A realm: one network that we stand in, with its addresses, ports, marking and certificate. */
#pragma once

#include "agw/agw_limits.h"
#include "agw/callee.h"
#include "agw/ports.h"
#include "agw/tls_ctx.h"

struct realm_conf;

/* Why a realm is out of service. */
enum realm_off {
	REALM_OFF_NETWORK = 1, /* none of its addresses is on an interface that is up */
	REALM_OFF_OPERATOR = 2,
	REALM_OFF_CONTROLLER = 4,
};

struct realm {
	char name[AGW_REALM_NAME_MAX];
	struct addr addrs[AGW_REALM_ADDRS_MAX];      /* bound */
	struct addr advertised[AGW_REALM_ADDRS_MAX]; /* told to peers; equals addrs without NAT before us */
	unsigned n_addrs;
	uint16_t lo, hi;
	uint8_t dscp;
	bool types_empty; /* aware MSRP: empty messages to peers here get a Content-Type */
	uint32_t msrp_keepalive_ms; /* aware MSRP: so much silence, and a peer here gets an empty message; 0: never */
	uint32_t sessions, max_sessions; /* terminations here, and how many there may be (0: any number) */
	uint64_t refused;                /* because of it */
	struct callee_nets callees;
	uint64_t denied;                 /* Remotes that were refused because of them, or by callee.h */
	unsigned off;   /* of enum realm_off; 0: in service, new terminations may come */
	bool is_leaving; /* the operator's order was Graceful: what is there goes on */
	bool was_seen[AGW_REALM_ADDRS_MAX]; /* addresses that the host has had */
	struct ports *v4, *v6; /* NULL: no address of that family */
	struct tls_ctx *tls;
};

/* min_version and allow_sha1 of tls are used, its files are not: they come from conf. NULL with *why set. */
struct realm *realm_new(const struct realm_conf *conf, const struct tls_ctx_conf *tls, const char **why);
void realm_free(struct realm *r);
/* A local transport address. ADDR_NONE takes the family of the realm's first address. ERR_LIMIT: all are taken;
 * ERR_NOTFOUND: no address of that family here. */
int realm_take(struct realm *r, enum addr_family family, struct addr *local);
void realm_give(struct realm *r, const struct addr *local);
/* What peers are told for a local address. */
struct addr realm_advertised(const struct realm *r, const struct addr *local);
/* Which of ours, bound, the address (told or bound) is; the port is kept. False: none. */
bool realm_bound(const struct realm *r, const struct addr *told, struct addr *bound);
uint32_t realm_ports_total(const struct realm *r);
uint32_t realm_ports_taken(const struct realm *r);
