/* SPDX-License-Identifier: BSD-2-Clause */
/* --early-syn=park: SYNs that came before the answer wait in a queue of their own, undecided, until their port's rule
 * lets them in. Nobody answers for them meanwhile; one that leaves by age was simply dropped, as without parking. */
#pragma once

#include "agw/gate.h"

struct syngate_park;

enum {
	PARK_SYNS_MAX = 1024, /* at a time; more are dropped */
	/* A peer repeats its SYN after 1, 3 and 7 s. Held for 3 s, what was parked is there until a repetition replaces
	 * it; later ones are too rare to hold kernel memory for. */
	PARK_MS = 3000,
};

/* Binds queue num and starts its thread. t is borrowed. On failure NULL and in why, of SYNGATE_WHY_MAX bytes, a
 * sentence. */
struct syngate_park *syngate_park_new(uint16_t num, const struct gate_table *t, char *why);
/* What is parked is dropped. */
void syngate_park_free(struct syngate_park *p);
/* The table has changed. From any thread; does not wait. */
void syngate_park_wake(const struct syngate_park *p);
/* Adds to *c. */
void syngate_park_read_counters(const struct syngate_park *p, struct gate_counters *c);
