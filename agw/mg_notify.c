/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/mg_notify_priv.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/io/mgco_time.h"

/* A Notify under way. The termination may be gone when the answer comes, so it is looked up again. */
struct notice {
	struct mg_notify *n;
	uint32_t ctx;
	uint16_t stream; /* 0: no failure hangs on it */
	char term[TERM_NAME_MAX];
};

const char *
mg_reason_text(enum reason r, uint8_t alert, char *buf)
{
	if (r == REASON_TLS_ALERT)
		(void)snprintf(buf, REASON_TEXT_MAX, "%s-%u", reason_text(r), alert);
	else
		(void)snprintf(buf, REASON_TEXT_MAX, "%s", reason_text(r));
	return buf;
}

/* ---- sending ---- */

static const struct mgco_error *
error_of(const struct mgco_txn *reply)
{
	const struct mgco_action *act = reply->actions;

	if (reply->error || !act)
		return reply->error;
	if (act->error)
		return act->error;
	return act->cmds ? act->cmds->error : NULL;
}

static void
on_answer(void *arg, int err, const struct mgco_txn *reply)
{
	struct notice *no = arg;
	struct mg_notify *n = no->n;
	const struct mgco_error *e = err ? NULL : error_of(reply);
	bool is_lost = err || (e && e->code == 505); /* with the link, or with what the controller knew of us */
	struct term *t;
	struct term_stream *s;
	uint32_t skipped;

	if (e && log_limit_pass(&n->refused_log, loop_now_ms(n->loop), &skipped))
		log_notice("controller refused a notify ctx=%u term=%s code=%u text=\"%.*s\" skipped=%u", no->ctx, no->term,
		           e->code, SPAN_FMT(e->text), skipped);
	if (err || e)
		n->failed++;
	if (e)
		mg_reg_on_refusal(n->reg, e);
	/* Then it is told again after the next registration. */
	t = is_lost ? ctxs_find_term(n->ctxs, span_str(no->term)) : NULL;
	s = t && no->stream ? term_find_stream(t, no->stream) : NULL;
	if (s)
		s->failure.is_told = false;
	free(no);
}

int
mg_notify_send(struct mg_notify *n, struct arena *a, const struct term *t, const struct mgco_event *what,
               uint16_t stream)
{
	struct mgco_assoc *as = mg_reg_get_assoc(n->reg);
	uint32_t ctx = t ? t->ctx->id : MGCO_CTX_NULL;
	const char *name = t ? t->name : "ROOT";
	struct mgco_action *act = mgco_add_action(a, mgco_new_request(a), ctx);
	struct mgco_cmd *c = mgco_add_cmd(a, act, MGCO_NOTIFY, span_str(name));
	struct mgco_event *e;
	struct notice *no;
	int err;

	if (!as)
		return ERR_CLOSED;
	if (!c || !what || !(c->observed = ARENA_NEW(a, struct mgco_events)) ||
	    !(e = ARENA_NEW(a, struct mgco_event)) || !(no = calloc(1, sizeof(*no))))
		return ERR_NOMEM;
	c->observed->has_id = true;
	c->observed->id = t ? t->events.id : n->root_id;
	*e = *what;
	e->timestamp = mgco_time_now(a);
	c->observed->events = e;
	*no = (struct notice){ .n = n, .ctx = ctx, .stream = stream };
	(void)span_copy(span_str(name), no->term, sizeof(no->term));
	err = mgco_request(as, act, on_answer, no);
	if (err)
		free(no);
	else
		n->sent++;
	return err;
}

/* ---- what is told ---- */

enum kind { KIND_TCP, KIND_TLS, KIND_OTHER };

static enum kind
kind_of(enum reason r)
{
	switch (r) {
	case REASON_TCP_TIMEOUT:
	case REASON_TCP_REFUSED:
	case REASON_TCP_FAILED:
	case REASON_PEER_RESET:
	case REASON_REMOTE_DENIED:
		return KIND_TCP;
	case REASON_TLS_TIMEOUT:
	case REASON_TLS_ALERT:
	case REASON_TLS_FAILED:
	case REASON_FP_MISMATCH:
	case REASON_FP_MISSING:
	case REASON_FP_UNSUPPORTED:
	case REASON_NO_CERTIFICATE:
		return KIND_TLS;
	case REASON_NONE:
	case REASON_IDLE:
	case REASON_NO_PORT:
	case REASON_OVERLOAD:
	case REASON_INTERNAL:
	case REASON_MSRP_ERROR:
	case REASONS:
		break;
	}
	return KIND_OTHER;
}

struct mgco_event *
mg_notify_new(struct mg_notify *n, struct arena *a, enum iq_name name)
{
	struct mgco_event *e = ARENA_NEW(a, struct mgco_event);

	if (e)
		e->name = span_str(n->names->text[name]);
	return e;
}

void
mg_notify_add(struct mg_notify *n, struct arena *a, struct mgco_event *e, enum iq_name name, struct span value,
              bool quoted)
{
	if (e)
		mgco_add_prop(a, &e->params, n->names->text[name], value, quoted);
}

