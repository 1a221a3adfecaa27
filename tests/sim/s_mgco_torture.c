/* SPDX-License-Identifier: BSD-2-Clause */
/* Two H.248 nodes over real sockets and a network that loses, repeats, delays and reorders, in many seeded runs of
 * simulated time. A request whose caller saw a reply was executed exactly once, any other at most once, and every
 * caller is called exactly once. TORTURE_SEED=n repeats one run. */
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/io/mgco_node.h"
#include "tests/lib/bad_net.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "mgco_torture";

enum {
	JOBS = 12,             /* requests of each side */
	UDP_RUNS = 300,
	TCP_RUNS = 100,
	ISSUE_MS = 20000,      /* requests start within */
	DELAY_MAX_MS = 2000,   /* of a datagram: LONG-TIMER allows for 5 s there and back */
	RUN_MS = 1000000,
};

struct world;
struct side;

struct job {
	struct side *side;
	struct loop_timer start;
	char name[16];
	bool issued;
	int refused; /* mgco_request() itself said no */
	unsigned executed, called;
	int err;
	bool is_reply_ours;
};

struct side {
	struct world *w;
	struct side *other;
	char letter;
	struct mgco_node *node;
	struct mgco_assoc *as;
	struct job jobs[JOBS];
	struct addr addr, to; /* its own; where it reaches the other */
};

/* An answer that comes later. */
struct later {
	struct loop_timer t;
	struct world *w;
	struct mgco_incoming *in;
};

struct world {
	uint64_t seed, rng;
	struct loop *loop;
	struct bad_net *net; /* UDP */
	struct side a, b;
	bool is_tcp;
	unsigned loss; /* percent */
	uint64_t dark_from, dark_to;
	unsigned under_way; /* answers on timers */
	struct loop_timer cut; /* TCP: B closes */
};

static struct {
	uint64_t retransmissions, duplicates, pendings, timeouts, replies, failures;
} sum;

static uint32_t
below(struct world *w, uint32_t n)
{
	w->rng = w->rng * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((w->rng >> 33) % n);
}

/* ---- the network ---- */

static bool
tap(void *arg, struct span msg)
{
	struct world *w = arg;
	uint64_t now = loop_now_ms(w->loop);

	(void)msg;
	if (now >= w->dark_from && now < w->dark_to)
		return false;
	return below(w, 100) >= w->loss;
}

/* ---- the two users ---- */

static struct job *
find_job(struct side *s, struct span name)
{
	for (int i = 0; i < JOBS; i++)
		if (span_caseeqs(name, s->jobs[i].name))
			return &s->jobs[i];
	return NULL;
}

static void
answer(struct world *w, struct mgco_incoming *in)
{
	struct mgco_error error = { .code = 510, .text = SPAN_LIT("no") };
	struct mgco_cmd cmd = { .kind = MGCO_SUBTRACT, .term = in->txn->actions->cmds->term };
	struct mgco_action action = { .ctx = in->txn->actions->ctx, .cmds = &cmd };

	if (below(w, 10) == 0)
		mgco_respond(in, NULL, &error);
	else
		mgco_respond(in, &action, NULL);
}

static void
on_later(struct loop_timer *t)
{
	struct later *later = t->arg;

	later->w->under_way--;
	answer(later->w, later->in);
	free(later);
}

static void
on_request(void *arg, struct mgco_incoming *in)
{
	static const uint32_t slow_ms[] = { 0, 0, 0, 50, 150, 1000, 5000, 40000 };
	struct side *s = arg;
	struct world *w = s->w;
	struct job *job = find_job(s->other, in->txn->actions->cmds->term);
	uint32_t slow = slow_ms[below(w, 8)];
	struct later *later;

	CU_ASSERT_PTR_NOT_NULL_FATAL(job);
	job->executed++;
	if (w->is_tcp && s == &w->b)
		s->as = in->assoc;
	if (slow == 0) {
		answer(w, in);
		return;
	}
	later = calloc(1, sizeof(*later));
	CU_ASSERT_PTR_NOT_NULL_FATAL(later);
	later->w = w;
	later->in = in;
	loop_timer_init(&later->t, w->loop, on_later, later);
	loop_timer_set(&later->t, below(w, slow) + 1);
	w->under_way++;
}

