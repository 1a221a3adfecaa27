/* SPDX-License-Identifier: BSD-2-Clause */
/* One-to-one SCTP sockets of the kernel (RFC 6458 clause 4), non-blocking and close-on-exec, without libsctp. They
 * connect, listen and are accepted like TCP's, but what is sent arrives as it was cut. */
#pragma once

#include "proto/base/addr.h"

enum { SOCK_SCTP_STREAMS = 16 }; /* asked for, each way */

/* False where the kernel has no SCTP, not even as a module. */
bool sock_sctp_is_there(void);
/* A descriptor >= 0 or a negative enum err; ERR_UNSUPPORTED without SCTP. */
int sock_sctp_listen(const struct addr *local, int backlog);
/* From the one address that routing chooses, so that the peer hears of no other. */
int sock_sctp_connect(const struct addr *remote);
/* How many streams a connected socket may send on, at least 1. */
uint16_t sock_sctp_streams(int fd);
/* Sends one message. ERR_AGAIN: no room for it. ppid is in host order. */
int sock_sctp_send(int fd, uint16_t stream, uint32_t ppid, struct span msg);
/* The next piece of a message; *is_whole tells its end. ERR_AGAIN when there is none, ERR_CLOSED at the end. */
int sock_sctp_recv(int fd, char *buf, size_t cap, size_t *len, bool *is_whole);
