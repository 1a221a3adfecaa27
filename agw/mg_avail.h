/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in service: realms as the network and the operator have it, told to the controller by ServiceChange (H.248.1
 * 7.2.8) and by ipra/arc (H.248.41 Amd.1). */
#pragma once

#include "agw/mg_notify.h"
#include "agw/netwatch.h"
#include "agw/realm.h"

struct mg_avail {
	struct loop *loop;
	struct ctxs *ctxs;
	struct realm *const *realms;
	unsigned n_realms;
	struct mg_reg *reg;
	struct mg_notify *notify;
	struct netwatch *net; /* or NULL */
	uint64_t told;        /* ServiceChanges */
};

/* All pointers are borrowed. Watches the addresses of the realms from now on. */
void mg_avail_init(struct mg_avail *v, struct ctxs *ctxs, struct realm *const *realms, unsigned n_realms,
                   struct mg_notify *notify);
void mg_avail_fini(struct mg_avail *v);
/* We are registered (again): tells what is out of service. */
void mg_avail_again(struct mg_avail *v);
/* Looks at the host's addresses now. */
void mg_avail_look(void *avail);
/* The operator's word on a realm or a termination, by name. ERR_NOTFOUND. */
enum mg_avail_method { MG_AVAIL_FORCED, MG_AVAIL_GRACEFUL, MG_AVAIL_RESTART };
int mg_avail_order(struct mg_avail *v, struct span name, enum mg_avail_method method);