static void
on_down(void *arg, struct mgco_assoc *as, int why)
{
	struct side *s = arg;

	(void)why;
	if (s->w->is_tcp && s == &s->w->b && s->as == as)
		s->as = NULL; /* it came to us, and is gone */
}

static void
on_reply(void *arg, int err, const struct mgco_txn *reply)
{
	struct job *job = arg;

	job->called++;
	job->err = err;
	job->is_reply_ours =
		reply && (reply->error || span_caseeqs(reply->actions->cmds->term, job->name));
}

static void
on_start(struct loop_timer *t)
{
	struct job *job = t->arg;
	struct side *s = job->side;
	struct mgco_cmd cmd = { .kind = MGCO_SUBTRACT, .term = span_str(job->name) };
	struct mgco_action action = { .ctx = 1, .cmds = &cmd };

	job->issued = true;
	job->refused = s->as ? mgco_request(s->as, &action, on_reply, job) : ERR_CLOSED;
}

static void
on_cut(struct loop_timer *t)
{
	struct world *w = t->arg;

	if (w->b.as)
		mgco_assoc_close(w->b.as);
	w->b.as = NULL;
	loop_timer_set(&w->cut, 2000 + below(w, 20000));
}

static bool
is_over(void *arg)
{
	struct world *w = arg;

	for (int i = 0; i < JOBS; i++) {
		const struct job *j = &w->a.jobs[i], *k = &w->b.jobs[i];

		if (!j->issued || !k->issued || (!j->refused && !j->called) || (!k->refused && !k->called))
			return false;
	}
	return w->under_way + bad_net_under_way(w->net) == 0;
}

/* ---- a run ---- */

static void
side_begin(struct world *w, struct side *s, struct side *other, char letter)
{
	struct mgco_handler h = { .on_request = on_request, .on_down = on_down };
	struct mgco_node_conf conf = { .mid = letter == 'a' ? "<a.example>" : "<b.example>", .seed = w->seed * 2 + 1 };
	struct addr any;

	addr_parse_hostport(span_str("127.0.0.1:0"), &any);
	*s = (struct side){ .w = w, .other = other, .letter = letter };
	conf.seed += letter == 'b';
	s->node = mgco_node_new(w->loop, &conf, &h, s);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s->node);
	CU_ASSERT_EQUAL_FATAL(mgco_node_listen(s->node, w->is_tcp ? MGCO_TCP : MGCO_UDP, &any, &s->addr), 0);
	mgco_node_set_tap(s->node, tap, w);
	for (int i = 0; i < JOBS; i++) {
		struct job *job = &s->jobs[i];

		job->side = s;
		snprintf(job->name, sizeof(job->name), "%c%d", letter, i);
		loop_timer_init(&job->start, w->loop, on_start, job);
		loop_timer_set(&job->start, 100 + below(w, ISSUE_MS));
	}
}

static void
side_end(struct side *s)
{
	const struct mgco_counters *c = mgco_node_counters(s->node);

	sum.retransmissions += c->retransmissions;
	sum.duplicates += c->duplicates;
	sum.pendings += c->pendings_in;
	sum.timeouts += c->timeouts;
	CU_ASSERT_EQUAL(c->syntax_errors, 0);
	mgco_node_free(s->node);
}

static bool
is_right(const struct job *j)
{
	if (j->refused)
		return j->called == 0 && j->executed == 0;
	if (j->called != 1 || j->executed > 1)
		return false;
	return j->err || (j->executed == 1 && j->is_reply_ours);
}

