/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/ngmsg.h"

#include "proto/base/bounds.h"
#include "proto/codec/ng_codec.h"

/* Cuts the cookie and its space off *rest. ERR_MORE when the space has not come yet. */
static int
cut_cookie(struct span *rest, struct span *cookie)
{
	size_t n = 0;

	while (rest->len && (rest->p[0] == '\r' || rest->p[0] == '\n'))
		*rest = span_of(rest->p + 1, rest->len - 1);
	/* The cookie is echoed and logged; a proxy's is made of printable characters. */
	while (n < rest->len && n <= NG_COOKIE_MAX && rest->p[n] > ' ' && rest->p[n] < 0x7f)
		n++;
	if (n == rest->len && n <= NG_COOKIE_MAX)
		return ERR_MORE;
	if (n == 0 || n > NG_COOKIE_MAX || rest->p[n] != ' ')
		return ERR_SYNTAX;
	*cookie = span_of(rest->p, n);
	*rest = span_of(rest->p + n + 1, rest->len - n - 1);
	return 0;
}

/* By the first byte, which is that of a dictionary in either encoding. */
static int
guess_encoding(struct span s, enum ng_encoding *enc)
{
	if (!s.len)
		return ERR_MORE;
	if (s.p[0] != 'd' && s.p[0] != '{')
		return ERR_SYNTAX;
	*enc = s.p[0] == 'd' ? NG_BENCODE : NG_JSON;
	return 0;
}

int
ng_parse(struct arena *a, struct span buf, struct ng_msg *msg)
{
	struct span rest = buf;
	int rc;

	*msg = (struct ng_msg){ 0 };
	if (buf.len > NG_MESSAGE_MAX)
		return ERR_TOOBIG;
	rc = cut_cookie(&rest, &msg->cookie);
	if (rc == 0)
		rc = guess_encoding(rest, &msg->encoding);
	if (rc == 0) {
		if (msg->encoding == NG_JSON)
			rc = ng_json_parse(a, rest, &msg->dict);
		else
			rc = ng_bencode_parse(a, rest, &msg->dict);
	}
	return rc == ERR_MORE ? ERR_SYNTAX : rc; /* a datagram has no more to come */
}

int
ng_frame(struct span buf, size_t *len)
{
	struct span rest = buf, cookie;
	enum ng_encoding enc;
	size_t dict = 0;
	int rc = cut_cookie(&rest, &cookie);

	if (rc == 0)
		rc = guess_encoding(rest, &enc);
	if (rc == 0)
		rc = enc == NG_JSON ? ng_json_frame(rest, &dict) : ng_bencode_frame(rest, &dict);
	if (rc == ERR_MORE && buf.len >= NG_MESSAGE_MAX)
		return ERR_TOOBIG;
	if (rc)
		return rc;
	dict += buf.len - rest.len;
	if (dict > NG_MESSAGE_MAX)
		return ERR_TOOBIG;
	*len = dict;
	return 0;
}

void
ng_print(struct out *o, struct span cookie, enum ng_encoding enc, const struct ng_val *dict)
{
	if (!dict) {
		if (!o->err)
			o->err = ERR_NOMEM;
		return;
	}
	out_span(o, cookie);
	out_char(o, ' ');
	if (enc == NG_JSON)
		ng_json_print(o, dict);
	else
		ng_bencode_print(o, dict);
}
