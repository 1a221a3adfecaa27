/* SPDX-License-Identifier: BSD-2-Clause */
/* The operator's commands, as JSON. */
#include "agw/agw.h"

#include <stdio.h>

#include "agw/realm.h"

enum { SHOW_CONTEXTS_DEFAULT = 1000, SHOW_CONTEXTS_MAX = 10000 };

/* ---- JSON in small steps ---- */

/* "key": with a comma before all but the first member. */
static void
put_key(struct out *o, const char *key)
{
	if (o->len && o->buf[o->len - 1] != '{' && o->buf[o->len - 1] != '[')
		out_char(o, ',');
	out_json_string(o, span_str(key));
	out_char(o, ':');
}

static void
put_u64(struct out *o, const char *key, uint64_t v)
{
	put_key(o, key);
	out_u64(o, v);
}

static void
put_bool(struct out *o, const char *key, bool v)
{
	put_key(o, key);
	out_str(o, v ? "true" : "false");
}

static void
put_str(struct out *o, const char *key, const char *v)
{
	put_key(o, key);
	out_json_string(o, span_str(v));
}

static void
put_addr(struct out *o, const char *key, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	put_key(o, key);
	if (a->family == ADDR_NONE)
		out_str(o, "null");
	else
		out_json_string(o, span_str(addr_text(a, text)));
}

static void
put_next(struct out *o)
{
	if (o->len && o->buf[o->len - 1] != '[')
		out_char(o, ',');
}

/* ---- contexts ---- */

static const char *
mode_name(enum term_mode m)
{
	static const char *const names[] = { "Inactive", "SendOnly", "ReceiveOnly", "SendReceive" };

	return names[m];
}

static const char *
gate_name(enum gate_mode m)
{
	static const char *const names[] = { "ignore", "latch", "filter-address", "filter-address-port", "open",
		                             "filter-port" };

	return names[m];
}

static void
put_stream(struct out *o, const struct term_stream *s)
{
	struct gate_rule rule;
	char text[REASON_TEXT_MAX];
	struct addr told = realm_advertised(s->realm, &s->bound);

	term_gate_rule(s, &rule);
	out_char(o, '{');
	put_u64(o, "stream", s->id);
	put_str(o, "transport", term_transport_name(s->local.transport));
	put_addr(o, "local", &s->bound);
	put_addr(o, "advertised", &told);
	put_str(o, "setup", s->local.setup == SDP_SETUP_ABSENT ? "" : sdp_setup_name(s->local.setup));
	put_addr(o, "remote", &s->remote.addr);
	put_u64(o, "fingerprints", s->fprs ? s->fprs->n : 0);
	put_str(o, "mode", mode_name(s->control.mode));
	put_str(o, "gate", gate_name(rule.mode));
	put_bool(o, "link", s->control.link);
	put_str(o, "phase", term_phase_name(s->phase));
	put_addr(o, "peer", &s->peer);
	if (s->failure.reason != REASON_NONE)
		put_str(o, "failure", mg_reason_text(s->failure.reason, s->failure.alert, text));
	out_char(o, '}');
}

static void
put_ctx(struct out *o, const struct ctx *c, uint64_t now)
{
	out_char(o, '{');
	put_u64(o, "context", c->id);
	put_u64(o, "age_s", (now - c->born_ms) / 1000);
	put_u64(o, "worker", c->worker);
	put_key(o, "terminations");
	out_char(o, '[');
	for (unsigned i = 0; i < CTX_TERMS_MAX; i++) {
		const struct term *t = c->terms[i];

		if (!t)
			continue;
		put_next(o);
		out_char(o, '{');
		put_str(o, "name", t->name);
		put_str(o, "realm", t->realm->name);
		put_key(o, "streams");
		out_char(o, '[');
		for (unsigned k = 0; k < t->n_streams; k++) {
			put_next(o);
			put_stream(o, t->streams[k]);
		}
		out_str(o, "]}");
	}
	out_str(o, "]}");
}

/* Oldest first; the answer stays a size that a terminal and the socket can carry. */
static int
show_contexts(void *arg, struct span args, struct out *o)
{
	struct agw *a = arg;
	uint32_t limit = SHOW_CONTEXTS_DEFAULT, n = 0;

	args = span_trim(args);
	if (args.len && span_u32(args, SHOW_CONTEXTS_MAX, &limit) != 0)
		return ERR_SYNTAX;
	out_char(o, '{');
	put_u64(o, "count", a->ctxs.n);
	put_key(o, "contexts");
	out_char(o, '[');
	LIST_EACH(it, &a->ctxs.all) {
		if (n++ == limit)
			break;
		put_next(o);
		put_ctx(o, LIST_OF(it, struct ctx, node), loop_now_ms(a->loop));
	}
	out_str(o, "]}");
	return 0;
}

