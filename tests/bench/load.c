/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/bench/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"

enum { MIB = 1 << 20 };

/* Latencies in microseconds. */
struct samples {
	uint32_t *us;
	uint64_t n, cap;
};

struct load {
	struct load_conf conf;
	struct loop *loop;
	struct ue_env *env;
	struct mgc *mgc;
	struct ue *ues;
	struct call *calls; /* made beforehand */
	char fingerprint[LOAD_FPR_TEXT];
	uint64_t to_make, asked, made, next_call; /* calls */
	uint64_t to_start, begun;          /* sessions */
	uint64_t open, quiet;  /* UEs that are connected; that have had their first answer */
	uint64_t octets, units, failed, late, reached;
	bool floods, measures, done;
	struct load_usage before, after;
	struct samples reply, first, session;
	struct ue **idle; /* fixed rate: who may ask next, first in first out */
	uint64_t idle_from, idle_to, next_ask_ns;
	struct loop_timer limit, settled;
};

static void
add_sample(struct samples *s, uint64_t since_ns)
{
	if (s->n < s->cap)
		s->us[s->n++] = (uint32_t)((load_now_ns() - since_ns) / 1000);
}

static void
need_samples(struct samples *s, uint64_t cap)
{
	s->us = calloc(cap ? cap : 1, sizeof(*s->us));
	s->cap = cap;
	if (!s->us)
		abort();
}

/* ---- the measured window ---- */

static void
count_unit(struct load *x, uint64_t n)
{
	x->units += n;
	if (!x->measures && x->units >= x->conf.warm) {
		x->measures = true;
		x->units = 0;
		x->reply.n = x->first.n = x->session.n = 0;
		load_usage_read(&x->conf, &x->before);
	} else if (x->measures && !x->done && x->units >= x->conf.units) {
		x->done = true;
		x->reached = x->units;
		load_usage_read(&x->conf, &x->after);
		loop_stop(x->loop);
	}
}

static void
on_octets(void *arg, size_t n)
{
	struct load *x = arg;
	uint64_t before = x->octets / MIB;

	x->octets += n;
	if (x->octets / MIB != before)
		count_unit(x, x->octets / MIB - before);
}

static void on_called(void *arg, int err);

/* ---- UEs ---- */

static void
start_ue(struct load *x, struct ue *u)
{
	if (x->mgc && x->conf.order_inline) {
		mgc_call(x->mgc, &u->call, on_called, u);
		return;
	}
	if (x->mgc)
		u->call = x->calls[x->next_call++];
	ue_start(u, x->mgc ? &u->call.t1 : &x->conf.target);
}

/* The next session on this UE, or a new one. */
static void
next_session(struct load *x, struct ue *u)
{
	if (x->done || x->begun >= x->to_start)
		return;
	x->begun++;
	start_ue(x, u);
}

static void
on_called(void *arg, int err)
{
	struct ue *u = arg;

	if (err)
		exit(1);
	ue_start(u, &u->call.t1);
}

static void
park(struct load *x, struct ue *u)
{
	x->idle[x->idle_to++ % x->conf.ues] = u;
}

/* Everybody is connected and has been answered once: now the load. */
static void
flood(struct load *x)
{
	x->floods = true;
	x->next_ask_ns = load_now_ns();
	for (unsigned i = 0; i < x->conf.ues && !x->done; i++) {
		if (x->conf.mode == LOAD_MESSAGES && x->conf.rate)
			park(x, &x->ues[i]);
		else if (x->conf.mode == LOAD_MESSAGES)
			ue_ask(&x->ues[i]);
		else if (x->conf.mode != LOAD_IDLE)
			ue_flood(&x->ues[i]);
	}
	if (x->conf.mode == LOAD_IDLE) {
		fprintf(stderr, "load: all are up\n");
		loop_timer_set(&x->settled, x->conf.settle_ms);
	}
}

static void
on_open(void *arg, struct ue *u)
{
	struct load *x = arg;

	x->open++;
	/* Bulk does not begin with a message. */
	if (x->conf.mode == LOAD_UP || x->conf.mode == LOAD_DOWN) {
		next_session(x, u + 1);
		if (x->open == x->conf.ues)
			flood(x);
	} else {
		ue_ask(u);
	}
}

