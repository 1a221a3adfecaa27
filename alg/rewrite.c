/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/rewrite.h"

#include <stdint.h>

/* One m-line on its way: what the small functions below need. */
struct job {
	struct sdp_edits *e;
	const struct sdp *sdp;
	const struct sdp_media *m;
	const struct rewrite_in *in;
	uint32_t tail; /* last real line of the section: new attributes come after it */
};

static uint32_t
last_real_line(const struct sdp *s, const struct sdp_media *m)
{
	uint32_t i = m->line + m->n_lines - 1;

	while (i > m->line && s->lines[i].type == 0)
		i--;
	return i;
}

/* New port, and new proto unless the present one means the same. A port count is dropped: we have one port. */
static void
write_m(const struct job *j, uint16_t port, const char *proto)
{
	const struct sdp_media *m = j->m;
	struct span p = proto && !span_caseeqs(m->proto, proto) ? span_str(proto) : m->proto;

	if (port == m->port && p.p == m->proto.p && !m->has_count)
		return;
	sdp_edit_set(j->e, m->line, "%.*s %u %.*s %.*s", SPAN_FMT(m->media), (unsigned)port, SPAN_FMT(p),
	             SPAN_FMT(m->fmt));
}

static void
delete_attrs(const struct job *j, const struct sdp_media *level, const char *name, uint32_t from)
{
	int32_t line;

	while (!j->e->err && (line = sdp_attr_line(j->sdp, level, name, from++)) >= 0)
		sdp_edit_delete(j->e, (uint32_t)line);
}

/* Exactly one media level line a=name:value, in the place of the first if there is one. */
static void
write_attr(const struct job *j, const char *name, const char *value)
{
	int32_t line = sdp_attr_line(j->sdp, j->m, name, 0);

	if (line < 0)
		sdp_edit_insert(j->e, j->tail, "a=%s:%s", name, value);
	else if (!span_caseeqs(sdp_attr_value(j->sdp, line), value))
		sdp_edit_set(j->e, (uint32_t)line, "%s:%s", name, value);
	delete_attrs(j, j->m, name, 1);
}

static bool
contains(struct span proto, struct span word)
{
	for (size_t i = 0; i + word.len <= proto.len; i++)
		if (span_caseeq(span_of(proto.p + i, word.len), word))
			return true;
	return false;
}

/* True when another m-line that is not MSRP may rely on a session level a=setup or a=fingerprint: DTLS-SRTP, BFCP
 * over TLS, UDPTL over DTLS... Those lines are not ours, so what they rely on must stay. */
static bool
others_rely_on(const struct job *j, const char *name, bool tcp_too)
{
	for (uint32_t i = 0; i < j->sdp->n_media; i++) {
		const struct sdp_media *m = &j->sdp->media[i];

		if (sdp_is_msrp(m) || sdp_attr_line(j->sdp, m, name, 0) >= 0)
			continue;
		if (contains(m->proto, SPAN_LIT("TLS")) || (tcp_too && span_has_caseprefix(m->proto, "TCP")))
			return true;
	}
	return false;
}

static uint32_t
count_msrp(const struct sdp *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_media; i++)
		n += sdp_is_msrp(&s->media[i]);
	return n;
}

static void
write_setup(const struct job *j)
{
	enum sdp_setup want = j->in->setup;
	enum sdp_setup session = sdp_setup(j->sdp, NULL);
	bool own = sdp_attr_line(j->sdp, j->m, "setup", 0) >= 0;

	if (!own && session == want && count_msrp(j->sdp) == 1)
		return; /* right as it is */
	if (want == SDP_SETUP_ABSENT)
		delete_attrs(j, j->m, "setup", 0);
	else
		write_attr(j, "setup", sdp_setup_name(want));
	/* Each of our lines has its own now; what stood for all of them must not go on speaking. */
	if (session != SDP_SETUP_ABSENT && !others_rely_on(j, "setup", true))
		delete_attrs(j, NULL, "setup", 0);
}

/* ---- c= (RFC 8866 5.7) ---- */

static bool
serves_others(const struct job *j, int32_t session_line)
{
	for (uint32_t i = 0; i < j->sdp->n_media; i++)
		if (&j->sdp->media[i] != j->m && sdp_conn_line(j->sdp, &j->sdp->media[i]) == session_line)
			return true;
	return false;
}

