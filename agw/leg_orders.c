/* SPDX-License-Identifier: BSD-2-Clause */
/* What control wants of a leg, and what its partner does. */
#include "agw/leg.h"

#include <stdlib.h>

#include "agw/leg_priv.h"
#include "agw/tls.h"
#include "proto/io/sock.h"

/* New fingerprints meet a connection that is under way or open. Out of memory they are unknown again, which lets
 * nobody in. */
static void
apply_fprs(struct leg *l, const struct fpr_set *fprs)
{
	struct fpr_list *old = l->fprs;

	/* What a live connection was once told to match is not unlearned under it. */
	if (l->tls && old && !l->spec.fpr_known) {
		l->spec.fpr_known = true;
		return;
	}
	l->fprs = l->spec.fpr_known ? fpr_list_new(fprs) : NULL;
	l->spec.fpr_known = l->fprs != NULL;
	if (l->tls && tls_set_fprs(l->tls, l->fprs))
		leg_fail(l, tls_failure(l->tls).reason, 0, "the certificate does not match the new fingerprints");
	else if (l->fprs && l->fsm.state == LEG_PAUSED)
		fsm_fire(&l->fsm, LEG_EV_FPR_KNOWN);
	free(old);
}

static void
set_mark(struct leg *l, uint8_t dscp, bool listener_too)
{
	if (dscp == l->mark)
		return;
	l->mark = dscp;
	if (l->listen_fd >= 0 && listener_too)
		sock_set_dscp(l->listen_fd, l->spec.local.family, dscp);
	if (l->fd >= 0)
		sock_set_dscp(l->fd, l->stats.peer.family, dscp);
}

void
leg_set_mark(struct leg *l, uint8_t dscp)
{
	set_mark(l, dscp, true);
}

/* Whoever was let in by a termination that has left, or in the clear, must not reach the next one's partner. Nor must the
 * owner, who hears of the end before it knows what comes now, call the old peer once more. */
static void
cut_off(struct leg *l)
{
	l->spec.role = LEG_NO_ROLE;
	leg_abort(l);
}

/* Whoever is being called is not wanted any more, or not by us, or not from there. What asked for it asks again, of the
 * new peer; the partner hears nothing of it. */
static void
recall(struct leg *l, const struct leg_spec *spec)
{
	bool calls = spec->role == LEG_CONNECT || spec->role == LEG_PROXY;
	bool is_new = !addr_same(&spec->remote, &l->spec.remote) || !addr_same(&spec->local, &l->spec.local);

	if (l->fsm.state != LEG_CONNECTING || (calls && !is_new))
		return;
	if (l->is_ordered)
		l->connect_round = spec->connect_round - 1; /* rounds only grow: not met yet */
	fsm_fire(&l->fsm, LEG_EV_RECALL);
}

void
leg_apply(struct leg *l, const struct leg_spec *spec, const struct fpr_set *fprs, int listen_fd)
{
	if (spec->term != l->spec.term || spec->tls != l->spec.tls || spec->cut != l->spec.cut)
		cut_off(l);
	if (spec->term != l->spec.term) {
		leg_drop_listener(l); /* its port may be given to another */
		l->was_met = false;
		l->connect_round = 0;
	}
	if (spec->gate != l->spec.gate || spec->latch_round != l->spec.latch_round)
		l->learned = (struct addr){ .family = ADDR_NONE };
	if (spec->latch_round != l->spec.latch_round && spec->gate == GATE_LATCH && l->fsm.state != LEG_CONNECTING)
		l->is_relatched = leg_is_live(l);
	recall(l, spec);
	if (spec->idle_ms != l->spec.idle_ms || spec->idle_in != l->spec.idle_in || spec->idle_out != l->spec.idle_out) {
		l->stirred_in = l->stirred_out = false;
		if (spec->idle_ms)
			loop_timer_set(&l->idle, spec->idle_ms);
		else
			loop_timer_stop(&l->idle);
	}
	l->spec = *spec;
	if (listen_fd >= 0)
		leg_set_listener(l, listen_fd);
	if (!l->spec.copies_dscp)
		set_mark(l, l->spec.dscp, listen_fd < 0);
	else if (listen_fd >= 0 && l->mark)
		sock_set_dscp(l->listen_fd, l->spec.local.family, l->mark);
	leg_watch_listener(l);
	if (l->fsm.state == LEG_WAITING)
		leg_await(l);
	apply_fprs(l, fprs);
}

void
leg_trigger(struct leg *l)
{
	/* A connection at its end does not count: the relay asks again when it is gone. */
	if (leg_is_live(l) && l->fsm.state != LEG_DRAINING)
		l->connect_round = l->spec.connect_round;
	if (l->fsm.state != LEG_WAITING || l->spec.remote.family == ADDR_NONE || l->spec.remote.port == 0 ||
	    addr_is_any(&l->spec.remote) || (l->spec.role != LEG_CONNECT && l->spec.role != LEG_PROXY))
		return;
	fsm_fire(&l->fsm, LEG_EV_TRIGGER);
}

void
leg_finish(struct leg *l)
{
	fsm_fire(&l->fsm, LEG_EV_FINISH);
}

void
leg_close(struct leg *l)
{
	/* Its peer has not ended, and may be sending. */
	l->lingers |= leg_takes_input(l) && !l->has_ended && (l->tls || l->has_sent);
	fsm_fire(&l->fsm, LEG_EV_CLOSE);
}

void
leg_abort(struct leg *l)
{
	fsm_fire(&l->fsm, LEG_EV_ABORT);
}
