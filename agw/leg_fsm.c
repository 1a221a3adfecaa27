/* SPDX-License-Identifier: BSD-2-Clause */
/* A leg's machine: its rows, and what each step does. */
#include "agw/leg.h"

#include <stdlib.h>

#include "agw/leg_priv.h"
#include "agw/tls.h"
#include "proto/base/err.h"
#include "proto/io/sock.h"

static void
tell(struct leg *l, enum event_kind kind)
{
	struct event e = { .kind = kind, .side = l->side, .peer = l->stats.peer };

	if (kind == EVENT_FAILED || kind == EVENT_CLOSED) {
		e.reason = l->reason;
		e.alert = l->reason == REASON_TLS_ALERT ? l->alert : 0;
	}
	l->owner->on_event(l, &e);
}

/* Every connection ends here. The listener is looked at again before the owner hears of it. */
static void
end(struct leg *l, enum event_kind kind, bool reset)
{
	enum reason why = l->reason;
	bool told = l->announced || kind == EVENT_FAILED;

	leg_set_timer(l, 0);
	leg_drop(l, reset);
	leg_watch_listener(l);
	if (told)
		tell(l, kind);
	l->announced = false;
	l->reason = REASON_NONE;
	l->owner->on_end(l, why);
}

/* From the port that was signalled, for the peer's gate may let in nobody else, as ours may (TS 23.334 6.2.10.3.1.2.1
 * step 14). Not where the peer may connect at the same time, and the roles in TLS hang on who did: two SYNs that cross
 * between the same ports make one connection with two clients. An earlier connection of this port to the same peer
 * may still be in the way: then any port will do. */
static int
call_peer(const struct leg *l)
{
	struct addr local = l->spec.local;
	int fd = ERR_EXISTS;

	if (addr_same(&local, &l->spec.remote))
		return ERR_REFUSED; /* a SYN that meets its own socket opens it: the peer would be ourselves */
	if (local.family == ADDR_NONE)
		return sock_tcp_connect_as(NULL, &l->spec.remote, l->mark);
	if (local.port && (l->spec.role == LEG_CONNECT || !l->spec.tls)) {
		if (l->listen_fd >= 0)
			sock_share_port(l->listen_fd);
		fd = sock_tcp_connect_as(&local, &l->spec.remote, l->mark);
	}
	local.port = 0;
	return fd >= 0 ? fd : sock_tcp_connect_as(&local, &l->spec.remote, l->mark);
}

static void
do_connect(struct leg *l)
{
	leg_meet(l);
	l->is_ordered = leg_is_ordered(l);
	l->connect_round = l->spec.connect_round;
	l->reason = REASON_NONE;
	l->accepted = false;
	l->stats.peer = l->spec.remote;
	if (l->spec.denied) {
		leg_fail(l, REASON_REMOTE_DENIED, 0, l->spec.denied);
		return;
	}
	l->fd = call_peer(l);
	if (l->fd < 0) {
		int err = l->fd;

		l->fd = -1;
		leg_fail(l, leg_tcp_reason(err), 0, err_str(err));
		return;
	}
	leg_grow(l);
	loop_io_init(&l->io, l->env->loop, l->fd, leg_on_io, l);
	loop_io_want(&l->io, LOOP_READ | LOOP_WRITE);
	leg_set_timer(l, l->spec.tcp_ms);
}

/* TCP is up: TLS if wanted. */
static void
secure(struct leg *l)
{
	leg_set_timer(l, l->spec.tls ? l->spec.tls_ms : 0);
	if (!l->spec.tls) {
		fsm_fire(&l->fsm, LEG_EV_SECURED);
		return;
	}
	l->tls = l->spec.tls_ctx ? tls_new(l->spec.tls_ctx, l->accepted, l->fprs) : NULL;
	if (l->tls)
		leg_begin_handshake(l);
	if (!l->tls)
		leg_fail(l, REASON_INTERNAL, 0, "no TLS");
	else if (!l->accepted)
		leg_queue_handshake(l); /* a key for the ClientHello is work too */
}

