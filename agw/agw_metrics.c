/* SPDX-License-Identifier: BSD-2-Clause */
/* All counters as Prometheus text. */
#include "agw/agw.h"

#include <stddef.h>
#include <stdio.h>

#include "agw/realm.h"

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

#define H248(field, help) { PROM_COUNTER, "h248_" #field, help, offsetof(struct mg_counters, field) }
static const struct prom_row mg_rows[] = {
	H248(requests, "H.248 transactions of the controller."),
	H248(commands, "Commands in them."),
	H248(refused, "Commands answered with an error."),
	H248(adds, "Terminations added."),
	H248(subtracts, "Terminations subtracted."),
	H248(ignored_properties, "Unknown properties and parameters passed over (--unknown-properties=ignore)."),
	H248(ignored_events, "Unknown events passed over (--unknown-events=ignore)."),
};

#define GATE(field, help) { PROM_COUNTER, "gate_" #field, help, offsetof(struct gate_counters, field) }
static const struct prom_row gate_rows[] = {
	GATE(syns, "SYNs to our port ranges."),
	GATE(accepted, "SYNs let in."),
	GATE(dropped, "SYNs dropped."),
	GATE(sieved, "Of the dropped, those dropped in the kernel, before the queue."),
	GATE(passed, "Of those let in, those let in by the kernel, without the queue."),
	GATE(parked, "SYNs held until there was a rule (--early-syn=park)."),
	GATE(unparked, "Of these, those let in at last."),
	GATE(foreign, "Queued packets that were no SYN to our port ranges."),
	GATE(overflows, "Times that the kernel's queue was full."),
};

#define WORKER(field, help) { PROM_COUNTER, "worker_" #field, help, offsetof(struct worker_counters, field) }
static const struct prom_row worker_rows[] = {
	{ PROM_GAUGE, "worker_relays", "Streams that the worker has.", offsetof(struct worker_counters, relays) },
	WORKER(accepted, "Connections accepted."),
	WORKER(connected, "Connections opened."),
	WORKER(handshakes, "TLS handshakes done."),
	WORKER(handshakes_failed, "TLS handshakes failed."),
	WORKER(fp_matched, "Certificates that matched their fingerprint."),
	WORKER(fp_mismatched, "Certificates that did not."),
	WORKER(refused, "Connections refused."),
	WORKER(waits_handshakes, "Times that listeners rested for too many handshakes."),
	WORKER(waits_descriptors, "Times that listeners rested for want of descriptors."),
	WORKER(events_lost, "Events that did not reach the control thread."),
	{ PROM_COUNTER, "worker_access_bytes", "Octets that came from the access side and were passed on.",
	  offsetof(struct worker_counters, octets_access) },
	{ PROM_COUNTER, "worker_core_bytes", "Octets that came from the core side and were passed on.",
	  offsetof(struct worker_counters, octets_core) },
	{ PROM_COUNTER, "worker_spliced_bytes", "Of both, those that the kernel passed on.",
	  offsetof(struct worker_counters, octets_spliced) },
	WORKER(ktls_taken, "Connections left to the kernel's TLS (--ktls)."),
	WORKER(ktls_version, "Connections not left to it: TLS 1.2."),
	WORKER(ktls_missing, "Connections not left to it: the kernel has none."),
	WORKER(ktls_refused, "Connections not left to it: it refused the cipher."),
	WORKER(ktls_pending, "Connections not left to it: the handshake's end still waited."),
	WORKER(ktls_late, "Connections not left to it: the peer had ended its direction."),
	WORKER(ktls_rekeyed, "Connections of the kernel's TLS that ended for new keys."),
	WORKER(linger_heard, "Sockets that waited for a sending peer to hear the end, which it did."),
	WORKER(linger_late, "Sockets that waited in vain."),
	WORKER(linger_flooded, "Sockets that waited until the peer had sent too much."),
	WORKER(linger_full, "Sockets that did not wait, since too many did."),
	WORKER(probe_answered, "Connections that were in another's way, and whose peer was still there."),
	WORKER(probe_dead, "Connections that made way, since their peer was not."),
	WORKER(probe_unsure, "Connections of which it could not be told in time."),
	WORKER(msrp_messages, "MSRP messages with a body that arrived whole."),
	WORKER(msrp_chunks, "MSRP SEND requests."),
	{ PROM_COUNTER, "worker_msrp_bytes", "Octets of their bodies.", offsetof(struct worker_counters, msrp_octets) },
	WORKER(msrp_aborted, "MSRP messages that were broken off."),
	WORKER(msrp_errors, "MSRP requests and responses not passed on."),
	WORKER(msrp_too_big, "Of these, those beyond a limit."),
	WORKER(msrp_keepalives, "Empty MSRP messages of our own."),
};

static void
print_totals(struct prom *p, const struct agw *a)
{
	prom_single(p, PROM_GAUGE, "uptime_seconds", "Time since the start.",
	            (loop_now_ms(a->loop) - a->started_ms) / 1000);
	prom_single(p, PROM_GAUGE, "registered", "1 while a controller has accepted the registration.",
	            mg_reg_get_assoc(&a->reg) != NULL);
	prom_single(p, PROM_GAUGE, "draining", "1 since the operator asked for no new contexts.", mg_is_draining(a->mg));
	prom_single(p, PROM_GAUGE, "contexts", "H.248 contexts.", a->ctxs.n);
	prom_single(p, PROM_GAUGE, "contexts_limit", "How many there may be.", a->ctxs.env.max_contexts);
	prom_single(p, PROM_GAUGE, "terminations", "H.248 terminations.", a->ctxs.n_terms);
	prom_single(p, PROM_COUNTER, "contexts_refused", "Contexts refused for their number.", a->ctxs.refused);
	prom_single(p, PROM_COUNTER, "descriptors_refused", "Listeners refused for want of descriptors.",
	            a->ctxs.fds_refused);
	prom_single(p, PROM_COUNTER, "orders_repeated", "Times that orders which a full worker had not taken were tried again.", a->ctxs.retries);
}

