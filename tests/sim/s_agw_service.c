/* SPDX-License-Identifier: BSD-2-Clause */
/* Realms and terminations in and out of service, as the controller hears of it and as peers feel it; and a controller that
 * does not know us. */
#include <stdio.h>

#include "agw/realm.h"
#include "tests/lib/agw_rig.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "agw_service";

static bool
is_cut_off(void *unused)
{
	(void)unused;
	return (ar.ue.broken || ar.ue.eof) && (ar.core.broken || ar.core.eof);
}

static bool
note_is(unsigned n, const char *term, const char *method, const char *reason)
{
	const struct ar_note *note = ar_wait_note(n);

	if (note && strcmp(note->term, term) == 0 && strcmp(note->method, method) == 0 && strcmp(note->reason, reason) == 0)
		return true;
	fprintf(stderr, "note %u: %s %s \"%s\"\n", n, note ? note->term : "none", note ? note->method : "",
	        note ? note->reason : "");
	return false;
}

/* A call whose bytes flow. */
static void
begin_call(void)
{
	ar_begin();
	ar_add("", ", Signals { ipnapt/latch { napt = LATCH } }");
	ar_answer(", seplink/link = ON", true);
	peer_connect(&ar.ue, &ar.local[0]);
	ar_check_talk();
}

static void
a_termination_that_is_forced_out_cuts_its_peer_off_and_comes_back(void)
{
	begin_call();
	CU_ASSERT_EQUAL(mg_avail_order(&ar.agw->avail, span_str(ar.t1), MG_AVAIL_FORCED), 0);
	CU_ASSERT_TRUE(ar_until(is_cut_off));
	CU_ASSERT_TRUE(note_is(1, ar.t1, "Forced", "905 Termination Taken Out Of Service"));
	CU_ASSERT_EQUAL(ar.notes[1].ctx, ar.ctx);
	peer_forget(&ar.ue);
	peer_forget(&ar.core);
	peer_connect(&ar.ue, &ar.local[0]); /* the gate drops its SYN */
	ar_rest(500);
	CU_ASSERT_FALSE(ar.ue.secure);
	peer_forget(&ar.ue);
	CU_ASSERT_EQUAL(mg_avail_order(&ar.agw->avail, span_str(ar.t1), MG_AVAIL_RESTART), 0);
	CU_ASSERT_TRUE(note_is(2, ar.t1, "Restart", "900 Service Restored"));
	peer_connect(&ar.ue, &ar.local[0]);
	ar_check_talk();
	ar_subtract();
	ar_end();
}

static void
the_controller_forces_a_termination_out(void)
{
	begin_call();
	ar_ask("Context = %u { ServiceChange = %s { Services { Method = Forced, Reason = \"905 x\" } } }", ar.ctx, ar.t2);
	CU_ASSERT_TRUE(ar_until(is_cut_off));
	ar_ask("Context = %u { AuditValue = %s { Audit { Media { TerminationState { ServiceStates } } } } }", ar.ctx, ar.t2);
	CU_ASSERT_TRUE(ar_replied("ServiceStates=OutOfService"));
	ar_subtract();
	ar_end();
}

static void
a_realm_that_the_operator_takes_out_is_told_and_refused(void)
{
	begin_call();
	ar_ask("Context = - { Modify = ROOT { Events = 8 { ipra/arc } } }");
	CU_ASSERT_EQUAL(mg_avail_order(&ar.agw->avail, SPAN_LIT("access"), MG_AVAIL_FORCED), 0);
	CU_ASSERT_TRUE(ar_until(is_cut_off));
	CU_ASSERT_TRUE(note_is(1, "ip/1/access/*", "Forced", "905 Termination Taken Out Of Service"));
	CU_ASSERT_EQUAL(ar.notes[1].ctx, MGCO_CTX_ALL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ar_wait_note(2));
	CU_ASSERT_STRING_EQUAL(ar.notes[2].event, "ipra/arc");
	ar_subtract();
	ar_ask("Context = $ { Add = ip/1/access/$ { Media { Local {\nv=0\nc=IN IP4 $\nm=message $ TCP *\n} } } }");
	CU_ASSERT_TRUE(ar_replied("503"));
	/* A controller that comes anew hears of it. */
	ar_kill_mgc();
	ar_start_mgc();
	ar_rest(5000);
	CU_ASSERT_TRUE(note_is(ar.n_notes - 1, "ip/1/access/*", "Forced", "905 Termination Taken Out Of Service"));
	CU_ASSERT_EQUAL(mg_avail_order(&ar.agw->avail, SPAN_LIT("access"), MG_AVAIL_RESTART), 0);
	ar_rest(100);
	CU_ASSERT_STRING_EQUAL(ar.notes[ar.n_notes - 2].method, "Restart");
	CU_ASSERT_EQUAL(mg_avail_order(&ar.agw->avail, SPAN_LIT("moon"), MG_AVAIL_FORCED), ERR_NOTFOUND);
	ar_end();
}

