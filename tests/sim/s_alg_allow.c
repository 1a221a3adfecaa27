/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may be a gateway: hosts that are not allowed, MIds that are somebody else's, a gateway that moves or starts anew. */
#include "tests/lib/alg_bench.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "alg_allow";

static struct alg_bench b;

/* A gateway on another host of loopback. */
struct stranger {
	struct mgco_node *node;
	struct mgco_assoc *assoc;
	bool is_done, has_version, has_profile, has_time; /* of the reply */
	int err;
	uint32_t code;
};

static void
on_reply(void *arg, int err, const struct mgco_txn *reply)
{
	struct stranger *s = arg;

	s->is_done = true;
	s->err = err;
	s->code = 0;
	s->has_version = s->has_profile = s->has_time = false;
	if (reply && reply->actions && reply->actions->cmds && reply->actions->cmds->services) {
		s->has_version = reply->actions->cmds->services->has_version;
		s->has_profile = reply->actions->cmds->services->profile.len > 0;
		s->has_time = reply->actions->cmds->services->timestamp.len != 0;
	}
	if (reply && reply->error)
		s->code = reply->error->code;
	else if (reply && reply->actions && reply->actions->cmds && reply->actions->cmds->error)
		s->code = reply->actions->cmds->error->code;
}

static void
on_request(void *arg, struct mgco_incoming *in)
{
	struct mgco_txn *t = mgco_new_request(in->arena);

	(void)arg;
	for (const struct mgco_action *act = in->txn->actions; act; act = act->next)
		mgco_add_cmd(in->arena, mgco_add_action(in->arena, t, act->ctx), act->cmds->kind, act->cmds->term);
	mgco_respond(in, t->actions, NULL);
}

static void
start_at(struct stranger *s, const struct addr *local, const char *mid)
{
	static const struct mgco_handler handler = { .on_request = on_request };
	struct mgco_node_conf conf = { .mid = mid, .seed = 7 };

	*s = (struct stranger){ .node = mgco_node_new(b.l, &conf, &handler, s) };
	CU_ASSERT_PTR_NOT_NULL_FATAL(s->node);
	CU_ASSERT_EQUAL_FATAL(mgco_node_listen(s->node, MGCO_UDP, local, NULL), 0);
	s->assoc = mgco_connect(s->node, MGCO_UDP, &b.alg->h248[0]);
	bench_run(&b, 20);
}

static void
start_stranger(struct stranger *s, const char *host, const char *mid)
{
	struct addr local;

	CU_ASSERT_EQUAL_FATAL(addr_parse_ip(span_str(host), &local), 0);
	start_at(s, &local, mid);
}

/* Its registration; then is_done, err and code say what came of it within ms. */
static void
register_as(struct stranger *s, const char *method, const char *reason, uint64_t ms)
{
	struct mgco_action *act;
	struct mgco_cmd *c;
	struct arena a;

	arena_init(&a, 65536);
	act = mgco_add_action(&a, mgco_new_request(&a), MGCO_CTX_NULL);
	c = mgco_add_cmd(&a, act, MGCO_SERVICECHANGE, SPAN_LIT("ROOT"));
	c->services = ARENA_NEW(&a, struct mgco_services);
	c->services->method = span_str(method);
	c->services->reason = span_str(reason);
	c->services->profile = SPAN_LIT("Iq/1");
	s->is_done = false;
	CU_ASSERT_EQUAL_FATAL(mgco_request(s->assoc, act, on_reply, s), 0);
	arena_fini(&a);
	bench_run(&b, ms);
}

static void
allow(const char *text)
{
	CU_ASSERT_EQUAL(agw_allow_add(&b.conf.agwset.allow, span_str(text)), 0);
}

static void
a_host_that_is_not_allowed_gets_no_answer(void)
{
	struct stranger s;

	bench_init(&b);
	allow("127.0.0.1");
	bench_start(&b, MGCO_UDP);
	start_stranger(&s, "127.0.0.2", "<stranger>");
	register_as(&s, "Restart", "901 Cold Boot", 2000);
	CU_ASSERT_FALSE(s.is_done);
	CU_ASSERT(agwset_counters(b.alg->agws)->dropped >= 1);
	fake_gw_start(&b, MGCO_UDP);
	CU_ASSERT_EQUAL(b.alg->stats.gateway_registered, 1);
	mgco_node_free(s.node);
	bench_stop(&b);
}

static void
on_lost(void *arg, struct mgco_assoc *as, int why)
{
	(void)as;
	(void)why;
	*(bool *)arg = true;
}

static void
a_tcp_connection_from_there_is_closed(void)
{
	static const struct mgco_handler handler = { .on_request = on_request, .on_down = on_lost };
	struct mgco_node_conf conf = { .mid = "<stranger>" };
	struct mgco_node *node;
	bool is_lost = false;

	bench_init(&b);
	allow("127.0.0.2");
	bench_start(&b, MGCO_TCP);
	node = mgco_node_new(b.l, &conf, &handler, &is_lost);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mgco_connect(node, MGCO_TCP, &b.alg->h248[0]));
	for (int i = 0; i < 200 && !is_lost; i++)
		bench_run(&b, 5);
	CU_ASSERT(is_lost);
	mgco_node_free(node);
	bench_stop(&b);
}

