/* SPDX-License-Identifier: BSD-2-Clause */
/* The access gateway as one object: everything hangs on it, there are no globals. */
#pragma once

#include "agw/agw_conf.h"
#include "agw/ctx.h"
#include "agw/mg.h"
#include "agw/mg_avail.h"
#include "agw/mg_notify.h"
#include "agw/mg_reg.h"
#include "agw/own_addrs.h"
#include "agw/worker.h"
#include "proto/codec/iq_names.h"
#include "proto/io/ctlsock.h"
#include "proto/io/metrics.h"

struct agw_counters {
	uint64_t accepted, connected, tls_up, failed, closed, idle; /* events of legs */
	uint64_t reasons[REASONS];                                  /* of failed ones */
};

struct agw {
	struct loop *loop; /* of the control thread; borrowed */
	struct agw_conf conf;
	struct iq_names names;
	struct realm *realms[AGW_REALMS_MAX];
	unsigned n_realms;
	struct own_addrs *own;
	struct gate_table *gates;
	struct syngate_sieve *sieve; /* or NULL */
	struct syngate *syngate;
	struct inbox *events; /* from the workers */
	struct worker *workers[AGW_WORKERS_MAX];
	unsigned n_workers;
	struct ctxs ctxs;
	struct mgco_node *node;
	struct mg *mg;
	struct mg_reg reg;
	struct mg_notify notify;
	struct mg_avail avail;
	struct ctlsock *ctl;
	struct http_serve *http; /* --metrics, or NULL */
	struct agw_counters counters;
	struct loop_timer trim; /* since the last context left */
	uint64_t started_ms;
	bool is_started;
	bool is_draining;           /* ends when the last context is gone */
	void (*on_stopped)(void *arg);
	void *stopped_arg;
};

/* Reads what the flags name (certificates, keys, names) and builds realms; opens no socket and starts no thread, so
 * that privileges can be dropped afterwards. conf is copied, and must be finished. NULL with a log line. */
struct agw *agw_new(struct loop *l, const struct agw_conf *conf);
/* Gate, workers, control socket, registration. ERR_* after a log line; agw_free() then cleans up. With
 * conf.one_thread workers run inside the loop. */
int agw_start(struct agw *a);
/* Takes leave of the controller, then calls fn(arg); at most REG_LEAVE_MS later. */
void agw_stop(struct agw *a, void (*fn)(void *arg), void *arg);
/* No new contexts; the controller is told (Graceful), and when the last context is gone it is as agw_stop(). */
void agw_drain(struct agw *a);
/* Ends threads and frees everything; legs are cut. NULL is legal. */
void agw_free(struct agw *a);

/* agw_make.c: the table of names with its overrides; realms and the gate's table. An enum err after a log line; agw_free()
 * then cleans up. */
int agw_read_names(struct agw *a);
int agw_make_realms(struct agw *a);

/* agw_count.c */
void agw_count_event(struct agw_counters *c, const struct event *ev);
/* Connections that failed for it, and what was refused for it. */
uint64_t agw_count_failures(const struct agw *a, enum reason why);
/* Sockets that may linger on each of the workers, which is part of what agw_fit_descriptors() sets aside. */
uint32_t agw_fit_lingers(unsigned n_workers);
/* Lowers the limits of contexts to what the process may open, with a log line; sets max_fd. */
void agw_fit_descriptors(struct ctx_env *env);

/* When there has been no context for AGW_TRIM_MS, malloc's free memory returns to the system: it holds nobody up then. */
void agw_trim_init(struct agw *a);
/* To be called when one has gone. */
void agw_trim_later(struct agw *a);

/* agw_ctl.c: commands of the control socket; its arg is the struct agw. */
extern const struct ctl_command agw_ctl_commands[];
/* agw_ctl_do.c: those of them that change something. */
int agw_do_drain(void *arg, struct span args, struct out *json);
int agw_do_service(void *arg, struct span args, struct out *json);
/* agw_metrics.c: all counters as Prometheus text, and the control command that gives it. arg is the struct agw. */
int agw_print_metrics(void *arg, struct out *text);
int agw_show_metrics(void *arg, struct span args, struct out *json);
