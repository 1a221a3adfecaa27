/* SPDX-License-Identifier: BSD-2-Clause */
/* TPKT framing of H.248 over TCP (RFC 1006 section 6, H.248.1 annex D.2): 03 00 len16, header included. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/base/span.h"

enum { TPKT_HEADER = 4, TPKT_PAYLOAD_MAX = 65535 - TPKT_HEADER };

/* Finds the first frame in buf: *total is its length with header, *payload its content. ERR_MORE when
 * incomplete, ERR_SYNTAX for a wrong version or a length below the header's. */
int tpkt_frame(struct span buf, size_t *total, struct span *payload);
/* Writes the header for a payload of len bytes (<= TPKT_PAYLOAD_MAX, else ERR_TOOBIG). */
int tpkt_header(size_t len, uint8_t header[TPKT_HEADER]);
