/* SPDX-License-Identifier: BSD-2-Clause */
/* What the control socket shows: JSON for people and scripts. */
#include "alg/alg.h"

static void
json_pair(struct out *o, const char *key, const char *text)
{
	out_printf(o, "\"%s\":", key);
	out_json_string(o, span_str(text));
}

static void
json_addr(struct out *o, const char *key, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	json_pair(o, key, a->family == ADDR_NONE ? "" : addr_text(a, text));
}

static void
json_end(struct out *o, const char *key, const struct media *m, enum side s)
{
	out_printf(o, "\"%s\":{", key);
	json_pair(o, "termination", m->end[s].term);
	out_char(o, ',');
	json_addr(o, "address", &m->end[s].local);
	out_char(o, ',');
	json_addr(o, "peer", &m->want[s].remote);
	out_char(o, ',');
	json_pair(o, "setup", sdp_setup_name(m->want[s].setup));
	out_char(o, '}');
}

static void
json_media(struct out *o, const struct media *m)
{
	out_printf(o, "{\"line\":%u,", m->index + 1);
	json_pair(o, "treatment", treatment_name(m->treatment));
	out_char(o, ',');
	json_pair(o, "state", media_state_name(m));
	out_char(o, ',');
	json_pair(o, "reason", m->reason);
	out_char(o, ',');
	json_pair(o, "gateway", agwset_mid(m->env->agws, m->gw));
	out_printf(o, ",\"context\":%u,", m->ctx);
	json_end(o, "access", m, SIDE_ACCESS);
	out_char(o, ',');
	json_end(o, "core", m, SIDE_CORE);
	out_char(o, '}');
}

static void
json_call_head(struct out *o, const struct call *c)
{
	json_pair(o, "call_id", c->call_id);
	out_char(o, ',');
	json_pair(o, "from_tag", c->from_tag);
	out_char(o, ',');
	json_pair(o, "to_tag", c->to_tag);
	out_char(o, ',');
	json_pair(o, "from", c->from == SIDE_ACCESS ? "access" : "core");
	out_char(o, ',');
	json_pair(o, "state", call_state_name(c));
	out_printf(o, ",\"created\":%lld,\"lines\":%u", (long long)c->created, c->n_media);
}

static int
show_calls(void *arg, struct span args, struct out *json)
{
	const struct alg *alg = arg;
	const struct call *c;
	uint32_t cursor = 0, n = 0;

	(void)args;
	out_str(json, "{\"calls\":[");
	while ((c = calls_next(alg->calls, &cursor))) {
		out_str(json, n++ ? ",{" : "{");
		json_call_head(json, c);
		out_char(json, '}');
	}
	out_printf(json, "],\"count\":%u}", calls_count(alg->calls));
	return 0;
}

static int
show_call(void *arg, struct span args, struct out *json)
{
	const struct alg *alg = arg;
	struct alg_request req = { .call_id = span_trim(args) };
	const struct call *c = calls_find(alg->calls, &req);

	if (!c)
		return ERR_NOTFOUND;
	out_char(json, '{');
	json_call_head(json, c);
	out_str(json, ",\"interlink\":");
	out_str(json, c->interlink ? "true" : "false");
	if (c->failure.reason[0]) {
		out_str(json, ",\"failure\":{");
		json_pair(json, "reason", c->failure.reason);
		out_printf(json, ",\"line\":%u,", c->failure.line);
		json_pair(json, "told", call_told_name(c));
		out_char(json, '}');
	}
	out_str(json, ",\"media\":[");
	for (uint32_t i = 0; i < c->n_media; i++) {
		if (i)
			out_char(json, ',');
		json_media(json, c->media[i]);
	}
	out_str(json, "]}");
	return 0;
}

static void
json_names(struct out *json, const char *key, const char (*names)[ALG_REALM_MAX], uint32_t n)
{
	out_printf(json, ",\"%s\":[", key);
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			out_char(json, ',');
		out_json_string(json, span_str(names[i]));
	}
	out_char(json, ']');
}

static int
show_gateways(void *arg, struct span args, struct out *json)
{
	const struct alg *alg = arg;
	struct agw_view v;
	uint32_t cursor = 0, n = 0;

	(void)args;
	out_str(json, "{\"gateways\":[");
	while (agwset_next(alg->agws, &cursor, &v)) {
		out_str(json, n++ ? ",{" : "{");
		json_pair(json, "mid", v.mid);
		out_char(json, ',');
		json_pair(json, "state", agwset_state_name(v.state));
		out_char(json, ',');
		json_pair(json, "profile", v.profile);
		out_char(json, ',');
		json_addr(json, "peer", &v.peer);
		out_char(json, ',');
		json_pair(json, "transport", mgco_proto_name(v.proto));
		out_printf(json, ",\"connected\":%s", v.peer.family != ADDR_NONE && !v.is_linking ? "true" : "false");
		json_names(json, "realms", v.realms, v.n_realms);
		json_names(json, "realms_out_of_service", v.off, v.n_off);
		out_printf(json, ",\"contexts\":%u,\"outstanding\":%u}", v.contexts, v.outstanding);
	}
	out_str(json, "]}");
	return 0;
}

/* Those that there were. */
static void
json_causes(struct out *json, const char *name, const uint64_t by_cause[CAUSES])
{
	const char *sep = "";

	out_printf(json, ",\"%s\":%llu,\"%s_by_reason\":{", name, (unsigned long long)alg_stats_sum(by_cause), name);
	for (unsigned i = 0; i < CAUSES; i++) {
		if (!by_cause[i])
			continue;
		out_printf(json, "%s\"%s\":%llu", sep, cause_text((enum cause)i), (unsigned long long)by_cause[i]);
		sep = ",";
	}
	out_char(json, '}');
}

static int
show_counters(void *arg, struct span args, struct out *json)
{
	const struct alg *alg = arg;
	const struct mgco_counters *h = agwset_counters(alg->agws);

	(void)args;
	out_printf(json, "{\"calls\":%u", calls_count(alg->calls));
#define STAT(name, help) out_printf(json, ",\"" #name "\":%llu", (unsigned long long)alg->stats.name);
#define STAT_BY_CAUSE(name, help) json_causes(json, #name, alg->stats.name);
#include "alg/alg_stats.def"
#undef STAT_BY_CAUSE
#undef STAT
#define H248(name) out_printf(json, ",\"h248_" #name "\":%llu", (unsigned long long)h->name);
	H248(messages_in)
	H248(messages_out)
	H248(bytes_in)
	H248(bytes_out)
	H248(syntax_errors)
	H248(retransmissions)
	H248(duplicates)
	H248(pendings_in)
	H248(pendings_out)
	H248(timeouts)
	H248(oversized)
	H248(requests_too_big)
	H248(replies_too_big)
	H248(dropped)
	H248(displaced)
#undef H248
	out_char(json, '}');
	return 0;
}

const struct ctl_command alg_ctl_commands[] = {
	{ "show calls", "every call: ids, state, number of lines through a gateway", show_calls },
	{ "show call", "one call by its Call-ID, with its contexts", show_call },
	{ "show gateways", "the access gateways that registered", show_gateways },
	{ "show counters", "what happened since the start", show_counters },
	{ "metrics", "the same as Prometheus text", alg_show_metrics },
	{ 0 },
};
