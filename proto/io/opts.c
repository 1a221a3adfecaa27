/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/opts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/bounds.h"
#include "proto/base/err.h"

enum { HELP_COLUMN = 34 };

/* ---- help ---- */

static void
print_row(const char *name, const char *arg, const char *text, const char *def)
{
	int n = printf("  --%s%s%s", name, arg ? "=" : "", arg ? arg : "");

	if (n >= HELP_COLUMN - 1)
		printf("\n%*s", HELP_COLUMN, "");
	else
		printf("%*s", HELP_COLUMN - n, "");
	printf("%s", text);
	if (def)
		printf(" (default %s)", def);
	printf("\n");
}

static void
print_help(const struct opts_desc *d)
{
	printf("Usage: %s [--option[=value] ...]%s%s\n%s\n\n", d->prog, d->operands ? " " : "",
	       d->operands ? d->operands : "", d->summary);
	for (const struct opt *o = d->table; o->name; o++)
		print_row(o->name, o->arg, o->text, o->def);
	print_row("config", "FILE", "read flags from FILE, name=value or name a line", NULL);
	print_row("help", NULL, "show this text and exit", NULL);
	print_row("version", NULL, "show the version and exit", NULL);
}

/* ---- one flag ---- */

/* Where a flag was found, for messages. */
struct place {
	const struct opts_desc *desc;
	const char *file; /* NULL: the command line */
	unsigned line;
};

static enum opts_result
complain(const struct place *at, struct span name, const char *why)
{
	fprintf(stderr, "%s: ", at->desc->prog);
	if (at->file)
		fprintf(stderr, "%s:%u: ", at->file, at->line);
	if (name.len)
		fprintf(stderr, "--%.*s: ", SPAN_FMT(name));
	fprintf(stderr, "%s\n", why);
	return OPTS_EXIT_USAGE;
}

const struct opt *
opts_find(const struct opt *table, struct span name)
{
	for (const struct opt *o = table; o->name; o++)
		if (span_eqs(name, o->name))
			return o;
	return NULL;
}

/* value: NULL when the flag came without '='. */
static enum opts_result
set_flag(const struct place *at, struct span name, const char *value)
{
	const struct opt *o = opts_find(at->desc->table, name);
	char why[OPTS_ERROR_MAX] = "";
	int rc;

	if (!o)
		return complain(at, name, "no such flag (see --help)");
	if (o->arg && !value)
		return complain(at, name, "needs a value");
	if (!o->arg && value)
		return complain(at, name, "takes no value");
	rc = o->set(at->desc->conf, value ? value : "", why);
	if (rc == 0)
		return OPTS_RUN;
	return complain(at, name, why[0] ? why : err_str(rc));
}

/* ---- file of flags ---- */

static enum opts_result
read_line(const struct place *at, char *text)
{
	struct span line = span_trim(span_str(text)), name = line, value;
	ptrdiff_t eq = span_find(line, '=');

	if (!line.len || line.p[0] == '#')
		return OPTS_RUN;
	if (eq < 0)
		return set_flag(at, name, NULL);
	name = span_trim(span_of(line.p, (size_t)eq));
	value = span_trim(span_of(line.p + eq + 1, line.len - (size_t)eq - 1));
	text[value.len ? (size_t)(value.p - text) + value.len : (size_t)(line.p - text) + line.len] = '\0';
	return set_flag(at, name, value.len ? value.p : "");
}

static enum opts_result
read_file(const struct opts_desc *d, const char *path)
{
	struct place at = { .desc = d, .file = path };
	enum opts_result r = OPTS_RUN;
	char line[OPTS_LINE_MAX];
	size_t total = 0;
	FILE *f = fopen(path, "re");

	if (!f) {
		at.file = NULL;
		fprintf(stderr, "%s: --config: %s: %s\n", d->prog, path, strerror(errno));
		return OPTS_EXIT_USAGE;
	}
	while (r == OPTS_RUN && fgets(line, sizeof(line), f)) {
		size_t n = strlen(line);

		at.line++;
		total += n;
		if (n == sizeof(line) - 1 && line[n - 1] != '\n')
			r = complain(&at, SPAN_NULL, "line too long");
		else if (total > OPTS_FILE_MAX)
			r = complain(&at, SPAN_NULL, "file too long");
		else
			r = read_line(&at, line);
	}
	if (r == OPTS_RUN && ferror(f))
		r = complain(&at, SPAN_NULL, "cannot be read");
	fclose(f);
	return r;
}

