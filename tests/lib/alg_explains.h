/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether explain says what really happens. */
#pragma once

#include "tests/lib/alg_pass.h"

/* What left in p for offer and answer (null: refused, or there was none), beside what explain says of them: the same but for the
 * addresses, ports, paths and fingerprints that a gateway would choose. Prints where they differ. */
bool alg_explains(const struct pass *p, struct span offer, struct span offer_out, struct span answer, struct span answer_out);
/* Whether want, of p, and got, of q, are the same but for these. Prints them when they are not. */
bool alg_same_but_for_gateway(const struct pass *p, struct span want, const struct pass *q, struct span got);
