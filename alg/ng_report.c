/* SPDX-License-Identifier: BSD-2-Clause */
/* "query", "delete", "list" and "statistics" in rtpengine's shape where it has one; what is ours alone is in "medias",
 * "state" and "counters". */
#include "alg/front_ng.h"

#include "proto/base/bounds.h"

/* What a list may fill of a datagram; the rest is for the frame around it. */
enum { LIST_BYTES_MAX = NG_MESSAGE_MAX - 1024 };

static void
add_text(struct arena *a, struct ng_val *dict, const char *key, const char *text)
{
	ng_add_str(a, dict, key, arena_span(a, span_str(text)));
}

static void
report_tags(struct arena *a, struct ng_val *reply, const struct call *c)
{
	struct ng_val *tags = ng_add_dict(a, reply, "tags");
	const char *tag[2] = { c->from_tag, c->to_tag };

	for (int i = 0; i < 2; i++) {
		struct ng_val *t;

		if (!tag[i][0])
			continue;
		t = ng_add_dict(a, tags, tag[i]);
		add_text(a, t, "tag", tag[i]);
		ng_add_int(a, t, "created", (int64_t)c->created);
		if (tag[!i][0])
			add_text(a, t, "in dialogue with", tag[!i]);
	}
}

static void
report_end(struct arena *a, struct ng_val *media, const char *key, const struct media *m, enum side s)
{
	const struct mgc_end *e = &m->end[s];
	struct ng_val *v = ng_add_dict(a, media, key);
	char text[ADDR_TEXT_MAX];

	if (!e->term[0])
		return;
	add_text(a, v, "termination", e->term);
	add_text(a, v, "address", addr_ip_text(&e->local, text));
	ng_add_int(a, v, "port", e->local.port);
	if (m->want[s].remote.family != ADDR_NONE)
		add_text(a, v, "peer", addr_text(&m->want[s].remote, text));
	if (!m->stats[s].known)
		return;
	ng_add_int(a, v, "octets in", (int64_t)m->stats[s].octets_in);
	ng_add_int(a, v, "octets out", (int64_t)m->stats[s].octets_out);
}

static void
report_media(struct arena *a, struct ng_val *list, const struct media *m)
{
	struct ng_val *v = ng_add_dict(a, list, NULL);

	ng_add_int(a, v, "index", m->index + 1);
	add_text(a, v, "type", "message");
	add_text(a, v, "treatment", treatment_name(m->treatment));
	add_text(a, v, "state", media_state_name(m));
	if (m->reason[0])
		add_text(a, v, "reason", m->reason);
	if (m->why.text[0])
		add_text(a, v, "text", m->why.text);
	add_text(a, v, "gateway", agwset_mid(m->env->agws, m->gw));
	if (media_has_context(m))
		ng_add_int(a, v, "context", m->ctx);
	report_end(a, v, "access", m, SIDE_ACCESS);
	report_end(a, v, "core", m, SIDE_CORE);
}

static void
report_failure(struct arena *a, struct ng_val *reply, const struct call *c)
{
	struct ng_val *v;

	if (!c->failure.reason[0])
		return;
	v = ng_add_dict(a, reply, "failure");
	add_text(a, v, "reason", c->failure.reason);
	ng_add_int(a, v, "line", c->failure.line);
	add_text(a, v, "gateway", c->failure.gateway);
	ng_add_int(a, v, "context", c->failure.ctx);
	add_text(a, v, "told", call_told_name(c));
}

void
ng_report_call(struct arena *a, struct ng_val *reply, const struct call *c)
{
	struct ng_val *list, *totals;
	uint64_t up = 0, down = 0;

	ng_add_int(a, reply, "created", (int64_t)c->created);
	ng_add_int(a, reply, "last signal", (int64_t)c->last_signal);
	add_text(a, reply, "state", call_state_name(c));
	report_tags(a, reply, c);
	report_failure(a, reply, c);
	list = ng_add_list(a, reply, "medias");
	for (uint32_t i = 0; i < c->n_media; i++) {
		if (c->media[i]->use != MEDIA_LEAVING || !media_is_ended(c->media[i]))
			report_media(a, list, c->media[i]);
		up += c->media[i]->stats[SIDE_ACCESS].octets_in;
		down += c->media[i]->stats[SIDE_ACCESS].octets_out;
	}
	totals = ng_add_dict(a, ng_add_dict(a, reply, "totals"), "MSRP");
	ng_add_int(a, totals, "octets from access", (int64_t)up);
	ng_add_int(a, totals, "octets to access", (int64_t)down);
}

void
ng_report_list(struct arena *a, struct ng_val *reply, const struct calls *cs, int64_t limit)
{
	struct ng_val *list = ng_add_list(a, reply, "calls");
	const struct call *c;
	uint32_t cursor = 0;
	size_t bytes = 0;

	while (limit-- > 0 && (c = calls_next(cs, &cursor))) {
		bytes += strlen(c->call_id) + 8; /* its length, colon; in JSON quotes and comma */
		if (bytes > LIST_BYTES_MAX)
			return;
		ng_add_str(a, list, NULL, span_str(c->call_id));
	}
}

/* The sum, and the parts that are not 0. */
static void
report_causes(struct arena *a, struct ng_val *counters, const char *sum, const char *each, const uint64_t by_cause[CAUSES])
{
	struct ng_val *parts;

	ng_add_int(a, counters, sum, (int64_t)alg_stats_sum(by_cause));
	parts = ng_add_dict(a, counters, each);
	for (unsigned i = 0; i < CAUSES; i++)
		if (by_cause[i])
			ng_add_int(a, parts, cause_text((enum cause)i), (int64_t)by_cause[i]);
}

void
ng_report_statistics(struct arena *a, struct ng_val *reply, const struct calls *cs, const struct alg_stats *stats)
{
	struct ng_val *all = ng_add_dict(a, reply, "statistics");
	struct ng_val *now = ng_add_dict(a, all, "currentstatistics");
	struct ng_val *total = ng_add_dict(a, all, "totalstatistics");
	struct ng_val *counters = ng_add_dict(a, all, "counters");

	ng_add_int(a, now, "sessionstotal", calls_count(cs));
	ng_add_int(a, now, "contexts", (int64_t)(stats->contexts_made - stats->contexts_ended));
	ng_add_int(a, total, "managedsessions", (int64_t)stats->calls_total);
#define STAT(name, help) ng_add_int(a, counters, #name, (int64_t)stats->name);
#define STAT_BY_CAUSE(name, help) report_causes(a, counters, #name, #name "_by_reason", stats->name);
#include "alg/alg_stats.def"
#undef STAT_BY_CAUSE
#undef STAT
}
