/* SPDX-License-Identifier: BSD-2-Clause */
/* The start line and headers of one MSRP message; for msrp.c. */
#pragma once

#include "proto/codec/msrp.h"

/* text: start line and header lines, each with CRLF, and nothing behind them; has_body is left alone.
 * ERR_SYNTAX with *why set to a static sentence. Spans point into text. */
int msrp_head_parse(struct span text, struct msrp_head *head, const char **why) MUST_CHECK;