static struct mgco_event *
build_cause(struct mg_notify *n, struct arena *a, struct span general, struct span reason)
{
	struct mgco_event *e = mg_notify_new(n, a, IQ_G_CAUSE);

	mg_notify_add(n, a, e, IQ_G_CAUSE_GENERAL, general, false);
	mg_notify_add(n, a, e, IQ_G_CAUSE_FAILURE, reason, true);
	return e;
}

/* NULL: nothing that fits is armed. */
static struct mgco_event *
build_failure(struct mg_notify *n, struct arena *a, const struct term *t, const struct term_stream *s)
{
	enum kind kind = kind_of(s->failure.reason);
	unsigned armed = term_armed(t, s), ev = 0;
	char text[REASON_TEXT_MAX];
	struct span reason = arena_span(a, span_str(mg_reason_text(s->failure.reason, s->failure.alert, text)));
	struct mgco_event *e = NULL;

	if (kind == KIND_TCP && armed & TERM_EV_TCP) {
		ev = TERM_EV_TCP;
		e = mg_notify_new(n, a, IQ_TCP_CHANGE);
		mg_notify_add(n, a, e, IQ_TCP_CHANGE_TYPE, SPAN_LIT("Failed"), false);
		mg_notify_add(n, a, e, IQ_TCP_CHANGE_REASON, reason, true);
	} else if (kind == KIND_TLS && armed & TERM_EV_TLS) {
		ev = TERM_EV_TLS;
		e = mg_notify_new(n, a, IQ_TLS_CHANGE);
		mg_notify_add(n, a, e, IQ_TLS_CHANGE_TYPE, SPAN_LIT("Failed"), false);
		mg_notify_add(n, a, e, IQ_TLS_CHANGE_REASON, reason, true);
	} else if (kind == KIND_TCP && armed & TERM_EV_NETFAIL) {
		ev = TERM_EV_NETFAIL;
		e = mg_notify_new(n, a, IQ_NT_NETFAIL);
		mg_notify_add(n, a, e, IQ_NT_NETFAIL_CAUSE, reason, true);
	} else if (armed & TERM_EV_CAUSE) {
		ev = TERM_EV_CAUSE;
		/* FT: failure, temporary; FP: failure, permanent (H.248.1 E.1) */
		e = build_cause(n, a, kind == KIND_TLS ? SPAN_LIT("FP") : SPAN_LIT("FT"), reason);
	}
	if (e)
		e->stream = term_told_stream(t, s, ev);
	return e;
}

static void
tell_failure(struct mg_notify *n, struct term *t, struct term_stream *s)
{
	struct mgco_event *e;
	struct arena a;

	if (s->failure.reason == REASON_NONE || s->failure.is_told)
		return;
	arena_init(&a, NOTIFY_ARENA);
	e = build_failure(n, &a, t, s);
	s->failure.is_told = true;
	if (e && mg_notify_send(n, &a, t, e, s->id) != 0)
		s->failure.is_told = false;
	arena_fini(&a);
}

/* A connection came up or has ended: Type says it. */
static void
tell_change(struct mg_notify *n, struct term *t, const struct term_stream *s, bool tls, unsigned armed, const char *type)
{
	struct mgco_event *e;
	struct arena a;

	if (!(term_armed(t, s) & armed))
		return;
	arena_init(&a, NOTIFY_ARENA);
	e = mg_notify_new(n, &a, tls ? IQ_TLS_CHANGE : IQ_TCP_CHANGE);
	mg_notify_add(n, &a, e, tls ? IQ_TLS_CHANGE_TYPE : IQ_TCP_CHANGE_TYPE, span_str(type), false);
	if (e)
		e->stream = term_told_stream(t, s, armed);
	if (e)
		(void)mg_notify_send(n, &a, t, e, 0);
	arena_fini(&a);
}

/* TLS ends with its connection, so the one event that is armed says both. */
static void
tell_down(struct mg_notify *n, struct term *t, const struct term_stream *s)
{
	bool tls = term_is_tls(&s->local) && term_armed(t, s) & TERM_EV_TLS_DOWN;

	tell_change(n, t, s, tls, tls ? TERM_EV_TLS_DOWN : TERM_EV_TCP_DOWN, "Released");
}

static void
tell_idle(struct mg_notify *n, struct term *t, const struct term_stream *s)
{
	const struct term_watch *w = term_idle_watch(t, s);
	bool by_adid = w->armed & TERM_EV_IPSTOP;
	struct mgco_event *e = NULL;
	struct arena a;

	arena_init(&a, NOTIFY_ARENA);
	if (by_adid) {
		e = mg_notify_new(n, &a, IQ_ADID_IPSTOP);
		if (w->has_dir) /* whoever did not ask for one may not know of it */
			mg_notify_add(n, &a, e, IQ_ADID_DIR, span_str(term_dir_name(w->dir)), false);
	} else if (term_armed(t, s) & TERM_EV_CAUSE)
		e = build_cause(n, &a, SPAN_LIT("NR"), span_str(reason_text(REASON_IDLE)));
	if (e)
		e->stream = term_told_stream(t, s, by_adid ? TERM_EV_IPSTOP : TERM_EV_CAUSE);
	if (e)
		(void)mg_notify_send(n, &a, t, e, 0);
	arena_fini(&a);
}

