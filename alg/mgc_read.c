/* SPDX-License-Identifier: BSD-2-Clause */
/* The reading half of mgc.h. */
#include "alg/mgc.h"

#include <stdio.h>

#include "proto/codec/msrp_uri.h"

static int
set_error(struct mgc_failure *why, const struct mgco_error *e)
{
	why->code = e->code;
	snprintf(why->text, sizeof(why->text), "%.*s", SPAN_FMT(e->text));
	return ERR_REFUSED;
}

static int
set_ours(struct mgc_failure *why, const char *text)
{
	why->code = 0;
	snprintf(why->text, sizeof(why->text), "%s", text);
	return ERR_SYNTAX;
}

int
mgc_read_reply(const struct mgco_txn *reply, struct mgc_failure *why)
{
	if (reply->error)
		return set_error(why, reply->error);
	for (const struct mgco_action *act = reply->actions; act; act = act->next) {
		for (const struct mgco_cmd *c = act->cmds; c; c = c->next)
			if (c->error)
				return set_error(why, c->error);
		if (act->error)
			return set_error(why, act->error);
	}
	return 0;
}

/* The URI that the gateway made for itself: one, with TLS if the leg has it. */
static int
read_path(const struct sdp *sdp, bool tls, char path[MGC_OWN_PATH_MAX])
{
	struct msrp_path p;
	struct span text;

	if (!sdp_attr(sdp, &sdp->media[0], "path", &text) || msrp_path_parse(text, &p) || p.n != 1 ||
	    p.uri[0].secure != tls || !p.uri[0].session.len)
		return ERR_SYNTAX;
	return span_copy(text, path, MGC_OWN_PATH_MAX);
}

/* Address, port and certificate that the gateway chose, from the Local descriptor of an Add's reply. */
static int
read_local(const struct mgco_cmd *c, const struct mgc_term *want, struct mgc_end *end, struct mgc_failure *why)
{
	const struct mgco_stream *st = c->media ? c->media->streams : NULL;
	struct mgc_end got = { 0 };
	struct span host;
	struct arena a;
	struct sdp sdp;
	int rc = 0;

	if (span_copy(c->term, got.term, sizeof(got.term)) || span_find(c->term, '$') >= 0 || !got.term[0])
		return set_ours(why, "the reply names no termination");
	if (!st || !st->has_local)
		return set_ours(why, "the reply has no Local descriptor");
	arena_init(&a, 256 * 1024);
	if (sdp_parse(&a, st->local, &sdp) || sdp.n_media != 1 || sdp.media[0].is_broken ||
	    sdp_conn(&sdp, &sdp.media[0], &got.local, &host) || !sdp.media[0].port || addr_is_any(&got.local) ||
	    got.local.family != want->family)
		rc = set_ours(why, "the reply's Local has no usable address");
	else if (want->tls && !span_has_caseprefix(sdp.media[0].proto, "TCP/TLS"))
		rc = set_ours(why, "the reply's Local is not TLS");
	else if (want->tls && (sdp_fingerprints(&sdp, &sdp.media[0], &got.fprs) || !got.fprs.n))
		rc = set_ours(why, "the reply's Local has no usable fingerprint");
	else if (want->msrp != MSRP_AGNOSTIC && read_path(&sdp, want->tls, got.path))
		rc = set_ours(why, "the reply's Local has no usable a=path");
	else
		got.local.port = sdp.media[0].port;
	arena_fini(&a);
	if (!rc)
		*end = got;
	return rc;
}

int
mgc_read_add(const struct mgco_txn *reply, const struct mgc_term want[SIDES], struct mgc_end end[SIDES],
             uint32_t *ctx, struct mgc_failure *why)
{
	const struct mgco_action *act = reply->actions;
	struct mgc_end got[SIDES] = { 0 };
	const struct mgco_cmd *c;
	bool made = false;
	int rc;

	*ctx = MGCO_CTX_NULL;
	/* A context exists when an Add before the failing one was executed (H.248.1 8.2.1), or one whose answer alone was
	 * too big (533). */
	if (act && act->ctx != MGCO_CTX_NULL && act->ctx < MGCO_CTX_CHOOSE)
		for (c = act->cmds; c; c = c->next)
			made = made || (c->kind == MGCO_ADD && (!c->error || c->error->code == 533));
	if (made)
		*ctx = act->ctx;
	if ((rc = mgc_read_reply(reply, why)))
		return rc;
	if (!made)
		return set_ours(why, "the reply names no context");
	c = act->cmds;
	for (int s = 0; s < SIDES; s++, c = c->next) {
		if (!c || c->kind != MGCO_ADD)
			return set_ours(why, "the reply misses an Add");
		if ((rc = read_local(c, &want[s], &got[s], why)))
			return rc;
	}
	if (span_caseeqs(span_str(got[0].term), got[1].term))
		return set_ours(why, "the reply names one termination twice");
	for (int s = 0; s < SIDES; s++)
		end[s] = got[s];
	return 0;
}

