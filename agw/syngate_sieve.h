/* SPDX-License-Identifier: BSD-2-Clause */
/* The sieve in front of the queue: a BPF program behind an nftables rule, before routing and connection tracking. It
 * reads the words that the gate's table writes, in memory that both share: a change of a rule costs no system call. */
#pragma once

#include "agw/gate.h"

/* Begins to drop; num names the nftables table. It lives as long as s, or this process. Wants CAP_NET_ADMIN. On
 * failure (no nft_compat or xt_bpf in the kernel) a sentence in why, of SYNGATE_WHY_MAX bytes. */
int syngate_sieve_attach(struct syngate_sieve *s, uint16_t num, char *why);
/* Stops dropping. */
void syngate_sieve_detach(struct syngate_sieve *s);
/* SYNs that were dropped so far. */
uint64_t syngate_sieve_drops(const struct syngate_sieve *s);
