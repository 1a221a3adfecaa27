/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/mgco_mid.h"

#include "proto/base/err.h"

int
mgco_mid_addr(struct span mid, struct addr *a)
{
	struct span rest = mid, ip;
	struct addr got;
	uint32_t port = MGCO_PORT;

	if (mid.len < 2 || mid.p[0] != '[')
		return ERR_SYNTAX;
	rest = span_of(mid.p + 1, mid.len - 1);
	ip = span_cut(&rest, ']');
	if (!rest.p || addr_parse_ip(ip, &got) != 0)
		return ERR_SYNTAX;
	if (rest.len && (rest.p[0] != ':' || span_u32(span_of(rest.p + 1, rest.len - 1), 65535, &port) != 0))
		return ERR_SYNTAX;
	if (port == 0)
		return ERR_SYNTAX;
	got.port = (uint16_t)port;
	*a = got;
	return 0;
}

int
mgco_mid_host(struct span mid, struct span *name, uint16_t *port)
{
	struct span rest, host;
	uint32_t number = MGCO_PORT;

	if (mid.len < 3 || mid.p[0] != '<')
		return ERR_SYNTAX;
	rest = span_of(mid.p + 1, mid.len - 1);
	host = span_cut(&rest, '>');
	if (!rest.p || !host.len)
		return ERR_SYNTAX;
	if (rest.len && (rest.p[0] != ':' || span_u32(span_of(rest.p + 1, rest.len - 1), 65535, &number) != 0))
		return ERR_SYNTAX;
	*name = host;
	*port = (uint16_t)number;
	return 0;
}

int
mgco_mid_service_addr(struct span text, const struct addr *host, struct addr *a)
{
	uint32_t port;

	if (span_u32(text, 65535, &port) != 0)
		return mgco_mid_addr(text, a);
	if (port == 0)
		return ERR_SYNTAX;
	*a = *host;
	a->port = (uint16_t)port;
	return 0;
}
