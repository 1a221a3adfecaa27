/* SPDX-License-Identifier: BSD-2-Clause */
/* The gateway under controllers that want H.248 otherwise: flags and profiles seen from the controller. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/agw_rig.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "agw_quirks";

static bool
is_registered(void *unused)
{
	(void)unused;
	return mg_reg_get_assoc(&ar.agw->reg) != NULL;
}

static void
set(struct agw_conf *c, const char *name, const char *value)
{
	char why[OPTS_ERROR_MAX] = "";

	CU_ASSERT_EQUAL(opts_find(agw_opts, span_str(name))->set(c, value, why), 0);
}

/* ---- what it says of itself ---- */

static void
be_v1(struct agw_conf *c)
{
	set(c, "h248-profile", "v1");
}

static void
version_1_is_spoken_throughout(void)
{
	ar.configure = be_v1;
	ar_begin();
	CU_ASSERT_EQUAL(ar.notes[0].version, 1);
	CU_ASSERT_STRING_EQUAL(ar.notes[0].reason, "901 Cold Boot");
	CU_ASSERT_EQUAL(strlen(ar.notes[0].timestamp), strlen("20261122T02345678")); /* H.248.1 7.2.8 */
	ar_kill_mgc();
	ar_start_mgc();
	ar_rest(2 * REG_LINK_MS + 1000);
	CU_ASSERT_TRUE(is_registered(NULL));
	CU_ASSERT_STRING_EQUAL(ar.notes[ar.n_notes - 1].method, "Restart");
	CU_ASSERT_STRING_EQUAL(ar.notes[ar.n_notes - 1].reason, "900 Service Restored");
	CU_ASSERT_EQUAL(ar.notes[ar.n_notes - 1].version, 1);
	ar_end();
}

static void
be_erlang(struct agw_conf *c)
{
	set(c, "h248-profile", "erlang");
}

static void
only_the_first_message_is_of_version_1(void)
{
	ar.configure = be_erlang;
	ar_begin();
	CU_ASSERT_EQUAL(ar.notes[0].version, 1);
	mg_reg_announce_graceful(&ar.agw->reg);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ar_wait_note(1));
	CU_ASSERT_EQUAL(ar.notes[1].version, 2);
	ar_end();
}

static void
say_otherwise(struct agw_conf *c)
{
	set(c, "service-change", "drain:Forced:908 MG Impending Failure");
}

static void
an_event_has_the_method_and_reason_that_it_was_given(void)
{
	ar.configure = say_otherwise;
	ar_begin();
	CU_ASSERT_STRING_EQUAL(ar.notes[0].reason, "901 Cold Boot");
	mg_reg_announce_graceful(&ar.agw->reg);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ar_wait_note(1));
	CU_ASSERT_STRING_EQUAL(ar.notes[1].method, "Forced");
	CU_ASSERT_STRING_EQUAL(ar.notes[1].reason, "908 MG Impending Failure");
	ar_end();
}

/* ---- what it answers ---- */

static unsigned
count(const char *part)
{
	unsigned n = 0;

	for (const char *at = ar.reply; (at = strstr(at, part)); at++)
		n++;
	return n;
}

static void
be_default(struct agw_conf *c)
{
	set(c, "wildcard-reply", "each");
}

static void
be_one(struct agw_conf *c)
{
	set(c, "wildcard-reply", "one");
}

static void
several_terminations_get_a_reply_each_or_one(void)
{
	for (int one = 0; one < 2; one++) {
		ar.configure = one ? be_one : be_default;
		ar_begin();
		ar_add("", "");
		ar_ask("Context = %u { Modify = * { Events } }", ar.ctx);
		CU_ASSERT_EQUAL(count("Modify="), one ? 1 : 2);
		CU_ASSERT_EQUAL(ar_replied("Modify=*"), one);
		ar_ask("Context = %u { AuditValue = * { Audit { } } }", ar.ctx); /* not this one */
		CU_ASSERT_EQUAL(count("AuditValue=ip/"), 2);
		ar_ask("Context = %u { Subtract = * }", ar.ctx);
		CU_ASSERT_EQUAL(count("Subtract="), one ? 1 : 2);
		CU_ASSERT_EQUAL(ar_replied("Subtract=*"), one);
		CU_ASSERT_EQUAL(count("nt/or="), one ? 1 : 2);
		ar_end();
	}
}

static void
be_slow(struct agw_conf *c)
{
	set(c, "h248-pending-after", "2.5");
}

static void
the_time_until_a_pending_is_the_default_of_the_root_property(void)
{
	ar.configure = be_slow;
	ar_begin();
	ar_ask("Context = - { AuditValue = ROOT { Audit { Media } } }");
	CU_ASSERT_TRUE(ar_replied("root/normalMGExecutionTime=2500"));
	CU_ASSERT_TRUE(ar_replied("root/MGProvisionalResponseTimerValue=2500"));
	ar_ask("Context = - { Modify = ROOT { Media { TerminationState { root/MGOriginatedPendingLimit = 3 } } } }");
	CU_ASSERT_EQUAL(mg_get_root(ar.agw->mg)->mg_execution_ms, 2500);
	ar_end();
}

/* ---- how it writes ---- */

static char written[AR_TEXT_MAX];

static bool
keep(void *arg, struct span msg)
{
	(void)arg;
	(void)snprintf(written, sizeof(written), "%.*s", SPAN_FMT(msg));
	return true;
}

static void
be_upper(struct agw_conf *c)
{
	set(c, "h248-profile", "upper");
	set(c, "h248-quotes", "needed");
}

static void
messages_leave_as_the_flags_say(void)
{
	ar.configure = be_upper;
	ar_begin();
	mgco_node_set_tap(ar.agw->node, keep, NULL);
	ar_ask("Context = - { AuditValue = ROOT { Audit { Media } } }");
	CU_ASSERT_PTR_NOT_NULL(strstr(written, "AUDITVALUE = ROOT {"));
	CU_ASSERT_PTR_NOT_NULL(strstr(written, "ipra/ar = [access,core]"));
	CU_ASSERT_PTR_NULL(strstr(written, "Media"));
	mg_reg_announce_graceful(&ar.agw->reg);
	CU_ASSERT_PTR_NOT_NULL(ar_wait_note(1));
	CU_ASSERT_PTR_NOT_NULL(strstr(written, "METHOD = GRACEFUL"));
	CU_ASSERT_PTR_NOT_NULL(strstr(written, "PROFILE = Iq/1"));
	ar_end();
}

const struct test_case test_cases[] = {
	TEST(version_1_is_spoken_throughout),
	TEST(only_the_first_message_is_of_version_1),
	TEST(an_event_has_the_method_and_reason_that_it_was_given),
	TEST(several_terminations_get_a_reply_each_or_one),
	TEST(the_time_until_a_pending_is_the_default_of_the_root_property),
	TEST(messages_leave_as_the_flags_say),
	{ NULL, NULL },
};
