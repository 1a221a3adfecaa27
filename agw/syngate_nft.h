/* SPDX-License-Identifier: BSD-2-Clause */
/* nftables rules that nft has no words for, over netlink: they use matches and targets of iptables. Errors are negative
 * errno values: the kernel may lack nft_compat, xt_bpf or xt_NFQUEUE; CAP_NET_ADMIN is needed. */
#pragma once

#include <stdint.h>

struct mnl_socket;

/* A new table that lives as long as *sock, or this process: what the program says yes to is dropped before routing and
 * connection tracking. */
int syngate_nft_open(struct mnl_socket **sock, const char *table, int prog_fd);
/* NULL does nothing. */
void syngate_nft_close(struct mnl_socket *sock);
/* Inserts before the other rules of a chain that is there: what the program says yes to is accepted. The rule stays
 * with the table, and keeps the program. */
int syngate_nft_accept(const char *table, const char *chain, int prog_fd);
/* Inserts before the other rules of a chain that is there: all goes to the queues, and without a reader is dropped. */
int syngate_nft_queue(const char *table, const char *chain, uint16_t num, uint16_t count);
