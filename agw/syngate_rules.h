/* SPDX-License-Identifier: BSD-2-Clause */
/* The packet filter rules that lead SYNs into our queues: by nftables, with its `queue` statement or, where the kernel
 * has none, with the target of iptables; else by iptables and ip6tables. An instance owns one table or chain, named after its first queue; what a crashed run left
 * there is replaced in the same transaction. Other rules are not touched, and have their say on a SYN as well. */
#pragma once

#include "agw/gate.h"

struct syngate_rules;

#define SYNGATE_RULES_CHAIN "syns"

/* SYNs to the ranges of t go to queues num .. num + count - 1; without a reader they are dropped. t is not kept. On
 * failure nothing is left behind; NULL and in why, of SYNGATE_WHY_MAX bytes, a sentence. */
struct syngate_rules *syngate_rules_install(const struct gate_table *t, uint16_t num, uint16_t count, char *why);
/* Takes the rules away; a failure is logged. */
void syngate_rules_remove(struct syngate_rules *r);
/* "nftables", "nft_compat" or "iptables". */
const char *syngate_rules_tool(const struct syngate_rules *r);
/* The nftables table whose chain SYNGATE_RULES_CHAIN sees the SYNs to our ranges and nothing else, and queues them; NULL
 * with iptables. */
const char *syngate_rules_table(const struct syngate_rules *r);
