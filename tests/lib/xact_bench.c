/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/xact_bench.h"

#include <stdarg.h>
#include <stdlib.h>

#include "proto/base/err.h"
#include "tests/lib/tmain.h"

struct xact_bench xb;
struct mgco_cmd xb_cmd = { .kind = MGCO_SUBTRACT, .term = { "t1", 2 } };
struct mgco_action xb_action = { .ctx = 1, .cmds = &xb_cmd };

static int
on_send(void *arg, struct span msg)
{
	(void)arg;
	if (xb.path_max && msg.len > xb.path_max)
		return ERR_TOOBIG;
	CU_ASSERT_FATAL(xb.n_sent < XB_SENT_MAX);
	xb.sent[xb.n_sent].at = xb.now;
	xb.sent[xb.n_sent].text = span_dup(msg);
	xb.sent[xb.n_sent++].len = msg.len;
	return 0;
}

static void
on_execute(void *arg, const struct mgco_txn *request, uint64_t ticket)
{
	(void)arg;
	CU_ASSERT_EQUAL(request->kind, MGCO_REQUEST);
	xb.executed++;
	xb.ticket = ticket;
	if (xb.close_when_executed)
		mgco_xact_close(xb.x, ERR_CLOSED);
	else if (xb.answer_at_once)
		mgco_xact_respond(xb.x, xb.now, ticket, &xb_action, NULL);
}

void
xb_on_reply(void *arg, int err, const struct mgco_txn *reply)
{
	(void)arg;
	xb.replies++;
	xb.reply_err = err;
	xb.reply_error_code = reply && reply->error ? reply->error->code : 0;
	CU_ASSERT_EQUAL(err == 0, reply != NULL);
}

struct mgco_xact_conf
xb_conf(void)
{
	return (struct mgco_xact_conf){
		.mid = SPAN_LIT("[192.0.2.1]:2944"),
		.version = 2,
		.message_max = XB_MESSAGE_MAX,
		.rto_first_ms = RTO,
		.rto_max_ms = RTO_MAX,
		.t_max_ms = T_MAX,
		.long_ms = LONG,
		.pending_ms = PENDING,
		.max_in = 4,
		.max_out = 8,
		.seed = 1,
	};
}

void
xb_forget_sent(void)
{
	for (unsigned i = 0; i < xb.n_sent; i++)
		free(xb.sent[i].text);
	xb.n_sent = 0;
}

void
xb_begin_conf(const struct mgco_xact_conf *conf)
{
	struct mgco_xact_ops ops = { .send = on_send, .execute = on_execute };

	xb = (struct xact_bench){ .now = 1000 };
	arena_init(&xb.arena, MGCO_ARENA_MAX);
	xb.x = mgco_xact_new(conf, &ops, NULL, &xb.counters);
	CU_ASSERT_PTR_NOT_NULL_FATAL(xb.x);
}

void
xb_begin(void)
{
	struct mgco_xact_conf conf = xb_conf();

	xb_begin_conf(&conf);
}

void
xb_begin_tcp(void)
{
	struct mgco_xact_conf conf = xb_conf();

	conf.reliable = true;
	xb_begin_conf(&conf);
}

void
xb_end(void)
{
	xb_forget_sent();
	arena_fini(&xb.arena);
	mgco_xact_free(xb.x);
}

/* The clock jumps from deadline to deadline, as a loop would turn it. */
int
xb_turn_to(uint64_t when)
{
	int rc = 0;

	while (mgco_xact_due_ms(xb.x) <= when) {
		if (mgco_xact_due_ms(xb.x) > xb.now)
			xb.now = mgco_xact_due_ms(xb.x);
		if (mgco_xact_tick(xb.x, xb.now) != 0)
			rc = ERR_TIMEOUT;
	}
	xb.now = when;
	return rc;
}

struct mgco_msg
xb_parse(struct span text)
{
	struct mgco_msg msg = { 0 };
	struct mgco_fault fault = { 0 };
	int rc = mgco_parse(&xb.arena, text, &msg, &fault);

	if (rc != 0)
		printf("\ncannot parse (%u %s): %.*s\n", fault.code, fault.why, SPAN_FMT(text));
	CU_ASSERT_EQUAL_FATAL(rc, 0);
	return msg;
}

/* The i-th message that left. */
const struct mgco_txn *
xb_sent(unsigned i)
{
	static const struct mgco_txn none = { .id = 0 };

	CU_ASSERT(i < xb.n_sent);
	return i < xb.n_sent ? xb_parse(span_of(xb.sent[i].text, xb.sent[i].len)).txns : &none;
}

void
xb_feed(const char *fmt, ...)
{
	char text[2048];
	struct mgco_msg msg;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	msg = xb_parse(arena_span(&xb.arena, span_of(text, (size_t)n)));
	mgco_xact_on_msg(xb.x, xb.now, &msg);
}

uint32_t
xb_request(void)
{
	CU_ASSERT_EQUAL_FATAL(mgco_xact_request(xb.x, xb.now, &xb_action, xb_on_reply, &xb), 0);
	for (const struct mgco_txn *t = xb_sent(xb.n_sent - 1); t; t = t->next)
		if (t->kind == MGCO_REQUEST)
			return t->id;
	CU_FAIL_FATAL("no request in the message");
	return 0;
}
