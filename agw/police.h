/* SPDX-License-Identifier: BSD-2-Clause */
/* Policing of what a peer sends (H.248.53, tman): two token buckets, one for the peak and one for the sustained rate.
 * A stream of TCP must not lose octets, so whoever is over its rate is not read for a while. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Octets a second, and octets that may come at once. A rate of 0 is no limit. */
struct police_rates {
	uint32_t peak, peak_burst;
	uint32_t sustained, burst;
};

struct police_bucket {
	uint32_t rate;
	int64_t depth, level; /* thousandths of octets, as the clock has milliseconds; below 0: debt */
};

struct police {
	struct police_bucket peak, sustained;
	uint64_t at_ms; /* of the levels */
};

/* Same rates: nothing happens. Others: what was saved stays, up to the new depth; a bucket that is new is full. */
void police_set(struct police *p, const struct police_rates *r, uint64_t now_ms);
/* How many of up to max octets may be read now. 0: none before police_wait_ms(). */
size_t police_allow(struct police *p, size_t max, uint64_t now_ms);
/* So many were read. They may be more than was allowed (a TLS record comes as a whole): then they are owed. */
void police_take(struct police *p, size_t octets);
/* Milliseconds, at least 1, until it is worth while to read again; at most a second beyond the debt. */
uint64_t police_wait_ms(const struct police *p);
