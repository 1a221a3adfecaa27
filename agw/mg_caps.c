/* SPDX-License-Identifier: BSD-2-Clause */
/* AuditCapability: what a termination could be told, with the values that are possible (H.248.1 7.2.6). All
 * terminations of a realm are alike, so Context = - answers for those that are still to come. */
#include "agw/mg_priv.h"

#include "agw/realm.h"

/* ---- values ---- */

/* Appends a property with these values; the last argument is NULL. */
static void
put_values(struct mg_exec *x, struct mgco_prop **list, const char *name, enum mgco_shape shape,
           const char *const *values)
{
	struct mgco_prop *p = mgco_add_prop(x->arena, list, name, span_str(values[0]), false);
	struct mgco_text *last = p ? p->values : NULL;

	if (!p)
		return;
	p->shape = shape;
	for (unsigned i = 1; values[i]; i++) {
		last->next = ARENA_NEW(x->arena, struct mgco_text);
		last = last->next;
		if (!last)
			return;
		last->text = arena_span(x->arena, span_str(values[i]));
	}
}

void
mg_put_choice(struct mg_exec *x, struct mgco_prop **list, const char *name, const char *const *values)
{
	put_values(x, list, name, MGCO_ALT, values);
}

void
mg_put_range(struct mg_exec *x, struct mgco_prop **list, const char *name, uint64_t lo, uint64_t hi)
{
	struct span from = arena_printf(x->arena, "%llu%c", (unsigned long long)lo, 0);
	struct span to = arena_printf(x->arena, "%llu%c", (unsigned long long)hi, 0);
	const char *const values[] = { from.p, to.p, NULL };

	if (from.p && to.p)
		put_values(x, list, name, MGCO_RANGE, values);
}

/* ---- descriptors ---- */

static void
build_media(struct mg_exec *x, struct mgco_cmd *reply, const struct realm *realm)
{
	struct mgco_stream *s = mgco_need_stream(x->arena, reply, 1);
	struct mgco_localcontrol *lc = mgco_need_lc(x->arena, s);
	char buf[1024];
	struct out o;

	if (!lc)
		return;
	mgco_add_prop(x->arena, &lc->props, x->names->text[IQ_IPDC_REALM], span_str(realm->name), true);
	mg_put_control_caps(x, &lc->props);
	out_init(&o, buf, sizeof(buf));
	for (unsigned i = 0; i < TERM_TRANSPORTS; i++)
		out_printf(&o, "v=0\r\nc=IN %s $\r\nm=message $ %s *\r\n",
		           realm->addrs[0].family == ADDR_V6 ? "IP6" : "IP4",
		           term_transport_name((enum term_transport)i));
	s->has_local = true;
	s->local = o.err ? SPAN_NULL : arena_span(x->arena, out_get(&o));
}

static void
build_events(struct mg_exec *x, struct mgco_cmd *reply)
{
	static const char *const changes[] = { "Failed", "Established", "Released", NULL };
	static const char *const dirs[] = { "IN", "OUT", "BOTH", NULL };
	const struct iq_names *n = x->names;
	struct mgco_events *list = ARENA_NEW(x->arena, struct mgco_events);
	struct mgco_event *e;

	reply->events = list;
	if (!list)
		return;
	list->has_id = true;
	list->id = UINT32_MAX; /* "*" */
	mgco_add_event(x->arena, list, n->text[IQ_G_CAUSE]);
	mgco_add_event(x->arena, list, n->text[IQ_G_SC]);
	e = mgco_add_event(x->arena, list, n->text[IQ_TCP_CHANGE]);
	if (e)
		mg_put_choice(x, &e->params, n->text[IQ_TCP_CHANGE_TYPE], changes);
	e = mgco_add_event(x->arena, list, n->text[IQ_TLS_CHANGE]);
	if (e)
		mg_put_choice(x, &e->params, n->text[IQ_TLS_CHANGE_TYPE], changes);
	e = mgco_add_event(x->arena, list, n->text[IQ_HANGTERM_THB]);
	if (e)
		mg_put_range(x, &e->params, n->text[IQ_HANGTERM_TIMERX], 1, THB_SECONDS_MAX);
	mgco_add_event(x->arena, list, n->text[IQ_NT_NETFAIL]);
	e = mgco_add_event(x->arena, list, n->text[IQ_ADID_IPSTOP]);
	if (e) {
		mg_put_range(x, &e->params, n->text[IQ_ADID_DT], 1, IPSTOP_SECONDS_MAX);
		mg_put_choice(x, &e->params, n->text[IQ_ADID_DIR], dirs);
	}
}

