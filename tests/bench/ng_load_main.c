/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/ng_load.h"

static const char usage[] =
	"usage: ng_load [message|audio] --target=HOST:PORT [...]\n"
	"  message         terminating MSRP calls with e2ae (ims-alg)\n"
	"  audio           RTP calls (rtpengine)\n"
	"  --target        NG over UDP\n"
	"  --window=N      calls at a time (32)\n"
	"  --rate=N        calls begun in a second (as many as the window lets)\n"
	"  --calls=N       to measure, each an offer, an answer and a delete (10000)\n"
	"  --warm=N        before them (a tenth)\n"
	"  --limit=S       give up after (120)\n"
	"  --show          one call; prints the replies\n"
	"  --pid=PID       a process whose CPU time is wanted (may be repeated)\n";

static void __attribute__((noreturn))
bad_usage(const char *why)
{
	fprintf(stderr, "ng_load: %s\n%s", why, usage);
	exit(2);
}

static uint32_t
number(const char *text, uint32_t max)
{
	uint32_t v;

	if (span_u32(span_str(text), max, &v) != 0)
		bad_usage(text);
	return v;
}

enum { TARGET = 1, WINDOW, RATE, CALLS, WARM, LIMIT, SHOW, PID };

static const struct option options[] = {
	{ "target", 1, NULL, TARGET }, { "window", 1, NULL, WINDOW }, { "rate", 1, NULL, RATE },
	{ "calls", 1, NULL, CALLS },   { "warm", 1, NULL, WARM },     { "limit", 1, NULL, LIMIT },
	{ "show", 0, NULL, SHOW },     { "pid", 1, NULL, PID },       { NULL, 0, NULL, 0 },
};

static void
take(struct ng_load_conf *c, int o, const char *value)
{
	switch (o) {
	case TARGET:
		if (addr_parse_hostport(span_str(value), &c->target) != 0)
			bad_usage(value);
		break;
	case WINDOW: c->window = number(value, NG_WINDOW_MAX); break;
	case RATE: c->rate = number(value, NG_CALLS_MAX); break;
	case CALLS: c->calls = number(value, NG_CALLS_MAX); break;
	case WARM: c->warm = number(value, NG_CALLS_MAX); break;
	case LIMIT: c->limit_s = number(value, 3600); break;
	case SHOW: c->shows = true; break;
	case PID:
		if (c->n_pids < NG_PIDS_MAX)
			c->pids[c->n_pids++] = (int)number(value, 1 << 30);
		break;
	default: bad_usage("unknown option");
	}
}

int
main(int argc, char **argv)
{
	struct ng_load_conf c = { .window = 32, .calls = 10000, .warm = UINT32_MAX, .limit_s = 120 };
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1)
		take(&c, o, optarg);
	if (optind < argc)
		c.audio = span_eqs(span_str(argv[optind]), "audio");
	if (c.target.family == ADDR_NONE || !c.window || !c.calls)
		bad_usage("--target is needed, and a window and calls above 0");
	if (c.shows)
		c.calls = c.window = 1;
	if (c.warm == UINT32_MAX)
		c.warm = c.shows ? 0 : c.calls / 10;
	return ng_load_run(&c);
}
