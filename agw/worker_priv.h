/* SPDX-License-Identifier: BSD-2-Clause */
/* Between worker.c (life, what control is told) and worker_orders.c (relays, as control wants them); nobody else
 * includes it. */
#pragma once

#include <pthread.h>

#include "agw/relay.h"
#include "agw/worker.h"
#include "agw/worker_count.h"
#include "proto/base/log.h"

struct worker_entry;

struct worker {
	struct worker_conf conf;
	struct loop *loop;
	bool own_loop, started;
	pthread_t thread;
	struct inbox *orders;
	struct leg_env env;
	struct worker_entry *relays; /* by id */
	struct worker_counters counters;
	struct loop_defer knock; /* wakes control once a turn, however much happened in it */
	struct log_limit log_limit, limit_log[LEG_LIMITS];
	/* An answer that found no room: orders wait behind it, and it is posted again. */
	struct event unsent;
	struct loop_timer again;
	bool leaving; /* set by the control thread: it reads no events any more */
};

/* ---- worker.c ---- */

/* An event for control; lost, and counted, where there is no room. */
void worker_post(struct worker *w, const struct event *e);
/* Somebody waits for it: unlike other events it is never lost. */
void worker_answer(struct worker *w, const struct event *e);
/* Who hears of what relays do; their arg is the worker. */
extern const struct relay_owner worker_owns_relays;

/* ---- worker_orders.c ---- */

/* For the inbox: arg is the worker, letter an order. */
void worker_do_order(void *arg, void *letter);
/* The same for what nobody will do any more: its descriptors are closed. */
void worker_drop_order(void *arg, void *letter);
/* All relays end. */
void worker_drop_all(struct worker *w);
