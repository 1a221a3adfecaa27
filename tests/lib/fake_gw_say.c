/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fake gateway says of its own accord. */
#include "tests/lib/alg_bench.h"
#include "tests/lib/tmain.h"

static void
on_service_reply(void *arg, int err, const struct mgco_txn *reply)
{
	struct alg_bench *b = arg;

	CU_ASSERT_EQUAL(err, 0);
	if (!err && reply->actions && reply->actions->cmds && reply->actions->cmds->services)
		b->gw.registered++;
}

void
fake_gw_service_change(struct alg_bench *b, const char *method, const char *reason)
{
	uint32_t wanted = (uint32_t)b->gw.registered + 1;
	bool keeps = strcmp(method, "Restart") != 0 || !strncmp(reason, "918", 3);
	struct mgco_action *act;
	struct mgco_cmd *c;
	struct arena a;

	if (!keeps)
		memset(b->gw.alive, 0, sizeof(b->gw.alive));
	arena_init(&a, 65536);
	act = mgco_add_action(&a, mgco_new_request(&a), MGCO_CTX_NULL);
	c = mgco_add_cmd(&a, act, MGCO_SERVICECHANGE, SPAN_LIT("ROOT"));
	c->services = ARENA_NEW(&a, struct mgco_services);
	c->services->method = span_str(method);
	c->services->reason = span_str(reason);
	c->services->has_version = true;
	c->services->version = 2;
	c->services->profile = SPAN_LIT("Iq/1");
	c->services->address = b->gw.address ? span_str(b->gw.address) : SPAN_NULL;
	CU_ASSERT_EQUAL_FATAL(mgco_request(b->gw.assoc, act, on_service_reply, b), 0);
	arena_fini(&a);
	for (int i = 0; i < 200 && (uint32_t)b->gw.registered < wanted; i++)
		bench_run(b, 5);
	CU_ASSERT_EQUAL((uint32_t)b->gw.registered, wanted);
}

static void
on_notify_reply(void *arg, int err, const struct mgco_txn *reply)
{
	struct alg_bench *b = arg;
	const struct mgco_action *act = reply ? reply->actions : NULL;

	b->gw.notify_done = true;
	b->gw.notify_err = err;
	if (reply && reply->error)
		b->gw.notify_err = (int)reply->error->code;
	else if (act && act->error)
		b->gw.notify_err = (int)act->error->code;
	else if (act && act->cmds && act->cmds->error)
		b->gw.notify_err = (int)act->cmds->error->code;
}

/* Sends it and waits for the answer. */
static void
tell(struct alg_bench *b, const struct mgco_action *act)
{
	b->gw.notify_done = false;
	CU_ASSERT_EQUAL_FATAL(mgco_request(b->gw.assoc, act, on_notify_reply, b), 0);
	for (int i = 0; i < 200 && !b->gw.notify_done; i++)
		bench_run(b, 5);
	CU_ASSERT(b->gw.notify_done);
}

void
fake_gw_notify(struct alg_bench *b, uint32_t ctx, const char *term, const char *event, const char *param,
               const char *value)
{
	struct mgco_action *act;
	struct mgco_event *e;
	struct mgco_cmd *c;
	struct arena a;

	arena_init(&a, 65536);
	act = mgco_add_action(&a, mgco_new_request(&a), ctx);
	c = mgco_add_cmd(&a, act, MGCO_NOTIFY, span_str(term));
	c->observed = ARENA_NEW(&a, struct mgco_events);
	c->observed->has_id = true;
	c->observed->id = span_find(span_str(term), '/') >= 0 && strstr(term, "/core/") ? 2 : 1; /* as ims-alg asks */
	e = mgco_add_event(&a, c->observed, event);
	if (param)
		mgco_add_prop(&a, &e->params, param, span_str(value), true);
	tell(b, act);
	arena_fini(&a);
}

int
fake_gw_send(struct alg_bench *b, uint32_t ctx, enum mgco_cmd_kind kind, const char *term, const char *method)
{
	struct mgco_action *act;
	struct mgco_cmd *c;
	struct arena a;

	arena_init(&a, 65536);
	act = mgco_add_action(&a, mgco_new_request(&a), ctx);
	c = kind == MGCO_CMDS ? NULL : mgco_add_cmd(&a, act, kind, span_str(term));
	if (!c) {
		act->has_priority = true;
	} else if (kind == MGCO_SERVICECHANGE) {
		c->services = ARENA_NEW(&a, struct mgco_services);
		c->services->method = span_str(method);
		c->services->reason = span_str(b->gw.reason ? b->gw.reason : "905 Termination Taken Out Of Service");
	} else if (kind == MGCO_AUDITVALUE || kind == MGCO_AUDITCAP) {
		c->audit = ARENA_NEW(&a, struct mgco_audit);
	} else if (kind == MGCO_NOTIFY) {
		c->observed = ARENA_NEW(&a, struct mgco_events);
		c->observed->has_id = true;
		c->observed->id = b->gw.request;
		(void)mgco_add_event(&a, c->observed, method);
	}
	tell(b, act);
	arena_fini(&a);
	return b->gw.notify_err;
}
