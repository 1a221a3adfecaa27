/* SPDX-License-Identifier: BSD-2-Clause */
/* The first message of a stream ends at the same byte however the stream arrives: a prefix of it says "more", and what
 * follows it changes nothing. What parses as a datagram is framed as a whole. */
#include "proto/base/bounds.h"
#include "proto/base/err.h"
#include "proto/codec/ngmsg.h"
#include "tests/fuzz/fuzz.h"

enum { PREFIXES_MAX = 300 };

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct span buf = span_of((const char *)p, len);
	size_t total = 0, got;
	struct arena arena;
	struct ng_msg m;
	int rc = ng_frame(buf, &total);

	FUZZ_ASSERT(rc == 0 || rc == ERR_MORE || rc == ERR_SYNTAX || rc == ERR_TOOBIG);
	if (rc == 0) {
		FUZZ_ASSERT(total > 0 && total <= len && total <= NG_MESSAGE_MAX);
		for (size_t n = 0; n < total; n += 1 + total / PREFIXES_MAX)
			FUZZ_ASSERT(ng_frame(span_of(buf.p, n), &got) == ERR_MORE);
		FUZZ_ASSERT(ng_frame(span_of(buf.p, total), &got) == 0 && got == total);
	}
	arena_init(&arena, NG_ARENA_MAX);
	if (ng_parse(&arena, buf, &m) == 0)
		FUZZ_ASSERT(rc == 0 && total <= len && span_trim(span_of(buf.p + total, len - total)).len == 0);
	arena_fini(&arena);
	return 0;
}
