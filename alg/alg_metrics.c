/* SPDX-License-Identifier: BSD-2-Clause */
/* All counters as Prometheus text. */
#include "alg/alg.h"

#include <stddef.h>

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct prom_row stats_rows[] = {
#define STAT(name, help) { PROM_COUNTER, #name, help, offsetof(struct alg_stats, name) },
#define STAT_BY_CAUSE(name, help)
#include "alg/alg_stats.def"
#undef STAT_BY_CAUSE
#undef STAT
};

uint64_t
alg_stats_sum(const uint64_t by_cause[CAUSES])
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < CAUSES; i++)
		sum += by_cause[i];
	return sum;
}

/* Every cause from the start, at 0, so that the first one is an increase. */
static void
print_causes(struct prom *p, const char *name, const char *help, const uint64_t by_cause[CAUSES])
{
	prom_family(p, PROM_COUNTER, name, help);
	for (unsigned i = CAUSE_NONE + 1; i < CAUSES; i++)
		prom_labelled(p, "reason", cause_text((enum cause)i), by_cause[i]);
}

static void
print_stats(struct prom *p, const struct alg_stats *s)
{
	prom_rows(p, stats_rows, N(stats_rows), s);
#define STAT(name, help)
#define STAT_BY_CAUSE(name, help) print_causes(p, #name, help, s->name);
#include "alg/alg_stats.def"
#undef STAT_BY_CAUSE
#undef STAT
}

struct gateway_sample {
	uint64_t up, connected, contexts, outstanding;
};

static void
print_gateways(struct prom *p, const struct alg *alg)
{
	static const struct prom_row rows[] = {
		{ PROM_GAUGE, "gateway_up", "1 while the gateway gets new calls.", offsetof(struct gateway_sample, up) },
		{ PROM_GAUGE, "gateway_connected", "1 while it can be commanded.", offsetof(struct gateway_sample, connected) },
		{ PROM_GAUGE, "gateway_contexts", "Contexts that calls have there.", offsetof(struct gateway_sample, contexts) },
		{ PROM_GAUGE, "gateway_outstanding", "Requests that wait for its reply.",
		  offsetof(struct gateway_sample, outstanding) },
	};
	struct gateway_sample all[ALG_AGW_MAX];
	const char *names[ALG_AGW_MAX];
	struct agw_view v;
	uint32_t cursor = 0;
	unsigned n = 0;

	while (n < ALG_AGW_MAX && agwset_next(alg->agws, &cursor, &v)) {
		names[n] = v.mid;
		all[n++] = (struct gateway_sample){ v.state == AGW_UP, v.peer.family != ADDR_NONE && !v.is_linking, v.contexts,
		                                    v.outstanding };
	}
	prom_rows_named(p, rows, N(rows), all, sizeof(all[0]), n, "gateway", names);
}

int
alg_print_metrics(void *arg, struct out *text)
{
	const struct alg *alg = arg;
	struct prom p = { .out = text, .prefix = "ims_alg" };

	metrics_print_build(&p);
	prom_single(&p, PROM_GAUGE, "uptime_seconds", "Time since the start.",
	            (loop_now_ms(alg->loop) - alg->started_ms) / 1000);
	prom_single(&p, PROM_GAUGE, "calls", "Calls now.", calls_count(alg->calls));
	print_stats(&p, &alg->stats);
	metrics_print_h248(&p, agwset_counters(alg->agws));
	print_gateways(&p, alg);
	metrics_print_serve(&p, alg->http);
	return text->err;
}

int
alg_show_metrics(void *arg, struct span args, struct out *json)
{
	(void)args;
	return metrics_reply(alg_print_metrics, arg, json);
}
