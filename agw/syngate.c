/* SPDX-License-Identifier: BSD-2-Clause */
/* The interface of gate.h over its kinds: which one it is, and the sieve before it. */
#include "agw/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agw/syngate_nfq.h"
#include "agw/syngate_park.h"
#include "agw/syngate_rules.h"
#include "agw/syngate_sieve.h"
#include "agw/syngate_sock.h"
#include "proto/base/log.h"

struct syngate {
	enum syngate_kind kind; /* never SYNGATE_AUTO */
	struct syngate_nfq *nfq;
	struct syngate_park *park; /* or NULL */
	struct syngate_rules *rules;
	struct syngate_sieve *sieve; /* borrowed; NULL: all SYNs come to the queue or the sockets */
};

#ifdef HAVE_NFQUEUE
/* Without it the gate is as tight, only slower. */
static void
start_sieve(struct syngate *g, const struct syngate_conf *conf)
{
	char why[SYNGATE_WHY_MAX];

	if (!conf->sieve)
		return;
	if (syngate_sieve_attach(conf->sieve, conf->queue_num, why) == 0)
		g->sieve = conf->sieve;
	else
		log_info("syn gate without a sieve: %s", why);
}

/* Whoever matches for sure need not be queued. Where it is not possible all that are not dropped are. */
static bool
start_accept(const struct syngate *g)
{
	const char *table = syngate_rules_table(g->rules);
	char why[SYNGATE_WHY_MAX];

	if (!g->sieve || !table)
		return false;
	if (syngate_sieve_accept(g->sieve, table, SYNGATE_RULES_CHAIN, why) == 0)
		return true;
	log_info("syn gate accepts by its queue: %s", why);
	return false;
}

static void
stop_sieve(struct syngate *g)
{
	if (g->sieve)
		syngate_sieve_detach(g->sieve);
	g->sieve = NULL;
}

static void
stop_nfqueue(struct syngate *g)
{
	stop_sieve(g); /* from here on only the table accepts */
	syngate_nfq_free(g->nfq); /* from here on the rules drop */
	syngate_park_free(g->park);
	syngate_rules_remove(g->rules);
	g->nfq = NULL;
	g->park = NULL;
}

/* Queues first: a rule whose queue has no reader drops, so there is no order in which a SYN gets through. */
static int
start_nfqueue(struct syngate *g, const struct syngate_conf *conf, const struct gate_table *t, char *why)
{
	uint16_t count = conf->queue_count ? conf->queue_count : 1;

	if (count > SYNGATE_QUEUES_MAX || conf->queue_num + count - 1u + conf->park > UINT16_MAX) {
		snprintf(why, SYNGATE_WHY_MAX, "queues %u..%u are not possible (at most %d)", conf->queue_num,
		         conf->queue_num + count - 1u + conf->park, SYNGATE_QUEUES_MAX);
		return ERR_INVAL;
	}
	if (conf->park)
		g->park = syngate_park_new((uint16_t)(conf->queue_num + count), t, why);
	if (!conf->park || g->park)
		g->nfq = syngate_nfq_new(conf->queue_num, count, t, conf->park, why);
	if (g->nfq)
		g->rules = syngate_rules_install(t, conf->queue_num, count, why);
	if (!g->rules) {
		stop_nfqueue(g);
		return ERR_UNSUPPORTED;
	}
	start_sieve(g, conf);
	log_info("syn gate by nfqueue queue=%u count=%u rules=%s sieve=%s accepts-by=%s early-syn=%s", conf->queue_num,
	         count, syngate_rules_tool(g->rules), g->sieve ? "bpf" : "none", start_accept(g) ? "bpf" : "queue",
	         g->park ? "park" : "drop");
	return 0;
}

static void
add_counters(const struct syngate *g, struct gate_counters *c)
{
	if (g->nfq)
		syngate_nfq_read_counters(g->nfq, c);
	if (g->park)
		syngate_park_read_counters(g->park, c);
	if (g->sieve)
		syngate_sieve_read_counters(g->sieve, c);
}

void
syngate_wake(const struct syngate *g)
{
	if (g->park)
		syngate_park_wake(g->park);
}
#else
void
syngate_wake(const struct syngate *g)
{
	(void)g;
}

