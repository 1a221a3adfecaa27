/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/mgc.h"

#include <stdio.h>

#include "alg/alg_limits.h"

/* A tree in the making. The codec's builders are silent about a full arena, so every result passes through here. */
struct build {
	struct arena *a;
	const struct iq_names *n;
	bool failed; /* something of the tree is missing */
};

static bool
got(struct build *b, const void *p)
{
	if (!p)
		b->failed = true;
	return p != NULL;
}

static struct span
got_span(struct build *b, struct span s)
{
	got(b, s.p);
	return s;
}

static const char *
on_off(bool v)
{
	return v ? "ON" : "OFF";
}

static void
add_prop(struct build *b, struct mgco_prop **list, enum iq_name name, struct span value, bool quoted)
{
	got(b, mgco_add_prop(b->a, list, b->n->text[name], value, quoted));
}

static void
add_flag(struct build *b, struct mgco_localcontrol *lc, enum iq_name name, bool v)
{
	add_prop(b, &lc->props, name, span_str(on_off(v)), false);
}

static void
build_localcontrol(struct build *b, struct mgco_stream *s, const struct mgc_term *t)
{
	struct mgco_localcontrol *lc = mgco_need_lc(b->a, s);

	if (!got(b, lc))
		return;
	lc->mode = MGCO_SENDRECV;
	if (!(t->lacks & MGC_LACKS_REALM))
		add_prop(b, &lc->props, IQ_IPDC_REALM, span_str(t->realm), true);
	if (t->link)
		add_flag(b, lc, IQ_SEP_LINK, true);
	if (t->discard && !(t->lacks & MGC_LACKS_DISCARD))
		add_flag(b, lc, IQ_TCP_DISCARD, true);
	if (t->saf || !(t->lacks & MGC_LACKS_FILTER)) /* one that is on is never left out */
		add_flag(b, lc, IQ_GM_SAF, t->saf);
	if (t->spf)
		add_flag(b, lc, IQ_GM_SPF, true);
}

static const char *
family_name(enum addr_family f)
{
	return f == ADDR_V6 ? "IP6" : "IP4";
}

static const char *
proto_name(const struct mgc_term *t)
{
	if (t->msrp != MSRP_AGNOSTIC)
		return t->tls ? "TCP/TLS/MSRP" : "TCP/MSRP";
	return t->tls ? "TCP/TLS" : "TCP";
}

/* Without end, address, port, certificate and path are asked for; else they are what *end holds. */
static struct span
local_sdp(struct arena *a, const struct mgc_term *t, const struct mgc_end *end)
{
	char ip[ADDR_TEXT_MAX] = "$", port[8] = "$";
	const char *fpr = "", *path = "", *path_end = "";

	if (end) {
		addr_ip_text(&end->local, ip);
		snprintf(port, sizeof(port), "%u", end->local.port);
	} else if (t->tls) {
		fpr = "a=fingerprint:sha-256 $\r\n";
	}
	if (t->msrp != MSRP_AGNOSTIC) {
		path = end ? end->path : "$";
		path_end = "\r\n";
	}
	return arena_printf(a, "v=0\r\nc=IN %s %s\r\nm=message %s %s *\r\na=setup:%s\r\n%s%s%s%s",
	                    family_name(end ? end->local.family : t->family), ip, port, proto_name(t),
	                    sdp_setup_name(t->setup), fpr, *path ? "a=path:" : "", path, path_end);
}

static struct span
remote_sdp(struct arena *a, const struct mgc_term *t)
{
	char ip[ADDR_TEXT_MAX], fpr[FPR_TEXT_MAX];
	char buf[SDP_FINGERPRINTS_MAX * (FPR_TEXT_MAX + 24) + MGC_PATH_MAX + 256];
	struct out o;

	out_init(&o, buf, sizeof(buf));
	out_printf(&o, "v=0\r\nc=IN %s %s\r\nm=message %u %s *\r\n", family_name(t->remote.family),
	           addr_ip_text(&t->remote, ip), t->remote.port, proto_name(t));
	if (t->remote_setup != SDP_SETUP_ABSENT)
		out_printf(&o, "a=setup:%s\r\n", sdp_setup_name(t->remote_setup));
	if (t->tls)
		for (uint8_t i = 0; i < t->remote_fprs.n; i++)
			out_printf(&o, "a=fingerprint:%s\r\n", fpr_text(&t->remote_fprs.v[i], fpr));
	if (t->msrp != MSRP_AGNOSTIC && t->remote_path[0])
		out_printf(&o, "a=path:%s\r\n", t->remote_path);
	return o.err ? SPAN_NULL : arena_span(a, out_get(&o));
}

