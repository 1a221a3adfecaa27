/* SPDX-License-Identifier: BSD-2-Clause */
/* Two phases: what fails leaves no trace, and what the gate says afterwards. */
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agw/term_apply.h"
#include "proto/io/sock.h"
#include "tests/lib/mg_bench.h"
#include "tests/lib/tmain.h"

static struct ctx *ctx;
static const char *why;

static struct addr
addr_of(const char *text)
{
	struct addr a;

	CU_ASSERT_EQUAL_FATAL(addr_parse_hostport(span_str(text), &a), 0);
	return a;
}

static void
begin(void)
{
	mgb_begin(4);
	CU_ASSERT_EQUAL_FATAL(ctx_new(&mgb.ctxs, &ctx), 0);
}

static void
end(void)
{
	ctx_drop(ctx);
	while (mgb.n_asked)
		mgb_answer(0, 0, 0, 0);
	mgb_end();
}

/* A stream that may be added. */
static struct term_change
one_stream(enum sdp_setup setup)
{
	struct term_change c = { .n_streams = 1 };
	struct stream_change *s = &c.streams[0];

	s->id = 1;
	s->has_local = true;
	s->local = (struct term_local){ .media = "message", .fmt = "*", .transport = TERM_TCP_TLS, .setup = setup };
	s->local.addr.family = ADDR_V4;
	return c;
}

static void
order_latch(struct term_change *c, enum term_latch latch)
{
	c->has_signals = true;
	c->signals[c->n_signals++] = (struct signal_change){ .what = TERM_SIG_LATCH, .latch = latch };
}

static struct term *
add(const struct term_change *c)
{
	struct term_plan p;

	CU_ASSERT_EQUAL_FATAL(term_check(ctx, NULL, mgb.realms[0], c, &p, &why), 0);
	return term_commit(&p);
}

static void
modify(struct term *t, const struct term_change *c)
{
	struct term_plan p;

	CU_ASSERT_EQUAL_FATAL(term_check(ctx, t, NULL, c, &p, &why), 0);
	CU_ASSERT_PTR_EQUAL(term_commit(&p), t);
}

/* What the gate says to a SYN from there, once the worker has its order. */
static enum gate_verdict
verdict(const struct term *t, const char *from)
{
	struct addr src = addr_of(from);

	CU_ASSERT_EQUAL(ctx_post(ctx), 0);
	return gate_table_decide(mgb.gates, &t->streams[0]->bound, &src);
}

static void
a_check_that_is_abandoned_gives_everything_back(void)
{
	struct term_change c = one_stream(SDP_ACTPASS);
	struct term_plan p;

	begin();
	CU_ASSERT_EQUAL(term_check(ctx, NULL, mgb.realms[0], &c, &p, &why), 0);
	CU_ASSERT_EQUAL(mgb_ports_taken(), 1);
	CU_ASSERT_EQUAL(ctx_n_terms(ctx), 0); /* not yet */
	term_abandon(&p);
	CU_ASSERT_EQUAL(mgb_ports_taken(), 0);
	CU_ASSERT_EQUAL(mgb.ctxs.n_terms, 0);
	end();
}

static void
a_realm_takes_as_many_sessions_as_it_may(void)
{
	struct term_change c = one_stream(SDP_ACTPASS);
	struct term_plan p;
	struct term *t;

	begin();
	mgb.realms[0]->max_sessions = 1;
	t = add(&c);
	CU_ASSERT_EQUAL(term_check(ctx, NULL, mgb.realms[0], &c, &p, &why), ERR_LIMIT);
	CU_ASSERT_EQUAL(mgb.realms[0]->refused, 1);
	CU_ASSERT_EQUAL(mgb_ports_taken(), 1);
	ctx_remove_term(t);
	(void)add(&c);
	end();
}

static void
new_listeners_leave_descriptors_for_connections(void)
{
	struct term_change c = one_stream(SDP_ACTPASS);
	struct term_plan p;

	begin();
	mgb.ctxs.env.max_fd = 3;
	CU_ASSERT_EQUAL(term_check(ctx, NULL, mgb.realms[0], &c, &p, &why), ERR_LIMIT);
	CU_ASSERT_STRING_EQUAL(why, "overload: out of descriptors");
	CU_ASSERT_EQUAL(mgb.ctxs.fds_refused, 1);
	CU_ASSERT_EQUAL(mgb_ports_taken(), 0);
	end();
}

