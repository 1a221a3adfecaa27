/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/mg_reg.h"

#include "agw/mg_service.h"

/* ---- sending ServiceChange ---- */

/* What a reply without an error says besides. True when it leads somewhere else. */
static bool
take_services(struct mg_reg *r, const struct mgco_services *s)
{
	enum mg_service_way way;
	struct addr to;

	way = mg_service_way(s, &r->target.addr, r->moves < REG_MOVES_MAX, &to);
	if (s->has_version && s->version == 1)
		r->version = 1;
	if (way == MG_SERVICE_STAYS)
		return false;
	if (way == MG_SERVICE_SEEKS)
		return mg_reg_seek(r, s->mgc_id);
	(void)span_copy(mgco_assoc_mid(r->assoc), r->mid, sizeof(r->mid));
	r->next = (struct mgc_conf){ .proto = r->target.proto, .addr = to };
	(void)fsm_fire(&r->fsm, way == MG_SERVICE_TURNS ? REG_EV_TURN : REG_EV_MOVE);
	return true;
}

static void
on_reply(void *arg, int err, const struct mgco_txn *reply)
{
	struct mg_reg *r = arg;
	const struct mgco_error *e;
	const struct mgco_services *s;

	if (r->fsm.state != REG_ASKING && r->fsm.state != REG_LEAVING)
		return;
	if (err) { /* the link's end tells itself, a mere time-out does not */
		(void)fsm_fire(&r->fsm, REG_EV_REFUSED);
		return;
	}
	if (mg_service_refused(reply, &e, &s)) {
		log_warning("controller refused registration code=%u text=\"%.*s\"", e->code, SPAN_FMT(e->text));
		(void)fsm_fire(&r->fsm, REG_EV_REFUSED);
		return;
	}
	if (s && r->fsm.state == REG_ASKING && take_services(r, s))
		return;
	(void)fsm_fire(&r->fsm, REG_EV_ACCEPTED);
}

static void
on_graceful(void *arg, int err, const struct mgco_txn *reply)
{
	const struct mgco_error *e;
	const struct mgco_services *s;

	if (!err && mg_service_refused(reply, &e, &s))
		mg_reg_on_refusal(arg, e);
}

/* ---- actions ---- */

static void
log_target(const struct mg_reg *r, enum log_level level, const char *what)
{
	char text[ADDR_TEXT_MAX];

	log_line(level, "%s mgc=%s:%s", what, mgco_proto_name(r->target.proto),
	         addr_text(&r->target.addr, text));
}

static void
unlink_assoc(struct mg_reg *r)
{
	struct mgco_assoc *as = r->assoc;

	r->assoc = NULL;
	if (as)
		mgco_assoc_close(as);
}

void
mg_reg_link(struct mg_reg *r, const struct mgc_conf *target)
{
	unlink_assoc(r);
	r->seeking = 0;
	r->target = *target;
	r->assoc = mgco_connect(r->conf.node, target->proto, &target->addr);
	if (!r->assoc)
		log_error("no association could be made");
	loop_timer_set(&r->timer, REG_LINK_MS);
}

static void
do_link(void *arg)
{
	struct mg_reg *r = arg;

	r->moves = 0;
	r->was_sent = r->asks_again = false;
	if (!r->mgcs[r->at].host[0]) {
		mg_reg_link(r, &r->mgcs[r->at]);
		return;
	}
	/* Each time anew: a name may have moved. */
	unlink_assoc(r);
	r->target = r->mgcs[r->at];
	loop_timer_set(&r->timer, REG_LINK_MS);
	mg_reg_find(r);
}

/* The next controller of the list, for an association that is up but did not lead anywhere. */
static void
do_next_fresh(void *arg)
{
	struct mg_reg *r = arg;

	r->at = (r->at + 1) % r->conf.n_mgcs;
	do_link(r);
}

