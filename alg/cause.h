/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure: the vocabulary of failed calls and refused requests, as counters need it: bounded, whatever a gateway says. */
#pragma once

#include "proto/base/span.h"

enum cause {
#define REASON(sym, text) CAUSE_##sym,
#include "proto/base/reason.def"
#undef REASON
#define CAUSE(sym, text) CAUSE_##sym,
#include "alg/cause.def"
#undef CAUSE
	CAUSES,
};

/* "fp-mismatch" and so on, as operators read it. Static. */
const char *cause_text(enum cause c);
/* Of a reason as a gateway told it: tls-alert whatever its number, OTHER when it is none of ours. */
enum cause cause_of_reason(struct span reason);
/* Of an NG error-reason: the word before its colon; the sentences that are rtpengine's own mean one, too. Else OTHER. */
enum cause cause_of_error(const char *error);
