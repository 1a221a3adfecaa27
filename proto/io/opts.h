/* SPDX-License-Identifier: BSD-2-Clause */
/* Command line flags from one table: the source of parsing, of --help and of the man page check. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/out.h"

enum { OPTS_ERROR_MAX = 256 };

struct opt {
	const char *name; /* without the dashes */
	const char *arg;  /* placeholder shown in --help; NULL: a switch without value */
	const char *text; /* one line for --help */
	const char *def;  /* default as text, shown in --help; NULL: none */
	/* Stores value ("" for switches) into conf. Returns 0 or an enum err with a sentence in why. */
	int (*set)(void *conf, const char *value, char why[OPTS_ERROR_MAX]);
};

enum opts_result { OPTS_RUN, OPTS_EXIT_OK, OPTS_EXIT_USAGE };

struct opts_desc {
	const char *prog, *summary; /* for --help */
	const struct opt *table;    /* ends with a zero row */
	void *conf;
	const char *operands; /* how arguments that are no flags are shown in --help; NULL: none are taken */
	/* Stores such an argument; like struct opt's set. */
	int (*operand)(void *conf, const char *word, char why[OPTS_ERROR_MAX]);
};

/* Parses argv: --name=value, --name value, --help, --version, and --config=FILE, a file with one
 * `name=value` or `name` a line (lines that begin with '#' are comments), read where the flag stands. "--" ends the
 * flags. Messages go to standard error, help and version to standard output. */
enum opts_result opts_parse(const struct opts_desc *d, int argc, char **argv);

/* A flag of a table, or NULL. */
const struct opt *opts_find(const struct opt *table, struct span name);

/* Helpers for set functions; each writes why on failure. */
int opts_u32(const char *value, unsigned min, unsigned max, unsigned *v, char why[OPTS_ERROR_MAX]);
/* Seconds, with decimals allowed ("0.5"), into milliseconds. */
int opts_seconds(const char *value, unsigned min_ms, unsigned max_ms, unsigned *ms, char why[OPTS_ERROR_MAX]);
int opts_on_off(const char *value, bool *v, char why[OPTS_ERROR_MAX]);