static void
side_check(const struct side *s)
{
	for (int i = 0; i < JOBS; i++) {
		const struct job *j = &s->jobs[i];

		sum.replies += j->called && !j->err;
		sum.failures += j->refused || j->err;
		if (!is_right(j))
			printf("\nTORTURE_SEED=%llu %s: %s issued=%d refused=%d executed=%u called=%u err=%d ours=%d\n",
			       (unsigned long long)s->w->seed, s->w->is_tcp ? "tcp" : "udp", j->name, j->issued,
			       j->refused, j->executed, j->called, j->err, j->is_reply_ours);
		CU_ASSERT_TRUE(is_right(j));
	}
}

static void
run(uint64_t seed, bool is_tcp)
{
	struct world *w = calloc(1, sizeof(*w));
	unsigned dup, delay;

	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	w->seed = w->rng = seed;
	w->is_tcp = is_tcp;
	w->loop = loop_new_sim(10000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->loop);
	loop_sim_patience(w->loop, 0);
	w->loss = is_tcp ? below(w, 4) : below(w, 60);
	dup = below(w, 60);
	delay = below(w, 2) ? below(w, DELAY_MAX_MS) : below(w, 100);
	if (below(w, 3) == 0) {
		w->dark_from = 10000 + below(w, ISSUE_MS);
		w->dark_to = w->dark_from + below(w, 40000);
	}
	side_begin(w, &w->a, &w->b, 'a');
	side_begin(w, &w->b, &w->a, 'b');
	if (is_tcp) {
		w->a.as = mgco_connect(w->a.node, MGCO_TCP, &w->b.addr);
	} else {
		w->net = bad_net_new(w->loop, seed, dup, delay);
		bad_net_join(w->net, &w->a.addr, &w->b.addr, &w->b.to, &w->a.to);
		w->a.as = mgco_connect(w->a.node, MGCO_UDP, &w->a.to);
		w->b.as = mgco_connect(w->b.node, MGCO_UDP, &w->b.to);
	}
	loop_timer_init(&w->cut, w->loop, on_cut, w);
	if (is_tcp && below(w, 2))
		loop_timer_set(&w->cut, below(w, ISSUE_MS));
	CU_ASSERT_TRUE(loop_sim_run(w->loop, RUN_MS, is_over, w));
	side_check(&w->a);
	side_check(&w->b);
	loop_timer_stop(&w->cut);
	side_end(&w->a);
	side_end(&w->b);
	bad_net_free(w->net);
	loop_free(w->loop);
	free(w);
}

static void
log_nothing(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	(void)level;
	(void)line;
}

static void
run_all(unsigned runs, bool is_tcp)
{
	const char *only = getenv("TORTURE_SEED");

	if (!only)
		log_open_fn(log_nothing, NULL, LOG_LVL_ERROR);
	memset(&sum, 0, sizeof(sum));
	for (uint64_t seed = only ? strtoull(only, NULL, 10) : 1; runs--; seed++) {
		run(seed, is_tcp);
		if (only)
			return;
	}
	printf("\n  replies=%llu failures=%llu retransmissions=%llu duplicates=%llu pendings=%llu timeouts=%llu ",
	       (unsigned long long)sum.replies, (unsigned long long)sum.failures,
	       (unsigned long long)sum.retransmissions, (unsigned long long)sum.duplicates,
	       (unsigned long long)sum.pendings, (unsigned long long)sum.timeouts);
	/* Otherwise it was no torture. */
	CU_ASSERT(sum.replies > 0 && sum.failures > 0 && sum.pendings > 0 && sum.timeouts > 0);
	CU_ASSERT(is_tcp || (sum.retransmissions > 0 && sum.duplicates > 0));
}

static void
requests_over_udp_are_executed_once_whatever_the_network_does(void)
{
	run_all(UDP_RUNS, false);
}

static void
requests_over_tcp_are_executed_once_whatever_breaks(void)
{
	run_all(TCP_RUNS, true);
}

const struct test_case test_cases[] = {
	TEST(requests_over_udp_are_executed_once_whatever_the_network_does),
	TEST(requests_over_tcp_are_executed_once_whatever_breaks),
	{ NULL, NULL },
};