static void
build_signals(struct mg_exec *x, struct mgco_cmd *reply)
{
	static const char *const napt[] = { "OFF", "LATCH", "RELATCH", NULL };
	struct mgco_signal *s;

	reply->signals = ARENA_NEW(x->arena, struct mgco_signals);
	s = mgco_add_signal(x->arena, reply->signals, x->names->text[IQ_IPNAPT_LATCH]);
	if (s)
		mg_put_choice(x, &s->params, x->names->text[IQ_IPNAPT_LATCH_NAPT], napt);
	mgco_add_signal(x->arena, reply->signals, x->names->text[IQ_TCP_ESTABLISH]);
	mgco_add_signal(x->arena, reply->signals, x->names->text[IQ_TLS_ESTABLISH]);
}

static void
build_statistics(struct mg_exec *x, struct mgco_cmd *reply)
{
	static const enum iq_name names[] = { IQ_NT_DUR, IQ_NT_OS, IQ_NT_OR, IQ_MSRP_MESSAGES, IQ_MSRP_CHUNKS,
		                                IQ_MSRP_OCTETS, IQ_MSRP_ABORTED, IQ_MSRP_REPORTS, IQ_MSRP_OK,
		                                IQ_MSRP_FAILED, IQ_MSRP_ERRORS };

	reply->has_stats = true;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct mgco_prop *p = mgco_add_prop(x->arena, &reply->stats, x->names->text[names[i]], SPAN_NULL,
		                                    false);

		if (p)
			p->has_value = false;
	}
}

/* ---- the command ---- */

static struct mgco_cmd *
answer(struct mg_exec *x, const struct mgco_cmd *c, const struct realm *realm, struct span name)
{
	unsigned items = mg_audit_items(c->audit);
	struct mgco_cmd *reply = mgco_add_cmd(x->arena, x->t->action, MGCO_AUDITCAP, name);

	x->t->n_listed++;
	if (!reply)
		return NULL;
	if (items & MGCO_AUDIT_MEDIA)
		build_media(x, reply, realm);
	if (items & MGCO_AUDIT_EVENTS)
		build_events(x, reply);
	if (items & MGCO_AUDIT_SIGNALS)
		build_signals(x, reply);
	if (items & MGCO_AUDIT_STATISTICS)
		build_statistics(x, reply);
	if (items & MGCO_AUDIT_PACKAGES)
		mg_build_packages(x, reply, false);
	mg_keep_parts(x, reply, c->audit);
	return reply;
}

/* What another termination's Media could be besides. */
static void
add_media(struct mg_exec *x, const struct mgco_cmd *c, const struct realm *realm, struct mgco_cmd *to)
{
	struct mgco_cmd one = { .kind = c->kind };

	if (!to || !to->media || !(mg_audit_items(c->audit) & MGCO_AUDIT_MEDIA))
		return;
	build_media(x, &one, realm);
	mg_keep_parts(x, &one, c->audit);
	if (one.media)
		mg_add_media(x, to->media, one.media);
}

static int
run_in_context(struct mg_exec *x, const struct mgco_cmd *c)
{
	struct term *found[CTX_TERMS_MAX];
	unsigned n = mg_find_terms(x, c->term, found);

	if (n == 0)
		return mg_fail_unknown_term(x, c->term);
	if (x->t->n_listed + n > MG_WILDCARD_MAX)
		return mg_fail(x, 533, "too many terminations for one reply");
	if (c->wildcard) {
		struct mgco_cmd *reply = answer(x, c, found[0]->realm, c->term);

		for (unsigned i = 1; i < n; i++)
			add_media(x, c, found[i]->realm, reply);
		return 0;
	}
	for (unsigned i = 0; i < n; i++)
		(void)answer(x, c, found[i]->realm, arena_span(x->arena, span_str(found[i]->name)));
	return 0;
}

int
mg_run_caps(struct mg_exec *x, const struct mgco_cmd *c)
{
	unsigned items = mg_audit_items(c->audit);
	const struct realm *realm;
	int err = mg_check_audit(x, c->audit);

	if (err)
		return err;
	if (span_caseeqs(c->term, "ROOT")) {
		struct mgco_cmd *reply = mgco_add_cmd(x->arena, x->t->action, MGCO_AUDITCAP, c->term);

		mg_caps_root(x, reply, items);
		mg_keep_parts(x, reply, c->audit);
		return 0;
	}
	if (x->t->ctx)
		return run_in_context(x, c);
	realm = mg_realm_of_pattern(x->t->mg, c->term);
	if (!realm)
		return mg_fail_unknown_term(x, c->term);
	(void)answer(x, c, realm, c->term);
	return 0;
}
