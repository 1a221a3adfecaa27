/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/mg.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agw/mg_priv.h"

static const struct mgco_error out_of_memory = { 510, { "out of memory", 13 } };
static const struct mgco_error going_down = { 503, { "the gateway stops", 17 } };

/* ---- faults ---- */

int
mg_fail(struct mg_exec *x, uint32_t code, const char *text)
{
	x->fault = (struct mg_fault){ code, text };
	return ERR_INVAL;
}

int
mg_failf(struct mg_exec *x, uint32_t code, const char *fmt, ...)
{
	char buf[MG_ERROR_MAX];
	struct span text;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	/* What the peer wrote comes back in quotes, and there is no way to write a quote inside of them. */
	for (char *c = buf; *c; c++)
		if (*c == '"' || (unsigned char)*c < ' ')
			*c = '?';
	text = arena_span(x->arena, span_str(buf));
	return mg_fail(x, code, text.p ? text.p : "");
}

struct mgco_error *
mg_build_error(struct mg_exec *x)
{
	const char *short_text = mgco_error_text(x->fault.code);
	struct span text = x->fault.text && x->fault.text[0]
	                           ? arena_printf(x->arena, "%s: %s", short_text, x->fault.text)
	                           : span_str(short_text);
	struct mg *m = x->t->mg;
	uint32_t skipped;

	m->counters.refused++;
	if (log_limit_pass(&m->limit, loop_now_ms(m->conf.loop), &skipped))
		log_notice("request refused txn=%u code=%u text=\"%.*s\" skipped=%u", x->t->in->txn->id,
		           x->fault.code, SPAN_FMT(text), skipped);
	return mgco_new_error(x->arena, x->fault.code, text);
}

/* ---- the transaction ---- */

static void
put_number(struct mg_txn *t, const struct mg_stats *s, enum iq_name name, uint64_t v)
{
	const char *text = t->mg->conf.names->text[name];

	if (mg_audit_wants(s->audit, MGCO_AUDIT_STATISTICS, span_str(text)))
		mgco_add_prop(t->in->arena, &s->reply->stats, text,
		              arena_printf(t->in->arena, "%llu", (unsigned long long)v), false);
}

static void
put_msrp(struct mg_txn *t, const struct mg_stats *s)
{
	put_number(t, s, IQ_MSRP_MESSAGES, s->msrp.messages);
	put_number(t, s, IQ_MSRP_CHUNKS, s->msrp.chunks);
	put_number(t, s, IQ_MSRP_OCTETS, s->msrp.octets);
	put_number(t, s, IQ_MSRP_ABORTED, s->msrp.aborted);
	put_number(t, s, IQ_MSRP_REPORTS, s->msrp.reports);
	put_number(t, s, IQ_MSRP_OK, s->msrp.ok);
	put_number(t, s, IQ_MSRP_FAILED, s->msrp.failed);
	put_number(t, s, IQ_MSRP_ERRORS, s->msrp.errors);
}

/* The reply leaves; t is gone with its arena afterwards. */
static void
finish(struct mg_txn *t)
{
	struct mg *m = t->mg;
	struct span method = t->service_method, mgc = t->service_mgc;
	char method_text[32] = "", mgc_text[MGCO_MID_MAX] = "";

	for (struct mg_stats *s = t->stats; s; s = s->next) {
		s->reply->has_stats = true;
		put_number(t, s, IQ_NT_DUR, s->duration_ms); /* milliseconds: H.248.1 E.11.4 */
		put_number(t, s, IQ_NT_OS, s->out);
		put_number(t, s, IQ_NT_OR, s->in);
		if (s->is_aware)
			put_msrp(t, s);
	}
	if (!t->error && (!t->reply || !t->reply->actions || !arena_alloc(t->in->arena, 1)))
		t->error = &out_of_memory;
	(void)span_copy(method, method_text, sizeof(method_text));
	(void)span_copy(mgc, mgc_text, sizeof(mgc_text));
	slots_remove(&m->txns, t->id);
	mgco_respond(t->in, t->error ? NULL : t->reply->actions, t->error);
	if (m->conf.on_answered)
		m->conf.on_answered(m->conf.arg);
	if (method.len && m->conf.on_service)
		m->conf.on_service(m->conf.arg, span_str(method_text), span_str(mgc_text));
}

