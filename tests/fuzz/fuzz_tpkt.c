/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames lie end to end inside the input, and the header that we write for a payload is read back. */
#include "proto/codec/tpkt.h"

#include "proto/base/err.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct span rest = span_of((const char *)p, len), payload;
	uint8_t header[TPKT_HEADER];
	size_t total;
	int err;

	while ((err = tpkt_frame(rest, &total, &payload)) == 0) {
		FUZZ_ASSERT(total >= TPKT_HEADER && total <= rest.len);
		FUZZ_ASSERT(payload.p == rest.p + TPKT_HEADER && payload.len == total - TPKT_HEADER);
		FUZZ_ASSERT(tpkt_header(payload.len, header) == 0);
		FUZZ_ASSERT(header[2] == (uint8_t)rest.p[2] && header[3] == (uint8_t)rest.p[3]);
		rest = span_of(rest.p + total, rest.len - total);
	}
	FUZZ_ASSERT(err == ERR_MORE || err == ERR_SYNTAX);
	FUZZ_ASSERT(err == ERR_MORE || rest.len > 0);
	return 0;
}
