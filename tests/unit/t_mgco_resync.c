/* SPDX-License-Identifier: BSD-2-Clause */
/* The transactions of a message are independent (H.248.1 8.3): those before and behind one that does not parse are read,
 * and each broken one has its fault. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "proto/codec/mgco.h"
#include "tests/lib/mgco_say.h"
#include "tests/lib/tmain.h"

enum { SAID_MAX = 2048 };

#define OK(id) "T=" #id "{C=1{S=t}}"

const char test_suite[] = "mgco_resync";

static struct arena arena;
static struct mgco_msg msg;
static struct mgco_fault fault;

static int
parse(struct span text)
{
	arena_fini(&arena);
	arena_init(&arena, MGCO_ARENA_MAX);
	fault = (struct mgco_fault){ 0 };
	return mgco_parse(&arena, text, &msg, &fault);
}

/* "1 3 | 2:443": the ids that were read, the faults; "-" for one that belongs to no transaction, "r7" for a reply's. */
static const char *
say(int err)
{
	static char buf[SAID_MAX];
	struct out o;

	out_init(&o, buf, sizeof(buf));
	for (const struct mgco_txn *t = msg.txns; t; t = t->next) {
		out_u64(&o, t->id);
		out_str(&o, " ");
	}
	out_str(&o, "|");
	for (const struct mgco_fault *f = err ? &fault : NULL; f; f = f->next) {
		out_str(&o, " ");
		if (f->is_reply)
			out_str(&o, "r");
		if (f->has_txn || f->is_reply)
			out_u64(&o, f->txn);
		else
			out_str(&o, "-");
		out_str(&o, ":");
		out_u64(&o, f->code);
	}
	CU_ASSERT_EQUAL(o.err, 0);
	return out_cstr(&o);
}

static const struct {
	const char *text, *said;
} rows[] = {
	{ OK(1) OK(2), "1 2 |" },
	{ OK(1) "T=2{C=1{Frob=t}}" OK(3), "1 3 | 2:443" },
	{ "T=1{C=1{Frob=t}}\n" OK(2) "\nT=3{C=1{PR=16}} T=4{Context}" OK(5), "2 5 | 1:443 3:422 4:422" },
	{ "T=1{C=1{Frob=t}} ; the end", "| 1:443" },
	/* the id that cannot be read is the null id, of a request */
	{ "T=x{C=1{S=t}}" OK(2), "2 | 0:403" },
	{ "T{C=1{S=t}}" OK(2), "2 | 0:403" },
	{ "P=1{Frob}" OK(2) "P=3{Frob}" OK(4) "K{x}", "2 4 | r1:403 r3:403 -:403" },
	{ "P=x{Frob}" OK(2) "PN=3{Frob}T=3{Frob}", "2 | -:403 -:403 3:403" },
	/* braces that are none */
	{ "T=1{C=1{Frob=t{\"}\"}}}" OK(2), "2 | 1:443" },
	{ "T=1{C=1{Frob=t;}}\n}}" OK(2), "2 | 1:443" },
	{ "T=1;}\n{C=1{Frob=t}}" OK(2), "2 | 1:443" },
	{ "T=1{C=1{MF=t{Frob,M{L{\nv=0\n{a=\\}\n{\"\n}}}}}" OK(2), "2 | 1:444" },
	{ "T=1{C=1{MF=t{M{ST=1{Remote ;x\n {v=0 T=9{\n},Frob}}}}}" OK(2), "2 | 1:444" },
	{ "T=1{C=1{MF=L{M{O{MO=SR}}},MF = Remote {M{O{MO=FR}}}}}" OK(2), "2 | 1:442" },
	{ "T=1{C=1{MF=L{Frob{}}}}" OK(2), "2 | 1:444" },
	{ "T=1{C=1{MF=L R{\"}\n}}" OK(2), "2 | 1:422" },
	{ "T=1{C=1{MF=t{M{O{a/b={1,2},MO=FR}}}}}" OK(2), "2 | 1:442" },
	/* a transaction within the text of another is none */
	{ "T=1{C=1{Frob=t{" OK(2) "}}}" OK(3), "3 | 1:443" },
	{ "T=1{C=1{S=t},Error=5{\"}}T=2{C=1{S=t}}\"}}" OK(3), "3 | 1:403" },
	/* where it ends cannot be told */
	{ "T=1{C=1{Frob=t}" OK(2), "| 1:443" },
	{ "T=1{C=1{Frob=\"t}}" OK(2), "| 1:443" },
	{ "T=1{C=1{Frob=\"t\n\"}}" OK(2), "| 1:443" },
	{ "T=1{C=1{MF=t{M{Frob,L{}}" OK(2), "| 1:444" },
	{ OK(1) "T=2}" OK(3), "1 | 2:403" },
	{ OK(1) "T=2", "1 | 2:403" },
	{ "T=1{C=1{Frob=t}} T=2{C=1{Frob=t}" OK(3), "| 1:443 2:443" },
	/* what stands between transactions is not understood: nothing behind it is looked at */
	{ OK(1) "Frob=2{}" OK(3), "1 | -:400" },
	{ OK(1) "}" OK(3), "1 | -:400" },
	{ "T=1{C=1{Frob=t}}}" OK(2), "| 1:443" },
	{ "T=1{C=1{Frob=t}}Error=400{}" OK(2), "| 1:443" },
	{ OK(1) "T=2{C=1{MF=t{M{R{v=0\na=}x\n}}}}}" OK(3), "1 | 2:442" },
};