struct syngate_sieve *
syngate_sieve_new(const struct syngate_conf *conf, struct gate_table *t)
{
	(void)conf;
	(void)t;
	return NULL;
}

void
syngate_sieve_free(struct syngate_sieve *s)
{
	(void)s;
}

static int
start_nfqueue(struct syngate *g, const struct syngate_conf *conf, const struct gate_table *t, char *why)
{
	(void)g;
	(void)conf;
	(void)t;
	snprintf(why, SYNGATE_WHY_MAX, "built without nfqueue");
	return ERR_UNSUPPORTED;
}

static void
stop_nfqueue(struct syngate *g)
{
	(void)g;
}

static void
start_sieve(struct syngate *g, const struct syngate_conf *conf)
{
	(void)g;
	(void)conf;
}

static void
stop_sieve(struct syngate *g)
{
	(void)g;
}

static void
add_counters(const struct syngate *g, struct gate_counters *c)
{
	(void)g;
	(void)c;
}
#endif

/* Tells whether this kernel takes a socket filter at all. */
static int
probe_socket(void)
{
	static const struct gate_rule ignore = { .mode = GATE_IGNORE };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ERR_IO;
	err = syngate_sock_arm(fd, &ignore);
	close(fd);
	return err;
}

static int
start_socket(struct syngate *g, const struct syngate_conf *conf, const char *because)
{
	int err = probe_socket();

	if (err) {
		log_error("syn gate by socket filters is not possible: %s%s%s%s", err_str(err),
		          err == ERR_PERM ? ", this kernel wants CAP_NET_ADMIN" : "",
		          *because ? "; by nfqueue: " : "", because);
		return err;
	}
	g->kind = SYNGATE_SOCKET;
	if (conf->park)
		log_warning("socket filters cannot park SYNs: early ones are dropped");
	start_sieve(g, conf);
	log_info("syn gate by socket filters sieve=%s%s%s", g->sieve ? "bpf" : "none",
	         *because ? ", nfqueue is not possible: " : "", because);
	return 0;
}

static int
start(struct syngate *g, const struct syngate_conf *conf, const struct gate_table *t)
{
	char why[SYNGATE_WHY_MAX] = "";

	switch (conf->kind) {
	case SYNGATE_OFF:
		log_warning("syn gate is off: termination ports answer everybody, strangers are closed after accept");
		return 0;
	case SYNGATE_SOCKET:
		return start_socket(g, conf, "");
	case SYNGATE_NFQUEUE:
	case SYNGATE_AUTO:
		g->kind = SYNGATE_NFQUEUE;
		if (start_nfqueue(g, conf, t, why) == 0)
			return 0;
		if (conf->kind == SYNGATE_AUTO)
			return start_socket(g, conf, why);
		log_error("syn gate by nfqueue is not possible: %s", why);
		return ERR_UNSUPPORTED;
	}
	return ERR_INVAL;
}

struct syngate *
syngate_new(const struct syngate_conf *conf, const struct gate_table *t)
{
	struct syngate *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->kind = conf->kind;
	if (start(g, conf, t) != 0) {
		free(g);
		return NULL;
	}
	return g;
}

void
syngate_free(struct syngate *g)
{
	if (!g)
		return;
	if (g->kind == SYNGATE_NFQUEUE)
		stop_nfqueue(g);
	stop_sieve(g);
	free(g);
}

const char *
syngate_kind_name(const struct syngate *g)
{
	return g->kind == SYNGATE_NFQUEUE ? "nfqueue" : g->kind == SYNGATE_SOCKET ? "socket" : "off";
}

bool
syngate_is_on(const struct syngate *g)
{
	return g->kind != SYNGATE_OFF;
}

bool
syngate_filters_sockets(const struct syngate *g)
{
	return g->kind == SYNGATE_SOCKET;
}

int
syngate_arm_socket(const struct syngate *g, int listener, const struct gate_rule *rule)
{
	return g->kind == SYNGATE_SOCKET ? syngate_sock_arm(listener, rule) : 0;
}

void
syngate_disarm_socket(int fd)
{
	syngate_sock_disarm(fd);
}

void
syngate_read_counters(const struct syngate *g, struct gate_counters *c)
{
	struct gate_counters sum = { 0 };

	add_counters(g, &sum);
	*c = sum;
}
