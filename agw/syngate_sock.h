/* SPDX-License-Identifier: BSD-2-Clause */
/* The SYN gate without netfilter: classic BPF filters on listening TCP sockets. A filter that returns 0 makes the
 * kernel forget the SYN without an answer; the filter sees the third packet of a handshake as well. Linux before
 * 2026 lets everybody do this, later CAP_NET_ADMIN is needed. */
#pragma once

#include "agw/gate.h"

/* Makes listener drop what rule drops; replaces an earlier filter in one step. ERR_PERM, ERR_NOMEM, or ERR_UNSUPPORTED when
 * the kernel has no socket filters. The socket must be AF_INET, or AF_INET6 with IPV6_V6ONLY. */
int syngate_sock_arm(int listener, const struct gate_rule *rule);
/* Takes the filter off; nothing happens when there is none. */
void syngate_sock_disarm(int fd);
