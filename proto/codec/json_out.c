/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/json_out.h"

/* Length of the UTF-8 sequence at the head of s (RFC 3629), 0 when it is not one. */
static size_t
utf8_len(struct span s)
{
	const unsigned char *b = (const unsigned char *)s.p;
	unsigned char low = 0x80, high = 0xbf; /* legal second byte */
	size_t n;

	if (b[0] < 0x80)
		return 1;
	if (b[0] >= 0xc2 && b[0] <= 0xdf)
		n = 2;
	else if ((b[0] & 0xf0) == 0xe0)
		n = 3;
	else if (b[0] >= 0xf0 && b[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (b[0] == 0xe0)
		low = 0xa0; /* overlong */
	else if (b[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (b[0] == 0xf0)
		low = 0x90;
	else if (b[0] == 0xf4)
		high = 0x8f; /* above U+10FFFF */
	if (s.len < n || b[1] < low || b[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((b[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static void
escape(struct out *o, unsigned char c)
{
	switch (c) {
	case '"':
		out_str(o, "\\\"");
		break;
	case '\\':
		out_str(o, "\\\\");
		break;
	case '\r':
		out_str(o, "\\r");
		break;
	case '\n':
		out_str(o, "\\n");
		break;
	case '\t':
		out_str(o, "\\t");
		break;
	default:
		out_printf(o, "\\u%04x", c);
	}
}

void
out_json_string(struct out *o, struct span s)
{
	size_t clean = 0; /* bytes at s.p that can go as they are */

	out_char(o, '"');
	while (clean < s.len) {
		struct span rest = span_of(s.p + clean, s.len - clean);
		unsigned char c = (unsigned char)rest.p[0];
		size_t n = c < 0x20 || c == 0x7f || c == '"' || c == '\\' ? 0 : utf8_len(rest);

		clean += n;
		if (n)
			continue;
		out_bytes(o, s.p, clean);
		escape(o, c);
		s = span_of(rest.p + 1, rest.len - 1);
		clean = 0;
	}
	out_bytes(o, s.p, clean);
	out_char(o, '"');
}
