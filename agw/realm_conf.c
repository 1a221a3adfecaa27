/* SPDX-License-Identifier: BSD-2-Clause */
/* The value of --realm. */
#include "agw/agw_conf.h"

#include <ctype.h>
#include <stdio.h>

#include "proto/base/err.h"

static int
no(char why[OPTS_ERROR_MAX], const char *sentence)
{
	(void)snprintf(why, OPTS_ERROR_MAX, "%s", sentence);
	return ERR_INVAL;
}

static int
realm_set_name(struct realm_conf *r, struct span name, char why[OPTS_ERROR_MAX])
{
	if (name.len == 0 || name.len >= sizeof(r->name))
		return no(why, "a realm begins with a name of 1 to 31 characters");
	for (size_t i = 0; i < name.len; i++)
		if (!isalnum((unsigned char)name.p[i]) && name.p[i] != '-' && name.p[i] != '_')
			return no(why, "a realm's name has letters, digits, '-' and '_'");
	return span_copy(name, r->name, sizeof(r->name));
}

static int
realm_set_address(struct realm_conf *r, struct span v, char why[OPTS_ERROR_MAX])
{
	if (r->n_addrs == AGW_REALM_ADDRS_MAX)
		return no(why, "too many addresses in one realm (8)");
	if (addr_parse_ip(v, &r->addrs[r->n_addrs]) != 0 || addr_is_any(&r->addrs[r->n_addrs]))
		return no(why, "address= wants one IPv4 or IPv6 address of this host");
	for (unsigned i = 0; i < r->n_addrs; i++)
		if (addr_same_ip(&r->addrs[i], &r->addrs[r->n_addrs]))
			return no(why, "the same address= twice");
	r->n_addrs++;
	return 0;
}

static int
realm_set_advertise(struct realm_conf *r, struct span v, char why[OPTS_ERROR_MAX])
{
	struct addr a;

	if (r->n_addrs == 0)
		return no(why, "advertise= stands behind the address= that it replaces");
	if (addr_parse_ip(v, &a) != 0 || a.family != r->addrs[r->n_addrs - 1].family)
		return no(why, "advertise= wants an IP address of the same family as the address= before it");
	r->advertised[r->n_addrs - 1] = a;
	return 0;
}

static int
realm_set_ports(struct realm_conf *r, struct span v, char why[OPTS_ERROR_MAX])
{
	struct span rest = v, low = span_cut(&rest, '-');
	uint32_t lo, hi;

	if (!rest.p || span_u32(low, 65535, &lo) != 0 || span_u32(rest, 65535, &hi) != 0 || lo < 1024 || hi < lo)
		return no(why, "ports= wants LO-HI between 1024 and 65535");
	r->lo = (uint16_t)lo;
	r->hi = (uint16_t)hi;
	return 0;
}

static int
add_net(struct addr_net nets[CALLEE_NETS_MAX], unsigned *n, struct span v, char why[OPTS_ERROR_MAX])
{
	if (*n == CALLEE_NETS_MAX)
		return no(why, "too many call-deny= or call-allow= in one realm (32)");
	if (addr_net_parse(v, &nets[*n]) != 0)
		return no(why, "call-deny= and call-allow= want an address, or ADDRESS/PREFIX, of IPv4 or IPv6");
	(*n)++;
	return 0;
}

static int
realm_set_key(struct realm_conf *r, struct span key, struct span v, char why[OPTS_ERROR_MAX])
{
	uint32_t n;

	if (span_eqs(key, "address"))
		return realm_set_address(r, v, why);
	if (span_eqs(key, "advertise"))
		return realm_set_advertise(r, v, why);
	if (span_eqs(key, "ports"))
		return realm_set_ports(r, v, why);
	if (span_eqs(key, "dscp")) {
		if (span_u32(v, 63, &n) != 0)
			return no(why, "dscp= wants a number from 0 to 63");
		r->dscp = (uint8_t)n;
		return 0;
	}
	if (span_eqs(key, "empty-send")) {
		r->types_empty = span_eqs(v, "typed");
		return r->types_empty || span_eqs(v, "plain") ? 0 : no(why, "empty-send= wants plain or typed");
	}
	if (span_eqs(key, "msrp-keepalive")) {
		if (span_u32(v, MSRP_KEEPALIVE_S_MAX, &n) != 0)
			return no(why, "msrp-keepalive= wants seconds from 0 to 86400");
		r->msrp_keepalive_ms = n * 1000;
		return 0;
	}
	if (span_eqs(key, "sessions")) {
		if (span_u32(v, AGW_SESSIONS_MAX, &n) != 0 || n == 0)
			return no(why, "sessions= wants a number from 1 to 1048576");
		r->sessions = n;
		return 0;
	}
	if (span_eqs(key, "call-deny"))
		return add_net(r->callees.deny, &r->callees.n_deny, v, why);
	if (span_eqs(key, "call-allow"))
		return add_net(r->callees.allow, &r->callees.n_allow, v, why);
	if (span_eqs(key, "cert"))
		return span_copy(v, r->cert, sizeof(r->cert)) ? no(why, "cert= is too long") : 0;
	if (span_eqs(key, "key"))
		return span_copy(v, r->key, sizeof(r->key)) ? no(why, "key= is too long") : 0;
	(void)snprintf(why, OPTS_ERROR_MAX, "a realm has no \"%.*s\"", key.len > 60 ? 60 : (int)key.len, key.p);
	return ERR_INVAL;
}

int
realm_conf_parse(const char *value, struct realm_conf *r, char why[OPTS_ERROR_MAX])
{
	struct span rest = span_str(value);
	struct realm_conf got = { .n_addrs = 0 };
	int err = realm_set_name(&got, span_cut(&rest, ','), why);

	while (!err && rest.p) {
		struct span v = span_cut(&rest, ',');
		struct span key = span_cut(&v, '=');

		err = v.p ? realm_set_key(&got, key, v, why) : no(why, "a realm's items are key=value");
	}
	if (!err && got.n_addrs == 0)
		err = no(why, "a realm needs an address=");
	if (!err && (got.cert[0] == 0) != (got.key[0] == 0))
		err = no(why, "cert= and key= go together");
	if (!err)
		*r = got;
	return err;
}
