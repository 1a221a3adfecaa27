/* SPDX-License-Identifier: BSD-2-Clause */
/* The names by which an aware relay and the peer of one leg know each other. */
#pragma once

#include <stdbool.h>

#include "agw/order.h"
#include "proto/base/err.h"
#include "proto/base/span.h"

/* All zero: nothing known. The spans are heap memory of its own. */
struct msrp_side {
	struct span own;     /* our URI there */
	struct span session; /* its session-id, within own */
	struct span peer;    /* the peer's path */
	struct span lines;   /* both as the header lines of a request to the peer: To-Path, From-Path */
	struct span from;    /* From-Path of its latest request: where responses to it go */
	bool types_empty;
	bool is_bound; /* the peer of the present connection has named our session */
};

/* Takes what the order says; not ready unless it has both paths. ERR_NOMEM: not ready either. */
int msrp_side_set(struct msrp_side *s, const struct leg_msrp *m) MUST_CHECK;
void msrp_side_fini(struct msrp_side *s);

static inline bool
msrp_side_is_ready(const struct msrp_side *s)
{
	return s->session.len != 0;
}

/* Does the first hop of a To-Path name our session? By session-id alone (TS 23.334 5.19.5). */
bool msrp_side_is_named(const struct msrp_side *s, struct span to_path);
/* Remembers the From-Path of a request. */
void msrp_side_learn(struct msrp_side *s, struct span from_path);
/* The connection is gone, and what was learned by it. */
void msrp_side_forget(struct msrp_side *s);
