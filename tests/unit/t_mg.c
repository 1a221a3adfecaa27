/* SPDX-License-Identifier: BSD-2-Clause */
/* Plays the transcripts of tests/vec/mg/NN-name.xact. A line that begins with
 *   >>>  starts a request, up to the next such line;
 *   <<<  starts the reply that must come; blanks do not count, "$name" takes what stands there the first time and
 *        must find the same afterwards, also in later requests; "<<< nothing": no reply yet
 *   !!!  is the next order to a worker; "!!! nothing": there is no further one
 *   @@@  is an event: "stats IN0 OUT0 IN1 OUT1", "accepted SIDE PEER", "connected", "tls", "failed", "closed",
 *        "aware" (the worker's relay is), "tolerant" (of what it does not know), "names SYMBOL package/item" (as by
 *        --iq-names), "realm N OFF" (as in enum realm_off), "after MS", "right may|not-yet|stranger", "drain",
 *        "worker fails|obeys"
 *   ~~~  is a check: "contexts N", "ports N", "service METHOD",
 *        "root EXECUTION-MS PENDINGS it/ito MS of REQUEST-ID", "ignored PROPERTIES EVENTS", "repeated N" (orders)
 *   #    is a comment. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "agw/mg_priv.h"
#include "tests/lib/mg_bench.h"
#include "tests/lib/tmain.h"

enum { VARS_MAX = 64, VALUE_MAX = 256, BLOCK_MAX = 32768 };

static struct {
	char name[32], value[VALUE_MAX];
} vars[VARS_MAX];
static unsigned n_vars;
static const char *file_name;
static unsigned line_no;

/* ---- variables ---- */

