/* SPDX-License-Identifier: BSD-2-Clause */
/* No packet makes the reader look beyond its end, and what it tells does not depend on what follows the headers. */
#include "agw/syn_parse.h"

#include <string.h>

#include "proto/base/err.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct syn_packet syn, again;
	int err = syn_parse(p, len, &syn), cut_err;
	size_t cut = len < SYN_PARSE_BYTES ? len : SYN_PARSE_BYTES;
	uint8_t *copy = malloc(cut ? cut : 1); /* its end is guarded by the sanitizer */

	FUZZ_ASSERT(copy);
	memcpy(copy, p, cut);
	cut_err = syn_parse(copy, cut, &again);
	free(copy);
	FUZZ_ASSERT(err == cut_err || cut_err == ERR_MORE);
	if (err == 0) {
		FUZZ_ASSERT(syn.src.family == syn.dst.family && syn.src.family != ADDR_NONE);
		FUZZ_ASSERT(syn.src.family == (p[0] >> 4 == 6 ? ADDR_V6 : ADDR_V4));
	}
	if (err == 0 && cut_err == 0)
		FUZZ_ASSERT(addr_same(&syn.src, &again.src) && addr_same(&syn.dst, &again.dst) &&
		            syn.is_syn == again.is_syn);
	return 0;
}
