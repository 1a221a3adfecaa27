/* SPDX-License-Identifier: BSD-2-Clause */
/* The gateway and its controllers: registration, refusal, the next one, hand-over, leaving. */
#include <poll.h>
#include <stdio.h>

#include "tests/lib/agw_rig.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "agw_reg";

static bool
is_registered(void *unused)
{
	(void)unused;
	return mg_reg_get_assoc(&ar.agw->reg) != NULL;
}

static void
on_stopped(void *arg)
{
	(void)arg;
	ar.stopped = true;
}

static bool
is_stopped(void *unused)
{
	(void)unused;
	return ar.stopped;
}

static void
registers_with_cold_boot_and_answers_the_heartbeat(void)
{
	ar_begin();
	CU_ASSERT_EQUAL(ar.n_notes, 1);
	CU_ASSERT_EQUAL(ar.notes[0].kind, MGCO_SERVICECHANGE);
	CU_ASSERT_STRING_EQUAL(ar.notes[0].method, "Restart");
	CU_ASSERT_STRING_EQUAL(ar.notes[0].reason, "901 Cold Boot");
	CU_ASSERT_STRING_EQUAL(ar.notes[0].term, "ROOT");
	ar_ask("Context = - { AuditValue = ROOT { Audit { } } }");
	CU_ASSERT_TRUE(ar_replied("AuditValue=ROOT"));
	ar_end();
}

static void
a_controller_that_starts_anew_gets_an_empty_gateway(void)
{
	ar_begin();
	ar_add("", "");
	ar_ask("Context = - { ServiceChange = ROOT { Services {"
	       " Method = Restart, Reason = \"901 Cold Boot\" } } }");
	ar_rest(1000);
	CU_ASSERT_EQUAL(ar.agw->ctxs.n, 0);
	CU_ASSERT_EQUAL_FATAL(ar.n_notes, 2);
	CU_ASSERT_STRING_EQUAL(ar.notes[1].method, "Restart");
	CU_ASSERT_STRING_EQUAL(ar.notes[1].reason, "902 Warm Boot");
	ar_ask("Context = - { AuditValue = ROOT { Audit { } } }");
	CU_ASSERT_TRUE(ar_replied("AuditValue=ROOT"));
	ar_end();
}

static void
a_refused_registration_is_repeated(void)
{
	ar_begin_unregistered(false);
	ar.refuse = 503;
	ar_rest(10000);
	CU_ASSERT_PTR_NULL(mg_reg_get_assoc(&ar.agw->reg));
	CU_ASSERT_TRUE(ar.n_notes >= 2 && ar.n_notes <= 6);
	ar.refuse = 0;
	ar_rest(40000);
	CU_ASSERT_PTR_NOT_NULL(mg_reg_get_assoc(&ar.agw->reg));
	CU_ASSERT_STRING_EQUAL(ar.notes[ar.n_notes - 1].method, "Restart");
	ar_end();
}

static void
the_next_controller_is_tried_and_the_first_again(void)
{
	ar_begin_unregistered(true);
	ar_rest(REG_LINK_MS + 1000);
	CU_ASSERT_TRUE(is_registered(NULL));
	CU_ASSERT_TRUE(addr_same(&ar.agw->reg.target.addr, &ar.mgc_addr));
	ar_kill_mgc(); /* both are gone: the list goes round */
	ar_rest(30000);
	CU_ASSERT_FALSE(is_registered(NULL));
	ar_start_mgc();
	ar_rest(2 * REG_LINK_MS + 1000);
	CU_ASSERT_TRUE(is_registered(NULL));
	CU_ASSERT_STRING_EQUAL(ar.notes[ar.n_notes - 1].method, "Disconnected");
	ar_end();
}

static void
a_controller_hands_us_over(void)
{
	struct mgco_assoc *first;

	ar_begin();
	first = ar.assoc;
	/* To itself: enough to see that it goes where it is sent. */
	ar_ask("Context = - { ServiceChange = ROOT { Services {"
	       " Method = HandOff, Reason = \"903 MGC Directed Change\","
	       " MgcIdToTry = [127.0.0.1]:%u } } }",
	       ar.mgc_addr.port);
	ar_rest(1000);
	CU_ASSERT_TRUE(is_registered(NULL));
	CU_ASSERT_PTR_NOT_EQUAL(ar.assoc, first);
	CU_ASSERT_STRING_EQUAL(ar.notes[ar.n_notes - 1].method, "HandOff");
	ar_end();
}

