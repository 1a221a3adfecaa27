/* SPDX-License-Identifier: BSD-2-Clause */
/* What an application-aware relay says itself: keep-alive messages on time, refusals by limits, and how all of it is
 * counted. */
#include <stdio.h>

#include "tests/lib/aware_rig.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "aware_own";

enum { SILENCE_MS = 30000 };

static void
begin_with_keepalive(struct rig *r)
{
	rig_init(r, "127.0.0.1", (struct tls_peer_conf){ .version = 0 });
	aware_set(r);
	r->order.msrp[T1].keepalive_ms = SILENCE_MS;
	aware_connect(r);
}

static bool
ue_has_heard(void *arg)
{
	return ((struct rig *)arg)->ue.got > 0;
}

/* The UE hears a message of the gateway's own after so much more silence, and answers it. */
static void
check_keepalive(struct rig *r, uint64_t least, uint64_t most)
{
	char tid[64] = "", text[512];

	rig_rest(r, least);
	CU_ASSERT_EQUAL(r->ue.got, 0);
	CU_ASSERT(rig_until(r, ue_has_heard, most - least));
	CU_ASSERT_EQUAL(sscanf(r->ue.kept, "MSRP %63s SEND", tid), 1);
	snprintf(text, sizeof(text), "MSRP %s SEND" CRLF "To-Path: " UE CRLF "From-Path: " GW_UE CRLF
	         "Message-ID: %s" CRLF "Byte-Range: 1-0/0" CRLF "-------%s$" CRLF, tid, tid, tid);
	CU_ASSERT(aware_hears(r, &r->ue, text));
	snprintf(text, sizeof(text), "MSRP %s 200 OK" CRLF "To-Path: " GW_UE CRLF "From-Path: " UE CRLF "-------%s$" CRLF,
	         tid, tid);
	peer_send(&r->ue, text, strlen(text));
	rig_rest(r, 0);
}

static void
a_silent_ue_is_kept_alive_and_its_answer_stays_here(void)
{
	struct rig r;

	begin_with_keepalive(&r);
	rig_rest(&r, 5 * SILENCE_MS);
	CU_ASSERT_EQUAL(r.ue.got, 0); /* it has not said yet which session it wants */
	aware_talk(&r);
	check_keepalive(&r, SILENCE_MS - 1000, SILENCE_MS * 3 / 2 + 1000);
	check_keepalive(&r, SILENCE_MS - 1000, SILENCE_MS * 3 / 2 + 1000);
	CU_ASSERT_EQUAL(r.core.got, 0);
	CU_ASSERT_EQUAL(rig_counters(&r).msrp_keepalives, 2);
	CU_ASSERT_EQUAL(rig_counters(&r).msrp_errors, 0);
	aware_talk(&r);
	rig_close(&r);
	CU_ASSERT_EQUAL(r.stats.msrp[T1].keepalives, 2);
	rig_fini(&r);
}

static void
who_talks_needs_no_keepalive(void)
{
	struct rig r;

	begin_with_keepalive(&r);
	for (unsigned i = 0; i < 20; i++) {
		aware_talk(&r);
		rig_rest(&r, SILENCE_MS / 3);
	}
	CU_ASSERT_EQUAL(rig_counters(&r).msrp_keepalives, 0);
	rig_fini(&r);
}

static void
keepalives_begin_and_end_as_they_are_ordered(void)
{
	struct rig r;

	aware_begin(&r);
	aware_talk(&r);
	rig_rest(&r, 5 * SILENCE_MS);
	CU_ASSERT_EQUAL(r.ue.got, 0);
	r.order.msrp[T1].keepalive_ms = SILENCE_MS;
	rig_change(&r, T1);
	check_keepalive(&r, 0, SILENCE_MS * 3 / 2);
	/* Nothing flows through a stream that is on hold. */
	r.order.leg[T1].flow_out = false;
	rig_change(&r, T1);
	rig_rest(&r, 5 * SILENCE_MS);
	CU_ASSERT_EQUAL(r.ue.got, 0);
	r.order.leg[T1].flow_out = true;
	r.order.msrp[T1].keepalive_ms = 0;
	rig_change(&r, T1);
	rig_rest(&r, 5 * SILENCE_MS);
	CU_ASSERT_EQUAL(r.ue.got, 0);
	CU_ASSERT_EQUAL(rig_counters(&r).msrp_keepalives, 1);
	rig_fini(&r);
}

static bool
core_is_stopped(void *arg)
{
	const struct rig *r = arg;

	return r->core.got > 0 && rig_counters(r).msrp_too_big == 1;
}

static void
a_message_beyond_the_limit_is_stopped_and_the_connection_goes_on(void)
{
	static const char in[] = MSG("big1 SEND", GW_UE, UE, "Byte-Range: 1-*/*" CRLF "C: a" CRLF CRLF "0123456789");
	static const char rest[] = "and more" CRLF "-------big1#" CRLF;
	struct rig r;

	rig_init(&r, "127.0.0.1", (struct tls_peer_conf){ .version = 0 });
	rig_set_limits(&r, (struct worker_conf){ .max_relays = 1, .msrp = { .message = 5 } });
	aware_set(&r);
	aware_connect(&r);
	aware_talk(&r);
	peer_send(&r.ue, in, sizeof(in) - 1);
	CU_ASSERT(rig_until(&r, core_is_stopped, RIG_BUDGET_MS));
	CU_ASSERT(aware_hears(&r, &r.ue, MSG("big1 413 Too large", UE, GW_UE, "-------big1$" CRLF)));
	CU_ASSERT(aware_hears(&r, &r.core, MSG("big1 SEND", CORE, GW_CORE, "Byte-Range: 1-*/*" CRLF "C: a" CRLF CRLF
	                                       "01234" CRLF "-------big1#" CRLF)));
	peer_send(&r.ue, rest, sizeof(rest) - 1);
	aware_talk(&r);
	CU_ASSERT_EQUAL(rig_counters(&r).msrp_errors, 1);
	CU_ASSERT_EQUAL(rig_counters(&r).msrp_aborted, 1);
	CU_ASSERT_EQUAL(rig_counters(&r).msrp_octets, 5);
	CU_ASSERT_EQUAL(rig_counters(&r).msrp_chunks, 3);
	rig_fini(&r);
}

static void
broken_headers_do_not_end_the_connection(void)
{
	static const char in[] = "MSRP oops SEND" CRLF "what is this" CRLF "-------oops$" CRLF;
	struct rig r;

	aware_begin(&r);
	aware_talk(&r);
	peer_send(&r.ue, in, sizeof(in) - 1);
	CU_ASSERT(aware_hears(&r, &r.ue, MSG("oops 400 Bad headers", UE, GW_UE, "-------oops$" CRLF)));
	aware_talk(&r);
	CU_ASSERT_EQUAL(r.core.got, 0);
	CU_ASSERT_EQUAL(rig_counters(&r).msrp_errors, 1);
	rig_fini(&r);
}

const struct test_case test_cases[] = {
	TEST(a_silent_ue_is_kept_alive_and_its_answer_stays_here),
	TEST(who_talks_needs_no_keepalive),
	TEST(keepalives_begin_and_end_as_they_are_ordered),
	TEST(a_message_beyond_the_limit_is_stopped_and_the_connection_goes_on),
	TEST(broken_headers_do_not_end_the_connection),
	{ NULL, NULL },
};
