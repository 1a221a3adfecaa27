/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/b2b_bench.h"

#include <string.h>

#include "proto/codec/msrp.h"

enum { TOLD_MAX = 64 << 20 };

/* Random enough, and the same in each run. */
static void
fill(void *buf, size_t len)
{
	static uint8_t n;

	memset(buf, ++n, len);
}

static void
on_write(void *arg, unsigned side, const struct span *pieces, unsigned n)
{
	struct b2b_bench *x = arg;

	for (unsigned i = 0; i < n; i++)
		out_bytes(&x->to[side], pieces[i].p, pieces[i].len);
	x->writes++;
}

void
b2b_init(struct b2b_bench *x)
{
	memset(x, 0, sizeof(*x));
	x->b = msrp_b2b_new(fill, &x->limits);
	x->sink = (struct msrp_sink){ .room = x->room, .cap = sizeof(x->room), .worth = MSRP_END_MAX + 1,
		                      .write = on_write, .arg = x };
	x->now_ms = 1000000;
	out_init_heap(&x->to[0], TOLD_MAX);
	out_init_heap(&x->to[1], TOLD_MAX);
	b2b_set(x, NULL, NULL, false);
}

void
b2b_set(struct b2b_bench *x, const char *ue_path, const char *core_path, bool types_empty)
{
	static struct leg_msrp m[2];

	m[1].types_empty = types_empty;
	(void)span_copy(span_str(B2B_GW_UE), m[0].own, sizeof(m[0].own));
	(void)span_copy(span_str(B2B_GW_CORE), m[1].own, sizeof(m[1].own));
	(void)span_copy(span_str(ue_path ? ue_path : B2B_UE), m[0].peer, sizeof(m[0].peer));
	(void)span_copy(span_str(core_path ? core_path : B2B_CORE), m[1].peer, sizeof(m[1].peer));
	for (unsigned i = 0; i < 2; i++)
		if (!x->b || msrp_b2b_set(x->b, i, &m[i]) != 0)
			return;
}

void
b2b_fini(struct b2b_bench *x)
{
	msrp_b2b_free(x->b);
	out_fini(&x->to[0]);
	out_fini(&x->to[1]);
}

int
b2b_say_slowly(struct b2b_bench *x, unsigned from, struct span text, size_t n)
{
	const char *why;
	int err = 0;

	while (text.len && !err) {
		size_t len = n < text.len ? n : text.len;

		err = msrp_b2b_feed(x->b, from, span_of(text.p, len), x->now_ms, &x->sink, &why);
		text = span_of(text.p + len, text.len - len);
	}
	return err;
}

int
b2b_say(struct b2b_bench *x, unsigned from, const char *text)
{
	return b2b_say_slowly(x, from, span_str(text), SIZE_MAX);
}

const char *
b2b_told(struct b2b_bench *x, unsigned side)
{
	const char *text = out_cstr(&x->to[side]);

	out_reset(&x->to[side]);
	return text ? text : "(out of memory)";
}
