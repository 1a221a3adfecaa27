/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/policy.h"

#include <stdio.h>

#include "proto/base/arena.h"
#include "tests/lib/tmain.h"

#define FP "a=fingerprint:sha-1 11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44\r\n"
#define PLAIN "m=message 7654 TCP/MSRP *\r\n"
#define TLS "m=message 7654 TCP/TLS/MSRP *\r\n"
#define REQUESTED "a=3ge2ae:requested\r\n"

enum { W = E2AE_WHEN_SUPPORTED, A = E2AE_ALWAYS, N = E2AE_NEVER };
enum { AUTO = E2AE_KEY_AUTO, ON = E2AE_KEY_ON, OFF = E2AE_KEY_OFF };
enum { UE = 1, NO = 0 };

struct case_row {
	const char *media;
	int policy, key, ue_e2ae;
	enum treatment want;
};

static void
run(enum side from, const struct case_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct arena arena;
		struct sdp sdp;
		struct policy_out out;
		char text[512];

		arena_init(&arena, 1 << 16);
		snprintf(text, sizeof(text), "v=0\r\nc=IN IP4 192.0.2.1\r\n%s", rows[i].media);
		CU_ASSERT_EQUAL_FATAL(sdp_parse(&arena, span_str(text), &sdp), 0);
		out = policy_decide(&(struct policy_in){
			.from = from,
			.policy = (enum e2ae_policy)rows[i].policy,
			.key = (enum e2ae_key)rows[i].key,
			.ue_e2ae = rows[i].ue_e2ae,
			.sdp = &sdp,
			.media = &sdp.media[0],
		});
		if (out.treatment != rows[i].want) {
			printf("  row %zu: wanted %s, got %s (%s)\n", i, treatment_name(rows[i].want),
			       treatment_name(out.treatment), out.why);
			CU_FAIL("treatment");
		}
		CU_ASSERT(out.why && *out.why && out.clause && *out.clause);
		arena_fini(&arena);
	}
}

#define RUN(from, rows) run(from, rows, sizeof(rows) / sizeof((rows)[0]))

static void
what_is_not_ours_passes(void)
{
	static const struct case_row rows[] = {
		{ "m=audio 4000 RTP/AVP 0\r\n", A, ON, UE, TREAT_PASS },
		{ "m=application 4000 TCP/TLS/BFCP *\r\n", A, ON, UE, TREAT_PASS },
		{ "m=message 7654 TCP/MSRPx *\r\n", A, ON, UE, TREAT_PASS },
		{ "m=message 0 TCP/MSRP *\r\n", A, ON, UE, TREAT_PASS },
		{ "m=message 4294967296 TCP/MSRP *\r\n", A, ON, UE, TREAT_PASS },
		{ "m=message 7654 TCP/MSRP\r\n", A, ON, UE, TREAT_PASS },
	};

	RUN(SIDE_CORE, rows);
	RUN(SIDE_ACCESS, rows);
}

/* MIKEY-TICKET keys are end to end (TS 33.328), unless the operator says e2ae and nothing else. */
static void
keys_end_to_end_are_left_alone(void)
{
	static const struct case_row rows[] = {
		{ TLS "a=key-mgmt:mikey AAAA\r\n", W, AUTO, UE, TREAT_ANCHOR },
		{ TLS FP REQUESTED "a=key-mgmt:mikey AAAA\r\n", W, AUTO, UE, TREAT_ANCHOR },
		{ TLS FP REQUESTED "a=key-mgmt:mikey AAAA\r\n", W, ON, UE, TREAT_E2AE },
		{ TLS FP REQUESTED "a=key-mgmt:mikey AAAA\r\n", A, AUTO, UE, TREAT_E2AE },
		{ TLS "a=key-mgmt:mikey AAAA\r\n", A, AUTO, UE, TREAT_REJECT },
	};

	RUN(SIDE_ACCESS, rows);
}

static void
msrp_handling_follows_cema(void)
{
	enum { AUTO_P = MSRP_POLICY_AUTO, AGN = MSRP_POLICY_AGNOSTIC, AWA = MSRP_POLICY_AWARE };
	static const char path[] = "a=path:msrp://192.0.2.1:7654/s;tcp\r\n";
	static const struct {
		const char *media, *path, *cema;
		enum treatment t;
		int policy;
		enum msrp_mode want;
	} rows[] = {
		{ PLAIN, path, "", TREAT_E2AE, AUTO_P, MSRP_AWARE_IF_ABLE },
		{ PLAIN, path, "a=msrp-cema\r\n", TREAT_E2AE, AUTO_P, MSRP_AGNOSTIC },
		{ PLAIN, "", "", TREAT_E2AE, AUTO_P, MSRP_AGNOSTIC },
		{ PLAIN, path, "", TREAT_E2AE, AGN, MSRP_AGNOSTIC },
		{ PLAIN, path, "a=msrp-cema\r\n", TREAT_E2AE, AWA, MSRP_AWARE },
		{ PLAIN, "", "", TREAT_E2AE, AWA, MSRP_AWARE },
		{ PLAIN, path, "", TREAT_ANCHOR, AUTO_P, MSRP_AWARE_IF_ABLE },
		{ TLS, path, "", TREAT_E2AE, AUTO_P, MSRP_AWARE_IF_ABLE },
		{ TLS, path, "", TREAT_ANCHOR, AUTO_P, MSRP_AGNOSTIC },
		{ TLS, path, "", TREAT_ANCHOR, AWA, MSRP_AGNOSTIC },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena arena;
		struct sdp sdp;
		char text[512];

		arena_init(&arena, 1 << 16);
		snprintf(text, sizeof(text), "v=0\r\n%s%s%s", rows[i].media, rows[i].path, rows[i].cema);
		CU_ASSERT_EQUAL_FATAL(sdp_parse(&arena, span_str(text), &sdp), 0);
		CU_ASSERT_EQUAL(policy_msrp(&(struct msrp_in){ (enum msrp_policy)rows[i].policy, rows[i].t, &sdp,
		                                               &sdp.media[0] }).mode, rows[i].want);
		arena_fini(&arena);
	}
}

