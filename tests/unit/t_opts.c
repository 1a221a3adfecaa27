/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/opts.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/bounds.h"
#include "proto/base/err.h"
#include "tests/lib/tmain.h"

struct conf {
	unsigned port, timeout_ms;
	bool gate, check;
	char names[128]; /* repeatable: every value, each with a ';' */
	char words[128];
};

static int
set_port(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return opts_u32(value, 1, 65535, &((struct conf *)conf)->port, why);
}

static int
set_timeout(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return opts_seconds(value, 100, 60000, &((struct conf *)conf)->timeout_ms, why);
}

static int
set_gate(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return opts_on_off(value, &((struct conf *)conf)->gate, why);
}

static int
set_check(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	(void)why;
	CU_ASSERT_STRING_EQUAL(value, "");
	((struct conf *)conf)->check = true;
	return 0;
}

static int
set_name(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct conf *c = conf;
	size_t n = strlen(c->names);

	(void)why;
	snprintf(c->names + n, sizeof(c->names) - n, "%s;", value);
	return 0;
}

static int
add_word(void *conf, const char *word, char why[OPTS_ERROR_MAX])
{
	struct conf *c = conf;
	size_t n = strlen(c->words);

	(void)why;
	snprintf(c->words + n, sizeof(c->words) - n, "%s;", word);
	return 0;
}

static const struct opt table[] = {
	{ "port", "N", "a port", "2223", set_port },
	{ "timeout", "S", "a time", NULL, set_timeout },
	{ "gate", "on|off", "a switch with a word", NULL, set_gate },
	{ "name", "TEXT", "repeatable", NULL, set_name },
	{ "check", NULL, "a switch", NULL, set_check },
	{ 0 },
};

/* What the last parse wrote to standard output and standard error together. */
static char said[8192];

/* Runs opts_parse over the words of a line, with its output caught. */
static enum opts_result
run_with(const char *line, struct conf *c, bool takes_words)
{
	struct opts_desc d = { "prog", "Does things.", table, c, NULL, NULL };
	char words[512], *argv[32], *save = NULL;
	enum opts_result r;
	FILE *catch = tmpfile();
	int argc = 0, saved[2];
	size_t n;

	if (takes_words) {
		d.operands = "word ...";
		d.operand = add_word;
	}
	memset(c, 0, sizeof(*c));
	snprintf(words, sizeof(words), "prog %s", line);
	for (char *w = strtok_r(words, " ", &save); w && argc < 31; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	argv[argc] = NULL;
	CU_ASSERT_PTR_NOT_NULL_FATAL(catch);
	fflush(NULL);
	for (int fd = 1; fd <= 2; fd++) {
		saved[fd - 1] = dup(fd);
		dup2(fileno(catch), fd);
	}
	r = opts_parse(&d, argc, argv);
	fflush(NULL);
	for (int fd = 1; fd <= 2; fd++) {
		dup2(saved[fd - 1], fd);
		close(saved[fd - 1]);
	}
	rewind(catch);
	n = fread(said, 1, sizeof(said) - 1, catch);
	said[n] = '\0';
	fclose(catch);
	return r;
}

static enum opts_result
run(const char *line, struct conf *c)
{
	return run_with(line, c, false);
}

static void
values_come_with_an_equals_sign_or_as_the_next_word(void)
{
	struct conf c;

	CU_ASSERT_EQUAL(run("--port=5 --timeout 2.5 --gate=on --check --name=a --name b=c", &c), OPTS_RUN);
	CU_ASSERT_EQUAL(c.port, 5);
	CU_ASSERT_EQUAL(c.timeout_ms, 2500);
	CU_ASSERT(c.gate);
	CU_ASSERT(c.check);
	CU_ASSERT_STRING_EQUAL(c.names, "a;b=c;");
	CU_ASSERT_STRING_EQUAL(said, "");
	CU_ASSERT_EQUAL(run("", &c), OPTS_RUN);
	CU_ASSERT_EQUAL(run("--name=", &c), OPTS_RUN);
	CU_ASSERT_STRING_EQUAL(c.names, ";");
}

static void
mistakes_are_told_with_the_flags_name(void)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
		{ "--prot=1", "prog: --prot: no such flag (see --help)\n" },
		{ "--port", "prog: --port: needs a value\n" },
		{ "--config", "prog: --config: needs a value\n" },
		{ "--check=1", "prog: --check: takes no value\n" },
		{ "--port=0", "prog: --port: must be a whole number from 1 to 65535\n" },
		{ "--port=x", "prog: --port: must be a whole number from 1 to 65535\n" },
		{ "--port=-1", "prog: --port: must be a whole number from 1 to 65535\n" },
		{ "--timeout=61", "prog: --timeout: must be seconds from 0.1 to 60\n" },
		{ "--timeout=0.05", "prog: --timeout: must be seconds from 0.1 to 60\n" },
		{ "--timeout=1.", "prog: --timeout: must be seconds from 0.1 to 60\n" },
		{ "--timeout=1e1", "prog: --timeout: must be seconds from 0.1 to 60\n" },
		{ "--timeout=99999999999999999999", "prog: --timeout: must be seconds from 0.1 to 60\n" },
		{ "--gate=yes", "prog: --gate: must be on or off\n" },
		{ "word", "prog: word: not a flag (see --help)\n" },
		{ "-p", "prog: -p: not a flag (see --help)\n" },
		{ "-- --port=1", "prog: --port=1: not a flag (see --help)\n" },
		{ "--config=/nonexistent", "prog: --config: /nonexistent: No such file or directory\n" },
	};
	struct conf c;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL(run(rows[i].line, &c), OPTS_EXIT_USAGE);
		CU_ASSERT_STRING_EQUAL(said, rows[i].says);
	}
}

