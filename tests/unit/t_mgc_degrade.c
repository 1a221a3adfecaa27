/* SPDX-License-Identifier: BSD-2-Clause */
/* Which refusals an order survives, and without what. */
#include "alg/mgc_degrade.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/tmain.h"

const char test_suite[] = "mgc_degrade";

enum {
	ALL = MGC_LACKS_REALM | MGC_LACKS_HANGTERM | MGC_LACKS_CAUSE | MGC_LACKS_TCP_CHANGE | MGC_LACKS_TLS_CHANGE |
	      MGC_LACKS_FILTER | MGC_LACKS_DISCARD,
};

static struct iq_names names;
static struct mgc_term want[SIDES];

/* Terminating e2ae: T1 ignores SYNs and triggers T2; no filter. */
static void
order(void)
{
	iq_names_init(&names);
	memset(want, 0, sizeof(want));
	want[SIDE_ACCESS].tls = want[SIDE_ACCESS].discard = want[SIDE_ACCESS].link = true;
}

static void
lack(unsigned lacks)
{
	want[SIDE_ACCESS].lacks = want[SIDE_CORE].lacks = lacks;
}

static unsigned
refused(uint32_t code, const char *text)
{
	struct mgc_failure f = { .code = code };

	(void)snprintf(f.text, sizeof(f.text), "%s", text);
	return mgc_degrade(&f, &names, want);
}

static void
an_optional_item_that_is_named_is_left_out(void)
{
	order();
	CU_ASSERT_EQUAL(refused(451, "No such event in this package: hangterm/thb"), MGC_LACKS_HANGTERM);
	CU_ASSERT_EQUAL(refused(446, "unknown parameter timerx"), MGC_LACKS_HANGTERM);
	CU_ASSERT_EQUAL(refused(445, "ipdc/realm"), MGC_LACKS_REALM);
	CU_ASSERT_EQUAL(refused(449, "Unsupported value: IPDC/REALM = \"access\""), MGC_LACKS_REALM);
	CU_ASSERT_EQUAL(refused(512, "g/cause"), MGC_LACKS_CAUSE);
	CU_ASSERT_EQUAL(refused(451, "tlsbsc/BNCChange, tcpbcc/BNCChange"), MGC_LACKS_TLS_CHANGE | MGC_LACKS_TCP_CHANGE);
	CU_ASSERT_EQUAL(refused(445, "tcpbcc/discard"), MGC_LACKS_DISCARD);
	CU_ASSERT_EQUAL(refused(440, "Unsupported or unknown package: hangterm"), MGC_LACKS_HANGTERM);
	CU_ASSERT_EQUAL(refused(445, "gm/saf"), MGC_LACKS_FILTER); /* it says OFF */
	/* Part of another name is not the name. */
	CU_ASSERT_EQUAL(refused(445, "xg/cause and g/causes"), ALL);
}

static void
what_must_be_is_not_left_out(void)
{
	order();
	CU_ASSERT_EQUAL(refused(445, "seplink/link"), 0);
	CU_ASSERT_EQUAL(refused(440, "seplink"), 0);
	want[SIDE_ACCESS].latch = true;
	CU_ASSERT_EQUAL(refused(452, "ipnapt/latch"), 0);
	CU_ASSERT_EQUAL(refused(445, "tcpbcc/discard"), 0); /* nothing else keeps the connection out */
	want[SIDE_ACCESS].latch = false;
	want[SIDE_CORE].saf = true;
	CU_ASSERT_EQUAL(refused(445, "gm/saf"), 0);
	CU_ASSERT_EQUAL(refused(440, "gm"), 0);
	want[SIDE_CORE].spf = true;
	CU_ASSERT_EQUAL(refused(445, "gm/spf"), 0);
	CU_ASSERT_EQUAL(refused(440, "tcpbcc"), MGC_LACKS_TCP_CHANGE | MGC_LACKS_DISCARD);
	want[SIDE_CORE].establish = true;
	CU_ASSERT_EQUAL(refused(440, "tcpbcc"), 0);
	/* One that may go beside one that may not. */
	CU_ASSERT_EQUAL(refused(445, "ipdc/realm, seplink/link"), 0);
}

static void
tls_and_the_fingerprint_are_never_left_out(void)
{
	static const char *const texts[] = {
		"a=fingerprint", "Unsupported value: fingerprint:sha-256", "m=message TCP/TLS", "TLS not supported", "a=setup",
	};
	static const uint32_t codes[] = { 440, 445, 446, 449, 501, 515 };

	order();
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t k = 0; k < sizeof(codes) / sizeof(codes[0]); k++)
			CU_ASSERT_EQUAL(refused(codes[k], texts[i]), 0);
}

