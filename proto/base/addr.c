/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "proto/base/err.h"

static const uint8_t v4_mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

int
addr_parse_ip(struct span s, struct addr *a)
{
	char text[INET6_ADDRSTRLEN];
	struct addr r = { 0 };

	if (s.len >= 2 && s.p[0] == '[' && s.p[s.len - 1] == ']')
		s = span_of(s.p + 1, s.len - 2);
	if (span_copy(s, text, sizeof(text)) != 0)
		return ERR_SYNTAX;
	if (inet_pton(AF_INET, text, r.ip) == 1)
		r.family = ADDR_V4;
	else if (inet_pton(AF_INET6, text, r.ip) == 1)
		r.family = ADDR_V6;
	else
		return ERR_SYNTAX;
	*a = r;
	return 0;
}

int
addr_parse_hostport(struct span s, struct addr *a)
{
	struct addr r;
	uint32_t port;
	size_t colon = s.len;

	while (colon > 0 && s.p[colon - 1] != ':')
		colon--;
	if (colon < 2)
		return ERR_SYNTAX;
	if (span_u32(span_of(s.p + colon, s.len - colon), 65535, &port) != 0)
		return ERR_SYNTAX;
	s.len = colon - 1;
	if (addr_parse_ip(s, &r) != 0)
		return ERR_SYNTAX;
	if (r.family == ADDR_V6 && s.p[0] != '[')
		return ERR_SYNTAX; /* 2001:db8::1:5 could be read two ways */
	r.port = (uint16_t)port;
	*a = r;
	return 0;
}

const char *
addr_ip_text(const struct addr *a, char *buf)
{
	if (a->family == ADDR_NONE ||
	    !inet_ntop(a->family == ADDR_V6 ? AF_INET6 : AF_INET, a->ip, buf, ADDR_TEXT_MAX))
		snprintf(buf, ADDR_TEXT_MAX, "-");
	return buf;
}

const char *
addr_text(const struct addr *a, char *buf)
{
	char ip[ADDR_TEXT_MAX];
	bool v6 = a->family == ADDR_V6;

	snprintf(buf, ADDR_TEXT_MAX, "%s%.46s%s:%u", v6 ? "[" : "", addr_ip_text(a, ip), v6 ? "]" : "",
	         (unsigned)a->port);
	return buf;
}

uint32_t
addr_word(const struct addr *a, unsigned n)
{
	uint32_t be;

	memcpy(&be, a->ip + sizeof(be) * n, sizeof(be));
	return ntohl(be);
}

bool
addr_same_ip(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

unsigned
addr_bits(enum addr_family family)
{
	return family == ADDR_V6 ? 128 : 32;
}

bool
addr_same_net(const struct addr *a, const struct addr *b, unsigned host_bits)
{
	unsigned bits = addr_bits(a->family), counted = host_bits < bits ? bits - host_bits : 0;
	unsigned whole = counted / 8, rest = counted % 8;

	if (a->family != b->family || memcmp(a->ip, b->ip, whole) != 0)
		return false;
	return rest == 0 || (a->ip[whole] ^ b->ip[whole]) >> (8 - rest) == 0;
}

bool
addr_same(const struct addr *a, const struct addr *b)
{
	return addr_same_ip(a, b) && a->port == b->port;
}

int
addr_net_parse(struct span s, struct addr_net *net)
{
	struct span rest = s, ip = span_cut(&rest, '/');
	struct addr_net got = { .bits = 0 };
	uint32_t bits;

	if (addr_parse_ip(ip, &got.addr) != 0)
		return ERR_SYNTAX;
	bits = got.addr.family == ADDR_V6 ? 128 : 32;
	if (rest.p && span_u32(rest, bits, &bits) != 0)
		return ERR_SYNTAX;
	got.bits = bits;
	*net = got;
	return 0;
}

bool
addr_net_has(const struct addr_net *net, const struct addr *a)
{
	if (net->addr.family != a->family)
		return false;
	for (unsigned i = 0; i * 8 < net->bits; i++) {
		unsigned left = net->bits - i * 8;
		unsigned mask = left >= 8 ? 0xffu : 0xffu << (8 - left) & 0xffu;

		if ((net->addr.ip[i] ^ a->ip[i]) & mask)
			return false;
	}
	return true;
}

bool
addr_is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return a->family != ADDR_NONE && memcmp(a->ip, zero, sizeof(zero)) == 0;
}

bool
addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (a->family == ADDR_V6)
		return memcmp(a->ip, one, sizeof(one)) == 0;
	return a->family == ADDR_V4 && a->ip[0] == 127;
}

socklen_t
addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof(*ss));
	if (a->family == ADDR_V6) {
		struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->port) };

		memcpy(&sin6.sin6_addr, a->ip, 16);
		memcpy(ss, &sin6, sizeof(sin6));
		return sizeof(sin6);
	}
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(a->port) };

	memcpy(&sin.sin_addr, a->ip, 4);
	memcpy(ss, &sin, sizeof(sin));
	return sizeof(sin);
}

int
addr_from_sockaddr(const struct sockaddr *sa, struct addr *a)
{
	struct addr r = { 0 };

	if (sa->sa_family == AF_INET) {
		struct sockaddr_in sin;

		memcpy(&sin, sa, sizeof(sin));
		r.family = ADDR_V4;
		memcpy(r.ip, &sin.sin_addr, 4);
		r.port = ntohs(sin.sin_port);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 sin6;

		memcpy(&sin6, sa, sizeof(sin6));
		r.port = ntohs(sin6.sin6_port);
		if (memcmp(&sin6.sin6_addr, v4_mapped, sizeof(v4_mapped)) == 0) {
			r.family = ADDR_V4;
			memcpy(r.ip, (const uint8_t *)&sin6.sin6_addr + 12, 4);
		} else {
			r.family = ADDR_V6;
			memcpy(r.ip, &sin6.sin6_addr, 16);
		}
	} else {
		return ERR_UNSUPPORTED;
	}
	*a = r;
	return 0;
}
