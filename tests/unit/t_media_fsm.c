/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of the m-line's machine, walked whole. */
#include <string.h>

#include "alg/media.h"
#include "tests/lib/tmain.h"

static void
every_state_is_reached_and_leads_to_the_end(void)
{
	const struct fsm_desc *d = &media_fsm_desc;
	bool reached[MEDIA_STATES] = { [MEDIA_IDLE] = true }, ends[MEDIA_STATES] = { [MEDIA_GONE] = true };

	for (int round = 0; round < MEDIA_STATES; round++)
		for (size_t i = 0; i < d->n_rows; i++) {
			reached[d->rows[i].to] |= reached[d->rows[i].from];
			ends[d->rows[i].from] |= ends[d->rows[i].to];
		}
	for (int s = 0; s < MEDIA_STATES; s++) {
		CU_ASSERT(reached[s]);
		CU_ASSERT(ends[s]);
	}
}

static void
a_pair_has_one_row_or_is_ignored_but_not_both(void)
{
	const struct fsm_desc *d = &media_fsm_desc;

	for (uint8_t s = 0; s < MEDIA_STATES; s++)
		for (uint8_t e = 0; e < MEDIA_EVENTS; e++) {
			unsigned n = 0;

			for (size_t i = 0; i < d->n_rows; i++)
				n += d->rows[i].from == s && d->rows[i].on == e;
			CU_ASSERT(n <= 1);
			CU_ASSERT_FALSE(n == 1 && fsm_is_ignored(d, s, e));
		}
}

static void
release_is_understood_in_every_state(void)
{
	for (uint8_t s = 0; s < MEDIA_STATES; s++)
		CU_ASSERT(fsm_row(&media_fsm_desc, s, MEDIA_EV_RELEASE) ||
		          fsm_is_ignored(&media_fsm_desc, s, MEDIA_EV_RELEASE));
}

/* A context that the gateway may hold is subtracted on the way out, or was lost. */
static void
nothing_ends_with_a_context_left_behind(void)
{
	static const bool has_context[MEDIA_STATES] = {
		[MEDIA_OFFERED] = true, [MEDIA_CONFIGURING] = true, [MEDIA_ACTIVE] = true,
		[MEDIA_CHANGING] = true,
	};
	const struct fsm_desc *d = &media_fsm_desc;

	for (size_t i = 0; i < d->n_rows; i++)
		if (has_context[d->rows[i].from] && d->rows[i].to == MEDIA_GONE)
			CU_ASSERT_EQUAL(d->rows[i].on, MEDIA_EV_LOST);
	for (uint8_t s = 0; s < MEDIA_STATES; s++) {
		const struct fsm_row *half = fsm_row(d, s, MEDIA_EV_HALF_MADE);

		if (half)
			CU_ASSERT_EQUAL(half->to, MEDIA_RELEASING);
	}
}

static void
every_state_and_event_has_a_name(void)
{
	for (uint8_t s = 0; s < MEDIA_STATES; s++)
		CU_ASSERT_PTR_NOT_NULL(media_fsm_desc.states[s]);
	for (uint8_t e = 0; e < MEDIA_EVENTS; e++)
		CU_ASSERT_PTR_NOT_NULL(media_fsm_desc.events[e]);
}

const char test_suite[] = "media_fsm";
const struct test_case test_cases[] = {
	TEST(every_state_is_reached_and_leads_to_the_end),
	TEST(a_pair_has_one_row_or_is_ignored_but_not_both),
	TEST(release_is_understood_in_every_state),
	TEST(nothing_ends_with_a_context_left_behind),
	TEST(every_state_and_event_has_a_name),
	{ 0 },
};