/* The peer's address is at fault: less of an order would be refused all the same. */
static void
a_denied_remote_leaves_nothing_out(void)
{
	order();
	want[SIDE_CORE].msrp = MSRP_AWARE_IF_ABLE;
	CU_ASSERT_EQUAL(refused(449, "Unsupported value: remote-denied: a loopback address"), 0);
}

static void
without_a_name_everything_that_may_goes_once(void)
{
	order();
	CU_ASSERT_EQUAL(refused(501, "Not implemented"), ALL);
	want[SIDE_CORE].saf = true;
	CU_ASSERT_EQUAL(refused(445, ""), ALL & ~(unsigned)MGC_LACKS_FILTER);
	want[SIDE_ACCESS].report_up = want[SIDE_CORE].report_up = true;
	CU_ASSERT_EQUAL(refused(445, ""),
	                ALL & ~(unsigned)(MGC_LACKS_FILTER | MGC_LACKS_TCP_CHANGE | MGC_LACKS_TLS_CHANGE));
	lack(ALL);
	CU_ASSERT_EQUAL(refused(501, "Not implemented"), 0);
	CU_ASSERT_EQUAL(refused(451, "hangterm/thb"), 0); /* it was not in the order */
}

static void
waiting_for_connections_needs_their_events(void)
{
	order();
	want[SIDE_ACCESS].report_up = want[SIDE_CORE].report_up = true;
	CU_ASSERT_EQUAL(refused(451, "tcpbcc/BNCChange"), 0);
	CU_ASSERT_EQUAL(refused(451, "tlsbsc/BNCChange"), 0);
	CU_ASSERT_EQUAL(refused(451, "g/cause"), MGC_LACKS_CAUSE);
}

static void
aware_goes_where_it_was_a_wish(void)
{
	order();
	want[SIDE_ACCESS].msrp = want[SIDE_CORE].msrp = MSRP_AWARE_IF_ABLE;
	CU_ASSERT_EQUAL(refused(449, "a=path:$"), MGC_LACKS_AWARE);
	CU_ASSERT_EQUAL(refused(515, "TCP/TLS/MSRP"), MGC_LACKS_AWARE);
	CU_ASSERT_EQUAL(refused(501, "no"), MGC_LACKS_AWARE);
	CU_ASSERT_EQUAL(refused(445, "ipdc/realm"), MGC_LACKS_REALM);
	want[SIDE_ACCESS].msrp = want[SIDE_CORE].msrp = MSRP_AWARE;
	CU_ASSERT_EQUAL(refused(449, "a=path:$"), 0);
	CU_ASSERT_EQUAL(refused(515, "TCP/MSRP"), 0);
}

static void
other_refusals_stand(void)
{
	static const uint32_t codes[] = { 0, 400, 411, 412, 422, 430, 432, 434, 442, 500, 502, 503, 505, 506, 510, 526, 533 };

	order();
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		CU_ASSERT_EQUAL(refused(codes[i], "hangterm/thb"), 0);
}

/* Whatever a gateway says, the rounds end, and what is left still has all that protects. */
static void
the_rounds_end(void)
{
	char text[MGC_TEXT_MAX];
	unsigned rounds = 0, less;

	order();
	want[SIDE_ACCESS].msrp = want[SIDE_CORE].msrp = MSRP_AWARE_IF_ABLE;
	while ((less = refused(501, "no")) && rounds < 20) {
		CU_ASSERT_EQUAL(less & want[SIDE_ACCESS].lacks, 0);
		lack(want[SIDE_ACCESS].lacks | less);
		if (less & MGC_LACKS_AWARE)
			want[SIDE_ACCESS].msrp = want[SIDE_CORE].msrp = MSRP_AGNOSTIC;
		rounds++;
	}
	CU_ASSERT_EQUAL(rounds, 2);
	CU_ASSERT_STRING_EQUAL(mgc_lacks_text(MGC_LACKS_REALM | MGC_LACKS_HANGTERM | MGC_LACKS_AWARE, &names, text),
	                       "ipdc/realm hangterm/thb a=path");
}

const struct test_case test_cases[] = {
	TEST(an_optional_item_that_is_named_is_left_out),
	TEST(what_must_be_is_not_left_out),
	TEST(tls_and_the_fingerprint_are_never_left_out),
	TEST(a_denied_remote_leaves_nothing_out),
	TEST(without_a_name_everything_that_may_goes_once),
	TEST(waiting_for_connections_needs_their_events),
	TEST(aware_goes_where_it_was_a_wish),
	TEST(other_refusals_stand),
	TEST(the_rounds_end),
	{ NULL, NULL },
};
