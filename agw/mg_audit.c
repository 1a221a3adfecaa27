/* SPDX-License-Identifier: BSD-2-Clause */
/* AuditValue: the descriptors of terminations as they are now. */
#include "agw/mg_priv.h"

#include "agw/realm.h"

/* ---- building ---- */

void
mg_build_local(struct mg_exec *x, struct mgco_cmd *reply, const struct term_stream *s, bool bare)
{
	struct mgco_stream *st = reply ? mgco_need_stream(x->arena, reply, s->id) : NULL;

	if (!st)
		return;
	st->bare = bare;
	st->has_local = true;
	st->local = mg_sdp_print_local(x->arena, s);
}

void
mg_build_remote(struct mg_exec *x, struct mgco_cmd *reply, const struct term_stream *s, bool bare)
{
	struct mgco_stream *st = reply ? mgco_need_stream(x->arena, reply, s->id) : NULL;

	if (!st)
		return;
	st->bare = bare;
	st->remote = mg_sdp_print_remote(x->arena, s);
	st->has_remote = st->remote.len > 0;
}

static void
build_control(struct mg_exec *x, struct mgco_localcontrol *lc, const struct term_stream *s, bool all)
{
	static const enum mgco_mode modes[] = {
		[TERM_INACTIVE] = MGCO_INACTIVE,
		[TERM_SENDONLY] = MGCO_SENDONLY,
		[TERM_RECVONLY] = MGCO_RECVONLY,
		[TERM_SENDRECV] = MGCO_SENDRECV,
	};

	if (!lc)
		return;
	lc->mode = modes[s->control.mode];
	mgco_add_prop(x->arena, &lc->props, x->names->text[IQ_IPDC_REALM], span_str(s->realm->name), true);
	mg_put_control(x, &lc->props, &s->control, all);
	if (all || s->control.reserve_value)
		lc->reserve_value = s->control.reserve_value ? MGCO_ON : MGCO_OFF;
	if (all || s->control.reserve_group)
		lc->reserve_group = s->control.reserve_group ? MGCO_ON : MGCO_OFF;
}

/* all: single items were asked for, so those at their defaults are there to be picked. */
static void
build_media(struct mg_exec *x, struct mgco_cmd *reply, const struct term *t, bool all)
{
	bool is_out = t->is_out || t->realm->off & (REALM_OFF_NETWORK | REALM_OFF_OPERATOR);
	struct mgco_termstate *ts = ARENA_NEW(x->arena, struct mgco_termstate);

	if (!reply->media)
		reply->media = ARENA_NEW(x->arena, struct mgco_media);
	if (!ts || !reply->media)
		return;
	ts->service = is_out ? MGCO_SI_OUTOFSERVICE : MGCO_SI_INSERVICE;
	ts->event_buffer = all ? MGCO_OFF : MGCO_ABSENT;
	reply->media->termstate = ts;
	for (unsigned i = 0; i < t->n_streams; i++) {
		const struct term_stream *s = t->streams[i];
		struct mgco_stream *st = mgco_need_stream(x->arena, reply, s->id);

		if (!st)
			return;
		build_control(x, mgco_need_lc(x->arena, st), s, all);
		mg_build_local(x, reply, s, false);
		mg_build_remote(x, reply, s, false);
	}
}

static struct mgco_signal *
put_signal(struct mg_exec *x, struct mgco_cmd *reply, const struct term *t, const struct term_stream *of,
           enum iq_name name)
{
	struct mgco_signal *s = mgco_add_signal(x->arena, reply->signals, x->names->text[name]);

	if (s)
		s->stream = t->n_streams > 1 ? of->id : 0;
	return s;
}

