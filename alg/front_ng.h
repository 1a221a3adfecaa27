/* SPDX-License-Identifier: BSD-2-Clause */
/* The front end that Kamailio's and OpenSIPS's rtpengine modules speak to: NG over UDP and TCP. */
#pragma once

#include "alg/call.h"
#include "proto/codec/ngmsg.h"

struct front_ng;

struct front_ng_conf {
	const char *access_realm, *core_realm; /* names in "direction"; borrowed */
};

/* Makes its own calls object's partner: give front_ng_on_done and the result to calls_new(). NULL out of memory. */
struct front_ng *front_ng_new(struct loop *l, const struct front_ng_conf *conf, struct alg_stats *stats);
/* The calls that requests go to; once, before the first listener. */
void front_ng_set_calls(struct front_ng *f, struct calls *calls);
int front_ng_listen(struct front_ng *f, bool tcp, const struct addr *local, struct addr *bound);
void front_ng_free(struct front_ng *f);
/* alg_done_fn; arg is the front. */
void front_ng_on_done(void *arg, slot_id waiter, const struct alg_result *r);

/* ---- parts with their own file ---- */

/* ng_request.c: the dictionary as a request. rtpp-flags (Kamailio 6) count as if the proxy had parsed them. *why gets a
 * static sentence on ERR_SYNTAX. */
int ng_read_request(struct arena *a, struct ng_val *dict, const struct front_ng_conf *conf, struct alg_request *req,
                    const char **why);

/* ng_report.c: replies that show state. */
void ng_report_call(struct arena *a, struct ng_val *reply, const struct call *c);
void ng_report_list(struct arena *a, struct ng_val *reply, const struct calls *cs, int64_t limit);
void ng_report_statistics(struct arena *a, struct ng_val *reply, const struct calls *cs,
                          const struct alg_stats *stats);
