/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/relay_msrp.h"

#include <stdlib.h>
#include <sys/random.h>

#include "agw/msrp_b2b.h"
#include "agw/relay_alive.h"

static void
fill_random(void *buf, size_t len)
{
	/* For so few octets it fails only on a kernel that is too old for everything else here. */
	if (getentropy(buf, len) != 0)
		abort();
}

_Static_assert((unsigned)MSRP_PIECES_MAX <= LEG_PIECES_MAX, "a leg takes what a writer gives at once");

enum { BODY_WORTH = 4096 }; /* octets; below, a copy is cheaper than a piece more to send */

static void
write_to(void *arg, unsigned side, const struct span *pieces, unsigned n)
{
	struct relay *r = arg;

	leg_write_pieces(&r->leg[side], pieces, n);
}

static struct msrp_sink
sink_of(struct relay *r)
{
	uint8_t *room = r->leg[0].env->room;

	return (struct msrp_sink){ .room = room, .cap = LEG_PLAIN_MAX, .worth = BODY_WORTH, .write = write_to, .arg = r };
}

void
relay_msrp_apply(struct relay *r, unsigned side, const struct leg_msrp *m)
{
	int err = 0;

	r->is_aware[side] = m->aware;
	relay_alive_set(r, side, m->aware ? m->keepalive_ms : 0);
	if (!r->is_aware[0] && !r->is_aware[1]) {
		relay_msrp_fini(r);
		r->is_held = false;
		return;
	}
	if (!r->msrp)
		r->msrp = msrp_b2b_new(fill_random, &r->leg[0].env->msrp);
	if (r->msrp)
		err = msrp_b2b_set(r->msrp, side, m);
	r->is_held = !r->is_aware[0] || !r->is_aware[1] || !r->msrp || err || !msrp_b2b_is_ready(r->msrp);
	if (err || !r->msrp)
		relay_log_nomem(r, side);
}

/* ---- what happens, told ---- */

static struct msrp_stats
stats_of(const struct relay *r, unsigned side)
{
	struct msrp_stats s;

	msrp_b2b_stats(r->msrp, side, &s);
	return s;
}

/* Since `before`, of the same side. */
static struct msrp_stats
tell(struct relay *r, unsigned side, const struct msrp_stats *before)
{
	struct msrp_stats more = stats_of(r, side);

	more.messages -= before->messages;
	more.chunks -= before->chunks;
	more.octets -= before->octets;
	more.aborted -= before->aborted;
	more.reports -= before->reports;
	more.ok -= before->ok;
	more.failed -= before->failed;
	more.others -= before->others;
	more.errors -= before->errors;
	more.too_big -= before->too_big;
	more.keepalives -= before->keepalives;
	r->owner->on_msrp(r, &more);
	return more;
}

static void
log_refusal(struct relay *r, unsigned from, const char *why)
{
	struct leg_env *env = r->leg[from].env;
	uint32_t skipped;

	if (log_limit_pass(&env->log_limit, loop_now_ms(env->loop), &skipped))
		log_notice("msrp refused relay=%u side=%u cause=\"%s\" skipped=%u", (unsigned)r->id, from, why,
		           skipped);
}

/* ---- messages ---- */

void
relay_msrp_pass(struct relay *r, unsigned from, struct leg_chunk *c)
{
	struct msrp_stats before = stats_of(r, from), more;
	struct msrp_sink sink = sink_of(r);
	const char *why = NULL;
	int err;

	r->is_feeding = true;
	err = msrp_b2b_feed(r->msrp, from, span_of((const char *)c->bytes, c->len),
	                    loop_now_ms(r->leg[from].env->loop), &sink, &why);
	r->is_feeding = false;
	more = tell(r, from, &before);
	if (r->is_stale)
		relay_msrp_reset(r);
	if (!err) {
		if (more.errors)
			log_refusal(r, from, why);
		return;
	}
	c->end = LEG_BREAKS;
	c->reason = REASON_MSRP_ERROR;
	c->detail = why;
}

bool
relay_msrp_cut(struct relay *r, unsigned from)
{
	struct msrp_sink sink = sink_of(r);
	struct msrp_stats before;
	bool is_cut;

	if (r->is_feeding)
		return false;
	before = stats_of(r, from);
	is_cut = msrp_b2b_cut(r->msrp, from, &sink);
	if (is_cut)
		(void)tell(r, from, &before);
	return is_cut;
}

void
relay_msrp_keep_alive(struct relay *r, unsigned side)
{
	const struct leg *l = &r->leg[side];
	struct msrp_sink sink = sink_of(r);
	struct msrp_stats before;

	if (!r->msrp || r->is_held || !leg_takes_output(l) || !leg_takes_input(l) || leg_is_blocked(l) ||
	    !l->spec.flow_out || !l->spec.flow_in)
		return;
	before = stats_of(r, side);
	if (msrp_b2b_keep_alive(r->msrp, side, loop_now_ms(l->env->loop), &sink))
		(void)tell(r, side, &before);
}

void
relay_msrp_reset(struct relay *r)
{
	r->is_stale = r->is_feeding;
	if (!r->is_feeding)
		msrp_b2b_reset(r->msrp);
}

void
relay_msrp_stats(const struct relay *r, struct event *e)
{
	e->is_aware = true;
	for (unsigned side = 0; side < 2; side++)
		msrp_b2b_stats(r->msrp, side, &e->msrp[side]);
}

void
relay_msrp_fini(struct relay *r)
{
	relay_alive_fini(r);
	msrp_b2b_free(r->msrp);
	r->msrp = NULL;
}