/* i= comes before c= in a media section (RFC 8866 9). */
static uint32_t
after_title(const struct sdp *s, const struct sdp_media *m)
{
	uint32_t i = m->line;

	while (i + 1 < m->line + m->n_lines && s->lines[i + 1].type == 'i')
		i++;
	return i;
}

static void
delete_further_conn(const struct job *j, uint32_t first)
{
	uint32_t end = j->m->line + j->m->n_lines;

	for (uint32_t i = first + 1; i < end; i++)
		if (j->sdp->lines[i].type == 'c')
			sdp_edit_delete(j->e, i);
}

static void
write_conn(const struct job *j)
{
	int32_t line = sdp_conn_line(j->sdp, j->m);
	struct addr to = j->in->local, now = { 0 };
	char text[ADDR_TEXT_MAX];
	struct span host;
	bool known = sdp_conn(j->sdp, j->m, &now, &host) == 0;

	if (known && addr_is_any(&now)) /* hold or black hole (RFC 3264 8.4, RFC 3725): it must stay one */
		to = (struct addr){ .family = to.family };
	if (line >= (int32_t)j->m->line)
		delete_further_conn(j, (uint32_t)line);
	if (known && addr_same_ip(&now, &to))
		return;
	addr_ip_text(&to, text);
	if (line < 0 || (line < (int32_t)j->m->line && serves_others(j, line)))
		sdp_edit_insert(j->e, after_title(j->sdp, j->m), "c=IN %s %s", to.family == ADDR_V6 ? "IP6" : "IP4",
		                text);
	else
		sdp_edit_set(j->e, (uint32_t)line, "IN %s %s", to.family == ADDR_V6 ? "IP6" : "IP4", text);
}

/* ---- a=fingerprint (RFC 8122 5) ---- */

/* Lines that were signalled for the other side would vouch for a certificate that nobody shows here. */
static void
delete_session_fingerprints(const struct job *j)
{
	if (!others_rely_on(j, "fingerprint", false))
		delete_attrs(j, NULL, "fingerprint", 0);
}

static void
write_our_fingerprints(const struct job *j)
{
	uint32_t at = j->tail;
	uint32_t n = 0;

	for (; n < j->in->fprs.n; n++) {
		const struct fpr *want = &j->in->fprs.v[n];
		int32_t line = sdp_attr_line(j->sdp, j->m, "fingerprint", n);
		char text[FPR_TEXT_MAX];
		struct fpr now;

		fpr_text(want, text);
		if (line < 0)
			sdp_edit_insert(j->e, at, "a=fingerprint:%s", text);
		else if (fpr_parse(sdp_attr_value(j->sdp, line), &now) != 0 || !fpr_equal(&now, want))
			sdp_edit_set(j->e, (uint32_t)line, "fingerprint:%s", text);
		if (line >= 0)
			at = (uint32_t)line;
	}
	delete_attrs(j, j->m, "fingerprint", n);
}

/* An anchored line that lives on session level fingerprints or keys gets its own, because an e2ae line beside it takes
 * those away. The meaning does not change (RFC 8122 5, RFC 4567 3.1). */
static void
keep_attrs(const struct job *j, const char *name)
{
	int32_t line;

	if (count_msrp(j->sdp) < 2 || !sdp_is_msrp_tls(j->m) || sdp_attr_line(j->sdp, j->m, name, 0) >= 0)
		return;
	for (uint32_t n = 0; !j->e->err && (line = sdp_attr_line(j->sdp, NULL, name, n)) >= 0; n++)
		sdp_edit_insert(j->e, j->tail, "a=%s:%.*s", name, SPAN_FMT(sdp_attr_value(j->sdp, line)));
}

/* ---- a=3ge2ae (TS 24.229 7.5.2) ---- */

/* It is spoken between UE and P-CSCF only: what came from elsewhere, or was meant for us, goes no further. */
static void
write_3ge2ae(const struct job *j, bool applied)
{
	if (applied)
		write_attr(j, "3ge2ae", "applied");
	else
		delete_attrs(j, j->m, "3ge2ae", 0);
	delete_attrs(j, NULL, "3ge2ae", 0);
}

