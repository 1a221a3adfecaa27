/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/ctl/ctl_print.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "proto/base/bounds.h"
#include "proto/base/err.h"

enum { INDENT = 2 };

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

int
ctl_print_text(FILE *f, struct span text, char **error)
{
	const char *member;
	json_t *doc;

	if (load(text, &doc, error) != 0)
		return ERR_SYNTAX;
	member = json_string_value(json_object_get(doc, "text"));
	if (!*error && member)
		fputs(member, f);
	json_decref(doc);
	return *error || member ? 0 : ERR_SYNTAX;
}
