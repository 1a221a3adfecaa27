/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON strings for documents that are written by hand. */
#pragma once

#include "proto/base/out.h"

/* Writes s as a JSON string with quotes. Control characters are escaped; a byte that is not part of valid UTF-8
 * is written as the character of that number, so that the document stays legal whatever a peer sent. */
void out_json_string(struct out *o, struct span s);
