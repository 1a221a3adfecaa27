/* SPDX-License-Identifier: BSD-2-Clause */
/* Command trees against the texts in tests/vec/alg, and replies of all kinds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/mgc.h"
#include "tests/lib/tmain.h"

static struct iq_names names;
static struct arena a;

static struct addr
hostport(const char *text)
{
	struct addr x = { 0 };

	CU_ASSERT_EQUAL(addr_parse_hostport(span_str(text), &x), 0);
	return x;
}

static void
begin(void)
{
	iq_names_init(&names);
	arena_init(&a, 4 * 1024 * 1024);
}

/* Prints a tree like a message and compares it with a file; CR is left out of both. GOLDEN=1 writes the file. */
static void
expect(const char *file, struct mgco_action *act)
{
	static char got[16384], want[16384];
	const struct mgco_style pretty = { .pretty = true };
	struct mgco_txn txn = { .kind = MGCO_REQUEST, .id = 1001, .actions = act };
	struct mgco_msg msg = { .version = 2, .mid = SPAN_LIT("[192.0.2.10]:2944"), .txns = &txn };
	const char *top = getenv("TOP_SRCDIR");
	char path[512];
	size_t n = 0;
	struct out o;
	FILE *f;

	CU_ASSERT_PTR_NOT_NULL_FATAL(act);
	out_init(&o, got, sizeof(got));
	mgco_print(&o, &msg, &pretty);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out_cstr(&o));
	for (size_t i = 0; i <= o.len; i++)
		if (got[i] != '\r')
			got[n++] = got[i];
	snprintf(path, sizeof(path), "%s/tests/vec/alg/%s", top ? top : ".", file);
	if (getenv("GOLDEN")) {
		f = fopen(path, "w");
		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		fputs(got, f);
		fclose(f);
	}
	f = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	n = fread(want, 1, sizeof(want) - 1, f);
	want[n] = '\0';
	fclose(f);
	CU_ASSERT_STRING_EQUAL(got, want);
	if (strcmp(got, want))
		printf("\nexpected %s:\n%s\ngot:\n%s\n", file, want, got);
}

/* What step 2-7 of TS 23.334 6.2.10.3.1.2.1 orders for a UE that may not connect yet. */
static void
offer_terms(struct mgc_term t[SIDES])
{
	t[SIDE_ACCESS] = (struct mgc_term){ .realm = "access", .family = ADDR_V4, .tls = true,
		                            .setup = SDP_ACTPASS, .link = true, .discard = true };
	t[SIDE_CORE] = (struct mgc_term){ .realm = "core", .family = ADDR_V4, .setup = SDP_ACTPASS, .saf = true,
		                          .remote = hostport("198.51.100.7:7654"),
		                          .remote_setup = SDP_ACTPASS };
}

static void
answer_terms(struct mgc_term t[SIDES], struct mgc_end e[SIDES])
{
	offer_terms(t);
	strcpy(e[SIDE_ACCESS].term, "ip/1/access/501");
	e[SIDE_ACCESS].local = hostport("203.0.113.20:20001");
	strcpy(e[SIDE_CORE].term, "ip/1/core/502");
	e[SIDE_CORE].local = hostport("192.0.2.20:30001");
	t[SIDE_ACCESS].discard = false;
	t[SIDE_ACCESS].saf = t[SIDE_ACCESS].spf = true;
	t[SIDE_ACCESS].setup = SDP_PASSIVE;
	t[SIDE_ACCESS].remote = hostport("203.0.113.99:40000");
	t[SIDE_ACCESS].remote_setup = SDP_ACTIVE;
	CU_ASSERT_EQUAL(fpr_set_add(&t[SIDE_ACCESS].remote_fprs,
	                            SPAN_LIT("sha-256 11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:"
	                                     "11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00")),
	                0);
	t[SIDE_CORE].setup = SDP_ACTIVE;
	t[SIDE_CORE].saf = false;
}

static void
reserves_for_variant_a_with_syns_ignored(void)
{
	struct mgc_term t[SIDES];

	begin();
	offer_terms(t);
	expect("add-a-ignore.txt", mgc_build_add(&a, &names, t));
	arena_fini(&a);
}

