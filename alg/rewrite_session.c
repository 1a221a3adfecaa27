/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said before the first m-line. */
#include "alg/rewrite.h"

#include <stdio.h>

static const char *
family_name(const struct addr *a)
{
	return a->family == ADDR_V6 ? "IP6" : "IP4";
}

static int32_t
session_line(const struct sdp *s, char type)
{
	for (uint32_t i = 0; i < s->n_session_lines; i++)
		if (s->lines[i].type == type)
			return (int32_t)i;
	return -1;
}

/* o=<username> <sess-id> <sess-version> IN IP4 <address> (RFC 8866 5.2) */
static void
write_origin(struct sdp_edits *e, const struct rewrite_session *in)
{
	int32_t line = session_line(e->sdp, 'o');
	struct span rest = line < 0 ? SPAN_NULL : e->sdp->lines[line].value;
	struct span user = span_word(&rest), id = span_word(&rest), version = span_word(&rest),
		    tail = span_trim(rest);
	char number[24], host[ADDR_TEXT_MAX];
	bool hide = in->origin.family != ADDR_NONE;
	uint64_t v;

	if (!version.len)
		return; /* not an o= that we understand */
	if (hide) {
		span_word(&rest); /* IN */
		span_word(&rest);
		hide = !span_eqs(span_trim(rest), addr_ip_text(&in->origin, host));
	}
	if (in->version_ahead && span_u64(version, UINT64_MAX / 2, &v) == 0) {
		snprintf(number, sizeof(number), "%llu", (unsigned long long)(v + in->version_ahead));
		version = span_str(number);
	} else if (!hide) {
		return;
	}
	if (hide)
		sdp_edit_set(e, (uint32_t)line, "%.*s %.*s %.*s IN %s %s", SPAN_FMT(user), SPAN_FMT(id),
			     SPAN_FMT(version), family_name(&in->origin), host);
	else
		sdp_edit_set(e, (uint32_t)line, "%.*s %.*s %.*s %.*s", SPAN_FMT(user), SPAN_FMT(id),
			     SPAN_FMT(version), SPAN_FMT(tail));
}

static void
write_conn(struct sdp_edits *e, const struct rewrite_session *in)
{
	const struct sdp *s = e->sdp;
	int32_t line = session_line(s, 'c');
	char text[ADDR_TEXT_MAX];
	struct addr now = { 0 };
	struct span host;

	if (line < 0)
		return;
	for (uint32_t i = 0; i < s->n_media; i++)
		if (sdp_conn_line(s, &s->media[i]) == line && !in->is_ours(in->arg, i))
			return;
	if (sdp_conn(s, NULL, &now, &host) == 0 && (addr_is_any(&now) || addr_same_ip(&now, &in->conn)))
		return;
	sdp_edit_set(e, (uint32_t)line, "IN %s %s", family_name(&in->conn), addr_ip_text(&in->conn, text));
}

void
rewrite_session(struct sdp_edits *e, const struct rewrite_session *in)
{
	write_origin(e, in);
	if (in->conn.family != ADDR_NONE)
		write_conn(e, in);
}
