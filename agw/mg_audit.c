/* SPDX-License-Identifier: BSD-2-Clause */
/* AuditValue, and the descriptors of replies. */
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

static void
put_flag(struct mg_exec *x, struct mgco_localcontrol *lc, enum iq_name name, bool on)
{
	mgco_add_prop(x->arena, &lc->props, x->names->text[name], on ? SPAN_LIT("ON") : SPAN_LIT("OFF"), false);
}

static void
build_control(struct mg_exec *x, struct mgco_localcontrol *lc, const struct term_stream *s)
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
	put_flag(x, lc, IQ_GM_SAF, s->control.saf);
	put_flag(x, lc, IQ_GM_SPF, s->control.spf);
	put_flag(x, lc, IQ_TCP_DISCARD, s->control.discard);
	put_flag(x, lc, IQ_SEP_LINK, s->control.link);
	if (s->control.has_dscp)
		mgco_add_prop(x->arena, &lc->props, x->names->text[IQ_DS_DSCP],
		              arena_printf(x->arena, "0x%02x", s->control.dscp), false);
}

static void
build_media(struct mg_exec *x, struct mgco_cmd *reply, const struct term *t)
{
	for (unsigned i = 0; i < t->n_streams; i++) {
		const struct term_stream *s = t->streams[i];
		struct mgco_stream *st = mgco_need_stream(x->arena, reply, s->id);

		if (!st)
			return;
		build_control(x, mgco_need_lc(x->arena, st), s);
		mg_build_local(x, reply, s, false);
		st->remote = mg_sdp_print_remote(x->arena, s);
		st->has_remote = st->remote.len > 0;
	}
}

static void
put_seconds(struct mg_exec *x, struct mgco_event *e, enum iq_name name, uint32_t seconds)
{
	if (e)
		mgco_add_prop(x->arena, &e->params, x->names->text[name], arena_printf(x->arena, "%u", seconds),
		              false);
}

static void
build_events(struct mg_exec *x, struct mgco_cmd *reply, const struct term_events *ev)
{
	const struct iq_names *n = x->names;
	struct mgco_event *e;

	reply->events = ARENA_NEW(x->arena, struct mgco_events);
	if (!reply->events || !ev->armed)
		return;
	reply->events->has_id = true;
	reply->events->id = ev->id;
	if (ev->armed & TERM_EV_CAUSE)
		mgco_add_event(x->arena, reply->events, n->text[IQ_G_CAUSE]);
	if (ev->armed & TERM_EV_TCP)
		mgco_add_event(x->arena, reply->events, n->text[IQ_TCP_CHANGE]);
	if (ev->armed & TERM_EV_TLS)
		mgco_add_event(x->arena, reply->events, n->text[IQ_TLS_CHANGE]);
	if (ev->armed & TERM_EV_THB) {
		e = mgco_add_event(x->arena, reply->events, n->text[IQ_HANGTERM_THB]);
		put_seconds(x, e, IQ_HANGTERM_TIMERX, ev->thb_s);
	}
	if (ev->armed & TERM_EV_IPSTOP) {
		e = mgco_add_event(x->arena, reply->events, n->text[IQ_ADID_IPSTOP]);
		put_seconds(x, e, IQ_ADID_DT, ev->idle_ms / 1000);
	}
}

static void
build_packages(struct mg_exec *x, struct mgco_cmd *reply)
{
	static const char *const names[] = { "g", "root", "nt", "ds", "gm", "ipnapt", "ipdc", "hangterm", "adid",
		                             "tcpbcc", "tlsbsc", "seplink" };
	struct mgco_package **at = &reply->packages;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct mgco_package *p = ARENA_NEW(x->arena, struct mgco_package);

		if (!p)
			return;
		p->name = span_str(names[i]);
		p->version = 1;
		*at = p;
		at = &p->next;
	}
}

/* ---- auditing ---- */

static int
check_items(struct mg_exec *x, unsigned items)
{
	const unsigned ours = MGCO_AUDIT_MEDIA | MGCO_AUDIT_EVENTS | MGCO_AUDIT_SIGNALS | MGCO_AUDIT_STATISTICS |
	                      MGCO_AUDIT_OBSERVED | MGCO_AUDIT_PACKAGES | MGCO_AUDIT_EVENTBUFFER;

	return items & ~ours ? mg_fail(x, 501, "AuditValue of DigitMap, Modem or Mux") : 0;
}

static int
audit_root(struct mg_exec *x, const struct mgco_cmd *c)
{
	unsigned items = c->audit ? c->audit->items : 0;
	struct mgco_cmd *reply = mgco_add_cmd(x->arena, x->t->action, MGCO_AUDITVALUE, c->term);

	if (!reply)
		return 0;
	if (items & MGCO_AUDIT_PACKAGES)
		build_packages(x, reply);
	if (items & MGCO_AUDIT_MEDIA && (reply->media = ARENA_NEW(x->arena, struct mgco_media)) &&
	    (reply->media->termstate = ARENA_NEW(x->arena, struct mgco_termstate)))
		reply->media->termstate->service = MGCO_SI_INSERVICE;
	return 0;
}

static int
audit_term(struct mg_exec *x, const struct mgco_cmd *c, struct term *t)
{
	unsigned items = c->audit ? c->audit->items : 0;
	struct mgco_cmd *reply;

	t->heard_ms = loop_now_ms(x->t->mg->conf.loop);
	if (x->t->n_listed++ >= MG_WILDCARD_MAX)
		return mg_fail(x, 533, "too many terminations for one reply");
	reply = mgco_add_cmd(x->arena, x->t->action, MGCO_AUDITVALUE, arena_span(x->arena, span_str(t->name)));
	if (!reply)
		return 0;
	if (items & MGCO_AUDIT_MEDIA)
		build_media(x, reply, t);
	if (items & MGCO_AUDIT_EVENTS)
		build_events(x, reply, &t->events);
	if (items & MGCO_AUDIT_SIGNALS)
		reply->signals = ARENA_NEW(x->arena, struct mgco_signals);
	if (items & MGCO_AUDIT_PACKAGES)
		build_packages(x, reply);
	if (items & MGCO_AUDIT_STATISTICS)
		mg_want_stats(x, t, reply);
	return 0;
}

int
mg_run_audit(struct mg_exec *x, const struct mgco_cmd *c)
{
	struct ctx *ctx = x->t->ctx;
	bool any = false;
	int err = check_items(x, c->audit ? c->audit->items : 0);

	if (err)
		return err;
	if (span_caseeqs(c->term, "ROOT"))
		return audit_root(x, c);
	for (unsigned i = 0; ctx && i < CTX_TERMS_MAX && !err; i++)
		if (ctx->terms[i] && mg_term_matches(c->term, ctx->terms[i]->name)) {
			any = true;
			err = audit_term(x, c, ctx->terms[i]);
		}
	if (err || any)
		return err;
	if (c->term.len && c->term.p[c->term.len - 1] == '*')
		return mg_failf(x, 431, "%.*s", SPAN_FMT(c->term));
	return mg_failf(x, ctxs_find_term(x->t->mg->conf.ctxs, c->term) ? 435 : 430, "%.*s", SPAN_FMT(c->term));
}
