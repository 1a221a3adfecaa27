/* SPDX-License-Identifier: BSD-2-Clause */
/* The start line and headers of one MSRP message, line after line; for msrp.c. */
#pragma once

#include "proto/codec/msrp.h"

/* The start line. ERR_SYNTAX with *why set to a static sentence: nobody knows where this message ends. Spans point
 * into the line. */
int msrp_head_begin(struct msrp_head *head, struct span line, const char **why) MUST_CHECK;
/* The next header line. What is wrong with it shows in head->broken. */
void msrp_head_add(struct msrp_head *head, struct span line);
/* After the last one: all header lines together. */
void msrp_head_end(struct msrp_head *head, struct span headers);
