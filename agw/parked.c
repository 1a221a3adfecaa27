/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/parked.h"

/* The verdict as of now. A SYN belongs to one termination: what has come for the last one is nothing to the next. */
static enum gate_verdict
judge(const struct gate_table *t, const struct parked *p)
{
	uint32_t round = p->round;
	enum gate_verdict v = gate_table_ask(t, &p->dst, &p->src, &round);

	return round == p->round ? v : GATE_DROP;
}

static bool
same_place(const struct parked *a, const struct parked *b)
{
	return a->dst.port == b->dst.port && addr_same_ip(&a->dst, &b->dst);
}

void
parked_add(struct parked_list *l, const struct gate_table *t, const struct parked *p, parked_leave_fn *leave, void *arg)
{
	struct parked fresh = *p;
	enum gate_verdict v = gate_table_ask(t, &p->dst, &p->src, &fresh.round);
	unsigned i = 0;

	while (v == GATE_PARK && i < l->n && !same_place(&l->all[i], p))
		i++;
	if (v == GATE_PARK && i == l->cap)
		v = GATE_DROP;
	if (v != GATE_PARK) {
		leave(arg, &fresh, v);
		return;
	}
	if (i < l->n)
		leave(arg, &l->all[i], GATE_DROP);
	else
		l->n++;
	l->all[i] = fresh;
}

void
parked_review(struct parked_list *l, const struct gate_table *t, int64_t now_ms, parked_leave_fn *leave, void *arg)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < l->n; i++) {
		struct parked *p = &l->all[i];
		enum gate_verdict v = judge(t, p);

		if (v == GATE_PARK && p->until_ms > now_ms)
			l->all[kept++] = *p;
		else
			leave(arg, p, v == GATE_ACCEPT ? GATE_ACCEPT : GATE_DROP);
	}
	l->n = kept;
}

int
parked_wait_ms(const struct parked_list *l, int64_t now_ms)
{
	int64_t next = INT64_MAX;

	for (unsigned i = 0; i < l->n; i++)
		if (l->all[i].until_ms < next)
			next = l->all[i].until_ms;
	if (l->n == 0)
		return -1;
	return next <= now_ms ? 0 : next - now_ms < INT32_MAX ? (int)(next - now_ms) : INT32_MAX;
}
