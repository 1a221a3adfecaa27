/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/callee.h"

/* Addresses that are not a peer's, whatever the operator says. The first row that fits counts. */
static const struct {
	struct addr_net net;
	bool among_themselves; /* unless our own address is of the same network */
	const char *what;
} classes[] = {
	{ { { ADDR_V4, { 0 }, 0 }, 8 }, false, "an unspecified address" }, /* Linux: this host */
	{ { { ADDR_V4, { 127 }, 0 }, 8 }, true, "a loopback address" },
	{ { { ADDR_V4, { 169, 254 }, 0 }, 16 }, true, "a link-local address" },
	{ { { ADDR_V4, { 224 }, 0 }, 4 }, false, "a multicast address" },
	{ { { ADDR_V4, { 255, 255, 255, 255 }, 0 }, 32 }, false, "the broadcast address" },
	{ { { ADDR_V6, { [15] = 1 }, 0 }, 128 }, true, "a loopback address" },
	/* "::" itself, IPv4-compatible and IPv4-mapped: IPv4 by another name, past all that is said of IPv4 here. */
	{ { { ADDR_V6, { 0 }, 0 }, 96 }, false, "an IPv4 address in an IPv6 one" },
	{ { { ADDR_V6, { [10] = 0xff, [11] = 0xff }, 0 }, 96 }, false, "an IPv4 address in an IPv6 one" },
	{ { { ADDR_V6, { 0xfe, 0x80 }, 0 }, 10 }, false, "a link-local address" }, /* SDP has no scope for it */
	{ { { ADDR_V6, { 0xff }, 0 }, 8 }, false, "a multicast address" },
};

static bool
is_in(const struct addr_net *nets, unsigned n, const struct addr *a)
{
	for (unsigned i = 0; i < n; i++)
		if (addr_net_has(&nets[i], a))
			return true;
	return false;
}

const char *
callee_denied(const struct callee_nets *nets, const struct addr *local, const struct addr *remote)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (!addr_net_has(&classes[i].net, remote))
			continue;
		if (classes[i].among_themselves && addr_net_has(&classes[i].net, local))
			break;
		return classes[i].what;
	}
	if (is_in(nets->deny, nets->n_deny, remote))
		return "in call-deny= of the realm";
	if (nets->n_allow && !is_in(nets->allow, nets->n_allow, remote))
		return "not in call-allow= of the realm";
	return NULL;
}

bool
callee_is_named(const struct callee_nets *nets, const struct addr *remote)
{
	for (unsigned i = 0; i < nets->n_allow; i++)
		if (nets->allow[i].bits == addr_bits(remote->family) && addr_net_has(&nets->allow[i], remote))
			return true;
	return false;
}