static int
show_context(void *arg, struct span args, struct out *o)
{
	struct agw *a = arg;
	uint32_t id;
	const struct ctx *c;

	if (span_u32(span_trim(args), UINT32_MAX, &id) != 0)
		return ERR_SYNTAX;
	c = ctx_find(&a->ctxs, id);
	if (!c)
		return ERR_NOTFOUND;
	put_ctx(o, c, loop_now_ms(a->loop));
	return 0;
}

/* ---- the rest ---- */

static int
show_realms(void *arg, struct span args, struct out *o)
{
	struct agw *a = arg;

	(void)args;
	out_char(o, '[');
	for (unsigned i = 0; i < a->n_realms; i++) {
		const struct realm *r = a->realms[i];
		char text[FPR_TEXT_MAX];
		struct fpr f;

		put_next(o);
		out_char(o, '{');
		put_str(o, "name", r->name);
		put_key(o, "addresses");
		out_char(o, '[');
		for (unsigned k = 0; k < r->n_addrs; k++) {
			char ip[ADDR_TEXT_MAX];

			put_next(o);
			out_json_string(o, span_str(addr_ip_text(&r->addrs[k], ip)));
		}
		out_char(o, ']');
		put_u64(o, "port_low", r->lo);
		put_u64(o, "port_high", r->hi);
		put_u64(o, "ports", realm_ports_total(r));
		put_u64(o, "ports_taken", realm_ports_taken(r));
		put_u64(o, "sessions", r->sessions);
		if (r->max_sessions)
			put_u64(o, "sessions_max", r->max_sessions);
		put_u64(o, "refused", r->refused);
		put_u64(o, "remotes_denied", r->denied);
		put_bool(o, "in_service", r->off == 0);
		put_u64(o, "dscp", r->dscp);
		if (tls_ctx_fingerprint(r->tls, FPR_SHA256, &f) == 0)
			put_str(o, "fingerprint", fpr_text(&f, text));
		out_char(o, '}');
	}
	out_char(o, ']');
	return 0;
}

static void
put_h248(struct out *o, const struct agw *a)
{
	const struct mgco_counters *h = mgco_node_counters(a->node);
	const struct mg_counters *m = mg_get_counters(a->mg);

	put_key(o, "h248");
	out_char(o, '{');
	put_u64(o, "messages_in", h->messages_in);
	put_u64(o, "messages_out", h->messages_out);
	put_u64(o, "syntax_errors", h->syntax_errors);
	put_u64(o, "retransmissions", h->retransmissions);
	put_u64(o, "duplicates", h->duplicates);
	put_u64(o, "timeouts", h->timeouts);
	put_u64(o, "requests_too_big", h->requests_too_big);
	put_u64(o, "replies_too_big", h->replies_too_big);
	put_u64(o, "dropped", h->dropped);
	put_u64(o, "displaced", h->displaced);
	put_u64(o, "requests", m->requests);
	put_u64(o, "commands", m->commands);
	put_u64(o, "refused", m->refused);
	put_u64(o, "adds", m->adds);
	put_u64(o, "subtracts", m->subtracts);
	put_u64(o, "ignored_properties", m->ignored_properties);
	put_u64(o, "ignored_events", m->ignored_events);
	put_u64(o, "notifies", a->notify.sent);
	put_u64(o, "notifies_failed", a->notify.failed);
	put_u64(o, "heartbeats", a->notify.heartbeats);
	put_u64(o, "registrations", a->reg.registrations);
	put_u64(o, "controller_losses", a->reg.losses);
	out_char(o, '}');
}

static void
put_gate(struct out *o, const struct agw *a)
{
	struct gate_counters g;

	syngate_read_counters(a->syngate, &g);
	put_key(o, "gate");
	out_char(o, '{');
	put_str(o, "kind", syngate_kind_name(a->syngate));
	put_u64(o, "syns", g.syns);
	put_u64(o, "accepted", g.accepted);
	put_u64(o, "dropped", g.dropped);
	put_u64(o, "sieved", g.sieved);
	put_u64(o, "passed", g.passed);
	put_u64(o, "parked", g.parked);
	put_u64(o, "unparked", g.unparked);
	put_u64(o, "foreign", g.foreign);
	put_u64(o, "overflows", g.overflows);
	out_char(o, '}');
}