static void
reserves_for_variant_b_with_latching_and_ipv6_towards_the_ue(void)
{
	struct mgc_term t[SIDES];

	begin();
	offer_terms(t);
	t[SIDE_ACCESS].link = t[SIDE_ACCESS].discard = false;
	t[SIDE_ACCESS].latch = true;
	t[SIDE_ACCESS].family = ADDR_V6;
	expect("add-b-latch-v6.txt", mgc_build_add(&a, &names, t));
	arena_fini(&a);
}

static void
configures_variant_a_with_filter(void)
{
	struct mgc_end e[SIDES] = { 0 };
	struct mgc_term t[SIDES];

	begin();
	answer_terms(t, e);
	expect("modify-a-filter.txt", mgc_build_modify(&a, &names, 77, e, t));
	arena_fini(&a);
}

static void
configures_variant_b_and_orders_the_connection(void)
{
	struct mgc_end e[SIDES] = { 0 };
	struct mgc_term t[SIDES];

	begin();
	answer_terms(t, e);
	t[SIDE_ACCESS].link = false;
	t[SIDE_CORE].establish = true;
	expect("modify-b.txt", mgc_build_modify(&a, &names, 77, e, t));
	arena_fini(&a);
}

static void
subtracts_with_statistics(void)
{
	struct mgc_end e[SIDES] = { 0 };
	struct mgc_term t[SIDES];

	begin();
	answer_terms(t, e);
	expect("subtract.txt", mgc_build_subtract(&a, 77, e));
	expect("subtract-all.txt", mgc_build_subtract(&a, 77, NULL));
	arena_fini(&a);
}

static void
a_small_arena_gives_no_half_tree(void)
{
	struct mgc_term t[SIDES];
	size_t built = 0;

	begin();
	offer_terms(t);
	arena_fini(&a);
	for (size_t limit = 0; limit < 8192; limit += 16) {
		struct mgco_action *act;

		arena_init(&a, limit);
		act = mgc_build_add(&a, &names, t);
		if (act) {
			built++;
			CU_ASSERT(act->cmds && act->cmds->next && act->cmds->next->media->streams->remote.len > 0);
			CU_ASSERT(act->cmds && act->cmds->next && act->cmds->next->events->events);
		}
		arena_fini(&a);
	}
	CU_ASSERT(built > 0);
}

/* ---- replies ---- */

static const struct mgco_txn *
reply(const char *body)
{
	static struct mgco_msg msg;
	struct span text = arena_printf(&a, "MEGACO/2 [192.0.2.20]:2944 Reply = 1001 { %s }", body);

	CU_ASSERT_EQUAL_FATAL(mgco_parse(&a, text, &msg, NULL), 0);
	return msg.txns;
}

#define T1_LOCAL "Media { Stream = 1 { Local { v=0\r\nc=IN IP4 203.0.113.20\r\nm=message 20001 TCP/TLS *\r\n" \
		 "a=fingerprint:sha-256 AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA" \
		 ":AA:AA:AA:AA:AA:AA:AA\r\n } } }"
#define T2_LOCAL_AT(conn) "Media { Stream = 1 { Local { v=0\r\nc=IN " conn "\r\nm=message 30001 TCP *\r\n } } }"
#define T2_LOCAL T2_LOCAL_AT("IP6 2001:db8::20")

static void
reads_what_the_gateway_chose(void)
{
	struct mgc_end e[SIDES] = { 0 };
	struct mgc_failure why;
	struct mgc_term t[SIDES];
	char text[ADDR_TEXT_MAX];
	uint32_t ctx;

	begin();
	offer_terms(t);
	t[SIDE_CORE].family = ADDR_V6;
	CU_ASSERT_EQUAL(mgc_read_add(reply("Context = 77 { Add = ip/1/access/501 { " T1_LOCAL " }, "
	                                   "Add = ip/1/core/502 { " T2_LOCAL " } }"),
	                             t, e, &ctx, &why),
	                0);
	CU_ASSERT_EQUAL(ctx, 77);
	CU_ASSERT_STRING_EQUAL(e[SIDE_ACCESS].term, "ip/1/access/501");
	CU_ASSERT_STRING_EQUAL(addr_text(&e[SIDE_ACCESS].local, text), "203.0.113.20:20001");
	CU_ASSERT_EQUAL(e[SIDE_ACCESS].fprs.n, 1);
	CU_ASSERT_STRING_EQUAL(addr_text(&e[SIDE_CORE].local, text), "[2001:db8::20]:30001");
	CU_ASSERT_EQUAL(e[SIDE_CORE].fprs.n, 0);
	arena_fini(&a);
}

