/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever the UE sends, however it is cut: both peers hear the same octets, and those are MSRP with the
 * right paths. */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/lib/b2b_bench.h"
#include "tests/lib/msrp_trace.h"

static void
check_output(unsigned side, struct span told)
{
	struct msrp_framer f = { .state = MSRP_IN_HEAD };
	struct msrp_event ev;
	int err;

	while ((err = msrp_next(&f, &told, &ev)) == 0) {
		if (ev.kind != MSRP_HEAD)
			continue;
		if (side == 1) {
			FUZZ_ASSERT(ev.head.code == 0 && span_eqs(ev.head.to_path, B2B_CORE));
			FUZZ_ASSERT(span_eqs(ev.head.from_path, B2B_GW_CORE));
		} else {
			FUZZ_ASSERT(ev.head.code == 481 || ev.head.code == 413 || ev.head.code == 400);
		}
	}
	FUZZ_ASSERT(err == ERR_MORE && !f.gathered && f.state == MSRP_IN_HEAD);
	msrp_reset(&f);
}

static void
run(struct b2b_bench *x, struct span in, size_t piece, int *err)
{
	uint8_t last = (uint8_t)in.p[in.len - 1];

	b2b_init(x);
	if (last & 64) /* some inputs meet limits */
		x->limits = (struct msrp_limits){ .message = last, .chunk = last & 1 ? 20 : 0 };
	*err = b2b_say_slowly(x, 0, in, piece);
	(void)msrp_b2b_cut(x->b, 0, &x->sink);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct span in = span_of((const char *)p, len);
	struct b2b_bench whole, pieces;
	int err, again;

	if (len == 0)
		return 0;
	run(&whole, in, SIZE_MAX, &err);
	run(&pieces, in, 1 + p[len - 1] % 64, &again);
	FUZZ_ASSERT(err == again);
	for (unsigned i = 0; i < 2; i++) {
		struct span told = out_get(&whole.to[i]);

		/* Ids of our own making differ: there are some when the lengths say so. */
		FUZZ_ASSERT(told.len == pieces.to[i].len);
		check_output(i, told);
	}
	b2b_fini(&whole);
	b2b_fini(&pieces);
	return 0;
}