static void
refuse(struct mg *m, struct mgco_incoming *in, uint32_t code)
{
	struct mgco_error e = { code, span_str(mgco_error_text(code)) };
	uint32_t skipped;
	char peer[ADDR_TEXT_MAX];

	m->counters.refused++;
	if (log_limit_pass(&m->limit, loop_now_ms(m->conf.loop), &skipped))
		log_notice("request refused peer=%s txn=%u code=%u skipped=%u", addr_text(&in->peer, peer),
		           in->txn->id, code, skipped);
	mgco_respond(in, NULL, &e);
}

void
mg_on_request(struct mg *m, struct mgco_incoming *in)
{
	enum mg_right right = m->conf.right(m->conf.arg, in);
	struct mg_txn *t;
	struct mg_exec x = { .arena = in->arena, .names = m->conf.names };

	m->counters.requests++;
	if (right != MG_MAY) {
		refuse(m, in, right == MG_NOT_YET ? 505 : 504);
		return;
	}
	t = ARENA_NEW(in->arena, struct mg_txn);
	if (t) {
		*t = (struct mg_txn){ .mg = m, .in = in, .reply = mgco_new_request(in->arena) };
		t->id = slots_add(&m->txns, t);
	}
	if (!t || !t->id) {
		refuse(m, in, 510);
		return;
	}
	x.t = t;
	for (const struct mgco_action *act = in->txn->actions; act; act = act->next)
		if (!mg_run_action(&x, act))
			break;
	if (t->waiting == 0)
		finish(t);
}

static void
add_msrp(struct mg_stats *s, const struct msrp_stats *m)
{
	s->is_aware = true;
	s->msrp.messages += m->messages;
	s->msrp.chunks += m->chunks;
	s->msrp.octets += m->octets;
	s->msrp.aborted += m->aborted;
	s->msrp.reports += m->reports;
	s->msrp.ok += m->ok;
	s->msrp.failed += m->failed;
	s->msrp.errors += m->errors;
}

/* The answer to the oldest question that this transaction has put to the relay. */
static void
take_stats(struct mg_txn *t, const struct ctx_stream *s, const struct event *ev)
{
	unsigned post = UINT32_MAX;

	for (const struct mg_want *w = t->wants; w; w = w->next)
		if (!w->is_done && w->relay == s->relay && w->post < post)
			post = w->post;
	for (struct mg_want *w = t->wants; w; w = w->next) {
		uint64_t in, out;

		if (w->is_done || w->relay != s->relay || w->post != post)
			continue;
		ctx_stream_octets(s, ev, w->side, &in, &out);
		w->stats->in += in;
		w->stats->out += out;
		if (ev->is_aware)
			add_msrp(w->stats, &ev->msrp[w->side]);
		w->is_done = true;
	}
}

void
mg_on_stats(struct mg *m, const struct ctx_stream *s, const struct event *ev)
{
	struct mg_txn *t = slots_find(&m->txns, CTX_TAG_WANT(ev->tag));

	if (!t || t->waiting == 0)
		return;
	take_stats(t, s, ev);
	if (--t->waiting == 0)
		finish(t);
}

struct mg *
mg_new(const struct mg_conf *conf)
{
	struct mg *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->conf = *conf;
	slots_init(&m->txns, MG_WAITING_MAX);
	mg_reset_root(m);
	return m;
}

void
mg_free(struct mg *m)
{
	struct mg_txn *t;
	uint32_t cursor = 0;

	if (!m)
		return;
	while ((t = slots_next(&m->txns, &cursor))) {
		t->error = &going_down;
		t->service_method = SPAN_NULL;
		finish(t);
	}
	slots_fini(&m->txns);
	free(m);
}

void
mg_set_draining(struct mg *m, bool on)
{
	m->is_draining = on;
}

bool
mg_is_draining(const struct mg *m)
{
	return m->is_draining;
}

const struct mg_root *
mg_get_root(const struct mg *m)
{
	return &m->root;
}

const struct mg_counters *
mg_get_counters(const struct mg *m)
{
	return &m->counters;
}
