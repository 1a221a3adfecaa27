/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells the P-CSCF that the media of a call failed, so that it can end the call: by its JSON-RPC interface over HTTP or
 * by a program (--on-failure). Never blocks; bounded in memory, in connections and in children. */
#pragma once

#include "alg/alg_limits.h"
#include "alg/alg_stats.h"
#include "proto/base/addr.h"
#include "proto/base/out.h"
#include "proto/base/slot.h"
#include "proto/io/loop.h"

enum failure_way { FAILURE_LOG, FAILURE_RPC, FAILURE_EXEC };

struct failure_target {
	enum failure_way way;
	struct addr addr;             /* RPC */
	char path[ALG_PATH_MAX];      /* RPC: of the URL, "/RPC"; EXEC: the program */
};

struct failure_conf {
	struct failure_target to[ALG_TARGETS_MAX]; /* asked in turn until one takes it */
	unsigned n;                                /* 0: the log is enough */
	char rpc[ALG_RPC_MAX];                     /* method and parameters, "" for FAILURE_RPC_DEFAULT */
};
#define FAILURE_RPC_DEFAULT "dlg.terminate_dlg {call-id} {from-tag} {to-tag}"

/* What happened. All borrowed. */
struct failure {
	const char *call_id, *from_tag, *to_tag;
	const char *reason;  /* a word of cause.def or proto/base/reason.def */
	const char *gateway; /* MId */
	uint32_t line;       /* from 1 */
	uint32_t ctx;
};

struct failures;
struct failures_handler {
	/* 0: the P-CSCF took it. Else nobody did, for good. */
	void (*on_told)(void *arg, slot_id user, int err);
	/* False: the call is gone meanwhile, there is nothing to tell; on_told then does not come. */
	bool (*is_wanted)(void *arg, slot_id user);
};

/* conf is copied. NULL out of memory. */
struct failures *failures_new(struct loop *l, const struct failure_conf *conf, struct alg_stats *stats,
                              const struct failures_handler *h, void *arg);
/* What still waits is dropped without a word. */
void failures_free(struct failures *f);
/* Copies *what and tells it. ERR_LIMIT when too many wait; ERR_UNSUPPORTED when there is nobody to tell. */
int failures_add(struct failures *f, const struct failure *what, slot_id user);

/* ---- pure, for flags and tests ---- */
/* "log", "exec:PROGRAM" or "jsonrpc:http://HOST:PORT/PATH". ERR_INVAL with a static sentence in *why. */
int failure_parse_target(struct span value, struct failure_target *t, const char **why);
/* The JSON-RPC document: the first word of rpc is the method, the others are its parameters with {call-id}, {from-tag},
 * {to-tag}, {reason} and {line} filled in. */
void failure_print_rpc(struct out *o, const char *rpc, const struct failure *what, uint32_t id);
/* 0 when the document is a result, ERR_REFUSED when an error, which o gets in short; ERR_SYNTAX. */
int failure_parse_rpc(struct span body, struct out *o);