/* "localhost" stands in every host's own file. The lookup takes real time, which the turned clock does not. */
static bool
is_elsewhere(void *unused)
{
	(void)unused;
	return is_registered(NULL) && ar.agw->reg.target.addr.port != ar.mgc_addr.port;
}

static void
rest_until(bool (*done)(void *unused))
{
	for (int i = 0; i < 10000 && !done(NULL); i++) {
		ar_rest(i < 2000); /* a busy machine may need more than our clock has */
		(void)poll(NULL, 0, 2);
	}
	CU_ASSERT_TRUE(done(NULL));
}

static void
a_controller_is_found_by_its_name(void)
{
	uint16_t port;

	ar_begin();
	port = ar_listen_more().port;
	ar_ask("Context = - { ServiceChange = ROOT { Services { Method = HandOff, Reason = \"903 MGC Directed Change\","
	       " MgcIdToTry = <localhost>:%u } } }", port);
	rest_until(is_elsewhere);
	CU_ASSERT_EQUAL(ar.agw->reg.target.addr.port, port);
	CU_ASSERT_STRING_EQUAL(ar.notes[ar.n_notes - 1].method, "HandOff");
	ar_end();
}

static void
a_reply_names_a_controller_that_is_looked_up(void)
{
	char mgc[64];

	ar_begin_unregistered(false);
	(void)snprintf(mgc, sizeof(mgc), "<localhost>:%u", ar_listen_more().port);
	ar.services.mgc_id = span_str(mgc);
	rest_until(is_elsewhere);
	CU_ASSERT_EQUAL_FATAL(ar.n_notes, 2);
	CU_ASSERT_STRING_EQUAL(ar.notes[1].method, "Restart");
	ar_end();
}

static void
a_name_that_nobody_has_leaves_us_where_we_are(void)
{
	ar_begin_unregistered(false);
	ar.services.mgc_id = SPAN_LIT("<a..b>:2944");
	rest_until(is_registered);
	CU_ASSERT_EQUAL(ar.agw->reg.target.addr.port, ar.mgc_addr.port);
	ar_end();
}

/* A reply with MgcIdToTry: the other one is asked as this one was. */
static void
a_reply_sends_us_elsewhere(void)
{
	char mgc[64];

	ar_begin_unregistered(false);
	(void)snprintf(mgc, sizeof(mgc), "[127.0.0.1]:%u", ar_listen_more().port);
	ar.services.mgc_id = span_str(mgc);
	ar_rest(1000);
	CU_ASSERT_TRUE(is_registered(NULL));
	CU_ASSERT_NOT_EQUAL(ar.agw->reg.target.addr.port, ar.mgc_addr.port);
	CU_ASSERT_EQUAL_FATAL(ar.n_notes, 2);
	CU_ASSERT_STRING_EQUAL(ar.notes[1].method, "Restart");
	CU_ASSERT_STRING_EQUAL(ar.notes[1].reason, "901 Cold Boot");
	ar_end();
}

/* ServiceChangeAddress: all that follows goes there, without asking again. */
static void
a_reply_names_another_address(void)
{
	char address[64];
	uint16_t port;

	ar_begin_unregistered(false);
	port = ar_listen_more().port;
	(void)snprintf(address, sizeof(address), "%u", port);
	ar.services.address = span_str(address);
	ar_rest(1000);
	CU_ASSERT_TRUE(is_registered(NULL));
	CU_ASSERT_EQUAL(ar.agw->reg.target.addr.port, port);
	CU_ASSERT_EQUAL(ar.n_notes, 1);
	CU_ASSERT_STRING_EQUAL(ar.agw->reg.mid, "<mgc>");
	mg_reg_announce_graceful(&ar.agw->reg);
	CU_ASSERT_PTR_NOT_NULL(ar_wait_note(1));
	CU_ASSERT_STRING_EQUAL(ar.notes[1].method, "Graceful");
	ar_kill_mgc(); /* the address is gone; the controller comes back where it was configured */
	ar_start_mgc();
	ar_rest(2 * REG_LINK_MS + 1000);
	CU_ASSERT_TRUE(is_registered(NULL));
	CU_ASSERT_EQUAL(ar.agw->reg.target.addr.port, ar.mgc_addr.port);
	CU_ASSERT_STRING_EQUAL(ar.notes[ar.n_notes - 1].method, "Disconnected");
	ar_end();
}

