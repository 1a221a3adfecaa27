/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of signals, g/sc (H.248.1 E.1.2). */
#include "agw/mg_notify_priv.h"

static const enum iq_name signals[TERM_SIGNALS] = {
	[TERM_SIG_LATCH] = IQ_IPNAPT_LATCH,
	[TERM_SIG_TCP] = IQ_TCP_ESTABLISH,
	[TERM_SIG_TLS] = IQ_TLS_ESTABLISH,
};
/* By the bits of enum term_end. The end of what was comes before that of what is. */
static const struct {
	enum term_end how;
	const char *method;
} ends[] = { { TERM_END_SD, "SD" }, { TERM_END_TO, "TO" }, { TERM_END_NC, "NC" } };

static void
tell_end(struct mg_notify *n, struct term *t, const struct term_stream *s, enum term_signal what, const char *method,
         uint16_t list)
{
	struct mgco_event *e;
	struct arena a;

	arena_init(&a, NOTIFY_ARENA);
	e = mg_notify_new(n, &a, IQ_G_SC);
	mg_notify_add(n, &a, e, IQ_G_SC_SIGNAL, span_str(n->names->text[signals[what]]), true);
	mg_notify_add(n, &a, e, IQ_G_SC_METHOD, span_str(method), false);
	if (list)
		mg_notify_add(n, &a, e, IQ_G_SC_LIST, arena_printf(&a, "%u", list), false);
	if (e)
		e->stream = term_told_stream(t, s, TERM_EV_SC);
	(void)mg_notify_send(n, &a, t, e, 0);
	arena_fini(&a);
}

void
mg_notify_tell_ends(struct mg_notify *n, struct term *t, struct term_stream *s)
{
	for (enum term_signal what = 0; what < TERM_SIGNALS; what++) {
		struct term_play *p = &s->play[what];
		unsigned ended = p->ended;

		p->ended = 0;
		for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]) && term_armed(t, s) & TERM_EV_SC; i++)
			if (ended & ends[i].how)
				tell_end(n, t, s, what, ends[i].method,
				         ends[i].how == TERM_END_SD ? p->last_list : p->list);
	}
}

void
mg_notify_on_answered(struct mg_notify *n)
{
	LIST_EACH(it, &n->ctxs->ended) {
		struct term *t = LIST_OF(it, struct term, ended);

		list_unlink(it);
		for (unsigned i = 0; i < t->n_streams; i++)
			mg_notify_tell_ends(n, t, t->streams[i]);
	}
}
