/* SPDX-License-Identifier: BSD-2-Clause */
/* The SYN gate without the rest of ims-agw: holds a gate over one address and port range in a given state, or
 * churns through it as calls do.
 *
 *   gate_probe --kind auto|nfqueue|socket|off --ip IP --ports LO-HI [--queue N] [--queues N] [--sieve yes|no]
 *              --do churn|hold|empty [--mode ignore|latch|addr|addr-port] [--remote HOST:PORT]
 *
 * churn: for each port in turn bind, arm IGNORE, listen, change the rule a few times without ever letting anybody
 * in, close. hold: a listener on every port under --mode. empty: no listener at all. Each of them goes on until
 * SIGTERM, which ends cleanly. "ready KIND" when all stands and, at the end, "counters ..." are printed. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "agw/gate.h"
#include "proto/base/log.h"

enum { LISTENERS_MAX = 1024, CHURN_PAUSE_US = 200 };

struct probe {
	struct syngate_conf conf;
	struct gate_table *table;
	struct syngate *gate;
	struct addr ip, remote;
	uint32_t lo, hi, queue, queues;
	unsigned has_no_sieve;
	enum gate_mode mode;
	const char *what;
	int fds[LISTENERS_MAX];
	unsigned fds_len;
	uint64_t rounds, accepted;
};

static volatile sig_atomic_t ended;

static void
on_term(int signum)
{
	(void)signum;
	ended = 1;
}

static void
die(const char *what)
{
	fprintf(stderr, "gate_probe: %s: %s\n", what, strerror(errno));
	exit(99);
}

static int
open_bound(const struct addr *at)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(at, &ss);
	int on = 1, fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	if (at->family == ADDR_V6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&ss, len) != 0)
		die("bind");
	return fd;
}

/* The order that ims-agw keeps: the table, then the socket's own filter, then listen. */
static void
apply(struct probe *p, int fd, const struct addr *at, enum gate_mode mode, const struct addr *remote)
{
	struct gate_rule rule = { .mode = mode };

	if (remote)
		rule.remote = *remote;
	if (gate_table_set(p->table, at, &rule) != 0 || (fd >= 0 && syngate_arm_socket(p->gate, fd, &rule) != 0))
		die("arm");
}

static void
churn_port(struct probe *p, const struct addr *at)
{
	struct addr nobody = { .family = at->family, .ip = { 203, 0, 113, 7 }, .port = 9 };
	struct timespec pause = { .tv_nsec = CHURN_PAUSE_US * 1000 };
	int fd = open_bound(at);

	if (at->family == ADDR_V6)
		nobody.ip[0] = 0x20; /* an address of that family that sends nothing */
	apply(p, fd, at, GATE_IGNORE, NULL);
	if (listen(fd, 16) != 0)
		die("listen");
	apply(p, fd, at, GATE_FILTER_ADDR_PORT, &nobody);
	nanosleep(&pause, NULL);
	apply(p, fd, at, GATE_FILTER_ADDR, &nobody);
	apply(p, fd, at, GATE_IGNORE, NULL);
	nanosleep(&pause, NULL);
	if (accept(fd, NULL, NULL) >= 0)
		p->accepted++;
	close(fd);
	p->rounds++;
}

static void
do_churn(struct probe *p)
{
	struct addr at = p->ip;

	printf("ready %s\n", syngate_kind_name(p->gate));
	for (uint32_t port = p->lo; !ended; port = port == p->hi ? p->lo : port + 1) {
		at.port = (uint16_t)port;
		churn_port(p, &at);
	}
}

static void
do_empty(const struct probe *p)
{
	struct pollfd wait = { .fd = -1 };

	printf("ready %s\n", syngate_kind_name(p->gate));
	while (!ended)
		(void)poll(&wait, 0, 50);
}

static void
do_hold(struct probe *p)
{
	struct addr at = p->ip;

	for (uint32_t port = p->lo; port <= p->hi && p->fds_len < LISTENERS_MAX; port++) {
		int fd;

		at.port = (uint16_t)port;
		fd = open_bound(&at);
		apply(p, fd, &at, p->mode, p->remote.family == ADDR_NONE ? NULL : &p->remote);
		if (listen(fd, 128) != 0)
			die("listen");
		p->fds[p->fds_len++] = fd;
	}
	do_empty(p);
}

