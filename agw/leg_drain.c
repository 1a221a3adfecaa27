/* SPDX-License-Identifier: BSD-2-Clause */
/* The last bytes of a leg that ends: they have LEG_DRAIN_MS, and again as long as their peer took some of them. It is the
 * peer's network that is slow then, and they are few: LEG_PENDING_MAX. */
#include "agw/leg.h"

#include "agw/leg_priv.h"
#include "proto/io/sock.h"

/* What the peer has not acknowledged; UINT64_MAX: the kernel does not tell. */
static uint64_t
undelivered(const struct leg *l)
{
	uint32_t unacked;

	return sock_unacked(l->fd, &unacked) == 0 ? l->out.len + (uint64_t)unacked : UINT64_MAX;
}

void
leg_drain_begin(struct leg *l)
{
	if (l->fsm.state == LEG_DRAINING && l->out.len)
		l->undelivered = undelivered(l);
}

bool
leg_drain_goes_on(struct leg *l)
{
	uint64_t left;

	/* Whoever comes again has waited long enough. */
	if (l->fsm.state != LEG_DRAINING || l->pressed)
		return false;
	left = undelivered(l);
	if (left >= l->undelivered)
		return false;
	l->undelivered = left;
	leg_set_timer(l, LEG_DRAIN_MS);
	return true;
}
