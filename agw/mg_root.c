/* SPDX-License-Identifier: BSD-2-Clause */
/* The termination ROOT: the base root package (H.248.1 E.2) and the inactivity timer it/ito (H.248.14). */
#include "agw/mg_priv.h"
#include "agw/realm.h"
#include "proto/codec/mgco_xact.h"

enum {
	TIME_MIN_MS = 10,
	TIME_MAX_MS = 60000,
	MIT_MIN = 100, /* of 10 ms: a second. Shorter ones would be a flood of Notifies */
	MIT_MAX = 24 * 3600 * 100,
};

/* As provisioned: H.248.1 leaves the defaults to the gateway. */
static const struct mg_root defaults = {
	.mg_execution_ms = 100,
	.mg_provisional_ms = 1000,
	.mgc_execution_ms = 200, /* as the first repetition without being told */
	.mgc_provisional_ms = 1000,
	.mg_pendings = XACT_PENDINGS_MAX,
	.mgc_pendings = XACT_PENDINGS_MAX,
};

/* One writable property. */
struct row {
	enum iq_name name;
	size_t offset;
	uint32_t lo, hi;
};

static const struct row rows[] = {
	{ IQ_ROOT_MG_EXECUTION, offsetof(struct mg_root, mg_execution_ms), TIME_MIN_MS, TIME_MAX_MS },
	{ IQ_ROOT_MGC_EXECUTION, offsetof(struct mg_root, mgc_execution_ms), TIME_MIN_MS, TIME_MAX_MS },
	{ IQ_ROOT_MG_PROVISIONAL, offsetof(struct mg_root, mg_provisional_ms), TIME_MIN_MS, TIME_MAX_MS },
	{ IQ_ROOT_MGC_PROVISIONAL, offsetof(struct mg_root, mgc_provisional_ms), TIME_MIN_MS, TIME_MAX_MS },
	{ IQ_ROOT_MG_PENDINGS, offsetof(struct mg_root, mg_pendings), 1, XACT_PENDINGS_MAX },
	{ IQ_ROOT_MGC_PENDINGS, offsetof(struct mg_root, mgc_pendings), 1, XACT_PENDINGS_MAX },
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void
set_value(struct mg_root *r, const struct row *row, uint32_t v)
{
	memcpy((char *)r + row->offset, &v, sizeof(v));
}

static uint32_t
get_value(const struct mg_root *r, const struct row *row)
{
	uint32_t v;

	memcpy(&v, (const char *)r + row->offset, sizeof(v));
	return v;
}

static struct mg_root
get_defaults(const struct mg *m)
{
	struct mg_root r = defaults;

	if (m->conf.pending_ms)
		r.mg_execution_ms = m->conf.pending_ms;
	if (r.mg_provisional_ms < r.mg_execution_ms)
		r.mg_provisional_ms = r.mg_execution_ms;
	return r;
}

static void
changed(struct mg *m)
{
	if (m->conf.on_root)
		m->conf.on_root(m->conf.arg, &m->root);
}

void
mg_reset_root(struct mg *m)
{
	m->root = get_defaults(m);
	changed(m);
}

/* ---- Modify ---- */

struct reading {
	const struct row *row;
	struct mg_root *to;
};

static int
read_value(struct mg_exec *x, const struct mgco_prop *p, void *arg)
{
	struct reading *r = arg;
	uint32_t v;

	if (p->relation != MGCO_EQUAL || mgco_prop_u32(p, &v) != 0 || v < r->row->lo || v > r->row->hi)
		return mg_fail_value(x, p);
	set_value(r->to, r->row, v);
	return 0;
}

static int
read_property(struct mg_exec *x, const struct mgco_prop *p, struct mg_root *to)
{
	if (iq_name_is(x->names, IQ_ROOT_MAX_CONTEXTS, p->name) || iq_name_is(x->names, IQ_ROOT_MAX_TERMS, p->name) ||
	    iq_name_is(x->names, IQ_IPRA_AR, p->name))
		return mg_failf(x, 534, "%.*s", SPAN_FMT(p->name));
	for (unsigned i = 0; i < ROWS; i++) {
		struct mg_choice choice = { .lo = rows[i].lo, .hi = rows[i].hi };
		struct reading r = { &rows[i], to };

		if (iq_name_is(x->names, rows[i].name, p->name))
			return mg_is_choice(x, p) ? mg_choose(x, p, &choice, read_value, &r) : read_value(x, p, &r);
	}
	return mg_fail_unknown(x, 445, p->name);
}

static int
read_media(struct mg_exec *x, const struct mgco_media *m, struct mg_root *to)
{
	const struct mg_root unset = get_defaults(x->t->mg);
	int err = 0;

	if (m->streams)
		return mg_fail(x, 447, "ROOT has no streams");
	if (!m->termstate)
		return 0;
	if (m->termstate->service != MGCO_SI_ABSENT && m->termstate->service != MGCO_SI_INSERVICE)
		return mg_fail(x, 501, "ServiceStates");
	if (m->termstate->event_buffer == MGCO_ON)
		return mg_fail(x, 501, "Buffer = LockStep");
	/* What the descriptor leaves out returns to its default. */
	for (unsigned i = 0; i < ROWS; i++)
		set_value(to, &rows[i], get_value(&unset, &rows[i]));
	for (const struct mgco_prop *p = m->termstate->props; p && !err; p = p->next)
		err = read_property(x, p, to);
	return err;
}

static int
read_event(struct mg_exec *x, const struct mgco_event *e, void *arg)
{
	struct mg_root *to = arg;
	const char *mit = x->names->text[IQ_IT_ITO_MIT];
	const struct mgco_prop *p;
	uint32_t v;

	if (e->embed_events || e->embed_signals)
		return mg_failf(x, 501, "Embed in %.*s", SPAN_FMT(e->name));
	if (iq_name_is(x->names, IQ_IPRA_ARC, e->name)) {
		to->has_arc = true;
		return mg_check_params(x, e->params, IQ_NAMES);
	}
	if (!iq_name_is(x->names, IQ_IT_ITO, e->name))
		return mg_fail_unknown(x, 451, e->name);
	if (mg_check_params(x, e->params, IQ_IT_ITO_MIT) != 0)
		return ERR_INVAL;
	p = mgco_find_prop(e->params, mit);
	if (!p)
		return mg_failf(x, 457, "%s of %.*s", mit, SPAN_FMT(e->name));
	if (mgco_prop_u32(p, &v) != 0 || v < MIT_MIN || v > MIT_MAX)
		return mg_fail_value(x, p);
	to->ito_ms = v * 10;
	return 0;
}

/* What was asked for, and whatever was left to us. */
static void
reply_modify(struct mg_exec *x, const struct mgco_cmd *c)
{
	struct mgco_cmd *reply = mgco_add_cmd(x->arena, x->t->action, MGCO_MODIFY, c->term);
	const struct mgco_prop *p = c->media && c->media->termstate ? c->media->termstate->props : NULL;
	unsigned items = c->wildcard ? 0 : mg_audit_items(c->audit);
	struct mgco_audit chosen = { .items = items & ~(unsigned)MGCO_AUDIT_MEDIA, .parts = NULL };

	if (!reply)
		return;
	for (; p && !(items & MGCO_AUDIT_MEDIA); p = p->next) {
		struct mgco_audit_part *part = mg_is_choice(x, p) ? ARENA_NEW(x->arena, struct mgco_audit_part) : NULL;

		if (!part)
			continue;
		part->item = MGCO_AUDIT_MEDIA;
		part->place = MGCO_PLACE_TERMSTATE;
		part->name = p->name;
		part->next = chosen.parts;
		chosen.parts = part;
	}
	mg_audit_root(x, reply, chosen.parts ? items | MGCO_AUDIT_MEDIA : items);
	mg_keep_parts(x, reply, chosen.parts ? &chosen : c->audit);
}

int
mg_modify_root(struct mg_exec *x, const struct mgco_cmd *c)
{
	struct mg *m = x->t->mg;
	struct mg_root next = m->root;
	int err = 0;

	if (x->t->ctx)
		return mg_fail(x, 435, "ROOT");
	if (mg_check_audit(x, c->audit) != 0)
		return ERR_INVAL;
	if (c->signals && c->signals->signals)
		return mg_fail_item(x, 452, c->signals->signals->name);
	if (c->media)
		err = read_media(x, c->media, &next);
	if (c->events) {
		next.events_id = c->events->id;
		next.ito_ms = 0;
		next.has_arc = false;
		for (const struct mgco_event *e = c->events->events; e && !err; e = e->next)
			err = mg_each_event(x, e, read_event, &next);
	}
	if (err)
		return err;
	m->root = next;
	changed(m);
	reply_modify(x, c);
	return 0;
}

/* ---- audits ---- */

static struct mgco_prop **
need_properties(struct mg_exec *x, struct mgco_cmd *reply)
{
	reply->media = ARENA_NEW(x->arena, struct mgco_media);
	if (reply->media)
		reply->media->termstate = ARENA_NEW(x->arena, struct mgco_termstate);
	if (!reply->media || !reply->media->termstate)
		return NULL;
	reply->media->termstate->service = MGCO_SI_INSERVICE;
	return &reply->media->termstate->props;
}

static void
put_number(struct mg_exec *x, struct mgco_prop **list, enum iq_name name, uint64_t v)
{
	mgco_add_prop(x->arena, list, x->names->text[name],
	              arena_printf(x->arena, "%llu", (unsigned long long)v), false);
}

/* The realms that we serve (H.248.41, IP realm availability). */
static void
put_realms(struct mg_exec *x, struct mgco_prop **list)
{
	const struct mg *m = x->t->mg;
	struct mgco_prop *p = NULL;
	struct mgco_text *last = NULL;

	for (unsigned i = 0; i < m->conf.n_realms; i++) {
		struct span name = span_str(m->conf.realms[i]->name);

		if (m->conf.realms[i]->off)
			continue;
		if (!p) {
			p = mgco_add_prop(x->arena, list, x->names->text[IQ_IPRA_AR], name, true);
			if (!p || !(last = p->values))
				return;
			p->shape = MGCO_LIST;
			continue;
		}
		if (!(last->next = ARENA_NEW(x->arena, struct mgco_text)))
			return;
		last = last->next;
		last->text = name;
		last->quoted = true;
	}
}

static void
build_events(struct mg_exec *x, struct mgco_cmd *reply, const struct mg_root *r)
{
	struct mgco_event *e;

	reply->events = ARENA_NEW(x->arena, struct mgco_events);
	if (!reply->events || (!r->ito_ms && !r->has_arc))
		return;
	reply->events->has_id = true;
	reply->events->id = r->events_id;
	if (r->ito_ms && (e = mgco_add_event(x->arena, reply->events, x->names->text[IQ_IT_ITO])))
		put_number(x, &e->params, IQ_IT_ITO_MIT, r->ito_ms / 10);
	if (r->has_arc)
		mgco_add_event(x->arena, reply->events, x->names->text[IQ_IPRA_ARC]);
}

void
mg_audit_root(struct mg_exec *x, struct mgco_cmd *reply, unsigned items)
{
	const struct mg *m = x->t->mg;
	struct mgco_prop **list = reply && items & MGCO_AUDIT_MEDIA ? need_properties(x, reply) : NULL;

	if (!reply)
		return;
	if (list) {
		put_number(x, list, IQ_ROOT_MAX_CONTEXTS, m->conf.ctxs->env.max_contexts);
		put_number(x, list, IQ_ROOT_MAX_TERMS, CTX_TERMS_MAX);
		for (unsigned i = 0; i < ROWS; i++)
			put_number(x, list, rows[i].name, get_value(&m->root, &rows[i]));
		put_realms(x, list);
	}
	if (items & MGCO_AUDIT_EVENTS)
		build_events(x, reply, &m->root);
	if (items & MGCO_AUDIT_SIGNALS)
		reply->signals = ARENA_NEW(x->arena, struct mgco_signals);
	reply->event_buffer = items & MGCO_AUDIT_EVENTBUFFER;
	if (items & MGCO_AUDIT_OBSERVED)
		reply->observed = ARENA_NEW(x->arena, struct mgco_events);
	if (items & MGCO_AUDIT_PACKAGES)
		mg_build_packages(x, reply, true);
}

void
mg_caps_root(struct mg_exec *x, struct mgco_cmd *reply, unsigned items)
{
	struct mgco_prop **list = reply && items & MGCO_AUDIT_MEDIA ? need_properties(x, reply) : NULL;
	struct mgco_event *e;

	if (!reply)
		return;
	for (unsigned i = 0; list && i < ROWS; i++)
		mg_put_range(x, list, x->names->text[rows[i].name], rows[i].lo, rows[i].hi);
	if (items & MGCO_AUDIT_EVENTS && (reply->events = ARENA_NEW(x->arena, struct mgco_events))) {
		reply->events->has_id = true;
		reply->events->id = UINT32_MAX; /* "*" */
		e = mgco_add_event(x->arena, reply->events, x->names->text[IQ_IT_ITO]);
		if (e)
			mg_put_range(x, &e->params, x->names->text[IQ_IT_ITO_MIT], MIT_MIN, MIT_MAX);
		mgco_add_event(x->arena, reply->events, x->names->text[IQ_IPRA_ARC]);
	}
	if (items & MGCO_AUDIT_PACKAGES)
		mg_build_packages(x, reply, true);
}
