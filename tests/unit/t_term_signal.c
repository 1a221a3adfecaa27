/* SPDX-License-Identifier: BSD-2-Clause */
/* When signals end, and which ends are to be told. */
#include "agw/term_apply.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "term_signal";

enum { ALL = TERM_END_TO | TERM_END_EV | TERM_END_SD | TERM_END_NC };

static struct term_stream s;

static void
begin(enum term_transport transport)
{
	s = (struct term_stream){ .id = 1, .local = { .transport = transport, .setup = SDP_ACTPASS } };
}

/* A Signals descriptor of one signal, or with notify 0 of none; the ends of it and of the one before, which are then told. */
static unsigned
apply(enum term_signal what, unsigned notify, bool keep_active, unsigned list)
{
	struct term_change c = { .has_signals = true, .n_signals = notify != 0 };
	unsigned ended;

	c.signals[0] = (struct signal_change){ .what = what, .latch = TERM_LATCH_ON, .notify = (uint8_t)notify,
		                                .list = (uint16_t)list, .keep_active = keep_active };
	term_apply_signals(&s, &c, false);
	ended = s.play[what].ended;
	s.play[what].ended = 0;
	return ended;
}

static unsigned
hear(enum event_kind kind, enum term_signal what)
{
	const struct event ev = { .kind = kind };
	unsigned ended;

	term_signals_on_event(&s, &ev);
	ended = s.play[what].ended;
	s.play[what].ended = 0;
	return ended;
}

static void
an_order_to_connect_ends_when_tcp_is_up_or_has_failed(void)
{
	begin(TERM_TCP);
	CU_ASSERT_EQUAL(apply(TERM_SIG_TCP, ALL, false, 0), 0);
	CU_ASSERT_EQUAL(hear(EVENT_IDLE, TERM_SIG_TCP), 0);
	CU_ASSERT_EQUAL(hear(EVENT_CONNECTED, TERM_SIG_TCP), TERM_END_TO);
	CU_ASSERT_EQUAL(hear(EVENT_CLOSED, TERM_SIG_TCP), 0); /* once */
	CU_ASSERT_EQUAL(apply(TERM_SIG_TCP, ALL, false, 0), 0);
	CU_ASSERT_EQUAL(hear(EVENT_FAILED, TERM_SIG_TCP), TERM_END_NC);
	CU_ASSERT_EQUAL(s.establish, 2);
	s.phase = TERM_PHASE_TCP; /* there is one already */
	CU_ASSERT_EQUAL(apply(TERM_SIG_TCP, ALL, false, 0), TERM_END_TO);
}

static void
what_cannot_be_ends_at_once(void)
{
	begin(TERM_TCP);
	CU_ASSERT_EQUAL(apply(TERM_SIG_TLS, ALL, false, 0), TERM_END_NC);
	s.local.setup = SDP_PASSIVE;
	CU_ASSERT_EQUAL(apply(TERM_SIG_TCP, ALL, false, 0), TERM_END_NC);
	s.local.setup = SDP_ACTPASS;
	s.remote.setup = SDP_ACTIVE;
	CU_ASSERT_EQUAL(apply(TERM_SIG_TCP, ALL, false, 0), TERM_END_NC);
	CU_ASSERT_EQUAL(apply(TERM_SIG_TCP, TERM_END_TO, false, 0), 0); /* nobody asked for that end */
}

static void
another_descriptor_ends_what_is_not_done(void)
{
	begin(TERM_TCP_TLS);
	CU_ASSERT_EQUAL(apply(TERM_SIG_TLS, ALL, false, 0), 0);
	CU_ASSERT_EQUAL(apply(TERM_SIG_TLS, 0, false, 0), TERM_END_SD);
	CU_ASSERT_EQUAL(apply(TERM_SIG_TLS, 0, false, 0), 0);
	CU_ASSERT_EQUAL(apply(TERM_SIG_TLS, ALL, false, 0), 0);
	CU_ASSERT_EQUAL(apply(TERM_SIG_TLS, ALL, false, 0), TERM_END_SD); /* the earlier of the two */
	CU_ASSERT_EQUAL(hear(EVENT_TLS_UP, TERM_SIG_TLS), TERM_END_TO);
}

static void
keep_active_and_the_same_list_let_it_play_and_begin_nothing(void)
{
	begin(TERM_TCP);
	CU_ASSERT_EQUAL(apply(TERM_SIG_TCP, ALL, true, 0), 0);
	CU_ASSERT_EQUAL(s.establish, 0);
	CU_ASSERT_FALSE(s.play[TERM_SIG_TCP].is_on);
	CU_ASSERT_EQUAL(apply(TERM_SIG_TCP, ALL, false, 7), 0);
	CU_ASSERT_EQUAL(apply(TERM_SIG_TCP, ALL, true, 0), 0);
	CU_ASSERT_EQUAL(apply(TERM_SIG_TCP, ALL, false, 7), 0);
	CU_ASSERT_EQUAL(s.establish, 1);
	CU_ASSERT_EQUAL(apply(TERM_SIG_TCP, ALL, false, 8), TERM_END_SD);
	CU_ASSERT_EQUAL(s.play[TERM_SIG_TCP].last_list, 7);
	CU_ASSERT_EQUAL(s.establish, 2);
}

static void
a_latch_is_done_with_the_first_peer_and_stays_on(void)
{
	begin(TERM_TCP);
	CU_ASSERT_EQUAL(apply(TERM_SIG_LATCH, ALL, false, 0), 0);
	CU_ASSERT_EQUAL(apply(TERM_SIG_LATCH, ALL, false, 0), TERM_END_SD); /* the earlier of the two; the latch is on */
	CU_ASSERT_EQUAL(apply(TERM_SIG_LATCH, ALL, true, 0), 0);
	CU_ASSERT_EQUAL(hear(EVENT_FAILED, TERM_SIG_LATCH), 0);   /* the next one may do better */
	CU_ASSERT_EQUAL(hear(EVENT_ACCEPTED, TERM_SIG_LATCH), TERM_END_TO);
	CU_ASSERT_EQUAL(s.latch, TERM_LATCH_ON);
	CU_ASSERT_EQUAL(apply(TERM_SIG_LATCH, 0, false, 0), 0);
	CU_ASSERT_EQUAL(s.latch, TERM_LATCH_OFF);
	CU_ASSERT_EQUAL(apply(TERM_SIG_LATCH, ALL, false, 0), 0);
	CU_ASSERT_EQUAL(apply(TERM_SIG_LATCH, 0, false, 0), TERM_END_SD);
}

const struct test_case test_cases[] = {
	TEST(an_order_to_connect_ends_when_tcp_is_up_or_has_failed),
	TEST(what_cannot_be_ends_at_once),
	TEST(another_descriptor_ends_what_is_not_done),
	TEST(keep_active_and_the_same_list_let_it_play_and_begin_nothing),
	TEST(a_latch_is_done_with_the_first_peer_and_stays_on),
	{ NULL, NULL },
};
