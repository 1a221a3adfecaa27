/* SPDX-License-Identifier: BSD-2-Clause */
/* The sieve before the queue or the sockets: BPF programs behind nftables rules. They read the words that the gate's
 * table writes, in memory that both share: a change of a rule costs no system call. */
#pragma once

#include "agw/gate.h"

/* Once. Begins to drop, before routing and connection tracking; num names the nftables table. It lives as long as s, or
 * this process. Wants CAP_NET_ADMIN. On failure (no nft_compat or xt_bpf in the kernel) a sentence in why, of
 * SYNGATE_WHY_MAX bytes. */
int syngate_sieve_attach(struct syngate_sieve *s, uint16_t num, char *why);
/* Puts a rule before the others of an nftables chain that accepts what matches for sure. It stays there, but accepts
 * nobody from detaching on, nor after our death. On failure a sentence in why. */
int syngate_sieve_accept(struct syngate_sieve *s, const char *table, const char *chain, char *why);
/* Stops dropping and accepting. */
void syngate_sieve_detach(struct syngate_sieve *s);
/* Sets sieved and passed, and adds them to syns, dropped and accepted. */
void syngate_sieve_read_counters(const struct syngate_sieve *s, struct gate_counters *c);
