/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/mgc.h"

#include <stdio.h>

#include "alg/alg_limits.h"

static const char *
on_off(bool v)
{
	return v ? "ON" : "OFF";
}

static void
add_flag(struct arena *a, struct mgco_localcontrol *lc, const char *name, bool v)
{
	mgco_add_prop(a, &lc->props, name, span_str(on_off(v)), false);
}

static void
build_localcontrol(struct arena *a, const struct iq_names *n, struct mgco_stream *s, const struct mgc_term *t)
{
	struct mgco_localcontrol *lc = mgco_need_lc(a, s);

	if (!lc)
		return;
	lc->mode = MGCO_SENDRECV;
	mgco_add_prop(a, &lc->props, n->text[IQ_IPDC_REALM], span_str(t->realm), true);
	if (t->link)
		add_flag(a, lc, n->text[IQ_SEP_LINK], true);
	if (t->discard)
		add_flag(a, lc, n->text[IQ_TCP_DISCARD], true);
	add_flag(a, lc, n->text[IQ_GM_SAF], t->saf);
	if (t->spf)
		add_flag(a, lc, n->text[IQ_GM_SPF], true);
}

static const char *
family_name(enum addr_family f)
{
	return f == ADDR_V6 ? "IP6" : "IP4";
}

static const char *
proto_name(const struct mgc_term *t)
{
	return t->tls ? "TCP/TLS" : "TCP";
}

/* choose: address, port and certificate are asked for; else they are what *end holds. */
static struct span
local_sdp(struct arena *a, const struct mgc_term *t, const struct mgc_end *end)
{
	char ip[ADDR_TEXT_MAX] = "$", port[8] = "$";
	const char *fpr = "";

	if (end) {
		addr_ip_text(&end->local, ip);
		snprintf(port, sizeof(port), "%u", end->local.port);
	} else if (t->tls) {
		fpr = "a=fingerprint:sha-256 $\r\n";
	}
	return arena_printf(a, "v=0\r\nc=IN %s %s\r\nm=message %s %s *\r\na=setup:%s\r\n%s",
	                    family_name(end ? end->local.family : t->family), ip, port, proto_name(t),
	                    sdp_setup_name(t->setup), fpr);
}

static struct span
remote_sdp(struct arena *a, const struct mgc_term *t)
{
	char ip[ADDR_TEXT_MAX], fpr[FPR_TEXT_MAX], buf[SDP_FINGERPRINTS_MAX * (FPR_TEXT_MAX + 24) + 256];
	struct out o;

	out_init(&o, buf, sizeof(buf));
	out_printf(&o, "v=0\r\nc=IN %s %s\r\nm=message %u %s *\r\n", family_name(t->remote.family),
	           addr_ip_text(&t->remote, ip), t->remote.port, proto_name(t));
	if (t->remote_setup != SDP_SETUP_ABSENT)
		out_printf(&o, "a=setup:%s\r\n", sdp_setup_name(t->remote_setup));
	if (t->tls)
		for (uint8_t i = 0; i < t->remote_fprs.n; i++)
			out_printf(&o, "a=fingerprint:%s\r\n", fpr_text(&t->remote_fprs.v[i], fpr));
	return o.err ? SPAN_NULL : arena_span(a, out_get(&o));
}

static void
build_media(struct arena *a, const struct iq_names *n, struct mgco_cmd *c, const struct mgc_term *t,
            const struct mgc_end *end)
{
	struct mgco_stream *s = mgco_need_stream(a, c, MGC_STREAM);

	if (!s)
		return;
	build_localcontrol(a, n, s, t);
	s->has_local = true;
	s->local = local_sdp(a, t, end);
	if (t->remote.family == ADDR_NONE)
		return;
	s->has_remote = true;
	s->remote = remote_sdp(a, t);
}

