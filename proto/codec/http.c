/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/http.h"

#include "proto/base/err.h"

void
http_print_post(struct out *o, const struct addr *host, struct span path, const char *type, struct span body)
{
	char text[ADDR_TEXT_MAX];

	out_printf(o, "POST %.*s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n", SPAN_FMT(path),
	           addr_text(host, text), type, body.len);
	out_str(o, "Connection: close\r\n\r\n");
	out_span(o, body);
}

/* "HTTP/1.1 200 OK" */
static int
parse_status(struct span line, unsigned *status)
{
	struct span rest = line, version = span_word(&rest);
	uint32_t n;

	if (!span_has_prefix(version, "HTTP/1.") || span_u32(span_word(&rest), 999, &n) || n < 100)
		return ERR_SYNTAX;
	*status = n;
	return 0;
}

/* Header lines up to the empty one, which *rest is then behind. */
static int
parse_headers(struct span *rest, bool *has_length, uint64_t *length)
{
	while (span_find(*rest, '\n') >= 0) {
		struct span value = span_trim(span_cut(rest, '\n')), name;

		if (!value.len)
			return 0;
		name = span_trim(span_cut(&value, ':'));
		value = span_trim(value);
		if (span_caseeqs(name, "Transfer-Encoding") && !span_caseeqs(value, "identity"))
			return ERR_UNSUPPORTED;
		if (!span_caseeqs(name, "Content-Length"))
			continue;
		if (span_u64(value, HTTP_REPLY_MAX, length))
			return ERR_SYNTAX;
		*has_length = true;
	}
	return ERR_MORE;
}

int
http_parse_reply(struct span text, bool closed, struct http_reply *r)
{
	struct http_reply got = { 0 };
	struct span rest = text;
	bool has_length = false;
	uint64_t length = 0;
	int rc;

	if (span_find(rest, '\n') < 0)
		return closed ? ERR_SYNTAX : ERR_MORE;
	if ((rc = parse_status(span_trim(span_cut(&rest, '\n')), &got.status)))
		return rc;
	rc = parse_headers(&rest, &has_length, &length);
	if (rc)
		return rc == ERR_MORE && closed ? ERR_SYNTAX : rc;
	if (has_length ? rest.len < length : !closed)
		return closed ? ERR_SYNTAX : ERR_MORE;
	got.body = span_of(rest.p, has_length ? (size_t)length : rest.len);
	*r = got;
	return 0;
}
