/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/leg.h"

#include <stdio.h>

#include "tests/lib/tmain.h"

const char test_suite[] = "leg_fsm";

/* Pairs that cannot come about: no code fires them there. They would be counted as unexpected, not acted upon. */
static bool
is_impossible(uint8_t state, uint8_t ev)
{
	enum leg_state s = (enum leg_state)state;
	bool before_open = s < LEG_OPEN;

	switch ((enum leg_event)ev) {
	case LEG_EV_TRIGGER: /* leg_trigger() looks at the state */
	case LEG_EV_CONNECTED:
		return true;
	case LEG_EV_ACCEPTED: /* on_listener() refuses while one is live */
		return s > LEG_CONNECTING;
	case LEG_EV_FPR_KNOWN:
		return s != LEG_PAUSED;
	case LEG_EV_RECALL: /* leg_apply() looks at the state */
		return s != LEG_CONNECTING;
	case LEG_EV_PAUSE:
	case LEG_EV_SECURED:
		return s != LEG_SECURING;
	case LEG_EV_PEER_EOF:
	case LEG_EV_FINISH:
	case LEG_EV_DRAINED:
		return before_open;
	case LEG_EV_TIMEOUT:
		return s == LEG_CLOSED;
	case LEG_EV_FAIL:
	case LEG_EV_CLOSE:
	case LEG_EV_ABORT:
	case LEG_EV_DISPOSE:
	case LEG_EVENTS:
		break;
	}
	return false;
}

static void
every_pair_has_a_row_or_is_ignored_or_cannot_be(void)
{
	for (uint8_t s = 0; s < LEG_STATES; s++)
		for (uint8_t ev = 0; ev < LEG_EVENTS; ev++) {
			bool row = fsm_row(&leg_fsm, s, ev) != NULL;
			bool ignored = fsm_is_ignored(&leg_fsm, s, ev);

			if (!row && !ignored && !is_impossible(s, ev))
				printf("\n  no row: %s on %s", leg_fsm.states[s], leg_fsm.events[ev]);
			CU_ASSERT_TRUE(row || ignored || is_impossible(s, ev));
			CU_ASSERT_FALSE(row && ignored);
		}
}

static void
no_pair_has_two_rows_and_all_have_names(void)
{
	for (size_t i = 0; i < leg_fsm.n_rows; i++)
		CU_ASSERT_PTR_EQUAL(fsm_row(&leg_fsm, leg_fsm.rows[i].from, leg_fsm.rows[i].on), &leg_fsm.rows[i]);
	for (uint8_t s = 0; s < LEG_STATES; s++)
		CU_ASSERT_PTR_NOT_NULL(leg_fsm.states[s]);
	for (uint8_t ev = 0; ev < LEG_EVENTS; ev++)
		CU_ASSERT_PTR_NOT_NULL(leg_fsm.events[ev]);
}

static uint32_t
reach(uint8_t from)
{
	uint32_t seen = 1u << from, before = 0;

	while (seen != before) {
		before = seen;
		for (size_t i = 0; i < leg_fsm.n_rows; i++)
			if (seen & (1u << leg_fsm.rows[i].from))
				seen |= 1u << leg_fsm.rows[i].to;
	}
	return seen;
}

static void
every_state_is_reached_and_leads_to_closed(void)
{
	CU_ASSERT_EQUAL(reach(LEG_WAITING), (1u << LEG_STATES) - 1);
	for (uint8_t s = 0; s < LEG_STATES; s++)
		CU_ASSERT_TRUE(reach(s) & (1u << LEG_CLOSED));
	CU_ASSERT_EQUAL(reach(LEG_CLOSED), 1u << LEG_CLOSED);
}

static void
every_connection_that_ends_makes_room_for_the_next(void)
{
	for (uint8_t s = LEG_CONNECTING; s < LEG_CLOSED; s++)
		CU_ASSERT_TRUE(reach(s) & (1u << LEG_WAITING));
}

static void
a_tls_leg_opens_only_by_way_of_securing(void)
{
	for (size_t i = 0; i < leg_fsm.n_rows; i++)
		if (leg_fsm.rows[i].to == LEG_OPEN) {
			CU_ASSERT_EQUAL(leg_fsm.rows[i].from, LEG_SECURING);
			CU_ASSERT_EQUAL(leg_fsm.rows[i].on, LEG_EV_SECURED);
		}
}

const struct test_case test_cases[] = {
	TEST(every_pair_has_a_row_or_is_ignored_or_cannot_be),
	TEST(no_pair_has_two_rows_and_all_have_names),
	TEST(every_state_is_reached_and_leads_to_closed),
	TEST(every_connection_that_ends_makes_room_for_the_next),
	TEST(a_tls_leg_opens_only_by_way_of_securing),
	{ NULL, NULL },
};
