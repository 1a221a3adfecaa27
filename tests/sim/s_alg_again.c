/* SPDX-License-Identifier: BSD-2-Clause */
/* ims-alg when signalling and gateway do not go in step: repeats after a loss, answers that fit nothing. */
#include <stdio.h>

#include "tests/lib/alg_bench.h"
#include "tests/lib/tmain.h"

static struct alg_bench b;

static void
start(void)
{
	bench_start_with_gateway(&b, MGCO_TCP);
}

/* A session refresh (RFC 4028) has the same SDP as before; what it was answered with is no use without its context. */
static void
an_offer_repeated_after_a_loss_gets_a_new_context(void)
{
	const struct ng_val *r;

	start();
	r = bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE);
	CU_ASSERT(strstr(bench_str(&b, r, "sdp"), "m=message 20001 TCP/TLS/MSRP *\r\n") != NULL);
	CU_ASSERT(bench_answer(&b, "c1"));
	fake_gw_service_change(&b, "Restart", "901 Cold Boot");
	b.gw.contexts = 0;
	r = bench_ask(&b, "offer", "c1", BENCH_OFFER, BENCH_FROM_CORE);
	CU_ASSERT(bench_is_ok(r));
	CU_ASSERT_EQUAL(b.gw.contexts, 1);
	CU_ASSERT(strstr(bench_str(&b, r, "sdp"), "m=message 20003 TCP/TLS/MSRP *\r\n") != NULL);
	CU_ASSERT(bench_answer(&b, "c1"));
	CU_ASSERT_EQUAL(b.gw.modifies, 2);
	CU_ASSERT(bench_delete(&b, "c1"));
	CU_ASSERT_EQUAL(b.gw.contexts, 0);
	bench_stop(&b);
}

/* It would leave as it came, with the UE's own address, beside a gateway that was told otherwise. */
static void
an_answer_with_another_line_than_the_offered_is_refused(void)
{
	static const char *const lines[] = { "m=message 40000 RTP/AVP 0\r\n", "m=audio 40000 TCP/MSRP *\r\n",
		                             "m=message 99999 TCP/MSRP *\r\n" };
	char sdp[512];

	start();
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct ng_val *r;

		r = bench_ask(&b, "offer", "c1", BENCH_OFFER, "\"from-tag\":\"ft\",\"direction\":[\"core\",\"access\"]");
		CU_ASSERT(bench_is_ok(r));
		snprintf(sdp, sizeof(sdp), "v=0\r\no=- 2 1 IN IP4 203.0.113.99\r\ns=-\r\nc=IN IP4 203.0.113.99\r\n"
		                           "t=0 0\r\n%sa=setup:active\r\na=path:msrp://x:4/u;tcp\r\n", lines[i]);
		r = bench_ask(&b, "answer", "c1", sdp, BENCH_FROM_UE);
		CU_ASSERT_FALSE(bench_is_ok(r));
		CU_ASSERT(strstr(bench_str(&b, r, "error-reason"), "bad-sdp") != NULL);
		bench_run(&b, 100);
		CU_ASSERT_EQUAL(b.gw.modifies, 0);
		CU_ASSERT_EQUAL(b.gw.contexts, 0);
	}
	bench_stop(&b);
}

const char test_suite[] = "alg_again";
const struct test_case test_cases[] = {
	TEST(an_offer_repeated_after_a_loss_gets_a_new_context),
	TEST(an_answer_with_another_line_than_the_offered_is_refused),
	{ NULL, NULL },
};
