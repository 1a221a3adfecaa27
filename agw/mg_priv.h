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
	struct mg_root root;
	struct log_limit limit, ignored, service_log;
	bool is_draining;
};

/* Statistics that a command's reply will carry. */
struct mg_stats {
	struct mg_stats *next;
	struct mgco_cmd *reply;
	const struct mgco_audit *audit; /* which of them; NULL: all */
	uint64_t in, out, duration_ms;
	bool is_aware;
	struct msrp_stats msrp; /* is_aware */
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
	struct mgco_cmd *shared; /* the one reply of a W- command, once there is one */
};

/* Sets the fault; always returns ERR_INVAL. */
int mg_fail(struct mg_exec *x, uint32_t code, const char *text);
int mg_failf(struct mg_exec *x, uint32_t code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Error descriptor of x->fault; counts and logs it. */
struct mgco_error *mg_build_error(struct mg_exec *x);

/* mg_action.c: executes an action into a new one of the reply; false: the rest of the transaction is not executed. */
bool mg_run_action(struct mg_exec *x, const struct mgco_action *act);

/* mg_realm.c: the realm that an Add is for, or a Modify has. */
struct mg_realm_want {
	struct span named; /* by the termination's name; empty: it does not say */
	bool is_said;
	struct span value; /* of ipdc/realm, is_said */
};
/* "ip/1/access/$", "$", or with "$" in place of the group or realm. *realm stays empty when the name does not say. */
bool mg_read_choose_name(struct span name, struct span *realm);
int mg_read_realm(struct mg_exec *x, const struct mgco_prop *p, struct mg_realm_want *want);
/* When all has been read. 430, 449, 457; 503 or 530 for one that is out of service. */
int mg_settle_realm(struct mg_exec *x, const struct mg_realm_want *want, struct realm **realm);
/* Fills in what was left to us and is the realm's to say. */
void mg_settle_control(struct term_change *change, const struct realm *r);
/* A realm by name; the realm of "ip/1/REALM/ *". Or NULL. */
struct realm *mg_find_realm(const struct mg *m, struct span name);
struct realm *mg_realm_of_pattern(const struct mg *m, struct span pattern);

/* mg_read.c: what an Add or Modify wants. */
int mg_read_change(struct mg_exec *x, const struct mgco_cmd *c, struct term_change *change, struct mg_realm_want *realm);
/* mg_event.c: its Events. */
int mg_read_events(struct mg_exec *x, const struct mgco_events *list, struct term_change *change);
/* The Events of a termination as they are armed. */
void mg_build_events(struct mg_exec *x, struct mgco_cmd *reply, const struct term *t);
/* Calls fn for the event; of "package/ *" and "* / *" for each event of ours that it covers (H.248.1 7.1.9). */
typedef int (*mg_event_fn)(struct mg_exec *x, const struct mgco_event *e, void *arg);
int mg_each_event(struct mg_exec *x, const struct mgco_event *e, mg_event_fn fn, void *arg);
/* An event or a signal is of this stream (0: of all). */
int mg_name_stream(struct mg_exec *x, uint16_t stream, struct term_change *change);
/* mg_signal.c: its Signals. */
int mg_read_signals(struct mg_exec *x, const struct mgco_signals *list, struct term_change *change);
/* mg_props.c: one property of LocalControl into *c, which has the defaults before the first one. */
int mg_read_control_prop(struct mg_exec *x, const struct mgco_prop *p, struct term_control *c);
/* mg_choice.c: does the property leave the value to us (H.248.1 7.1.1)? */
bool mg_is_choice(const struct mg_exec *x, const struct mgco_prop *p);
/* What may be chosen: of numbers those within the limits, for CHOOSE alone the preset (NULL: there is none). */
struct mg_choice {
	bool is_flag;
	uint32_t lo, hi; /* both 0: no number */
	const char *preset;
};
/* Calls fn with the property as it would be with one value after the other, until it takes one: 0. 449 else. */
typedef int (*mg_value_fn)(struct mg_exec *x, const struct mgco_prop *p, void *arg);
int mg_choose(struct mg_exec *x, const struct mgco_prop *p, const struct mg_choice *c, mg_value_fn fn, void *arg);
/* What was chosen of the LocalControl that was asked for, into the reply. */
void mg_build_chosen(struct mg_exec *x, struct mgco_cmd *reply, const struct mgco_stream *asked, const struct term *t);
/* When all have been read: do they go together? */
int mg_check_control(struct mg_exec *x, const struct term_control *c);
/* As it is, appended to the list; all: also those at their defaults. */
void mg_put_control(struct mg_exec *x, struct mgco_prop **list, const struct term_control *c, bool all);
void mg_put_control_caps(struct mg_exec *x, struct mgco_prop **list);
/* A property or parameter (445, 454), or an event (451; 512: of a package of ours), that we do not have: an error,
 * or 0 where such are ignored. */
int mg_fail_unknown(struct mg_exec *x, uint32_t code, struct span name);
/* The parameters of an event or a signal, but for the one that it has (IQ_NAMES: none): as mg_fail_unknown with 454. */
int mg_check_params(struct mg_exec *x, const struct mgco_prop *params, enum iq_name known);
/* An item that we do not have: 440 when its package is not ours at all, else the given code; of a property, event or
 * signal (445, 451, 452) that has its place elsewhere 455, 512 or 513. */
int mg_fail_item(struct mg_exec *x, uint32_t code, struct span name);
/* 449, naming the item and its value. */
int mg_fail_value(struct mg_exec *x, const struct mgco_prop *p);
/* 431, 435 or 430 for a name that matched nothing in the context. */
int mg_fail_unknown_term(struct mg_exec *x, struct span name);

/* mg_cmd.c: executes one command of an action on t->ctx, adding its replies to t->action. 0 or ERR_INVAL with
 * x->fault. */
int mg_run_command(struct mg_exec *x, const struct mgco_cmd *c);
/* Asks for the termination's statistics for this reply, those of the audit if there is one. */
void mg_want_stats(struct mg_exec *x, struct term *term, struct mgco_cmd *reply, const struct mgco_audit *audit);
/* For each termination of the context that the command names; a W- command is answered once at the end. */
typedef int (*mg_one_fn)(struct mg_exec *x, const struct mgco_cmd *c, struct term *term);
int mg_for_matching(struct mg_exec *x, const struct mgco_cmd *c, mg_one_fn fn);
/* An empty reply in the action under execution; NULL out of memory. */
struct mgco_cmd *mg_add_reply(struct mg_exec *x, enum mgco_cmd_kind kind, struct span name);
/* mg_change.c: ServiceChange of ROOT, of terminations, of a realm. */
int mg_run_service_change(struct mg_exec *x, const struct mgco_cmd *c);

/* mg_audit.c: AuditValue of ROOT or of terminations of the context. */
int mg_run_audit(struct mg_exec *x, const struct mgco_cmd *c);
/* What the audit asks for of one termination, into the reply of any command (H.248.1 7.1.12). */
void mg_audit_into(struct mg_exec *x, struct mgco_cmd *reply, struct term *t, const struct mgco_audit *audit);
/* The terminations of the context (if any) that the pattern names; they have been heard of. Returns how many. */
unsigned mg_find_terms(struct mg_exec *x, struct span pattern, struct term *found[CTX_TERMS_MAX]);
/* Stream descriptor with the filled-in Local. */
void mg_build_local(struct mg_exec *x, struct mgco_cmd *reply, const struct term_stream *s, bool bare);
/* The same with the Remote, if there is one. */
void mg_build_remote(struct mg_exec *x, struct mgco_cmd *reply, const struct term_stream *s, bool bare);
/* mg_part.c: is it "gm/saf", "gm/ *" or "* / *" for this name? */
bool mg_name_matches(struct span pattern, struct span name);
/* Audits of parts. 444 for descriptors that no termination here has, 532 for items that nobody knows. */
int mg_check_audit(struct mg_exec *x, const struct mgco_audit *audit);
/* Descriptors that the reply must hold, wholly or in part; 0: the empty audit (audit may be NULL). */
unsigned mg_audit_items(const struct mgco_audit *audit);
bool mg_audit_wants(const struct mgco_audit *audit, enum mgco_audit_item item, struct span name);
/* Takes everything out of a reply that was not asked for. */
void mg_keep_parts(struct mg_exec *x, struct mgco_cmd *reply, const struct mgco_audit *audit);
/* mg_union.c: what m says besides goes into to; m is used up. */
void mg_add_media(struct mg_exec *x, struct mgco_media *to, struct mgco_media *m);
/* The same of Events; either may be NULL. */
void mg_add_events(struct mg_exec *x, struct mgco_events *to, struct mgco_events *more);
void mg_build_packages(struct mg_exec *x, struct mgco_cmd *reply, bool is_root);
/* mg_caps.c: AuditCapability of ROOT, of terminations, and of all that a realm could have (Context = -). */
int mg_run_caps(struct mg_exec *x, const struct mgco_cmd *c);

/* mg_root.c: the termination ROOT. */
void mg_reset_root(struct mg *m);
int mg_modify_root(struct mg_exec *x, const struct mgco_cmd *c);
void mg_audit_root(struct mg_exec *x, struct mgco_cmd *reply, unsigned items);
void mg_caps_root(struct mg_exec *x, struct mgco_cmd *reply, unsigned items);
/* name = [lo:hi], or {a,b,...} up to a NULL. */
void mg_put_range(struct mg_exec *x, struct mgco_prop **list, const char *name, uint64_t lo, uint64_t hi);
void mg_put_choice(struct mg_exec *x, struct mgco_prop **list, const char *name, const char *const *values);
