/* SPDX-License-Identifier: BSD-2-Clause */
/* Allocator of local transport addresses: some IP addresses times a port range. */
#pragma once

#include "proto/base/addr.h"

struct ports;

/* n addresses (their ports are not looked at) times lo..hi. NULL when out of memory. */
struct ports *ports_new(const struct addr *ips, unsigned n, uint16_t lo, uint16_t hi);
void ports_free(struct ports *p);
/* The address that has been free for the longest time, so that late packets for its last user find nobody. O(1).
 * ERR_LIMIT when all are taken. */
int ports_take(struct ports *p, struct addr *local);
/* Gives back what ports_take() gave. */
void ports_give(struct ports *p, const struct addr *local);
uint32_t ports_total(const struct ports *p);
uint32_t ports_taken(const struct ports *p);
