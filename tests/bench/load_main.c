/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/bench/load.h"

static const char usage[] =
	"usage: load MODE --core=HOST:PORT --cert=PEM --key=PEM (--target=HOST:PORT | --mgc=HOST:PORT) [...]\n"
	"  MODE            sessions, messages, up, down or idle\n"
	"  --target        the proxy's one port\n"
	"  --mgc           listen here as H.248 controller of ims-agw: a port for each session\n"
	"  --inline        contexts are made and removed within the measurement (sessions)\n"
	"  --core          the server behind the proxy listens here\n"
	"  --ues=N         sessions at a time (50)\n"
	"  --units=N       sessions, messages or MiB to measure (1000)\n"
	"  --warm=N        before them (a tenth)\n"
	"  --rate=N        messages a second\n"
	"  --limit=S       give up after (120)\n"
	"  --settle=MS     idle: silence before memory is looked at (3000)\n"
	"  --hold          idle: the sessions stay until standard input ends\n"
	"  --plain         no TLS: bytes that a gateway only carries\n"
	"  --nagle         the UEs do not set TCP_NODELAY\n"
	"  --pid=PID       a process of the proxy (may be repeated)\n";

static const char *const mode_names[LOAD_MODES] = {
	[LOAD_SESSIONS] = "sessions", [LOAD_MESSAGES] = "messages", [LOAD_UP] = "up",
	[LOAD_DOWN] = "down",         [LOAD_IDLE] = "idle",
};

const char *
load_mode_name(enum load_mode mode)
{
	return mode_names[mode];
}

static void __attribute__((noreturn))
bad_usage(const char *why)
{
	fprintf(stderr, "load: %s\n%s", why, usage);
	exit(2);
}

static uint64_t
number(const char *text, uint64_t max)
{
	char *end;
	unsigned long long v = strtoull(text, &end, 10);

	if (*end || end == text || v > max)
		bad_usage(text);
	return v;
}

static struct addr
address(const char *text)
{
	struct addr a;

	if (addr_parse_hostport(span_str(text), &a) != 0)
		bad_usage(text);
	return a;
}

enum { UES = 1, UNITS, WARM, RATE, LIMIT, SETTLE, HOLD, NAGLE, PLAIN, PID, TARGET, MGC, INLINE, CORE, CERT, KEY };

static const struct option options[] = {
	{ "ues", 1, NULL, UES },       { "units", 1, NULL, UNITS },   { "warm", 1, NULL, WARM },
	{ "rate", 1, NULL, RATE },     { "limit", 1, NULL, LIMIT },   { "settle", 1, NULL, SETTLE },
	{ "nagle", 0, NULL, NAGLE },   { "plain", 0, NULL, PLAIN },
	{ "pid", 1, NULL, PID },       { "target", 1, NULL, TARGET },
	{ "mgc", 1, NULL, MGC },       { "inline", 0, NULL, INLINE }, { "core", 1, NULL, CORE },
	{ "cert", 1, NULL, CERT },     { "key", 1, NULL, KEY },       { "hold", 0, NULL, HOLD },
	{ NULL, 0, NULL, 0 },
};

static void
take(struct load_conf *c, int o, const char *value)
{
	switch (o) {
	case UES: c->ues = (unsigned)number(value, LOAD_UES_MAX); break;
	case UNITS: c->units = number(value, LOAD_UNITS_MAX); break;
	case WARM: c->warm = number(value, LOAD_UNITS_MAX); break;
	case RATE: c->rate = (unsigned)number(value, 1000000); break;
	case LIMIT: c->limit_s = (unsigned)number(value, 3600); break;
	case SETTLE: c->settle_ms = (unsigned)number(value, 60000); break;
	case HOLD: c->hold = true; break;
	case NAGLE: c->nagle = true; break;
	case PLAIN: c->plain = true; break;
	case PID:
		if (c->n_pids < LOAD_PIDS_MAX)
			c->pids[c->n_pids++] = (int)number(value, 1 << 30);
		break;
	case TARGET: c->target = address(value); break;
	case MGC: c->mgc = address(value); break;
	case INLINE: c->order_inline = true; break;
	case CORE: c->core = address(value); break;
	case CERT: c->cert = value; break;
	case KEY: c->key = value; break;
	default: bad_usage("unknown option");
	}
}

int
main(int argc, char **argv)
{
	struct load_conf c = { .mode = LOAD_MODES, .ues = 50, .units = 1000, .warm = UINT64_MAX, .limit_s = 120,
		               .settle_ms = 3000 };
	struct rlimit r;
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1)
		take(&c, o, optarg);
	for (unsigned i = 0; optind < argc && i < LOAD_MODES; i++)
		if (strcmp(argv[optind], mode_names[i]) == 0)
			c.mode = (enum load_mode)i;
	if (c.mode == LOAD_MODES || c.core.family == ADDR_NONE || !c.cert || !c.key || c.ues == 0 || c.units == 0)
		bad_usage("a mode, --core, --cert and --key are needed");
	if ((c.target.family == ADDR_NONE) == (c.mgc.family == ADDR_NONE))
		bad_usage("either --target or --mgc");
	if (c.warm == UINT64_MAX)
		c.warm = c.units / 10;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	signal(SIGPIPE, SIG_IGN);
	return load_run(&c);
}