/* ---- a=key-mgmt (RFC 4567) ---- */

/* Keys at session level stay for SRTP beside us. */
static bool
others_use_keys(const struct job *j)
{
	for (uint32_t i = 0; i < j->sdp->n_media; i++) {
		const struct sdp_media *m = &j->sdp->media[i];

		if (!sdp_is_msrp(m) && contains(m->proto, SPAN_LIT("SAVP")) && sdp_attr_line(j->sdp, m, "key-mgmt", 0) < 0)
			return true;
	}
	return false;
}

/* For an end to end that ends here. */
static void
delete_keys(const struct job *j)
{
	delete_attrs(j, j->m, "key-mgmt", 0);
	if (!others_use_keys(j))
		delete_attrs(j, NULL, "key-mgmt", 0);
}

/* ---- a=path and a=msrp-cema (TS 23.334 5.19.5, RFC 6714) ---- */

static void
write_path(const struct job *j)
{
	struct span path = j->in->path;
	int32_t line = sdp_attr_line(j->sdp, j->m, "path", 0);
	bool cema = sdp_attr_line(j->sdp, j->m, "msrp-cema", 0) >= 0;

	if (!path.len)
		return;
	if (line < 0)
		sdp_edit_insert(j->e, j->tail, "a=path:%.*s", SPAN_FMT(path));
	else if (!span_eq(sdp_attr_value(j->sdp, line), path))
		sdp_edit_set(j->e, (uint32_t)line, "path:%.*s", SPAN_FMT(path));
	delete_attrs(j, j->m, "path", 1);
	if (j->in->cema && !cema)
		sdp_edit_insert(j->e, j->tail, "a=msrp-cema");
	delete_attrs(j, j->m, "msrp-cema", j->in->cema ? 1 : 0);
}

static void
rewrite_e2ae(const struct job *j, bool is_open)
{
	const struct rewrite_in *in = j->in;
	bool to_ue = in->to == SIDE_ACCESS;

	write_m(j, is_open ? in->local.port : 0, to_ue ? "TCP/TLS/MSRP" : "TCP/MSRP");
	if (is_open) {
		write_conn(j);
		write_path(j);
	}
	write_setup(j);
	if (to_ue && is_open)
		write_our_fingerprints(j);
	else
		delete_attrs(j, j->m, "fingerprint", 0);
	delete_session_fingerprints(j);
	write_3ge2ae(j, to_ue && !in->is_answer && is_open);
	if (!to_ue)
		delete_keys(j);
}

static void
rewrite_anchor(const struct job *j, bool is_open)
{
	write_m(j, is_open ? j->in->local.port : 0, NULL);
	if (is_open) {
		write_conn(j);
		write_path(j);
	}
	write_setup(j);
	keep_attrs(j, "fingerprint");
	keep_attrs(j, "key-mgmt");
	write_3ge2ae(j, false);
}

/* A line without an address of ours, or towards a UE that could not check our certificate, is closed rather than
 * sent out half made. */
static bool
can_be_open(const struct rewrite_in *in, const struct sdp_media *m)
{
	if (m->port == 0 || in->local.family == ADDR_NONE || in->local.port == 0)
		return false;
	return in->treatment != TREAT_E2AE || in->to != SIDE_ACCESS || in->fprs.n > 0;
}

void
rewrite_media(struct sdp_edits *e, const struct sdp_media *m, const struct rewrite_in *in)
{
	struct job j = { .e = e, .sdp = e->sdp, .m = m, .in = in, .tail = last_real_line(e->sdp, m) };

	if (!sdp_is_msrp(m))
		return; /* an answer that does not match its offer: nothing here is ours to change */
	switch (in->treatment) {
	case TREAT_PASS:
		return;
	case TREAT_REJECT:
		write_m(&j, 0, NULL);
		write_3ge2ae(&j, false); /* closed or not: meant for us */
		return;
	case TREAT_E2AE:
		rewrite_e2ae(&j, can_be_open(in, m));
		return;
	case TREAT_ANCHOR:
		rewrite_anchor(&j, can_be_open(in, m));
		return;
	}
}
