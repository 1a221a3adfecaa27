/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said before the first m-line. */
#include "alg/rewrite.h"

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
write_origin(struct sdp_edits *e, const struct addr *to)
{
	int32_t line = session_line(e->sdp, 'o');
	struct span rest = line < 0 ? SPAN_NULL : e->sdp->lines[line].value;
	struct span user = span_word(&rest), id = span_word(&rest), version = span_word(&rest);
	char text[ADDR_TEXT_MAX];

	if (!version.len)
		return; /* not an o= that we understand */
	span_word(&rest); /* IN */
	span_word(&rest);
	addr_ip_text(to, text);
	if (!span_eqs(span_trim(rest), text))
		sdp_edit_set(e, (uint32_t)line, "%.*s %.*s %.*s IN %s %s", SPAN_FMT(user), SPAN_FMT(id), SPAN_FMT(version),
		             family_name(to), text);
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
	if (in->origin.family != ADDR_NONE)
		write_origin(e, &in->origin);
	if (in->conn.family != ADDR_NONE)
		write_conn(e, in);
}
