/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors of Add and Modify as a struct term_change. */
#include "agw/mg_priv.h"

#include "agw/realm.h"

enum { THB_DEFAULT_S = 600 };

const char *const mg_change_names[MG_CHANGES] = { "Failed", "Established", "Released" };
const unsigned mg_tcp_changes[MG_CHANGES] = { TERM_EV_TCP, TERM_EV_TCP_UP, TERM_EV_TCP_DOWN };
const unsigned mg_tls_changes[MG_CHANGES] = { TERM_EV_TLS, TERM_EV_TLS_UP, TERM_EV_TLS_DOWN };

/* ---- faults ---- */

/* We have it, but not there: a property of ROOT in LocalControl, an event of terminations at ROOT. */
static uint32_t
code_of_misplaced(const struct mg_exec *x, uint32_t code, struct span name)
{
	char kind = code == 445 ? 'P' : code == 451 ? 'E' : code == 452 ? 'S' : '?';

	for (unsigned i = 0; i < IQ_NAMES; i++)
		if (iq_name_kind((enum iq_name)i) == kind && iq_name_is(x->names, (enum iq_name)i, name))
			return kind == 'P' ? 455 : kind == 'E' ? 512 : 513;
	return code;
}

int
mg_fail_item(struct mg_exec *x, uint32_t code, struct span name)
{
	ptrdiff_t slash = span_find(name, '/');
	size_t len = slash < 0 ? name.len : (size_t)slash;

	code = code_of_misplaced(x, code, name);
	for (unsigned i = 0; i < IQ_NAMES; i++) {
		struct span known = span_str(x->names->text[i]);

		if (slash >= 0 && known.len > len && known.p[len] == '/' &&
		    span_caseeq(span_of(known.p, len), span_of(name.p, len)))
			return mg_failf(x, code, "%.*s", SPAN_FMT(name));
	}
	return mg_failf(x, 440, "%.*s", SPAN_FMT(name));
}

int
mg_fail_value(struct mg_exec *x, const struct mgco_prop *p)
{
	struct span v = p->values ? p->values->text : SPAN_NULL;
	struct span w = p->values && p->values->next ? p->values->next->text : SPAN_NULL;

	if (p->shape == MGCO_ONE)
		return mg_failf(x, 449, "%.*s = %.*s", SPAN_FMT(p->name), SPAN_FMT(v));
	return mg_failf(x, 449, "%.*s = %c%.*s%s%.*s ...", SPAN_FMT(p->name), p->shape == MGCO_ALT ? '{' : '[', SPAN_FMT(v),
	                p->shape == MGCO_RANGE ? ":" : ",", SPAN_FMT(w));
}

int
mg_fail_unknown(struct mg_exec *x, uint32_t code, struct span name)
{
	struct mg *m = x->t->mg;
	bool is_event = code == 451 || code == 512;
	uint32_t skipped;

	if (is_event ? !m->conf.ignores_events : !m->conf.ignores_properties)
		return code == 454 ? mg_failf(x, code, "%.*s", SPAN_FMT(name)) : mg_fail_item(x, code, name);
	if (is_event)
		m->counters.ignored_events++;
	else
		m->counters.ignored_properties++;
	if (log_limit_pass(&m->ignored, loop_now_ms(m->conf.loop), &skipped))
		log_info("unknown item ignored txn=%u name=%.*s skipped=%u", x->t->in->txn->id, SPAN_FMT(name), skipped);
	return 0;
}

int
mg_check_params(struct mg_exec *x, const struct mgco_prop *params, enum iq_name known)
{
	int err = 0;

	for (const struct mgco_prop *p = params; p && !err; p = p->next)
		if (known == IQ_NAMES || !iq_name_is(x->names, known, p->name))
			err = mg_fail_unknown(x, 454, p->name);
	return err;
}

/* ---- LocalControl ---- */

static int
read_realm(struct mg_exec *x, const struct mgco_prop *p, struct span *realm)
{
	struct span v = mgco_prop_text(p);

	if (p->relation != MGCO_EQUAL || p->shape != MGCO_ONE || !v.len)
		return mg_fail_value(x, p);
	if (realm->len && !span_caseeq(*realm, v))
		return mg_fail_value(x, p); /* two streams in two realms */
	*realm = v;
	return 0;
}

