/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/bench/soak.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"

enum { MIB = 1 << 20, REPORTS = 8, LOOK_MS = 100, LOOKS_MAX = 600 };

struct soak;

struct session {
	struct soak *soak;
	struct soak_end end[2]; /* of the access side, of the core side */
	struct call call;
	enum soak_plan plan;
	uint64_t number, cut_at; /* SOAK_SUBTRACT: octets got, both ways */
	bool is_leaving, is_aware;
	struct loop_timer limit; /* a session that does not move */
};

struct soak {
	struct soak_conf conf;
	struct loop *loop;
	struct mgc *mgc;
	struct soak_env *env;
	struct session *sessions;
	char fingerprint[LOAD_FPR_TEXT];
	uint64_t random, begun, ended, octets, next_report;
	uint64_t plans[SOAK_PLANS], pairs[16], aware, ipv6;
	uint64_t began_ns;
	unsigned live, round, fds, looks;
	uint64_t settled_kb; /* private memory when everything had happened once */
	uint64_t until_sessions, until_octets; /* of this round */
	struct loop_timer over, settled;
};

static const char *const plan_names[SOAK_PLANS] = { "both", "reply", "abort", "subtract", "empty" };
static const char *const fate_names[] = { "goes on", "done", "was reset", "was cut", "did abort", "broke" };

/* ---- what the gateway uses ---- */

static uint64_t
print_usage(struct soak *x, const char *when)
{
	struct load_conf lc = { .mode = LOAD_IDLE, .pids = { x->conf.pid }, .n_pids = x->conf.pid ? 1 : 0 };
	struct load_usage u;

	load_usage_read(&lc, &u);
	printf("%-8s sessions=%" PRIu64 " gib=%.2f seconds=%.1f rss_kb=%" PRIu64 " private_kb=%" PRIu64 " descriptors=%u "
	       "cpu_s=%.1f\n", when, x->ended, (double)x->octets / (1 << 30),
	       (double)(load_now_ns() - x->began_ns) / 1e9, u.rss_kb, u.private_kb, load_count_fds(x->conf.pid),
	       (double)u.cpu_ns / 1e9);
	fflush(stdout);
	return u.private_kb;
}

/* ---- one session ---- */

static void __attribute__((noreturn))
fail(const struct session *s, const char *why)
{
	fprintf(stderr, "soak: session %" PRIu64 " context %u plan %s%s: %s (seed %" PRIu64 ")\n", s->number,
	        s->call.ctx, plan_names[s->plan], s->is_aware ? " aware" : "", why, s->soak->conf.seed);
	for (unsigned i = 0; i < 2; i++) {
		const struct soak_end *e = &s->end[i];

		fprintf(stderr, "  %s: %s %s, up=%d finished=%d eof=%d deaf=%d mute=%d holds=%d, sent %" PRIu64 " of %" PRIu64
		        ", got %" PRIu64 ", %s %s\n", i ? "core" : "access", e->tls ? "TLS" : "TCP",
		        e->connects ? "client" : "server", e->is_up, e->finished, e->eof, e->deaf, e->mute, e->holds,
		        e->sent, e->to_send, e->got, fate_names[e->fate], e->why ? e->why : "");
	}
	exit(1);
}

static void begin(struct session *s);

static bool
is_over(const struct soak *x)
{
	return x->begun >= x->until_sessions || x->octets >= x->until_octets;
}

static void
end_round(struct loop_timer *t)
{
	struct soak *x = t->arg;
	uint64_t kb;

	/* A socket may outlive its session for some seconds, until its peer has ended, too. */
	if (load_count_fds(x->conf.pid) != x->fds) {
		if (x->looks++ == LOOKS_MAX) {
			fprintf(stderr, "soak: descriptors are left\n");
			exit(1);
		}
		loop_timer_set(t, LOOK_MS);
		return;
	}
	kb = print_usage(x, "done");
	if (x->conf.memory_kb && x->settled_kb && kb > x->settled_kb + x->conf.memory_kb) {
		fprintf(stderr, "soak: memory grows\n");
		exit(1);
	}
	if (!x->settled_kb)
		x->settled_kb = kb;
	loop_timer_set(&x->settled, x->conf.settle_s * 1000ull);
}

/* The controller's figures are those of the ends, when all was sent. */
static void
on_stats(void *arg, const struct call_stats *st)
{
	struct session *s = arg;
	struct soak *x = s->soak;

	if (st->n != 2)
		fail(s, "no statistics");
	for (unsigned i = 0; i < 2 && s->plan <= SOAK_REPLY; i++)
		if (st->in[i] != s->end[i].wire_sent || st->out[i] != s->end[i].wire_got)
			fail(s, "wrong statistics");
	for (unsigned i = 0; i < 2; i++)
		soak_end_fini(&s->end[i]);
	x->ended++;
	if (!is_over(x))
		begin(s);
	else if (--x->live == 0)
		loop_timer_set(&x->over, 0);
}