/* Also in place of a connection attempt that is still under way: who comes first wins. */
static void
do_take(struct leg *l)
{
	leg_drop(l, false);
	leg_meet(l);
	l->fd = l->next_fd;
	l->next_fd = -1;
	l->reason = REASON_NONE;
	l->accepted = l->announced = true;
	l->stats.peer = l->next_peer;
	if (l->spec.gate == GATE_LATCH)
		l->learned = l->next_peer;
	leg_grow(l);
	loop_io_init(&l->io, l->env->loop, l->fd, leg_on_io, l);
	leg_want_read(l, true);
	tell(l, EVENT_ACCEPTED);
	secure(l);
}

static void
do_recall(struct leg *l)
{
	leg_set_timer(l, 0);
	leg_drop(l, false);
	leg_watch_listener(l);
}

static void
do_use(struct leg *l)
{
	loop_io_want(&l->io, LOOP_READ);
	l->announced = true;
	tell(l, EVENT_CONNECTED);
	secure(l);
}

static void
do_pause(struct leg *l)
{
	leg_hold(l);
	leg_set_timer(l, l->spec.fpr_ms);
}

static void
do_resume(struct leg *l)
{
	leg_set_timer(l, l->spec.tls_ms);
	leg_queue_handshake(l);
}

static void
do_open(struct leg *l)
{
	leg_set_timer(l, 0);
	leg_settle(l);
	if (!leg_ktls_take(l))
		return;
	if (l->tls)
		tell(l, EVENT_TLS_UP);
	l->owner->on_open(l);
}

static void
do_rest(struct leg *l)
{
	leg_rest(l);
}

static void
do_finish(struct leg *l)
{
	leg_say_goodbye(l);
	leg_flush(l);
}

static void
do_drain(struct leg *l)
{
	leg_want_read(l, false);
	leg_set_timer(l, LEG_DRAIN_MS);
	leg_say_goodbye(l);
	leg_flush(l);
	leg_drain_begin(l);
}

static void
do_end(struct leg *l)
{
	end(l, EVENT_CLOSED, false);
}

/* Before it was open. Whoever did not show the right certificate is not latched to: one SYN of a stranger would
 * keep the UE out for good. */
static void
do_fail(struct leg *l)
{
	if (l->tls)
		l->learned = (struct addr){ .family = ADDR_NONE };
	end(l, EVENT_FAILED, false);
}

/* After: a reset is an end that a peer may choose, everything else a failure. */
static void
do_break(struct leg *l)
{
	end(l, l->reason == REASON_PEER_RESET ? EVENT_CLOSED : EVENT_FAILED, l->reason == REASON_PEER_RESET);
}

/* Also for a connection that the peer left behind: it waits at the listener with its next one. */
static void
do_abort(struct leg *l)
{
	l->reason = REASON_PEER_RESET;
	end(l, EVENT_CLOSED, true);
}

static void
do_time_out_tcp(struct leg *l)
{
	l->reason = REASON_TCP_TIMEOUT;
	end(l, EVENT_FAILED, false);
}

static void
do_time_out_tls(struct leg *l)
{
	l->reason = REASON_TLS_TIMEOUT;
	do_fail(l);
}

static void
do_time_out_fpr(struct leg *l)
{
	l->reason = REASON_FP_MISSING;
	do_fail(l);
}

static void
do_listen_again(struct leg *l)
{
	leg_watch_listener(l);
	if (leg_is_forgotten(l)) {
		l->stats.peer = (struct addr){ .family = ADDR_NONE };
		l->reason = REASON_TCP_TIMEOUT;
		tell(l, EVENT_FAILED);
		l->reason = REASON_NONE;
	}
}

static void
do_dispose(struct leg *l)
{
	leg_set_timer(l, 0);
	if (l->fd >= 0)
		leg_say_goodbye(l);
	leg_drop(l, false);
	loop_timer_stop(&l->idle);
	leg_drop_listener(l);
	free(l->fprs);
	l->fprs = NULL;
}

/* fsm_act takes void *; one adapter an action keeps the actions typed. */
#define ACT(name) \
	static void \
	act_##name(void *l) \
	{ \
		do_##name(l); \
	}
ACT(connect)
ACT(take)
ACT(recall)
ACT(use)
ACT(pause)
ACT(resume)
ACT(open)
ACT(rest)
ACT(finish)
ACT(drain)
ACT(end)
ACT(fail)
ACT(break)
ACT(abort)
ACT(time_out_tcp)
ACT(time_out_tls)
ACT(time_out_fpr)
ACT(listen_again)
ACT(dispose)
#undef ACT