static void
a_realm_that_is_to_empty_is_told_so_each_time_until_it_is_forced(void)
{
	unsigned next;

	begin_call();
	CU_ASSERT_EQUAL(mg_avail_order(&ar.agw->avail, SPAN_LIT("access"), MG_AVAIL_GRACEFUL), 0);
	CU_ASSERT_TRUE(note_is(1, "ip/1/access/*", "Graceful", "905 Termination Taken Out Of Service"));
	ar_check_talk();
	ar_subtract();
	ar_kill_mgc();
	ar_start_mgc();
	ar_rest(5000);
	CU_ASSERT_TRUE(note_is(ar.n_notes - 1, "ip/1/access/*", "Graceful", "905 Termination Taken Out Of Service"));
	next = ar.n_notes;
	CU_ASSERT_EQUAL(mg_avail_order(&ar.agw->avail, SPAN_LIT("access"), MG_AVAIL_FORCED), 0);
	CU_ASSERT_TRUE(note_is(next, "ip/1/access/*", "Forced", "905 Termination Taken Out Of Service"));
	ar_end();
}

static void
move_realm(struct realm *r, const char *ip)
{
	for (unsigned i = 0; i < r->n_addrs; i++)
		CU_ASSERT_EQUAL(addr_parse_ip(span_str(ip), &r->addrs[i]), 0);
	mg_avail_look(&ar.agw->avail);
}

/* Stand-in for an interface that goes down: the realm's address is one that the host does not have. The rig's own is good
 * for connections, but no interface has it. */
static void
a_realm_without_its_addresses_is_told_and_comes_back(void)
{
	struct realm *r;
	struct addr was[AGW_REALM_ADDRS_MAX];

	begin_call();
	r = ar.agw->realms[0];
	memcpy(was, r->addrs, sizeof(was));
	move_realm(r, "127.0.0.1");
	for (unsigned i = 0; i < r->n_addrs; i++)
		CU_ASSERT_TRUE(r->was_seen[i]);
	move_realm(r, "192.0.2.77");
	mg_avail_look(&ar.agw->avail);
	CU_ASSERT_TRUE(note_is(1, "ip/1/access/*", "Forced", "906 Loss Of Lower Layer Connectivity"));
	ar_ask("Context = $ { Add = ip/1/access/$ { Media { Local {\nv=0\nc=IN IP4 $\nm=message $ TCP *\n} } } }");
	CU_ASSERT_TRUE(ar_replied("530"));
	ar_check_talk(); /* what is there lives on if the network lets it */
	move_realm(r, "127.0.0.1");
	CU_ASSERT_TRUE(note_is(2, "ip/1/access/*", "Restart", "900 Service Restored"));
	CU_ASSERT_EQUAL(ar.n_notes, 3);
	memcpy(r->addrs, was, sizeof(was));
	ar_subtract();
	ar_end();
}

/* ---- events of packages ---- */

