/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/gate.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

/* The rule of one port behind a sequence lock: odd while the control thread is writing. Every word is atomic, so
 * that a torn copy is only ever thrown away and never undefined behaviour. All zero is GATE_IGNORE, which lets
 * calloc's untouched pages stand for ports that were never used. */
struct cell {
	_Atomic uint32_t seq;
	_Atomic uint32_t word; /* mode, family and port of the remote, see pack_word() */
	_Atomic uint64_t ip[2];
};
_Static_assert(GATE_IGNORE == 0, "an untouched cell must ignore");

struct range {
	struct addr ip; /* port 0 */
	uint16_t lo, hi;
	struct cell *cells;
};

struct gate_table {
	unsigned ranges_len;
	struct range ranges[GATE_ADDRS_MAX];
};

/* How often a reader tries again while the writer is at work, before it gives up and drops. */
enum { GATE_READ_TRIES = 256 };

enum gate_verdict
gate_decide(const struct gate_rule *rule, const struct addr *src)
{
	bool known = rule->remote.family != ADDR_NONE;
	bool same_ip = known && !addr_is_any(&rule->remote) && addr_same_ip(&rule->remote, src);
	bool pass = false;

	switch (rule->mode) {
	case GATE_IGNORE:
		break;
	case GATE_OPEN:
		pass = true;
		break;
	case GATE_LATCH:
		pass = !known || same_ip;
		break;
	case GATE_FILTER_ADDR:
		pass = same_ip;
		break;
	case GATE_FILTER_ADDR_PORT:
		pass = same_ip && rule->remote.port != 0 && rule->remote.port == src->port;
		break;
	}
	return pass ? GATE_ACCEPT : GATE_DROP;
}

struct gate_table *
gate_table_new(void)
{
	return calloc(1, sizeof(struct gate_table));
}

void
gate_table_free(struct gate_table *t)
{
	if (!t)
		return;
	for (unsigned i = 0; i < t->ranges_len; i++)
		free(t->ranges[i].cells);
	free(t);
}

int
gate_table_add(struct gate_table *t, const struct addr *ip, uint16_t lo, uint16_t hi)
{
	struct range r = { .ip = *ip, .lo = lo, .hi = hi };

	r.ip.port = 0;
	if (ip->family == ADDR_NONE || addr_is_any(ip) || lo == 0 || lo > hi)
		return ERR_INVAL;
	for (unsigned i = 0; i < t->ranges_len; i++) {
		const struct range *other = &t->ranges[i];

		if (addr_same_ip(&other->ip, ip) && lo <= other->hi && other->lo <= hi)
			return ERR_EXISTS;
	}
	if (t->ranges_len == GATE_ADDRS_MAX)
		return ERR_LIMIT;
	r.cells = calloc((size_t)(hi - lo) + 1, sizeof(*r.cells));
	if (!r.cells)
		return ERR_NOMEM;
	t->ranges[t->ranges_len++] = r;
	return 0;
}

bool
gate_table_range(const struct gate_table *t, unsigned n, struct addr *ip, uint16_t *lo, uint16_t *hi)
{
	if (n >= t->ranges_len)
		return false;
	*ip = t->ranges[n].ip;
	*lo = t->ranges[n].lo;
	*hi = t->ranges[n].hi;
	return true;
}

static struct cell *
cell_find(const struct gate_table *t, const struct addr *local)
{
	for (unsigned i = 0; i < t->ranges_len; i++) {
		const struct range *r = &t->ranges[i];

		if (local->port >= r->lo && local->port <= r->hi && addr_same_ip(&r->ip, local))
			return &r->cells[local->port - r->lo];
	}
	return NULL;
}

bool
gate_table_has(const struct gate_table *t, const struct addr *local)
{
	return cell_find(t, local) != NULL;
}

static uint32_t
pack_word(const struct gate_rule *rule)
{
	return (uint32_t)rule->mode | (uint32_t)rule->remote.family << 8 | (uint32_t)rule->remote.port << 16;
}

int
gate_table_set(struct gate_table *t, const struct addr *local, const struct gate_rule *rule)
{
	struct cell *c = cell_find(t, local);
	uint64_t ip[2];
	uint32_t seq;

	if (!c)
		return ERR_NOTFOUND;
	memcpy(ip, rule->remote.ip, sizeof(ip));
	seq = atomic_load_explicit(&c->seq, memory_order_relaxed);
	assert(seq % 2 == 0); /* one writer only */
	/* Each release store orders the odd number before the words: a reader that has seen a new word (acquire)
	 * finds the number changed. */
	atomic_store_explicit(&c->seq, seq + 1, memory_order_relaxed);
	atomic_store_explicit(&c->word, pack_word(rule), memory_order_release);
	atomic_store_explicit(&c->ip[0], ip[0], memory_order_release);
	atomic_store_explicit(&c->ip[1], ip[1], memory_order_release);
	atomic_store_explicit(&c->seq, seq + 2, memory_order_release);
	return 0;
}

static bool
cell_read(const struct cell *c, struct gate_rule *rule)
{
	for (int i = 0; i < GATE_READ_TRIES; i++) {
		uint32_t seq = atomic_load_explicit(&c->seq, memory_order_acquire);
		uint32_t word = atomic_load_explicit(&c->word, memory_order_acquire);
		uint64_t ip[2] = { atomic_load_explicit(&c->ip[0], memory_order_acquire),
			           atomic_load_explicit(&c->ip[1], memory_order_acquire) };

		if (seq % 2 != 0 || seq != atomic_load_explicit(&c->seq, memory_order_relaxed))
			continue;
		rule->mode = (enum gate_mode)(word & 0xff);
		rule->remote.family = (enum addr_family)(word >> 8 & 0xff);
		rule->remote.port = (uint16_t)(word >> 16);
		memcpy(rule->remote.ip, ip, sizeof(ip));
		return true;
	}
	return false;
}

enum gate_verdict
gate_table_decide(const struct gate_table *t, const struct addr *local, const struct addr *src)
{
	const struct cell *c = cell_find(t, local);
	struct gate_rule rule;

	if (!c || !cell_read(c, &rule))
		return GATE_DROP;
	return gate_decide(&rule, src);
}
