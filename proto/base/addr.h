/* SPDX-License-Identifier: BSD-2-Clause */
/* An IPv4 or IPv6 transport address, compared as an address and never as text. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "proto/base/span.h"

enum { ADDR_TEXT_MAX = 64 }; /* "[v6%scope]:port" with NUL */

enum addr_family { ADDR_NONE, ADDR_V4, ADDR_V6 };

struct addr {
	enum addr_family family;
	uint8_t ip[16]; /* network order; the first 4 for IPv4, the rest 0 */
	uint16_t port;  /* host order; 0 = unknown or any */
};

/* All addresses that begin with the same bits. */
struct addr_net {
	struct addr addr;
	unsigned bits;
};

/* "192.0.2.1", "2001:db8::1" or "[2001:db8::1]" without a port. ERR_SYNTAX for anything else, names too. */
int addr_parse_ip(struct span s, struct addr *a);
/* "HOST:PORT" or "[V6]:PORT"; numeric only. ERR_SYNTAX otherwise. */
int addr_parse_hostport(struct span s, struct addr *a);
/* Address text without port and brackets. buf holds ADDR_TEXT_MAX bytes; returns buf. */
const char *addr_ip_text(const struct addr *a, char *buf);
/* "192.0.2.1:5" or "[2001:db8::1]:5". buf holds ADDR_TEXT_MAX bytes; returns buf. */
const char *addr_text(const struct addr *a, char *buf);
/* 32 bits of the address, in host order: the n-th word of 1 (IPv4) or 4. */
uint32_t addr_word(const struct addr *a, unsigned n);
/* Same family and address; the port is not looked at. */
bool addr_same_ip(const struct addr *a, const struct addr *b);
/* The same, but so many low bits of the addresses may differ. */
bool addr_same_net(const struct addr *a, const struct addr *b, unsigned host_bits);
/* Bits of an address: 32 or 128. */
unsigned addr_bits(enum addr_family family);
/* Same family, address and port. */
bool addr_same(const struct addr *a, const struct addr *b);
/* 0.0.0.0 or :: (a hold or black hole in SDP). */
bool addr_is_any(const struct addr *a);
/* 127.0.0.0/8 or ::1. */
bool addr_is_loopback(const struct addr *a);
/* "ADDRESS" or "ADDRESS/PREFIX". ERR_SYNTAX otherwise. */
int addr_net_parse(struct span s, struct addr_net *net);
/* Ports are not looked at. */
bool addr_net_has(const struct addr_net *net, const struct addr *a);
/* To and from the socket API. IPv4-mapped IPv6 addresses become IPv4. */
socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *ss);
int addr_from_sockaddr(const struct sockaddr *sa, struct addr *a);
