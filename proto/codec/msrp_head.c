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

/* line ends with LF. Is that the only one, with a CR before it, and no other CR? */
static bool
is_crlf_line(struct span line)
{
	return line.len >= 2 && memchr(line.p, '\r', line.len) == line.p + line.len - 2;
}

/* The next line of *rest with its CRLF; the empty span at the end, or when a line has no CRLF or another CR. */
static struct span
cut_line(struct span *rest)
{
	const char *lf = rest->len ? memchr(rest->p, '\n', rest->len) : NULL;
	struct span line = lf ? span_of(rest->p, (size_t)(lf - rest->p) + 1) : SPAN_NULL;

	if (!is_crlf_line(line))
		return SPAN_NULL;
	*rest = span_of(lf + 1, rest->len - line.len);
	return line;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* line ends with CRLF. */
static bool
split_header(struct span line, struct msrp_header *h)
{
	const char *end = line.p + line.len - 2, *value = line.p;

	while (classes[(uint8_t)*value] & IN_NAME)
		value++;
	if (value == line.p || *value != ':')
		return false;
	h->line = line;
	h->name = span_of(line.p, (size_t)(value - line.p));
	for (value++; value < end && is_blank(*value); value++)
		;
	while (end > value && is_blank(end[-1]))
		end--;
	h->value = span_of(value, (size_t)(end - value));
	return true;
}

bool
msrp_header_next(struct span *rest, struct msrp_header *h)
{
	struct span line = cut_line(rest);

	return line.len && split_header(line, h);
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

int
msrp_head_begin(struct msrp_head *head, struct span line, const char **why)
{
	*head = (struct msrp_head){ .start = line };
	*why = "the start line does not end with CRLF, or has NUL";
	if (line.len < 7 || !is_crlf_line(line) || memchr(line.p, '\0', line.len))
		return ERR_SYNTAX;
	return parse_start(line, head, why);
}

/* Most peers spell it as we do. */
static bool
is_name(const struct msrp_header *h, const char *name)
{
	return memcmp(h->name.p, name, h->name.len) == 0 || span_caseeqs(h->name, name);
}

/* Each path exactly once. */
static void
take_path(struct msrp_head *head, const struct msrp_header *h, struct span *path, struct span *line)
{
	if (path->len || h->value.len == 0)
		head->broken = "To-Path or From-Path is empty or there twice";
	if (path->len)
		return;
	*path = h->value;
	*line = h->line;
}

static void
take_header(struct msrp_head *head, const struct msrp_header *h)
{
	switch (h->name.len) {
	case 7:
		if (is_name(h, "To-Path"))
			take_path(head, h, &head->to_path, &head->to_line);
		break;
	case 9:
		if (is_name(h, "From-Path"))
			take_path(head, h, &head->from_path, &head->from_line);
		break;
	case 10:
		if (is_name(h, "Byte-Range"))
			head->byte_range = h->value;
		break;
	case 12:
		head->has_type |= is_name(h, "Content-Type");
		break;
	case 14:
		if (is_name(h, "Failure-Report"))
			head->failure_report = h->value;
		break;
	default:
		break;
	}
}

void
msrp_head_add(struct msrp_head *head, struct span line)
{
	struct msrp_header h;

	if (!is_crlf_line(line))
		head->broken = "a line does not end with CRLF";
	else if (!split_header(line, &h))
		head->broken = "a header line has no name";
	else
		take_header(head, &h);
}

void
msrp_head_end(struct msrp_head *head, struct span headers)
{
	head->headers = headers;
	if (headers.len && memchr(headers.p, '\0', headers.len))
		head->broken = "a header has NUL";
	if (!head->broken && (!head->to_path.len || !head->from_path.len))
		head->broken = "To-Path or From-Path is missing";
}

/* start "-" end "/" total */
int
msrp_range_parse(struct span value, struct msrp_range *r)
{
	struct span total = value, range = span_cut(&total, '/'), start = span_cut(&range, '-');
	struct msrp_range got = { .total = UINT64_MAX };

	if (span_u64(start, UINT64_MAX, &got.start) != 0 || got.start == 0 || !range.p || !total.p)
		return ERR_SYNTAX;
	if (!span_eqs(total, "*") && span_u64(total, UINT64_MAX, &got.total) != 0)
		return ERR_SYNTAX;
	*r = got;
	return 0;
}
