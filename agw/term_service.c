/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminations in and out of service (H.248.1 7.2.8). Out of service nobody is let in and nothing is connected; the
 * termination stays in its context with its ports until the controller subtracts it. */
#include "agw/ctx_stream.h"

#include <stdlib.h>

#include "proto/base/log.h"

void
term_set_service(struct term *t, bool in)
{
	uint32_t skipped;

	if (t->turn)
		loop_timer_stop(t->turn);
	if (t->is_out == !in)
		return;
	t->is_out = !in;
	for (unsigned i = 0; i < t->n_streams; i++) {
		struct term_stream *s = t->streams[i];

		s->is_out = t->is_out;
		if (t->is_out) {
			s->cut++;
			s->learned = (struct addr){ .family = ADDR_NONE }; /* as the worker does */
			ctx_arm_gate(t->ctx->table, s); /* now: the order takes its time */
		}
	}
	ctx_join_streams(t);
	if (log_limit_pass(&t->ctx->table->service_log, loop_now_ms(t->ctx->table->env.loop), &skipped))
		log_notice("termination %s service ctx=%u term=%s skipped=%u", in ? "back in" : "out of", t->ctx->id, t->name,
		           skipped);
}

static void
turn(struct term *t)
{
	term_set_service(t, t->turns_in);
	(void)ctx_post(t->ctx);
}

static void
on_turn(struct loop_timer *timer)
{
	turn(timer->arg);
}

void
term_set_service_later(struct term *t, bool in, uint64_t after_ms)
{
	t->turns_in = in;
	if (!t->turn) {
		t->turn = malloc(sizeof(*t->turn));
		if (t->turn)
			loop_timer_init(t->turn, t->ctx->table->env.loop, on_turn, t);
	}
	if (t->turn)
		loop_timer_set(t->turn, after_ms);
	else
		turn(t);
}
