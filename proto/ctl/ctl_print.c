/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/ctl/ctl_print.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "proto/base/bounds.h"
#include "proto/base/err.h"

enum { INDENT = 2, METRIC_NAME_MAX = 128, METRIC_LABELS_MAX = 128 };

/* ---- text ---- */

/* A value on one line; several lines (an SDP) as an indented block. */
static void
print_string(FILE *f, struct span s, int indent)
{
	bool is_block = span_find(span_trim(s), '\n') >= 0;

	if (is_block)
		fprintf(f, "|\n%*s", indent, "");
	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		if (ch == '\n' && is_block && i + 1 < s.len)
			fprintf(f, "\n%*s", indent, "");
		else if (ch == '\r' || ch == '\n')
			continue;
		else if (ch < ' ' || ch == 0x7f)
			fprintf(f, "\\x%02x", ch);
		else
			putc(ch, f);
	}
	putc('\n', f);
}

/* Members of a list or dictionary, one a line. */
static void
print_members(FILE *f, const struct ng_val *v, int indent)
{
	for (const struct ng_val *m = v->first; m; m = m->next) {
		if (v->kind == NG_DICT)
			fprintf(f, "%*s%.*s:", indent, "", SPAN_FMT(m->key));
		else
			fprintf(f, "%*s-", indent, "");
		switch (m->kind) {
		case NG_STRING:
			putc(' ', f);
			print_string(f, m->str, indent + INDENT);
			break;
		case NG_INT:
			fprintf(f, " %" PRId64 "\n", m->num);
			break;
		case NG_LIST:
		case NG_DICT:
			fputs(m->first ? "\n" : " (none)\n", f);
			print_members(f, m, indent + INDENT);
			break;
		}
	}
}

void
ctl_print_ng_text(FILE *f, const struct ng_val *dict)
{
	print_members(f, dict, 0);
}

/* ---- JSON ---- */

void
ctl_print_ng_json(FILE *f, const struct ng_val *dict)
{
	char *error = NULL;
	struct out o;

	out_init_heap(&o, 8 * NG_MESSAGE_MAX);
	ng_print(&o, SPAN_NULL, NG_JSON, dict); /* an empty cookie is a leading blank, which JSON does not mind */
	(void)ctl_print_json(f, out_get(&o), &error);
	free(error);
	out_fini(&o);
}

/* *doc is the caller's; ERR_SYNTAX. */
static int
load(struct span text, json_t **doc, char **error)
{
	const char *why;

	*doc = json_loadb(text.p, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (!*doc)
		return ERR_SYNTAX;
	why = json_string_value(json_object_get(*doc, "error"));
	*error = why ? span_dup(span_str(why)) : NULL;
	return 0;
}

int
ctl_print_json(FILE *f, struct span text, char **error)
{
	json_t *doc;

	if (load(text, &doc, error) != 0)
		return ERR_SYNTAX;
	json_dumpf(doc, f, JSON_INDENT(INDENT) | JSON_ENCODE_ANY);
	putc('\n', f);
	json_decref(doc);
	return 0;
}

/* ---- metrics ---- */

struct metric {
	char name[METRIC_NAME_MAX], labels[METRIC_LABELS_MAX];
};

static void
put_word(struct out *o, const char *word)
{
	for (; *word; word++)
		out_char(o, isalnum((unsigned char)*word) ? *word : '_');
}

static struct metric
member_of(const struct metric *m, const char *key)
{
	struct metric of = *m;
	struct out o;

	out_init(&o, of.name, sizeof(of.name));
	out_str(&o, m->name);
	out_char(&o, '_');
	put_word(&o, key);
	return of;
}

static struct metric
element_of(const struct metric *m, const json_t *v, size_t i)
{
	const char *name = json_string_value(json_object_get(v, "name"));
	struct metric of = *m;
	struct out o;

	out_init(&o, of.labels, sizeof(of.labels));
	out_printf(&o, "%s%s", m->labels, m->labels[0] ? "," : "");
	if (name) {
		out_str(&o, "name=\"");
		put_word(&o, name);
		out_char(&o, '"');
	} else {
		out_printf(&o, "index=\"%zu\"", i);
	}
	return of;
}

static void
print_number(FILE *f, const struct metric *m, const json_t *v)
{
	fprintf(f, "%s%s%s%s ", m->name, m->labels[0] ? "{" : "", m->labels, m->labels[0] ? "}" : "");
	if (json_is_real(v))
		fprintf(f, "%.9g\n", json_real_value(v));
	else
		fprintf(f, "%" JSON_INTEGER_FORMAT "\n", json_is_integer(v) ? json_integer_value(v) : json_is_true(v));
}

static void print_metrics(FILE *f, const struct metric *m, json_t *v);

/* All samples of a name stand together, as Prometheus wants them: the members of one kind of all elements. */
static void
print_list(FILE *f, const struct metric *m, json_t *list)
{
	const char *key;
	json_t *first, *of;
	size_t i;

	json_object_foreach(json_array_get(list, 0), key, first) {
		json_array_foreach(list, i, of) {
			const struct metric element = element_of(m, of, i), member = member_of(&element, key);

			print_metrics(f, &member, json_object_get(of, key));
		}
	}
}

/* jansson bounds the depth. Strings are no metrics. */
static void
print_metrics(FILE *f, const struct metric *m, json_t *v)
{
	const char *key;
	json_t *of;

	if (!v)
		return;
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		json_object_foreach(v, key, of) {
			const struct metric member = member_of(m, key);

			print_metrics(f, &member, of);
		}
		break;
	case JSON_ARRAY:
		print_list(f, m, v);
		break;
	case JSON_INTEGER:
	case JSON_REAL:
	case JSON_TRUE:
	case JSON_FALSE:
		print_number(f, m, v);
		break;
	case JSON_STRING:
	case JSON_NULL:
		break;
	}
}

int
ctl_print_metrics(FILE *f, const char *prefix, struct span text, char **error)
{
	struct metric m = { .labels = "" };
	json_t *doc;

	if (load(text, &doc, error) != 0)
		return ERR_SYNTAX;
	(void)span_copy(span_str(prefix), m.name, sizeof(m.name));
	if (!*error)
		print_metrics(f, &m, doc);
	json_decref(doc);
	return 0;
}
