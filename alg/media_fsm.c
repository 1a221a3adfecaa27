/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a m-line's context. No state has a timer of its own: every request to a gateway completes (reply or
 * time-out) in the transaction layer, and the offer or answer that waits for it has the call's timer. OFFERED and
 * ACTIVE wait for ever because the P-CSCF ends every call, and hangterm/thb finds those that it forgot. */
#include "alg/media.h"

static const char *const states[] = {
	"IDLE", "RESERVING", "ABANDONING", "OFFERED", "CONFIGURING", "ACTIVE", "CHANGING", "RELEASING", "GONE",
};

static const char *const events[] = {
	"RESERVE", "RESERVED", "HALF_MADE", "CONFIGURE", "CONFIGURED", "REFUSED", "FAILED", "RELEASE", "RELEASED", "LOST",
};

static const struct fsm_row rows[] = {
	{ MEDIA_IDLE, MEDIA_EV_RESERVE, MEDIA_RESERVING, media_do_reserve },
	{ MEDIA_IDLE, MEDIA_EV_RELEASE, MEDIA_GONE, media_do_end },

	{ MEDIA_RESERVING, MEDIA_EV_RESERVED, MEDIA_OFFERED, media_do_report_done },
	{ MEDIA_RESERVING, MEDIA_EV_HALF_MADE, MEDIA_RELEASING, media_do_fail_subtract },
	{ MEDIA_RESERVING, MEDIA_EV_FAILED, MEDIA_GONE, media_do_fail_end },
	{ MEDIA_RESERVING, MEDIA_EV_RELEASE, MEDIA_ABANDONING, NULL },

	{ MEDIA_ABANDONING, MEDIA_EV_RESERVED, MEDIA_RELEASING, media_do_subtract },
	{ MEDIA_ABANDONING, MEDIA_EV_HALF_MADE, MEDIA_RELEASING, media_do_subtract },
	{ MEDIA_ABANDONING, MEDIA_EV_FAILED, MEDIA_GONE, media_do_end },

	{ MEDIA_OFFERED, MEDIA_EV_CONFIGURE, MEDIA_CONFIGURING, media_do_configure },
	{ MEDIA_OFFERED, MEDIA_EV_RELEASE, MEDIA_RELEASING, media_do_subtract },
	{ MEDIA_OFFERED, MEDIA_EV_LOST, MEDIA_GONE, media_do_end },

	{ MEDIA_CONFIGURING, MEDIA_EV_CONFIGURED, MEDIA_ACTIVE, media_do_report_done },
	{ MEDIA_CONFIGURING, MEDIA_EV_REFUSED, MEDIA_RELEASING, media_do_fail_subtract },
	{ MEDIA_CONFIGURING, MEDIA_EV_FAILED, MEDIA_RELEASING, media_do_fail_subtract },
	{ MEDIA_CONFIGURING, MEDIA_EV_RELEASE, MEDIA_RELEASING, media_do_subtract },
	{ MEDIA_CONFIGURING, MEDIA_EV_LOST, MEDIA_GONE, media_do_fail_end },

	{ MEDIA_ACTIVE, MEDIA_EV_CONFIGURE, MEDIA_CHANGING, media_do_configure },
	{ MEDIA_ACTIVE, MEDIA_EV_RELEASE, MEDIA_RELEASING, media_do_subtract },
	{ MEDIA_ACTIVE, MEDIA_EV_LOST, MEDIA_GONE, media_do_end },

	{ MEDIA_CHANGING, MEDIA_EV_CONFIGURED, MEDIA_ACTIVE, media_do_report_done },
	{ MEDIA_CHANGING, MEDIA_EV_REFUSED, MEDIA_ACTIVE, media_do_keep },
	/* No answer: who knows what it is now. */
	{ MEDIA_CHANGING, MEDIA_EV_FAILED, MEDIA_RELEASING, media_do_fail_subtract },
	{ MEDIA_CHANGING, MEDIA_EV_RELEASE, MEDIA_RELEASING, media_do_subtract },
	{ MEDIA_CHANGING, MEDIA_EV_LOST, MEDIA_GONE, media_do_fail_end },

	{ MEDIA_RELEASING, MEDIA_EV_RELEASED, MEDIA_GONE, media_do_end },
	{ MEDIA_RELEASING, MEDIA_EV_LOST, MEDIA_GONE, media_do_end },
};

static const uint8_t ignored[][2] = {
	/* Released twice: by the call and by its failure. */
	{ MEDIA_ABANDONING, MEDIA_EV_RELEASE },
	{ MEDIA_RELEASING, MEDIA_EV_RELEASE },
	{ MEDIA_GONE, MEDIA_EV_RELEASE },
	/* The reply to a Modify that was overtaken by a release. */
	{ MEDIA_RELEASING, MEDIA_EV_CONFIGURED },
	{ MEDIA_RELEASING, MEDIA_EV_REFUSED },
	{ MEDIA_RELEASING, MEDIA_EV_FAILED },
	/* Replies that arrive after the gateway said that it lost everything. */
	{ MEDIA_GONE, MEDIA_EV_CONFIGURED },
	{ MEDIA_GONE, MEDIA_EV_REFUSED },
	{ MEDIA_GONE, MEDIA_EV_FAILED },
	{ MEDIA_GONE, MEDIA_EV_RELEASED },
	{ MEDIA_GONE, MEDIA_EV_LOST },
};

const struct fsm_desc media_fsm_desc = {
	.name = "media",
	.rows = rows,
	.n_rows = sizeof(rows) / sizeof(rows[0]),
	.states = states,
	.events = events,
	.n_states = MEDIA_STATES,
	.n_events = MEDIA_EVENTS,
	.ignored = ignored,
	.n_ignored = sizeof(ignored) / sizeof(ignored[0]),
};

void
media_fsm_start(struct media *m)
{
	fsm_init(&m->fsm, &media_fsm_desc, m, (uint32_t)m->id, MEDIA_IDLE);
}
