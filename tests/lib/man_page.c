/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/man_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/tmain.h"

enum { PAGE_MAX = 131072 };

static const char item[] = ".It Li ";

struct span
man_page(const char *name)
{
	static char page[PAGE_MAX];
	const char *top = getenv("TOP_SRCDIR");
	char path[512];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/man/%s", top ? top : ".", name);
	f = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	n = fread(page, 1, sizeof(page) - 1, f);
	(void)fclose(f);
	CU_ASSERT_FATAL(n < sizeof(page) - 1);
	page[n] = '\0';
	return span_of(page, n);
}

struct span
man_section(const char *name, const char *head)
{
	char begin[64];
	const char *from, *to;

	(void)snprintf(begin, sizeof(begin), "\n.Sh %s\n", head);
	from = strstr(man_page(name).p, begin);
	to = from ? strstr(from + 1, "\n.Sh ") : NULL;
	CU_ASSERT_FATAL(from && to);
	return span_of(from + 1, (size_t)(to - from));
}

bool
man_tells(struct span section, struct span literal)
{
	while (section.len) {
		struct span line = span_cut(&section, '\n');

		if (!span_has_prefix(line, item))
			continue;
		line = span_of(line.p + strlen(item), line.len - strlen(item));
		if (span_eq(span_word(&line), literal))
			return section.len > 0 && section.p[0] != '.';
	}
	return false;
}

unsigned
man_count(struct span section)
{
	unsigned n = 0;

	while (section.len)
		n += span_has_prefix(span_cut(&section, '\n'), item);
	return n;
}
