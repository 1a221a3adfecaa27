/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors of Add and Modify as a struct term_change. */
#include "agw/mg_priv.h"

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
	const struct mgco_text *w = p->values ? p->values->next : NULL;
	char open = p->shape == MGCO_ALT ? '{' : '[', close = p->shape == MGCO_ALT ? '}' : ']';

	if (p->shape == MGCO_ONE)
		return mg_failf(x, 449, "%.*s %c %.*s", SPAN_FMT(p->name), "=#><"[p->relation], SPAN_FMT(v));
	if (!w)
		return mg_failf(x, 449, "%.*s = %c%.*s%c", SPAN_FMT(p->name), open, SPAN_FMT(v), close);
	return mg_failf(x, 449, "%.*s = %c%.*s%s%.*s%s%c", SPAN_FMT(p->name), open, SPAN_FMT(v),
	                p->shape == MGCO_RANGE ? ":" : ",", SPAN_FMT(w->text), w->next ? ", ..." : "", close);
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
read_control(struct mg_exec *x, const struct mgco_localcontrol *lc, struct term_control *c,
             struct mg_realm_want *realm)
{
	int err = 0;

	*c = (struct term_control){ .mode = TERM_INACTIVE, .reserve_value = lc->reserve_value == MGCO_ON,
		                  .reserve_group = lc->reserve_group == MGCO_ON };
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
		err = iq_name_is(x->names, IQ_IPDC_REALM, p->name) ? mg_read_realm(x, p, realm)
		                                                    : mg_read_control_prop(x, p, c);
	return err ? err : mg_check_control(x, c);
}

/* ---- Media ---- */

static int
read_stream(struct mg_exec *x, const struct mgco_stream *s, struct stream_change *sc, struct mg_realm_want *realm)
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
read_media(struct mg_exec *x, const struct mgco_media *m, struct term_change *change, struct mg_realm_want *realm)
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

/* ---- the command ---- */

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
mg_read_change(struct mg_exec *x, const struct mgco_cmd *c, struct term_change *change, struct mg_realm_want *realm)
{
	int err = 0;

	*change = (struct term_change){ .n_streams = 0 };
	if (c->media)
		err = read_media(x, c->media, change, realm);
	if (!err && c->events)
		err = mg_read_events(x, c->events, change);
	if (!err && c->signals)
		err = mg_read_signals(x, c->signals, change);
	return err;
}
