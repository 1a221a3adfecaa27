/* SPDX-License-Identifier: BSD-2-Clause */
/* SYNs as whole Ethernet frames that are built beforehand and leave without routing, queueing discipline or
 * netfilter of the sender: what one thread can send then is several times what a raw IP socket can. */
#pragma once

#include <stdint.h>

#include "proto/base/addr.h"

struct syn_frames;

/* One frame for each port of lo..hi, through the interface dev to the host with Ethernet address mac
 * ("02:00:..."). NULL with a message on standard error. */
struct syn_frames *syn_frames_new(const char *dev, const char *mac, const struct addr *from, const struct addr *to,
                                  uint32_t lo, uint32_t hi, uint32_t sport);
void syn_frames_free(struct syn_frames *f);
/* Sends the next n (at most 64), port after port; how many left. */
unsigned syn_frames_send(struct syn_frames *f, unsigned n);

/* A SYN without options, with its checksum; tcp has room for 20 octets. */
void syn_build(const struct addr *from, const struct addr *to, uint32_t sport, uint32_t port, uint32_t seq,
               uint8_t *tcp);