static void
on_reply(void *arg, struct ue *u)
{
	struct load *x = arg;

	if (u->n_replies == 1)
		add_sample(&x->first, u->open_ns);
	if (x->conf.mode == LOAD_SESSIONS) {
		ue_finish(u);
	} else if (x->floods) {
		add_sample(&x->reply, u->asked_ns);
		count_unit(x, 1);
		if (x->conf.rate)
			park(x, u);
		else if (!x->done)
			ue_ask(u);
	} else {
		x->quiet++;
		next_session(x, &x->ues[x->begun % x->conf.ues]);
		if (x->quiet == x->conf.ues)
			flood(x);
	}
}

static void
on_end(void *arg, struct ue *u, bool ok)
{
	struct load *x = arg;

	if (x->done)
		return;
	/* Out of very many one may come to grief on a busy machine; the port takes the next connection. */
	if (x->conf.mode == LOAD_IDLE && x->mgc && u->n_replies == 0 && ++x->failed <= x->conf.ues / 100) {
		ue_start(u, &u->call.t1);
		return;
	}
	if (!ok || x->conf.mode != LOAD_SESSIONS) {
		if (++x->failed > 10 || x->conf.mode != LOAD_SESSIONS)
			exit(1);
	}
	if (x->conf.order_inline && u->call.ctx)
		mgc_hang_up(x->mgc, &u->call);
	add_sample(&x->session, u->began_ns);
	count_unit(x, 1);
	next_session(x, u);
}

/* ---- phases ---- */

static void
start_load(struct load *x)
{
	unsigned n = x->conf.ues;

	if (x->conf.mode == LOAD_UP || x->conf.mode == LOAD_DOWN)
		n = 1; /* each starts the next one */
	else if (x->conf.mode != LOAD_SESSIONS && n > LOAD_H248_WINDOW)
		n = LOAD_H248_WINDOW;
	for (unsigned i = 0; i < n; i++)
		next_session(x, &x->ues[i]);
}

static void
on_made(void *arg, int err)
{
	struct load *x = arg;

	if (err)
		exit(1);
	if (x->asked < x->to_make)
		mgc_call(x->mgc, &x->calls[x->asked++], on_made, x);
	if (++x->made == x->to_make)
		start_load(x);
}

static void
on_ready(void *arg)
{
	struct load *x = arg;

	if (x->conf.mode == LOAD_IDLE)
		load_usage_read(&x->conf, &x->before);
	x->to_make = x->mgc && !x->conf.order_inline ? x->to_start : 0;
	if (x->to_make == 0) {
		start_load(x);
		return;
	}
	x->calls = calloc(x->to_make, sizeof(*x->calls));
	if (!x->calls)
		abort();
	while (x->asked < x->to_make && x->asked < LOAD_H248_WINDOW)
		mgc_call(x->mgc, &x->calls[x->asked++], on_made, x);
}

static void
on_limit(struct loop_timer *t)
{
	struct load *x = t->arg;

	fprintf(stderr, "load: time is over: %llu units, %llu open, %llu calls made\n", (unsigned long long)x->units,
	        (unsigned long long)x->open, (unsigned long long)x->made);
	exit(1);
}

static void
on_settled(struct loop_timer *t)
{
	struct load *x = t->arg;

	load_usage_read(&x->conf, &x->after);
	x->reached = x->quiet;
	x->done = true;
	loop_stop(x->loop);
}

/* A message every 1/rate s, by turning without waiting: the core is ours. */
static void
turn_at_rate(struct load *x)
{
	const uint64_t step = 1000000000 / x->conf.rate;

	while (!x->done) {
		uint64_t now = load_now_ns();

		while (x->floods && now >= x->next_ask_ns && !x->done) {
			x->next_ask_ns += step;
			if (x->idle_from == x->idle_to)
				x->late++;
			else
				ue_ask(x->idle[x->idle_from++ % x->conf.ues]);
		}
		loop_poll(x->loop);
	}
}

/* ---- report ---- */

