/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells a flood of SYNs from the daily load. A queue's thread that is woken for each packet of a flood pays more for
 * the waking than for the packet, so it naps then; a call's SYN in quiet times never waits. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { PACE_BUSY_SYNS = 16, PACE_WINDOW_NS = 1000 * 1000 }; /* busy from 16,000 SYNs a second on */

/* Zero-initialized. */
struct pace {
	int64_t since_ns;
	uint64_t seen;
	bool busy;
};

/* n packets were read until now_ns (monotonic). True while the last full window was busy. */
static inline bool
pace_note(struct pace *p, int64_t now_ns, unsigned n)
{
	int64_t took_ns = now_ns - p->since_ns;

	p->seen += n;
	if (took_ns >= PACE_WINDOW_NS) {
		p->busy = p->seen >= PACE_BUSY_SYNS * (uint64_t)(took_ns / PACE_WINDOW_NS);
		p->since_ns = now_ns;
		p->seen = 0;
	}
	return p->busy;
}
