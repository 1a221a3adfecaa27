/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/bench/ng_load.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/io/sock.h"
#include "tests/bench/load.h"

enum { REPLY_BYTES = 65536, SECOND_NS = 1000000000, MS_NS = 1000000, SOCKET_BYTES = 4 << 20 };

/* A call under way. */
struct call_slot {
	bool used;
	enum ng_step step;
	uint32_t call, serial, tries;
	uint64_t due_ns;  /* when the step should have been sent: what the latency is counted from */
	uint64_t sent_ns; /* last */
};

struct latencies {
	uint32_t *us;
	uint32_t n, cap;
};

struct run {
	const struct ng_load_conf *conf;
	int fd;
	struct call_slot slots[NG_WINDOW_MAX];
	uint32_t free[NG_WINDOW_MAX], n_free;
	uint32_t begun, ended, serial;
	uint32_t late;    /* calls that found the window full when they were due */
	uint32_t failed;  /* refused */
	uint32_t lost;    /* calls given up without a reply */
	uint32_t repeats;
	struct latencies steps[NG_STEPS];
	bool measures;
	uint64_t start_ns;             /* of the open loop */
	uint64_t from_ns, until_ns;    /* measured */
	struct load_usage from, until;
	uint64_t pid_ns[NG_PIDS_MAX][2];
	char reply[REPLY_BYTES];
};

static uint64_t
pid_cpu_ns(int pid)
{
	const struct load_conf one = { .pids = { pid }, .n_pids = 1 };
	struct load_usage u;

	load_usage_read(&one, &u);
	return u.cpu_ns;
}

static void
mark(struct run *r, bool end)
{
	const struct load_conf none = { .n_pids = 0 };

	load_usage_read(&none, end ? &r->until : &r->from);
	for (uint32_t i = 0; i < r->conf->n_pids; i++)
		r->pid_ns[i][end] = pid_cpu_ns(r->conf->pids[i]);
}

/* ---- one call ---- */

static void
send_step(struct run *r, uint32_t slot)
{
	struct call_slot *s = &r->slots[slot];
	char buf[NG_MESSAGE_BYTES];
	size_t len = ng_load_print(buf, r->conf->audio, s->step, s->call, slot, s->serial);

	s->sent_ns = load_now_ns();
	s->tries++;
	(void)!send(r->fd, buf, len, 0); /* what the kernel drops is asked for again */
}

static void
begin_step(struct run *r, uint32_t slot, enum ng_step step, uint64_t due_ns)
{
	struct call_slot *s = &r->slots[slot];

	s->step = step;
	s->tries = 0;
	s->due_ns = due_ns;
	s->serial = r->serial++;
	send_step(r, slot);
}

static void
begin_call(struct run *r, uint64_t due_ns)
{
	uint32_t slot = r->free[--r->n_free];

	r->slots[slot] = (struct call_slot){ .used = true, .call = r->begun++ };
	begin_step(r, slot, NG_OFFER, due_ns);
}

static void
end_call(struct run *r, uint32_t slot)
{
	r->slots[slot].used = false;
	r->free[r->n_free++] = slot;
	if (++r->ended == r->conf->warm) {
		r->measures = true;
		mark(r, false);
	}
}

static void
note_latency(struct run *r, const struct call_slot *s, uint64_t now)
{
	struct latencies *l = &r->steps[s->step];

	if (r->measures && l->n < l->cap)
		l->us[l->n++] = (uint32_t)((now - s->due_ns) / 1000);
}

static void
on_reply(struct run *r, struct span reply)
{
	uint32_t slot, serial;
	struct call_slot *s;
	uint64_t now = load_now_ns();
	bool ok;

	if (!ng_load_read(reply, &slot, &serial, &ok))
		return;
	s = &r->slots[slot];
	if (!s->used || s->serial != serial)
		return; /* of a repetition */
	if (r->conf->shows)
		printf("%.*s\n\n", SPAN_FMT(reply));
	note_latency(r, s, now);
	if (!ok) {
		if (!r->failed++)
			fprintf(stderr, "ng_load: refused: %.*s\n", SPAN_FMT(reply));
		end_call(r, slot);
		return;
	}
	if (s->step == NG_DELETE)
		end_call(r, slot);
	else
		begin_step(r, slot, s->step + 1, now);
}

static void
read_replies(struct run *r)
{
	ssize_t n;

	for (int i = 0; i < 256 && (n = recv(r->fd, r->reply, sizeof(r->reply), MSG_DONTWAIT)) >= 0; i++)
		on_reply(r, span_of(r->reply, (size_t)n));
}

static void
ask_again(struct run *r)
{
	uint64_t now = load_now_ns();

	for (uint32_t i = 0; i < r->conf->window; i++) {
		struct call_slot *s = &r->slots[i];

		if (!s->used || now - s->sent_ns < (uint64_t)NG_RETRY_MS * MS_NS)
			continue;
		if (s->tries == NG_TRIES_MAX) {
			r->lost++;
			end_call(r, i);
			continue;
		}
		r->repeats++;
		send_step(r, i);
	}
}

