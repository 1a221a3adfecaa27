/* SPDX-License-Identifier: BSD-2-Clause */
/* What a port of its own and the SYN gate cost a session: all CPU of one process that is peer, gateway and gate at
 * once, kernel included, for a TCP connection that is made, accepted and closed on loopback.
 *   bench_gate [ROUNDS [SESSIONS]]  300 rounds; in each, 100 sessions of every kind, one kind after the other
 *
 * The kinds differ in one thing each, so that differences of neighbours within a round are what that thing costs,
 * whatever the machine does meanwhile. All run on one core: nothing is done elsewhere, unseen. Needs root, for a network
 * namespace of its own. Prints one line of JSON: microseconds a session as [median, lower quartile, upper quartile]. */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "agw/gate.h"
#include "proto/base/log.h"
#include "proto/io/sock.h"
#include "tests/bench/load.h"

enum { ROUNDS_MAX = 10000, SESSIONS_MAX = 1000, PORTS = 1000, FIRST_PORT = 10000 };

enum kind {
	SHARED, /* a listener for all sessions, as proxies have it */
	OFF,    /* a listener for each session */
	SOCKET, /* and socket filters */
	KERNEL, /* or NFQUEUE with what accepts in the kernel */
	QUEUE,  /* or NFQUEUE alone: every SYN is queued */
	KINDS,
};

static const char *const kind_names[KINDS] = { "shared", "off", "socket", "nfqueue", "queue" };

struct side {
	struct gate_table *table;
	struct syngate *gate;
	struct syngate_conf conf;
	struct addr at; /* the port in turn */
	int shared;     /* SHARED: the listener */
	double us[ROUNDS_MAX];
	uint64_t gate_ns; /* of the gate's thread */
};

static void
die(const char *what)
{
	fprintf(stderr, "bench_gate: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* A network of our own, and one core. */
static void
isolate(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK };
	cpu_set_t one;
	int fd;

	if (unshare(CLONE_NEWNET) != 0)
		die("no network namespace");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) != 0)
		die("loopback");
	close(fd);
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one) != 0)
		die("one core");
}

/* -- a session -- */

/* As ims-agw does: with Add nobody may come, with Modify it is known who may. */
static int
open_listener(struct side *s, const struct gate_rule *rule)
{
	static const struct gate_rule ignore = { .mode = GATE_IGNORE };
	int fd = sock_tcp_bound(&s->at);

	if (fd < 0 || gate_table_set(s->table, &s->at, &ignore) != 0 || syngate_arm_socket(s->gate, fd, &ignore) != 0 ||
	    listen(fd, SOCK_BACKLOG) != 0 || gate_table_set(s->table, &s->at, rule) != 0 ||
	    syngate_arm_socket(s->gate, fd, rule) != 0)
		die("listen");
	return fd;
}

static void
close_listener(struct side *s, int fd)
{
	(void)gate_table_clear(s->table, &s->at);
	close(fd);
	s->at.port = s->at.port == FIRST_PORT + PORTS - 1 ? FIRST_PORT : (uint16_t)(s->at.port + 1);
}

static void
do_session(struct side *s, enum kind kind)
{
	static const struct gate_rule rule = { .mode = GATE_FILTER_ADDR,
		                               .remote = { .family = ADDR_V4, .ip = { 127, 0, 0, 1 } } };
	const struct linger now = { .l_onoff = 1 };
	struct sockaddr_storage ss;
	int listener = kind == SHARED ? s->shared : open_listener(s, &rule), ue, in;
	socklen_t len = addr_to_sockaddr(&s->at, &ss);

	ue = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ue < 0 || connect(ue, (struct sockaddr *)&ss, len) != 0)
		die("connect");
	in = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (in < 0)
		die("accept");
	if (kind == SOCKET)
		syngate_disarm_socket(in);
	(void)setsockopt(ue, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(ue); /* a RST: nothing is left in TIME_WAIT that later rounds would pay for */
	close(in);
	if (kind != SHARED)
		close_listener(s, listener);
}

static uint64_t
gate_thread_ns(const struct side *s)
{
	const struct load_conf self = { .pids = { getpid() }, .n_pids = 1 };
	struct load_usage u;
	char name[16];

	snprintf(name, sizeof(name), "gate-%u", s->conf.queue_num);
	load_usage_read(&self, &u);
	for (unsigned i = 0; i < u.n_threads; i++)
		if (strcmp(u.threads[i].name, name) == 0)
			return u.threads[i].cpu_ns;
	return 0;
}

/* -- the whole -- */

