/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths of a stream whose MSRP is handled application-aware (TS 23.334 5.19.5): ours is made here, the
 * peer's is told. */
#pragma once

#include "agw/term_apply.h"

/* Never changes once made, so that a planned copy of a stream can share it. */
struct term_msrp {
	char own[MSRP_URI_OWN_MAX];    /* our URI; empty: application-agnostic */
	char peer[MSRP_PATH_TEXT_MAX]; /* the peer's a=path; empty: not known */
};

/* Plan: s is the copy, its address is chosen; change as in plan_stream(), not NULL. A new session-id of 100
 * bits is made for "$". ERR_INVAL: the path in Local is not what we told, that in Remote is too long;
 * ERR_NOMEM. *why gets a static sentence. */
int term_msrp_plan(struct term_stream *s, const struct stream_change *change, const char **why);
/* Frees what copy does not share with other (may be NULL). */
void term_msrp_free(struct term_stream *copy, const struct term_stream *other);
/* What the worker is told. */
void term_msrp_spec(const struct term_stream *s, struct leg_msrp *m);