static int
compare_us(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void
print_samples(const char *name, struct samples *s)
{
	if (s->n == 0)
		return;
	qsort(s->us, s->n, sizeof(*s->us), compare_us);
	printf(", \"%s_us\": [%u, %u, %u]", name, s->us[s->n / 2], s->us[s->n * 99 / 100], s->us[s->n - 1]);
}

static void
report(struct load *x)
{
	const struct load_usage *a = &x->before, *b = &x->after;
	double units = (double)(x->reached ? x->reached : 1);

	printf("{\"mode\": \"%s\", \"units\": %.0f, \"seconds\": %.3f, \"cpu_us\": %.3f, \"load_us\": %.3f",
	       load_mode_name(x->conf.mode), units, (double)(b->wall_ns - a->wall_ns) / 1e9,
	       (double)(b->cpu_ns - a->cpu_ns) / units / 1e3, (double)(b->own_cpu_ns - a->own_cpu_ns) / units / 1e3);
	for (unsigned i = 0; i < b->n_threads; i++)
		for (unsigned k = 0; k < a->n_threads; k++)
			if (strcmp(a->threads[k].name, b->threads[i].name) == 0 && b->n_threads > 1 &&
			    b->n_threads <= 8)
				printf(", \"%s_us\": %.3f", b->threads[i].name,
				       (double)(b->threads[i].cpu_ns - a->threads[k].cpu_ns) / units / 1e3);
	if (x->conf.mode == LOAD_IDLE)
		printf(", \"rss_kb\": %.3f, \"private_kb\": %.3f", ((double)b->rss_kb - (double)a->rss_kb) / units,
		       ((double)b->private_kb - (double)a->private_kb) / units);
	print_samples("session", &x->session);
	print_samples("first_reply", &x->first);
	print_samples("reply", &x->reply);
	printf(", \"late\": %llu, \"failed\": %llu}\n", (unsigned long long)x->late, (unsigned long long)x->failed);
	fflush(stdout);
}

/* ---- life ---- */

static void
prepare(struct load *x)
{
	static const struct ue_owner owner = {
		.on_open = on_open, .on_reply = on_reply, .on_octets = on_octets, .on_end = on_end
	};
	int err = core_new(x->loop, &x->conf, on_octets, x);

	if (err) {
		fprintf(stderr, "load: server: %s\n", err_str(err));
		exit(1);
	}
	x->env = ue_env_new(x->loop, &x->conf, &owner, x, x->fingerprint);
	x->ues = calloc(x->conf.ues, sizeof(*x->ues));
	x->idle = calloc(x->conf.ues, sizeof(struct ue *));
	if (!x->env || !x->ues || !x->idle)
		exit(1);
	for (unsigned i = 0; i < x->conf.ues; i++)
		ue_init(&x->ues[i], x->env);
	x->to_start = x->conf.mode == LOAD_SESSIONS ? x->conf.units + x->conf.warm : x->conf.ues;
	need_samples(&x->first, x->to_start);
	need_samples(&x->session, x->conf.mode == LOAD_SESSIONS ? x->to_start : 0);
	need_samples(&x->reply, x->conf.mode == LOAD_MESSAGES ? x->conf.units + x->conf.warm : 0);
	loop_timer_init(&x->limit, x->loop, on_limit, x);
	loop_timer_set(&x->limit, x->conf.limit_s * 1000ull);
	loop_timer_init(&x->settled, x->loop, on_settled, x);
}

int
load_run(const struct load_conf *conf)
{
	static struct load x;

	x.conf = *conf;
	x.loop = loop_new();
	if (!x.loop)
		return 1;
	prepare(&x);
	if (conf->target.family != ADDR_NONE) {
		on_ready(&x);
	} else {
		x.mgc = mgc_new(x.loop, &x.conf, x.fingerprint, on_ready, &x);
		if (!x.mgc) {
			fprintf(stderr, "load: cannot listen as MGC\n");
			return 1;
		}
	}
	if (conf->rate)
		turn_at_rate(&x);
	else
		loop_run(x.loop);
	report(&x);
	loop_timer_stop(&x.limit);
	if (conf->hold && conf->mode == LOAD_IDLE && x.mgc)
		return load_hold(x.loop, x.mgc, x.ues, &x.conf);
	return 0; /* what is left open ends with the process */
}