static void
start(struct side *s, enum kind kind)
{
	static const enum syngate_kind gates[KINDS] = { SYNGATE_OFF, SYNGATE_OFF, SYNGATE_SOCKET, SYNGATE_NFQUEUE,
		                                        SYNGATE_NFQUEUE };

	s->at = (struct addr){ .family = ADDR_V4, .ip = { 127, 0, 1, (uint8_t)(kind + 1) }, .port = FIRST_PORT };
	s->conf = (struct syngate_conf){ .kind = gates[kind], .queue_num = (uint16_t)kind, .queue_count = 1 };
	s->table = gate_table_new();
	if (!s->table || gate_table_add(s->table, &s->at, FIRST_PORT, FIRST_PORT + PORTS - 1) != 0)
		die("table");
	if (kind != QUEUE)
		s->conf.sieve = syngate_sieve_new(&s->conf, s->table);
	s->gate = syngate_new(&s->conf, s->table);
	if (!s->gate)
		exit(1);
	if (kind == SHARED)
		s->shared = open_listener(s, &(const struct gate_rule){ .mode = GATE_OPEN });
}

static void
stop(struct side *s, enum kind kind)
{
	if (kind == SHARED)
		close(s->shared);
	syngate_free(s->gate);
	syngate_sieve_free(s->conf.sieve);
	gate_table_free(s->table);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* b NULL: a alone, not the difference. */
static void
print_spread(const char *name, const double *a, const double *b, unsigned n)
{
	static double d[ROUNDS_MAX];

	for (unsigned i = 0; i < n; i++)
		d[i] = b ? a[i] - b[i] : a[i];
	qsort(d, n, sizeof(*d), compare);
	printf(", \"%s\": [%.2f, %.2f, %.2f]", name, d[n / 2], d[n / 4], d[n * 3 / 4]);
}

static void
report(const struct side *all, unsigned rounds, unsigned sessions)
{
	static const enum kind gates[] = { SOCKET, KERNEL, QUEUE };
	struct gate_counters c;
	char name[32];

	syngate_read_counters(all[KERNEL].gate, &c);
	printf("{\"rounds\": %u, \"sessions\": %u, \"in_kernel\": %s", rounds, sessions,
	       c.passed && c.passed == c.accepted ? "true" : "false");
	for (int k = 0; k < KINDS; k++)
		print_spread(kind_names[k], all[k].us, NULL, rounds);
	print_spread("listener", all[OFF].us, all[SHARED].us, rounds);
	for (int i = 0; i < 3; i++) {
		const struct side *s = &all[gates[i]];

		snprintf(name, sizeof(name), "gate-%s", kind_names[gates[i]]);
		print_spread(name, s->us, all[OFF].us, rounds);
		snprintf(name, sizeof(name), "both-%s", kind_names[gates[i]]);
		print_spread(name, s->us, all[SHARED].us, rounds);
		printf(", \"thread-%s\": %.2f", kind_names[gates[i]], (double)s->gate_ns / 1e3 / rounds / sessions);
	}
	printf("}\n");
}

static unsigned
number(const char *text, unsigned max)
{
	unsigned long v = strtoul(text, NULL, 10);

	if (v == 0 || v > max) {
		fprintf(stderr, "usage: bench_gate [ROUNDS [SESSIONS]]\n");
		exit(2);
	}
	return (unsigned)v;
}

static void
measure(struct side *all, unsigned rounds, unsigned sessions)
{
	for (int k = 0; k < KINDS; k++)
		all[k].gate_ns = gate_thread_ns(&all[k]);
	for (unsigned r = 0; r < rounds; r++) {
		for (int k = 0; k < KINDS; k++) {
			uint64_t before = cpu_ns();

			for (unsigned i = 0; i < sessions; i++)
				do_session(&all[k], (enum kind)k);
			all[k].us[r] = (double)(cpu_ns() - before) / 1e3 / sessions;
		}
	}
	for (int k = 0; k < KINDS; k++)
		all[k].gate_ns = gate_thread_ns(&all[k]) - all[k].gate_ns;
}

int
main(int argc, char **argv)
{
	static struct side all[KINDS];
	unsigned rounds = argc > 1 ? number(argv[1], ROUNDS_MAX) : 300;
	unsigned sessions = argc > 2 ? number(argv[2], SESSIONS_MAX) : 100;

	log_open("bench_gate", LOG_TO_STDERR, LOG_LVL_ERROR);
	isolate();
	for (int k = 0; k < KINDS; k++)
		start(&all[k], (enum kind)k);
	for (unsigned i = 0; i < KINDS * sessions; i++) /* warm */
		do_session(&all[i % KINDS], (enum kind)(i % KINDS));
	measure(all, rounds, sessions);
	report(all, rounds, sessions);
	for (int k = 0; k < KINDS; k++)
		stop(&all[k], (enum kind)k);
	return 0;
}
