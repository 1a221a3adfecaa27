/* SPDX-License-Identifier: BSD-2-Clause */
/* A rule as the words that the kernel reads, see gate.h. */
#include "agw/gate.h"

uint32_t
gate_sieve_fold(const struct addr *a)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(a->ip); i += 4)
		sum ^= (uint32_t)a->ip[i] << 24 | (uint32_t)a->ip[i + 1] << 16 | (uint32_t)a->ip[i + 2] << 8 | a->ip[i + 3];
	return sum;
}

/* The one source that the word is about, is he let in at all? (Not as 0.0.0.0, from port 0, of another family.) */
static bool
is_let_in(const struct gate_rule *rule, enum addr_family family)
{
	return rule->remote.family == family && gate_decide(rule, &rule->remote) == GATE_ACCEPT;
}

uint64_t
gate_sieve_word(const struct gate_rule *rule, enum addr_family family, bool park)
{
	const struct addr *remote = &rule->remote;
	bool known = remote->family != ADDR_NONE, is_sure = false;
	uint64_t only = known ? gate_sieve_fold(remote) : 0;
	enum gate_sieve who = GATE_SIEVE_ALL, by_addr = rule->host_bits ? GATE_SIEVE_ALL : GATE_SIEVE_ADDR;

	switch (rule->mode) {
	case GATE_IGNORE:
		who = park ? GATE_SIEVE_ALL : GATE_SIEVE_NOBODY;
		break;
	case GATE_OPEN:
		is_sure = true;
		break;
	case GATE_FILTER_PORT:
		break;
	case GATE_LATCH:
		who = known ? GATE_SIEVE_ADDR : GATE_SIEVE_ALL;
		is_sure = !known || is_let_in(rule, family);
		break;
	case GATE_FILTER_ADDR:
		who = known ? by_addr : GATE_SIEVE_NOBODY;
		is_sure = who == GATE_SIEVE_ADDR && is_let_in(rule, family);
		break;
	case GATE_FILTER_ADDR_PORT:
		who = !known ? GATE_SIEVE_NOBODY : rule->host_bits || rule->port_hi ? by_addr : GATE_SIEVE_ADDR_PORT;
		is_sure = who == GATE_SIEVE_ADDR_PORT && is_let_in(rule, family);
		only |= (uint64_t)remote->port << 32;
		break;
	}
	return (uint64_t)(who | (is_sure ? GATE_SIEVE_SURE : 0u)) << GATE_SIEVE_SHIFT | (who >= GATE_SIEVE_ADDR ? only : 0);
}

static uint64_t
pair_of(const uint8_t ip[8])
{
	uint32_t two[2];
	uint64_t pair;

	for (size_t i = 0; i < 2; i++)
		two[i] = (uint32_t)ip[4 * i] << 24 | (uint32_t)ip[4 * i + 1] << 16 | (uint32_t)ip[4 * i + 2] << 8 | ip[4 * i + 3];
	memcpy(&pair, two, sizeof(pair));
	return pair;
}

void
gate_sieve_write(_Atomic uint64_t words[GATE_SIEVE_WORDS], uint64_t word, const struct addr *remote, uint32_t turn)
{
	unsigned who = (unsigned)(word >> GATE_SIEVE_SHIFT);

	if (remote->family == ADDR_V6 && (who & GATE_SIEVE_SURE) && (who & GATE_SIEVE_KIND) >= GATE_SIEVE_ADDR) {
		/* Whoever comes meanwhile is judged by the table. Each release store orders the one before it: a reader
		 * that has seen a half of the new address finds the first word changed. */
		atomic_store_explicit(&words[0], (uint64_t)GATE_SIEVE_ALL << GATE_SIEVE_SHIFT, memory_order_release);
		atomic_store_explicit(&words[1], pair_of(remote->ip), memory_order_release);
		atomic_store_explicit(&words[2], pair_of(remote->ip + 8), memory_order_release);
		word |= (uint64_t)turn << GATE_SIEVE_TURN_SHIFT;
	}
	atomic_store_explicit(&words[0], word, memory_order_release);
}