static void
silence_of_one_direction_is_told(void)
{
	begin_call();
	ar_ask("Context = %u { Modify = %s { Events = 6 { adid/ipstop { dt = 2, dir = IN } } } }", ar.ctx, ar.t1);
	for (int i = 0; i < 5; i++) { /* the core talks, the UE does not */
		peer_send(&ar.core, "x", 1);
		ar_rest(1000);
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(ar_wait_note(1));
	CU_ASSERT_STRING_EQUAL(ar.notes[1].event, "adid/ipstop");
	ar_ask("Context = %u { Modify = %s { Events = 7 { adid/ipstop { dt = 2, dir = OUT } } } }", ar.ctx, ar.t1);
	ar.n_notes = 1;
	for (int i = 0; i < 5; i++) {
		peer_send(&ar.core, "x", 1);
		ar_rest(1000);
	}
	CU_ASSERT_EQUAL(ar.n_notes, 1);
	ar_subtract();
	ar_end();
}

/* A controller that does not know tcpbcc hears of failures by the network package. */
static void
a_refused_connection_is_told_as_netfail(void)
{
	ar_begin();
	ar_add("", ", Signals { ipnapt/latch { napt = LATCH } }");
	ar_ask("Context = %u { Modify = %s { Media { Stream = 1 { Remote {\nv=0\nc=IN IP4 127.0.0.1\nm=message 1 TCP *\n"
	       "a=setup:passive\n} } }, Events = 8 { nt/netfail, g/cause }, Signals { tcpbcc/EstBNC } } }",
	       ar.ctx, ar.t2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ar_wait_note(1));
	CU_ASSERT_STRING_EQUAL(ar.notes[1].event, "nt/netfail");
	ar_subtract();
	ar_end();
}

/* ---- a controller that does not know us ---- */

static void
what_it_refused_is_told_again_once_it_knows_us(void)
{
	ar_begin();
	ar_add("", ", Signals { ipnapt/latch { napt = LATCH } }");
	ar.refuse_notify = 505;
	ar_ask("Context = %u { Modify = %s { Media { Stream = 1 { Remote {\nv=0\nc=IN IP4 127.0.0.1\nm=message 1 TCP *\n"
	       "a=setup:passive\n} } }, Events = 8 { nt/netfail }, Signals { tcpbcc/EstBNC } } }", ar.ctx, ar.t2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ar_wait_note(1));
	CU_ASSERT_STRING_EQUAL(ar.notes[1].event, "nt/netfail");
	CU_ASSERT_TRUE(note_is(2, "ROOT", "Disconnected", "900 Service Restored"));
	ar.refuse_notify = 0;
	CU_ASSERT_PTR_NOT_NULL_FATAL(ar_wait_note(3));
	CU_ASSERT_STRING_EQUAL(ar.notes[3].event, "nt/netfail");
	ar_rest(60000);
	CU_ASSERT_EQUAL(ar.n_notes, 4);
	CU_ASSERT_EQUAL(ar.agw->ctxs.n, 1);
	ar_subtract();
	ar_end();
}

/* It takes every registration, and every Notify for a stranger's. */
static void
one_that_never_knows_us_is_asked_ever_more_rarely(void)
{
	const struct mg_reg *r;
	uint64_t before;

	ar_begin();
	r = &ar.agw->reg;
	ar.refuse_notify = 505;
	ar_ask("Context = - { Modify = ROOT { Events = 7 { it/ito { mit = 100 } } } }");
	for (int i = 0; i < 60; i++, ar.n_notes = 0)
		ar_rest(5000);
	CU_ASSERT_TRUE(r->registrations >= 8 && r->registrations <= 18);
	ar.refuse_notify = 0;
	for (int i = 0; i < 8; i++, ar.n_notes = 0)
		ar_rest(5000);
	before = r->registrations;
	for (int i = 0; i < 12; i++, ar.n_notes = 0)
		ar_rest(5000);
	CU_ASSERT_EQUAL(r->registrations, before);
	CU_ASSERT_PTR_NOT_NULL(mg_reg_get_assoc(r));
	/* After a while of peace it is at once again. */
	ar.refuse_notify = 505;
	ar_rest(2500);
	CU_ASSERT_EQUAL(r->registrations, before + 1);
	ar_end();
}

const struct test_case test_cases[] = {
	TEST(a_termination_that_is_forced_out_cuts_its_peer_off_and_comes_back),
	TEST(the_controller_forces_a_termination_out),
	TEST(a_realm_that_the_operator_takes_out_is_told_and_refused),
	TEST(a_realm_that_is_to_empty_is_told_so_each_time_until_it_is_forced),
	TEST(a_realm_without_its_addresses_is_told_and_comes_back),
	TEST(silence_of_one_direction_is_told),
	TEST(a_refused_connection_is_told_as_netfail),
	TEST(what_it_refused_is_told_again_once_it_knows_us),
	TEST(one_that_never_knows_us_is_asked_ever_more_rarely),
	{ NULL, NULL },
};