/* clang-format off */
static const struct fsm_row rows[] = {
	/* from            on                 to              action */
	{ LEG_WAITING,    LEG_EV_TRIGGER,    LEG_CONNECTING, act_connect },
	{ LEG_WAITING,    LEG_EV_ACCEPTED,   LEG_SECURING,   act_take },
	{ LEG_WAITING,    LEG_EV_TIMEOUT,    LEG_WAITING,    act_listen_again },
	{ LEG_WAITING,    LEG_EV_DISPOSE,    LEG_CLOSED,     act_dispose },

	{ LEG_CONNECTING, LEG_EV_CONNECTED,  LEG_SECURING,   act_use },
	{ LEG_CONNECTING, LEG_EV_ACCEPTED,   LEG_SECURING,   act_take },
	{ LEG_CONNECTING, LEG_EV_RECALL,     LEG_WAITING,    act_recall },
	{ LEG_CONNECTING, LEG_EV_TIMEOUT,    LEG_WAITING,    act_time_out_tcp },
	{ LEG_CONNECTING, LEG_EV_FAIL,       LEG_WAITING,    act_fail },
	{ LEG_CONNECTING, LEG_EV_CLOSE,      LEG_WAITING,    act_end },
	{ LEG_CONNECTING, LEG_EV_ABORT,      LEG_WAITING,    act_end },
	{ LEG_CONNECTING, LEG_EV_DISPOSE,    LEG_CLOSED,     act_dispose },

	{ LEG_SECURING,   LEG_EV_PAUSE,      LEG_PAUSED,     act_pause },
	{ LEG_SECURING,   LEG_EV_SECURED,    LEG_OPEN,       act_open },
	{ LEG_SECURING,   LEG_EV_TIMEOUT,    LEG_WAITING,    act_time_out_tls },
	{ LEG_SECURING,   LEG_EV_FAIL,       LEG_WAITING,    act_fail },
	{ LEG_SECURING,   LEG_EV_CLOSE,      LEG_WAITING,    act_end },
	{ LEG_SECURING,   LEG_EV_ABORT,      LEG_WAITING,    act_abort },
	{ LEG_SECURING,   LEG_EV_DISPOSE,    LEG_CLOSED,     act_dispose },

	{ LEG_PAUSED,     LEG_EV_FPR_KNOWN,  LEG_SECURING,   act_resume },
	{ LEG_PAUSED,     LEG_EV_TIMEOUT,    LEG_WAITING,    act_time_out_fpr },
	{ LEG_PAUSED,     LEG_EV_FAIL,       LEG_WAITING,    act_fail },
	{ LEG_PAUSED,     LEG_EV_CLOSE,      LEG_WAITING,    act_end },
	{ LEG_PAUSED,     LEG_EV_ABORT,      LEG_WAITING,    act_abort },
	{ LEG_PAUSED,     LEG_EV_DISPOSE,    LEG_CLOSED,     act_dispose },

	{ LEG_OPEN,       LEG_EV_PEER_EOF,   LEG_PEER_DONE,  act_rest },
	{ LEG_OPEN,       LEG_EV_FINISH,     LEG_WE_DONE,    act_finish },
	{ LEG_OPEN,       LEG_EV_TIMEOUT,    LEG_WAITING,    act_abort },
	{ LEG_OPEN,       LEG_EV_FAIL,       LEG_WAITING,    act_break },
	{ LEG_OPEN,       LEG_EV_CLOSE,      LEG_DRAINING,   act_drain },
	{ LEG_OPEN,       LEG_EV_ABORT,      LEG_WAITING,    act_abort },
	{ LEG_OPEN,       LEG_EV_DISPOSE,    LEG_CLOSED,     act_dispose },

	{ LEG_PEER_DONE,  LEG_EV_FINISH,     LEG_DRAINING,   act_drain },
	{ LEG_PEER_DONE,  LEG_EV_TIMEOUT,    LEG_WAITING,    act_abort },
	{ LEG_PEER_DONE,  LEG_EV_FAIL,       LEG_WAITING,    act_break },
	{ LEG_PEER_DONE,  LEG_EV_CLOSE,      LEG_DRAINING,   act_drain },
	{ LEG_PEER_DONE,  LEG_EV_ABORT,      LEG_WAITING,    act_abort },
	{ LEG_PEER_DONE,  LEG_EV_DISPOSE,    LEG_CLOSED,     act_dispose },

	{ LEG_WE_DONE,    LEG_EV_PEER_EOF,   LEG_DRAINING,   act_drain },
	{ LEG_WE_DONE,    LEG_EV_TIMEOUT,    LEG_WAITING,    act_abort },
	{ LEG_WE_DONE,    LEG_EV_FAIL,       LEG_WAITING,    act_break },
	{ LEG_WE_DONE,    LEG_EV_CLOSE,      LEG_DRAINING,   act_drain },
	{ LEG_WE_DONE,    LEG_EV_ABORT,      LEG_WAITING,    act_abort },
	{ LEG_WE_DONE,    LEG_EV_DISPOSE,    LEG_CLOSED,     act_dispose },

	{ LEG_DRAINING,   LEG_EV_DRAINED,    LEG_WAITING,    act_end },
	{ LEG_DRAINING,   LEG_EV_TIMEOUT,    LEG_WAITING,    act_abort },
	{ LEG_DRAINING,   LEG_EV_FAIL,       LEG_WAITING,    act_break },
	{ LEG_DRAINING,   LEG_EV_ABORT,      LEG_WAITING,    act_abort },
	{ LEG_DRAINING,   LEG_EV_DISPOSE,    LEG_CLOSED,     act_dispose },
};

