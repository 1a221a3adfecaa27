/* SPDX-License-Identifier: BSD-2-Clause */
#include "agw/mg_sdp.h"

#include "agw/realm.h"
#include "agw/term_msrp.h"
#include "proto/base/err.h"
#include "proto/base/out.h"
#include "proto/codec/msrp_uri.h"

enum { SDP_OUT_MAX = 4096 };

static int
fail(struct mg_fault *f, uint32_t code, const char *text)
{
	f->code = code;
	f->text = text;
	return code == 501 ? ERR_UNSUPPORTED : ERR_SYNTAX;
}

/* ---- the lines that both descriptors have ---- */

struct lines {
	struct sdp sdp;
	const struct sdp_media *m;
	struct span media, port, proto, fmt; /* words of the m= line; port may be "$" */
	struct span family, ip;              /* words of the c= line; ip may be "$" */
};

/* Where a second "v=" begins, the first description ends. */
static struct span
first_description(struct span text)
{
	for (size_t i = 2; i + 2 < text.len; i++)
		if (text.p[i] == 'v' && text.p[i + 1] == '=' && (text.p[i - 1] == '\n' || text.p[i - 1] == '\r') &&
		    span_trim(span_of(text.p, i)).len > 0)
			return span_of(text.p, i);
	return text;
}

bool
mg_sdp_has_several(struct span text)
{
	return first_description(text).len < text.len;
}

/* The next of the alternatives, which are in the order of preference. */
static struct span
cut_description(struct span *rest)
{
	struct span one = first_description(*rest);

	*rest = span_of(rest->p + one.len, rest->len - one.len);
	return one;
}

/* v= delimits alternatives; a controller may leave it out of a description that stands alone (H.248.1 7.1.8). */
static struct span
with_version(struct arena *a, struct span text)
{
	struct span bare = span_trim(text);

	return span_has_caseprefix(bare, "v=") ? text : arena_printf(a, "v=0\r\n%.*s\r\n", SPAN_FMT(bare));
}

static int
read_lines(struct arena *a, struct span text, struct lines *l, struct mg_fault *f)
{
	struct span words;
	int32_t c;

	*l = (struct lines){ .m = NULL };
	if (sdp_parse(a, with_version(a, text), &l->sdp) != 0)
		return fail(f, 442, "the session description does not parse");
	if (l->sdp.n_media != 1)
		return fail(f, 442, "a session description needs exactly one m= line");
	l->m = &l->sdp.media[0];
	words = l->sdp.lines[l->m->line].value;
	l->media = span_word(&words);
	l->port = span_word(&words);
	l->proto = span_word(&words);
	l->fmt = span_word(&words);
	if (l->proto.len == 0)
		return fail(f, 442, "the m= line is incomplete");
	c = sdp_conn_line(&l->sdp, l->m);
	if (c < 0)
		return fail(f, 442, "there is no c= line");
	words = l->sdp.lines[c].value;
	if (!span_caseeqs(span_word(&words), "IN"))
		return fail(f, 449, "c= is not of network type IN");
	l->family = span_word(&words);
	l->ip = span_word(&words);
	return l->ip.len ? 0 : fail(f, 442, "the c= line is incomplete");
}

static int
read_family(struct span s, enum addr_family *family, struct mg_fault *f)
{
	if (span_caseeqs(s, "IP4"))
		*family = ADDR_V4;
	else if (span_caseeqs(s, "IP6"))
		*family = ADDR_V6;
	else
		return fail(f, 449, "c= is neither IP4 nor IP6");
	return 0;
}

static int
read_transport(struct span s, enum term_transport *t, struct mg_fault *f)
{
	for (unsigned i = 0; i < TERM_TRANSPORTS; i++)
		if (span_caseeqs(s, term_transport_name((enum term_transport)i))) {
			*t = (enum term_transport)i;
			return 0;
		}
	return fail(f, 449, "the transport is none of TCP, TCP/TLS, TCP/MSRP, TCP/TLS/MSRP");
}

static int
read_setup(const struct lines *l, enum sdp_setup *setup, struct mg_fault *f)
{
	*setup = sdp_setup(&l->sdp, l->m);
	return *setup == SDP_SETUP_BAD ? fail(f, 449, "a=setup has no legal value") : 0;
}

/* ---- Local ---- */

/* "a=fingerprint:sha-256 $", "a=fingerprint:sha-256:$" or "a=fingerprint:$": ours is wanted. A line with digits is
 * our own answer that comes back. */
