/* SPDX-License-Identifier: BSD-2-Clause */
/* The sieve's program: eBPF, assembled here for the ranges of a table, so that no compiler for it is needed. */
#pragma once

#include <linux/bpf.h>

#include "agw/gate.h"

enum { SYNGATE_BPF_MAX = 1536 }; /* instructions; GATE_ADDRS_MAX IPv6 ranges need below 1000 */

/* Writes a socket filter that starts at the IP header. It returns 1 for a SYN that the word of its port (map
 * words_fd, an array of 64-bit words) says to drop, and counts it in entry 0 of map count_fd (per CPU); else, and for
 * all that it cannot read, 0. Returns the number of instructions. */
unsigned syngate_bpf_write(const struct gate_table *t, int words_fd, int count_fd,
                           struct bpf_insn code[SYNGATE_BPF_MAX]);
