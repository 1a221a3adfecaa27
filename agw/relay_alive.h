/* SPDX-License-Identifier: BSD-2-Clause */
/* Empty messages to peers that are silent: NATs on their way forget a connection that is (RFC 6223). For
 * relay_msrp.c. */
#pragma once

#include "agw/relay.h"

/* After `silence` ms without an octet either way, and at most half as much more, the peer of a side gets one. 0:
 * never. */
void relay_alive_set(struct relay *r, unsigned side, uint32_t silence);
void relay_alive_fini(struct relay *r);