static void
a_mid_in_service_is_not_given_to_another_host(void)
{
	struct stranger s;

	bench_init(&b);
	b.gw.mid = "<gw1>";
	bench_start(&b, MGCO_UDP);
	fake_gw_start(&b, MGCO_UDP);
	start_stranger(&s, "127.0.0.2", "<GW1>");
	register_as(&s, "Restart", "901 Cold Boot", 1000);
	CU_ASSERT(s.is_done);
	CU_ASSERT_EQUAL(s.code, 504);
	CU_ASSERT_EQUAL(b.alg->stats.registrations_denied, 1);
	CU_ASSERT_EQUAL(b.alg->stats.gateway_restarted, 0);
	bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE);
	CU_ASSERT_EQUAL(b.gw.contexts, 1); /* still the first one's */
	/* Once that is gone, its place is free. */
	mgco_node_free(b.gw.node);
	b.gw.node = NULL;
	bench_run(&b, 45000);
	register_as(&s, "Restart", "901 Cold Boot", 1000);
	CU_ASSERT_EQUAL(s.code, 0);
	CU_ASSERT_EQUAL(b.alg->stats.gateway_registered, 2);
	mgco_node_free(s.node);
	bench_stop(&b);
}

static void
a_mid_that_is_named_may_move_between_its_hosts(void)
{
	struct stranger s, other;

	bench_init(&b);
	b.gw.mid = "<gw1>";
	allow("<gw1>@127.0.0.1");
	allow("<gw1>@127.0.0.2");
	allow("127.0.0.0/8");
	bench_start(&b, MGCO_UDP);
	fake_gw_start(&b, MGCO_UDP);
	start_stranger(&other, "127.0.0.3", "<gw1>");
	register_as(&other, "Failover", "908 MG Impending Failure", 1000);
	CU_ASSERT_EQUAL(other.code, 504);
	start_stranger(&s, "127.0.0.2", "<gw1>");
	register_as(&s, "Failover", "908 MG Impending Failure", 1000);
	CU_ASSERT(s.is_done);
	CU_ASSERT_EQUAL(s.code, 0);
	CU_ASSERT_EQUAL(b.alg->stats.gateway_registered, 2);
	mgco_node_free(s.node);
	mgco_node_free(other.node);
	bench_stop(&b);
}

/* It counts its transactions anew: what it says must not be taken for what it said before (seed 7 in both lives). */
static void
a_gateway_that_starts_anew_at_the_same_port_is_heard(void)
{
	struct stranger s;
	struct agw_view v;
	uint32_t cursor = 0;

	bench_init(&b);
	bench_start(&b, MGCO_UDP);
	start_stranger(&s, "127.0.0.2", "<gw1>");
	register_as(&s, "Restart", "901 Cold Boot", 1000);
	CU_ASSERT_EQUAL(b.alg->stats.gateway_registered, 1);
	CU_ASSERT_EQUAL(agwset_counters(b.alg->agws)->duplicates, 0);
	bench_run(&b, 10000); /* well within LONG-TIMER */
	CU_ASSERT_FATAL(agwset_next(b.alg->agws, &cursor, &v));
	mgco_node_free(s.node);
	start_at(&s, &v.peer, "<gw1>");
	register_as(&s, "Restart", "901 Cold Boot", 1000);
	CU_ASSERT(s.is_done);
	CU_ASSERT_EQUAL(b.alg->stats.gateway_registered, 2);
	CU_ASSERT_EQUAL(agwset_counters(b.alg->agws)->duplicates, 0);
	mgco_node_free(s.node);
	bench_stop(&b);
}

static void
the_answer_says_what_the_flag_wants(void)
{
	struct stranger s;

	for (int i = AGW_REPLY_FULL; i <= AGW_REPLY_BARE; i++) {
		bench_init(&b);
		b.conf.agwset.service_reply = (enum agw_service_reply)i;
		bench_start(&b, MGCO_UDP);
		start_stranger(&s, "127.0.0.2", "<gw1>");
		register_as(&s, "Restart", "901 Cold Boot", 1000);
		CU_ASSERT(s.is_done && s.code == 0);
		CU_ASSERT_EQUAL(s.has_version, i != AGW_REPLY_BARE);
		CU_ASSERT_EQUAL(s.has_profile, i == AGW_REPLY_FULL);
		CU_ASSERT_EQUAL(s.has_time, i == AGW_REPLY_FULL);
		CU_ASSERT_EQUAL(b.alg->stats.gateway_registered, 1);
		mgco_node_free(s.node);
		bench_stop(&b);
	}
}

const struct test_case test_cases[] = {
	TEST(a_host_that_is_not_allowed_gets_no_answer),
	TEST(a_tcp_connection_from_there_is_closed),
	TEST(a_mid_in_service_is_not_given_to_another_host),
	TEST(a_mid_that_is_named_may_move_between_its_hosts),
	TEST(a_gateway_that_starts_anew_at_the_same_port_is_heard),
	TEST(the_answer_says_what_the_flag_wants),
	{ NULL, NULL },
};
