/* SPDX-License-Identifier: BSD-2-Clause */
/* Leveled, rate-limited logging: an event sentence followed by key=value pairs. Thread-safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/err.h"

/* error: someone must act; warning: degraded; notice: peer fault or life cycle; info: per call; debug. */
enum log_level { LOG_LVL_ERROR, LOG_LVL_WARNING, LOG_LVL_NOTICE, LOG_LVL_INFO, LOG_LVL_DEBUG, LOG_LVLS };
enum log_sink { LOG_TO_STDERR, LOG_TO_SYSLOG, LOG_TO_JOURNAL, LOG_TO_FN };

typedef void (*log_fn)(void *arg, enum log_level level, const char *line);

/* Call before any thread is started. prog is borrowed for ever. */
void log_open(const char *prog, enum log_sink sink, enum log_level max);
/* Sends the lines to fn instead (tests). */
void log_open_fn(log_fn fn, void *arg, enum log_level max);
/* Level by its name ("notice"); false when unknown. */
bool log_level_parse(const char *name, enum log_level *level);
bool log_sink_parse(const char *name, enum log_sink *sink);
bool log_is_on(enum log_level level);
void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_line(LOG_LVL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LVL_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LVL_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_LVL_INFO, __VA_ARGS__)
#define log_debug(...) \
	do { \
		if (log_is_on(LOG_LVL_DEBUG)) \
			log_line(LOG_LVL_DEBUG, __VA_ARGS__); \
	} while (0)

/* Lets LOG_BURST lines a second through and counts the rest. The rule: a line of notice or above that a peer can cause at
 * will, by a message, a request or a connection, passes here; not so the one line on the end of a call, on what the operator
 * ordered, or on our own registration with a controller, which are paced by themselves. Info and debug are asked for.
 * A static struct per call site and thread-confined object; zero-initialized. */
enum { LOG_BURST = 5 };
struct log_limit {
	uint64_t second;
	uint32_t seen, dropped;
};
/* True when the line may be written. *skipped gets the number of lines withheld since the last one. */
bool log_limit_pass(struct log_limit *l, uint64_t now_ms, uint32_t *skipped);
