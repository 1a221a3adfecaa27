/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/msrp_head.h"

/* What a character may be part of. */
enum { IN_TID = 1, IN_METHOD = 2, IN_NAME = 4 };

#define ALNUM (IN_TID | IN_METHOD | IN_NAME)

static const uint8_t classes[256] = {
	['0' ... '9'] = ALNUM,
	['A' ... 'Z'] = ALNUM,
	['a' ... 'z'] = ALNUM,
	['.'] = IN_TID | IN_NAME,
	['-'] = ALNUM,
	['+'] = IN_TID | IN_NAME,
	['%'] = IN_TID | IN_NAME,
	['='] = IN_TID,
	['_'] = IN_METHOD | IN_NAME,
	['!'] = IN_NAME,
	['*'] = IN_NAME,
	['`'] = IN_NAME,
	['\''] = IN_NAME,
	['~'] = IN_NAME,
};

static bool
is_made_of(struct span s, unsigned class)
{
	unsigned all = class;

	for (size_t i = 0; i < s.len; i++)
		all &= classes[(uint8_t)s.p[i]];
	return all != 0;
}

/* The next line of *rest with its CRLF; the empty span at the end, or when a line has no CRLF or another CR. */
static struct span
cut_line(struct span *rest)
{
	const char *lf = rest->len ? memchr(rest->p, '\n', rest->len) : NULL;
	struct span line;

	if (!lf || lf == rest->p || lf[-1] != '\r')
		return SPAN_NULL;
	line = span_of(rest->p, (size_t)(lf - rest->p) + 1);
	if (memchr(line.p, '\r', line.len - 2))
		return SPAN_NULL;
	*rest = span_of(lf + 1, rest->len - line.len);
	return line;
}

static bool
split_header(struct span line, struct msrp_header *h)
{
	size_t len = 0;

	while (classes[(uint8_t)line.p[len]] & IN_NAME) /* a line ends with LF, which is none */
		len++;
	if (len == 0 || line.p[len] != ':')
		return false;
	h->line = line;
	h->name = span_of(line.p, len);
	h->value = span_trim(span_of(line.p + len + 1, line.len - len - 1));
	return true;
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
	if (head->tid.len == 0 || head->tid.len > MSRP_TID_MAX || !is_made_of(head->tid, IN_TID))
		return ERR_SYNTAX;
	if (word.len == 3 && span_u32(word, 999, &code) == 0) {
		head->code = (uint16_t)code;
		head->comment = rest.p ? rest : SPAN_NULL;
		*why = "the response code is none";
		return code >= 100 ? 0 : ERR_SYNTAX;
	}
	*why = "the start line has no usable method";
	if (word.len == 0 || word.len > MSRP_METHOD_MAX || !is_made_of(word, IN_METHOD) || rest.p)
		return ERR_SYNTAX;
	head->method = word;
	return 0;
}

/* Each path exactly once. */
static bool
take_path(const struct msrp_header *h, struct span *path, struct span *line)
{
	if (path->len || h->value.len == 0)
		return false;
	*path = h->value;
	*line = h->line;
	return true;
}

static bool
take_header(struct msrp_head *head, const struct msrp_header *h)
{
	switch (h->name.len) {
	case 7:
		return !span_caseeqs(h->name, "To-Path") || take_path(h, &head->to_path, &head->to_line);
	case 9:
		return !span_caseeqs(h->name, "From-Path") || take_path(h, &head->from_path, &head->from_line);
	case 12:
		head->has_type |= span_caseeqs(h->name, "Content-Type");
		break;
	case 14:
		if (span_caseeqs(h->name, "Failure-Report"))
			head->failure_report = h->value;
		break;
	default:
		break;
	}
	return true;
}

int
msrp_head_parse(struct span text, struct msrp_head *head, const char **why)
{
	struct msrp_head got = { .code = 0 };
	struct span line = cut_line(&text);
	struct msrp_header h;
	int err;

	*why = "a line does not end with CRLF, or has NUL";
	if (line.len < 7 || memchr(line.p, '\0', line.len + text.len))
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
		if (!take_header(&got, &h))
			return ERR_SYNTAX;
	}
	*why = "To-Path or From-Path is missing";
	if (!got.to_path.len || !got.from_path.len)
		return ERR_SYNTAX;
	*head = got;
	return 0;
}
