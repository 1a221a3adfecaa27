/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "tests/bench/soak.h"

static const char usage[] =
	"usage: soak --mgc=HOST:PORT --cert=PEM --key=PEM [...]\n"
	"  --mgc=HOST:PORT  listen here as H.248 controller of ims-agw\n"
	"  --pid=PID        the gateway's process, whose memory and descriptors are printed\n"
	"  --mib=N          end when so much has been carried\n"
	"  --sessions=N     or after so many sessions\n"
	"  --parallel=N     sessions at a time (64)\n"
	"  --max-size=N     octets of one direction of a session (16777216)\n"
	"  --empty          nobody connects: contexts come and go\n"
	"  --aware=PERCENT  of the sessions are application-aware MSRP (0)\n"
	"  --ipv6           half of the sides\n"
	"  --rounds=N       so often (1)\n"
	"  --settle=S       silence after each round before memory is looked at again (0)\n"
	"  --memory=KB      fails when the gateway's memory grows by more after the first eighth or round\n"
	"  --seed=N         of all that is random (1)\n"
	"  --limit=S        a session that does not move for so long fails (30)\n";

enum { MGC = 1, CERT, KEY, PID, SIZE, SESSIONS, PARALLEL, MAX_SIZE, EMPTY, SEED, LIMIT, ROUNDS, SETTLE, MEMORY, AWARE, IPV6 };

static const struct option options[] = {
	{ "mgc", 1, NULL, MGC },           { "cert", 1, NULL, CERT },         { "key", 1, NULL, KEY },
	{ "pid", 1, NULL, PID },           { "mib", 1, NULL, SIZE },          { "sessions", 1, NULL, SESSIONS },
	{ "parallel", 1, NULL, PARALLEL }, { "max-size", 1, NULL, MAX_SIZE }, { "empty", 0, NULL, EMPTY },
	{ "seed", 1, NULL, SEED },         { "limit", 1, NULL, LIMIT },       { "rounds", 1, NULL, ROUNDS },
	{ "settle", 1, NULL, SETTLE },     { "memory", 1, NULL, MEMORY },
	{ "aware", 1, NULL, AWARE },       { "ipv6", 0, NULL, IPV6 },         { NULL, 0, NULL, 0 },
};

static void
take(struct soak_conf *c, int o, const char *value)
{
	uint64_t n = value ? strtoull(value, NULL, 10) : 0;

	switch (o) {
	case MGC: (void)addr_parse_hostport(span_str(value), &c->mgc); break;
	case CERT: c->cert = value; break;
	case KEY: c->key = value; break;
	case PID: c->pid = (int)n; break;
	case SIZE: c->mib = n; break;
	case SESSIONS: c->sessions = n; break;
	case PARALLEL: c->parallel = n && n <= SOAK_SESSIONS_MAX ? (unsigned)n : 64; break;
	case MAX_SIZE: c->max_size = n ? n : 1; break;
	case AWARE: c->aware = n <= 100 ? (unsigned)n : 100; break;
	case IPV6: c->ipv6 = true; break;
	case EMPTY: c->empty = true; break;
	case SEED: c->seed = n ? n : 1; break;
	case MEMORY: c->memory_kb = n; break;
	case ROUNDS: c->rounds = (unsigned)n; break;
	case SETTLE: c->settle_s = (unsigned)n; break;
	case LIMIT: c->limit_s = n ? (unsigned)n : 30; break;
	default:
		fputs(usage, stderr);
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	struct soak_conf c = { .parallel = 64, .max_size = 16 << 20, .seed = 1, .limit_s = 30 };
	struct rlimit r;
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1)
		take(&c, o, optarg);
	if (c.mgc.family == ADDR_NONE || !c.cert || !c.key || (!c.mib && !c.sessions))
		take(&c, '?', NULL);
	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	signal(SIGPIPE, SIG_IGN);
	return soak_run(&c);
}