static size_t
name_len(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

static const char *
var_value(const char *name, size_t len)
{
	for (unsigned i = 0; i < n_vars; i++)
		if (strlen(vars[i].name) == len && memcmp(vars[i].name, name, len) == 0)
			return vars[i].value;
	return NULL;
}

static void
set_var(const char *name, size_t len, const char *value, size_t value_len)
{
	CU_ASSERT_FATAL(n_vars < VARS_MAX && len < sizeof(vars[0].name) && value_len < VALUE_MAX);
	memcpy(vars[n_vars].name, name, len);
	vars[n_vars].name[len] = 0;
	memcpy(vars[n_vars].value, value, value_len);
	vars[n_vars].value[value_len] = 0;
	n_vars++;
}

/* "$name" by its value; a "$" alone is H.248's CHOOSE and stays. */
static void
expand(const char *text, char *to, size_t cap)
{
	struct out o;

	out_init(&o, to, cap);
	while (*text) {
		size_t len = *text == '$' ? name_len(text + 1) : 0;
		const char *v = len ? var_value(text + 1, len) : NULL;

		if (v) {
			out_str(&o, v);
			text += 1 + len;
		} else {
			out_char(&o, *text++);
		}
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(out_cstr(&o));
}

/* ---- comparison ---- */

static bool
is_delimiter(char c)
{
	return strchr("{}=,", c) != NULL;
}

/* One blank between words, none beside delimiters. */
static void
squeeze(const char *text, char *to, size_t cap)
{
	struct out o;

	out_init(&o, to, cap);
	for (; *text; text++) {
		bool blank = isspace((unsigned char)*text);

		if (!blank && is_delimiter(*text) && o.len && o.buf[o.len - 1] == ' ')
			o.len--;
		if (!blank)
			out_char(&o, *text);
		else if (o.len && o.buf[o.len - 1] != ' ' && !is_delimiter(o.buf[o.len - 1]))
			out_char(&o, ' ');
	}
	if (o.len && o.buf[o.len - 1] == ' ')
		o.len--;
	CU_ASSERT_PTR_NOT_NULL_FATAL(out_cstr(&o));
}

static bool
matches(const char *want, const char *got)
{
	while (*want) {
		size_t len = *want == '$' ? name_len(want + 1) : 0;
		const char *v = len ? var_value(want + 1, len) : NULL;
		size_t n = 0;

		if (!len) {
			if (*want++ != *got++)
				return false;
			continue;
		}
		if (v) {
			n = strlen(v);
			if (strncmp(got, v, n) != 0)
				return false;
		} else {
			while (got[n] && got[n] != want[1 + len] && got[n] != ' ' && !is_delimiter(got[n]))
				n++;
			set_var(want + 1, len, got, n);
		}
		want += 1 + len;
		got += n;
	}
	return *got == 0;
}

static void
expect_text(const char *what, const char *want, const char *got)
{
	static char a[BLOCK_MAX], b[BLOCK_MAX];

	squeeze(want, a, sizeof(a));
	squeeze(got, b, sizeof(b));
	if (matches(a, b))
		return;
	fprintf(stderr, "%s:%u: %s\n  expected: %s\n  came:     %s\n", file_name, line_no, what, a, b);
	CU_FAIL("transcript");
}

/* ---- lines ---- */

static void
expect_order(const char *want)
{
	char got[512] = "nothing";

	if (mgb.n_orders) {
		mgb_order_text(&mgb.orders[0], got);
		mgb.n_orders--;
		for (unsigned i = 0; i < mgb.n_orders; i++)
			mgb.orders[i] = mgb.orders[i + 1];
	}
	expect_text("order", want, got);
}

static bool
nothing_ends(void *arg)
{
	(void)arg;
	return false;
}

static void
do_event(const char *text)
{
	unsigned long long n[4] = { 0 };
	char word[32] = "", peer[64] = "127.0.0.1:1";
	unsigned side = 0;

	(void)sscanf(text, "%31s", word);
	if (strcmp(word, "stats") == 0) {
		(void)sscanf(text, "%*s %llu %llu %llu %llu", &n[0], &n[1], &n[2], &n[3]);
		mgb_answer(n[0], n[1], n[2], n[3]);
	} else if (strcmp(word, "after") == 0) {
		(void)sscanf(text, "%*s %llu", &n[0]);
		(void)loop_sim_run(mgb.loop, n[0], nothing_ends, NULL);
	} else if (strcmp(word, "right") == 0) {
		mgb.right = strstr(text, "may") ? MG_MAY : strstr(text, "stranger") ? MG_STRANGER : MG_NOT_YET;
	} else if (strcmp(word, "aware") == 0) {
		mgb.is_aware = true;
	} else if (strcmp(word, "tolerant") == 0) {
		mgb.mg->conf.ignores_properties = mgb.mg->conf.ignores_events = true;
	} else if (strcmp(word, "names") == 0) {
		CU_ASSERT_EQUAL(iq_names_override(&mgb.names, span_str(text + 5), &side), 0);
	} else if (strcmp(word, "realm") == 0) {
		(void)sscanf(text, "%*s %u %llu", &side, &n[0]);
		mgb.realms[side]->off = (unsigned)n[0];
	} else if (strcmp(word, "drain") == 0) {
		mg_set_draining(mgb.mg, true);
	} else if (strcmp(word, "worker") == 0) {
		mgb.order_err = strstr(text, "fails") ? ERR_LIMIT : 0;
	} else {
		(void)sscanf(text, "%*s %u %63s", &side, peer);
		mgb_event(strcmp(word, "accepted") == 0    ? EVENT_ACCEPTED
		          : strcmp(word, "connected") == 0 ? EVENT_CONNECTED
		          : strcmp(word, "tls") == 0       ? EVENT_TLS_UP
		          : strcmp(word, "failed") == 0    ? EVENT_FAILED
		                                           : EVENT_CLOSED,
		          side, peer);
	}
}

static void
do_check(const char *text)
{
	char got[128];

	(void)snprintf(got, sizeof(got), "%s %u",
	               strncmp(text, "ports", 5) == 0 ? "ports" : "contexts",
	               strncmp(text, "ports", 5) == 0 ? mgb_ports_taken() : mgb.ctxs.n);
	if (strncmp(text, "service", 7) == 0)
		(void)snprintf(got, sizeof(got), "service %s", mgb.service);
	if (strncmp(text, "root", 4) == 0)
		(void)snprintf(got, sizeof(got), "root %u %u it/ito %u of %u", mgb.root.mg_execution_ms,
		               mgb.root.mg_pendings, mgb.root.ito_ms, mgb.root.events_id);
	if (strncmp(text, "ignored", 7) == 0)
		(void)snprintf(got, sizeof(got), "ignored %u %u", (unsigned)mgb.mg->counters.ignored_properties,
		               (unsigned)mgb.mg->counters.ignored_events);
	if (strncmp(text, "repeated", 8) == 0)
		(void)snprintf(got, sizeof(got), "repeated %u", (unsigned)mgb.ctxs.retries);
	expect_text("check", text, got);
}

static void
end_block(char kind, const char *block)
{
	static char text[BLOCK_MAX];

	if (kind == '>') {
		CU_ASSERT_EQUAL(mgb.n_orders, 0);
		expand(block, text, sizeof(text));
		mgb_request(text);
	} else if (kind == '<') {
		expect_text("reply", block, mgb.reply[0] ? mgb.reply : "nothing");
		mgb.reply[0] = 0;
	}
}

static void
play(FILE *f)
{
	static char block[BLOCK_MAX];
	char line[1024], kind = 0;
	size_t len = 0;

	while (fgets(line, sizeof(line), f)) {
		bool mark = strchr("><!@~", line[0]) && line[1] == line[0] && line[2] == line[0];

		line_no++;
		if (line[0] == '#')
			continue;
		if (!mark) {
			CU_ASSERT_FATAL(len + strlen(line) < BLOCK_MAX);
			len += (size_t)sprintf(block + len, "%s", line);
			continue;
		}
		end_block(kind, block);
		kind = line[0];
		len = (size_t)sprintf(block, "%s", kind == '<' ? line + 3 : "");
		if (kind == '!')
			expect_order(line + 3);
		else if (kind == '@')
			do_event(line + 4);
		else if (kind == '~')
			do_check(line + 4);
	}
	end_block(kind, block);
	CU_ASSERT_EQUAL(mgb.n_orders, 0);
}

static int
is_xact(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 5 && strcmp(e->d_name + n - 5, ".xact") == 0;
}

static void
plays_every_transcript(void)
{
	const char *top = getenv("TOP_SRCDIR");
	char path[1024];
	struct dirent **list;
	int n;

	(void)snprintf(path, sizeof(path), "%s/tests/vec/mg", top ? top : ".");
	n = scandir(path, &list, is_xact, alphasort);
	CU_ASSERT_FATAL(n > 0);
	for (int i = 0; i < n; i++) {
		FILE *f;

		(void)snprintf(path, sizeof(path), "%s/tests/vec/mg/%s", top ? top : ".", list[i]->d_name);
		f = fopen(path, "r");
		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		file_name = list[i]->d_name;
		line_no = n_vars = 0;
		mgb_begin(3);
		play(f);
		mgb_end();
		fclose(f);
		free(list[i]);
	}
	free(list);
}

const char test_suite[] = "mg";
const struct test_case test_cases[] = {
	TEST(plays_every_transcript),
	{ NULL, NULL },
};
