/* SPDX-License-Identifier: BSD-2-Clause */
/* man/ims-e2ae-iq.7 against the tables that the programs work by: an item without a line, a clause or a word on its
 * parameters is a fault, and so is a line for an item that there is not. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/span.h"
#include "proto/io/h248_conf.h"
#include "tests/lib/man_page.h"
#include "tests/lib/tmain.h"

const char test_suite[] = "iq_page";

static const struct item {
	const char *symbol, *kind, *text, *status, *clause;
} items[] = {
#define IQ_NAME(symbol, kind, text, status, clause) { #symbol, #kind, text, #status, clause },
#include "proto/codec/mgco_names.def"
#undef IQ_NAME
};
enum { ITEMS = sizeof(items) / sizeof(items[0]) };

static const char page[] = "ims-e2ae-iq.7";

static void
complain(const char *what, const char *of)
{
	printf("\n%s: %s: %s", page, of, what);
	CU_FAIL("the page");
}

/* What the section of packages says before it comes to gateways. */
static struct span
get_packages(void)
{
	struct span all = man_section(page, "PACKAGES");
	const char *to = strstr(all.p, "\n.Ss Gateways that know less\n");

	CU_ASSERT_FATAL(to && to < all.p + all.len);
	return span_of(all.p, (size_t)(to + 1 - all.p));
}

static bool
has_word(struct span line, const char *word)
{
	while (line.len)
		if (span_eqs(span_word(&line), word))
			return true;
	return false;
}

static bool
contains(struct span text, const char *part)
{
	size_t len = strlen(part);

	for (size_t i = 0; i + len <= text.len; i++)
		if (memcmp(text.p + i, part, len) == 0)
			return true;
	return false;
}

static bool
begins(struct span line, const char *with)
{
	return line.len >= strlen(with) && memcmp(line.p, with, strlen(with)) == 0;
}

/* The item's entry: *head its ".It" line, *body what follows up to the next one or the list's end. */
static bool
find_entry(const char *name, struct span *head, struct span *body)
{
	struct span rest = get_packages();

	while (rest.len) {
		struct span line = span_cut(&rest, '\n');

		if (!begins(line, ".It ") || !has_word(line, name))
			continue;
		*head = line;
		*body = span_of(rest.p, 0);
		while (rest.len && !begins(rest, ".It ") && !begins(rest, ".El")) {
			line = span_cut(&rest, '\n');
			body->len = (size_t)(line.p + line.len - body->p);
		}
		return true;
	}
	return false;
}

static void
every_item_has_a_line_with_kind_need_and_clause(void)
{
	for (unsigned i = 0; i < ITEMS; i++) {
		struct span head, body, first;
		char mandatory[16], optional[16], clause[160];

		if (*items[i].kind == 'A')
			continue;
		if (!find_entry(items[i].text, &head, &body)) {
			complain("no line among the packages", items[i].text);
			continue;
		}
		(void)snprintf(mandatory, sizeof(mandatory), " Pq %s, M", items[i].kind);
		(void)snprintf(optional, sizeof(optional), " Pq %s, O", items[i].kind);
		if (!contains(head, mandatory) && !contains(head, optional))
			complain("its line does not say what it is, and M or O", items[i].text);
		(void)snprintf(clause, sizeof(clause), "%s.", items[i].clause);
		first = span_cut(&body, '\n');
		if (!span_eqs(first, clause))
			complain("not the clause of mgco_names.def in the line below", items[i].text);
	}
}

static void
every_parameter_is_named_where_its_item_is(void)
{
	struct span head = SPAN_NULL, body = SPAN_NULL;
	bool is_there = false;

	for (unsigned i = 0; i < ITEMS; i++) {
		if (*items[i].kind != 'A')
			is_there = find_entry(items[i].text, &head, &body);
		else if (is_there && !contains(head, items[i].text) && !contains(body, items[i].text))
			complain("not a word on this parameter", items[i].symbol);
	}
}

static void
no_line_is_for_what_the_table_does_not_have(void)
{
	struct span rest = get_packages();

	while (rest.len) {
		struct span line = span_cut(&rest, '\n'), word;

		if (!begins(line, ".It "))
			continue;
		(void)span_word(&line);
		while (word = span_word(&line), word.len && !span_eqs(word, "Pq")) {
			bool is_known = span_eqs(word, ",") || span_eqs(word, "*");

			for (unsigned i = 0; i < ITEMS && !is_known; i++)
				is_known = span_eqs(word, items[i].text);
			if (!is_known) {
				printf("\n%.*s", SPAN_FMT(word));
				CU_FAIL("no such item");
			}
		}
	}
}

static void
the_names_table_lists_every_symbol(void)
{
	const char *all = man_page(page).p;
	char want[160];

	for (unsigned i = 0; i < ITEMS; i++) {
		(void)snprintf(want, sizeof(want), "\n.It %s Ta %s Ta %s\n", items[i].symbol, items[i].text, items[i].status);
		for (char *c = strrchr(want, ' '); *c; c++) /* the status */
			*c = (char)tolower((unsigned char)*c);
		if (!strstr(all, want))
			complain("not among the names", items[i].symbol);
	}
}

static void
every_bundle_of_flags_is_named(void)
{
	const char *all = man_page(page).p;
	struct h248_profile p;
	char want[64];

	for (unsigned row = 0; h248_profile_at(row, &p); row++) {
		(void)snprintf(want, sizeof(want), ".It Cm %s\n", p.name);
		CU_ASSERT_PTR_NOT_NULL(strstr(all, want));
	}
}

const struct test_case test_cases[] = {
	TEST(every_item_has_a_line_with_kind_need_and_clause),
	TEST(every_parameter_is_named_where_its_item_is),
	TEST(no_line_is_for_what_the_table_does_not_have),
	TEST(the_names_table_lists_every_symbol),
	TEST(every_bundle_of_flags_is_named),
	{ NULL, NULL },
};
