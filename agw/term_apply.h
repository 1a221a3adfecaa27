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

struct signal_change {
	enum term_signal what;
	enum term_latch latch; /* TERM_SIG_LATCH */
	uint16_t stream, list; /* 0: all streams; none */
	uint8_t notify;        /* of enum term_end */
	bool keep_active;
};

struct stream_watch {
	uint16_t stream;
	struct term_watch watch;
};

struct term_change {
	struct stream_change streams[TERM_STREAMS_MAX];
	unsigned n_streams;
	bool has_events;
	struct term_events events;
	struct stream_watch watches[TERM_STREAMS_MAX]; /* events of single streams */
	unsigned n_watches;
	bool has_signals; /* Signals replaces what was on: no latch in it stops latching */
	struct signal_change signals[TERM_SIGNALS_MAX]; /* of two for the same stream the later one counts */
	unsigned n_signals;
	uint16_t named[TERM_SIGNALS_MAX]; /* streams that events and signals are of: they must be there */
	unsigned n_named;
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
 * address of that family in the realm; ERR_INVAL: a value that cannot be met (449); ERR_PERM: a Remote that must not be
 * called (449); ERR_IO, ERR_NOMEM. *why gets a static sentence. */
int term_check(struct ctx *ctx, struct term *term, struct realm *realm, const struct term_change *change,
               struct term_plan *plan, const char **why);
/* Returns the termination as it is now. */
struct term *term_commit(struct term_plan *plan);
void term_abandon(struct term_plan *plan);

/* term_callee.c: sets s->denied from the Remote and our own port. ERR_PERM with a phrase in *why, a counter and a log line when
 * it may not be called and a=setup leaves no other way. */
int term_judge_remote(struct ctx *ctx, struct term_stream *s, const char **why);
/* term_signal.c: the stream under a new Signals descriptor; is_new: there was none before. */
void term_apply_signals(struct term_stream *s, const struct term_change *c, bool is_new);
/* What the worker reports may end them. */
void term_signals_on_event(struct term_stream *s, const struct event *ev);
/* One of the streams' signals has ended and shall be told. */
bool term_has_ended(const struct term *t);
