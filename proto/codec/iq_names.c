/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/iq_names.h"

#include "proto/base/err.h"

enum kind { KIND_P, KIND_E, KIND_S, KIND_X, KIND_A };

static const struct {
	const char *symbol;
	enum kind kind;
	const char *text;
} names[IQ_NAMES] = {
#define IQ_NAME(symbol, kind, text, status, clause) { #symbol, KIND_##kind, text },
#include "proto/codec/mgco_names.def"
#undef IQ_NAME
};

void
iq_names_init(struct iq_names *n)
{
	for (unsigned i = 0; i < IQ_NAMES; i++)
		(void)span_copy(span_str(names[i].text), n->text[i], IQ_NAME_MAX);
}

/* NAME of Annex B: a letter, then letters, digits and "_". */
static bool
is_name(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && (i == 0 || ((c < '0' || c > '9') && c != '_')))
			return false;
	}
	return s.len > 0;
}

/* "package/item"; parameters have no package. */
static bool
is_spelling(enum kind kind, struct span text)
{
	struct span item = text, package = span_cut(&item, '/');

	if (kind == KIND_A)
		return is_name(text);
	return is_name(package) && is_name(item);
}

static int
override_line(struct iq_names *n, struct span line)
{
	struct span symbol, text;
	unsigned i;

	line = span_cut(&line, '#');
	symbol = span_word(&line);
	if (span_is_empty(symbol))
		return 0;
	text = span_word(&line);
	for (i = 0; i < IQ_NAMES && !span_eqs(symbol, names[i].symbol); i++)
		;
	if (i == IQ_NAMES)
		return ERR_NOTFOUND;
	if (!is_spelling(names[i].kind, text) || !span_is_empty(span_word(&line)))
		return ERR_SYNTAX;
	return span_copy(text, n->text[i], IQ_NAME_MAX) ? ERR_SYNTAX : 0;
}

int
iq_names_override(struct iq_names *n, struct span file, unsigned *line)
{
	struct iq_names copy = *n;

	for (unsigned at = 1; file.p; at++) {
		int err = override_line(&copy, span_cut(&file, '\n'));

		if (err) {
			*line = at;
			return err;
		}
	}
	*n = copy;
	return 0;
}

bool
iq_name_is(const struct iq_names *n, enum iq_name which, struct span name)
{
	return span_caseeqs(name, n->text[which]);
}

char
iq_name_kind(enum iq_name which)
{
	static const char letters[] = { [KIND_P] = 'P', [KIND_E] = 'E', [KIND_S] = 'S', [KIND_X] = 'X', [KIND_A] = 'A' };

	return letters[names[which].kind];
}
