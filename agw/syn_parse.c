/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/syn_parse.h"

#include <string.h>

#include "proto/base/err.h"

enum {
	IP4_BYTES = 20,
	IP6_BYTES = 40,
	TCP_BYTES = 20,
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_ACK = 0x10,
	IP4_OFFSET_MASK = 0x1fff,
	IP6_OFFSET_MASK = 0xfff8,
};

/* Next-header values; IANA protocol numbers. */
enum {
	NEXT_HOPOPTS = 0,
	NEXT_TCP = 6,
	NEXT_ROUTING = 43,
	NEXT_FRAGMENT = 44,
	NEXT_AH = 51,
	NEXT_DSTOPTS = 60,
	NEXT_MOBILITY = 135,
	NEXT_HIP = 139,
	NEXT_SHIM6 = 140,
};

/* The bytes from p on: have of them are here, claimed is what the IP header says (may be more or fewer). */
struct rest {
	const uint8_t *p;
	size_t have, claimed;
};

static uint16_t
read_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* Can the first n bytes be read? */
static int
rest_need(const struct rest *r, size_t n)
{
	if (r->claimed < n)
		return ERR_SYNTAX;
	return r->have < n ? ERR_MORE : 0;
}

static int
rest_skip(struct rest *r, size_t n)
{
	int err = rest_need(r, n);

	if (err)
		return err;
	r->p += n;
	r->have -= n;
	r->claimed -= n;
	return 0;
}

static int
parse_tcp(const struct rest *r, struct syn_packet *syn)
{
	int err = rest_need(r, TCP_BYTES);
	size_t header;
	uint8_t flags;

	if (err)
		return err;
	header = (size_t)(r->p[12] >> 4) * 4;
	if (header < TCP_BYTES || header > r->claimed)
		return ERR_SYNTAX;
	flags = r->p[13];
	syn->src.port = read_u16(r->p);
	syn->dst.port = read_u16(r->p + 2);
	syn->is_syn = (flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)) == TCP_SYN;
	return 0;
}

static int
parse_ip4(struct rest r, struct syn_packet *syn)
{
	const uint8_t *ip = r.p;
	size_t header, total;
	int err;

	if (r.have < IP4_BYTES)
		return ERR_MORE;
	header = (size_t)(ip[0] & 15) * 4;
	total = read_u16(ip + 2);
	if (header < IP4_BYTES || total < header)
		return ERR_SYNTAX;
	if (ip[9] != NEXT_TCP || (read_u16(ip + 6) & IP4_OFFSET_MASK) != 0)
		return ERR_UNSUPPORTED;
	r.claimed = total;
	err = rest_skip(&r, header);
	if (err)
		return err;
	syn->src.family = syn->dst.family = ADDR_V4;
	memcpy(syn->src.ip, ip + 12, 4);
	memcpy(syn->dst.ip, ip + 16, 4);
	return parse_tcp(&r, syn);
}

/* Steps over one extension header of kind *next. ERR_UNSUPPORTED when there is no way to or past it. */
static int
skip_extension(struct rest *r, uint8_t *next)
{
	int err = rest_need(r, 8);
	size_t bytes = 0;
	uint8_t kind = *next;

	if (err)
		return err;
	switch (kind) {
	case NEXT_ROUTING:
		if (r->p[3] != 0)
			return ERR_UNSUPPORTED; /* segments left: its destination is not the last one */
		bytes = ((size_t)r->p[1] + 1) * 8;
		break;
	case NEXT_FRAGMENT:
		if ((read_u16(r->p + 2) & IP6_OFFSET_MASK) != 0)
			return ERR_UNSUPPORTED;
		bytes = 8;
		break;
	case NEXT_AH:
		bytes = ((size_t)r->p[1] + 2) * 4;
		break;
	case NEXT_HOPOPTS:
	case NEXT_DSTOPTS:
	case NEXT_MOBILITY:
	case NEXT_HIP:
	case NEXT_SHIM6:
		bytes = ((size_t)r->p[1] + 1) * 8;
		break;
	default:
		return ERR_UNSUPPORTED;
	}
	*next = r->p[0];
	return rest_skip(r, bytes);
}

static int
parse_ip6(struct rest r, struct syn_packet *syn)
{
	const uint8_t *ip = r.p;
	uint8_t next;

	if (r.have < IP6_BYTES)
		return ERR_MORE;
	next = ip[6];
	r.p += IP6_BYTES;
	r.have -= IP6_BYTES;
	r.claimed = read_u16(ip + 4);
	for (int i = 0; next != NEXT_TCP; i++) {
		int err = i < SYN_EXT_MAX ? skip_extension(&r, &next) : ERR_LIMIT;

		if (err)
			return err;
	}
	syn->src.family = syn->dst.family = ADDR_V6;
	memcpy(syn->src.ip, ip + 8, 16);
	memcpy(syn->dst.ip, ip + 24, 16);
	return parse_tcp(&r, syn);
}

int
syn_parse(const uint8_t *pkt, size_t len, struct syn_packet *syn)
{
	struct rest all = { pkt, len, len };
	struct syn_packet s = { 0 };
	int err = ERR_SYNTAX;

	if (len == 0)
		return ERR_MORE;
	if (pkt[0] >> 4 == 4)
		err = parse_ip4(all, &s);
	else if (pkt[0] >> 4 == 6)
		err = parse_ip6(all, &s);
	if (err)
		return err;
	*syn = s;
	return 0;
}
