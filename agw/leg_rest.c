/* SPDX-License-Identifier: BSD-2-Clause */
/* A leg that is not read, because its partner is not there, does not take more, or because its peer has nothing more to
 * say: whether that peer is still there. */
#include "agw/leg.h"

#include "agw/leg_priv.h"
#include "proto/base/err.h"
#include "proto/io/sock.h"

static bool
may_rest(const struct leg *l)
{
	enum leg_state s = leg_get_state(l);

	return s == LEG_OPEN || s == LEG_PEER_DONE || s == LEG_WE_DONE;
}

void
leg_hold(struct leg *l)
{
	if (l->fd >= 0)
		loop_io_want(&l->io, (l->io.want & LOOP_WRITE) | LOOP_GONE);
}

/* A partner that drains its buffer, or a peer that has said the last word, mostly goes on at once: one timer, and no
 * system call before it. Set once a period, not once a rest. */
void
leg_rest(struct leg *l)
{
	leg_want_read(l, false);
	if (may_rest(l) && !loop_timer_is_set(&l->timer))
		loop_timer_set(&l->timer, LEG_REST_MS);
}

bool
leg_rest_is_over(struct leg *l)
{
	if (l->pressed || !may_rest(l))
		return false;
	if (!(l->io.want & (LOOP_READ | LOOP_GONE)))
		loop_io_want(&l->io, l->io.want | LOOP_BROKEN);
	return true;
}

/* Nothing is read that would show it. A FIN of an open connection keeps its place behind the bytes; what comes after
 * it is still heard. */
void
leg_on_gone(struct leg *l, unsigned ready)
{
	int err = sock_error(l->fd);

	if (err)
		leg_fail(l, leg_tcp_reason(err), 0, err_str(err));
	else if (leg_get_state(l) == LEG_PAUSED)
		leg_fail(l, REASON_PEER_RESET, 0, "the peer left a paused handshake");
	else if (ready & LOOP_GONE)
		loop_io_want(&l->io, l->io.want | LOOP_BROKEN);
}