static void
help_lists_every_flag_with_its_default(void)
{
	struct conf c;

	CU_ASSERT_EQUAL(run("--help --nonsense", &c), OPTS_EXIT_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "Usage: prog "));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "--port=N "));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "a port (default 2223)\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "--check "));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "--config=FILE"));
	CU_ASSERT_EQUAL(run("--version", &c), OPTS_EXIT_OK);
	CU_ASSERT_STRING_EQUAL(said, "prog " PACKAGE_VERSION "\n");
}

static void
other_words_go_to_programs_that_take_them(void)
{
	struct conf c;

	CU_ASSERT_EQUAL(run_with("offer --port=7 k=v -- --x", &c, true), OPTS_RUN);
	CU_ASSERT_STRING_EQUAL(c.words, "offer;k=v;--x;");
	CU_ASSERT_EQUAL(c.port, 7);
}

/* Writes a file of flags and reads it by --config, with more flags after it. */
static enum opts_result
run_file(const char *text, const char *after, struct conf *c)
{
	char path[] = "/tmp/t_opts.XXXXXX", line[128];
	int fd = mkstemp(path);
	enum opts_result r;

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	snprintf(line, sizeof(line), "--port=1 --config=%s %s", path, after);
	r = run(line, c);
	unlink(path);
	return r;
}

static void
a_file_of_flags_is_read_where_it_is_named(void)
{
	struct conf c;

	CU_ASSERT_EQUAL(run_file("# comment\n\n  port = 9 \nname=a=b # c\r\ncheck\nname =\nname=last", "", &c), OPTS_RUN);
	CU_ASSERT_EQUAL(c.port, 9);
	CU_ASSERT(c.check);
	CU_ASSERT_STRING_EQUAL(c.names, "a=b # c;;last;");
	CU_ASSERT_EQUAL(run_file("port=9", "--port=10", &c), OPTS_RUN);
	CU_ASSERT_EQUAL(c.port, 10);
}

static void
mistakes_in_a_file_name_its_line(void)
{
	static char big[OPTS_LINE_MAX + 16];
	struct conf c;

	CU_ASSERT_EQUAL(run_file("check\nport=x\n", "", &c), OPTS_EXIT_USAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, ":2: --port: must be"));
	CU_ASSERT_EQUAL(run_file("config=/etc/passwd\n", "", &c), OPTS_EXIT_USAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, ":1: --config: no such flag"));
	CU_ASSERT_EQUAL(run_file("port\n", "", &c), OPTS_EXIT_USAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "needs a value"));
	memset(big, 'x', sizeof(big) - 1);
	CU_ASSERT_EQUAL(run_file(big, "", &c), OPTS_EXIT_USAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, ":1: line too long"));
}

const char test_suite[] = "opts";
const struct test_case test_cases[] = {
	TEST(values_come_with_an_equals_sign_or_as_the_next_word),
	TEST(mistakes_are_told_with_the_flags_name),
	TEST(help_lists_every_flag_with_its_default),
	TEST(other_words_go_to_programs_that_take_them),
	TEST(a_file_of_flags_is_read_where_it_is_named),
	TEST(mistakes_in_a_file_name_its_line),
	{ 0 },
};
