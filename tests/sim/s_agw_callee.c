/* SPDX-License-Identifier: BSD-2-Clause */
/* A Remote that would have the gateway call whom it must not: refused where only we can connect, and never called anyway. */
#include "agw/realm.h"
#include "tests/lib/agw_rig.h"
#include "tests/lib/relay_peer.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "agw_callee";

static void
deny(unsigned realm, const char *net)
{
	struct callee_nets *c = &ar.agw->realms[realm]->callees;

	CU_ASSERT_EQUAL_FATAL(addr_net_parse(span_str(net), &c->deny[c->n_deny++]), 0);
}

/* T2's peer from now on. */
static void
set_core(const char *host, unsigned port, const char *setup)
{
	ar_ask("Context = %u { Modify = %s { Media { Stream = 1 { Remote {\nv=0\nc=IN IP4 %s\nm=message %u TCP *\na=setup:%s\n"
	       "} } } } }",
	       ar.ctx, ar.t2, host, port, setup);
}

static uint64_t
calls_denied(void)
{
	return ar.agw->counters.reasons[REASON_REMOTE_DENIED];
}

static void
a_denied_remote_is_refused_and_the_call_goes_on(void)
{
	ar_begin();
	deny(1, "127.99.0.0/16");
	ar_add(", seplink/link = ON", ", Signals { ipnapt/latch { napt = LATCH } }");
	ar_answer(", seplink/link = ON", true);
	peer_connect(&ar.ue, &ar.local[0]);
	ar_check_talk();
	set_core("127.99.0.1", 7654, "passive");
	CU_ASSERT_TRUE(ar_replied("Error=449"));
	CU_ASSERT_TRUE(ar_replied("remote-denied: in call-deny= of the realm"));
	set_core("224.0.0.1", 7654, "passive");
	CU_ASSERT_TRUE(ar_replied("remote-denied: a multicast address"));
	CU_ASSERT_EQUAL(ar.agw->realms[1]->denied, 2);
	CU_ASSERT_EQUAL(ar.agw->realms[0]->denied, 0);
	ar_check_talk();
	CU_ASSERT_EQUAL(ar.core.connections, 1);
	CU_ASSERT_EQUAL(ar.n_notes, 1); /* the registration */
	/* And the Remote is the old one: a connection that breaks is made again to the same peer. */
	ar_ask("Context = %u { AuditValue = %s { Audit { Media } } }", ar.ctx, ar.t2);
	CU_ASSERT_TRUE(ar_replied("127.0.0.1"));
	CU_ASSERT_PTR_NULL(strstr(ar.reply, "127.99.0.1"));
	ar_subtract();
	ar_end();
}

/* a=setup:actpass: it could still come by itself. */
static void
where_the_peer_may_come_itself_only_our_call_is_denied(void)
{
	const struct ar_note *n;

	ar_begin();
	deny(1, "127.0.0.1");
	ar_add(", seplink/link = ON", ", Signals { ipnapt/latch { napt = LATCH } }");
	ar_answer(", seplink/link = ON", true);
	peer_connect(&ar.ue, &ar.local[0]);
	n = ar_wait_note(1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	CU_ASSERT_STRING_EQUAL(n->term, ar.t2);
	CU_ASSERT_STRING_EQUAL(n->event, "tcpbcc/BNCChange");
	CU_ASSERT_STRING_EQUAL(n->cause, "remote-denied");
	CU_ASSERT_EQUAL(ar.core.connections, 0);
	CU_ASSERT_EQUAL(calls_denied(), 1);
	CU_ASSERT_EQUAL(ar.agw->realms[1]->denied, 0);
	ar_subtract();
	ar_end();
}

/* A filter wants to know whom to let in, wherever he is; it is not called. */
static void
a_denied_address_may_still_connect_to_us(void)
{
	ar_begin();
	deny(0, "127.0.0.0/8");
	ar_add(", seplink/link = ON", "");
	ar_answer(", gm/saf = ON, seplink/link = ON", true);
	peer_connect(&ar.ue, &ar.local[0]);
	ar_check_talk();
	CU_ASSERT_EQUAL(calls_denied(), 0);
	ar_subtract();
	ar_end();
}

/* RFC 3264 8.4: no address, or the unspecified one, is no error; it only is not called. */
static void
hold_is_legal_and_calls_nobody(void)
{
	static const char *const held[] = { "0.0.0.0", "-" };

	for (unsigned i = 0; i < 2; i++) {
		ar_begin();
		ar_add(", seplink/link = ON", ", Signals { ipnapt/latch { napt = LATCH } }");
		ar_answer(", seplink/link = ON", true);
		set_core(held[i], 7654, "passive");
		CU_ASSERT_PTR_NULL(strstr(ar.reply, "Error"));
		peer_connect(&ar.ue, &ar.local[0]);
		ar_rest(2000);
		CU_ASSERT_EQUAL(ar.core.connections, 0);
		CU_ASSERT_EQUAL(calls_denied(), 0);
		CU_ASSERT_EQUAL(ar.n_notes, 1);
		set_core("127.0.0.1", ar.core.local.port, "passive"); /* back from hold */
		CU_ASSERT_PTR_NULL(strstr(ar.reply, "Error"));
		ar_subtract();
		ar_end();
	}
}

static void
ports_of_the_same_context_are_not_called(void)
{
	char ip[ADDR_TEXT_MAX];

	ar_begin();
	ar_add("", "");
	for (unsigned i = 0; i < 2; i++) { /* T1's port, and T2's own */
		set_core(addr_ip_text(&ar.local[i], ip), ar.local[i].port, "passive");
		CU_ASSERT_TRUE(ar_replied("remote-denied: a port of the same context"));
	}
	ar_subtract();
	ar_end();
}

/* With an Add the whole termination is refused, and leaves nothing. */
static void
an_add_with_a_denied_remote_is_refused(void)
{
	ar_begin();
	ar_ask("Context = $ { Add = ip/1/core/$ { Media { Stream = 1 { Local {\nv=0\nc=IN IP4 $\nm=message $ TCP *\n"
	       "a=setup:active\n}, Remote {\nv=0\nc=IN IP4 255.255.255.255\nm=message 7 TCP *\na=setup:passive\n} } } } }");
	CU_ASSERT_TRUE(ar_replied("Error=449"));
	CU_ASSERT_TRUE(ar_replied("remote-denied: the broadcast address"));
	CU_ASSERT_EQUAL(realm_ports_taken(ar.agw->realms[1]), 0);
	ar_end();
}

const struct test_case test_cases[] = {
	TEST(a_denied_remote_is_refused_and_the_call_goes_on),
	TEST(where_the_peer_may_come_itself_only_our_call_is_denied),
	TEST(a_denied_address_may_still_connect_to_us),
	TEST(hold_is_legal_and_calls_nobody),
	TEST(ports_of_the_same_context_are_not_called),
	TEST(an_add_with_a_denied_remote_is_refused),
	{ NULL, NULL },
};
