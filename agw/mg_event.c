/* SPDX-License-Identifier: BSD-2-Clause */
/* The Events descriptor: of Add and Modify, and in audits. */
#include "agw/mg_priv.h"

enum { THB_DEFAULT_S = 600 };

/* What Type of a BNCChange may say, and the event that each arms. The first comes with any. */
enum { CHANGES = 3 };
static const char *const change_names[CHANGES] = { "Failed", "Established", "Released" };
static const unsigned tcp_changes[CHANGES] = { TERM_EV_TCP, TERM_EV_TCP_UP, TERM_EV_TCP_DOWN };
static const unsigned tls_changes[CHANGES] = { TERM_EV_TLS, TERM_EV_TLS_UP, TERM_EV_TLS_DOWN };

/* ---- reading ---- */

static int
read_seconds(struct mg_exec *x, const struct mgco_prop *p, uint32_t max, uint32_t *seconds)
{
	uint32_t v;

	if (mgco_prop_u32(p, &v) != 0 || v == 0 || v > max)
		return mg_fail_value(x, p);
	*seconds = v;
	return 0;
}

static int
read_dir(struct mg_exec *x, const struct mgco_prop *p, struct term_watch *w)
{
	struct span v = mgco_prop_text(p);

	if (span_caseeqs(v, "IN"))
		w->dir = TERM_DIR_IN;
	else if (span_caseeqs(v, "OUT"))
		w->dir = TERM_DIR_OUT;
	else if (span_caseeqs(v, "BOTH"))
		w->dir = TERM_DIR_BOTH;
	else
		return mg_fail_value(x, p);
	w->has_dir = true;
	return 0;
}

/* BNCChange of TCP or TLS. Failures are told whatever Type says: to miss them is nobody's wish. */
static int
read_change(struct mg_exec *x, const struct mgco_event *e, enum iq_name type, const unsigned bits[CHANGES],
            struct term_watch *w)
{
	const struct mgco_prop *p = mgco_find_prop(e->params, x->names->text[type]);

	w->armed |= bits[0];
	if (p && (p->relation != MGCO_EQUAL || (p->shape != MGCO_ONE && p->shape != MGCO_LIST)))
		return mg_fail_value(x, p);
	for (const struct mgco_text *v = p ? p->values : NULL; v; v = v->next) {
		unsigned i = 0;

		while (i < CHANGES && !span_caseeqs(v->text, change_names[i]))
			i++;
		if (i == CHANGES)
			return mg_failf(x, 449, "%.*s = %.*s", SPAN_FMT(p->name), SPAN_FMT(v->text));
		w->armed |= bits[i];
	}
	return mg_check_params(x, e->params, type);
}

static int
read_ipstop(struct mg_exec *x, const struct mgco_event *e, struct term_watch *w)
{
	uint32_t seconds = 0;
	int err = 0;

	for (const struct mgco_prop *p = e->params; p && !err; p = p->next) {
		if (iq_name_is(x->names, IQ_ADID_DT, p->name))
			err = read_seconds(x, p, IPSTOP_SECONDS_MAX, &seconds);
		else if (iq_name_is(x->names, IQ_ADID_DIR, p->name))
			err = read_dir(x, p, w);
		else
			err = mg_fail_unknown(x, 454, p->name);
	}
	if (!err && !seconds)
		return mg_failf(x, 457, "%s of %.*s", x->names->text[IQ_ADID_DT], SPAN_FMT(e->name));
	w->armed |= TERM_EV_IPSTOP;
	w->idle_ms = seconds * 1000;
	return err;
}

/* It is about the termination, whatever Stream it is armed for. */
static int
read_thb(struct mg_exec *x, const struct mgco_event *e, struct term_events *ev)
{
	int err = 0;

	ev->all.armed |= TERM_EV_THB;
	ev->thb_s = THB_DEFAULT_S;
	ev->thb_stream = e->stream;
	for (const struct mgco_prop *p = e->params; p && !err; p = p->next)
		err = iq_name_is(x->names, IQ_HANGTERM_TIMERX, p->name) ? read_seconds(x, p, THB_SECONDS_MAX, &ev->thb_s)
		                                                          : mg_fail_unknown(x, 454, p->name);
	return err;
}

/* Where the event is armed: of all streams, or of the one that it names. NULL: there cannot be so many. */
static struct term_watch *
need_watch(struct term_change *c, uint16_t stream)
{
	unsigned i = 0;

	if (!stream)
		return &c->events.all;
	while (i < c->n_watches && c->watches[i].stream != stream)
		i++;
	if (i == TERM_STREAMS_MAX)
		return NULL;
	if (i == c->n_watches)
		c->watches[c->n_watches++] = (struct stream_watch){ .stream = stream };
	return &c->watches[i].watch;
}

