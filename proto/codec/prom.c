/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/prom.h"

#include <string.h>

#define TOTAL "_total"

void
prom_family(struct prom *p, enum prom_type type, const char *name, const char *help)
{
	size_t len = strlen(name), end = sizeof(TOTAL) - 1;
	bool has_suffix = len > end && strcmp(name + len - end, TOTAL) == 0;

	p->name = name;
	p->suffix = type == PROM_COUNTER && !has_suffix ? TOTAL : "";
	out_printf(p->out, "# HELP %s_%s%s ", p->prefix, p->name, p->suffix);
	for (; *help; help++)
		out_str(p->out, *help == '\\' ? "\\\\" : *help == '\n' ? "\\n" : (char[]){ *help, 0 });
	out_printf(p->out, "\n# TYPE %s_%s%s %s\n", p->prefix, p->name, p->suffix,
	           type == PROM_COUNTER ? "counter" : "gauge");
}

/* Each octet has a form of its own, so that two values are never the same series, and none reaches a terminal that
 * could do harm there: controls become pictures of them (U+2400), what is above ASCII becomes U+0100 + octet. */
static void
put_value(struct out *o, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c == 0x7f)
			out_printf(o, "\xe2\x90%c", 0x80 + (c == 0x7f ? 0x21 : c));
		else if (c >= 0x80)
			out_printf(o, "%c%c", 0xc4 + (c >> 6), 0x80 + (c & 0x3f));
		else if (c == '"' || c == '\\')
			out_printf(o, "\\%c", c);
		else
			out_char(o, (char)c);
	}
}

void
prom_sample(struct prom *p, const struct prom_label *labels, unsigned n, uint64_t v)
{
	out_printf(p->out, "%s_%s%s", p->prefix, p->name, p->suffix);
	for (unsigned i = 0; i < n; i++) {
		out_printf(p->out, "%c%s=\"", i ? ',' : '{', labels[i].name);
		put_value(p->out, labels[i].value);
		out_char(p->out, '"');
	}
	out_str(p->out, n ? "} " : " ");
	out_u64(p->out, v);
	out_char(p->out, '\n');
}

void
prom_labelled(struct prom *p, const char *label, const char *value, uint64_t v)
{
	prom_sample(p, &(struct prom_label){ label, span_str(value) }, 1, v);
}

void
prom_single(struct prom *p, enum prom_type type, const char *name, const char *help, uint64_t v)
{
	prom_family(p, type, name, help);
	prom_sample(p, NULL, 0, v);
}

static uint64_t
value_of(const struct prom_row *r, const void *counters)
{
	uint64_t v;

	memcpy(&v, (const char *)counters + r->offset, sizeof(v));
	return v;
}

void
prom_rows_named(struct prom *p, const struct prom_row *rows, size_t n_rows, const void *first, size_t size,
                unsigned n, const char *label, const char *const *names)
{
	for (const struct prom_row *r = rows; r < rows + n_rows; r++) {
		prom_family(p, r->type, r->name, r->help);
		for (unsigned i = 0; i < n; i++)
			prom_labelled(p, label, names[i], value_of(r, (const char *)first + i * size));
	}
}

void
prom_rows(struct prom *p, const struct prom_row *rows, size_t n_rows, const void *counters)
{
	for (const struct prom_row *r = rows; r < rows + n_rows; r++)
		prom_single(p, r->type, r->name, r->help, value_of(r, counters));
}
