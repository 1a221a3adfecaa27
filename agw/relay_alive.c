/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/relay_alive.h"

#include <stdlib.h>

#include "agw/relay_msrp.h"

enum { TICKS = 2 }; /* quiet ones until a message goes out: the relay path only counts octets, it notes no times */

struct watch {
	struct relay *relay;
	struct loop_timer timer;
	uint64_t octets; /* both ways, at the last tick */
	uint32_t tick_ms; /* 0: off */
	unsigned side, quiet;
};

struct relay_alive {
	struct watch side[2];
};

static uint64_t
octets_of(const struct watch *w)
{
	const struct leg_stats *s = &w->relay->leg[w->side].stats;

	return s->octets_in + s->octets_out;
}

static void
on_tick(struct loop_timer *t)
{
	struct watch *w = t->arg;
	uint64_t octets = octets_of(w);

	w->quiet = octets == w->octets ? w->quiet + 1 : 0;
	w->octets = octets;
	loop_timer_set(t, w->tick_ms);
	if (w->quiet < TICKS)
		return;
	w->quiet = 0;
	relay_msrp_keep_alive(w->relay, w->side);
}

static bool
make(struct relay *r)
{
	r->alive = calloc(1, sizeof(*r->alive));
	if (!r->alive) {
		relay_log_nomem(r, 0);
		return false;
	}
	for (unsigned side = 0; side < 2; side++) {
		struct watch *w = &r->alive->side[side];

		w->relay = r;
		w->side = side;
		loop_timer_init(&w->timer, r->leg[side].env->loop, on_tick, w);
	}
	return true;
}

void
relay_alive_set(struct relay *r, unsigned side, uint32_t silence)
{
	uint32_t tick = silence / TICKS;
	struct watch *w;

	if (!r->alive && (tick == 0 || !make(r)))
		return;
	w = &r->alive->side[side];
	if (w->tick_ms == tick)
		return;
	w->tick_ms = tick;
	w->quiet = 0;
	w->octets = octets_of(w);
	if (tick)
		loop_timer_set(&w->timer, tick);
	else
		loop_timer_stop(&w->timer);
}

void
relay_alive_fini(struct relay *r)
{
	for (unsigned side = 0; r->alive && side < 2; side++)
		loop_timer_stop(&r->alive->side[side].timer);
	free(r->alive);
	r->alive = NULL;
}