static int
read_event(struct mg_exec *x, const struct mgco_event *e, void *arg)
{
	const struct iq_names *n = x->names;
	struct term_change *change = arg;
	struct term_watch *w = need_watch(change, e->stream);

	if (!w)
		return mg_fail(x, 510, "too many streams");
	if (e->embed_events || e->embed_signals)
		return mg_failf(x, 501, "Embed in %.*s", SPAN_FMT(e->name));
	if (iq_name_is(n, IQ_HANGTERM_THB, e->name))
		return read_thb(x, e, &change->events);
	if (iq_name_is(n, IQ_ADID_IPSTOP, e->name))
		return read_ipstop(x, e, w);
	if (iq_name_is(n, IQ_TCP_CHANGE, e->name))
		return read_change(x, e, IQ_TCP_CHANGE_TYPE, tcp_changes, w);
	if (iq_name_is(n, IQ_TLS_CHANGE, e->name))
		return read_change(x, e, IQ_TLS_CHANGE_TYPE, tls_changes, w);
	if (iq_name_is(n, IQ_NT_QUALERT, e->name)) /* no such measure of a byte stream */
		return mg_fail_unknown(x, 512, e->name);
	if (iq_name_is(n, IQ_G_CAUSE, e->name))
		w->armed |= TERM_EV_CAUSE;
	else if (iq_name_is(n, IQ_NT_NETFAIL, e->name))
		w->armed |= TERM_EV_NETFAIL;
	else if (iq_name_is(n, IQ_G_SC, e->name))
		w->armed |= TERM_EV_SC;
	else
		return mg_fail_unknown(x, 451, e->name);
	return mg_check_params(x, e->params, IQ_NAMES);
}

int
mg_each_event(struct mg_exec *x, const struct mgco_event *e, mg_event_fn fn, void *arg)
{
	struct mgco_event one = *e;
	bool any = false;
	int err = 0;

	if (span_find(e->name, '*') < 0)
		return fn(x, e, arg);
	for (unsigned i = 0; i < IQ_NAMES && !err; i++) {
		one.name = span_str(x->names->text[i]);
		/* What cannot be detected, or not at this termination, is not meant. */
		if (iq_name_kind((enum iq_name)i) != 'E' || i == IQ_NT_QUALERT || !mg_name_matches(e->name, one.name))
			continue;
		err = fn(x, &one, arg);
		if (err && x->fault.code == 512)
			err = 0;
		else
			any = true;
	}
	return err || any ? err : mg_fail_unknown(x, 451, e->name);
}

int
mg_read_events(struct mg_exec *x, const struct mgco_events *list, struct term_change *change)
{
	int err = 0;

	change->has_events = true;
	change->events.id = list->id;
	for (const struct mgco_event *e = list->events; e && !err; e = e->next)
		if (!(err = mg_name_stream(x, e->stream, change)))
			err = mg_each_event(x, e, read_event, change);
	return err;
}

/* ---- telling ---- */

static struct mgco_event *
put_event(struct mg_exec *x, struct mgco_events *list, enum iq_name name, uint16_t stream)
{
	struct mgco_event *e = mgco_add_event(x->arena, list, x->names->text[name]);

	if (e)
		e->stream = stream;
	return e;
}

static void
put_seconds(struct mg_exec *x, struct mgco_event *e, enum iq_name name, uint32_t seconds)
{
	if (e)
		mgco_add_prop(x->arena, &e->params, x->names->text[name], arena_printf(x->arena, "%u", seconds),
		              false);
}

/* What is told besides failures: Established, Released, or [Established,Released]. */
static void
put_change(struct mg_exec *x, struct mgco_event *e, enum iq_name type, unsigned armed, const unsigned bits[CHANGES])
{
	struct mgco_prop *p = NULL;

	for (unsigned i = 1; i < CHANGES && e; i++) {
		if (!(armed & bits[i]))
			continue;
		if (!p) {
			p = mgco_add_prop(x->arena, &e->params, x->names->text[type], span_str(change_names[i]), false);
		} else if ((p->values->next = ARENA_NEW(x->arena, struct mgco_text))) {
			p->shape = MGCO_LIST;
			p->values->next->text = span_str(change_names[i]);
		}
	}
}

/* What is armed of one stream, or (0) of all. */
static void
put_watch(struct mg_exec *x, struct mgco_events *list, const struct term *t, const struct term_watch *w,
          uint16_t stream)
{
	struct mgco_event *e;

	if (w->armed & TERM_EV_CAUSE)
		(void)put_event(x, list, IQ_G_CAUSE, stream);
	if (w->armed & TERM_EV_TCP)
		put_change(x, put_event(x, list, IQ_TCP_CHANGE, stream), IQ_TCP_CHANGE_TYPE, w->armed, tcp_changes);
	if (w->armed & TERM_EV_TLS)
		put_change(x, put_event(x, list, IQ_TLS_CHANGE, stream), IQ_TLS_CHANGE_TYPE, w->armed, tls_changes);
	if (w->armed & TERM_EV_SC)
		(void)put_event(x, list, IQ_G_SC, stream);
	if (w->armed & TERM_EV_NETFAIL)
		(void)put_event(x, list, IQ_NT_NETFAIL, stream);
	if (w->armed & TERM_EV_THB)
		put_seconds(x, put_event(x, list, IQ_HANGTERM_THB, t->events.thb_stream), IQ_HANGTERM_TIMERX,
		            t->events.thb_s);
	if (w->armed & TERM_EV_IPSTOP) {
		e = put_event(x, list, IQ_ADID_IPSTOP, stream);
		put_seconds(x, e, IQ_ADID_DT, w->idle_ms / 1000);
		if (e && w->has_dir)
			mgco_add_prop(x->arena, &e->params, x->names->text[IQ_ADID_DIR],
			              span_str(term_dir_name(w->dir)), false);
	}
}

void
mg_build_events(struct mg_exec *x, struct mgco_cmd *reply, const struct term *t)
{
	struct mgco_events *list = ARENA_NEW(x->arena, struct mgco_events);

	reply->events = list;
	if (!list)
		return;
	put_watch(x, list, t, &t->events.all, 0);
	for (unsigned i = 0; i < t->n_streams; i++)
		put_watch(x, list, t, &t->streams[i]->watch, t->streams[i]->id);
	list->has_id = list->events != NULL;
	list->id = t->events.id;
}
