/* SPDX-License-Identifier: BSD-2-Clause */
/* A command's effect on a termination in two phases: check makes copies with everything that is needed (ports,
 * sockets) and may fail without a trace; commit cannot fail. */
#pragma once

#include "agw/ctx.h"

struct stream_change {
	uint16_t id;
	bool has_control, has_local, has_remote;
	struct term_control control;
	struct term_local local;
	struct term_remote remote;
	struct fpr_set fprs; /* of the Remote */
	struct span local_path, remote_path; /* a=path, empty: none; they last as long as the command */
};

struct term_change {
	struct stream_change streams[TERM_STREAMS_MAX];
	unsigned n_streams;
	bool has_events;
	struct term_events events;
	bool has_signals;      /* Signals replaces what was on: no latch in it stops latching */
	enum term_latch latch;
	uint16_t latch_stream, establish_stream; /* 0: all streams */
	bool establish;
	bool has_service, in_service; /* ServiceStates */
};

/* A checked change; ends with term_commit() or term_abandon(). */
struct term_plan {
	struct ctx *ctx;
	struct term *term; /* fresh, not yet in the context, when is_new */
	bool is_new;
	const struct term_change *change;
	struct term_stream *next[TERM_STREAMS_MAX]; /* what its streams will be */
	bool is_fresh[TERM_STREAMS_MAX];            /* this one has a new port, not that of a stream of old */
	unsigned n;
};

/* For an Add: term NULL and realm where it shall be; ctx must have a free side. For a Modify: term, realm NULL.
 * ERR_MORE: a new stream without Local (441); ERR_LIMIT: no port, or too many streams (510); ERR_NOTFOUND: no
 * address of that family in the realm; ERR_INVAL: a value that cannot be met (449); ERR_IO, ERR_NOMEM. *why gets
 * a static sentence. */
int term_check(struct ctx *ctx, struct term *term, struct realm *realm, const struct term_change *change,
               struct term_plan *plan, const char **why);
/* Returns the termination as it is now. */
struct term *term_commit(struct term_plan *plan);
void term_abandon(struct term_plan *plan);
