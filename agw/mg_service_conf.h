/* SPDX-License-Identifier: BSD-2-Clause */
/* What the gateway says of itself by ServiceChange, event by event: controllers differ in the methods and reasons that they
 * take. Pure. */
#pragma once

#include <stdint.h>

#include "proto/base/bounds.h"
#include "proto/base/span.h"

enum mg_service_event {
	MG_SAYS_FIRST,      /* started */
	MG_SAYS_STATE_LOST, /* the controller made us drop all contexts */
	MG_SAYS_RESTORED,   /* back at the same controller, contexts kept */
	MG_SAYS_FAILOVER,   /* at another controller, contexts kept */
	MG_SAYS_HANDOFF,    /* sent here by MgcIdToTry */
	MG_SAYS_DRAIN,      /* no new contexts */
	MG_SAYS_STOP,
	MG_SERVICE_EVENTS,
};

enum { MG_METHOD_MAX = 16, MG_REASON_MAX = 64, MG_PROFILE_MAX = MGCO_NAME_MAX + 8 };

struct mg_service_conf {
	struct {
		char method[MG_METHOD_MAX], reason[MG_REASON_MAX];
	} say[MG_SERVICE_EVENTS];
	char profile[MG_PROFILE_MAX]; /* "": not told */
	uint32_t version;             /* that we offer; 1 or 2 */
	uint32_t first_version;       /* of the message that does */
};

void mg_service_conf_init(struct mg_service_conf *c);
/* "EVENT:METHOD:REASON", as in "restored:Restart:900 Service Restored", or "default" for all of them. ERR_SYNTAX. */
int mg_service_conf_say(struct mg_service_conf *c, struct span text);
/* "NAME/VERSION" or "none". ERR_SYNTAX. */
int mg_service_conf_profile(struct mg_service_conf *c, struct span text);