static void
a_bad_reply_to_add_is_refused_and_names_the_context_to_drop(void)
{
	static const struct {
		const char *body;
		int rc;
		uint32_t ctx, code;
		const char *reason;
	} rows[] = {
		{ "Error = 500 { \"x\" }", ERR_REFUSED, MGCO_CTX_NULL, 500, "gateway-error" },
		{ "Context = $ { Error = 412 { \"full\" } }", ERR_REFUSED, MGCO_CTX_NULL, 412, "overload" },
		{ "Context = 77 { Add = ip/1/access/$ { Error = 510 { \"no ports\" } } }", ERR_REFUSED, MGCO_CTX_NULL,
		  510, "no-port" },
		{ "Context = $ { Add = ip/1/core/$ { Error = 449 { \"a value: remote-denied: a loopback address\" } } }",
		  ERR_REFUSED, MGCO_CTX_NULL, 449, "remote-denied" },
		{ "Context = $ { Add = ip/1/core/$ { Error = 449 { \"a value\" } } }", ERR_REFUSED, MGCO_CTX_NULL, 449,
		  "gateway-error" },
		{ "Context = 77 { Add = ip/1/access/$ { Error = 510 { \"Insufficient resources: overload\" } } }", ERR_REFUSED,
		  MGCO_CTX_NULL, 510, "overload" },
		{ "Context = 77 { Add = ip/1/access/501 { " T1_LOCAL " }, Add = ip/1/core/$ { Error = 430 { } } }",
		  ERR_REFUSED, 77, 430, "gateway-error" },
		{ "Context = 77 { Add = ip/1/access/501 { " T1_LOCAL " } }", ERR_SYNTAX, 77, 0, "internal" },
		{ "Context = 77 { Add = ip/1/access/501, Add = ip/1/core/502 }", ERR_SYNTAX, 77, 0, "internal" },
		{ "Context = 77 { Add = ip/1/access/501 { " T2_LOCAL " }, Add = ip/1/core/502 { " T2_LOCAL " } }",
		  ERR_SYNTAX, 77, 0, "internal" }, /* no fingerprint for a TLS termination */
		{ "Context = 77 { Add = ip/1/access/$ { " T1_LOCAL " }, Add = ip/1/core/502 { " T2_LOCAL " } }",
		  ERR_SYNTAX, 77, 0, "internal" },
		/* an address that is none, one of another family than was asked for, and a termination that would be both */
		{ "Context = 77 { Add = ip/1/access/501 { " T1_LOCAL " }, Add = ip/1/core/502 { " T2_LOCAL_AT("IP6 ::") " } }",
		  ERR_SYNTAX, 77, 0, "internal" },
		{ "Context = 77 { Add = ip/1/access/501 { " T1_LOCAL " }, Add = ip/1/core/502 { " T2_LOCAL_AT("IP4 192.0.2.7")
		  " } }", ERR_SYNTAX, 77, 0, "internal" },
		{ "Context = 77 { Add = ip/1/core/501 { " T1_LOCAL " }, Add = IP/1/core/501 { " T2_LOCAL " } }",
		  ERR_SYNTAX, 77, 0, "internal" },
		{ "Context = 77 { Modify = ip/1/access/501 }", ERR_SYNTAX, MGCO_CTX_NULL, 0, "internal" },
		{ "Context = - { Add = ip/1/access/501 { " T1_LOCAL " } }", ERR_SYNTAX, MGCO_CTX_NULL, 0, "internal" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mgc_end e[SIDES] = { 0 };
		struct mgc_failure why = { 9, "" };
		struct mgc_term t[SIDES];
		uint32_t ctx = 5;

		begin();
		offer_terms(t);
		t[SIDE_CORE].family = ADDR_V6;
		CU_ASSERT_EQUAL(mgc_read_add(reply(rows[i].body), t, e, &ctx, &why), rows[i].rc);
		CU_ASSERT_EQUAL(ctx, rows[i].ctx);
		CU_ASSERT_EQUAL(why.code, rows[i].code);
		CU_ASSERT_STRING_EQUAL(mgc_failure_reason(&why), rows[i].reason);
		CU_ASSERT_EQUAL(e[SIDE_ACCESS].term[0], '\0');
		arena_fini(&a);
	}
}

static void
reads_statistics_as_far_as_they_are_there(void)
{
	struct mgc_stats st[SIDES] = { 0 };
	struct mgc_end e[SIDES] = { 0 };
	struct mgc_term t[SIDES];

	begin();
	answer_terms(t, e);
	mgc_read_stats(&names, reply("Context = 77 { Subtract = IP/1/ACCESS/501 { Statistics { nt/os = 12, nt/or = 34, "
	                             "nt/dur = 5600 } }, Subtract = ip/1/core/502 }"),
	               e, st);
	CU_ASSERT(st[SIDE_ACCESS].known);
	CU_ASSERT_EQUAL(st[SIDE_ACCESS].octets_out, 12);
	CU_ASSERT_EQUAL(st[SIDE_ACCESS].octets_in, 34);
	CU_ASSERT_EQUAL(st[SIDE_ACCESS].duration_s, 5);
	CU_ASSERT_FALSE(st[SIDE_CORE].known);
	arena_fini(&a);
}

static struct mgc_event
event(const char *text)
{
	static struct mgco_msg msg;
	struct span s = arena_printf(&a, "MEGACO/2 [192.0.2.20]:2944 Transaction = 1 { Context = 7 { Notify = t { "
	                                 "ObservedEvents = 1 { %s } } } }", text);

	CU_ASSERT_EQUAL_FATAL(mgco_parse(&a, s, &msg, NULL), 0);
	return mgc_read_event(&names, msg.txns->actions->cmds->observed->events);
}

static void
events_are_told_apart(void)
{
	begin();
	CU_ASSERT_EQUAL(event("hangterm/thb").kind, MGC_EV_HEARTBEAT);
	CU_ASSERT_EQUAL(event("g/cause { Generalcause = FP, Failurecause = \"tls-alert-42\" }").kind, MGC_EV_FAILURE);
	CU_ASSERT(span_eqs(event("g/cause { Generalcause = FP, Failurecause = \"tls-alert-42\" }").reason, "tls-alert-42"));
	CU_ASSERT_EQUAL(event("TCPBCC/bncchange { Type = Est }").kind, MGC_EV_TCP_UP);
	CU_ASSERT_EQUAL(event("tlsbsc/BNCChange { Type = Fail, Reason = fp-missing }").kind, MGC_EV_FAILURE);
	CU_ASSERT(span_eqs(event("tlsbsc/BNCChange { Type = Fail, Reason = fp-missing }").reason, "fp-missing"));
	CU_ASSERT_EQUAL(event("adid/ipstop").kind, MGC_EV_IDLE);
	CU_ASSERT_EQUAL(event("nt/netfail").kind, MGC_EV_OTHER);
	arena_fini(&a);
}

const char test_suite[] = "mgc";
const struct test_case test_cases[] = {
	TEST(reserves_for_variant_a_with_syns_ignored),
	TEST(reserves_for_variant_b_with_latching_and_ipv6_towards_the_ue),
	TEST(configures_variant_a_with_filter),
	TEST(configures_variant_b_and_orders_the_connection),
	TEST(subtracts_with_statistics),
	TEST(a_small_arena_gives_no_half_tree),
	TEST(reads_what_the_gateway_chose),
	TEST(a_bad_reply_to_add_is_refused_and_names_the_context_to_drop),
	TEST(reads_statistics_as_far_as_they_are_there),
	TEST(events_are_told_apart),
	{ 0 },
};
