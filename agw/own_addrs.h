/* SPDX-License-Identifier: BSD-2-Clause */
/* The addresses that lead to ourselves: those of this host at the moment, and those that realms tell their peers (a NAT may
 * send them back). Control thread. */
#pragma once

#include "agw/realm.h"
#include "proto/io/loop.h"

struct own_addrs;

/* realms is borrowed. Follows the host's addresses as they change, where the kernel tells. NULL out of memory. */
struct own_addrs *own_addrs_new(struct loop *l, struct realm *const *realms, unsigned n_realms);
void own_addrs_free(struct own_addrs *o);
/* An address of ours with a port that is no termination's: our control, our metrics, the host's other services. Loopback
 * addresses do not count; callee.h has them. */
bool own_addrs_has(const struct own_addrs *o, const struct addr *a);
