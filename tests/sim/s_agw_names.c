/* SPDX-License-Identifier: BSD-2-Clause */
/* Controllers by name: of --mgc, and of MgcIdToTry where nobody has it. "localhost" stands in every host's own file. Lookups
 * take real time, which the turned clock does not. */
#include <poll.h>

#include "tests/lib/agw_rig.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "agw_names";

static bool
is_registered(void *unused)
{
	(void)unused;
	return mg_reg_get_assoc(&ar.agw->reg) != NULL;
}

static bool
is_lost(void *unused)
{
	(void)unused;
	return mg_reg_get_assoc(&ar.agw->reg) == NULL;
}

/* Bounded: 20 s of the real time, for a machine that is busy, of which our clock turns in the first four. */
static void
rest_until(bool (*done)(void *unused), uint64_t step_ms)
{
	for (int i = 0; i < 10000 && !done(NULL); i++) {
		ar_rest(i < 2000 ? step_ms : 0);
		(void)poll(NULL, 0, 2);
	}
	CU_ASSERT_TRUE(done(NULL));
}

static void
add_name(struct agw_conf *c, const char *name)
{
	struct mgc_conf *m = &c->mgcs[c->n_mgcs++];

	*m = (struct mgc_conf){ .proto = MGCO_TCP, .addr.port = ar.mgc_addr.port };
	(void)span_copy(span_str(name), m->host, sizeof(m->host));
}

static void
by_name(struct agw_conf *c)
{
	add_name(c, "localhost");
}

/* ar_begin_unregistered() adds the controller by its address. */
static void
unknown_first(struct agw_conf *c)
{
	add_name(c, "a..b");
}

static void
a_controller_is_looked_up_each_time(void)
{
	ar.configure = by_name;
	ar_begin_unregistered(false);
	CU_ASSERT_FALSE(mg_reg_may_come(&ar.agw->reg, &ar.mgc_addr) && ar.agw->reg.at != 0);
	rest_until(is_registered, 1);
	CU_ASSERT_EQUAL(ar.agw->reg.at, 0);
	CU_ASSERT_EQUAL(ar.agw->reg.target.addr.port, ar.mgc_addr.port);
	CU_ASSERT_TRUE(mg_reg_may_come(&ar.agw->reg, &ar.agw->reg.target.addr));
	CU_ASSERT_STRING_EQUAL(ar.notes[0].reason, "901 Cold Boot");
	ar_kill_mgc();
	rest_until(is_lost, 10);
	ar_start_mgc();
	rest_until(is_registered, 100);
	CU_ASSERT_STRING_EQUAL(ar.notes[ar.n_notes - 1].method, "Disconnected");
	ar_end();
}

static void
after_a_name_that_nobody_has_the_list_goes_on(void)
{
	ar.configure = unknown_first;
	ar_begin_unregistered(false);
	rest_until(is_registered, 100);
	CU_ASSERT_EQUAL(ar.agw->reg.at, 1);
	CU_ASSERT_STRING_EQUAL(ar.notes[0].reason, "901 Cold Boot");
	ar_end();
}

static bool
has_come_again(void *unused)
{
	return ar.n_notes >= 2 && is_registered(unused);
}

/* Our controller is going away, and the other one is nobody: as if it did not answer (H.248.1 11.5). */
static void
a_hand_over_to_a_name_that_nobody_has_ends_at_the_list(void)
{
	ar_begin();
	ar_ask("Context = - { ServiceChange = ROOT { Services { Method = HandOff, Reason = \"903 MGC Directed Change\","
	       " MgcIdToTry = <a..b>:2944 } } }");
	CU_ASSERT_FALSE(ar_replied("Error"));
	rest_until(has_come_again, 10);
	CU_ASSERT_STRING_EQUAL(ar.notes[1].method, "Disconnected");
	CU_ASSERT_EQUAL(ar.agw->reg.target.addr.port, ar.mgc_addr.port);
	ar_end();
}

static void
a_hand_over_to_what_has_no_address_is_refused(void)
{
	ar_begin();
	ar_ask("Context = - { ServiceChange = ROOT { Services { Method = HandOff, Reason = \"903 MGC Directed Change\","
	       " MgcIdToTry = mgc2 } } }");
	CU_ASSERT_TRUE(ar_replied("Error=449"));
	ar_rest(10000);
	CU_ASSERT_TRUE(is_registered(NULL));
	CU_ASSERT_EQUAL(ar.n_notes, 1);
	ar_end();
}

static void
a_gateway_that_stops_meanwhile_links_to_nobody(void)
{
	ar.configure = by_name;
	ar_begin_unregistered(false);
	mg_reg_stop(&ar.agw->reg);
	for (int i = 0; i < 50; i++) {
		ar_rest(10);
		(void)poll(NULL, 0, 2);
	}
	CU_ASSERT_EQUAL(ar.agw->reg.fsm.state, REG_IDLE);
	CU_ASSERT_EQUAL(ar.n_notes, 0);
	ar_end();
}

const struct test_case test_cases[] = {
	TEST(a_controller_is_looked_up_each_time),
	TEST(after_a_name_that_nobody_has_the_list_goes_on),
	TEST(a_hand_over_to_a_name_that_nobody_has_ends_at_the_list),
	TEST(a_hand_over_to_what_has_no_address_is_refused),
	TEST(a_gateway_that_stops_meanwhile_links_to_nobody),
	{ NULL, NULL },
};
