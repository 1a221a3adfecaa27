/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure: which items of an order may be left out for a gateway that does not know them, and what a refusal says about that.
 * What protects the bytes is never left out: TLS, the certificate's fingerprint, a filter that is on. */
#pragma once

#include "alg/mgc.h"

/* What a refused order is to leave out besides what it left out already: bits of enum mgc_lack. 0: the refusal stands, since
 * it names something that must be, nothing more can be left out, or it is about something else. */
unsigned mgc_degrade(const struct mgc_failure *f, const struct iq_names *n, const struct mgc_term want[SIDES]);
/* The items of these bits, "ipdc/realm hangterm/thb"; buf holds MGC_TEXT_MAX bytes; returns buf. */
const char *mgc_lacks_text(unsigned lacks, const struct iq_names *n, char buf[MGC_TEXT_MAX]);