static void
report(const struct probe *p)
{
	struct gate_counters c;
	struct rusage u;

	syngate_read_counters(p->gate, &c);
	getrusage(RUSAGE_SELF, &u);
	printf("counters syns %llu accepted %llu dropped %llu sieved %llu passed %llu foreign %llu overflows %llu rounds %llu listened %llu "
	       "cpu-ms %lld\n", (unsigned long long)c.syns, (unsigned long long)c.accepted,
	       (unsigned long long)c.dropped, (unsigned long long)c.sieved, (unsigned long long)c.passed,
	       (unsigned long long)c.foreign, (unsigned long long)c.overflows,
	       (unsigned long long)p->rounds, (unsigned long long)p->accepted,
	       (long long)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
	           (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000);
	fflush(stdout);
}

static void
usage(void)
{
	fputs("usage: gate_probe --kind K --ip IP --ports LO-HI --do churn|hold|empty ...\n", stderr);
	exit(99);
}

static unsigned
word_of(const char *word, const char *const *words)
{
	for (unsigned i = 0; words[i]; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	usage();
	return 0;
}

static void
parse_args(struct probe *p, int argc, char **argv)
{
	static const char *const kinds[] = { "auto", "nfqueue", "socket", "off", NULL };
	static const char *const modes[] = { "ignore", "latch", "addr", "addr-port", NULL };
	static const char *const sieves[] = { "yes", "no", NULL };
	static const struct option options[] = {
		{ "kind", 1, NULL, 'k' },   { "ip", 1, NULL, 'i' },   { "ports", 1, NULL, 'p' },
		{ "queue", 1, NULL, 'q' },  { "do", 1, NULL, 'd' },   { "mode", 1, NULL, 'm' },
		{ "remote", 1, NULL, 'r' }, { "queues", 1, NULL, 'n' },
		{ "sieve", 1, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	int c, err = 0;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		struct span v = span_str(optarg), rest = v;

		if (c == 'k')
			p->conf.kind = (enum syngate_kind)word_of(optarg, kinds);
		else if (c == 'm')
			p->mode = (enum gate_mode)word_of(optarg, modes);
		else if (c == 's')
			p->has_no_sieve = word_of(optarg, sieves);
		else if (c == 'i')
			err |= addr_parse_ip(v, &p->ip) != 0;
		else if (c == 'r')
			err |= addr_parse_hostport(v, &p->remote) != 0;
		else if (c == 'q')
			err |= span_u32(v, 65535, &p->queue) != 0;
		else if (c == 'n')
			err |= span_u32(v, 65535, &p->queues) != 0;
		else if (c == 'p')
			err |= span_u32(span_cut(&rest, '-'), 65535, &p->lo) != 0 || span_u32(rest, 65535, &p->hi) != 0;
		else if (c == 'd')
			p->what = optarg;
		else
			err = 1;
	}
	if (err || p->ip.family == ADDR_NONE || p->lo == 0 || p->lo > p->hi || !p->what)
		usage();
}

int
main(int argc, char **argv)
{
	static struct probe p = { .queues = 1 };
	struct sigaction sa = { .sa_handler = on_term };

	setvbuf(stdout, NULL, _IOLBF, 0);
	log_open("gate_probe", LOG_TO_STDERR, LOG_LVL_DEBUG);
	parse_args(&p, argc, argv);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	p.conf.queue_num = (uint16_t)p.queue;
	p.conf.queue_count = (uint16_t)p.queues;
	p.table = gate_table_new();
	if (!p.table || gate_table_add(p.table, &p.ip, (uint16_t)p.lo, (uint16_t)p.hi) != 0)
		die("table");
	if (!p.has_no_sieve)
		p.conf.sieve = syngate_sieve_new(&p.conf, p.table);
	p.gate = syngate_new(&p.conf, p.table);
	if (!p.gate)
		return 1;
	if (strcmp(p.what, "churn") == 0)
		do_churn(&p);
	else if (strcmp(p.what, "hold") == 0)
		do_hold(&p);
	else
		do_empty(&p);
	report(&p);
	for (unsigned i = 0; i < p.fds_len; i++)
		close(p.fds[i]);
	syngate_free(p.gate);
	syngate_sieve_free(p.conf.sieve);
	gate_table_free(p.table);
	return 0;
}
