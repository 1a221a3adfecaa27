/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/leg.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agw/gate.h"
#include "agw/leg_priv.h"
#include "agw/tls.h"
#include "proto/base/err.h"
#include "proto/io/sock.h"

int
leg_env_init(struct leg_env *env, struct loop *l)
{
	*env = (struct leg_env){ .loop = l, .pipe = { -1, -1 } };
	list_init(&env->waiting);
	list_init(&env->turns);
	list_init(&env->lingering);
	leg_grown_init(env);
	leg_probe_init(env);
	loop_defer_init(&env->next_turn);
	bufpool_init(&env->pool);
	env->in = malloc(LEG_READ_MAX);
	env->out = malloc(LEG_WIRE_MAX);
	env->plain = malloc(LEG_PLAIN_MAX);
	env->room = malloc(LEG_PLAIN_MAX); /* takes no memory before the first aware session */
	env->record = malloc(TLS_RECORD_MAX);
	if (env->in && env->out && env->plain && env->room && env->record && leg_splice_init(env))
		return 0;
	leg_env_fini(env);
	return ERR_NOMEM;
}

void
leg_env_fini(struct leg_env *env)
{
	free(env->in);
	free(env->out);
	free(env->plain);
	free(env->room);
	free(env->record);
	env->in = env->out = env->plain = env->room = env->record = NULL;
	loop_defer_cancel(&env->next_turn);
	leg_linger_fini(env);
	leg_grown_fini(env);
	leg_probe_fini(env);
	leg_splice_fini(env);
	bufpool_fini(&env->pool);
}

static void
on_timer(struct loop_timer *t)
{
	struct leg *l = t->arg;

	if (!leg_rest_is_over(l) && !leg_drain_goes_on(l))
		fsm_fire(&l->fsm, LEG_EV_TIMEOUT);
}

/* The timer is set once a period, not once a packet. */
static void
on_idle(struct loop_timer *t)
{
	struct leg *l = t->arg;
	const struct event e = { .kind = EVENT_IDLE, .side = l->side, .reason = REASON_IDLE, .peer = l->stats.peer };
	bool either = l->spec.idle_in == l->spec.idle_out;
	bool stirred = (l->stirred_in && (either || l->spec.idle_in)) || (l->stirred_out && (either || l->spec.idle_out));

	l->stirred_in = l->stirred_out = false;
	if (l->spec.idle_ms == 0)
		return;
	loop_timer_set(&l->idle, l->spec.idle_ms);
	if (!stirred)
		l->owner->on_event(l, &e);
}

void
leg_init(struct leg *l, struct leg_env *env, const struct leg_owner *owner, void *arg, uint8_t side, uint32_t id)
{
	*l = (struct leg){ .env = env,    .owner = owner, .arg = arg,    .side = side,
		           .listen_fd = -1, .fd = -1,       .next_fd = -1 };
	fsm_init(&l->fsm, &leg_fsm, l, id << 1 | side, LEG_WAITING);
	list_init(&l->wait);
	list_init(&l->turn);
	list_init(&l->young);
	list_init(&l->probed);
	loop_timer_init(&l->timer, env->loop, on_timer, l);
	loop_timer_init(&l->idle, env->loop, on_idle, l);
}

void
leg_fini(struct leg *l)
{
	l->lingers |= leg_is_heard(l);
	fsm_fire(&l->fsm, LEG_EV_DISPOSE);
}

void
leg_set_timer(struct leg *l, uint32_t ms)
{
	if (ms)
		loop_timer_set(&l->timer, ms);
	else
		loop_timer_stop(&l->timer);
}

bool
leg_takes_input(const struct leg *l)
{
	return l->fsm.state == LEG_OPEN || l->fsm.state == LEG_WE_DONE;
}

bool
leg_takes_output(const struct leg *l)
{
	return l->fsm.state == LEG_OPEN || l->fsm.state == LEG_PEER_DONE;
}

void
leg_fail(struct leg *l, enum reason why, uint8_t alert, const char *detail)
{
	char peer[ADDR_TEXT_MAX];
	uint32_t skipped;

	if (l->reason == REASON_NONE) {
		l->reason = why;
		l->alert = alert;
		if (log_limit_pass(&l->env->log_limit, loop_now_ms(l->env->loop), &skipped))
			log_notice("connection failed relay=%u side=%u peer=%s state=%s reason=%s alert=%u detail=\"%s\" "
			           "skipped=%u",
			           l->fsm.id >> 1, l->side, addr_text(&l->stats.peer, peer), fsm_state_name(&l->fsm),
			           reason_text(why), alert, detail ? detail : "", skipped);
	}
	fsm_fire(&l->fsm, LEG_EV_FAIL);
}