/* The only controller of the list keeps its association, which tries again by itself. */
static void
do_next(void *arg)
{
	struct mg_reg *r = arg;

	if (r->conf.n_mgcs == 1 && r->assoc && !r->mgcs[0].host[0] && addr_same(&r->target.addr, &r->mgcs[0].addr))
		loop_timer_set(&r->timer, REG_LINK_MS);
	else
		do_next_fresh(r);
}

/* Another address of the same controller. */
static void
do_turn(void *arg)
{
	struct mg_reg *r = arg;
	struct mgc_conf to = r->next;

	mg_reg_link(r, &to);
}

static void
do_move(void *arg)
{
	struct mg_reg *r = arg;

	r->moves++;
	r->was_sent = true;
	r->asks_again = false;
	do_turn(r);
}

/* The reply named another controller, which gets the same ServiceChange (H.248.1 7.2.8). */
static void
do_pass_on(void *arg)
{
	struct mg_reg *r = arg;

	r->moves++;
	r->asks_again = true;
	do_turn(r);
}

static void
do_ask(void *arg)
{
	struct mg_reg *r = arg;
	struct mg_service_why why = {
		.was_sent = r->was_sent,
		.is_first = r->home.family == ADDR_NONE,
		.lost_state = r->lost_state,
		.is_home = addr_same(&r->home, &r->target.addr) || addr_same(&r->home_asked, &r->target.addr),
	};

	if (!r->asks_again)
		r->says = mg_service_event(&why);
	r->asked = r->target.addr;
	r->version = r->conf.service->version;
	mgco_assoc_set_version(r->assoc, r->conf.service->first_version);
	loop_timer_set(&r->timer, REG_ASK_MS);
	if (mg_service_send(r->assoc, r->conf.service, r->says, on_reply, r) != 0)
		(void)fsm_fire(&r->fsm, REG_EV_REFUSED);
}

static void
do_serve(void *arg)
{
	struct mg_reg *r = arg;

	loop_timer_stop(&r->timer);
	r->home_asked = r->asked;
	r->home = r->target.addr;
	mgco_assoc_set_version(r->assoc, r->version);
	r->was_sent = r->asks_again = r->lost_state = false;
	r->moves = 0;
	r->rest_ms = REG_REST_MS;
	r->served_ms = loop_now_ms(r->conf.loop);
	r->registrations++;
	if (mgco_assoc_mid(r->assoc).len) /* after a turn it has not spoken yet */
		(void)span_copy(mgco_assoc_mid(r->assoc), r->mid, sizeof(r->mid));
	log_target(r, LOG_LVL_NOTICE, "registered");
	r->conf.on_registered(r->conf.arg);
}

static void
do_wait(void *arg)
{
	struct mg_reg *r = arg;

	loop_timer_set(&r->timer, REG_LINK_MS);
}

static void
do_lose(void *arg)
{
	struct mg_reg *r = arg;

	r->losses++;
	log_target(r, LOG_LVL_WARNING, "controller lost, contexts are kept");
	loop_timer_set(&r->timer, REG_LINK_MS);
}

static void
do_rest(void *arg)
{
	struct mg_reg *r = arg;

	loop_timer_set(&r->timer, r->rest_ms);
	r->rest_ms = r->rest_ms * 2 < REG_REST_MAX_MS ? r->rest_ms * 2 : REG_REST_MAX_MS;
}

static void
do_leave(void *arg)
{
	struct mg_reg *r = arg;

	loop_timer_set(&r->timer, REG_LEAVE_MS);
	if (mg_service_send(r->assoc, r->conf.service, MG_SAYS_STOP, on_reply, r) != 0)
		(void)fsm_fire(&r->fsm, REG_EV_REFUSED);
}

static void
do_done(void *arg)
{
	struct mg_reg *r = arg;

	loop_timer_stop(&r->timer);
	r->conf.on_left(r->conf.arg);
}

