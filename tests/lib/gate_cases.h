/* SPDX-License-Identifier: BSD-2-Clause */
/* What the gate's tests share: rules, sources, and who is let in by whom. */
#pragma once

#include "agw/gate.h"
#include "tests/lib/tmain.h"

static inline struct addr
addr_of(const char *hostport)
{
	struct addr a = { 0 };

	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(span_str(hostport), &a), 0);
	return a;
}

static inline struct gate_rule
rule_of(enum gate_mode mode, const char *remote)
{
	struct gate_rule r = { .mode = mode };

	if (remote)
		r.remote = addr_of(remote);
	return r;
}

static inline int
set(struct gate_table *t, const char *local, enum gate_mode mode, const char *remote)
{
	struct addr l = addr_of(local);
	struct gate_rule r = rule_of(mode, remote);

	return gate_table_set(t, &l, &r);
}

/* One line a case: what is the verdict of mode with remote (or none) on src? */
struct decide_case {
	enum gate_mode mode;
	const char *remote, *src;
	enum gate_verdict want;
};

#define V4A "192.0.2.1:4000"
#define V4A_OTHER_PORT "192.0.2.1:4001"
#define V4B "192.0.2.2:4000"
#define V6A "[2001:db8::1]:4000"
#define V6A_OTHER_PORT "[2001:db8::1]:4001"
#define V6B "[2001:db8::2]:4000"
#define MAPPED "[::ffff:192.0.2.1]:4000"

static const struct decide_case decide_cases[] = {
	{ GATE_IGNORE, NULL, V4A, GATE_DROP },
	{ GATE_IGNORE, V4A, V4A, GATE_DROP },
	{ GATE_IGNORE, V6A, V6A, GATE_DROP },
	{ GATE_OPEN, NULL, V4A, GATE_ACCEPT },
	{ GATE_OPEN, V4B, V4A, GATE_ACCEPT },
	{ GATE_OPEN, V4B, V6A, GATE_ACCEPT },
	{ GATE_LATCH, NULL, V4A, GATE_ACCEPT },
	{ GATE_LATCH, NULL, V6A, GATE_ACCEPT },
	{ GATE_LATCH, V4A, V4A_OTHER_PORT, GATE_ACCEPT }, /* learned: the address counts, not the port */
	{ GATE_LATCH, V4A, V4B, GATE_DROP },
	{ GATE_LATCH, V6A, V6A_OTHER_PORT, GATE_ACCEPT },
	{ GATE_LATCH, V6A, V6B, GATE_DROP },
	{ GATE_LATCH, V6A, V4A, GATE_DROP },
	{ GATE_FILTER_ADDR, NULL, V4A, GATE_DROP },
	{ GATE_FILTER_ADDR, V4A, V4A_OTHER_PORT, GATE_ACCEPT },
	{ GATE_FILTER_ADDR, V4A, V4B, GATE_DROP },
	{ GATE_FILTER_ADDR, V6A, V6A_OTHER_PORT, GATE_ACCEPT },
	{ GATE_FILTER_ADDR, V6A, V6B, GATE_DROP },
	{ GATE_FILTER_ADDR, V4A, MAPPED, GATE_DROP },
	{ GATE_FILTER_ADDR, "0.0.0.0:4000", "0.0.0.0:4000", GATE_DROP }, /* hold is nobody's address */
	{ GATE_FILTER_ADDR_PORT, NULL, V4A, GATE_DROP },
	{ GATE_FILTER_ADDR_PORT, V4A, V4A, GATE_ACCEPT },
	{ GATE_FILTER_ADDR_PORT, V4A, V4A_OTHER_PORT, GATE_DROP },
	{ GATE_FILTER_ADDR_PORT, V4A, V4B, GATE_DROP },
	{ GATE_FILTER_ADDR_PORT, V6A, V6A, GATE_ACCEPT },
	{ GATE_FILTER_ADDR_PORT, V6A, V6A_OTHER_PORT, GATE_DROP },
	{ GATE_FILTER_ADDR_PORT, V6A, V6B, GATE_DROP },
	{ GATE_FILTER_ADDR_PORT, "192.0.2.1:0", "192.0.2.1:0", GATE_DROP },
};
