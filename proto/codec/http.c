/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/http.h"

#include <ctype.h>

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

/* ---- server ---- */

static bool
is_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.p[i]) && (!s.p[i] || !strchr("!#$%&'*+-.^_`|~", s.p[i])))
			return false;
	return s.len > 0;
}

/* Controls, which no line has: so no TLS hello is read up to the limit, and a CR stands before LF only. */
static bool
has_controls(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
			return true;
	return false;
}

/* A line without its end. */
static struct span
cut_line(struct span *rest)
{
	struct span line = span_cut(rest, '\n');

	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* "/metrics?x=1" or "http://host/metrics" (RFC 9112 3.2.2) without what is not the path. */
static struct span
path_of(struct span target)
{
	struct span rest = target;

	if (span_has_caseprefix(rest, "http://")) {
		ptrdiff_t slash;

		rest = span_of(rest.p + 7, rest.len - 7);
		slash = span_find(rest, '/');
		rest = slash < 0 ? SPAN_LIT("/") : span_of(rest.p + slash, rest.len - (size_t)slash);
	}
	return span_cut(&rest, '?');
}

/* "GET /metrics HTTP/1.1", with single spaces. */
static int
parse_request_line(struct span line, struct http_request *r, bool *wants_host)
{
	struct span version = line, method = span_cut(&version, ' '), target = span_cut(&version, ' ');

	if (!is_token(method) || !target.len || version.len != 8 || !span_has_prefix(version, "HTTP/1.") ||
	    !isdigit((unsigned char)version.p[7]))
		return ERR_SYNTAX;
	for (size_t i = 0; i < target.len; i++)
		if (target.p[i] <= ' ' || target.p[i] > '~')
			return ERR_SYNTAX;
	*wants_host = version.p[7] != '0';
	r->method = method;
	r->path = path_of(target);
	return 0;
}

int
http_parse_request(struct span text, struct http_request *r)
{
	struct http_request got = { .method = SPAN_NULL };
	struct span rest = text;
	bool wants_host = false;
	unsigned hosts = 0;
	int rc;

	while (rest.len && (rest.p[0] == '\r' || rest.p[0] == '\n')) /* of a client that ended another request so: 2.2 */
		rest = span_of(rest.p + 1, rest.len - 1);
	for (bool is_first = true; span_find(rest, '\n') >= 0; is_first = false) {
		struct span value = cut_line(&rest), line = value;

		if (has_controls(line))
			return ERR_SYNTAX;
		if (is_first) {
			if ((rc = parse_request_line(line, &got, &wants_host)))
				return rc;
			continue;
		}
		if (!line.len) {
			if (wants_host && hosts != 1)
				return ERR_SYNTAX;
			*r = got;
			return 0;
		}
		line = span_cut(&value, ':');
		if (!is_token(line) || !value.p) /* without a colon, or continued (5.2: obsolete) */
			return ERR_SYNTAX;
		hosts += span_caseeqs(line, "Host");
	}
	if (rest.len && rest.p[rest.len - 1] == '\r')
		rest.len--;
	return has_controls(rest) ? ERR_SYNTAX : ERR_MORE;
}

static const char *
status_text(unsigned status)
{
	static const struct {
		unsigned status;
		const char *text;
	} texts[] = {
		{ 200, "OK" },
		{ 400, "Bad Request" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 431, "Request Header Fields Too Large" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].status == status)
			return texts[i].text;
	return "";
}

void
http_print_reply(struct out *o, unsigned status, const char *type, struct span body, bool with_body)
{
	out_printf(o, "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n", status,
	           status_text(status), type, body.len);
	if (status == 405)
		out_str(o, "Allow: GET, HEAD\r\n");
	out_str(o, "Cache-Control: no-store\r\nConnection: close\r\n\r\n");
	if (with_body)
		out_span(o, body);
}
