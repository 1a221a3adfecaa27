/* SPDX-License-Identifier: BSD-2-Clause */
/* However a stream is cut, the framer says the same; what it understood is what came, octet by octet. */
#include "proto/base/out.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/msrp_trace.h"

enum { TEXT_MAX = 64 << 20 };

static void
check_echo(struct span stream, int err, msrp_cut_fn cut, void *arg)
{
	struct out o;
	size_t from = 0, at = 0;

	out_init_heap(&o, TEXT_MAX);
	FUZZ_ASSERT(msrp_echo(stream, cut, arg, &o) == err && !o.err);
	/* Only CRs and LFs may be missing (between messages), and what is held back or refused at the end. */
	while (at < o.len) {
		FUZZ_ASSERT(from < stream.len);
		if (stream.p[from] == o.buf[at])
			at++;
		else
			FUZZ_ASSERT(stream.p[from] == '\r' || stream.p[from] == '\n');
		from++;
	}
	out_fini(&o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct span stream = span_of((const char *)p, len);
	struct out whole, pieces;
	uint64_t seed = 0x9e3779b97f4a7c15u ^ len;
	int err, again;

	if (len == 0)
		return 0;
	for (size_t i = 0; i < len && i < 16; i++)
		seed = seed * 31 + p[i];
	seed |= 1;
	out_init_heap(&whole, TEXT_MAX);
	out_init_heap(&pieces, TEXT_MAX);
	err = msrp_trace(stream, msrp_cut_none, NULL, &whole);
	again = msrp_trace(stream, msrp_cut_all, NULL, &pieces);
	FUZZ_ASSERT(err == again && span_eq(out_get(&whole), out_get(&pieces)));
	out_reset(&pieces);
	again = msrp_trace(stream, msrp_cut_random, &seed, &pieces);
	FUZZ_ASSERT(err == again && span_eq(out_get(&whole), out_get(&pieces)));
	check_echo(stream, err, msrp_cut_none, NULL);
	check_echo(stream, err, msrp_cut_random, &seed);
	out_fini(&whole);
	out_fini(&pieces);
	return 0;
}