static int
read_hashes(const struct lines *l, unsigned *hashes, struct mg_fault *f)
{
	int32_t at;

	for (uint32_t n = 0; (at = sdp_attr_line(&l->sdp, l->m, "fingerprint", n)) >= 0; n++) {
		struct span v = sdp_attr_value(&l->sdp, at), name;
		unsigned h;

		if (span_eqs(v, "$")) {
			*hashes |= 1u << FPR_SHA256;
			continue;
		}
		name = span_word(&v);
		if (name.len > 2 && span_eqs(span_of(name.p + name.len - 2, 2), ":$"))
			name.len -= 2;
		for (h = 0; h < FPR_HASHES; h++)
			if (span_caseeqs(name, fpr_hash_name((enum fpr_hash)h)))
				break;
		if (h == FPR_HASHES || h == FPR_SHA1)
			return fail(f, 449, "a=fingerprint in Local asks for a hash that we do not offer");
		*hashes |= 1u << h;
	}
	return 0;
}

static int
read_local(struct arena *a, struct span text, struct term_local *local, struct span *path, struct mg_fault *f)
{
	struct term_local got = { .addr = { .family = ADDR_NONE } };
	struct lines l;
	uint32_t port = 0;
	enum addr_family family;
	int err = read_lines(a, text, &l, f);

	if (!err)
		err = read_family(l.family, &family, f);
	if (!err)
		err = read_transport(l.proto, &got.transport, f);
	if (!err)
		err = read_setup(&l, &got.setup, f);
	if (!err)
		err = read_hashes(&l, &got.hashes, f);
	if (err)
		return err;
	*path = SPAN_NULL;
	got.wants_path = sdp_attr(&l.sdp, l.m, "path", path);
	if (got.wants_path && got.transport != TERM_TCP_MSRP && got.transport != TERM_TCP_TLS_MSRP)
		return fail(f, 449, "a=path in Local goes with TCP/MSRP and TCP/TLS/MSRP only");
	got.addr_given = !span_eqs(l.ip, "$");
	if (got.addr_given && addr_parse_ip(l.ip, &got.addr) != 0)
		return fail(f, 449, "c= in Local is neither $ nor an address");
	if (got.addr_given && got.addr.family != family)
		return fail(f, 449, "c= has an address of another family than it says");
	got.addr.family = family;
	if (!span_eqs(l.port, "$") && (span_u32(l.port, 65535, &port) != 0 || port == 0))
		return fail(f, 449, "the port of m= in Local is neither $ nor a port");
	got.addr.port = (uint16_t)port;
	if (span_copy(l.media, got.media, sizeof(got.media)) || span_copy(l.fmt, got.fmt, sizeof(got.fmt)))
		return fail(f, 449, "the m= line has a token that is too long");
	if (term_is_tls(&got) && got.hashes == 0)
		got.hashes = 1u << FPR_SHA256;
	*local = got;
	return 0;
}

int
mg_sdp_read_local(struct arena *a, struct span text, struct term_local *local, struct span *path,
                  struct mg_fault *f)
{
	struct mg_fault other;
	int err;

	if (span_trim(text).len == 0) /* would release it (7.1.8): a port goes with its termination */
		return fail(f, 501, "an empty Local");
	err = read_local(a, cut_description(&text), local, path, f);
	while (err && text.len)
		if (read_local(a, cut_description(&text), local, path, &other) == 0)
			err = 0;
	return err;
}

/* ---- Remote ---- */

static int
read_remote(struct arena *a, struct span text, struct term_remote *remote, struct fpr_set *fprs, struct span *path,
            struct mg_fault *f)
{
	struct term_remote got = { .addr = { .family = ADDR_NONE } };
	enum term_transport transport;
	enum addr_family family;
	struct msrp_path uris;
	struct lines l;
	uint32_t port = 0;
	int err = read_lines(a, text, &l, f);