static int
read_control(struct mg_exec *x, const struct mgco_localcontrol *lc, struct term_control *c, struct span *realm)
{
	int err = 0;

	*c = (struct term_control){ .mode = TERM_INACTIVE };
	switch (lc->mode) {
	case MGCO_SENDONLY:
		c->mode = TERM_SENDONLY;
		break;
	case MGCO_RECVONLY:
		c->mode = TERM_RECVONLY;
		break;
	case MGCO_SENDRECV:
		c->mode = TERM_SENDRECV;
		break;
	case MGCO_LOOPBACK:
		return mg_fail(x, 517, "Loopback");
	case MGCO_MODE_ABSENT:
	case MGCO_INACTIVE:
		break;
	}
	for (const struct mgco_prop *p = lc->props; p && !err; p = p->next)
		err = iq_name_is(x->names, IQ_IPDC_REALM, p->name) ? read_realm(x, p, realm)
		                                                    : mg_read_control_prop(x, p, c);
	return err ? err : mg_check_control(x, c);
}

/* ---- Media ---- */

static int
read_stream(struct mg_exec *x, const struct mgco_stream *s, struct stream_change *sc, struct span *realm)
{
	int err = 0;

	sc->id = s->id;
	if (s->lc && (s->lc->reserve_value == MGCO_ON || s->lc->reserve_group == MGCO_ON) &&
	    (mg_sdp_has_several(s->local) || mg_sdp_has_several(s->remote)))
		return mg_fail(x, 501, "ReservedValue or ReservedGroup with several descriptions");
	if (s->lc) {
		sc->has_control = true;
		err = read_control(x, s->lc, &sc->control, realm);
	}
	if (!err && s->has_local) {
		sc->has_local = true;
		err = mg_sdp_read_local(x->arena, s->local, &sc->local, &sc->local_path, &x->fault);
	}
	if (!err && s->has_remote) {
		sc->has_remote = true;
		err = mg_sdp_read_remote(x->arena, s->remote, &sc->remote, &sc->fprs, &sc->remote_path, &x->fault);
	}
	return err ? ERR_INVAL : 0;
}

static int
read_media(struct mg_exec *x, const struct mgco_media *m, struct term_change *change, struct span *realm)
{
	int err = 0;

	for (const struct mgco_prop *p = m->termstate ? m->termstate->props : NULL; p && !err; p = p->next)
		err = mg_fail_unknown(x, 445, p->name);
	if (err)
		return err;
	if (m->termstate && m->termstate->service == MGCO_SI_TEST)
		return mg_fail(x, 449, "ServiceStates = Test");
	if (m->termstate && m->termstate->service != MGCO_SI_ABSENT) {
		change->has_service = true;
		change->in_service = m->termstate->service == MGCO_SI_INSERVICE;
	}
	if (m->termstate && m->termstate->event_buffer == MGCO_ON)
		return mg_fail(x, 501, "Buffer = LockStep");
	for (const struct mgco_stream *s = m->streams; s && !err; s = s->next) {
		for (unsigned i = 0; i < change->n_streams; i++)
			if (change->streams[i].id == s->id)
				return mg_failf(x, 448, "Stream = %u", s->id);
		if (change->n_streams == TERM_STREAMS_MAX)
			return mg_fail(x, 510, "too many streams");
		err = read_stream(x, s, &change->streams[change->n_streams++], realm);
	}
	return err;
}

/* ---- Events ---- */

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
read_dir(struct mg_exec *x, const struct mgco_prop *p, struct term_events *ev)
{
	struct span v = mgco_prop_text(p);

	if (span_caseeqs(v, "IN"))
		ev->dir = TERM_DIR_IN;
	else if (span_caseeqs(v, "OUT"))
		ev->dir = TERM_DIR_OUT;
	else if (span_caseeqs(v, "BOTH"))
		ev->dir = TERM_DIR_BOTH;
	else
		return mg_fail_value(x, p);
	ev->has_dir = true;
	return 0;
}

/* BNCChange of TCP or TLS. Failures are told whatever Type says: to miss them is nobody's wish. */
static int
read_change(struct mg_exec *x, const struct mgco_event *e, enum iq_name type, const unsigned bits[MG_CHANGES],
            struct term_events *ev)
{
	const struct mgco_prop *p = mgco_find_prop(e->params, x->names->text[type]);

	ev->armed |= bits[0];
	if (p && (p->relation != MGCO_EQUAL || (p->shape != MGCO_ONE && p->shape != MGCO_LIST)))
		return mg_fail_value(x, p);
	for (const struct mgco_text *v = p ? p->values : NULL; v; v = v->next) {
		unsigned i = 0;

		while (i < MG_CHANGES && !span_caseeqs(v->text, mg_change_names[i]))
			i++;
		if (i == MG_CHANGES)
			return mg_failf(x, 449, "%.*s = %.*s", SPAN_FMT(p->name), SPAN_FMT(v->text));
		ev->armed |= bits[i];
	}
	return mg_check_params(x, e->params, type);
}

