/* SPDX-License-Identifier: BSD-2-Clause */
/* Which addresses this host has at the moment, on interfaces that are up. */
#pragma once

#include "proto/base/addr.h"
#include "proto/io/loop.h"

struct netwatch;

/* fn(arg) is called in the loop some time after interfaces or addresses have changed, whichever. NULL where the kernel
 * does not tell. */
struct netwatch *netwatch_new(struct loop *l, loop_fn fn, void *arg);
void netwatch_free(struct netwatch *w);
/* has[i] is true when ips[i] is an address of an interface that is up and has a carrier. ERR_*: cannot be told. */
int netwatch_has(const struct addr *ips, unsigned n, bool *has);
/* All addresses of the host but loopback, of interfaces that are down too. *ips is to be freed by free(3). ERR_*: cannot be
 * told. */
int netwatch_list(struct addr **ips, unsigned *n);