/* Expected and without meaning: the partner's end or an order crossing ours, late events of a turn. */
static const uint8_t ignored[][2] = {
	{ LEG_WAITING, LEG_EV_CLOSE },       { LEG_WAITING, LEG_EV_ABORT },
	{ LEG_WAITING, LEG_EV_FAIL },        { LEG_WAITING, LEG_EV_FINISH },
	{ LEG_WAITING, LEG_EV_PEER_EOF },    { LEG_WAITING, LEG_EV_SECURED },
	{ LEG_WAITING, LEG_EV_PAUSE },       { LEG_WAITING, LEG_EV_DRAINED },
	{ LEG_PAUSED, LEG_EV_PAUSE },        { LEG_OPEN, LEG_EV_DRAINED },
	{ LEG_PEER_DONE, LEG_EV_DRAINED },   { LEG_WE_DONE, LEG_EV_DRAINED },
	{ LEG_PEER_DONE, LEG_EV_PEER_EOF },  { LEG_WE_DONE, LEG_EV_FINISH },
	{ LEG_DRAINING, LEG_EV_PEER_EOF },   { LEG_DRAINING, LEG_EV_FINISH },
	{ LEG_DRAINING, LEG_EV_CLOSE },      { LEG_CLOSED, LEG_EV_DISPOSE },
	{ LEG_CLOSED, LEG_EV_CLOSE },        { LEG_CLOSED, LEG_EV_ABORT },
	{ LEG_CLOSED, LEG_EV_FAIL },         { LEG_CLOSED, LEG_EV_FINISH },
	{ LEG_CLOSED, LEG_EV_PEER_EOF },     { LEG_CLOSED, LEG_EV_DRAINED },
};
/* clang-format on */

static const char *const states[LEG_STATES] = {
	"WAITING", "CONNECTING", "SECURING", "PAUSED", "OPEN", "PEER_DONE", "WE_DONE", "DRAINING", "CLOSED",
};
static const char *const events[LEG_EVENTS] = {
	"TRIGGER", "ACCEPTED", "CONNECTED", "PAUSE", "FPR_KNOWN", "SECURED", "PEER_EOF",
	"FINISH",  "DRAINED",  "TIMEOUT",   "FAIL",  "CLOSE",     "ABORT",   "RECALL",   "DISPOSE",
};

const struct fsm_desc leg_fsm = {
	.name = "leg",
	.rows = rows,
	.n_rows = sizeof(rows) / sizeof(rows[0]),
	.states = states,
	.events = events,
	.n_states = LEG_STATES,
	.n_events = LEG_EVENTS,
	.ignored = ignored,
	.n_ignored = sizeof(ignored) / sizeof(ignored[0]),
};
