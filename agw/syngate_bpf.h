/* SPDX-License-Identifier: BSD-2-Clause */
/* The sieve's programs: eBPF, assembled here for the ranges of a table, so that no compiler for it is needed. */
#pragma once

#include <linux/bpf.h>

#include "agw/gate.h"

enum {
	SYNGATE_BPF_MAX = 1536, /* instructions; GATE_ADDRS_MAX IPv6 ranges need below 1000 */
	SYNGATE_BPF_SWITCH = 6,
};

/* What a program answers about a SYN, and where its yes is counted. */
enum syngate_bpf_question {
	SYNGATE_BPF_DROP,   /* is it one that never matches? */
	SYNGATE_BPF_ACCEPT, /* is it one that matches for sure? */
	SYNGATE_BPF_QUESTIONS,
};

/* Writes a socket filter that starts at the IP header. It returns 1 for a SYN when the words of its port (map
 * words_fd, an array of GATE_SIEVE_WORDS 64-bit words) say yes, and counts it in entry q of map count_fd (per CPU);
 * else, and for all that it cannot read, 0. Returns the number of instructions. */
unsigned syngate_bpf_write(const struct gate_table *t, enum syngate_bpf_question q, int words_fd, int count_fd,
                           struct bpf_insn code[SYNGATE_BPF_MAX]);
/* Writes a socket filter that is entry 0 of the program array progs_fd, or returns 0 when there is none. The kernel
 * empties such an array when the last descriptor of it is closed, whatever rules still use it: what we accept ends
 * with us. */
unsigned syngate_bpf_write_switch(int progs_fd, struct bpf_insn code[SYNGATE_BPF_SWITCH]);
