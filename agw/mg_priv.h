/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the mg*.c files that execute requests. */
#pragma once

#include "agw/mg.h"
#include "agw/mg_sdp.h"
#include "agw/term_apply.h"
#include "proto/base/log.h"

struct mg {
	struct mg_conf conf;
	struct slots txns; /* of struct mg_txn that wait for workers */
	struct mg_counters counters;
	struct log_limit limit;
	bool is_draining;
};

/* Statistics that a command's reply will carry. */
struct mg_stats {
	struct mg_stats *next;
	struct mgco_cmd *reply;
	uint64_t in, out, duration_ms;
};

/* A part of them that a worker was asked for. */
struct mg_want {
	struct mg_want *next;
	slot_id relay;
	unsigned side;
	unsigned post; /* which of the transaction's ctx_post() calls asked; a relay answers them in order */
	bool is_done;
	struct mg_stats *stats;
};

/* A transaction under execution; lives in the arena of its request. */
struct mg_txn {
	struct mg *mg;
	struct mgco_incoming *in;
	slot_id id;
	struct mgco_txn *reply;      /* holds the actions */
	const struct mgco_error *error; /* of the whole transaction; rarely */
	struct mgco_action *action;  /* the reply of the action under execution */
	struct ctx *ctx;             /* its context, once there is one */
	unsigned n_commands, n_listed, posts, waiting;
	struct mg_stats *stats;
	struct mg_want *wants;
	struct span service_method, service_mgc; /* a ServiceChange that was accepted */
};

/* One command: what comes out when it fails. */
struct mg_exec {
	struct mg_txn *t;
	struct arena *arena;
	const struct iq_names *names;
	struct mg_fault fault;
};

/* Sets the fault; always returns ERR_INVAL. */
int mg_fail(struct mg_exec *x, uint32_t code, const char *text);
int mg_failf(struct mg_exec *x, uint32_t code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* mg_read.c: what an Add or Modify wants. *realm gets the value of ipdc/realm, empty when absent. */
int mg_read_change(struct mg_exec *x, const struct mgco_cmd *c, struct term_change *change, struct span *realm);
/* A realm by name, or NULL. */
struct realm *mg_find_realm(const struct mg *m, struct span name);

/* mg_cmd.c: executes one command of an action on t->ctx, adding its replies to t->action. 0 or ERR_INVAL with
 * x->fault. */
int mg_run_command(struct mg_exec *x, const struct mgco_cmd *c);
/* Does a TerminationID with wildcards cover this name? "*" all; "ip/1/access/ *" by its prefix. */
bool mg_term_matches(struct span pattern, const char *name);
/* Asks for the termination's statistics for this reply. */
void mg_want_stats(struct mg_exec *x, struct term *term, struct mgco_cmd *reply);

/* mg_audit.c */
int mg_run_audit(struct mg_exec *x, const struct mgco_cmd *c);
/* Stream descriptor with the filled-in Local. */
void mg_build_local(struct mg_exec *x, struct mgco_cmd *reply, const struct term_stream *s, bool bare);
