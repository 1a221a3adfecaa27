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
	_Atomic uint64_t word; /* all but the address, see pack_word() */
	_Atomic uint64_t ip[2];
	_Atomic uint64_t round; /* odd while the port has a termination; never the same for two */
};
_Static_assert(GATE_IGNORE == 0, "an untouched cell must ignore");

struct range {
	struct addr ip; /* port 0 */
	uint16_t lo, hi;
	uint32_t first; /* the ports of the ranges before */
	struct cell *cells;
};

struct gate_table {
	_Atomic uint64_t *words; /* the sieve, or NULL */
	bool is_parking;         /* what the sieve is made for */
	unsigned ranges_len;
	struct range ranges[GATE_ADDRS_MAX];
};

/* How often a reader tries again while the writer is at work, before it gives up and drops. */
enum { GATE_READ_TRIES = 256 };

static bool
is_port_of(const struct gate_rule *rule, uint16_t port)
{
	uint16_t lo = rule->remote.port, hi = rule->port_hi ? rule->port_hi : lo;

	return lo != 0 && port >= lo && port <= hi;
}

enum gate_verdict
gate_decide(const struct gate_rule *rule, const struct addr *src)
{
	bool known = rule->remote.family != ADDR_NONE;
	bool same_ip = known && !addr_is_any(&rule->remote) && addr_same_ip(&rule->remote, src);
	bool same_net = known && !addr_is_any(&rule->remote) && addr_same_net(&rule->remote, src, rule->host_bits);
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
		pass = same_net;
		break;
	case GATE_FILTER_ADDR_PORT:
		pass = same_net && is_port_of(rule, src->port);
		break;
	case GATE_FILTER_PORT:
		pass = is_port_of(rule, src->port);
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
	struct range r = { .ip = *ip, .lo = lo, .hi = hi, .first = gate_table_ports(t) };

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

static const struct range *
range_find(const struct gate_table *t, const struct addr *local)
{
	for (unsigned i = 0; i < t->ranges_len; i++) {
		const struct range *r = &t->ranges[i];

		if (local->port >= r->lo && local->port <= r->hi && addr_same_ip(&r->ip, local))
			return r;
	}
	return NULL;
}

static struct cell *
cell_find(const struct gate_table *t, const struct addr *local)
{
	const struct range *r = range_find(t, local);

	return r ? &r->cells[local->port - r->lo] : NULL;
}

bool
gate_table_has(const struct gate_table *t, const struct addr *local)
{
	return cell_find(t, local) != NULL;
}

static uint64_t
pack_word(const struct gate_rule *rule)
{
	return (uint64_t)rule->mode | (uint64_t)rule->remote.family << 8 | (uint64_t)rule->remote.port << 16 |
	       (uint64_t)rule->port_hi << 32 | (uint64_t)rule->host_bits << 48;
}

static void
unpack_word(uint64_t word, struct gate_rule *rule)
{
	rule->mode = (enum gate_mode)(word & 0xff);
	rule->remote.family = (enum addr_family)(word >> 8 & 0xff);
	rule->remote.port = (uint16_t)(word >> 16);
	rule->port_hi = (uint16_t)(word >> 32);
	rule->host_bits = (uint8_t)(word >> 48);
}

static void
cell_write(struct cell *c, const struct gate_rule *rule, uint64_t round)
{
	uint64_t ip[2];
	uint32_t seq = atomic_load_explicit(&c->seq, memory_order_relaxed);

	memcpy(ip, rule->remote.ip, sizeof(ip));
	assert(seq % 2 == 0); /* one writer only */
	/* Each release store orders the odd number before the words: a reader that has seen a new word (acquire)
	 * finds the number changed. */
	atomic_store_explicit(&c->seq, seq + 1, memory_order_relaxed);
	atomic_store_explicit(&c->word, pack_word(rule), memory_order_release);
	atomic_store_explicit(&c->ip[0], ip[0], memory_order_release);
	atomic_store_explicit(&c->ip[1], ip[1], memory_order_release);
	atomic_store_explicit(&c->round, round, memory_order_release);
	atomic_store_explicit(&c->seq, seq + 2, memory_order_release);
}

/* owned: the port has a termination, the one that it had or a new one. */
static int
port_write(struct gate_table *t, const struct addr *local, const struct gate_rule *rule, bool owned)
{
	const struct range *r = range_find(t, local);
	struct cell *c;
	uint64_t round, word = 0;
	uint32_t n;

	if (!r)
		return ERR_NOTFOUND;
	if (owned)
		word = gate_sieve_word(rule, r->ip.family, t->is_parking);
	n = (uint32_t)(local->port - r->lo);
	c = &r->cells[n];
	round = atomic_load_explicit(&c->round, memory_order_relaxed);
	cell_write(c, rule, (round % 2 != 0) == owned ? round : round + 1);
	/* Last: who passes the new sieve shall find the new rule. Until then the old one holds, as if the SYN had come
	 * earlier; whom it let in is judged again when he is accepted. */
	if (t->words)
		gate_sieve_write(&t->words[(size_t)(r->first + n) * GATE_SIEVE_WORDS], word, &rule->remote,
		                 atomic_load_explicit(&c->seq, memory_order_relaxed) / 2);
	return 0;
}

int
gate_table_set(struct gate_table *t, const struct addr *local, const struct gate_rule *rule)
{
	return port_write(t, local, rule, true);
}

int
gate_table_clear(struct gate_table *t, const struct addr *local)
{
	const struct gate_rule ignore = { .mode = GATE_IGNORE };

	return port_write(t, local, &ignore, false);
}

static bool
cell_read(const struct cell *c, struct gate_rule *rule, uint64_t *round)
{
	for (int i = 0; i < GATE_READ_TRIES; i++) {
		uint32_t seq = atomic_load_explicit(&c->seq, memory_order_acquire);
		uint64_t word = atomic_load_explicit(&c->word, memory_order_acquire);
		uint64_t ip[2] = { atomic_load_explicit(&c->ip[0], memory_order_acquire),
			           atomic_load_explicit(&c->ip[1], memory_order_acquire) };
		uint64_t owner = atomic_load_explicit(&c->round, memory_order_acquire);

		if (seq % 2 != 0 || seq != atomic_load_explicit(&c->seq, memory_order_relaxed))
			continue;
		unpack_word(word, rule);
		memcpy(rule->remote.ip, ip, sizeof(ip));
		*round = owner;
		return true;
	}
	return false;
}

enum gate_verdict
gate_table_ask(const struct gate_table *t, const struct addr *local, const struct addr *src, uint32_t *round)
{
	const struct cell *c = cell_find(t, local);
	struct gate_rule rule;
	uint64_t owner;

	if (!c || !cell_read(c, &rule, &owner))
		return GATE_DROP;
	*round = (uint32_t)owner;
	return rule.mode == GATE_IGNORE && owner % 2 != 0 ? GATE_PARK : gate_decide(&rule, src);
}

enum gate_verdict
gate_table_decide(const struct gate_table *t, const struct addr *local, const struct addr *src)
{
	uint32_t round;

	return gate_table_ask(t, local, src, &round) == GATE_ACCEPT ? GATE_ACCEPT : GATE_DROP;
}

uint32_t
gate_table_ports(const struct gate_table *t)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < t->ranges_len; i++)
		n += (uint32_t)(t->ranges[i].hi - t->ranges[i].lo) + 1;
	return n;
}

void
gate_table_mirror(struct gate_table *t, _Atomic uint64_t *words, bool park)
{
	t->words = words;
	t->is_parking = park;
}
