/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/relay_msrp.h"

#include <stdlib.h>
#include <sys/random.h>

#include "agw/msrp_b2b.h"

static void
fill_random(void *buf, size_t len)
{
	/* For so few octets it fails only on a kernel that is too old for everything else here. */
	if (getentropy(buf, len) != 0)
		abort();
}

static void
write_to(void *arg, unsigned side, const uint8_t *bytes, size_t len)
{
	struct relay *r = arg;

	leg_write(&r->leg[side], bytes, len);
}

static struct msrp_sink
sink_of(struct relay *r)
{
	uint8_t *room = r->leg[0].env->room;

	return (struct msrp_sink){ .room = room, .cap = LEG_PLAIN_MAX, .write = write_to, .arg = r };
}

void
relay_msrp_apply(struct relay *r, unsigned side, const struct leg_msrp *m)
{
	int err = 0;

	r->is_aware[side] = m->aware;
	if (!r->is_aware[0] && !r->is_aware[1]) {
		relay_msrp_fini(r);
		r->is_held = false;
		return;
	}
	if (!r->msrp)
		r->msrp = msrp_b2b_new(fill_random);
	if (r->msrp)
		err = msrp_b2b_set(r->msrp, side, m);
	r->is_held = !r->is_aware[0] || !r->is_aware[1] || !r->msrp || err || !msrp_b2b_is_ready(r->msrp);
	if (err || !r->msrp)
		log_error("out of memory relay=%u side=%u", (unsigned)r->id, side);
}

void
relay_msrp_pass(struct relay *r, unsigned from, struct leg_chunk *c)
{
	struct msrp_sink sink = sink_of(r);
	struct msrp_stats before, after;
	const char *why = NULL;
	int err;

	msrp_b2b_stats(r->msrp, from, &before);
	r->is_feeding = true;
	err = msrp_b2b_feed(r->msrp, from, span_of((const char *)c->bytes, c->len),
	                    loop_now_ms(r->leg[from].env->loop), &sink, &why);
	r->is_feeding = false;
	msrp_b2b_stats(r->msrp, from, &after);
	if (after.messages != before.messages || after.errors != before.errors)
		r->owner->on_msrp(r, after.messages - before.messages, after.errors - before.errors);
	if (r->is_stale)
		relay_msrp_reset(r);
	if (!err)
		return;
	c->end = LEG_BREAKS;
	c->reason = REASON_MSRP_ERROR;
	c->detail = why;
}

bool
relay_msrp_cut(struct relay *r, unsigned from)
{
	struct msrp_sink sink = sink_of(r);

	return !r->is_feeding && msrp_b2b_cut(r->msrp, from, &sink);
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
	msrp_b2b_free(r->msrp);
	r->msrp = NULL;
}