/* ---- listener ---- */

static bool
role_listens(enum leg_role role)
{
	return role == LEG_LISTEN || role == LEG_PROXY;
}

void
leg_watch_listener(struct leg *l)
{
	if (l->listen_fd < 0)
		return;
	/* Many listeners only hold their port: nobody is ever let in. Once somebody was, he may still be on his way. */
	l->is_reachable |= !l->env->is_gated || l->spec.gate != GATE_IGNORE;
	loop_io_want(&l->listener, role_listens(l->spec.role) && l->is_reachable ? LOOP_READ : 0u);
}

static void
refuse(struct leg *l, int fd)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
	l->stats.refused++;
	l->owner->on_refused(l);
}

/* The gate's rule once more: the SYN may have passed before the rule changed, or without a gate at all. */
static bool
is_welcome(const struct leg *l, const struct addr *peer)
{
	struct gate_rule rule = { .mode = l->spec.gate, .remote = l->spec.remote, .host_bits = l->spec.host_bits,
		                  .port_hi = l->spec.port_hi };

	if (l->spec.gate == GATE_LATCH)
		rule.remote = l->learned;
	else if (l->spec.from.family != ADDR_NONE || l->spec.gate == GATE_FILTER_PORT)
		rule.remote = l->spec.from;

	return gate_decide(&rule, peer) == GATE_ACCEPT;
}

static bool
peer_is_gone(const struct leg *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLRDHUP };

	return l->fsm.state == LEG_PEER_DONE || l->fsm.state == LEG_DRAINING ||
	       (poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)));
}

/* A connection waits while one is live. True: it may be taken, or refused, now; false: the old one is at its end
 * and is given a moment for its last bytes. */
static bool
make_way(struct leg *l)
{
	if (!leg_is_live(l) || l->fsm.state == LEG_CONNECTING || !peer_is_gone(l))
		return true;
	if (l->fsm.state == LEG_SECURING || l->fsm.state == LEG_PAUSED) {
		leg_fail(l, REASON_PEER_RESET, 0, "the peer began anew");
		return true;
	}
	loop_io_want(&l->listener, 0);
	l->pressed = true;
	if (l->fsm.state != LEG_DRAINING)
		leg_set_timer(l, LEG_SUCCESSION_MS);
	return false;
}

/* After RELATCH, or under a rule that would not let in the live connection's peer any more, whoever is let in counts. */
static void
give_up_outdated(struct leg *l)
{
	if (!leg_is_live(l) || l->fsm.state == LEG_CONNECTING)
		return;
	if (!l->is_relatched && (!l->accepted || is_welcome(l, &l->stats.peer)))
		return;
	leg_abort(l); /* no failure that anybody need be told of */
}

/* fd is taken or closed. */
static void
take(struct leg *l, int fd, const struct addr *peer)
{
	bool welcome;

	if (l->env->filters)
		syngate_disarm_socket(fd);
	welcome = is_welcome(l, peer);
	if (welcome)
		give_up_outdated(l);
	if (!welcome || (leg_is_live(l) && l->fsm.state != LEG_CONNECTING)) {
		if (welcome)
			leg_probe(l);
		refuse(l, fd);
		return;
	}
	l->next_fd = fd;
	l->next_peer = *peer;
	fsm_fire(&l->fsm, LEG_EV_ACCEPTED);
	if (l->next_fd >= 0) {
		close(l->next_fd);
		l->next_fd = -1;
	}
}

/* One connection a turn: a flood at one port must not starve the others. */
static void
on_listener(struct loop_io *io, unsigned ready)
{
	struct leg *l = io->arg;
	struct addr peer;
	int fd;

	(void)ready;
	if (!make_way(l) || !leg_may_accept(l))
		return;
	fd = sock_accept(l->listen_fd, &peer);
	if (fd >= 0)
		take(l, fd, &peer);
	else if (fd != ERR_AGAIN)
		leg_starve(l);
	leg_leave_queue(l);
}

void
leg_drop_listener(struct leg *l)
{
	loop_io_stop(&l->listener);
	leg_leave_queue(l);
	if (l->listen_fd >= 0)
		close(l->listen_fd);
	l->listen_fd = -1;
}

void
leg_set_listener(struct leg *l, int fd)
{
	leg_drop_listener(l);
	l->listen_fd = fd;
	l->is_reachable = false;
	loop_io_init(&l->listener, l->env->loop, fd, on_listener, l);
}
