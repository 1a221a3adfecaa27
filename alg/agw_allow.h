/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure: which hosts may be gateways, and under which MId (--gateway). Over UDP a source address can be forged, so that this
 * keeps strangers out only where the network does not let them forge it. */
#pragma once

#include <stdbool.h>

#include "alg/alg_limits.h"
#include "proto/base/addr.h"
#include "proto/base/bounds.h"

struct agw_allow_rule {
	char mid[MGCO_MID_MAX]; /* "": any that no rule names */
	struct addr_net net;
};

/* Without rules everybody may. */
struct agw_allow {
	struct agw_allow_rule rules[ALG_AGW_MAX];
	unsigned n;
};

/* Appends "[MID@]ADDRESS[/PREFIX]"; MID ends at the last "@". ERR_SYNTAX, ERR_TOOBIG (the MID), ERR_LIMIT. */
int agw_allow_add(struct agw_allow *list, struct span text);
/* Is this host listened to at all? */
bool agw_allow_host(const struct agw_allow *list, const struct addr *host);
/* May it register under this MId? One that rules name may come from where they say only. */
bool agw_allow_mid(const struct agw_allow *list, struct span mid, const struct addr *host);
/* Do the rules say of this very MId that it may come from there? */
bool agw_allow_names(const struct agw_allow *list, struct span mid, const struct addr *host);
