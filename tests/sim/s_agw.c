/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions of a gateway under a controller, with real peers: what crosses, what is told, what is left. */
#include "tests/lib/agw_rig.h"
#include "tests/lib/relay_peer.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "agw";

static bool
ue_is_over(void *unused)
{
	(void)unused;
	return ar.ue.broken || ar.ue.eof;
}

static bool
core_is_up(void *unused)
{
	(void)unused;
	return ar.core.connections > 0;
}

static void
a_session_from_add_to_statistics(void)
{
	ar_begin();
	ar_add(", tcpbcc/discard = ON, seplink/link = ON", "");
	CU_ASSERT_EQUAL(ar.agw->ctxs.n, 1);
	ar_answer(", gm/saf = ON, seplink/link = ON", true);
	peer_connect(&ar.ue, &ar.local[0]);
	ar_check_talk();
	CU_ASSERT_EQUAL(ar.core.connections, 1);
	ar_subtract();
	CU_ASSERT_TRUE(ar_replied("nt/or=24"));
	CU_ASSERT_TRUE(ar_replied("nt/os=26"));
	CU_ASSERT_TRUE(ar_until(ue_is_over));
	CU_ASSERT_EQUAL(ar.n_notes, 1); /* nothing to complain about */
	ar_end();
}

static void
a_handshake_waits_for_the_fingerprint(void)
{
	ar_begin();
	ar.ue.early = "MSRP 0 SEND\r\n-------0$\r\n";
	ar_add(", seplink/link = ON", ", Signals { ipnapt/latch { napt = LATCH } }");
	peer_connect(&ar.ue, &ar.local[0]);
	CU_ASSERT_TRUE(ar_until(core_is_up)); /* the SYN triggers at once, step 11 */
	ar_rest(2000);
	CU_ASSERT_EQUAL(ar.core.got, 0);
	ar_answer(", seplink/link = ON", true);
	ar_rest(100);
	CU_ASSERT_EQUAL(ar.core.got, strlen(ar.ue.early));
	ar_check_talk();
	ar_subtract();
	ar_end();
}

