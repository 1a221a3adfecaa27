/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/sdp.h"

#include "proto/base/err.h"

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Cuts the next line, with its end, off *rest. */
static struct sdp_line
next_line(struct span *rest)
{
	ptrdiff_t lf = span_find(*rest, '\n');
	size_t len = lf < 0 ? rest->len : (size_t)lf + 1;
	struct sdp_line l = { .raw = span_of(rest->p, len) };

	rest->p += len;
	rest->len -= len;
	if (lf >= 0)
		len--;
	while (len && l.raw.p[len - 1] == '\r')
		len--;
	if (len >= 2 && l.raw.p[1] == '=' && is_letter(l.raw.p[0])) {
		l.type = l.raw.p[0];
		l.value = span_of(l.raw.p + 2, len - 2);
	}
	return l;
}

/* "message 7654/1 TCP/MSRP *": what is missing or wrong makes the whole line broken. */
static struct sdp_media
read_media(struct span value)
{
	struct sdp_media m = { .media = span_word(&value) };
	struct span ports = span_word(&value);
	struct span port = span_cut(&ports, '/');
	uint32_t n, count = 1;

	m.proto = span_word(&value);
	m.fmt = span_trim(value);
	m.has_count = ports.p != NULL;
	if (span_u32(port, 65535, &n) == 0)
		m.port = (uint16_t)n;
	else
		m.is_broken = true;
	if (m.has_count && (span_u32(ports, 65535, &count) != 0 || count == 0))
		m.is_broken = true;
	if (m.proto.len == 0 || m.fmt.len == 0)
		m.is_broken = true;
	return m;
}

/* Leading blank lines and blanks are forgiven; a second v= later on is just a line that we carry. */
static bool
begins_with_version(struct span text)
{
	return span_has_prefix(span_trim(text), "v=");
}

static int
count_lines(struct span text, uint32_t *n_lines, uint32_t *n_media)
{
	while (text.len) {
		struct sdp_line l = next_line(&text);

		if (++*n_lines > SDP_LINES_MAX)
			return ERR_TOOBIG;
		if (l.type == 'm' && ++*n_media > SDP_MEDIA_MAX)
			return ERR_TOOBIG;
	}
	return 0;
}

static void
fill_lines(struct sdp *s)
{
	struct span rest = s->text;
	struct sdp_media *m = NULL;
	uint32_t n_media = 0;

	for (uint32_t i = 0; i < s->n_lines; i++) {
		struct sdp_line *l = &s->lines[i];

		*l = next_line(&rest);
		if (l->type == 'm') {
			m = &s->media[n_media++];
			*m = read_media(l->value);
			m->line = i;
		}
		if (m)
			m->n_lines++;
		else
			s->n_session_lines++;
	}
}

int
sdp_parse(struct arena *a, struct span text, struct sdp *s)
{
	struct sdp r = { .text = text, .eol = "\r\n" };
	ptrdiff_t lf;
	int rc;

	if (text.len > SDP_BYTES_MAX)
		return ERR_TOOBIG;
	if (span_find(text, '\0') >= 0 || !begins_with_version(text))
		return ERR_SYNTAX;
	rc = count_lines(text, &r.n_lines, &r.n_media);
	if (rc != 0)
		return rc;
	r.lines = arena_alloc(a, r.n_lines * sizeof(*r.lines));
	r.media = arena_alloc(a, r.n_media * sizeof(*r.media));
	if (!r.lines || !r.media)
		return ERR_NOMEM;
	lf = span_find(text, '\n');
	if (lf == 0 || (lf > 0 && text.p[lf - 1] != '\r'))
		r.eol = "\n";
	fill_lines(&r);
	*s = r;
	return 0;
}

static bool
is_message(const struct sdp_media *m)
{
	return !m->is_broken && span_caseeqs(m->media, "message");
}

bool
sdp_is_msrp(const struct sdp_media *m)
{
	return is_message(m) && (span_caseeqs(m->proto, "TCP/MSRP") || sdp_is_msrp_tls(m));
}

bool
sdp_is_msrp_tls(const struct sdp_media *m)
{
	return is_message(m) && span_caseeqs(m->proto, "TCP/TLS/MSRP");
}
