/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom a leg may call. The address is the peer's own word (c= of its SDP): without limits anybody could have us connect to
 * what only this host can reach. */
#pragma once

#include "agw/agw_limits.h"
#include "proto/base/addr.h"

/* call-deny= and call-allow= of a realm. What is denied is denied; of the rest, if anything is allowed, that only. */
struct callee_nets {
	struct addr_net deny[CALLEE_NETS_MAX], allow[CALLEE_NETS_MAX];
	unsigned n_deny, n_allow;
};

/* Pure. NULL when a leg at local may call remote as far as the address tells, else why not: a static phrase. Loopback and
 * IPv4 link-local addresses may be called from such addresses only, what is no host's address never. */
const char *callee_denied(const struct callee_nets *nets, const struct addr *local, const struct addr *remote);
/* call-allow= names the address itself, not only a network that it is in: then it may be one of this host. */
bool callee_is_named(const struct callee_nets *nets, const struct addr *remote);
