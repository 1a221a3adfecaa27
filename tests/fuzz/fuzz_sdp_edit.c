/* SPDX-License-Identifier: BSD-2-Clause */
/* The first byte of the input says how many edits follow, three bytes each (what, line, text); the rest is the SDP.
 * No edits give the same bytes; with edits every line that has none leaves byte-identical and in order. */
#include "proto/codec/sdp_edit.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { EDITS = 16, OUT_BYTES = 128 * 1024 };

struct plan {
	bool touched[SDP_LINES_MAX];
	const uint8_t *p;
	size_t n;
};

static void
plan_edits(struct plan *plan, struct sdp_edits *e)
{
	for (size_t i = 0; i < plan->n; i++) {
		const uint8_t *b = plan->p + 3 * i;
		uint32_t line = b[1] % e->sdp->n_lines;

		if (b[0] % 3 == 0 && e->sdp->lines[line].type) {
			sdp_edit_set(e, line, "\x01 set %u", b[2]);
			plan->touched[line] = true;
		} else if (b[0] % 3 == 1) {
			sdp_edit_delete(e, line);
			plan->touched[line] = true;
		} else {
			sdp_edit_insert(e, line, "\x01 insert %u", b[2]);
		}
	}
}

/* Everything of ours holds \x01; what remains must be the untouched lines. */
static void
check_untouched(const struct sdp *s, const struct plan *plan, struct span got)
{
	uint32_t line = 0;

	while (got.len) {
		ptrdiff_t lf = span_find(got, '\n');
		struct span l = span_of(got.p, lf < 0 ? got.len : (size_t)lf + 1);

		got = span_of(got.p + l.len, got.len - l.len);
		while (line < s->n_lines && plan->touched[line])
			line++;
		if (line < s->n_lines && span_eq(l, s->lines[line].raw)) {
			line++;
			continue;
		}
		if (span_find(l, '\x01') >= 0)
			continue;
		/* the last line had no end and got one because something follows */
		FUZZ_ASSERT(line + 1 == s->n_lines && l.len == s->lines[line].raw.len + strlen(s->eol));
		FUZZ_ASSERT(memcmp(l.p, s->lines[line].raw.p, s->lines[line].raw.len) == 0);
		line++;
	}
	while (line < s->n_lines && plan->touched[line])
		line++;
	FUZZ_ASSERT(line == s->n_lines);
}

static void
check(struct arena *a, const struct sdp *s, struct plan *plan)
{
	static char buf[OUT_BYTES];
	struct sdp_edits e;
	struct out o;

	out_init(&o, buf, sizeof(buf));
	sdp_edits_init(&e, a, s);
	FUZZ_ASSERT(sdp_edit_apply(&e, &o) == 0);
	FUZZ_ASSERT(span_eq(out_get(&o), s->text));
	plan_edits(plan, &e);
	out_reset(&o);
	FUZZ_ASSERT(sdp_edit_apply(&e, &o) == 0);
	if (span_find(s->text, '\x01') < 0)
		check_untouched(s, plan, out_get(&o));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct plan plan = { 0 };
	struct arena arena;
	struct sdp s;
	size_t head;

	if (len == 0)
		return 0;
	plan.n = p[0] % EDITS;
	head = 1 + 3 * plan.n;
	if (head > len)
		return 0;
	plan.p = p + 1;
	arena_init(&arena, 1 << 20);
	if (sdp_parse(&arena, span_of((const char *)p + head, len - head), &s) == 0)
		check(&arena, &s, &plan);
	arena_fini(&arena);
	return 0;
}