static void
build_signals(struct arena *a, const struct iq_names *n, struct mgco_cmd *c, const struct mgc_term *t)
{
	struct mgco_signal *sig;

	if (!c || (!t->latch && !t->establish))
		return;
	c->signals = ARENA_NEW(a, struct mgco_signals);
	if (t->latch) {
		sig = mgco_add_signal(a, c->signals, n->text[IQ_IPNAPT_LATCH]);
		if (sig)
			mgco_add_prop(a, &sig->params, n->text[IQ_IPNAPT_LATCH_NAPT], SPAN_LIT("LATCH"), false);
	}
	if (t->establish)
		mgco_add_signal(a, c->signals, n->text[IQ_TCP_ESTABLISH]);
}

static void
build_events(struct arena *a, const struct iq_names *n, struct mgco_cmd *c, const struct mgc_term *t, uint32_t id)
{
	struct mgco_event *thb;

	if (!c || !(c->events = ARENA_NEW(a, struct mgco_events)))
		return;
	c->events->has_id = true;
	c->events->id = id;
	mgco_add_event(a, c->events, n->text[IQ_G_CAUSE]);
	mgco_add_event(a, c->events, n->text[IQ_TCP_CHANGE]);
	if (t->tls)
		mgco_add_event(a, c->events, n->text[IQ_TLS_CHANGE]);
	thb = mgco_add_event(a, c->events, n->text[IQ_HANGTERM_THB]);
	if (thb)
		mgco_add_prop(a, &thb->params, n->text[IQ_HANGTERM_TIMERX],
		              arena_printf(a, "%d", ALG_HANGTERM_S), false);
}

/* An arena that ran out may have left a hole anywhere in the tree: probe it once at the end. */
static struct mgco_action *
whole_or_nothing(struct arena *a, struct mgco_action *act)
{
	return act && arena_alloc(a, 1) ? act : NULL;
}

struct mgco_action *
mgc_build_add(struct arena *a, const struct iq_names *n, const struct mgc_term want[SIDES])
{
	struct mgco_action *act = mgco_add_action(a, mgco_new_request(a), MGCO_CTX_CHOOSE);

	for (int s = 0; s < SIDES; s++) {
		struct span term = arena_printf(a, "ip/1/%s/$", want[s].realm);
		struct mgco_cmd *c = mgco_add_cmd(a, act, MGCO_ADD, term);

		build_media(a, n, c, &want[s], NULL);
		build_events(a, n, c, &want[s], (uint32_t)s + 1);
		build_signals(a, n, c, &want[s]);
	}
	return whole_or_nothing(a, act);
}

struct mgco_action *
mgc_build_modify(struct arena *a, const struct iq_names *n, uint32_t ctx, const struct mgc_end end[SIDES],
                 const struct mgc_term want[SIDES], const bool which[SIDES])
{
	struct mgco_action *act = mgco_add_action(a, mgco_new_request(a), ctx);

	for (int s = 0; s < SIDES; s++) {
		struct mgco_cmd *c;

		if (!which[s])
			continue;
		c = mgco_add_cmd(a, act, MGCO_MODIFY, span_str(end[s].term));
		build_media(a, n, c, &want[s], &end[s]);
		build_signals(a, n, c, &want[s]);
	}
	return whole_or_nothing(a, act);
}

struct mgco_action *
mgc_build_subtract(struct arena *a, uint32_t ctx, const struct mgc_end end[SIDES])
{
	struct mgco_action *act = mgco_add_action(a, mgco_new_request(a), ctx);
	bool named = end && end[SIDE_ACCESS].term[0] && end[SIDE_CORE].term[0];

	for (int s = 0; s < (named ? SIDES : 1); s++) {
		struct mgco_cmd *c = mgco_add_cmd(a, act, MGCO_SUBTRACT,
		                                  named ? span_str(end[s].term) : SPAN_LIT("*"));

		if (c && (c->audit = ARENA_NEW(a, struct mgco_audit)))
			c->audit->items = MGCO_AUDIT_STATISTICS;
	}
	return whole_or_nothing(a, act);
}
