/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/agw.h"

#include <stdlib.h>

#include "agw/realm.h"
#include "proto/base/log.h"
#include "proto/io/inbox.h"
#include "proto/io/sock.h"

/* ---- making ---- */

struct agw *
agw_new(struct loop *l, const struct agw_conf *conf)
{
	struct agw *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->loop = l;
	a->conf = *conf;
	a->started_ms = loop_now_ms(l);
	agw_trim_init(a);
	if (agw_read_names(a) != 0 || agw_make_realms(a) != 0) {
		agw_free(a);
		return NULL;
	}
	if (!conf->common.is_check) /* here, while we may: BPF programs want more than the capability that is kept */
		a->sieve = syngate_sieve_new(&a->conf.syngate, a->gates);
	a->conf.syngate.sieve = a->sieve;
	if (conf->ktls && !conf->common.is_check && !sock_may_have_tls()) /* here, too: the kernel may load its module */
		log_notice("the kernel has no TLS: --ktls=on changes nothing hint=\"modprobe tls\"");
	return a;
}

/* ---- callbacks ---- */

static int
post_order(void *arg, unsigned worker, const struct order *o)
{
	struct agw *a = arg;

	return worker_order(a->workers[worker], o);
}

static void
on_left(void *arg)
{
	struct agw *a = arg;

	if (a->on_stopped)
		a->on_stopped(a->stopped_arg);
}

static void
check_drained(struct agw *a)
{
	if (!a->is_draining || a->ctxs.n)
		return;
	a->is_draining = false;
	log_notice("drained");
	mg_reg_stop(&a->reg);
}

static void
on_event(void *arg, void *letter)
{
	struct agw *a = arg;
	const struct event *ev = letter;
	struct ctx_stream *s = ctxs_find_relay(&a->ctxs, ev->relay);
	struct term_stream *ts;

	agw_count_event(&a->counters, ev);
	if (!s)
		return;
	if (ev->kind == EVENT_STATS) {
		mg_on_stats(a->mg, s, ev);
		ctx_stream_on_stats(&a->ctxs, s, ev);
		check_drained(a);
		agw_trim_later(a);
		return;
	}
	ts = ctx_stream_on_event(&a->ctxs, s, ev);
	if (ts)
		mg_notify_on_event(&a->notify, s->ctx->terms[ev->side], ts, ev);
}

static void
on_unasked(void *arg, const struct ctx_stream *s, const struct event *ev)
{
	struct agw *a = arg;

	mg_on_stats(a->mg, s, ev);
}

static void
on_thb(struct loop_timer *t)
{
	struct term *term = t->arg;
	struct agw *a = term->ctx->table->env.arg;

	mg_notify_on_thb(&a->notify, term);
}

static void
on_answered(void *arg)
{
	struct agw *a = arg;

	mg_notify_on_answered(&a->notify);
}

static void
on_request(void *arg, struct mgco_incoming *in)
{
	struct agw *a = arg;

	mg_on_request(a->mg, in);
	check_drained(a);
}

static bool
may_come(void *arg, const struct addr *peer)
{
	const struct agw *a = arg;

	return mg_reg_may_come(&a->reg, peer);
}

static void
on_up(void *arg, struct mgco_assoc *as)
{
	struct agw *a = arg;

	mg_reg_on_up(&a->reg, as);
}

static void
on_down(void *arg, struct mgco_assoc *as, int why)
{
	struct agw *a = arg;

	mg_reg_on_down(&a->reg, as, why);
}

static enum mg_right
get_right(void *arg, const struct mgco_incoming *in)
{
	struct agw *a = arg;

	return mg_reg_right(&a->reg, in);
}

static void
on_service(void *arg, struct span method, struct span mgc_id)
{
	struct agw *a = arg;

	mg_reg_on_service(&a->reg, method, mgc_id);
}

/* What ROOT was told takes effect: on the association of the day, and on the watch over it. */
static void
on_root(void *arg, const struct mg_root *root)
{
	struct agw *a = arg;
	struct mgco_assoc *as = a->is_started ? mg_reg_get_assoc(&a->reg) : NULL;
	bool sooner = root->mg_provisional_ms < root->mg_execution_ms;

	if (as) {
		mgco_assoc_set_pendings(as, sooner ? root->mg_provisional_ms : root->mg_execution_ms, root->mg_pendings,
		                        root->mgc_pendings);
		mgco_assoc_set_patience(as, root->mgc_execution_ms, root->mgc_provisional_ms);
	}
	if (a->is_started)
		mg_notify_watch(&a->notify, root->events_id, root->ito_ms, root->has_arc);
}

static void
on_registered(void *arg)
{
	struct agw *a = arg;

	on_root(a, mg_get_root(a->mg));
	if (a->is_draining)
		mg_reg_announce_graceful(&a->reg);
	mg_avail_again(&a->avail);
	mg_notify_again(&a->notify);
}

/* ---- starting ---- */

static int
start_workers(struct agw *a)
{
	/* All sessions may fall on one worker at worst; a stream more than one a context is rare. */
	uint32_t max = a->conf.max_sessions > UINT32_MAX / 2 ? UINT32_MAX : a->conf.max_sessions * 2;
	unsigned n = a->conf.workers;

	a->events = inbox_new(a->loop, sizeof(struct event), on_event, a);
	if (!a->events)
		return ERR_NOMEM;
	for (unsigned i = 0; i < n; i++) {
		struct worker_conf wc = { .index = i, .events = a->events, .max_relays = max,
			                  .filters = syngate_filters_sockets(a->syngate),
			                  .is_gated = syngate_is_on(a->syngate), .max_handshakes = a->conf.max_handshakes,
			                  .keepalive_s = a->conf.keepalive_ms / 1000, .dead_s = a->conf.dead_ms / 1000,
			                  .max_lingers = agw_fit_lingers(n), .ktls = a->conf.ktls, .msrp = a->conf.msrp };

		a->workers[i] = worker_new(a->conf.one_thread ? a->loop : NULL, &wc);
		if (!a->workers[i])
			return ERR_IO;
		a->n_workers++;
	}
	return 0;
}