/* ---- the run ---- */

static uint32_t
wanted(const struct run *r)
{
	return r->conf->warm + r->conf->calls;
}

/* When the next call is to begin. */
static uint64_t
due_ns(const struct run *r)
{
	return r->start_ns + (uint64_t)r->begun * SECOND_NS / r->conf->rate;
}

static void
begin_calls(struct run *r)
{
	while (r->begun < wanted(r) && r->n_free) {
		uint64_t now = load_now_ns(), due = r->conf->rate ? due_ns(r) : now;

		if (due > now)
			return;
		if (now - due > MS_NS && r->n_free == 1)
			r->late++;
		begin_call(r, due);
	}
}

static void
wait(const struct run *r)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	struct timespec ts = { .tv_nsec = 100 * MS_NS };
	uint64_t now = load_now_ns(), due;

	if (r->conf->rate && r->begun < wanted(r) && r->n_free) {
		due = due_ns(r);
		if (due <= now)
			return;
		if (due - now < (uint64_t)ts.tv_nsec)
			ts.tv_nsec = (long)(due - now);
	}
	(void)ppoll(&p, 1, &ts, NULL);
}

static bool
play(struct run *r)
{
	uint64_t end = load_now_ns() + (uint64_t)r->conf->limit_s * SECOND_NS, asked = 0, now;

	r->start_ns = load_now_ns();
	while (r->ended < wanted(r)) {
		begin_calls(r);
		wait(r);
		read_replies(r);
		now = load_now_ns();
		if (now > end)
			return false;
		if (now - asked > 50 * MS_NS) {
			asked = now;
			ask_again(r);
		}
	}
	mark(r, true);
	return true;
}

/* ---- the report ---- */

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void
print_latencies(const char *name, struct latencies *l)
{
	if (!l->n)
		return;
	qsort(l->us, l->n, sizeof(*l->us), compare);
	printf(", \"%s_us\": [%u, %u, %u]", name, l->us[l->n / 2], l->us[(uint64_t)l->n * 99 / 100], l->us[l->n - 1]);
}

static void
report(struct run *r)
{
	double seconds = (double)(r->until.wall_ns - r->from.wall_ns) / SECOND_NS, n = r->conf->calls;
	double load_us = (double)(r->until.own_cpu_ns - r->from.own_cpu_ns) / 1000 / n;

	printf("{\"calls\": %.0f, \"seconds\": %.3f, \"rate\": %.1f, \"load_us\": %.1f, \"cpu_us\": [", n, seconds,
	       n / seconds, load_us);
	for (uint32_t i = 0; i < r->conf->n_pids; i++)
		printf("%s%.1f", i ? ", " : "", (double)(r->pid_ns[i][1] - r->pid_ns[i][0]) / 1000 / n);
	printf("]");
	print_latencies("offer", &r->steps[NG_OFFER]);
	print_latencies("answer", &r->steps[NG_ANSWER]);
	print_latencies("delete", &r->steps[NG_DELETE]);
	printf(", \"failed\": %u, \"lost\": %u, \"repeats\": %u, \"late\": %u}\n", r->failed, r->lost, r->repeats, r->late);
}

static int
open_socket(const struct addr *target)
{
	struct addr any = { .family = target->family };
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(target, &ss);
	int fd = sock_udp(&any), size = SOCKET_BYTES;

	if (fd >= 0 && connect(fd, (struct sockaddr *)&ss, len) != 0) {
		close(fd);
		return err_from_errno(errno);
	}
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

int
ng_load_run(const struct ng_load_conf *conf)
{
	struct run *r = calloc(1, sizeof(*r));
	bool done;

	if (!r)
		abort();
	r->conf = conf;
	r->serial = (uint32_t)(load_now_ns() >> 8); /* rtpengine answers a cookie that it has heard before from its memory */
	for (int i = 0; i < NG_STEPS; i++) {
		r->steps[i].cap = conf->calls + conf->window;
		if (!(r->steps[i].us = calloc(r->steps[i].cap, sizeof(uint32_t))))
			abort();
	}
	for (uint32_t i = 0; i < conf->window; i++)
		r->free[r->n_free++] = i;
	if ((r->fd = open_socket(&conf->target)) < 0) {
		fprintf(stderr, "ng_load: %s\n", err_str(r->fd));
		return 1;
	}
	if (!conf->warm) {
		r->measures = true;
		mark(r, false);
	}
	done = play(r);
	if (done && !conf->shows)
		report(r);
	else if (!done)
		fprintf(stderr, "ng_load: time is over: %u calls begun, %u ended\n", r->begun, r->ended);
	done = done && !r->failed && !r->lost;
	for (int i = 0; i < NG_STEPS; i++)
		free(r->steps[i].us);
	close(r->fd);
	free(r);
	return done ? 0 : 1;
}