/* Before it listens: the kernel may answer a SYN before a worker has seen the socket. */
static void
a_listener_is_marked_before_anybody_else_has_it(void)
{
	struct term_change c = one_stream(SDP_PASSIVE), own = c, copy = c;
	const struct term_change *all[] = { &c, &own, &copy };
	const int marks[] = { 34, 5, 0 };
	struct ctx *of[3];

	begin();
	mgb.realms[0]->dscp = 34;
	own.streams[0].has_control = copy.streams[0].has_control = true;
	own.streams[0].control.has_dscp = true;
	own.streams[0].control.dscp = 5;
	copy.streams[0].control.copies_dscp = true;
	for (int i = 0; i < 3; i++) {
		int tos = -1;
		socklen_t len = sizeof(tos);
		struct term_plan p;

		CU_ASSERT_EQUAL_FATAL(ctx_new(&mgb.ctxs, &of[i]), 0);
		CU_ASSERT_EQUAL_FATAL(term_check(of[i], NULL, mgb.realms[0], all[i], &p, &why), 0);
		CU_ASSERT_EQUAL(getsockopt(term_commit(&p)->streams[0]->listener, IPPROTO_IP, IP_TOS, &tos, &len), 0);
		CU_ASSERT_EQUAL(tos >> 2, marks[i]);
	}
	for (int i = 0; i < 3; i++)
		ctx_drop(of[i]);
	end();
}

static void
a_port_that_somebody_holds_is_passed_over(void)
{
	struct term_change c = one_stream(SDP_PASSIVE);
	struct addr first;
	struct term *t;
	int fd;

	begin();
	first = mgb.realms[0]->addrs[0];
	first.port = mgb.realms[0]->lo;
	fd = sock_tcp_listen(&first, 1);
	CU_ASSERT_FATAL(fd >= 0);
	t = add(&c);
	CU_ASSERT_FALSE(addr_same(&t->streams[0]->bound, &first));
	close(fd);
	CU_ASSERT_EQUAL(mgb_ports_taken(), 1);
	end();
}

static void
a_failed_modify_changes_nothing(void)
{
	struct term_change c = one_stream(SDP_ACTPASS), bad;
	struct term_stream before;
	struct term_plan p;
	struct term *t;

	begin();
	t = add(&c);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.9:5"), GATE_DROP);
	before = *t->streams[0];
	bad = (struct term_change){ .n_streams = 2 };
	order_latch(&bad, TERM_LATCH_ON);
	bad.streams[0].id = 1;
	bad.streams[0].has_remote = true;
	bad.streams[0].remote.addr = addr_of("192.0.2.9:5");
	bad.streams[1].id = 2; /* new, and without Local */
	CU_ASSERT_EQUAL(term_check(ctx, t, NULL, &bad, &p, &why), ERR_MORE);
	CU_ASSERT_EQUAL(memcmp(&before, t->streams[0], sizeof(before)), 0);
	CU_ASSERT_EQUAL(t->n_streams, 1);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.9:5"), GATE_DROP);
	end();
}

static void
without_latch_or_filter_a_syn_is_dropped(void)
{
	struct term_change c = one_stream(SDP_ACTPASS);
	struct term *t;

	begin();
	c.streams[0].has_remote = true; /* even from a peer that is known: step 10 */
	c.streams[0].remote.addr = addr_of("192.0.2.9:5");
	t = add(&c);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.9:5"), GATE_DROP);
	end();
}

static void
a_filter_lets_in_the_remote_only(void)
{
	struct term_change c = one_stream(SDP_PASSIVE), known = { .n_streams = 1 };
	struct term *t;

	begin();
	c.streams[0].has_control = true;
	c.streams[0].control = (struct term_control){ .saf = true, .spf = true };
	t = add(&c);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.9:5"), GATE_DROP); /* the Remote is not known */
	known.streams[0].id = 1;
	known.streams[0].has_remote = true;
	known.streams[0].remote.addr = addr_of("192.0.2.9:5");
	modify(t, &known);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.9:5"), GATE_ACCEPT);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.9:6"), GATE_DROP);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.8:5"), GATE_DROP);
	known.streams[0].has_control = true;
	known.streams[0].control = (struct term_control){ .saf = true };
	modify(t, &known);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.9:6"), GATE_ACCEPT);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.8:6"), GATE_DROP);
	known.streams[0].control.discard = true; /* wins over all */
	modify(t, &known);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.9:6"), GATE_DROP);
	end();
}

static void
a_latch_closes_behind_the_first_and_relatch_opens_it(void)
{
	struct term_change c = one_stream(SDP_ACTPASS);
	struct term_change relatch = { .has_events = false }, off = relatch;
	struct term *t;

	begin();
	order_latch(&relatch, TERM_RELATCH);
	order_latch(&off, TERM_LATCH_OFF);
	order_latch(&c, TERM_LATCH_ON);
	t = add(&c);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.9:5"), GATE_ACCEPT);
	mgb_event(EVENT_ACCEPTED, 0, "192.0.2.9:5");
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.9:6"), GATE_ACCEPT); /* its next connection */
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.8:5"), GATE_DROP);
	modify(t, &relatch);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.8:5"), GATE_ACCEPT);
	modify(t, &off);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.8:5"), GATE_DROP);
	end();
}