/* What is on now: a latch until it is ended, the others until they are done. */
static void
build_signals(struct mg_exec *x, struct mgco_cmd *reply, const struct term *t)
{
	if (!reply->signals)
		reply->signals = ARENA_NEW(x->arena, struct mgco_signals);
	for (unsigned i = 0; i < t->n_streams && reply->signals; i++) {
		const struct term_stream *of = t->streams[i];
		struct mgco_signal *s;

		if (of->latch == TERM_LATCH_ON && (s = put_signal(x, reply, t, of, IQ_IPNAPT_LATCH)))
			mgco_add_prop(x->arena, &s->params, x->names->text[IQ_IPNAPT_LATCH_NAPT], SPAN_LIT("LATCH"), false);
		if (of->play[TERM_SIG_TCP].is_on)
			(void)put_signal(x, reply, t, of, IQ_TCP_ESTABLISH);
		if (of->play[TERM_SIG_TLS].is_on)
			(void)put_signal(x, reply, t, of, IQ_TLS_ESTABLISH);
	}
}

/* What is asked for and never there: events are told and not kept. */
static void
put_empty(struct mg_exec *x, struct mgco_cmd *reply, unsigned items)
{
	reply->event_buffer = items & MGCO_AUDIT_EVENTBUFFER;
	if (items & MGCO_AUDIT_OBSERVED)
		reply->observed = ARENA_NEW(x->arena, struct mgco_events);
}

static bool
has_package(const struct mgco_package *p, struct span name)
{
	while (p && !span_caseeq(p->name, name))
		p = p->next;
	return p != NULL;
}

/* Their names are what stands before the "/" of their items, which an override file may move to another one. */
void
mg_build_packages(struct mg_exec *x, struct mgco_cmd *reply, bool is_root)
{
	static const struct {
		enum iq_name first, last; /* its items */
		uint32_t version;
		bool of_root; /* only ROOT has it */
	} all[] = {
		{ IQ_G_CAUSE, IQ_G_SC, 1, false },
		{ IQ_ROOT_MAX_CONTEXTS, IQ_ROOT_MGC_PENDINGS, 2, true },
		{ IQ_IT_ITO, IQ_IT_ITO, 1, true },
		{ IQ_NT_DUR, IQ_NT_QUALERT, 1, false },
		{ IQ_DS_DSCP, IQ_DS_TB, 1, false },
		{ IQ_GM_SAF, IQ_GM_RSB, 1, false },
		{ IQ_TMAN_POL, IQ_TMAN_MBS, 1, false },
		{ IQ_IPNAPT_LATCH, IQ_IPNAPT_LATCH, 1, false },
		{ IQ_IPDC_REALM, IQ_IPDC_REALM, 1, false },
		{ IQ_IPRA_AR, IQ_IPRA_ARC, 1, true },
		{ IQ_HANGTERM_THB, IQ_HANGTERM_THB, 1, false },
		{ IQ_ADID_IPSTOP, IQ_ADID_IPSTOP, 1, false },
		{ IQ_TCP_DISCARD, IQ_TCP_CHANGE, 1, false },
		{ IQ_TLS_ESTABLISH, IQ_TLS_CHANGE, 1, false },
		{ IQ_SEP_LINK, IQ_SEP_LINK, 1, false },
		{ IQ_MSRP_MESSAGES, IQ_MSRP_ERRORS, 1, false },
	};
	struct mgco_package **at = &reply->packages;

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (unsigned item = all[i].first; item <= all[i].last; item++) {
			struct span text = span_str(x->names->text[item]), name = span_cut(&text, '/');

			/* A name without a "/" is a parameter's. */
			if (!text.p || (all[i].of_root && !is_root) || has_package(reply->packages, name))
				continue;
			*at = ARENA_NEW(x->arena, struct mgco_package);
			if (!*at)
				return;
			(*at)->name = name;
			(*at)->version = all[i].version;
			at = &(*at)->next;
		}
	}
}

/* ---- auditing ---- */

static bool
has_media_parts(const struct mgco_audit *a)
{
	return a && a->parts && !(a->items & MGCO_AUDIT_MEDIA);
}