static int
read_ipstop(struct mg_exec *x, const struct mgco_event *e, struct term_events *ev)
{
	uint32_t seconds = 0;
	int err = 0;

	for (const struct mgco_prop *p = e->params; p && !err; p = p->next) {
		if (iq_name_is(x->names, IQ_ADID_DT, p->name))
			err = read_seconds(x, p, IPSTOP_SECONDS_MAX, &seconds);
		else if (iq_name_is(x->names, IQ_ADID_DIR, p->name))
			err = read_dir(x, p, ev);
		else
			err = mg_fail_unknown(x, 454, p->name);
	}
	if (!err && !seconds)
		return mg_failf(x, 457, "%s of %.*s", x->names->text[IQ_ADID_DT], SPAN_FMT(e->name));
	ev->armed |= TERM_EV_IPSTOP;
	ev->idle_ms = seconds * 1000;
	return err;
}

static int
read_thb(struct mg_exec *x, const struct mgco_event *e, struct term_events *ev)
{
	int err = 0;

	ev->armed |= TERM_EV_THB;
	ev->thb_s = THB_DEFAULT_S;
	for (const struct mgco_prop *p = e->params; p && !err; p = p->next)
		err = iq_name_is(x->names, IQ_HANGTERM_TIMERX, p->name) ? read_seconds(x, p, THB_SECONDS_MAX, &ev->thb_s)
		                                                          : mg_fail_unknown(x, 454, p->name);
	return err;
}

static int
read_event(struct mg_exec *x, const struct mgco_event *e, void *arg)
{
	const struct iq_names *n = x->names;
	struct term_events *ev = arg;

	if (e->embed_events || e->embed_signals)
		return mg_failf(x, 501, "Embed in %.*s", SPAN_FMT(e->name));
	if (iq_name_is(n, IQ_HANGTERM_THB, e->name))
		return read_thb(x, e, ev);
	if (iq_name_is(n, IQ_ADID_IPSTOP, e->name))
		return read_ipstop(x, e, ev);
	if (iq_name_is(n, IQ_TCP_CHANGE, e->name))
		return read_change(x, e, IQ_TCP_CHANGE_TYPE, mg_tcp_changes, ev);
	if (iq_name_is(n, IQ_TLS_CHANGE, e->name))
		return read_change(x, e, IQ_TLS_CHANGE_TYPE, mg_tls_changes, ev);
	if (iq_name_is(n, IQ_NT_QUALERT, e->name)) /* no such measure of a byte stream */
		return mg_fail_unknown(x, 512, e->name);
	if (iq_name_is(n, IQ_G_CAUSE, e->name))
		ev->armed |= TERM_EV_CAUSE;
	else if (iq_name_is(n, IQ_NT_NETFAIL, e->name))
		ev->armed |= TERM_EV_NETFAIL;
	else if (iq_name_is(n, IQ_G_SC, e->name))
		ev->armed |= TERM_EV_SC;
	else
		return mg_fail_unknown(x, 451, e->name);
	return mg_check_params(x, e->params, IQ_NAMES);
}

/* ---- the command ---- */

struct realm *
mg_find_realm(const struct mg *m, struct span name)
{
	for (unsigned i = 0; i < m->conf.n_realms; i++)
		if (span_caseeqs(name, m->conf.realms[i]->name))
			return m->conf.realms[i];
	return NULL;
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
mg_name_stream(struct mg_exec *x, uint16_t stream, struct term_change *change)
{
	unsigned i = 0;

	while (i < change->n_named && change->named[i] != stream)
		i++;
	if (!stream || i < change->n_named)
		return 0;
	if (i == TERM_SIGNALS_MAX)
		return mg_fail(x, 510, "too many streams");
	change->named[change->n_named++] = stream;
	return 0;
}

int
mg_read_change(struct mg_exec *x, const struct mgco_cmd *c, struct term_change *change, struct span *realm)
{
	int err = 0;

	*realm = SPAN_NULL;
	*change = (struct term_change){ .n_streams = 0 };
	if (c->media)
		err = read_media(x, c->media, change, realm);
	if (!err && c->events) {
		change->has_events = true;
		change->events.id = c->events->id;
		for (const struct mgco_event *e = c->events->events; e && !err; e = e->next)
			if (!(err = mg_name_stream(x, e->stream, change)))
				err = mg_each_event(x, e, read_event, &change->events);
	}
	if (!err && c->signals)
		err = mg_read_signals(x, c->signals, change);
	return err;
}
