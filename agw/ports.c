/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/ports.h"

#include <assert.h>
#include <stdlib.h>

#include "agw/agw_limits.h"
#include "proto/base/err.h"

/* A ring of free places; place = offset of the port * n_ips + number of the address, so that the first round
 * spreads over the addresses. */
struct ports {
	struct addr ips[AGW_REALM_ADDRS_MAX];
	unsigned n_ips;
	uint16_t lo;
	uint32_t total, taken;
	uint32_t head; /* in the ring: the next to be taken */
	uint32_t *ring;
	bool *is_taken;
};

struct ports *
ports_new(const struct addr *ips, unsigned n, uint16_t lo, uint16_t hi)
{
	struct ports *p;

	assert(n > 0 && n <= AGW_REALM_ADDRS_MAX && lo <= hi);
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	memcpy(p->ips, ips, n * sizeof(*ips));
	p->n_ips = n;
	p->lo = lo;
	p->total = (uint32_t)(hi - lo + 1) * n;
	p->ring = calloc(p->total, sizeof(*p->ring));
	p->is_taken = calloc(p->total, sizeof(*p->is_taken));
	if (!p->ring || !p->is_taken) {
		ports_free(p);
		return NULL;
	}
	for (uint32_t i = 0; i < p->total; i++)
		p->ring[i] = i;
	return p;
}

void
ports_free(struct ports *p)
{
	if (!p)
		return;
	free(p->ring);
	free(p->is_taken);
	free(p);
}

int
ports_take(struct ports *p, struct addr *local)
{
	uint32_t place;

	if (p->taken == p->total)
		return ERR_LIMIT;
	place = p->ring[p->head];
	p->head = (p->head + 1) % p->total;
	p->taken++;
	p->is_taken[place] = true;
	*local = p->ips[place % p->n_ips];
	local->port = (uint16_t)(p->lo + place / p->n_ips);
	return 0;
}

void
ports_give(struct ports *p, const struct addr *local)
{
	unsigned ip = 0;
	uint32_t place, tail;

	while (ip < p->n_ips && !addr_same_ip(&p->ips[ip], local))
		ip++;
	assert(ip < p->n_ips && local->port >= p->lo);
	place = (uint32_t)(local->port - p->lo) * p->n_ips + ip;
	assert(place < p->total && p->is_taken[place]);
	tail = (p->head + (p->total - p->taken)) % p->total;
	p->ring[tail] = place;
	p->is_taken[place] = false;
	p->taken--;
}

uint32_t
ports_total(const struct ports *p)
{
	return p->total;
}

uint32_t
ports_taken(const struct ports *p)
{
	return p->taken;
}
