/* SPDX-License-Identifier: BSD-2-Clause */
/* Message identifiers that say where somebody is (H.248.1 annex B: domainAddress, domainName). */
#pragma once

#include "proto/base/addr.h"

enum { MGCO_PORT = 2944 };

/* "[192.0.2.1]:2944" or "[2001:db8::1]"; without a port MGCO_PORT. ERR_SYNTAX for other kinds of MId. */
int mgco_mid_addr(struct span mid, struct addr *a);
/* "<mgc.example>:2944" or "<mgc.example>"; name is of the input. ERR_SYNTAX for other kinds of MId. */
int mgco_mid_host(struct span mid, struct span *name, uint16_t *port);
/* A ServiceChangeAddress: an MId with an address, or a port of the host that said it. ERR_SYNTAX. */
int mgco_mid_service_addr(struct span text, const struct addr *host, struct addr *a);
