/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum { LOG_LINE_MAX = 1024 };

static const struct {
	const char *name;
	int priority;
} levels[LOG_LVLS] = {
	[LOG_LVL_ERROR] = { "error", LOG_ERR },       [LOG_LVL_WARNING] = { "warning", LOG_WARNING },
	[LOG_LVL_NOTICE] = { "notice", LOG_NOTICE },  [LOG_LVL_INFO] = { "info", LOG_INFO },
	[LOG_LVL_DEBUG] = { "debug", LOG_DEBUG },
};

/* The process has one log; it is set once before threads start, so no lock is needed to read it. */
static struct {
	const char *prog;
	enum log_sink sink;
	_Atomic enum log_level max;
	log_fn fn;
	void *arg;
} to = { .prog = "-", .sink = LOG_TO_STDERR, .max = LOG_LVL_NOTICE };

void
log_open(const char *prog, enum log_sink sink, enum log_level max)
{
	to.prog = prog;
	to.sink = sink;
	atomic_store(&to.max, max);
	if (sink == LOG_TO_SYSLOG)
		openlog(prog, LOG_PID, LOG_DAEMON);
}

void
log_open_fn(log_fn fn, void *arg, enum log_level max)
{
	to.sink = LOG_TO_FN;
	to.fn = fn;
	to.arg = arg;
	atomic_store(&to.max, max);
}

bool
log_level_parse(const char *name, enum log_level *level)
{
	for (int i = 0; i < LOG_LVLS; i++) {
		if (strcmp(name, levels[i].name) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

bool
log_sink_parse(const char *name, enum log_sink *sink)
{
	if (strcmp(name, "stderr") == 0)
		*sink = LOG_TO_STDERR;
	else if (strcmp(name, "syslog") == 0)
		*sink = LOG_TO_SYSLOG;
	else if (strcmp(name, "journal") == 0)
		*sink = LOG_TO_JOURNAL;
	else
		return false;
	return true;
}

bool
log_is_on(enum log_level level)
{
	return level <= atomic_load_explicit(&to.max, memory_order_relaxed);
}

/* One write(2) a line, so that lines of several threads never mix. */
static void
write_stderr(enum log_level level, const char *text)
{
	char line[LOG_LINE_MAX + 96];
	struct timespec ts;
	struct tm tm;
	int n;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	n = snprintf(line, sizeof(line), "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s %s: %s\n", tm.tm_year + 1900,
	             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ts.tv_nsec / 1000000,
	             to.prog, levels[level].name, text);
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
		return; /* nowhere left to complain */
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char text[LOG_LINE_MAX];
	va_list ap;

	if (!log_is_on(level))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* Peers choose parts of the text: a control character must not forge a second line. */
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	switch (to.sink) {
	case LOG_TO_SYSLOG:
		syslog(levels[level].priority, "%s", text);
		break;
	case LOG_TO_JOURNAL: /* sd-daemon(3): the prefix gives the priority, the journal adds the time */
		dprintf(STDERR_FILENO, "<%d>%s\n", levels[level].priority, text);
		break;
	case LOG_TO_FN:
		to.fn(to.arg, level, text);
		break;
	case LOG_TO_STDERR:
		write_stderr(level, text);
		break;
	}
}

bool
log_limit_pass(struct log_limit *l, uint64_t now_ms, uint32_t *skipped)
{
	uint64_t second = now_ms / 1000;

	if (second != l->second) {
		l->second = second;
		l->seen = 0;
	}
	if (l->seen >= LOG_BURST) {
		l->dropped++;
		return false;
	}
	l->seen++;
	*skipped = l->dropped;
	l->dropped = 0;
	return true;
}