/* ---- command line ---- */

static bool
needs_value(const struct opts_desc *d, struct span name)
{
	const struct opt *o = opts_find(d->table, name);

	return span_eqs(name, "config") || (o && o->arg);
}

static enum opts_result
run_flag(const struct opts_desc *d, struct span name, const char *value)
{
	struct place at = { .desc = d };

	if (span_eqs(name, "config") && !opts_find(d->table, name)) {
		if (value)
			return read_file(d, value);
		return complain(&at, name, "needs a value");
	}
	if (span_eqs(name, "help") && !value) {
		print_help(d);
		return OPTS_EXIT_OK;
	}
	if (span_eqs(name, "version") && !value) {
		printf("%s %s\n", d->prog, PACKAGE_VERSION);
		return OPTS_EXIT_OK;
	}
	return set_flag(&at, name, value);
}

static enum opts_result
run_operand(const struct opts_desc *d, const char *word)
{
	struct place at = { .desc = d };
	char why[OPTS_ERROR_MAX] = "";

	if (!d->operand)
		snprintf(why, sizeof(why), "%.200s: not a flag (see --help)", word);
	else if (d->operand(d->conf, word, why) == 0)
		return OPTS_RUN;
	return complain(&at, SPAN_NULL, why);
}

enum opts_result
opts_parse(const struct opts_desc *d, int argc, char **argv)
{
	enum opts_result r = OPTS_RUN;
	bool flags_ended = false;

	for (int i = 1; i < argc && r == OPTS_RUN; i++) {
		struct span rest = span_str(argv[i]), name;
		const char *value = NULL;

		if (flags_ended || !span_has_prefix(rest, "--")) {
			r = run_operand(d, argv[i]);
			continue;
		}
		if (rest.len == 2) {
			flags_ended = true;
			continue;
		}
		rest = span_of(rest.p + 2, rest.len - 2);
		name = span_cut(&rest, '=');
		if (rest.p)
			value = rest.p;
		else if (needs_value(d, name) && i + 1 < argc)
			value = argv[++i];
		r = run_flag(d, name, value);
	}
	return r;
}

/* ---- helpers for set functions ---- */

int
opts_u32(const char *value, unsigned min, unsigned max, unsigned *v, char why[OPTS_ERROR_MAX])
{
	uint32_t n;

	if (span_u32(span_str(value), max, &n) != 0 || n < min) {
		snprintf(why, OPTS_ERROR_MAX, "must be a whole number from %u to %u", min, max);
		return ERR_INVAL;
	}
	*v = n;
	return 0;
}

/* "12", "0.5", "1.25" as milliseconds; digits beyond the third must be 0. */
static int
parse_ms(struct span s, uint64_t *ms)
{
	struct span frac = s, whole = span_cut(&frac, '.');
	uint64_t sec, milli = 0;
	unsigned scale = 100;

	if (span_u64(whole, UINT32_MAX, &sec) != 0 || (frac.p && !frac.len))
		return ERR_SYNTAX;
	for (size_t i = 0; i < frac.len; i++, scale /= 10) {
		char c = frac.p[i];

		if (c < '0' || c > '9' || (!scale && c != '0'))
			return ERR_SYNTAX;
		milli += (uint64_t)(c - '0') * scale;
	}
	*ms = sec * 1000 + milli;
	return 0;
}

int
opts_seconds(const char *value, unsigned min_ms, unsigned max_ms, unsigned *ms, char why[OPTS_ERROR_MAX])
{
	uint64_t n;

	if (parse_ms(span_str(value), &n) != 0 || n < min_ms || n > max_ms) {
		snprintf(why, OPTS_ERROR_MAX, "must be seconds from %g to %g", min_ms / 1e3, max_ms / 1e3);
		return ERR_INVAL;
	}
	*ms = (unsigned)n;
	return 0;
}

int
opts_on_off(const char *value, bool *v, char why[OPTS_ERROR_MAX])
{
	bool on = strcmp(value, "on") == 0;

	if (!on && strcmp(value, "off") != 0) {
		snprintf(why, OPTS_ERROR_MAX, "must be on or off");
		return ERR_INVAL;
	}
	*v = on;
	return 0;
}