static void
a_wrong_certificate_is_told_once_and_no_byte_crosses(void)
{
	const struct ar_note *n;

	ar_begin();
	ar.ue.early = "MSRP 0 SEND\r\n-------0$\r\n";
	ar_add(", seplink/link = ON", ", Signals { ipnapt/latch { napt = LATCH } }");
	ar_answer(", seplink/link = ON", false);
	peer_connect(&ar.ue, &ar.local[0]);
	n = ar_wait_note(1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	CU_ASSERT_EQUAL(n->kind, MGCO_NOTIFY);
	CU_ASSERT_EQUAL(n->ctx, ar.ctx);
	CU_ASSERT_STRING_EQUAL(n->term, ar.t1);
	CU_ASSERT_STRING_EQUAL(n->event, "tlsbsc/BNCChange");
	CU_ASSERT_STRING_EQUAL(n->cause, "fp-mismatch");
	CU_ASSERT_TRUE(ar_until(ue_is_over));
	peer_forget(&ar.ue); /* again, and again wrong: not told a second time */
	peer_connect(&ar.ue, &ar.local[0]);
	ar_rest(1000);
	CU_ASSERT_TRUE(ar.ue.broken || ar.ue.eof);
	CU_ASSERT_EQUAL(ar.n_notes, 2);
	CU_ASSERT_EQUAL(ar.core.got, 0);
	ar_subtract();
	ar_end();
}

static void
a_fingerprint_that_never_comes_is_told(void)
{
	const struct ar_note *n;

	ar_begin();
	ar_add(", seplink/link = ON", ", Signals { ipnapt/latch { napt = LATCH } }");
	peer_connect(&ar.ue, &ar.local[0]);
	ar_rest(31000);
	n = ar_wait_note(1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	CU_ASSERT_STRING_EQUAL(n->cause, "fp-missing");
	CU_ASSERT_EQUAL(ar.core.got, 0);
	ar_subtract();
	ar_end();
}

static void
variant_b_connects_on_order(void)
{
	ar_begin();
	ar_add("", ", Signals { ipnapt/latch { napt = LATCH } }");
	ar_answer("", true);
	peer_connect(&ar.ue, &ar.local[0]);
	ar_rest(500);
	CU_ASSERT_EQUAL(ar.core.connections, 0);
	ar_ask("Context = %u { Modify = %s { Signals { tcpbcc/EstBNC } } }", ar.ctx, ar.t2);
	CU_ASSERT_TRUE(ar_until(core_is_up));
	ar_check_talk();
	ar_subtract();
	ar_end();
}

static void
a_core_that_refuses_is_told(void)
{
	const struct ar_note *n;

	ar_begin();
	ar_add(", seplink/link = ON", ", Signals { ipnapt/latch { napt = LATCH } }");
	ar_answer(", seplink/link = ON", true);
	peer_fini(&ar.core);
	peer_init(&ar.core, &ar.peers);
	peer_connect(&ar.ue, &ar.local[0]);
	n = ar_wait_note(1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	CU_ASSERT_STRING_EQUAL(n->term, ar.t2);
	CU_ASSERT_STRING_EQUAL(n->event, "tcpbcc/BNCChange");
	CU_ASSERT_STRING_EQUAL(n->cause, "tcp-refused");
	ar_subtract();
	ar_end();
}

static void
a_filter_keeps_strangers_out(void)
{
	ar_begin();
	ar_add(", seplink/link = ON", "");
	ar_ask("Context = %u { Modify = %s { Media { Stream = 1 { LocalControl { Mode = SendReceive, gm/saf = ON,"
	       " seplink/link = ON },"
	       " Remote {\nv=0\nc=IN IP4 127.0.0.9\nm=message 9 TCP/TLS *\na=setup:active\n} } } } }",
	       ar.ctx, ar.t1);
	peer_connect(&ar.ue, &ar.local[0]); /* from 127.0.0.1 */
	ar_rest(500);
	CU_ASSERT_FALSE(ar.ue.up || ar.ue.broken); /* neither answered nor reset */
	CU_ASSERT_EQUAL(ar.core.connections, 0);
	peer_forget(&ar.ue);
	ar_subtract();
	ar_end();
}

static void
a_silent_controller_is_reminded_of_its_terminations(void)
{
	ar_begin();
	ar_add("", "");
	ar_ask("Context = %u { Modify = %s { Events = 7 { hangterm/thb { timerx = 60 } } } }", ar.ctx, ar.t1);
	ar_rest(50000);
	ar_ask("Context = %u { AuditValue = %s { Audit { } } }", ar.ctx, ar.t1);
	ar_rest(50000); /* the audit put it off */
	CU_ASSERT_EQUAL(ar.n_notes, 1);
	ar_rest(11000);
	CU_ASSERT_EQUAL(ar.n_notes, 2);
	CU_ASSERT_STRING_EQUAL(ar.notes[1].event, "hangterm/thb");
	ar_rest(60000);
	CU_ASSERT_EQUAL(ar.n_notes, 3);
	ar_subtract();
	ar_rest(120000);
	CU_ASSERT_EQUAL(ar.n_notes, 3);
	ar_end();
}

static void
silence_of_the_media_is_told(void)
{
	ar_begin();
	ar_add(", seplink/link = ON", ", Signals { ipnapt/latch { napt = LATCH } }");
	ar_answer(", seplink/link = ON", true);
	ar_ask("Context = %u { Modify = %s { Events = 8 { adid/ipstop { dt = 20 } } } }", ar.ctx, ar.t1);
	peer_connect(&ar.ue, &ar.local[0]);
	ar_check_talk();
	ar_rest(45000);
	CU_ASSERT_TRUE_FATAL(ar.n_notes >= 2);
	CU_ASSERT_STRING_EQUAL(ar.notes[1].event, "adid/ipstop");
	CU_ASSERT_STRING_EQUAL(ar.notes[1].term, ar.t1);
	ar_subtract();
	ar_end();
}

static void
a_lost_controller_hears_of_failures_when_it_is_back(void)
{
	ar_begin();
	ar_add(", seplink/link = ON", ", Signals { ipnapt/latch { napt = LATCH } }");
	ar_answer(", seplink/link = ON", false);
	ar_kill_mgc();
	ar_rest(1000);
	CU_ASSERT_PTR_NULL(mg_reg_get_assoc(&ar.agw->reg));
	peer_connect(&ar.ue, &ar.local[0]);
	CU_ASSERT_TRUE(ar_until(ue_is_over));
	CU_ASSERT_EQUAL(ar.agw->ctxs.n, 1);
	ar_start_mgc();
	ar_rest(40000);
	CU_ASSERT_EQUAL_FATAL(ar.n_notes, 3);
	CU_ASSERT_STRING_EQUAL(ar.notes[1].method, "Disconnected");
	CU_ASSERT_STRING_EQUAL(ar.notes[1].reason, "900 Service Restored");
	CU_ASSERT_STRING_EQUAL(ar.notes[2].cause, "fp-mismatch");
	ar_subtract();
	ar_end();
}

static void
a_session_outlives_the_controller(void)
{
	ar_begin();
	ar_add(", seplink/link = ON", ", Signals { ipnapt/latch { napt = LATCH } }");
	ar_answer(", seplink/link = ON", true);
	peer_connect(&ar.ue, &ar.local[0]);
	ar_check_talk();
	ar_kill_mgc();
	ar_rest(20000);
	ar_check_talk();
	ar_start_mgc();
	ar_rest(40000);
	ar_check_talk();
	ar_subtract();
	ar_end();
}

static void
a_new_termination_does_not_inherit_the_connection(void)
{
	size_t got;

	ar_begin();
	ar_add(", seplink/link = ON", ", Signals { ipnapt/latch { napt = LATCH } }");
	ar_answer(", seplink/link = ON", true);
	peer_connect(&ar.ue, &ar.local[0]);
	ar_check_talk();
	got = ar.core.got;
	ar_ask("Context = %u { Subtract = %s }", ar.ctx, ar.t1);
	CU_ASSERT_TRUE(ar_replied("nt/or=24"));
	ar_ask("Context = %u { Add = ip/1/access/$ { Media { Stream = 1 {"
	       " LocalControl { Mode = SendReceive }, Local {\nv=0\nc=IN IP4 $\nm=message $ TCP/TLS *\na=setup:passive\n} } } } }",
	       ar.ctx);
	peer_send(&ar.ue, "stale", 5);
	ar_rest(500);
	CU_ASSERT_TRUE(ar.ue.broken || ar.ue.eof);
	CU_ASSERT_EQUAL(ar.core.got, got);
	ar_ask("Context = %u { Subtract = * }", ar.ctx);
	ar_end();
}

/* The n-th note is this event of this termination, with these parameters. */
static void
expect_note(unsigned n, const char *term, const char *event, const char *params)
{
	const struct ar_note *note = ar_wait_note(n);

	CU_ASSERT_PTR_NOT_NULL_FATAL(note);
	CU_ASSERT_STRING_EQUAL(note->term, term);
	CU_ASSERT_STRING_EQUAL(note->event, event);
	CU_ASSERT_STRING_EQUAL(note->params, params);
}

/* H.248.1 7.1.11, E.1.2: each order is answered for, by whoever asked, under the Events of now. */
static void
the_end_of_signals_is_told(void)
{
	ar_begin();
	ar_add("", "");
	ar_ask("Context = %u { Modify = %s { Events = 1 { g/sc }, Signals { ipnapt/latch { napt = LATCH, NotifyCompletion ="
	       " { TimeOut } }, tlsbsc/EstBNC { NC = { TO, OR } } } },"
	       " Modify = %s { Events = 2 { g/sc, tcpbcc/BNCChange { Type = [Established,Released] } } } }", ar.ctx, ar.t1,
	       ar.t2);
	ar_answer("", true);
	peer_connect(&ar.ue, &ar.local[0]);
	expect_note(1, ar.t1, "g/sc", "SigID=ipnapt/latch Meth=TO");
	expect_note(2, ar.t1, "g/sc", "SigID=tlsbsc/EstBNC Meth=TO");
	ar_ask("Context = %u { Modify = %s { Signals { SignalList = 9 { tcpbcc/EstBNC { NC = { TO } } } } } }", ar.ctx, ar.t2);
	expect_note(3, ar.t2, "g/sc", "SigID=tcpbcc/EstBNC Meth=TO SLID=9");
	expect_note(4, ar.t2, "tcpbcc/BNCChange", "Type=Established");
	ar_check_talk();
	peer_finish(&ar.core);
	peer_finish(&ar.ue);
	expect_note(5, ar.t2, "tcpbcc/BNCChange", "Type=Released");
	ar_subtract();
	CU_ASSERT_EQUAL(ar.n_notes, 6);
	ar_end();
}

static void
orders_that_come_to_nothing_are_told_after_the_reply(void)
{
	ar_begin();
	ar_add("", "");
	/* TLS towards the core there is none, and nobody asked to be told: that it never began is told in any case. */
	ar_ask("Context = %u { Modify = %s { Events = 2 { g/sc }, Signals { tlsbsc/EstBNC } } }", ar.ctx, ar.t2);
	expect_note(1, ar.t2, "g/sc", "SigID=tlsbsc/EstBNC Meth=NC");
	ar_ask("Context = %u { Modify = %s { Events = 1 { g/sc }, Signals { tcpbcc/EstBNC { NC = { IBS } } } } }", ar.ctx,
	       ar.t1);
	ar_ask("Context = %u { Modify = %s { Signals { } } }", ar.ctx, ar.t1);
	expect_note(2, ar.t1, "g/sc", "SigID=tcpbcc/EstBNC Meth=SD");
	ar_ask("Context = %u { Modify = %s { Events, Signals { tlsbsc/EstBNC } } }", ar.ctx, ar.t2);
	peer_fini(&ar.core);
	peer_init(&ar.core, &ar.peers);
	ar_ask("Context = %u { Modify = %s { Events = 2 { g/sc }, Signals { tcpbcc/EstBNC } } }", ar.ctx, ar.t2);
	expect_note(3, ar.t2, "g/sc", "SigID=tcpbcc/EstBNC Meth=NC");
	ar_subtract();
	CU_ASSERT_EQUAL(ar.n_notes, 4);
	ar_end();
}

/* What plays and is ordered anew was interrupted by that order (7.1.11), which is told to who asked to hear of it. */
static void
an_order_that_another_one_of_its_name_replaces_is_told(void)
{
	ar_begin();
	ar_add("", "");
	ar_ask("Context = %u { Modify = %s { Events = 1 { g/sc }, Signals { ipnapt/latch { napt = LATCH, NC = { IBS } } } } }",
	       ar.ctx, ar.t1);
	ar_ask("Context = %u { Modify = %s { Signals { ipnapt/latch { napt = LATCH, KeepActive } } } }", ar.ctx, ar.t1);
	ar_ask("Context = %u { Modify = %s { Signals { SignalList = 4 { ipnapt/latch { napt = LATCH, NC = { TO } } } } } }",
	       ar.ctx, ar.t1);
	expect_note(1, ar.t1, "g/sc", "SigID=ipnapt/latch Meth=SD");
	ar_answer("", true);
	peer_connect(&ar.ue, &ar.local[0]);
	expect_note(2, ar.t1, "g/sc", "SigID=ipnapt/latch Meth=TO SLID=4");
	/* It is done, so there is nothing to interrupt. */
	ar_ask("Context = %u { Modify = %s { Signals { ipnapt/latch { napt = LATCH, NC = { IBS } } } } }", ar.ctx, ar.t1);
	ar_rest(500);
	ar_subtract();
	CU_ASSERT_EQUAL(ar.n_notes, 3);
	ar_end();
}

/* H.248.1 7.1.9: one stream that connects, one that nobody answers, and events that are armed for one of them. */
static void
an_event_of_a_stream_is_told_of_that_stream(void)
{
	static const char stream[] = "Stream = %u { LocalControl { Mode = SendReceive }, Local {\nv=0\nc=IN IP4 $\n"
	                             "m=message $ TCP *\na=setup:active\n}, Remote {\nv=0\nc=IN IP4 127.0.0.1\n"
	                             "m=message %u TCP *\na=setup:passive\n} }";
	char good[512], bad[512];

	ar_begin();
	ar_add("", "");
	ar_ask("Context = %u { Subtract = %s }", ar.ctx, ar.t2);
	snprintf(good, sizeof(good), stream, 1, ar.core.local.port);
	snprintf(bad, sizeof(bad), stream, 2, 1u);
	ar_ask("Context = %u { Add = ip/1/core/$ { Media { %s, %s }, Events = 5 { g/cause { Stream = 2 },"
	       " tcpbcc/BNCChange { Stream = 1, Type = Established } } } }", ar.ctx, good, bad);
	(void)ar_wait_note(2);
	CU_ASSERT_EQUAL(ar.n_notes, 3);
	for (unsigned i = 1; i < ar.n_notes; i++) {
		bool is_up = ar.notes[i].stream == 1;

		CU_ASSERT_EQUAL(ar.notes[i].stream, is_up ? 1 : 2);
		CU_ASSERT_STRING_EQUAL(ar.notes[i].event, is_up ? "tcpbcc/BNCChange" : "g/cause");
		CU_ASSERT_NOT_EQUAL(ar.notes[i].stream, ar.notes[3 - i].stream);
	}
	/* The failure of the second stream is now nobody's. */
	ar_ask("Context = %u { Modify = ip/1/core/* { Events = 6 { g/cause { Stream = 1 } }, Signals { tcpbcc/EstBNC {"
	       " Stream = 2 } } } }", ar.ctx);
	ar_rest(5000);
	CU_ASSERT_EQUAL(ar.n_notes, 3);
	ar_ask("Context = %u { Subtract = * }", ar.ctx);
	ar_end();
}

const struct test_case test_cases[] = {
	TEST(a_session_from_add_to_statistics),
	TEST(a_handshake_waits_for_the_fingerprint),
	TEST(a_wrong_certificate_is_told_once_and_no_byte_crosses),
	TEST(a_fingerprint_that_never_comes_is_told),
	TEST(variant_b_connects_on_order),
	TEST(a_core_that_refuses_is_told),
	TEST(a_filter_keeps_strangers_out),
	TEST(a_silent_controller_is_reminded_of_its_terminations),
	TEST(silence_of_the_media_is_told),
	TEST(a_lost_controller_hears_of_failures_when_it_is_back),
	TEST(a_session_outlives_the_controller),
	TEST(a_new_termination_does_not_inherit_the_connection),
	TEST(the_end_of_signals_is_told),
	TEST(orders_that_come_to_nothing_are_told_after_the_reply),
	TEST(an_order_that_another_one_of_its_name_replaces_is_told),
	TEST(an_event_of_a_stream_is_told_of_that_stream),
	{ NULL, NULL },
};
