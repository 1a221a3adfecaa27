/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure reader of the first bytes of an IP packet: enough of IPv4, IPv6 and TCP to know who wants to connect to
 * what. Every length in the packet is checked against the bytes at hand. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/addr.h"

enum {
	SYN_PARSE_BYTES = 128, /* what a gate should ask the kernel to copy of each packet */
	SYN_EXT_MAX = 8,       /* IPv6 extension headers in front of TCP */
};

struct syn_packet {
	struct addr src, dst;
	bool is_syn; /* SYN set; ACK, RST and FIN clear */
};

/* pkt starts with the IP header and may be cut short. ERR_MORE: the TCP header lies beyond len; ERR_UNSUPPORTED:
 * not TCP, a later fragment, or not at its last stop (IPv6 routing header); ERR_LIMIT: more than SYN_EXT_MAX extension
 * headers; ERR_SYNTAX: its lengths contradict each other. */
int syn_parse(const uint8_t *pkt, size_t len, struct syn_packet *syn);