/* Where we are sent there is nobody: the list goes on, and nothing says that we had been sent. */
static void
a_hand_over_into_the_void_ends_at_the_list(void)
{
	ar_begin();
	ar_ask("Context = - { ServiceChange = ROOT { Services { Method = HandOff, Reason = \"903 MGC Directed Change\","
	       " MgcIdToTry = [127.0.0.1]:1 } } }");
	ar_rest(2 * REG_LINK_MS + 1000);
	CU_ASSERT_TRUE(is_registered(NULL));
	CU_ASSERT_EQUAL(ar.agw->reg.target.addr.port, ar.mgc_addr.port);
	CU_ASSERT_STRING_EQUAL(ar.notes[ar.n_notes - 1].method, "Disconnected");
	ar_end();
}

static void
a_controller_of_version_1_is_spoken_to_in_version_1(void)
{
	ar_begin_unregistered(false);
	ar.services.has_version = true;
	ar.services.version = 1;
	ar_rest(1000);
	CU_ASSERT_TRUE(is_registered(NULL));
	CU_ASSERT_EQUAL(ar.notes[0].version, 2);
	mg_reg_announce_graceful(&ar.agw->reg);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ar_wait_note(1));
	CU_ASSERT_EQUAL(ar.notes[1].version, 1);
	ar_end();
}

static void
nobody_else_may_command(void)
{
	struct mgco_assoc *early;
	struct addr stranger;

	ar_begin_unregistered(false);
	CU_ASSERT_EQUAL(addr_parse_ip(SPAN_LIT("192.0.2.1"), &stranger), 0);
	CU_ASSERT_FALSE(mg_reg_may_come(&ar.agw->reg, &stranger));
	CU_ASSERT_TRUE(mg_reg_may_come(&ar.agw->reg, &ar.mgc_addr));
	ar.refuse = 503;
	CU_ASSERT_PTR_NOT_NULL_FATAL(ar_wait_note(0));
	early = ar.assoc;
	CU_ASSERT_PTR_NOT_NULL_FATAL(early);
	ar_ask("Context = - { AuditValue = ROOT { Audit { } } }");
	CU_ASSERT_TRUE(ar_replied("Error=505"));
	ar_end();
}

static void
leaves_the_controller_when_it_stops(void)
{
	ar_begin();
	agw_stop(ar.agw, on_stopped, NULL);
	CU_ASSERT_TRUE(ar_until(is_stopped));
	CU_ASSERT_EQUAL(ar.n_notes, 2);
	CU_ASSERT_STRING_EQUAL(ar.notes[1].method, "Forced");
	ar_end();
}

static void
a_drain_lets_sessions_end(void)
{
	ar_begin();
	ar_add("", "");
	ar.agw->on_stopped = on_stopped;
	agw_drain(ar.agw);
	CU_ASSERT_PTR_NOT_NULL(ar_wait_note(1));
	CU_ASSERT_STRING_EQUAL(ar.notes[1].method, "Graceful");
	ar_ask("Context = $ { Add = ip/1/access/$ { Media { Local {\nv=0\nc=IN IP4 $\nm=message $ TCP *\n} } } }");
	CU_ASSERT_TRUE(ar_replied("Error=503"));
	ar_rest(1000);
	CU_ASSERT_FALSE(ar.stopped);
	ar_subtract();
	CU_ASSERT_TRUE(ar_until(is_stopped));
	CU_ASSERT_STRING_EQUAL(ar.notes[ar.n_notes - 1].method, "Forced");
	ar_end();
}