static void
transactions_around_a_broken_one_are_read(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[SAID_MAX];
		const char *said;
		int err;

		snprintf(text, sizeof(text), HEAD "%s", rows[i].text);
		err = parse(span_str(text));
		said = say(err);
		CU_ASSERT_STRING_EQUAL(said, rows[i].said);
		CU_ASSERT_EQUAL(err, strchr(said, ':') ? ERR_SYNTAX : 0);
		if (strcmp(said, rows[i].said) != 0)
			printf("\n%s\n  want %s, got %s\n", rows[i].text, rows[i].said, said);
	}
	arena_fini(&arena);
}

static void
each_fault_has_its_own_place(void)
{
	CU_ASSERT_EQUAL(parse(span_str(HEAD "T=1{C=1{Frob=t}}\n" OK(2) "\n\nT=3{C=1{\rPR=99}}\n" OK(4))), ERR_SYNTAX);
	CU_ASSERT_EQUAL(fault.line, 2);
	CU_ASSERT(span_has_prefix(fault.near, "Frob=t"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(fault.next);
	CU_ASSERT_EQUAL(fault.next->line, 6);
	CU_ASSERT(span_has_prefix(fault.next->near, "99}}"));
	CU_ASSERT_EQUAL(fault.next->err, ERR_SYNTAX);
	CU_ASSERT_PTR_NULL(fault.next->next);
	CU_ASSERT_PTR_NOT_NULL_FATAL(msg.txns);
	CU_ASSERT(span_has_prefix(msg.txns->text, OK(2)) && span_eqs(msg.txns->next->text, OK(4)));
	arena_fini(&arena);
}

/* n times item, each closed by itself. */
static int
parse_many(const char *item, unsigned n, const char *last)
{
	struct out o;
	int err;

	out_init_heap(&o, 4 * MGCO_MESSAGE_MAX);
	out_str(&o, HEAD);
	while (n--)
		out_str(&o, item);
	out_str(&o, last);
	CU_ASSERT_EQUAL_FATAL(o.err, 0);
	err = parse(out_get(&o));
	out_fini(&o);
	return err;
}

static unsigned
faults(void)
{
	unsigned n = 0;

	for (const struct mgco_fault *f = &fault; f; f = f->next)
		n++;
	return n;
}

static void
broken_transactions_are_bounded_and_so_is_the_tree(void)
{
	CU_ASSERT_EQUAL(parse_many("T=1{X}", MGCO_FAULTS_MAX - 1, OK(2)), ERR_SYNTAX);
	CU_ASSERT_EQUAL(faults(), MGCO_FAULTS_MAX - 1);
	CU_ASSERT_PTR_NOT_NULL(msg.txns);
	CU_ASSERT_EQUAL(parse_many("T=1{X}", 9000, OK(2)), ERR_SYNTAX);
	CU_ASSERT_EQUAL(faults(), MGCO_FAULTS_MAX);
	CU_ASSERT_PTR_NULL(msg.txns);
	/* Nested too deeply, or with too much in one place, it is broken like others; where the memory for the whole
	 * message ends, the rest is not read. */
	CU_ASSERT_EQUAL(parse_many("T=1{C=1{MF=t{E=1{a/b{EM{E=2{c/d{EM{E=3{e/f}}}}}}}}}}", 1, OK(2)), ERR_SYNTAX);
	CU_ASSERT_PTR_NOT_NULL(msg.txns);
	CU_ASSERT_EQUAL(parse_many("T=1{C=1{S=t,S=t,S=t,S=t}}", 2000, OK(2)), ERR_TOOBIG);
	CU_ASSERT_EQUAL(faults(), 1);
	CU_ASSERT_EQUAL(fault.code, 510);
	msg = (struct mgco_msg){ 0 };
	arena_fini(&arena);
}

static void
memory_that_ends_is_a_fault_too(void)
{
	static const char text[] = HEAD "T=1{X}" OK(2) "T=3{X}T=4{C=1{MF=t{M{R{a=\\}\n}}}}}T=5{X}" OK(6);
	int err = ERR_NOMEM;
	size_t limit;

	for (limit = 0; limit < 100000 && err != ERR_SYNTAX; limit += 16) {
		struct arena small;

		arena_init(&small, limit);
		fault = (struct mgco_fault){ 0 };
		err = mgco_parse(&small, span_str(text), &msg, &fault);
		CU_ASSERT(err == ERR_SYNTAX || err == ERR_NOMEM);
		CU_ASSERT_EQUAL(fault.err, err);
		arena_fini(&small);
	}
	CU_ASSERT_EQUAL(err, ERR_SYNTAX);
}

const struct test_case test_cases[] = {
	TEST(transactions_around_a_broken_one_are_read),
	TEST(each_fault_has_its_own_place),
	TEST(broken_transactions_are_bounded_and_so_is_the_tree),
	TEST(memory_that_ends_is_a_fault_too),
	{ NULL, NULL },
};
