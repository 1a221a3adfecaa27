/* SPDX-License-Identifier: BSD-2-Clause */
/* Idle sessions that stay until we are told, so that many processes can hold theirs at the same time. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/bench/load.h"

struct hold {
	const struct load_conf *conf;
	struct loop *loop;
	struct mgc *mgc;
	struct ue *ues;
	unsigned next, ended, broken; /* sessions */
	struct loop_io input;
	struct loop_timer settled;
	uint64_t began_ns;
};

static void
print_left(struct hold *h, const char *when)
{
	struct load_usage u;
	unsigned fds = 0;

	load_usage_read(h->conf, &u);
	for (unsigned i = 0; i < h->conf->n_pids; i++)
		fds += load_count_fds(h->conf->pids[i]);
	printf("{\"when\": \"%s\", \"sessions\": %u, \"broken\": %u, \"descriptors\": %u, \"rss_kb\": %" PRIu64
	       ", \"private_kb\": %" PRIu64 ", \"seconds\": %.3f}\n",
	       when, h->conf->ues - h->ended, h->broken, fds, u.rss_kb, u.private_kb,
	       (double)(load_now_ns() - h->began_ns) / 1e9);
	fflush(stdout);
}

static void on_ended(void *arg, const struct call_stats *st);

static void
end_next(struct hold *h)
{
	struct ue *u = &h->ues[h->next++];

	h->broken += u->state != UE_TALKING;
	mgc_end(h->mgc, &u->call, on_ended, h);
	ue_close(u);
}

static void
on_ended(void *arg, const struct call_stats *st)
{
	struct hold *h = arg;

	h->ended++;
	h->broken += st->n != 2;
	if (h->next < h->conf->ues)
		end_next(h);
	else if (h->ended == h->conf->ues)
		loop_timer_set(&h->settled, h->conf->settle_ms);
}

static void
on_settled(struct loop_timer *t)
{
	struct hold *h = t->arg;

	print_left(h, "ended");
	loop_stop(h->loop);
}

static void
on_input(struct loop_io *io, unsigned ready)
{
	struct hold *h = io->arg;
	char buf[64];

	(void)ready;
	if (read(io->fd, buf, sizeof(buf)) > 0)
		return;
	loop_io_stop(io);
	h->began_ns = load_now_ns();
	while (h->next < h->conf->ues && h->next < LOAD_H248_WINDOW)
		end_next(h);
}

int
load_hold(struct loop *l, struct mgc *m, struct ue *ues, const struct load_conf *c)
{
	struct hold h = { .conf = c, .loop = l, .mgc = m, .ues = ues, .began_ns = load_now_ns() };

	print_left(&h, "held");
	loop_timer_init(&h.settled, l, on_settled, &h);
	loop_io_init(&h.input, l, STDIN_FILENO, on_input, &h);
	loop_io_want(&h.input, LOOP_READ);
	loop_run(l);
	return h.broken ? 1 : 0;
}
