/* SPDX-License-Identifier: BSD-2-Clause */
/* What parses prints, in every style, to something that parses to the same message; what does not parse has a
 * fault that can be answered. */
#include "proto/codec/mgco.h"

#include "proto/base/err.h"
#include "tests/fuzz/fuzz.h"

/* Printed text can exceed what a message may have: line breaks, tabs and long tokens. */
enum { PRINTED_MAX = 64 * MGCO_MESSAGE_MAX };

static const struct mgco_style styles[] = {
	{ .short_tokens = false, .pretty = true },
	{ .short_tokens = true, .pretty = false },
};

static char *
print(const struct mgco_msg *msg, const struct mgco_style *style)
{
	struct out o;
	char *text;

	out_init_heap(&o, PRINTED_MAX);
	mgco_print(&o, msg, style);
	text = out_take(&o);
	out_fini(&o);
	FUZZ_ASSERT(text != NULL);
	return text;
}

static void
check_fault(struct span in, const struct mgco_fault *f, int err)
{
	FUZZ_ASSERT(err == ERR_SYNTAX || err == ERR_TOOBIG || err == ERR_UNSUPPORTED);
	FUZZ_ASSERT(f->code >= 400 && f->code < 600 && f->why && f->line >= 1);
	FUZZ_ASSERT(f->near.len == 0 || (f->near.p >= in.p && f->near.p + f->near.len <= in.p + in.len));
}

/* What was read of a message that does not parse as a whole lies in it one after the other, and parses alone. */
static void
check_rest(struct span in, const struct mgco_msg *msg, const struct mgco_fault *f)
{
	const char *at = in.p;

	for (unsigned n = 0; f; f = f->next) {
		check_fault(in, f, f->err);
		FUZZ_ASSERT(++n <= MGCO_FAULTS_MAX);
	}
	for (const struct mgco_txn *t = msg->txns; t; t = t->next) {
		struct arena a;
		struct mgco_msg one;
		struct out o;

		FUZZ_ASSERT(t->text.p >= at && t->text.p + t->text.len <= in.p + in.len);
		at = t->text.p + t->text.len;
		arena_init(&a, MGCO_ARENA_MAX);
		out_init_heap(&o, MGCO_MESSAGE_MAX + 16);
		out_str(&o, "!/2 <x> ");
		out_span(&o, t->text);
		FUZZ_ASSERT(o.err || o.len > MGCO_MESSAGE_MAX || mgco_parse(&a, out_get(&o), &one, NULL) == 0);
		out_fini(&o);
		arena_fini(&a);
	}
}

static void
check_reparse(const char *text, size_t style)
{
	struct mgco_fault f;
	struct mgco_msg msg;
	struct arena a;
	int err;

	if (strlen(text) > MGCO_MESSAGE_MAX)
		return;
	arena_init(&a, MGCO_ARENA_MAX);
	err = mgco_parse(&a, span_str(text), &msg, &f);
	if (err) {
		fprintf(stderr, "line %u: %s\n%s\n", f.line, f.why, text);
		FUZZ_ASSERT(err == 0);
	}
	for (size_t i = 0; i < 2; i++) {
		char *again = print(&msg, &styles[i]);

		if (i == style && strcmp(again, text) != 0) {
			fprintf(stderr, "%s\n--\n%s\n", text, again);
			FUZZ_ASSERT(strcmp(again, text) == 0);
		}
		free(again);
	}
	arena_fini(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct span in = span_of((const char *)p, len);
	struct mgco_fault f = { 0 };
	struct mgco_msg msg;
	struct arena a;
	int err;

	arena_init(&a, MGCO_ARENA_MAX);
	err = mgco_parse(&a, in, &msg, &f);
	if (err)
		check_rest(in, &msg, &f);
	for (size_t i = 0; i < 2 && err == 0; i++) {
		char *text = print(&msg, &styles[i]);

		check_reparse(text, i);
		free(text);
	}
	arena_fini(&a);
	return 0;
}
