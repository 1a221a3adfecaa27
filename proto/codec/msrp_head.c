/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/msrp_head.h"

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

/* The next line of *rest with its CRLF; the empty span at the end, or when a line has no CRLF or a CR or NUL elsewhere. */
static struct span
cut_line(struct span *rest)
{
	const char *lf = rest->len ? memchr(rest->p, '\n', rest->len) : NULL;
	struct span line;

	if (!lf || lf == rest->p || lf[-1] != '\r')
		return SPAN_NULL;
	line = span_of(rest->p, (size_t)(lf - rest->p) + 1);
	if (memchr(line.p, '\r', line.len - 2) || memchr(line.p, '\0', line.len))
		return SPAN_NULL;
	*rest = span_of(lf + 1, rest->len - line.len);
	return line;
}

static bool
split_header(struct span line, struct msrp_header *h)
{
	ptrdiff_t colon = span_find(line, ':');

	if (colon <= 0)
		return false;
	h->line = line;
	h->name = span_of(line.p, (size_t)colon);
	h->value = span_trim(span_of(line.p + colon + 1, line.len - (size_t)colon - 1));
	return is_made_of(h->name, "-_.!%*+`'~");
}

bool
msrp_header_next(struct span *rest, struct msrp_header *h)
{
	struct span line = cut_line(rest);

	return line.len && split_header(line, h);
}

bool
msrp_header_find(const struct msrp_head *head, const char *name, struct span *value)
{
	struct span rest = head->headers;
	struct msrp_header h;

	while (msrp_header_next(&rest, &h))
		if (span_caseeqs(h.name, name)) {
			*value = h.value;
			return true;
		}
	return false;
}

/* "MSRP" SP tid SP (method / code [SP comment]) CRLF */
static int
parse_start(struct span line, struct msrp_head *head, const char **why)
{
	struct span rest = span_of(line.p + 5, line.len - 5 - 2), word; /* less "MSRP " and CRLF */
	uint32_t code;

	head->tid = span_cut(&rest, ' ');
	word = span_cut(&rest, ' ');
	*why = "the start line has no usable transaction id";
	if (head->tid.len == 0 || head->tid.len > MSRP_TID_MAX || !is_made_of(head->tid, ".-+%="))
		return ERR_SYNTAX;
	if (word.len == 3 && span_u32(word, 999, &code) == 0) {
		head->code = (uint16_t)code;
		head->comment = rest.p ? rest : SPAN_NULL;
		*why = "the response code is none";
		return code >= 100 ? 0 : ERR_SYNTAX;
	}
	*why = "the start line has no usable method";
	if (word.len == 0 || word.len > MSRP_METHOD_MAX || !is_made_of(word, "-_") || rest.p)
		return ERR_SYNTAX;
	head->method = word;
	return 0;
}

/* Each of the two exactly once. */
static bool
take_path(const struct msrp_header *h, const char *name, struct span *path)
{
	if (!span_caseeqs(h->name, name))
		return true;
	if (path->len || h->value.len == 0)
		return false;
	*path = h->value;
	return true;
}

int
msrp_head_parse(struct span text, struct msrp_head *head, const char **why)
{
	struct msrp_head got = { .code = 0 };
	struct span line = cut_line(&text);
	struct msrp_header h;
	int err;

	*why = "a line does not end with CRLF";
	if (line.len < 7)
		return ERR_SYNTAX;
	err = parse_start(line, &got, why);
	if (err)
		return err;
	got.headers = text;
	while (text.len) {
		*why = "a line does not end with CRLF";
		line = cut_line(&text);
		if (line.len == 0)
			return ERR_SYNTAX;
		*why = "a header line has no name";
		if (!split_header(line, &h))
			return ERR_SYNTAX;
		*why = "To-Path or From-Path is empty or there twice";
		if (!take_path(&h, "To-Path", &got.to_path) || !take_path(&h, "From-Path", &got.from_path))
			return ERR_SYNTAX;
	}
	*why = "To-Path or From-Path is missing";
	if (!got.to_path.len || !got.from_path.len)
		return ERR_SYNTAX;
	*head = got;
	return 0;
}
