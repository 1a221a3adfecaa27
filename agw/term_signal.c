/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals of a stream from their order to their end. Events do not interrupt them: what they order is about connections,
 * and no sound that somebody would hear. */
#include "agw/term_apply.h"

static void
end(struct term_play *p, enum term_end how)
{
	if (p->is_on)
		p->ended |= (uint8_t)(p->notify & how);
	p->is_on = false;
}

/* The descriptor's last word about a signal of this stream; NULL: none. */
static const struct signal_change *
find_change(const struct term_change *c, enum term_signal what, uint16_t stream)
{
	const struct signal_change *found = NULL;

	for (unsigned i = 0; i < c->n_signals; i++)
		if (c->signals[i].what == what && (!c->signals[i].stream || c->signals[i].stream == stream))
			found = &c->signals[i];
	return found;
}

/* Then what plays goes on, and what does not is not begun (H.248.1 7.1.11): KeepActive, and a list of the same number. */
static bool
continues(const struct term_stream *s, const struct signal_change *change, bool is_new)
{
	const struct term_play *p = &s->play[change->what];

	if (change->list && change->list == p->list && p->is_on)
		return true;
	return change->keep_active && !is_new;
}

static bool
is_done(const struct term_stream *s, const struct signal_change *change)
{
	switch (change->what) {
	case TERM_SIG_LATCH:
		return s->latch == TERM_LATCH_OFF || s->learned.family != ADDR_NONE;
	case TERM_SIG_TCP:
		return s->phase == TERM_PHASE_TCP || s->phase == TERM_PHASE_TLS;
	case TERM_SIG_TLS:
		return s->phase == TERM_PHASE_TLS;
	case TERM_SIGNALS:
		break;
	}
	return false;
}

/* It can never happen as the stream is. */
static bool
is_void(const struct term_stream *s, const struct signal_change *change)
{
	if (change->what == TERM_SIG_TLS && !term_is_tls(&s->local))
		return true;
	if (change->what != TERM_SIG_TCP)
		return false;
	return s->is_out || s->local.setup == SDP_PASSIVE || s->local.setup == SDP_HOLDCONN ||
	       (s->local.setup != SDP_ACTIVE && s->remote.setup == SDP_ACTIVE);
}

static void
set_latch(struct term_stream *s, const struct signal_change *change)
{
	enum term_latch latch = change ? change->latch : TERM_LATCH_OFF;

	if (latch != TERM_LATCH_ON)
		s->learned = (struct addr){ .family = ADDR_NONE };
	if (latch == TERM_RELATCH)
		s->latch_round++;
	s->latch = latch == TERM_LATCH_OFF ? TERM_LATCH_OFF : TERM_LATCH_ON;
}

static void
begin(struct term_stream *s, const struct signal_change *change)
{
	struct term_play *p = &s->play[change->what];

	p->is_on = true;
	p->notify = change->notify;
	p->list = change->list;
	if (is_done(s, change))
		end(p, TERM_END_TO);
	else if (is_void(s, change))
		end(p, TERM_END_NC);
}

void
term_apply_signals(struct term_stream *s, const struct term_change *c, bool is_new)
{
	if (!c->has_signals)
		return;
	for (enum term_signal what = 0; what < TERM_SIGNALS; what++) {
		const struct signal_change *change = find_change(c, what, s->id);
		struct term_play *p = &s->play[what];

		if (change && continues(s, change, is_new))
			continue;
		p->last_list = p->list;
		end(p, TERM_END_SD); /* of the same name, too: it begins anew */
		if (what == TERM_SIG_LATCH)
			set_latch(s, change);
		else if (what == TERM_SIG_TCP && change)
			s->establish++;
		if (change)
			begin(s, change);
	}
}

void
term_signals_on_event(struct term_stream *s, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_ACCEPTED:
		end(&s->play[TERM_SIG_LATCH], TERM_END_TO);
		end(&s->play[TERM_SIG_TCP], TERM_END_TO); /* whoever of the two came first */
		break;
	case EVENT_CONNECTED:
		end(&s->play[TERM_SIG_TCP], TERM_END_TO);
		break;
	case EVENT_TLS_UP:
		end(&s->play[TERM_SIG_TLS], TERM_END_TO);
		break;
	case EVENT_FAILED:
	case EVENT_CLOSED:
		end(&s->play[TERM_SIG_TCP], TERM_END_NC);
		end(&s->play[TERM_SIG_TLS], TERM_END_NC);
		break;
	case EVENT_IDLE:
	case EVENT_STATS:
		break;
	}
}

bool
term_has_ended(const struct term *t)
{
	for (unsigned i = 0; i < t->n_streams; i++)
		for (unsigned k = 0; k < TERM_SIGNALS; k++)
			if (t->streams[i]->play[k].ended)
				return true;
	return false;
}