static uint64_t
stat_value(const struct mgco_prop *list, const char *name)
{
	uint64_t v = 0;
	const struct mgco_prop *p = mgco_find_prop(list, name);

	return p && span_u64(mgco_prop_text(p), UINT64_MAX, &v) == 0 ? v : 0;
}

void
mgc_read_stats(const struct iq_names *n, const struct mgco_txn *reply, const struct mgc_end end[SIDES],
               struct mgc_stats stats[SIDES])
{
	for (const struct mgco_action *act = reply->actions; act; act = act->next)
		for (const struct mgco_cmd *c = act->cmds; c; c = c->next)
			for (int s = 0; s < SIDES; s++) {
				if (!c->has_stats || !mgco_name_is(c->term, end[s].term))
					continue;
				stats[s].known = true;
				stats[s].octets_in = stat_value(c->stats, n->text[IQ_NT_OR]);
				stats[s].octets_out = stat_value(c->stats, n->text[IQ_NT_OS]);
				/* nt/dur counts milliseconds (H.248.1 E.11.4) */
				stats[s].duration_s = stat_value(c->stats, n->text[IQ_NT_DUR]) / 1000;
			}
}

static enum mgc_event_kind
change_kind(const struct mgco_event *e, struct span reason, const char *type, enum mgc_event_kind up)
{
	struct span t = mgco_prop_text(mgco_find_prop(e->params, type));

	if (reason.len)
		return MGC_EV_FAILURE;
	return span_caseeqs(t, "Established") || span_caseeqs(t, "Est") ? up : MGC_EV_CHANGE;
}

struct mgc_event
mgc_read_event(const struct iq_names *n, const struct mgco_event *e)
{
	struct mgc_event ev = { MGC_EV_OTHER, SPAN_NULL };

	if (iq_name_is(n, IQ_HANGTERM_THB, e->name)) {
		ev.kind = MGC_EV_HEARTBEAT;
	} else if (iq_name_is(n, IQ_G_CAUSE, e->name)) {
		ev.kind = MGC_EV_FAILURE;
		ev.reason = mgco_prop_text(mgco_find_prop(e->params, n->text[IQ_G_CAUSE_FAILURE]));
	} else if (iq_name_is(n, IQ_TCP_CHANGE, e->name)) {
		ev.reason = mgco_prop_text(mgco_find_prop(e->params, n->text[IQ_TCP_CHANGE_REASON]));
		ev.kind = change_kind(e, ev.reason, n->text[IQ_TCP_CHANGE_TYPE], MGC_EV_TCP_UP);
	} else if (iq_name_is(n, IQ_TLS_CHANGE, e->name)) {
		ev.reason = mgco_prop_text(mgco_find_prop(e->params, n->text[IQ_TLS_CHANGE_REASON]));
		ev.kind = change_kind(e, ev.reason, n->text[IQ_TLS_CHANGE_TYPE], MGC_EV_TLS_UP);
	} else if (iq_name_is(n, IQ_ADID_IPSTOP, e->name)) {
		ev.kind = MGC_EV_IDLE;
		ev.reason = SPAN_LIT("idle");
	}
	return ev;
}

bool
mgc_is_denied(const struct mgc_failure *f)
{
	return f->code == 449 && strstr(f->text, "remote-denied");
}

bool
mgc_is_unaware(const struct mgc_failure *f)
{
	return f->code == 445 || f->code == 449 || f->code == 501 || f->code == 515;
}

const char *
mgc_failure_reason(const struct mgc_failure *f)
{
	if (mgc_is_denied(f))
		return "remote-denied";
	switch (f->code) {
	case 432: /* out of terminations */
		return "no-port";
	case 510: /* insufficient resources; ims-agw says of what */
		return strstr(f->text, "overload") ? "overload" : "no-port";
	case 412: /* no contexts available */
	case 506: /* too many pendings */
	case 526:
		return "overload";
	case 502: /* not ready */
	case 503: /* service unavailable */
	case 505: /* before ServiceChange reply */
		return "gateway-lost";
	case 0:
		return "internal";
	default:
		return "gateway-error";
	}
}

bool
mgc_is_local(const struct mgc_failure *f)
{
	static const uint32_t codes[] = {
		412, /* no contexts available */
		430, /* unknown TerminationID: a realm that it does not have */
		432, /* out of terminations */
		502, 503, 505, /* not in service */
		506, 510, 526, /* overload */
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (f->code == codes[i])
			return true;
	return false;
}