static void
nobody_is_let_in_where_we_connect_or_hold(void)
{
	struct term_change c = one_stream(SDP_ACTIVE), passive = one_stream(SDP_PASSIVE);
	struct term *t;

	begin();
	order_latch(&c, TERM_LATCH_ON);
	t = add(&c);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.9:5"), GATE_DROP);
	CU_ASSERT_EQUAL(t->streams[0]->listener, -1);
	modify(t, &passive); /* now it listens, at the same port */
	CU_ASSERT_TRUE(t->streams[0]->listener >= 0);
	CU_ASSERT_EQUAL(mgb_ports_taken(), 1);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.9:5"), GATE_ACCEPT);
	CU_ASSERT_EQUAL(t->streams[0]->listener, -1); /* the worker has it */
	end();
}

static void
a_subtracted_port_is_shut_before_it_is_free(void)
{
	struct term_change c = one_stream(SDP_PASSIVE);
	struct addr local, src = addr_of("192.0.2.9:5");
	struct term *t;

	begin();
	order_latch(&c, TERM_LATCH_ON);
	t = add(&c);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.9:5"), GATE_ACCEPT);
	local = t->streams[0]->bound;
	ctx_remove_term(t);
	CU_ASSERT_EQUAL(gate_table_decide(mgb.gates, &local, &src), GATE_DROP);
	CU_ASSERT_EQUAL(mgb_ports_taken(), 1);
	end();
}

static void
a_network_and_ports_of_the_filter_decide_at_the_gate(void)
{
	struct term_change c = one_stream(SDP_PASSIVE);
	struct term_control *control = &c.streams[0].control;
	struct term_plan p;
	struct term *t;

	begin();
	c.streams[0].has_control = true;
	*control = (struct term_control){ .saf = true, .sam = addr_of("192.0.2.0:0"), .sam_bits = 25 };
	t = add(&c);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.127:5"), GATE_ACCEPT);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.128:5"), GATE_DROP);
	c.streams[0].has_local = false;
	control->spf = true; /* the Remote's port, which is not known */
	modify(t, &c);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.127:5"), GATE_DROP);
	control->spr_lo = 5;
	control->spr_hi = 6;
	modify(t, &c);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.127:6"), GATE_ACCEPT);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.127:7"), GATE_DROP);
	control->saf = false;
	modify(t, &c);
	CU_ASSERT_EQUAL(verdict(t, "198.51.100.1:6"), GATE_ACCEPT);
	CU_ASSERT_EQUAL(verdict(t, "198.51.100.1:7"), GATE_DROP);
	control->sam = addr_of("[2001:db8::]:0");
	CU_ASSERT_EQUAL(term_check(ctx, t, NULL, &c, &p, &why), ERR_INVAL);
	*control = (struct term_control){ .esas = true, .lsa = addr_of("192.0.2.1:0") };
	CU_ASSERT_EQUAL(term_check(ctx, t, NULL, &c, &p, &why), ERR_INVAL);
	end();
}

static void
out_of_service_nobody_gets_in_and_the_ports_stay(void)
{
	struct term_change c = one_stream(SDP_PASSIVE);
	struct term_change out = { .has_service = true }, in = { .has_service = true, .in_service = true };
	struct term_change more = one_stream(SDP_PASSIVE);
	struct term *t;

	begin();
	order_latch(&c, TERM_LATCH_ON);
	t = add(&c);
	mgb_event(EVENT_ACCEPTED, 0, "192.0.2.9:5");
	modify(t, &out);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.9:5"), GATE_DROP);
	CU_ASSERT_EQUAL(t->streams[0]->cut, 1);
	more.streams[0].id = 2; /* what comes meanwhile is out, too */
	order_latch(&more, TERM_LATCH_ON);
	modify(t, &more);
	CU_ASSERT_TRUE(t->streams[1]->is_out);
	CU_ASSERT_EQUAL(mgb_ports_taken(), 2);
	modify(t, &in);
	CU_ASSERT_FALSE(t->streams[1]->is_out);
	CU_ASSERT_EQUAL(verdict(t, "192.0.2.8:5"), GATE_ACCEPT); /* whom it had latched to is forgotten */
	CU_ASSERT_EQUAL(t->streams[0]->cut, 1);
	end();
}

const char test_suite[] = "term_apply";
const struct test_case test_cases[] = {
	TEST(a_check_that_is_abandoned_gives_everything_back),
	TEST(a_realm_takes_as_many_sessions_as_it_may),
	TEST(new_listeners_leave_descriptors_for_connections),
	TEST(a_listener_is_marked_before_anybody_else_has_it),
	TEST(a_port_that_somebody_holds_is_passed_over),
	TEST(a_failed_modify_changes_nothing),
	TEST(without_latch_or_filter_a_syn_is_dropped),
	TEST(a_filter_lets_in_the_remote_only),
	TEST(a_latch_closes_behind_the_first_and_relatch_opens_it),
	TEST(nobody_is_let_in_where_we_connect_or_hold),
	TEST(a_subtracted_port_is_shut_before_it_is_free),
	TEST(a_network_and_ports_of_the_filter_decide_at_the_gate),
	TEST(out_of_service_nobody_gets_in_and_the_ports_stay),
	{ NULL, NULL },
};