	if (!err)
		err = read_family(l.family, &family, f);
	if (!err)
		err = read_transport(l.proto, &transport, f);
	if (!err)
		err = read_setup(&l, &got.setup, f);
	if (err)
		return err;
	/* "-" and 0.0.0.0 say that there is no address yet, or none now (RFC 3264 8.4 hold). */
	if (!span_eqs(l.ip, "-")) {
		if (addr_parse_ip(l.ip, &got.addr) != 0)
			return fail(f, 449, "c= in Remote is not an IP address");
		if (got.addr.family != family)
			return fail(f, 449, "c= has an address of another family than it says");
	}
	if (!span_eqs(l.port, "-") && span_u32(l.port, 65535, &port) != 0)
		return fail(f, 449, "the port of m= in Remote is not a port");
	got.addr.port = (uint16_t)port;
	if (addr_is_any(&got.addr) || got.addr.port == 0)
		got.addr = (struct addr){ .family = ADDR_NONE };
	err = sdp_fingerprints(&l.sdp, l.m, fprs);
	if (err)
		return fail(f, 449, err == ERR_LIMIT ? "too many a=fingerprint lines in Remote"
						     : "an a=fingerprint line in Remote is malformed");
	*path = SPAN_NULL;
	if (sdp_attr(&l.sdp, l.m, "path", path) &&
	    (path->len >= MSRP_PATH_TEXT_MAX || msrp_path_parse(*path, &uris) != 0))
		return fail(f, 449, "a=path in Remote is malformed or too long");
	*remote = got;
	return 0;
}

int
mg_sdp_read_remote(struct arena *a, struct span text, struct term_remote *remote, struct fpr_set *fprs,
                   struct span *path, struct mg_fault *f)
{
	struct mg_fault other;
	int err;

	if (span_trim(text).len == 0) { /* the peer is taken back */
		*remote = (struct term_remote){ .addr = { .family = ADDR_NONE } };
		*fprs = (struct fpr_set){ .n = 0 };
		*path = SPAN_NULL;
		return 0;
	}
	err = read_remote(a, cut_description(&text), remote, fprs, path, f);
	while (err && text.len)
		if (read_remote(a, cut_description(&text), remote, fprs, path, &other) == 0)
			err = 0;
	return err;
}

/* ---- back to text ---- */

static void
print_head(struct out *o, const struct term_stream *s, const struct addr *a)
{
	char ip[ADDR_TEXT_MAX];

	out_printf(o, "v=0\r\nc=IN %s %s\r\nm=%s %u %s %s\r\n", a->family == ADDR_V6 ? "IP6" : "IP4",
	           addr_ip_text(a, ip), s->local.media, a->port, term_transport_name(s->local.transport),
	           s->local.fmt[0] ? s->local.fmt : "*");
}

static void
print_setup(struct out *o, enum sdp_setup setup)
{
	if (setup != SDP_SETUP_ABSENT && setup != SDP_SETUP_BAD)
		out_printf(o, "a=setup:%s\r\n", sdp_setup_name(setup));
}

struct span
mg_sdp_print_local(struct arena *a, const struct term_stream *s)
{
	struct addr told = realm_advertised(s->realm, &s->bound);
	char buf[SDP_OUT_MAX], text[FPR_TEXT_MAX];
	struct out o;

	out_init(&o, buf, sizeof(buf));
	print_head(&o, s, &told);
	print_setup(&o, s->local.setup);
	if (s->msrp && s->msrp->own[0])
		out_printf(&o, "a=path:%s\r\n", s->msrp->own);
	for (unsigned h = 0; h < FPR_HASHES; h++) {
		struct fpr f;

		if (!term_is_tls(&s->local) || !(s->local.hashes & 1u << h))
			continue;
		if (tls_ctx_fingerprint(s->realm->tls, (enum fpr_hash)h, &f) == 0)
			out_printf(&o, "a=fingerprint:%s\r\n", fpr_text(&f, text));
	}
	return o.err ? SPAN_NULL : arena_span(a, out_get(&o));
}

struct span
mg_sdp_print_remote(struct arena *a, const struct term_stream *s)
{
	char buf[SDP_OUT_MAX], text[FPR_TEXT_MAX];
	struct out o;

	if (s->remote.addr.family == ADDR_NONE)
		return SPAN_NULL;
	out_init(&o, buf, sizeof(buf));
	print_head(&o, s, &s->remote.addr);
	print_setup(&o, s->remote.setup);
	if (s->msrp && s->msrp->peer[0])
		out_printf(&o, "a=path:%s\r\n", s->msrp->peer);
	for (unsigned i = 0; s->fprs && i < s->fprs->n; i++)
		out_printf(&o, "a=fingerprint:%s\r\n", fpr_text(&s->fprs->v[i], text));
	return o.err ? SPAN_NULL : arena_span(a, out_get(&o));
}
