/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/bench/load.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts) != 0)
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t
load_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static void
read_line(const char *path, char *buf, size_t cap)
{
	FILE *f = fopen(path, "r");
	size_t n = 0;

	if (f) {
		n = fread(buf, 1, cap - 1, f);
		fclose(f);
	}
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
}

static void
read_threads(struct load_usage *u, int pid)
{
	char path[128], text[128];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	d = opendir(path);
	while (d && (e = readdir(d)) != NULL && u->n_threads < LOAD_THREADS_MAX) {
		struct load_thread *t = &u->threads[u->n_threads];

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%.20s/comm", pid, e->d_name);
		read_line(path, text, sizeof(text));
		snprintf(t->name, sizeof(t->name), "%.15s", text);
		snprintf(path, sizeof(path), "/proc/%d/task/%.20s/schedstat", pid, e->d_name);
		read_line(path, text, sizeof(text));
		t->cpu_ns = strtoull(text, NULL, 10);
		u->n_threads++;
	}
	if (d)
		closedir(d);
}

static void
read_memory(struct load_usage *u, int pid)
{
	char path[64], line[256];
	uint64_t kb;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Rss: %" SCNu64, &kb) == 1)
			u->rss_kb += kb;
		else if (sscanf(line, "Private_Dirty: %" SCNu64, &kb) == 1 ||
		         sscanf(line, "Private_Clean: %" SCNu64, &kb) == 1)
			u->private_kb += kb;
	}
	if (f)
		fclose(f);
}

unsigned
load_count_fds(int pid)
{
	char path[64];
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n > 2 ? n - 2 : 0; /* . and .. */
}

void
load_usage_read(const struct load_conf *c, struct load_usage *u)
{
	*u = (struct load_usage){ .own_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) };
	for (unsigned i = 0; i < c->n_pids; i++) {
		clockid_t clock;

		if (clock_getcpuclockid(c->pids[i], &clock) == 0)
			u->cpu_ns += clock_ns(clock);
		read_threads(u, c->pids[i]);
		if (c->mode == LOAD_IDLE)
			read_memory(u, c->pids[i]);
	}
	u->wall_ns = load_now_ns();
}
