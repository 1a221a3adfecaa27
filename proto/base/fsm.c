/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/base/fsm.h"

#include "proto/base/err.h"
#include "proto/base/log.h"

void
fsm_init(struct fsm *f, const struct fsm_desc *desc, void *obj, uint32_t id, uint8_t state)
{
	*f = (struct fsm){ .desc = desc, .obj = obj, .id = id, .state = state };
}

const struct fsm_row *
fsm_row(const struct fsm_desc *d, uint8_t from, uint8_t on)
{
	for (size_t i = 0; i < d->n_rows; i++)
		if (d->rows[i].from == from && d->rows[i].on == on)
			return &d->rows[i];
	return NULL;
}

bool
fsm_is_ignored(const struct fsm_desc *d, uint8_t from, uint8_t on)
{
	for (size_t i = 0; i < d->n_ignored; i++)
		if (d->ignored[i][0] == from && d->ignored[i][1] == on)
			return true;
	return false;
}

const char *
fsm_state_name(const struct fsm *f)
{
	return f->desc->states[f->state];
}

static int
step(struct fsm *f, uint8_t ev)
{
	const struct fsm_desc *d = f->desc;
	const struct fsm_row *row = fsm_row(d, f->state, ev);

	if (!row) {
		if (fsm_is_ignored(d, f->state, ev))
			return 0;
		f->unexpected++;
		log_debug("event without a row %s=%u state=%s event=%s", d->name, f->id, d->states[f->state],
		          d->events[ev]);
		return ERR_BADSTATE;
	}
	log_debug("state %s=%u %s -> %s on %s", d->name, f->id, d->states[f->state], d->states[row->to],
	          d->events[ev]);
	f->state = row->to;
	if (row->act)
		row->act(f->obj);
	return 0;
}

int
fsm_fire(struct fsm *f, uint8_t ev)
{
	int rc;

	if (f->running) {
		if (f->queued == FSM_QUEUE)
			return ERR_LIMIT;
		f->queue[f->queued++] = ev;
		return 0;
	}
	f->running = true;
	rc = step(f, ev);
	/* Bounded: an action chain longer than this is a loop in the table, not a protocol. */
	for (int turns = 0; f->queued && turns < 4 * FSM_QUEUE; turns++) {
		uint8_t next = f->queue[0];

		f->queued--;
		for (uint8_t i = 0; i < f->queued; i++)
			f->queue[i] = f->queue[i + 1];
		step(f, next);
	}
	f->queued = 0;
	f->running = false;
	return rc;
}