void
mg_audit_into(struct mg_exec *x, struct mgco_cmd *reply, struct term *t, const struct mgco_audit *audit)
{
	unsigned items = mg_audit_items(audit);

	if (!reply)
		return;
	if (items & MGCO_AUDIT_MEDIA)
		build_media(x, reply, t, has_media_parts(audit));
	if (items & MGCO_AUDIT_EVENTS)
		mg_build_events(x, reply, t);
	if (items & MGCO_AUDIT_SIGNALS)
		build_signals(x, reply, t);
	put_empty(x, reply, items);
	if (items & MGCO_AUDIT_PACKAGES)
		mg_build_packages(x, reply, false);
	mg_keep_parts(x, reply, audit);
	if (items & MGCO_AUDIT_STATISTICS)
		mg_want_stats(x, t, reply, audit);
}

/* W-: one reply for several, with the union of what they have (H.248.1 7.2.5); statistics are sums. */
static void
audit_union(struct mg_exec *x, const struct mgco_cmd *c, struct term *const *terms, unsigned n)
{
	unsigned items = mg_audit_items(c->audit);
	struct mgco_cmd *reply = mg_add_reply(x, c->kind, c->term);

	for (unsigned i = 0; i < n && reply; i++) {
		struct mgco_cmd one = { .kind = c->kind };

		if (items & MGCO_AUDIT_MEDIA)
			build_media(x, i == 0 ? reply : &one, terms[i], has_media_parts(c->audit));
		if (one.media && reply->media)
			mg_add_media(x, reply->media, one.media);
		if (items & MGCO_AUDIT_EVENTS)
			mg_build_events(x, i == 0 ? reply : &one, terms[i]);
		mg_add_events(x, reply->events, one.events);
		if (items & MGCO_AUDIT_SIGNALS)
			build_signals(x, reply, terms[i]);
		if (items & MGCO_AUDIT_STATISTICS)
			mg_want_stats(x, terms[i], reply, c->audit);
	}
	if (reply)
		put_empty(x, reply, items);
	if (reply && items & MGCO_AUDIT_PACKAGES)
		mg_build_packages(x, reply, false);
	mg_keep_parts(x, reply, c->audit);
}

unsigned
mg_find_terms(struct mg_exec *x, struct span pattern, struct term *found[CTX_TERMS_MAX])
{
	struct ctx *ctx = x->t->ctx;
	unsigned n = 0;

	for (unsigned i = 0; ctx && i < CTX_TERMS_MAX; i++) {
		struct term *t = ctx->terms[i];

		if (!t || !mgco_term_matches(pattern, t->name))
			continue;
		t->heard_ms = loop_now_ms(x->t->mg->conf.loop);
		found[n++] = t;
	}
	return n;
}

int
mg_run_audit(struct mg_exec *x, const struct mgco_cmd *c)
{
	struct term *found[CTX_TERMS_MAX];
	unsigned n;
	int err = mg_check_audit(x, c->audit);

	if (err)
		return err;
	if (span_caseeqs(c->term, "ROOT")) {
		struct mgco_cmd *reply = mg_add_reply(x, c->kind, c->term);

		mg_audit_root(x, reply, mg_audit_items(c->audit));
		mg_keep_parts(x, reply, c->audit);
		return 0;
	}
	n = mg_find_terms(x, c->term, found);
	if (n == 0)
		return mg_fail_unknown_term(x, c->term);
	if (x->t->n_listed + n > MG_WILDCARD_MAX)
		return mg_fail(x, 533, "too many terminations for one reply");
	if (c->wildcard && n > 1) {
		audit_union(x, c, found, n);
		return 0;
	}
	for (unsigned i = 0; i < n; i++) {
		struct span name = c->wildcard ? c->term : arena_span(x->arena, span_str(found[i]->name));

		mg_audit_into(x, mg_add_reply(x, c->kind, name), found[i], c->audit);
	}
	return 0;
}
