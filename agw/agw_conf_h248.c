/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/agw_conf_h248.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>

#include "agw/agw_conf.h"
#include "proto/base/err.h"

_Static_assert(offsetof(struct agw_conf, wire) == offsetof(struct h248_head, wire), "begins as struct h248_head");

static int
refuse(char why[OPTS_ERROR_MAX], const char *sentence)
{
	(void)snprintf(why, OPTS_ERROR_MAX, "%s", sentence);
	return ERR_INVAL;
}

/* A domain name and a port. Its last label has a letter, so that a mistyped address is none. */
static int
read_name(struct span v, struct mgc_conf *m)
{
	struct span rest = v, name = span_cut(&rest, ':');
	bool has_letter = false;
	uint32_t port;

	if (!rest.p || span_u32(rest, 65535, &port) != 0 || span_copy(name, m->host, sizeof(m->host)) != 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char ch = (unsigned char)name.p[i];

		if (!isalnum(ch) && ch != '-' && ch != '.')
			return ERR_SYNTAX;
		has_letter = ch != '.' && (has_letter || isalpha(ch));
	}
	m->addr = (struct addr){ .port = (uint16_t)port };
	return has_letter ? 0 : ERR_SYNTAX;
}

int
agw_set_mgc(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	struct agw_conf *c = conf;
	struct span v = span_str(value);
	struct mgc_conf m = { .proto = MGCO_TCP };

	if (c->n_mgcs == AGW_MGCS_MAX)
		return refuse(why, "too many --mgc (8)");
	if (mgco_proto_cut(&v, &m.proto) != 0)
		return refuse(why, "wants tcp:HOST:PORT, udp:HOST:PORT or sctp:HOST:PORT");
	if (mgco_proto_missing(m.proto))
		return refuse(why, mgco_proto_missing(m.proto));
	if ((addr_parse_hostport(v, &m.addr) != 0 && read_name(v, &m) != 0) || m.addr.port == 0)
		return refuse(why, "wants an address or a name, and a port, as in tcp:192.0.2.1:2944");
	c->mgcs[c->n_mgcs++] = m;
	return 0;
}

int
agw_set_service_change(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	if (mg_service_conf_say(&((struct agw_conf *)conf)->service, span_str(value)) != 0)
		return refuse(why, "wants EVENT:METHOD:REASON, as in \"restored:Restart:900 Service Restored\", or default");
	return 0;
}

int
agw_set_service_profile(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	if (mg_service_conf_profile(&((struct agw_conf *)conf)->service, span_str(value)) != 0)
		return refuse(why, "wants NAME/VERSION or none");
	return 0;
}

int
agw_set_service_version(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return opts_u32(value, 1, 2, &((struct agw_conf *)conf)->service.version, why);
}

int
agw_set_first_version(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return opts_u32(value, 1, 2, &((struct agw_conf *)conf)->service.first_version, why);
}

int
agw_set_wildcard_reply(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	bool one = span_eqs(span_str(value), "one");

	if (!one && !span_eqs(span_str(value), "each"))
		return refuse(why, "wants each or one");
	((struct agw_conf *)conf)->wildcard_one = one;
	return 0;
}

int
agw_set_h248_profile(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return h248_profile_apply(agw_opts, conf, value, why);
}

static int
set_unknown(bool *ignores, const char *value, char why[OPTS_ERROR_MAX])
{
	*ignores = span_eqs(span_str(value), "ignore");
	return *ignores || span_eqs(span_str(value), "refuse") ? 0 : refuse(why, "wants refuse or ignore");
}

int
agw_set_unknown_properties(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return set_unknown(&((struct agw_conf *)conf)->ignores_properties, value, why);
}

int
agw_set_unknown_events(void *conf, const char *value, char why[OPTS_ERROR_MAX])
{
	return set_unknown(&((struct agw_conf *)conf)->ignores_events, value, why);
}
