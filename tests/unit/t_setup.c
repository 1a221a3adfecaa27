/* SPDX-License-Identifier: BSD-2-Clause */
/* Golden rows that can be read against TS 23.334 6.2.10.3.1.2, and every combination of inputs against the rules
 * that no row may break. */
#include "alg/setup.h"

#include <stdio.h>

#include "proto/base/err.h"
#include "tests/lib/tmain.h"

enum { NONE = SDP_SETUP_ABSENT, ACT = SDP_ACTIVE, PAS = SDP_PASSIVE, AP = SDP_ACTPASS, HOLD = SDP_HOLDCONN,
       BAD = SDP_SETUP_BAD };

static void
print_case(const struct setup_in *in)
{
	printf("  offerer=%s offered=%s answer=%s interlink=%d transparent=%d prefer access=%s core=%s no port %d %d\n",
	       in->offerer == SIDE_CORE ? "core" : "access", sdp_setup_name(in->offered),
	       in->answered ? sdp_setup_name(in->answer) : "-", in->interlink, in->transparent,
	       sdp_setup_name(in->prefer[SIDE_ACCESS]), sdp_setup_name(in->prefer[SIDE_CORE]), in->no_port[SIDE_ACCESS],
	       in->no_port[SIDE_CORE]);
}

#define CHECK(in, cond) \
	do { \
		if (!(cond)) { \
			print_case(in); \
			CU_FAIL(#cond); \
		} \
	} while (0)

/* The core offers, the UE answers. link and order name the side, 'a' or 'c', or "ac", or "". */
struct golden {
	int offered, answer;
	char variant;
	int write, t1, t2;
	const char *link, *order;
};

static void
the_core_offers_and_the_ue_answers(void)
{
	static const struct golden rows[] = {
		/* TS 23.334 6.2.10.3.1.2.1, and .2 with its step 16 */
		{ AP, ACT, 'A', ACT, PAS, ACT, "a", "" },
		{ AP, ACT, 'B', ACT, PAS, ACT, "", "c" },
		{ PAS, ACT, 'A', ACT, PAS, ACT, "a", "" },
		{ PAS, ACT, 'B', ACT, PAS, ACT, "", "c" },
		/* the UE waits */
		{ AP, PAS, 'A', PAS, ACT, PAS, "c", "" },
		{ AP, PAS, 'B', PAS, ACT, PAS, "", "a" },
		{ PAS, PAS, 'A', ACT, ACT, ACT, "", "ac" },
		{ PAS, PAS, 'B', ACT, ACT, ACT, "", "ac" },
		/* the core connects, with a=setup or by RFC 4975 */
		{ ACT, ACT, 'A', PAS, PAS, PAS, "", "" },
		{ ACT, ACT, 'B', PAS, PAS, PAS, "", "" },
		{ ACT, PAS, 'A', PAS, ACT, PAS, "c", "" },
		{ ACT, PAS, 'B', PAS, ACT, PAS, "", "a" },
		{ NONE, ACT, 'A', NONE, PAS, PAS, "", "" },
		{ NONE, PAS, 'A', NONE, ACT, PAS, "c", "" },
		{ NONE, PAS, 'B', NONE, ACT, PAS, "", "a" },
		/* a UE that knows RFC 4975 only: we are its offerer and connect */
		{ AP, NONE, 'A', PAS, ACT, PAS, "c", "" },
		{ NONE, NONE, 'A', NONE, ACT, PAS, "c", "" },
		{ PAS, NONE, 'B', ACT, ACT, ACT, "", "ac" },
		/* holds */
		{ AP, HOLD, 'A', HOLD, HOLD, HOLD, "", "" },
		{ NONE, HOLD, 'A', NONE, HOLD, HOLD, "", "" },
		{ HOLD, HOLD, 'B', HOLD, HOLD, HOLD, "", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct golden *g = &rows[i];
		struct setup_in in = { SIDE_CORE, (enum sdp_setup)g->offered, true, (enum sdp_setup)g->answer,
			               .interlink = g->variant == 'A' };
		struct setup_out out;

		CU_ASSERT_EQUAL_FATAL(setup_resolve(&in, &out), 0);
		CHECK(&in, out.write == (enum sdp_setup)g->write);
		CHECK(&in, out.role[SIDE_ACCESS] == (enum sdp_setup)g->t1);
		CHECK(&in, out.role[SIDE_CORE] == (enum sdp_setup)g->t2);
		CHECK(&in, out.link[SIDE_ACCESS] == (strchr(g->link, 'a') != NULL));
		CHECK(&in, out.link[SIDE_CORE] == (strchr(g->link, 'c') != NULL));
		CHECK(&in, out.establish[SIDE_ACCESS] == (strchr(g->order, 'a') != NULL));
		CHECK(&in, out.establish[SIDE_CORE] == (strchr(g->order, 'c') != NULL));
	}
}

static void
an_offer_leaves_as_actpass(void)
{
	for (int offered = NONE; offered <= AP; offered++)
		for (int interlink = 0; interlink < 2; interlink++) {
			struct setup_in in = { SIDE_CORE, (enum sdp_setup)offered, false, SDP_SETUP_BAD,
			    .interlink = interlink };
			struct setup_out out;

			CU_ASSERT_EQUAL_FATAL(setup_resolve(&in, &out), 0);
			CHECK(&in, out.write == SDP_ACTPASS);
			CHECK(&in, out.role[SIDE_ACCESS] == SDP_ACTPASS && out.role[SIDE_CORE] == SDP_ACTPASS);
			/* a core that will connect itself must not meet our SYN */
			CHECK(&in, out.link[SIDE_ACCESS] == (interlink && (offered == AP || offered == PAS)));
			CHECK(&in,
			    !out.link[SIDE_CORE] && !out.establish[SIDE_ACCESS] && !out.establish[SIDE_CORE]);
		}
}

/* RFC 4145 4.1; a=setup:actpass is never an answer. ABSENT: RFC 4975 says who connects. */
static bool
is_legal_answer(enum sdp_setup offer, enum sdp_setup answer)
{
	switch (offer) {
	case SDP_SETUP_ABSENT:
	case SDP_ACTIVE:
		return answer == SDP_PASSIVE || answer == SDP_HOLDCONN || answer == SDP_SETUP_ABSENT;
	case SDP_PASSIVE:
		return answer == SDP_ACTIVE || answer == SDP_HOLDCONN;
	case SDP_ACTPASS:
		return answer == SDP_ACTIVE || answer == SDP_PASSIVE || answer == SDP_HOLDCONN ||
		       answer == SDP_SETUP_ABSENT;
	case SDP_HOLDCONN:
		return answer == SDP_HOLDCONN || answer == SDP_SETUP_ABSENT;
	case SDP_SETUP_BAD:
		return false;
	}
	return false;
}

static void
check_triggers(const struct setup_in *in, const struct setup_out *out)
{
	for (int i = 0; i < SIDES; i++) {
		enum side there = side_other((enum side)i);
		bool connects = out->role[i] == SDP_ACTIVE;

		CHECK(in, out->establish[i] + out->link[there] == connects);
		CHECK(in, !out->link[i] || out->role[i] == SDP_PASSIVE);
		CHECK(in, in->interlink || !out->link[i]);
		CHECK(in,
		    out->role[i] == SDP_ACTIVE || out->role[i] == SDP_PASSIVE || out->role[i] == SDP_HOLDCONN);
	}
	CHECK(in, !out->link[0] || !out->link[1]);
}

static void
check_answered(const struct setup_in *in, const struct setup_out *out)
{
	enum sdp_setup to_o = out->role[in->offerer];
	enum sdp_setup to_f = out->role[side_other(in->offerer)];
	bool hold = in->offered == SDP_HOLDCONN || in->answer == SDP_HOLDCONN;

	check_triggers(in, out);
	CHECK(in, is_legal_answer(in->offered, out->write));
	CHECK(in, (to_o == SDP_HOLDCONN) == hold && (to_f == SDP_HOLDCONN) == hold);
	if (in->transparent)
		CHECK(in, out->write == in->answer);
	else
		CHECK(in, (in->offered == SDP_SETUP_ABSENT) == (out->write == SDP_SETUP_ABSENT));
	if (hold)
		return;
	if (!in->transparent && in->offered == SDP_ACTPASS && in->prefer[in->offerer] != SDP_SETUP_ABSENT)
		CHECK(in, to_o == in->prefer[in->offerer]);
	/* what we tell the offerer is what we do */
	if (out->write == SDP_ACTIVE || out->write == SDP_PASSIVE)
		CHECK(in, out->write == to_o);
	/* one active end a connection */
	if (in->offered == SDP_ACTIVE || in->offered == SDP_SETUP_ABSENT)
		CHECK(in, to_o == SDP_PASSIVE);
	if (in->offered == SDP_PASSIVE)
		CHECK(in, to_o == SDP_ACTIVE);
	CHECK(in, to_f == (in->answer == SDP_ACTIVE ? SDP_PASSIVE : SDP_ACTIVE));
	/* TLS through us needs a client and a server */
	if (in->transparent)
		CHECK(in, to_o != to_f);
}

/* What F was sent; asked of the function under test, which the_offer_says_what_is_preferred checks. */
static enum sdp_setup
offer_that_left(const struct setup_in *in)
{
	struct setup_in offer = *in;
	struct setup_out out = { .write = SDP_SETUP_BAD };

	offer.answered = false;
	CHECK(in, setup_resolve(&offer, &out) == (in->offered == SDP_SETUP_BAD ? ERR_SYNTAX : 0));
	return out.write;
}

/* In proxy mode a F that waits for us is told to connect and answers nothing at all knows RFC 4975 only: we connect. */
static bool
is_legal(const struct setup_in *in, enum sdp_setup sent)
{
	if (!in->transparent && sent == SDP_PASSIVE && in->answer == SDP_SETUP_ABSENT)
		return true;
	return is_legal_answer(sent, in->answer);
}

static void
the_offer_says_what_is_preferred(void)
{
	static const enum sdp_setup roles[] = { SDP_SETUP_ABSENT, SDP_ACTIVE, SDP_PASSIVE };

	for (unsigned v = 0; v < 5 * 3 * 3 * 2; v++) {
		struct setup_in in = {
			.offerer = SIDE_ACCESS,
			.offered = (enum sdp_setup)(v % 5),
			.prefer = { roles[v / 5 % 3], roles[v / 15 % 3] },
			.interlink = v / 45 % 2,
		};
		enum sdp_setup far = in.prefer[SIDE_CORE], near = in.prefer[SIDE_ACCESS];
		struct setup_out out;

		CU_ASSERT_EQUAL_FATAL(setup_resolve(&in, &out), 0);
		if (in.offered == SDP_HOLDCONN)
			CHECK(&in, out.write == SDP_HOLDCONN);
		else
			CHECK(&in, out.write == (far ? far : SDP_ACTPASS));
		/* F's SYN triggers ours to O only if F may send one and O may get one */
		CHECK(&in, out.link[SIDE_CORE] == (in.interlink && far != SDP_ACTIVE &&
		                                   (in.offered == SDP_PASSIVE || (in.offered == SDP_ACTPASS &&
		                                                                  near != SDP_PASSIVE))));
		CHECK(&in, !out.link[SIDE_ACCESS]);
	}
}

static void
preferences_are_read_side_by_side(void)
{
	static const char *const bad[] = { "", "access", "access:", "access:actpass", "core:Active", "ue:active",
		                           "access:active,", ",core:active", "access:active;core:active" };
	enum sdp_setup p[SIDES] = { SDP_ACTIVE, SDP_ACTIVE };

	CU_ASSERT_EQUAL(setup_prefer_parse(SPAN_LIT("access:passive"), p), 0);
	CU_ASSERT(p[SIDE_ACCESS] == SDP_PASSIVE && p[SIDE_CORE] == SDP_ACTIVE);
	CU_ASSERT_EQUAL(setup_prefer_parse(SPAN_LIT("core:auto,access:active"), p), 0);
	CU_ASSERT(p[SIDE_ACCESS] == SDP_ACTIVE && p[SIDE_CORE] == SDP_SETUP_ABSENT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CU_ASSERT_EQUAL(setup_prefer_parse(span_str(bad[i]), p), ERR_SYNTAX);
		CU_ASSERT(p[SIDE_ACCESS] == SDP_ACTIVE && p[SIDE_CORE] == SDP_SETUP_ABSENT);
	}
}

static void
no_combination_breaks_the_rules(void)
{
	static const enum sdp_setup prefer[] = { SDP_SETUP_ABSENT, SDP_ACTIVE, SDP_PASSIVE };
	unsigned resolved = 0, refused = 0;

	for (unsigned v = 0; v < 2 * 6 * 6 * 2 * 2 * 3 * 3; v++) {
		struct setup_in in = {
			.offerer = (enum side)(v % 2),
			.offered = (enum sdp_setup)(v / 2 % 6),
			.answered = true,
			.answer = (enum sdp_setup)(v / 12 % 6),
			.interlink = v / 72 % 2,
			.transparent = v / 144 % 2,
			.prefer = { prefer[v / 288 % 3], prefer[v / 864 % 3] },
		};
		struct setup_out out = { .clause = NULL };
		enum sdp_setup sent = offer_that_left(&in);
		int rc = setup_resolve(&in, &out);

		if (in.offered == SDP_SETUP_BAD || in.answer == SDP_SETUP_BAD)
			CHECK(&in, rc == ERR_SYNTAX);
		else
			CHECK(&in, rc == (is_legal(&in, sent) ? 0 : ERR_MISMATCH));
		CHECK(&in, (out.clause != NULL) == (rc == 0)); /* written on success only */
		if (rc == 0)
			check_answered(&in, &out);
		resolved += rc == 0;
		refused += rc != 0;
	}
	/* no preference at F: 18; one role excluded when there is: 18 less the four that it excludes */
	CU_ASSERT_EQUAL(resolved, 2 * 2 * (9 * 14 + 3 * 18 + 6 * 14));
	CU_ASSERT_EQUAL(refused, 2592 - resolved);
}

static bool
are_same(const struct setup_out *a, const struct setup_out *b)
{
	bool same = a->write == b->write;

	for (int i = 0; i < SIDES; i++)
		same = same && a->role[i] == b->role[i] && a->link[i] == b->link[i] && a->establish[i] == b->establish[i];
	return same;
}

/* What a peer without a port can only have meant. False: there is nothing. */
static bool
as_it_was_meant(struct setup_in *in)
{
	bool *no_port = in->no_port;
	bool o = no_port[in->offerer], f = no_port[side_other(in->offerer)];

	no_port[SIDE_ACCESS] = no_port[SIDE_CORE] = false;
	if (o && in->offered == SDP_ACTPASS)
		in->offered = SDP_ACTIVE;
	if (in->answered && f && in->answer == SDP_SETUP_ABSENT && in->offered != SDP_HOLDCONN)
		in->answer = SDP_ACTIVE;
	return !(o && in->offered == SDP_PASSIVE) && !(in->answered && f && in->answer == SDP_PASSIVE);
}

static void
nobody_connects_to_a_peer_without_a_port(void)
{
	static const enum sdp_setup prefer[] = { SDP_SETUP_ABSENT, SDP_ACTIVE, SDP_PASSIVE };
	unsigned resolved = 0;

	for (unsigned v = 0; v < 2 * 5 * 5 * 2 * 2 * 3 * 3 * 3 * 2; v++) {
		struct setup_in in = {
			.offerer = (enum side)(v % 2),
			.offered = (enum sdp_setup)(v / 2 % 5),
			.answer = (enum sdp_setup)(v / 10 % 5),
			.interlink = v / 50 % 2,
			.transparent = v / 100 % 2,
			.prefer = { prefer[v / 200 % 3], prefer[v / 600 % 3] },
			.no_port = { v / 1800 % 3 != 1, v / 1800 % 3 != 0 },
			.answered = v / 5400,
		};
		struct setup_in meant = in;
		struct setup_out out = { .clause = NULL }, same = { .clause = NULL };
		int rc = setup_resolve(&in, &out);

		if (as_it_was_meant(&meant))
			CHECK(&in, setup_resolve(&meant, &same) == rc && are_same(&out, &same));
		else
			CHECK(&in, rc == ERR_MISMATCH);
		for (int i = 0; i < SIDES; i++)
			if (in.no_port[i])
				CHECK(&in, out.role[i] != SDP_ACTIVE && !out.establish[i] && !out.link[!i]);
		resolved += rc == 0;
	}
	CU_ASSERT(resolved > 1000);
}

/* Swapping the sides swaps the result: originating mirrors terminating. */
static void
sides_are_symmetrical(void)
{
	for (unsigned v = 0; v < 2 * 5 * 5 * 2; v++) {
		struct setup_in in = { SIDE_CORE, (enum sdp_setup)(v / 2 % 5), v / 50 % 2,
		    (enum sdp_setup)(v / 10 % 5),
			               .interlink = v % 2 };
		struct setup_in swapped = in;
		struct setup_out a = { 0 }, b = { 0 };

		swapped.offerer = SIDE_ACCESS;
		CHECK(&in, setup_resolve(&in, &a) == setup_resolve(&swapped, &b));
		CHECK(&in, a.write == b.write);
		for (int i = 0; i < SIDES; i++) {
			CHECK(&in, a.role[i] == b.role[!i] && a.link[i] == b.link[!i]);
			CHECK(&in, a.establish[i] == b.establish[!i]);
		}
	}
}

static void
a_transparent_offer_is_carried(void)
{
	for (int offered = NONE; offered <= HOLD; offered++) {
		struct setup_in in = { SIDE_CORE, (enum sdp_setup)offered, false, SDP_SETUP_ABSENT, .interlink = true,
			               .transparent = true };
		struct setup_out out;

		CU_ASSERT_EQUAL_FATAL(setup_resolve(&in, &out), 0);
		CHECK(&in, out.write == in.offered);
		CHECK(&in,
		    out.role[0] == (offered == HOLD ? SDP_HOLDCONN : SDP_ACTPASS) && out.role[0] == out.role[1]);
	}
}

const char test_suite[] = "setup";
const struct test_case test_cases[] = {
	TEST(the_core_offers_and_the_ue_answers),
	TEST(an_offer_leaves_as_actpass),
	TEST(the_offer_says_what_is_preferred),
	TEST(preferences_are_read_side_by_side),
	TEST(no_combination_breaks_the_rules),
	TEST(nobody_connects_to_a_peer_without_a_port),
	TEST(sides_are_symmetrical),
	TEST(a_transparent_offer_is_carried),
	{ 0 },
};