void
mg_notify_on_event(struct mg_notify *n, struct term *t, struct term_stream *s, const struct event *ev)
{
	char text[REASON_TEXT_MAX], peer[ADDR_TEXT_MAX];
	uint32_t skipped;

	if (ev->kind == EVENT_IDLE) {
		tell_idle(n, t, s);
		return;
	}
	term_signals_on_event(s, ev);
	mg_notify_tell_ends(n, t, s);
	if (ev->kind == EVENT_ACCEPTED || ev->kind == EVENT_CONNECTED)
		tell_change(n, t, s, false, TERM_EV_TCP_UP, "Established");
	else if (ev->kind == EVENT_TLS_UP)
		tell_change(n, t, s, true, TERM_EV_TLS_UP, "Established");
	else if (ev->kind == EVENT_CLOSED)
		tell_down(n, t, s);
	if (ev->kind != EVENT_FAILED)
		return;
	if (log_limit_pass(&n->limit, loop_now_ms(n->loop), &skipped))
		log_notice("leg failed ctx=%u term=%s stream=%u peer=%s reason=%s skipped=%u", t->ctx->id, t->name, s->id,
		           addr_text(&ev->peer, peer), mg_reason_text(ev->reason, ev->alert, text), skipped);
	if (s->failure.reason != REASON_NONE)
		return; /* told before, and no connection came up since */
	s->failure = (struct term_failure){ .reason = ev->reason, .alert = ev->alert };
	tell_failure(n, t, s);
}

void
mg_notify_on_thb(struct mg_notify *n, struct term *t)
{
	uint64_t period = (uint64_t)t->events.thb_s * 1000;
	uint64_t silent = loop_now_ms(n->loop) - t->heard_ms;
	struct mgco_event *e;
	struct arena a;

	if (silent < period) {
		loop_timer_set(&t->thb, period - silent);
		return;
	}
	loop_timer_set(&t->thb, period);
	arena_init(&a, NOTIFY_ARENA);
	e = mg_notify_new(n, &a, IQ_HANGTERM_THB);
	if (e)
		e->stream = t->events.thb_stream;
	if (mg_notify_send(n, &a, t, e, 0) == 0)
		n->heartbeats++;
	arena_fini(&a);
}

void
mg_notify_again(struct mg_notify *n)
{
	LIST_EACH(it, &n->ctxs->all) {
		struct ctx *c = LIST_OF(it, struct ctx, node);

		for (unsigned i = 0; i < CTX_TERMS_MAX; i++)
			for (unsigned k = 0; c->terms[i] && k < c->terms[i]->n_streams; k++)
				tell_failure(n, c->terms[i], c->terms[i]->streams[k]);
	}
}

/* ---- the controller's silence ---- */

static void
on_ito(struct loop_timer *t)
{
	struct mg_notify *n = t->arg;
	struct mgco_assoc *as = mg_reg_get_assoc(n->reg);
	uint64_t silent = as ? loop_now_ms(n->loop) - mgco_assoc_heard_ms(as) : 0;
	struct arena a;

	if (silent < n->ito_ms) { /* heard since, or there is nobody to be silent */
		loop_timer_set(&n->ito, n->ito_ms - silent);
		return;
	}
	loop_timer_set(&n->ito, n->ito_ms);
	arena_init(&a, NOTIFY_ARENA);
	(void)mg_notify_send(n, &a, NULL, mg_notify_new(n, &a, IQ_IT_ITO), 0);
	arena_fini(&a);
}

void
mg_notify_watch(struct mg_notify *n, uint32_t id, uint32_t ms, bool has_arc)
{
	bool as_before = ms == n->ito_ms && id == n->root_id;

	n->has_arc = has_arc;
	if (as_before)
		return;
	n->root_id = id;
	n->ito_ms = ms;
	if (ms)
		loop_timer_set(&n->ito, ms);
	else
		loop_timer_stop(&n->ito);
}

void
mg_notify_realm(struct mg_notify *n, const char *realm, bool is_available)
{
	struct mgco_event *e;
	struct arena a;

	if (!n->has_arc)
		return;
	arena_init(&a, NOTIFY_ARENA);
	e = mg_notify_new(n, &a, IQ_IPRA_ARC);
	mg_notify_add(n, &a, e, is_available ? IQ_IPRA_ARC_NEW : IQ_IPRA_ARC_GONE, span_str(realm), true);
	(void)mg_notify_send(n, &a, NULL, e, 0);
	arena_fini(&a);
}

void
mg_notify_init(struct mg_notify *n, struct loop *loop, struct ctxs *ctxs, const struct iq_names *names,
               struct mg_reg *reg)
{
	*n = (struct mg_notify){ .loop = loop, .ctxs = ctxs, .names = names, .reg = reg };
	loop_timer_init(&n->ito, loop, on_ito, n);
}

void
mg_notify_fini(struct mg_notify *n)
{
	loop_timer_stop(&n->ito);
}
