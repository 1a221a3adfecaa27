/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/order.h"

const char *
reason_text(enum reason r)
{
	static const char *const texts[REASONS] = {
#define REASON(sym, text) [REASON_##sym] = text,
#include "proto/base/reason.def"
#undef REASON
	};

	return r < REASONS ? texts[r] : "internal";
}