static void
build_media(struct build *b, struct mgco_cmd *c, const struct mgc_term *t, const struct mgc_end *end)
{
	struct mgco_stream *s = mgco_need_stream(b->a, c, MGC_STREAM);

	if (!got(b, s))
		return;
	build_localcontrol(b, s, t);
	s->has_local = true;
	s->local = got_span(b, local_sdp(b->a, t, end));
	if (t->remote.family == ADDR_NONE)
		return;
	s->has_remote = true;
	s->remote = got_span(b, remote_sdp(b->a, t));
}

static void
build_signals(struct build *b, struct mgco_cmd *c, const struct mgc_term *t)
{
	struct mgco_signal *sig;

	if (!t->latch && !t->establish)
		return;
	c->signals = ARENA_NEW(b->a, struct mgco_signals);
	if (!got(b, c->signals))
		return;
	if (t->latch) {
		sig = mgco_add_signal(b->a, c->signals, b->n->text[IQ_IPNAPT_LATCH]);
		if (got(b, sig))
			add_prop(b, &sig->params, IQ_IPNAPT_LATCH_NAPT, SPAN_LIT("LATCH"), false);
	}
	if (t->establish)
		got(b, mgco_add_signal(b->a, c->signals, b->n->text[IQ_TCP_ESTABLISH]));
}

static struct mgco_event *
add_event(struct build *b, struct mgco_events *e, enum iq_name name)
{
	struct mgco_event *ev = mgco_add_event(b->a, e, b->n->text[name]);

	got(b, ev);
	return ev;
}

/* Failures are always told; a connection's being up costs a message each call and is asked for by its type. */
static void
add_change_event(struct build *b, struct mgco_events *e, const struct mgc_term *t, enum iq_name name,
                 enum iq_name type)
{
	struct mgco_event *ev = add_event(b, e, name);

	if (ev && t->report_up)
		add_prop(b, &ev->params, type, SPAN_LIT("Established"), false);
}

static void
build_events(struct build *b, struct mgco_cmd *c, const struct mgc_term *t, uint32_t id)
{
	struct mgco_event *thb;

	c->events = ARENA_NEW(b->a, struct mgco_events);
	if (!got(b, c->events))
		return;
	c->events->has_id = true;
	c->events->id = id;
	if (!(t->lacks & MGC_LACKS_CAUSE))
		add_event(b, c->events, IQ_G_CAUSE);
	if (!(t->lacks & MGC_LACKS_TCP_CHANGE))
		add_change_event(b, c->events, t, IQ_TCP_CHANGE, IQ_TCP_CHANGE_TYPE);
	if (t->tls && !(t->lacks & MGC_LACKS_TLS_CHANGE))
		add_change_event(b, c->events, t, IQ_TLS_CHANGE, IQ_TLS_CHANGE_TYPE);
	thb = t->lacks & MGC_LACKS_HANGTERM ? NULL : add_event(b, c->events, IQ_HANGTERM_THB);
	if (thb)
		add_prop(b, &thb->params, IQ_HANGTERM_TIMERX, got_span(b, arena_printf(b->a, "%d", ALG_HANGTERM_S)),
		         false);
	if (!c->events->events) /* a new termination has none anyway */
		c->events = NULL;
}

uint32_t
mgc_request_id(enum side s)
{
	return (uint32_t)s + 1;
}

