/* SPDX-License-Identifier: BSD-2-Clause */
/* ims-alg as one object, so that a simulation can run it beside a gateway in one loop. */
#pragma once

#include "alg/agwset.h"
#include "alg/alg_conf.h"
#include "alg/alg_stats.h"
#include "alg/call.h"
#include "alg/front_ng.h"
#include "proto/io/ctlsock.h"
#include "proto/io/metrics.h"

struct alg {
	struct loop *loop;
	struct alg_conf conf;
	struct alg_stats stats;
	struct agwset *agws;
	struct calls *calls;
	struct front_ng *front;
	struct failures *failures;
	struct resolver *resolver;
	struct ctlsock *ctl;
	struct http_serve *http; /* --metrics, or NULL */
	uint64_t started_ms;
	struct addr ng[ALG_LISTEN_MAX], h248[ALG_LISTEN_MAX]; /* as bound: with the kernel's ports */
};

/* Opens everything that conf (as left by alg_conf_done(), copied) asks for. NULL with a log line. */
struct alg *alg_new(struct loop *l, const struct alg_conf *conf);
void alg_free(struct alg *alg);
/* Commands of the control socket (alg_ctl.c); arg is the struct alg. */
extern const struct ctl_command alg_ctl_commands[];
/* alg_metrics.c: all counters as Prometheus text, and the control command that gives it. arg is the struct alg. */
int alg_print_metrics(void *arg, struct out *text);
int alg_show_metrics(void *arg, struct span args, struct out *json);