/* clang-format off */
static const struct fsm_row rows[] = {
	/* from          on                 to            action */
	{ REG_IDLE,    REG_EV_START,     REG_LINKING, do_link },
	{ REG_IDLE,    REG_EV_STOP,      REG_IDLE,    do_done },

	{ REG_LINKING, REG_EV_LINK_UP,   REG_ASKING,  do_ask },
	{ REG_LINKING, REG_EV_TIMEOUT,   REG_LINKING, do_next },
	{ REG_LINKING, REG_EV_STOP,      REG_IDLE,    do_done },

	{ REG_ASKING,  REG_EV_ACCEPTED,  REG_UP,      do_serve },
	{ REG_ASKING,  REG_EV_REFUSED,   REG_RESTING, do_rest },
	{ REG_ASKING,  REG_EV_TURN,      REG_TURNING, do_turn },
	{ REG_ASKING,  REG_EV_MOVE,      REG_LINKING, do_pass_on },
	{ REG_ASKING,  REG_EV_LINK_DOWN, REG_LINKING, do_wait },
	{ REG_ASKING,  REG_EV_TIMEOUT,   REG_LINKING, do_next_fresh },
	{ REG_ASKING,  REG_EV_STOP,      REG_IDLE,    do_done },

	{ REG_TURNING, REG_EV_LINK_UP,   REG_UP,      do_serve },
	{ REG_TURNING, REG_EV_LINK_DOWN, REG_LINKING, do_wait },
	{ REG_TURNING, REG_EV_TIMEOUT,   REG_LINKING, do_next_fresh },
	{ REG_TURNING, REG_EV_STOP,      REG_IDLE,    do_done },

	{ REG_UP,      REG_EV_LINK_DOWN, REG_LINKING, do_lose },
	{ REG_UP,      REG_EV_MOVE,      REG_LINKING, do_move },
	{ REG_UP,      REG_EV_AGAIN,     REG_ASKING,  do_ask },
	{ REG_UP,      REG_EV_ASTRAY,    REG_LINKING, do_next_fresh },
	{ REG_UP,      REG_EV_TIMEOUT,   REG_ASKING,  do_ask }, /* mg_reg_on_refusal() */
	{ REG_UP,      REG_EV_STOP,      REG_LEAVING, do_leave },

	{ REG_RESTING, REG_EV_TIMEOUT,   REG_LINKING, do_next_fresh },
	{ REG_RESTING, REG_EV_LINK_DOWN, REG_LINKING, do_wait },
	{ REG_RESTING, REG_EV_STOP,      REG_IDLE,    do_done },

	{ REG_LEAVING, REG_EV_ACCEPTED,  REG_IDLE,    do_done },
	{ REG_LEAVING, REG_EV_REFUSED,   REG_IDLE,    do_done },
	{ REG_LEAVING, REG_EV_LINK_DOWN, REG_IDLE,    do_done },
	{ REG_LEAVING, REG_EV_TIMEOUT,   REG_IDLE,    do_done },
};

/* A link that flaps, answers that cross an end, orders that come when there is nobody to follow them. */
static const uint8_t ignored[][2] = {
	{ REG_IDLE, REG_EV_LINK_UP },        { REG_IDLE, REG_EV_LINK_DOWN },      { REG_IDLE, REG_EV_TIMEOUT },
	{ REG_IDLE, REG_EV_ACCEPTED },       { REG_IDLE, REG_EV_REFUSED },        { REG_IDLE, REG_EV_TURN },
	{ REG_IDLE, REG_EV_MOVE },           { REG_IDLE, REG_EV_AGAIN },          { REG_LINKING, REG_EV_LINK_DOWN },
	{ REG_LINKING, REG_EV_REFUSED },     { REG_LINKING, REG_EV_ACCEPTED },    { REG_LINKING, REG_EV_TURN },
	{ REG_LINKING, REG_EV_MOVE },        { REG_LINKING, REG_EV_AGAIN },       { REG_ASKING, REG_EV_LINK_UP },
	{ REG_ASKING, REG_EV_AGAIN },        { REG_TURNING, REG_EV_ACCEPTED },    { REG_TURNING, REG_EV_REFUSED },
	{ REG_TURNING, REG_EV_TURN },        { REG_TURNING, REG_EV_MOVE },        { REG_TURNING, REG_EV_AGAIN },
	{ REG_UP, REG_EV_LINK_UP },          { REG_UP, REG_EV_ACCEPTED },         { REG_UP, REG_EV_REFUSED },
	{ REG_UP, REG_EV_TURN },             { REG_RESTING, REG_EV_LINK_UP },     { REG_RESTING, REG_EV_REFUSED },
	{ REG_RESTING, REG_EV_ACCEPTED },    { REG_RESTING, REG_EV_TURN },        { REG_RESTING, REG_EV_MOVE },
	{ REG_RESTING, REG_EV_AGAIN },       { REG_LEAVING, REG_EV_LINK_UP },     { REG_LEAVING, REG_EV_STOP },
	{ REG_LEAVING, REG_EV_TURN },        { REG_LEAVING, REG_EV_MOVE },        { REG_LEAVING, REG_EV_AGAIN },
	{ REG_IDLE, REG_EV_ASTRAY },         { REG_LINKING, REG_EV_ASTRAY },      { REG_ASKING, REG_EV_ASTRAY },
	{ REG_TURNING, REG_EV_ASTRAY },      { REG_RESTING, REG_EV_ASTRAY },      { REG_LEAVING, REG_EV_ASTRAY },
};
/* clang-format on */

