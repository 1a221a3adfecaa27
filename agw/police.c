/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/police.h"

#include <stdbool.h>

/* Whoever had to wait gets so much time's octets at once: 20 reads a second at most. */
enum { WORTH_MS = 50 };

static int64_t
min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void
set_bucket(struct police_bucket *b, uint32_t rate, uint32_t burst)
{
	bool is_new = b->rate == 0;

	b->rate = rate;
	b->depth = (int64_t)(burst ? burst : 1) * 1000;
	b->level = is_new ? b->depth : min64(b->level, b->depth);
}

static bool
same_bucket(const struct police_bucket *b, uint32_t rate, uint32_t burst)
{
	return b->rate == rate && (!rate || b->depth == (int64_t)(burst ? burst : 1) * 1000);
}

static void
fill(struct police_bucket *b, uint64_t ms)
{
	uint64_t missing = (uint64_t)(b->depth - b->level);

	if (!b->rate)
		return;
	/* Not by a product that a long sleep could make too large. */
	b->level = ms > missing / b->rate ? b->depth : b->level + (int64_t)(ms * b->rate);
}

static void
advance(struct police *p, uint64_t now_ms)
{
	uint64_t ms = now_ms > p->at_ms ? now_ms - p->at_ms : 0;

	fill(&p->peak, ms);
	fill(&p->sustained, ms);
	p->at_ms = now_ms;
}

void
police_set(struct police *p, const struct police_rates *r, uint64_t now_ms)
{
	advance(p, now_ms);
	if (!same_bucket(&p->peak, r->peak, r->peak_burst))
		set_bucket(&p->peak, r->peak, r->peak_burst);
	if (!same_bucket(&p->sustained, r->sustained, r->burst))
		set_bucket(&p->sustained, r->sustained, r->burst);
}

static size_t
allow(const struct police_bucket *b, size_t max)
{
	if (!b->rate)
		return max;
	if (b->level < 1000)
		return 0;
	return (uint64_t)b->level / 1000 < max ? (size_t)(b->level / 1000) : max;
}

size_t
police_allow(struct police *p, size_t max, uint64_t now_ms)
{
	advance(p, now_ms);
	return allow(&p->peak, allow(&p->sustained, max));
}

void
police_take(struct police *p, size_t octets)
{
	if (p->peak.rate)
		p->peak.level -= (int64_t)octets * 1000;
	if (p->sustained.rate)
		p->sustained.level -= (int64_t)octets * 1000;
}

static uint64_t
wait_for(const struct police_bucket *b)
{
	int64_t worth = min64(b->depth, (int64_t)b->rate * WORTH_MS), want = worth < 1000 ? 1000 : worth;

	if (!b->rate || b->level >= want)
		return 0;
	return ((uint64_t)(want - b->level) + b->rate - 1) / b->rate;
}

uint64_t
police_wait_ms(const struct police *p)
{
	uint64_t a = wait_for(&p->peak), b = wait_for(&p->sustained), ms = a > b ? a : b;

	return ms ? ms : 1;
}