struct mgco_action *
mgc_build_add(struct arena *a, const struct iq_names *n, const struct mgc_term want[SIDES])
{
	struct build b = { a, n, false };
	struct mgco_action *act = mgco_add_action(a, mgco_new_request(a), MGCO_CTX_CHOOSE);

	for (int s = 0; s < SIDES && got(&b, act); s++) {
		struct span term = got_span(&b, arena_printf(a, "ip/1/%s/$", want[s].realm));
		struct mgco_cmd *c = mgco_add_cmd(a, act, MGCO_ADD, term);

		if (!got(&b, c))
			return NULL;
		build_media(&b, c, &want[s], NULL);
		build_events(&b, c, &want[s], mgc_request_id((enum side)s));
		build_signals(&b, c, &want[s]);
	}
	return b.failed ? NULL : act;
}

struct mgco_action *
mgc_build_modify(struct arena *a, const struct iq_names *n, uint32_t ctx, const struct mgc_end end[SIDES],
                 const struct mgc_term want[SIDES])
{
	struct build b = { a, n, false };
	struct mgco_action *act = mgco_add_action(a, mgco_new_request(a), ctx);

	for (int s = 0; s < SIDES && got(&b, act); s++) {
		struct mgco_cmd *c = mgco_add_cmd(a, act, MGCO_MODIFY, span_str(end[s].term));

		if (!got(&b, c))
			return NULL;
		build_media(&b, c, &want[s], &end[s]);
		build_signals(&b, c, &want[s]);
	}
	return b.failed ? NULL : act;
}

struct mgco_action *
mgc_build_subtract(struct arena *a, uint32_t ctx, const struct mgc_end end[SIDES])
{
	struct build b = { a, NULL, false };
	struct mgco_action *act = mgco_add_action(a, mgco_new_request(a), ctx);
	bool named = end && end[SIDE_ACCESS].term[0] && end[SIDE_CORE].term[0];

	for (int s = 0; s < (named ? SIDES : 1) && got(&b, act); s++) {
		struct mgco_cmd *c = mgco_add_cmd(a, act, MGCO_SUBTRACT,
		                                  named ? span_str(end[s].term) : SPAN_LIT("*"));

		if (got(&b, c) && got(&b, c->audit = ARENA_NEW(a, struct mgco_audit)))
			c->audit->items = MGCO_AUDIT_STATISTICS;
	}
	return b.failed ? NULL : act;
}

struct mgco_action *
mgc_build_establish(struct arena *a, const struct iq_names *n, uint32_t ctx, const struct mgc_end *end)
{
	const struct mgc_term order = { .establish = true };
	struct build b = { .a = a, .n = n };
	struct mgco_action *act = mgco_add_action(a, mgco_new_request(a), ctx);
	struct mgco_cmd *c = mgco_add_cmd(a, act, MGCO_MODIFY, span_str(end->term));

	if (!got(&b, c))
		return NULL;
	build_signals(&b, c, &order);
	return b.failed ? NULL : act;
}

struct mgco_action *
mgc_build_audit(struct arena *a, uint32_t ctx, const char *term, unsigned items)
{
	struct mgco_action *act = mgco_add_action(a, mgco_new_request(a), ctx);
	struct mgco_cmd *c = mgco_add_cmd(a, act, MGCO_AUDITVALUE, span_str(term));

	if (!c || !(c->audit = ARENA_NEW(a, struct mgco_audit)))
		return NULL;
	c->audit->items = items;
	return act;
}

struct mgco_action *
mgc_build_watch(struct arena *a, const struct iq_names *n, uint32_t ms, bool realms)
{
	struct build b = { a, n, false };
	struct mgco_action *act = mgco_add_action(a, mgco_new_request(a), MGCO_CTX_NULL);
	struct mgco_cmd *c = mgco_add_cmd(a, act, MGCO_MODIFY, SPAN_LIT("ROOT"));
	struct mgco_event *e;

	if (!c || !(c->events = ARENA_NEW(a, struct mgco_events)))
		return NULL;
	c->events->has_id = true;
	c->events->id = MGC_ROOT_REQUEST;
	e = ms ? add_event(&b, c->events, IQ_IT_ITO) : NULL;
	if (e) /* in 10 ms */
		got(&b, mgco_add_prop(a, &e->params, n->text[IQ_IT_ITO_MIT], arena_printf(a, "%u", ms / 10), false));
	if (realms)
		(void)add_event(&b, c->events, IQ_IPRA_ARC);
	return b.failed ? NULL : act;
}
