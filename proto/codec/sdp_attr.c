/* SPDX-License-Identifier: BSD-2-Clause */
/* Typed readers of single SDP lines, on top of the index of sdp.c. */
#include "proto/base/err.h"
#include "proto/codec/sdp.h"

struct range {
	uint32_t begin, end;
};

static struct range
range_of(const struct sdp *s, const struct sdp_media *m)
{
	if (!m)
		return (struct range){ 0, s->n_session_lines };
	return (struct range){ m->line, m->line + m->n_lines };
}

int32_t
sdp_attr_line(const struct sdp *s, const struct sdp_media *m, const char *name, uint32_t n)
{
	struct range r = range_of(s, m);

	for (uint32_t i = r.begin; i < r.end; i++) {
		struct span rest = s->lines[i].value;

		if (s->lines[i].type != 'a' || !span_caseeqs(span_trim(span_cut(&rest, ':')), name))
			continue;
		if (n-- == 0)
			return (int32_t)i;
	}
	return -1;
}

struct span
sdp_attr_value(const struct sdp *s, int32_t line)
{
	struct span rest = SPAN_NULL;

	if (line >= 0 && (uint32_t)line < s->n_lines) {
		rest = s->lines[line].value;
		span_cut(&rest, ':');
	}
	return span_trim(rest);
}

/* First line of that name at media level, else at session level. */
static int32_t
attr_in_force(const struct sdp *s, const struct sdp_media *m, const char *name)
{
	int32_t line = m ? sdp_attr_line(s, m, name, 0) : -1;

	return line >= 0 ? line : sdp_attr_line(s, NULL, name, 0);
}

bool
sdp_attr(const struct sdp *s, const struct sdp_media *m, const char *name, struct span *value)
{
	int32_t line = attr_in_force(s, m, name);

	if (line < 0)
		return false;
	*value = sdp_attr_value(s, line);
	return true;
}

static int32_t
find_type(const struct sdp *s, struct range r, char type)
{
	for (uint32_t i = r.begin; i < r.end; i++)
		if (s->lines[i].type == type)
			return (int32_t)i;
	return -1;
}

int32_t
sdp_conn_line(const struct sdp *s, const struct sdp_media *m)
{
	int32_t line = m ? find_type(s, range_of(s, m), 'c') : -1;

	return line >= 0 ? line : find_type(s, range_of(s, NULL), 'c');
}

/* Letters, digits, '-', '_' and '.': what a name can be made of, and enough to keep dirt out of look-ups. */
static bool
is_host_name(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		      c == '_' || c == '.'))
			return false;
	}
	return s.len > 0;
}

int
sdp_conn(const struct sdp *s, const struct sdp_media *m, struct addr *a, struct span *host)
{
	int32_t line = sdp_conn_line(s, m);
	struct span rest, net, type, text;
	struct addr r;
	bool v6;

	if (line < 0)
		return ERR_SYNTAX;
	rest = s->lines[line].value;
	net = span_word(&rest);
	type = span_word(&rest);
	text = span_word(&rest);
	text = span_cut(&text, '/'); /* TTL and count of a multicast address */
	v6 = span_caseeqs(type, "IP6");
	if (!span_caseeqs(net, "IN") || (!v6 && !span_caseeqs(type, "IP4")))
		return ERR_SYNTAX;
	if (addr_parse_ip(text, &r) != 0) {
		if (!is_host_name(text))
			return ERR_SYNTAX;
		*host = text;
		return ERR_NOTFOUND;
	}
	if ((r.family == ADDR_V6) != v6)
		return ERR_SYNTAX;
	r.port = m ? m->port : 0;
	*a = r;
	return 0;
}

bool
sdp_conn_is_v6(const struct sdp *s, const struct sdp_media *m)
{
	int32_t line = sdp_conn_line(s, m);
	struct span rest = line < 0 ? SPAN_NULL : s->lines[line].value;

	span_word(&rest);
	return span_caseeqs(span_word(&rest), "IP6");
}

static const char *const setup_names[] = {
	[SDP_SETUP_ABSENT] = "absent", [SDP_ACTIVE] = "active",     [SDP_PASSIVE] = "passive",
	[SDP_ACTPASS] = "actpass",     [SDP_HOLDCONN] = "holdconn", [SDP_SETUP_BAD] = "bad",
};

enum sdp_setup
sdp_setup(const struct sdp *s, const struct sdp_media *m)
{
	struct span value;

	if (!sdp_attr(s, m, "setup", &value))
		return SDP_SETUP_ABSENT;
	for (enum sdp_setup v = SDP_ACTIVE; v <= SDP_HOLDCONN; v++)
		if (span_caseeqs(value, setup_names[v]))
			return v;
	return SDP_SETUP_BAD;
}

const char *
sdp_setup_name(enum sdp_setup setup)
{
	return setup <= SDP_SETUP_BAD ? setup_names[setup] : setup_names[SDP_SETUP_BAD];
}

int
sdp_fingerprints(const struct sdp *s, const struct sdp_media *m, struct fpr_set *set)
{
	const struct sdp_media *level = m && sdp_attr_line(s, m, "fingerprint", 0) >= 0 ? m : NULL;
	struct range r = range_of(s, level);
	struct fpr_set found = { 0 };

	for (uint32_t i = r.begin; i < r.end; i++) {
		struct span rest = s->lines[i].value;
		int rc;

		if (s->lines[i].type != 'a' || !span_caseeqs(span_trim(span_cut(&rest, ':')), "fingerprint"))
			continue;
		rc = fpr_set_add(&found, rest);
		if (rc != 0)
			return rc;
	}
	*set = found;
	return 0;
}

enum sdp_3ge2ae
sdp_3ge2ae(const struct sdp *s, const struct sdp_media *m)
{
	int32_t line = sdp_attr_line(s, m, "3ge2ae", 0);
	struct span value;

	if (!m || line < 0)
		return SDP_E2AE_ABSENT;
	value = sdp_attr_value(s, line);
	if (span_caseeqs(value, "requested"))
		return SDP_E2AE_REQUESTED;
	return span_caseeqs(value, "applied") ? SDP_E2AE_APPLIED : SDP_E2AE_OTHER;
}

static bool
find_direction(const struct sdp *s, struct range r, enum sdp_direction *d)
{
	static const char *const names[] = { "sendrecv", "sendonly", "recvonly", "inactive" };

	for (uint32_t i = r.begin; i < r.end; i++)
		for (enum sdp_direction v = SDP_SENDRECV; s->lines[i].type == 'a' && v <= SDP_INACTIVE; v++)
			if (span_caseeqs(span_trim(s->lines[i].value), names[v])) {
				*d = v;
				return true;
			}
	return false;
}

enum sdp_direction
sdp_direction(const struct sdp *s, const struct sdp_media *m)
{
	enum sdp_direction d = SDP_SENDRECV;

	if (!m || !find_direction(s, range_of(s, m), &d))
		find_direction(s, range_of(s, NULL), &d);
	return d;
}