static int
start_mg(struct agw *a)
{
	static const struct mgco_handler handler = { .may_come = may_come, .on_request = on_request, .on_up = on_up, .on_down = on_down };
	struct ctx_env env = {
		.loop = a->loop,
		.gates = a->gates,
		.syngate = a->syngate,
		.own = a->own,
		.order = post_order,
		.on_unasked = on_unasked,
		.on_thb = on_thb,
		.arg = a,
		.n_workers = a->n_workers,
		.tcp_ms = a->conf.tcp_ms,
		.tls_ms = a->conf.tls_ms,
		.fpr_ms = a->conf.fpr_ms,
		.idle_ms = a->conf.idle_ms,
		.passive_ms = a->conf.passive_ms,
		.max_contexts = a->conf.max_sessions,
	};
	const struct mgco_node_conf nc = { .mid = a->conf.mid, .style = a->conf.wire.style, .no_acks = a->conf.wire.no_acks,
		                           .version = a->conf.service.version, .mtu = a->conf.wire.mtu };
	const struct mg_conf mc = {
		.loop = a->loop,
		.ctxs = &a->ctxs,
		.names = &a->names,
		.realms = a->realms,
		.n_realms = a->n_realms,
		.ignores_properties = a->conf.ignores_properties,
		.ignores_events = a->conf.ignores_events,
		.pending_ms = a->conf.wire.pending_ms, .wildcard_one = a->conf.wildcard_one,
		.right = get_right,
		.on_service = on_service,
		.on_root = on_root,
		.on_answered = on_answered,
		.arg = a,
	};
	struct mg_reg_conf rc = {
		.loop = a->loop,
		.service = &a->conf.service,
		.mgcs = a->conf.mgcs,
		.n_mgcs = a->conf.n_mgcs,
		.on_registered = on_registered,
		.on_left = on_left,
		.arg = a,
	};

	agw_fit_descriptors(&env);
	ctxs_init(&a->ctxs, &env);
	a->node = mgco_node_new(a->loop, &nc, &handler, a);
	a->mg = mg_new(&mc);
	if (!a->node || !a->mg)
		return ERR_NOMEM;
	rc.node = a->node;
	mg_reg_init(&a->reg, &rc);
	mg_notify_init(&a->notify, a->loop, &a->ctxs, &a->names, &a->reg);
	mg_avail_init(&a->avail, &a->ctxs, a->realms, a->n_realms, &a->notify);
	a->is_started = true;
	return 0;
}

int
agw_start(struct agw *a)
{
	int err;

	a->syngate = syngate_new(&a->conf.syngate, a->gates);
	if (!a->syngate)
		return ERR_PERM;
	a->own = own_addrs_new(a->loop, a->realms, a->n_realms);
	if (!a->own)
		return ERR_NOMEM;
	err = start_workers(a);
	if (!err)
		err = start_mg(a);
	if (err) {
		log_error("cannot start: %s", err_str(err));
		return err;
	}
	if (a->conf.common.control[0]) {
		a->ctl = ctlsock_new(a->loop, a->conf.common.control, agw_ctl_commands, a);
		if (!a->ctl)
			return ERR_IO;
	}
	if (a->conf.common.metrics.family != ADDR_NONE) {
		a->http = metrics_serve(a->loop, &a->conf.common.metrics, agw_print_metrics, a);
		if (!a->http)
			return ERR_IO;
	}
	mg_reg_start(&a->reg);
	log_notice("ims-agw runs mid=%s workers=%u realms=%u gate=%s", a->conf.mid, a->n_workers, a->n_realms,
	           syngate_kind_name(a->syngate));
	return 0;
}

/* ---- ending ---- */

void
agw_stop(struct agw *a, void (*fn)(void *arg), void *arg)
{
	a->on_stopped = fn;
	a->stopped_arg = arg;
	mg_reg_stop(&a->reg);
}

void
agw_drain(struct agw *a)
{
	if (a->is_draining)
		return;
	a->is_draining = true;
	mg_set_draining(a->mg, true);
	mg_reg_announce_graceful(&a->reg);
	log_notice("draining contexts=%u", (unsigned)a->ctxs.n);
	check_drained(a);
}

static void
drop_event(void *arg, void *letter)
{
	(void)arg;
	(void)letter;
}

void
agw_free(struct agw *a)
{
	if (!a)
		return;
	ctlsock_free(a->ctl);
	http_serve_free(a->http);
	loop_timer_stop(&a->trim);
	for (unsigned i = 0; i < a->n_workers; i++)
		worker_free(a->workers[i]);
	mg_free(a->mg);
	if (a->is_started) {
		mg_avail_fini(&a->avail);
		mg_notify_fini(&a->notify);
		mg_reg_fini(&a->reg);
	}
	mgco_node_free(a->node);
	if (a->is_started)
		ctxs_fini(&a->ctxs);
	if (a->events)
		inbox_free(a->events, drop_event);
	if (a->syngate)
		syngate_free(a->syngate);
	syngate_sieve_free(a->sieve);
	own_addrs_free(a->own);
	gate_table_free(a->gates);
	for (unsigned i = 0; i < a->n_realms; i++)
		realm_free(a->realms[i]);
	free(a);
}
