/* SPDX-License-Identifier: BSD-2-Clause */
/* The packet filter rules that lead SYNs into our queues: by nftables where the kernel has its `queue` statement, else
 * by iptables and ip6tables. An instance owns one table or chain, named after its first queue; what a crashed run left
 * there is replaced in the same transaction. Other rules are not touched, and have their say on a SYN as well. */
#pragma once

#include "agw/gate.h"

struct syngate_rules;

/* SYNs to the ranges of t go to queues num .. num + count - 1; without a reader they are dropped. t is not kept. On
 * failure nothing is left behind; NULL and in why, of SYNGATE_WHY_MAX bytes, a sentence. */
struct syngate_rules *syngate_rules_install(const struct gate_table *t, uint16_t num, uint16_t count, char *why);
/* Takes the rules away; a failure is logged. */
void syngate_rules_remove(struct syngate_rules *r);
/* "nftables" or "iptables". */
const char *syngate_rules_tool(const struct syngate_rules *r);
