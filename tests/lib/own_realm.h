/* SPDX-License-Identifier: BSD-2-Clause */
/* Realms of a gateway under test on loopback addresses of this process alone. Run by root, a gateway's SYN gate drops in
 * the host's own network whatever comes to its realms unasked: an address shared with other tests would cost these their
 * connections, and a port out of the kernel's range our own. */
#pragma once

#include "agw/agw_conf.h"

/* The address, port 0, of the host-th realm; host is 1 to 254. */
struct addr own_realm_addr(unsigned host);
/* Adds the realm to c, IPv4. */
void own_realm_add(struct agw_conf *c, const char *name, unsigned host);