static void
print_control(struct prom *p, const struct agw *a)
{
	metrics_print_h248(p, mgco_node_counters(a->node));
	prom_rows(p, mg_rows, N(mg_rows), mg_get_counters(a->mg));
	prom_single(p, PROM_COUNTER, "h248_notifies", "Notify commands sent.", a->notify.sent);
	prom_single(p, PROM_COUNTER, "h248_notifies_failed", "Notify commands that the controller did not take.",
	            a->notify.failed);
	prom_single(p, PROM_COUNTER, "h248_heartbeats", "Notify commands that say that we live.", a->notify.heartbeats);
	prom_single(p, PROM_COUNTER, "h248_registrations", "Registrations that were accepted.", a->reg.registrations);
	prom_single(p, PROM_COUNTER, "h248_controller_losses", "Controllers lost.", a->reg.losses);
}

static void
print_legs(struct prom *p, const struct agw *a)
{
	const struct agw_counters *c = &a->counters;

	prom_family(p, PROM_COUNTER, "leg_events", "What happened to the connections of terminations.");
	prom_labelled(p, "event", "accepted", c->accepted);
	prom_labelled(p, "event", "connected", c->connected);
	prom_labelled(p, "event", "tls-up", c->tls_up);
	prom_labelled(p, "event", "failed", c->failed);
	prom_labelled(p, "event", "closed", c->closed);
	prom_labelled(p, "event", "idle", c->idle);
	prom_family(p, PROM_COUNTER, "failures", "Failed connections of terminations, and terminations and contexts refused, by reason.");
	for (unsigned i = 1; i < REASONS; i++)
		prom_labelled(p, "reason", reason_text((enum reason)i), agw_count_failures(a, (enum reason)i));
}

static void
print_gate(struct prom *p, const struct agw *a)
{
	struct gate_counters g;

	syngate_read_counters(a->syngate, &g);
	prom_family(p, PROM_GAUGE, "gate_info", "How SYNs are caught.");
	prom_labelled(p, "kind", syngate_kind_name(a->syngate), 1);
	prom_rows(p, gate_rows, N(gate_rows), &g);
}

struct realm_sample {
	uint64_t ports, ports_taken, sessions, refused, denied, in_service;
};

static void
print_realms(struct prom *p, const struct agw *a)
{
	static const struct prom_row rows[] = {
		{ PROM_GAUGE, "realm_ports", "Ports of the realm.", offsetof(struct realm_sample, ports) },
		{ PROM_GAUGE, "realm_ports_taken", "Of these, those in use.", offsetof(struct realm_sample, ports_taken) },
		{ PROM_GAUGE, "realm_sessions", "Terminations in the realm.", offsetof(struct realm_sample, sessions) },
		{ PROM_COUNTER, "realm_refused", "Terminations refused for the realm's limit.",
		  offsetof(struct realm_sample, refused) },
		{ PROM_COUNTER, "realm_remotes_denied", "Remote descriptors refused for whom they would have us call.",
		  offsetof(struct realm_sample, denied) },
		{ PROM_GAUGE, "realm_in_service", "1 while new terminations may come.",
		  offsetof(struct realm_sample, in_service) },
	};
	struct realm_sample all[AGW_REALMS_MAX];
	const char *names[AGW_REALMS_MAX];

	for (unsigned i = 0; i < a->n_realms; i++) {
		const struct realm *r = a->realms[i];

		names[i] = r->name;
		all[i] = (struct realm_sample){ realm_ports_total(r), realm_ports_taken(r), r->sessions, r->refused, r->denied,
			                         r->off == 0 };
	}
	prom_rows_named(p, rows, N(rows), all, sizeof(all[0]), a->n_realms, "realm", names);
}

static void
print_workers(struct prom *p, const struct agw *a)
{
	struct worker_counters all[AGW_WORKERS_MAX];
	char text[AGW_WORKERS_MAX][4];
	const char *names[AGW_WORKERS_MAX];

	for (unsigned i = 0; i < a->n_workers; i++) {
		worker_read_counters(a->workers[i], &all[i]);
		(void)snprintf(text[i], sizeof(text[i]), "%u", i);
		names[i] = text[i];
	}
	prom_rows_named(p, worker_rows, N(worker_rows), all, sizeof(all[0]), a->n_workers, "worker", names);
}

int
agw_print_metrics(void *arg, struct out *text)
{
	const struct agw *a = arg;
	struct prom p = { .out = text, .prefix = "ims_agw" };

	metrics_print_build(&p);
	print_totals(&p, a);
	print_control(&p, a);
	print_legs(&p, a);
	print_gate(&p, a);
	print_realms(&p, a);
	print_workers(&p, a);
	metrics_print_serve(&p, a->http);
	return text->err;
}

int
agw_show_metrics(void *arg, struct span args, struct out *json)
{
	(void)args;
	return metrics_reply(agw_print_metrics, arg, json);
}
