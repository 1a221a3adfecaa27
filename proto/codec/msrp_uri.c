/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/msrp_uri.h"

#include <string.h>

#include "proto/base/err.h"

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
is_made_of(struct span s, const char *others)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.p[i]) && (s.p[i] == '\0' || !strchr(others, s.p[i])))
			return false;
	return true;
}

/* Position of the first of two characters, or the length. */
static size_t
find_either(struct span s, char a, char b)
{
	size_t i = 0;

	while (i < s.len && s.p[i] != a && s.p[i] != b)
		i++;
	return i;
}

static struct span
span_from(struct span s, size_t at)
{
	return span_of(s.p + at, s.len - at);
}

static int
parse_scheme(struct span *s, struct msrp_uri *u)
{
	if (span_has_caseprefix(*s, "msrp://")) {
		*s = span_from(*s, 7);
	} else if (span_has_caseprefix(*s, "msrps://")) {
		*s = span_from(*s, 8);
		u->secure = true;
	} else {
		return ERR_SYNTAX;
	}
	return 0;
}

static int
parse_host(struct span *s, struct msrp_uri *u)
{
	struct addr numeric;
	size_t len;

	if (s->len && s->p[0] == '[') {
		ptrdiff_t close = span_find(*s, ']');

		if (close < 0)
			return ERR_SYNTAX;
		u->host = span_of(s->p + 1, (size_t)close - 1);
		u->host_is_v6 = true;
		*s = span_from(*s, (size_t)close + 1);
		if (!is_made_of(u->host, ":.") || addr_parse_ip(u->host, &numeric) != 0 ||
		    numeric.family != ADDR_V6)
			return ERR_SYNTAX;
		return 0;
	}
	len = find_either(span_of(s->p, find_either(*s, '/', ';')), ':', ':');
	u->host = span_of(s->p, len);
	*s = span_from(*s, len);
	return len && is_made_of(u->host, "-._") ? 0 : ERR_SYNTAX;
}

/* [userinfo "@"] host [":" port], up to the '/' or ';' that follows. */
static int
parse_authority(struct span *s, struct msrp_uri *u)
{
	ptrdiff_t at = span_find(span_of(s->p, find_either(*s, '/', '/')), '@');
	uint32_t port;
	size_t len;
	int rc;

	if (at >= 0) {
		u->userinfo = span_of(s->p, (size_t)at);
		if (!is_made_of(u->userinfo, "-._~!*'()%;:&=+$,"))
			return ERR_SYNTAX;
		*s = span_from(*s, (size_t)at + 1);
	}
	rc = parse_host(s, u);
	if (rc != 0 || s->len == 0 || s->p[0] != ':')
		return rc;
	*s = span_from(*s, 1);
	len = find_either(*s, '/', ';');
	if (span_u32(span_of(s->p, len), 65535, &port) != 0)
		return ERR_SYNTAX;
	u->has_port = true;
	u->port = (uint16_t)port;
	*s = span_from(*s, len);
	return 0;
}

int
msrp_uri_parse(struct span s, struct msrp_uri *u)
{
	struct msrp_uri r = { .text = s };
	size_t len;

	if (s.len > MSRP_URI_MAX)
		return ERR_TOOBIG;
	if (parse_scheme(&s, &r) != 0 || parse_authority(&s, &r) != 0)
		return ERR_SYNTAX;
	if (s.len && s.p[0] == '/') {
		len = find_either(s, ';', ';');
		r.session = span_of(s.p + 1, len - 1);
		if (r.session.len == 0 || !is_made_of(r.session, "-._~+=/"))
			return ERR_SYNTAX;
		s = span_from(s, len);
	}
	if (s.len == 0 || s.p[0] != ';')
		return ERR_SYNTAX;
	s = span_from(s, 1);
	len = find_either(s, ';', ';');
	r.transport = span_of(s.p, len);
	if (len == 0 || !is_made_of(r.transport, ""))
		return ERR_SYNTAX;
	if (len < s.len)
		r.params = span_from(s, len + 1);
	if (!is_made_of(r.params, "-.!%*_+`'~=;"))
		return ERR_SYNTAX;
	*u = r;
	return 0;
}

static bool
host_equal(const struct msrp_uri *a, const struct msrp_uri *b)
{
	struct addr x, y;

	if (addr_parse_ip(a->host, &x) == 0 && addr_parse_ip(b->host, &y) == 0)
		return addr_same_ip(&x, &y);
	return span_caseeq(a->host, b->host);
}

static uint16_t
port_of(const struct msrp_uri *u)
{
	return u->has_port ? u->port : MSRP_DEFAULT_PORT;
}

bool
msrp_uri_equal(const struct msrp_uri *a, const struct msrp_uri *b)
{
	return a->secure == b->secure && host_equal(a, b) && port_of(a) == port_of(b) &&
	       span_eq(a->session, b->session) && span_caseeq(a->transport, b->transport);
}

int
msrp_path_parse(struct span s, struct msrp_path *p)
{
	struct msrp_path r = { 0 };
	struct span word;

	while ((word = span_word(&s)).len != 0) {
		int rc;

		if (r.n == MSRP_PATH_MAX)
			return ERR_LIMIT;
		rc = msrp_uri_parse(word, &r.uri[r.n]);
		if (rc != 0)
			return rc;
		r.n++;
	}
	if (r.n == 0)
		return ERR_SYNTAX;
	*p = r;
	return 0;
}

int
msrp_uri_addr(const struct msrp_uri *u, struct addr *a)
{
	struct addr r;

	if (addr_parse_ip(u->host, &r) != 0)
		return ERR_NOTFOUND;
	r.port = port_of(u);
	*a = r;
	return 0;
}
