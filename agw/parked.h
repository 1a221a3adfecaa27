/* SPDX-License-Identifier: BSD-2-Clause */
/* Which SYNs are parked, and what becomes of them when a rule or the time changes. Pure. */
#pragma once

#include "agw/gate.h"

struct parked {
	uint32_t id; /* the packet's, in its queue */
	uint32_t round;
	int64_t until_ms;
	struct addr src, dst;
};

/* Zero-initialized; in no order. */
struct parked_list {
	unsigned n;
	struct parked *all; /* of cap */
	unsigned cap;
};

/* Told of each SYN that leaves: GATE_ACCEPT or GATE_DROP. */
typedef void parked_leave_fn(void *arg, const struct parked *p, enum gate_verdict v);

/* A SYN comes, to be parked until its until_ms unless t knows better. One a port: the newest takes the place, as in the letter
 * of step 10' whoever comes last before the rule is nearest to being let in. When the list is full it leaves at once. */
void parked_add(struct parked_list *l, const struct gate_table *t, const struct parked *p, parked_leave_fn *leave,
                void *arg);
/* Rules or the time have changed. */
void parked_review(struct parked_list *l, const struct gate_table *t, int64_t now_ms, parked_leave_fn *leave, void *arg);
/* Milliseconds until the next one is too old; -1 when there is none. */
int parked_wait_ms(const struct parked_list *l, int64_t now_ms);
