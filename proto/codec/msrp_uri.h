/* SPDX-License-Identifier: BSD-2-Clause */
/* MSRP URIs and path lists (RFC 4975 section 9 and a=path). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/addr.h"
#include "proto/base/bounds.h"
#include "proto/base/span.h"

struct msrp_uri {
	struct span text;    /* all of it */
	bool secure;         /* msrps */
	struct span userinfo;
	struct span host;    /* without brackets */
	bool host_is_v6;
	bool has_port;
	uint16_t port;
	struct span session; /* session-id, empty when absent */
	struct span transport; /* "tcp" */
	struct span params;  /* after the transport, without the first ';' */
};

struct msrp_path {
	uint8_t n;
	struct msrp_uri uri[MSRP_PATH_MAX]; /* [0] is the first hop, [n-1] the endpoint itself */
};

/* ERR_SYNTAX or ERR_TOOBIG (MSRP_URI_MAX). Spans point into s. */
int msrp_uri_parse(struct span s, struct msrp_uri *u);
/* RFC 4975 6.1: scheme, host (no case; numeric ones as addresses), port (default 2855), session-id (case
 * matters) and transport (no case). Userinfo and other parameters do not count. */
bool msrp_uri_equal(const struct msrp_uri *a, const struct msrp_uri *b);
/* Blank-separated URIs; at least one. ERR_SYNTAX, ERR_LIMIT (MSRP_PATH_MAX). */
int msrp_path_parse(struct span s, struct msrp_path *p);
/* Address of a URI with a numeric host; ERR_NOTFOUND for a host name. */
int msrp_uri_addr(const struct msrp_uri *u, struct addr *a);
enum { MSRP_DEFAULT_PORT = 2855 };
