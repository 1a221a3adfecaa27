/* SPDX-License-Identifier: BSD-2-Clause */
/* Plain TCP sockets over loopback, for tests of who is let in: a SYN that was dropped, and one that is answered. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/addr.h"

/* The first retransmission of a SYN comes after 1 s, the second after 3: much more than a busy machine needs. */
enum { LO_PATIENCE_MS = 60000 };

uint64_t lo_now_ms(void);
/* 127.0.0.LAST, or ::1. No port. */
struct addr lo_addr(enum addr_family family, uint8_t last);
/* A socket bound to ip (port from the kernel), and its address; -1 when this host lacks the family. */
int lo_bound(const struct addr *ip, struct addr *at);
/* Sends a SYN, which has arrived when this returns. */
void lo_connect(int fd, const struct addr *to);
/* Another socket, bound to lo_addr(family, last), that does. */
int lo_client(enum addr_family family, uint8_t last, const struct addr *to);
/* Came SYN-ACK or RST? What was not answered by now was dropped. */
bool lo_is_answered(int fd);
/* The same, by a retransmission at the latest. */
bool lo_gets_answer(int fd);
/* ... and it was a SYN-ACK. */
bool lo_is_connected(int fd);
