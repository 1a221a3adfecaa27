/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/alg.h"

#include <stdlib.h>

static int
listen_all(struct alg *alg)
{
	const struct alg_conf *c = &alg->conf;
	char text[ADDR_TEXT_MAX];
	int rc;

	for (unsigned i = 0; i < c->n_h248; i++) {
		const struct alg_listen *l = &c->h248[i];

		rc = agwset_listen(alg->agws, l->proto, &l->addr, &alg->h248[i]);
		if (rc) {
			log_error("cannot listen for H.248 address=%s why=\"%s\"", addr_text(&l->addr, text), err_str(rc));
			return rc;
		}
	}
	for (unsigned i = 0; i < c->n_ng; i++) {
		const struct alg_listen *l = &c->ng[i];

		rc = front_ng_listen(alg->front, l->proto == MGCO_TCP, &l->addr, &alg->ng[i]);
		if (rc) {
			log_error("cannot listen for NG address=%s why=\"%s\"", addr_text(&l->addr, text), err_str(rc));
			return rc;
		}
	}
	if (c->daemon.control[0] &&
	    !(alg->ctl = ctlsock_new(alg->loop, c->daemon.control, alg_ctl_commands, alg)))
		return ERR_IO;
	if (c->daemon.metrics.family != ADDR_NONE &&
	    !(alg->http = metrics_serve(alg->loop, &c->daemon.metrics, alg_print_metrics, alg)))
		return ERR_IO;
	return 0;
}

/* The set of gateways and the calls point at each other; the calls come second, so the set asks through these. */
static void
on_reply(void *arg, slot_id user, unsigned what, int err, const struct mgco_txn *reply)
{
	calls_on_reply(((struct alg *)arg)->calls, user, what, err, reply);
}

static bool
on_observed(void *arg, slot_id user, struct span term, const struct mgco_events *observed)
{
	return calls_on_observed(((struct alg *)arg)->calls, user, term, observed);
}

static void
on_lost(void *arg, slot_id user)
{
	calls_on_lost(((struct alg *)arg)->calls, user);
}

static void
on_out(void *arg, slot_id user, struct span term)
{
	calls_on_out(((struct alg *)arg)->calls, user, term);
}

static void
on_told(void *arg, slot_id user, int err)
{
	calls_on_told(((struct alg *)arg)->calls, user, err);
}

static void
on_host(void *arg, uint64_t tag, const char *name, const struct addr *a)
{
	calls_on_host(((struct alg *)arg)->calls, tag, name, a);
}

static bool
is_wanted(void *arg, slot_id user)
{
	return calls_is_wanted(((struct alg *)arg)->calls, user);
}

static bool
build(struct alg *alg)
{
	static const struct agwset_handler handler = { on_reply, on_observed, on_lost, on_out };
	static const struct failures_handler failure = { on_told, is_wanted };
	const struct alg_conf *c = &alg->conf;
	struct mgco_node_conf node = { .mid = c->mid, .style = c->wire.style, .no_acks = c->wire.no_acks,
		                       .pending_ms = c->wire.pending_ms, .mtu = c->wire.mtu,
		                       .max_assocs = ALG_PEERS_MAX,
		                       .max_per_host = c->agwset.allow.n ? 0 : ALG_PEERS_PER_HOST };
	struct front_ng_conf front = { c->realm[SIDE_ACCESS], c->realm[SIDE_CORE] };
	struct calls_conf calls = {
		.flow = {
			.realm = { [SIDE_ACCESS] = c->realm[SIDE_ACCESS], [SIDE_CORE] = c->realm[SIDE_CORE] },
			.syn = c->syn,
			.interlink = c->interlink,
			.prefer = { [SIDE_ACCESS] = c->prefer[SIDE_ACCESS], [SIDE_CORE] = c->prefer[SIDE_CORE] },
		},
		.e2ae = c->e2ae,
		.msrp = c->msrp,
		.names = &c->names,
		.stats = &alg->stats,
		.on_failure = c->on_failure,
	};

	alg->agws = agwset_new(alg->loop, &node, &c->agwset, &c->names, &alg->stats, &handler, alg);
	alg->front = front_ng_new(alg->loop, &front, &alg->stats);
	alg->failures = failures_new(alg->loop, &c->failure, &alg->stats, &failure, alg);
	alg->resolver = c->resolve ? resolver_new(alg->loop, on_host, alg) : NULL;
	if (!alg->agws || !alg->front || !alg->failures || (c->resolve && !alg->resolver))
		return false;
	calls.resolver = alg->resolver;
	calls.agws = alg->agws;
	calls.failures = alg->failures;
	alg->calls = calls_new(alg->loop, &calls, front_ng_on_done, alg->front);
	if (!alg->calls)
		return false;
	front_ng_set_calls(alg->front, alg->calls);
	return true;
}

struct alg *
alg_new(struct loop *l, const struct alg_conf *conf)
{
	struct alg *alg = calloc(1, sizeof(*alg));

	if (!alg) {
		log_error("out of memory");
		return NULL;
	}
	alg->loop = l;
	alg->started_ms = loop_now_ms(l);
	alg->conf = *conf;
	if (!build(alg) || listen_all(alg)) {
		alg_free(alg);
		return NULL;
	}
	return alg;
}

void
alg_free(struct alg *alg)
{
	if (!alg)
		return;
	ctlsock_free(alg->ctl);
	http_serve_free(alg->http);
	/* Calls unbind their contexts from the gateways and must go first. */
	resolver_free(alg->resolver);
	failures_free(alg->failures);
	calls_free(alg->calls);
	alg->calls = NULL;
	agwset_free(alg->agws);
	front_ng_free(alg->front);
	free(alg);
}
