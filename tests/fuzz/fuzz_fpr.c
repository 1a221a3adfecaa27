/* SPDX-License-Identifier: BSD-2-Clause */
/* What parses prints to something that parses to the same. */
#include "proto/codec/fpr.h"

#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct span s = span_of((const char *)p, len);
	struct fpr_set set = { 0 };
	struct fpr f, again;
	char text[FPR_TEXT_MAX];

	if (fpr_parse(s, &f) == 0) {
		FUZZ_ASSERT(fpr_parse(span_str(fpr_text(&f, text)), &again) == 0);
		FUZZ_ASSERT(fpr_equal(&f, &again));
	}
	for (int i = 0; i < 2 * SDP_FINGERPRINTS_MAX; i++)
		fpr_set_add(&set, s);
	FUZZ_ASSERT(set.n + set.unknown <= SDP_FINGERPRINTS_MAX);
	FUZZ_ASSERT(fpr_set_equal(&set, &set));
	return 0;
}
