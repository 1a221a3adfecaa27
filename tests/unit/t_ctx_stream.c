/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/ctx_stream.h"

#include "tests/lib/tmain.h"

const char test_suite[] = "ctx_stream";

static struct addr
address(const char *text)
{
	struct addr a = { 0 };

	CU_ASSERT_EQUAL(addr_parse_hostport(span_str(text), &a), 0);
	return a;
}

static void
tell(struct ctxs *x, struct ctx_stream *s, enum event_kind kind, const char *peer)
{
	const struct event e = { .kind = kind, .peer = address(peer), .reason = REASON_TLS_FAILED };

	CU_ASSERT_PTR_NOT_NULL(ctx_stream_on_event(x, s, &e));
}

/* The worker forgets such a source, too. */
static void
the_gate_forgets_a_source_that_failed_in_the_handshake(void)
{
	struct addr local = address("127.0.0.1:4000"), ue = address("127.0.0.1:9"), other = address("127.0.0.2:9");
	struct gate_table *g = gate_table_new();
	struct ctxs x = { .env = { .gates = g } };
	struct ctx c = { .table = &x };
	struct term_stream t = { .listener = -1, .filter_fd = -1, .bound = local, .latch = TERM_LATCH_ON };
	struct ctx_stream s = { .ctx = &c, .side = { &t } };

	CU_ASSERT_EQUAL_FATAL(gate_table_add(g, &local, 4000, 4001), 0);
	t.has_listener = true;
	t.local.transport = TERM_TCP_TLS;
	t.local.setup = SDP_PASSIVE;
	tell(&x, &s, EVENT_ACCEPTED, "127.0.0.2:9");
	CU_ASSERT_EQUAL(gate_table_decide(g, &local, &ue), GATE_DROP);
	tell(&x, &s, EVENT_FAILED, "127.0.0.2:9");
	CU_ASSERT_EQUAL(gate_table_decide(g, &local, &ue), GATE_ACCEPT);
	tell(&x, &s, EVENT_ACCEPTED, "127.0.0.1:9");
	tell(&x, &s, EVENT_TLS_UP, "127.0.0.1:9");
	tell(&x, &s, EVENT_FAILED, "127.0.0.1:9");
	CU_ASSERT_EQUAL(gate_table_decide(g, &local, &other), GATE_DROP);
	gate_table_free(g);
}

const struct test_case test_cases[] = {
	TEST(the_gate_forgets_a_source_that_failed_in_the_handshake),
	{ NULL, NULL },
};