static void
leave(struct session *s)
{
	if (s->is_leaving)
		return;
	s->is_leaving = true;
	loop_timer_stop(&s->limit);
	/* The gateway may connect before its answer to the Add is here. */
	if (s->call.ctx)
		mgc_end(s->soak->mgc, &s->call, on_stats, s);
}

static void
judge(struct session *s)
{
	const struct soak_end *a = &s->end[0], *b = &s->end[1];

	for (unsigned i = 0; i < 2; i++)
		if (s->end[i].got > s->end[!i].sent || s->end[i].fate == SOAK_BROKE)
			fail(s, "an end broke");
	switch (s->plan) {
	case SOAK_BOTH:
	case SOAK_REPLY:
		if (a->fate != SOAK_DONE || b->fate != SOAK_DONE || a->got != b->to_send || b->got != a->to_send)
			fail(s, "not everything arrived");
		break;
	case SOAK_ABORT:
		/* The end-line of a chunk that was cut off goes before an orderly end. */
		if (s->is_aware && (a->fate == SOAK_DID_ABORT || b->fate == SOAK_DID_ABORT))
			break;
		if ((a->fate != SOAK_DID_ABORT || b->fate != SOAK_WAS_RESET) &&
		    (b->fate != SOAK_DID_ABORT || a->fate != SOAK_WAS_RESET))
			fail(s, "a reset did not become a reset");
		break;
	case SOAK_SUBTRACT:
	case SOAK_EMPTY:
	case SOAK_PLANS:
		break;
	}
}

static void
on_end(void *arg, struct soak_end *e)
{
	struct session *s = arg;

	(void)e;
	if (s->is_leaving)
		return;
	if (s->end[0].fate == SOAK_GOES_ON || s->end[1].fate == SOAK_GOES_ON)
		return;
	judge(s);
	leave(s);
}

static void
on_progress(void *arg, struct soak_end *e, size_t got)
{
	struct session *s = arg;
	struct soak *x = s->soak;

	x->octets += got;
	loop_timer_set(&s->limit, x->conf.limit_s * 1000ull);
	if (x->conf.mib && x->octets >= x->next_report) {
		uint64_t kb = print_usage(x, "moved");

		if (!x->settled_kb)
			x->settled_kb = kb;
		x->next_report += x->conf.mib * MIB / REPORTS;
	}
	if (s->plan == SOAK_SUBTRACT && s->end[0].got + s->end[1].got >= s->cut_at)
		leave(s);
	/* Both are up: what the other gets then is a reset and not a connection that never was. */
	if (e->got >= e->abort_at)
		soak_end_abort(e);
}

static void
on_limit(struct loop_timer *t)
{
	fail(t->arg, "nothing moves any more");
}

/* ---- plans ---- */

/* IPv6 or not, application-aware or not. */
static void
set_kinds(struct session *s, uint64_t r)
{
	struct soak *x = s->soak;
	bool aware = s->plan != SOAK_EMPTY && (r >> 8) % 100 < x->conf.aware;

	for (unsigned i = 0; i < 2; i++) {
		struct soak_end *e = &s->end[i];

		if (x->conf.ipv6 && (r >> i) & 1) {
			e->local = (struct addr){ .family = ADDR_V6, .ip = { [15] = 1 } };
			x->ipv6++;
		}
		if (aware)
			e->msrp = soak_msrp_new(e->seed[0], e->tls, &e->local);
	}
	x->aware += aware;
	s->is_aware = aware;
}

static void
make_plan(struct session *s)
{
	struct soak *x = s->soak;
	uint64_t r = soak_random(&x->random);
	unsigned first = (r >> 8) & 1;

	s->plan = x->conf.empty                ? SOAK_EMPTY
	          : r % 16 < 6                 ? SOAK_BOTH
	          : r % 16 < 11                ? SOAK_REPLY
	          : r % 16 < 13                ? SOAK_ABORT
	          : r % 16 < 15                ? SOAK_SUBTRACT
	                                       : SOAK_EMPTY;
	for (unsigned i = 0; i < 2; i++) {
		struct soak_end *e = &s->end[i];

		soak_end_init(e, x->env);
		e->arg = s;
		e->tls = (r >> (10 + i)) & 1;
		e->connects = (r >> (12 + i)) & 1;
		e->to_send = soak_random_size(&x->random, x->conf.max_size);
		e->seed[0] = s->number * 2 + i;
		e->seed[1] = s->number * 2 + !i;
	}
	set_kinds(s, r >> 32);
	s->end[first].holds = s->plan == SOAK_REPLY;
	if (s->plan == SOAK_ABORT) {
		s->end[!first].to_send++;
		s->end[first].to_send = x->conf.max_size;
		s->end[first].abort_at = 1 + soak_random(&x->random) % s->end[!first].to_send;
	}
	if (s->plan == SOAK_SUBTRACT) {
		s->end[0].to_send++;
		s->cut_at = 1 + soak_random(&x->random) % s->end[0].to_send;
	}
	x->plans[s->plan]++;
	x->pairs[(r >> 10) & 15] += s->plan != SOAK_EMPTY;
}