static const char *const states[REG_STATES] = { "IDLE", "LINKING", "ASKING", "TURNING", "UP", "RESTING",
	"LEAVING" };
static const char *const events[REG_EVENTS] = {
	"START", "LINK_UP", "LINK_DOWN", "ACCEPTED", "REFUSED", "TIMEOUT", "TURN", "MOVE", "AGAIN", "ASTRAY",
	"STOP",
};

const struct fsm_desc reg_fsm = {
	.name = "reg",
	.rows = rows,
	.n_rows = sizeof(rows) / sizeof(rows[0]),
	.states = states,
	.events = events,
	.n_states = REG_STATES,
	.n_events = REG_EVENTS,
	.ignored = ignored,
	.n_ignored = sizeof(ignored) / sizeof(ignored[0]),
};

/* ---- from outside ---- */

static void
on_timer(struct loop_timer *t)
{
	struct mg_reg *r = t->arg;

	(void)fsm_fire(&r->fsm, REG_EV_TIMEOUT);
}

void
mg_reg_init(struct mg_reg *r, const struct mg_reg_conf *conf)
{
	*r = (struct mg_reg){ .conf = *conf, .rest_ms = REG_REST_MS };
	memcpy(r->mgcs, conf->mgcs, conf->n_mgcs * sizeof(r->mgcs[0]));
	fsm_init(&r->fsm, &reg_fsm, r, 0, REG_IDLE);
	loop_timer_init(&r->timer, conf->loop, on_timer, r);
}

void
mg_reg_fini(struct mg_reg *r)
{
	loop_timer_stop(&r->timer);
	r->fsm.state = REG_IDLE;
	resolver_free(r->resolver);
	unlink_assoc(r);
}

void
mg_reg_start(struct mg_reg *r)
{
	(void)fsm_fire(&r->fsm, REG_EV_START);
}

void
mg_reg_stop(struct mg_reg *r)
{
	(void)fsm_fire(&r->fsm, REG_EV_STOP);
}

void
mg_reg_announce_graceful(struct mg_reg *r)
{
	if (r->fsm.state == REG_UP)
		(void)mg_service_send(r->assoc, r->conf.service, MG_SAYS_DRAIN, on_graceful, r);
}

void
mg_reg_on_up(struct mg_reg *r, struct mgco_assoc *as)
{
	if (as == r->assoc)
		(void)fsm_fire(&r->fsm, REG_EV_LINK_UP);
}

void
mg_reg_on_down(struct mg_reg *r, struct mgco_assoc *as, int why)
{
	(void)why;
	if (as == r->assoc)
		(void)fsm_fire(&r->fsm, REG_EV_LINK_DOWN);
}

struct mgco_assoc *
mg_reg_get_assoc(const struct mg_reg *r)
{
	return r->fsm.state == REG_UP ? r->assoc : NULL;
}