static void
put_worker(struct out *o, const struct worker_counters *w)
{
#define ROW(name) { #name, w->name }
	const struct {
		const char *key;
		uint64_t n;
	} rows[] = {
		ROW(relays), ROW(accepted), ROW(connected), ROW(handshakes), ROW(handshakes_failed),
		ROW(fp_matched), ROW(fp_mismatched), ROW(refused), ROW(waits_handshakes),
		ROW(waits_descriptors), ROW(events_lost), ROW(octets_access), ROW(octets_core),
		ROW(octets_spliced), ROW(ktls_taken), ROW(ktls_version), ROW(ktls_missing),
		ROW(ktls_refused), ROW(ktls_pending), ROW(ktls_late), ROW(ktls_rekeyed), ROW(linger_heard),
		ROW(linger_late), ROW(linger_flooded), ROW(linger_full), ROW(probe_answered),
		ROW(probe_dead), ROW(probe_unsure), ROW(msrp_messages),
		ROW(msrp_chunks), ROW(msrp_octets), ROW(msrp_aborted), ROW(msrp_errors), ROW(msrp_too_big),
		ROW(msrp_keepalives),
	};
#undef ROW

	out_char(o, '{');
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		put_u64(o, rows[i].key, rows[i].n);
	out_char(o, '}');
}

static void
put_workers(struct out *o, const struct agw *a)
{
	put_key(o, "workers");
	out_char(o, '[');
	for (unsigned i = 0; i < a->n_workers; i++) {
		struct worker_counters w;

		worker_read_counters(a->workers[i], &w);
		put_next(o);
		put_worker(o, &w);
	}
	out_char(o, ']');
}

static int
show_counters(void *arg, struct span args, struct out *o)
{
	struct agw *a = arg;

	(void)args;
	out_char(o, '{');
	put_u64(o, "uptime_s", (loop_now_ms(a->loop) - a->started_ms) / 1000);
	put_u64(o, "contexts", a->ctxs.n);
	put_u64(o, "terminations", a->ctxs.n_terms);
	put_u64(o, "contexts_max", a->ctxs.env.max_contexts);
	put_u64(o, "contexts_refused", a->ctxs.refused);
	put_u64(o, "descriptors_refused", a->ctxs.fds_refused);
	put_u64(o, "orders_repeated", a->ctxs.retries);
	put_h248(o, a);
	put_key(o, "legs");
	out_char(o, '{');
	put_u64(o, "accepted", a->counters.accepted);
	put_u64(o, "connected", a->counters.connected);
	put_u64(o, "tls_up", a->counters.tls_up);
	put_u64(o, "failed", a->counters.failed);
	put_u64(o, "closed", a->counters.closed);
	put_u64(o, "idle", a->counters.idle);
	out_char(o, '}');
	put_key(o, "failures");
	out_char(o, '{');
	for (unsigned i = 1; i < REASONS; i++)
		put_u64(o, reason_text((enum reason)i), agw_count_failures(a, (enum reason)i));
	out_char(o, '}');
	put_gate(o, a);
	put_workers(o, a);
	out_char(o, '}');
	return 0;
}

static int
show_mgc(void *arg, struct span args, struct out *o)
{
	struct agw *a = arg;
	const struct mg_reg *r = &a->reg;

	(void)args;
	out_char(o, '{');
	put_str(o, "state", fsm_state_name(&r->fsm));
	put_bool(o, "registered", mg_reg_get_assoc(r) != NULL);
	put_str(o, "transport", mgco_proto_name(r->target.proto));
	put_addr(o, "address", &r->target.addr);
	put_str(o, "mid", r->mid);
	put_str(o, "own_mid", a->conf.mid);
	put_bool(o, "draining", mg_is_draining(a->mg));
	put_key(o, "list");
	out_char(o, '[');
	for (unsigned i = 0; i < a->conf.n_mgcs; i++) {
		const struct mgc_conf *m = &a->conf.mgcs[i];
		char text[RESOLVER_NAME_MAX + ADDR_TEXT_MAX];

		put_next(o);
		if (m->host[0])
			(void)snprintf(text, sizeof(text), "%s:%u", m->host, m->addr.port);
		else
			addr_text(&m->addr, text);
		out_json_string(o, span_str(text));
	}
	out_str(o, "]}");
	return 0;
}

const struct ctl_command agw_ctl_commands[] = {
	{ "show contexts", "contexts with their terminations, oldest first: show contexts [LIMIT]", show_contexts },
	{ "show context", "one context: show context N", show_context },
	{ "show realms", "networks, ports in use, certificate", show_realms },
	{ "show counters", "what happened since the start", show_counters },
	{ "metrics", "the same as Prometheus text", agw_show_metrics },
	{ "show mgc", "the controller and the state of registration", show_mgc },
	{ "service", "a realm or a termination in or out of service: service NAME forced|graceful|restart", agw_do_service },
	{ "drain", "no new contexts; end when the last one is gone", agw_do_drain },
	{ NULL, NULL, NULL },
};