static void
on_called(void *arg, int err)
{
	struct session *s = arg;

	if (err)
		fail(s, "no context");
	if (s->is_leaving) {
		mgc_end(s->soak->mgc, &s->call, on_stats, s);
		return;
	}
	if (s->plan == SOAK_EMPTY) {
		leave(s);
		return;
	}
	for (unsigned i = 0; i < 2; i++)
		soak_end_set_path(&s->end[i], s->call.path[i]);
	soak_end_start(&s->end[0], &s->call.t1);
	soak_end_start(&s->end[1], &s->call.t2);
}

static void
begin(struct session *s)
{
	struct soak *x = s->soak;
	struct call_side side[2];

	s->number = ++x->begun;
	s->is_leaving = false;
	make_plan(s);
	for (unsigned i = 0; i < 2; i++) {
		struct soak_end *e = &s->end[i];

		if (s->plan != SOAK_EMPTY && soak_end_listen(e) != 0)
			fail(s, "no listener");
		side[i] = (struct call_side){ .tls = e->tls, .listens = e->connects || s->plan == SOAK_EMPTY,
			                      .peer = e->local, .path = e->msrp ? soak_msrp_own(e->msrp) : NULL };
	}
	loop_timer_set(&s->limit, x->conf.limit_s * 1000ull);
	mgc_pair(x->mgc, &s->call, side, on_called, s);
}

static void
begin_round(struct soak *x)
{
	x->looks = 0;
	x->until_sessions = x->conf.sessions ? x->begun + x->conf.sessions : UINT64_MAX;
	x->until_octets = x->conf.mib ? x->octets + x->conf.mib * MIB : UINT64_MAX;
	x->next_report = x->octets + x->conf.mib * MIB / REPORTS;
	for (unsigned i = 0; i < x->conf.parallel && !is_over(x); i++) {
		x->live++;
		begin(&x->sessions[i]);
	}
}

static void
on_ready(void *arg)
{
	struct soak *x = arg;

	x->began_ns = load_now_ns();
	print_usage(x, "begin");
	x->fds = load_count_fds(x->conf.pid);
	begin_round(x);
}

/* What the gateway keeps for a while, such as its replies, is gone. */
static void
on_settled(struct loop_timer *t)
{
	struct soak *x = t->arg;

	if (x->conf.settle_s)
		print_usage(x, "settled");
	if (++x->round < x->conf.rounds)
		begin_round(x);
	else
		loop_stop(x->loop);
}

static void
report(struct soak *x)
{
	for (unsigned i = 0; i < SOAK_PLANS; i++)
		printf("plan %s: %" PRIu64 "\n", plan_names[i], x->plans[i]);
	printf("application-aware: %" PRIu64 ", sides with IPv6: %" PRIu64 "\n", x->aware, x->ipv6);
	for (unsigned i = 0; i < 16 && !x->conf.empty; i++)
		printf("pair T1 %s %s - T2 %s %s: %" PRIu64 "\n", i & 1 ? "TLS" : "TCP", i & 4 ? "server" : "client",
		       i & 2 ? "TLS" : "TCP", i & 8 ? "server" : "client", x->pairs[i]);
}

/* ---- life ---- */

int
soak_run(const struct soak_conf *conf)
{
	static const struct soak_owner owner = { .on_progress = on_progress, .on_end = on_end };
	static struct soak x;
	struct load_conf lc = { .mode = LOAD_IDLE };

	x.conf = *conf;
	x.random = x.conf.seed;
	x.loop = loop_new();
	x.sessions = calloc(x.conf.parallel, sizeof(*x.sessions));
	if (!x.loop || !x.sessions)
		return 1;
	loop_timer_init(&x.settled, x.loop, on_settled, &x);
	loop_timer_init(&x.over, x.loop, end_round, &x);
	for (unsigned i = 0; i < x.conf.parallel; i++) {
		x.sessions[i].soak = &x;
		loop_timer_init(&x.sessions[i].limit, x.loop, on_limit, &x.sessions[i]);
	}
	x.env = soak_env_new(x.loop, x.conf.cert, x.conf.key, x.conf.seed, &owner, x.fingerprint);
	lc.mgc = x.conf.mgc;
	x.mgc = mgc_new(x.loop, &lc, x.fingerprint, on_ready, &x);
	if (!x.env || !x.mgc) {
		fprintf(stderr, "soak: cannot begin\n");
		return 3;
	}
	loop_run(x.loop);
	report(&x);
	return 0; /* the rest ends with the process */
}