static void
terminating_plain_lines(void)
{
	static const struct case_row rows[] = {
		{ PLAIN, W, AUTO, UE, TREAT_E2AE },  { PLAIN, W, AUTO, NO, TREAT_ANCHOR },
		{ PLAIN, W, ON, UE, TREAT_E2AE },    { PLAIN, W, ON, NO, TREAT_E2AE },
		{ PLAIN, W, OFF, UE, TREAT_ANCHOR }, { PLAIN, W, OFF, NO, TREAT_ANCHOR },
		{ PLAIN, A, AUTO, UE, TREAT_E2AE },  { PLAIN, A, AUTO, NO, TREAT_E2AE },
		{ PLAIN, A, ON, NO, TREAT_E2AE },    { PLAIN, A, OFF, NO, TREAT_E2AE },
		{ PLAIN, N, AUTO, UE, TREAT_ANCHOR }, { PLAIN, N, AUTO, NO, TREAT_ANCHOR },
		{ PLAIN, N, ON, UE, TREAT_REJECT },  { PLAIN, N, OFF, UE, TREAT_ANCHOR },
		{ "m=MESSAGE 1 tcp/msrp *\r\n", W, AUTO, UE, TREAT_E2AE },
	};

	RUN(SIDE_CORE, rows);
}

static void
terminating_tls_lines_are_end_to_end(void)
{
	static const struct case_row rows[] = {
		{ TLS FP, W, AUTO, UE, TREAT_ANCHOR },
		{ TLS FP, W, OFF, UE, TREAT_ANCHOR },
		{ TLS FP, W, ON, UE, TREAT_REJECT },
		{ TLS FP, A, AUTO, UE, TREAT_REJECT },
		{ TLS FP, N, AUTO, UE, TREAT_ANCHOR },
		{ TLS FP REQUESTED, W, AUTO, UE, TREAT_ANCHOR }, /* not the core's to ask */
	};

	RUN(SIDE_CORE, rows);
}

static void
originating_lines(void)
{
	static const struct case_row rows[] = {
		{ TLS FP REQUESTED, W, AUTO, UE, TREAT_E2AE },
		{ TLS FP REQUESTED, W, AUTO, NO, TREAT_E2AE },
		{ TLS FP REQUESTED, W, OFF, UE, TREAT_ANCHOR },
		{ TLS FP REQUESTED, N, AUTO, UE, TREAT_ANCHOR },
		{ TLS FP REQUESTED, N, ON, UE, TREAT_REJECT },
		{ TLS FP, W, AUTO, UE, TREAT_ANCHOR },
		{ TLS FP "a=3ge2ae:applied\r\n", W, AUTO, UE, TREAT_ANCHOR },
		{ TLS FP, W, ON, UE, TREAT_E2AE },
		{ TLS FP, A, AUTO, UE, TREAT_E2AE },
		{ PLAIN, W, AUTO, UE, TREAT_ANCHOR },
		{ PLAIN, W, ON, UE, TREAT_REJECT },
		{ PLAIN, A, AUTO, UE, TREAT_REJECT },
		{ PLAIN REQUESTED, W, AUTO, UE, TREAT_REJECT },
		{ TLS REQUESTED, W, AUTO, UE, TREAT_REJECT },
		{ TLS "a=fingerprint:md5 00:11\r\n" REQUESTED, W, AUTO, UE, TREAT_REJECT },
		{ TLS "a=fingerprint:sha-1 00:11\r\n" REQUESTED, W, AUTO, UE, TREAT_REJECT },
	};

	RUN(SIDE_ACCESS, rows);
}

/* Whatever the inputs: never plain through when e2ae is demanded. */
static void
a_demand_is_never_downgraded(void)
{
	static const char *const media[] = { PLAIN, TLS, TLS FP, TLS FP REQUESTED, PLAIN REQUESTED };

	for (int from = 0; from < SIDES; from++)
		for (size_t m = 0; m < sizeof(media) / sizeof(media[0]); m++)
			for (int policy = W; policy <= N; policy++)
				for (int key = AUTO; key <= OFF; key++) {
					struct arena arena;
					struct sdp sdp;
					struct policy_in in = { (enum side)from, (enum e2ae_policy)policy,
						                (enum e2ae_key)key, true, &sdp, NULL };
					char text[512];
					enum treatment t;

					arena_init(&arena, 1 << 16);
					snprintf(text, sizeof(text), "v=0\r\n%s", media[m]);
					CU_ASSERT_EQUAL_FATAL(sdp_parse(&arena, span_str(text), &sdp), 0);
					in.media = sdp.media;
					t = policy_decide(&in).treatment;
					if (key == ON || policy == A)
						CU_ASSERT(t == TREAT_E2AE || t == TREAT_REJECT);
					if (policy == N)
						CU_ASSERT_NOT_EQUAL(t, TREAT_E2AE);
					arena_fini(&arena);
				}
}

const char test_suite[] = "policy";
const struct test_case test_cases[] = {
	TEST(what_is_not_ours_passes),
	TEST(keys_end_to_end_are_left_alone),
	TEST(msrp_handling_follows_cema),
	TEST(terminating_plain_lines),
	TEST(terminating_tls_lines_are_end_to_end),
	TEST(originating_lines),
	TEST(a_demand_is_never_downgraded),
	{ 0 },
};