static void
a_silent_controller_is_told_of_it(void)
{
	ar_begin();
	ar_ask("Context = - { Modify = ROOT { Events = 7 { it/ito { mit = 500 } } } }");
	CU_ASSERT_TRUE(ar_replied("Modify=ROOT"));
	ar_rest(4000);
	ar_ask("Context = - { AuditValue = ROOT { Audit { } } }"); /* heard: the time begins anew */
	ar_rest(4000);
	CU_ASSERT_EQUAL(ar.n_notes, 1);
	ar_rest(1500);
	CU_ASSERT_EQUAL_FATAL(ar.n_notes, 2);
	CU_ASSERT_EQUAL(ar.notes[1].kind, MGCO_NOTIFY);
	CU_ASSERT_EQUAL(ar.notes[1].ctx, MGCO_CTX_NULL);
	CU_ASSERT_STRING_EQUAL(ar.notes[1].term, "ROOT");
	CU_ASSERT_STRING_EQUAL(ar.notes[1].event, "it/ito");
	ar_ask("Context = - { Modify = ROOT { Events } }");
	ar_rest(20000);
	CU_ASSERT_EQUAL(ar.n_notes, 2);
	ar_end();
}

/* Nobody to tell it to, then a controller that starts anew: it is off. */
static void
the_watch_ends_with_the_controllers_state(void)
{
	ar_begin();
	ar_ask("Context = - { Modify = ROOT { Events = 7 { it/ito { mit = 100 } } } }");
	ar_kill_mgc();
	ar_rest(5000);
	ar_start_mgc();
	ar_rest(2 * REG_LINK_MS + 1000);
	CU_ASSERT_TRUE(is_registered(NULL));
	CU_ASSERT_STRING_EQUAL(ar.notes[ar.n_notes - 1].event, "it/ito"); /* it was the same controller */
	ar_ask("Context = - { ServiceChange = ROOT { Services { Method = Restart, Reason = \"901 Cold Boot\" } } }");
	ar_rest(1000);
	ar.n_notes = 0;
	ar_rest(10000);
	CU_ASSERT_EQUAL(ar.n_notes, 0);
	ar_end();
}

/* Every state answers every event, and can be reached from the start. */
static void
the_table_is_complete(void)
{
	bool reached[REG_STATES] = { [REG_IDLE] = true };

	for (int round = 0; round < REG_STATES; round++)
		for (size_t i = 0; i < reg_fsm.n_rows; i++)
			if (reached[reg_fsm.rows[i].from])
				reached[reg_fsm.rows[i].to] = true;
	for (uint8_t st = 0; st < REG_STATES; st++) {
		CU_ASSERT_TRUE(reached[st]);
		for (uint8_t ev = 0; ev < REG_EVENTS; ev++) {
			if (ev == REG_EV_START && st != REG_IDLE)
				continue; /* our own call, made once */
			if (!fsm_row(&reg_fsm, st, ev) && !fsm_is_ignored(&reg_fsm, st, ev)) {
				fprintf(stderr, "%s on %s\n", reg_fsm.states[st], reg_fsm.events[ev]);
				CU_FAIL("neither a row nor ignored");
			}
		}
	}
}

const struct test_case test_cases[] = {
	TEST(registers_with_cold_boot_and_answers_the_heartbeat),
	TEST(a_controller_that_starts_anew_gets_an_empty_gateway),
	TEST(a_refused_registration_is_repeated),
	TEST(the_next_controller_is_tried_and_the_first_again),
	TEST(a_controller_hands_us_over),
	TEST(a_controller_is_found_by_its_name),
	TEST(a_reply_names_a_controller_that_is_looked_up),
	TEST(a_name_that_nobody_has_leaves_us_where_we_are),
	TEST(a_reply_sends_us_elsewhere),
	TEST(a_reply_names_another_address),
	TEST(a_hand_over_into_the_void_ends_at_the_list),
	TEST(a_controller_of_version_1_is_spoken_to_in_version_1),
	TEST(nobody_else_may_command),
	TEST(leaves_the_controller_when_it_stops),
	TEST(a_drain_lets_sessions_end),
	TEST(a_silent_controller_is_told_of_it),
	TEST(the_watch_ends_with_the_controllers_state),
	TEST(the_table_is_complete),
	{ NULL, NULL },
};
