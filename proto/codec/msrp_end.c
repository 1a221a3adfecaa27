/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/msrp_end.h"

#include <string.h>

void
msrp_end_set(struct msrp_framer *f, struct span tid)
{
	char *at = f->end;

	memcpy(at, "\r\n-------", CRLF_LEN + DASHES_LEN);
	at += CRLF_LEN + DASHES_LEN;
	memcpy(at, tid.p, tid.len);
	at += tid.len;
	*at++ = '\0';
	memcpy(at, "\r\n", CRLF_LEN);
	f->end_len = (uint8_t)(at + CRLF_LEN - f->end);
}

/* Of the part up to the flag only the first octet is a CR, so it begins at the last CR or not at all. */
size_t
msrp_end_begun(const struct msrp_framer *f, struct span s)
{
	size_t most = msrp_end_flag_at(f) - 1;
	struct span tail = s.len > most ? span_of(s.p + s.len - most, most) : s;
	const char *cr = memrchr(tail.p, '\r', tail.len);
	size_t len = cr ? (size_t)(tail.p + tail.len - cr) : 0;

	return len && memcmp(cr, f->end, len) == 0 ? len : 0;
}

/* The octets of s at `at` and each seventh one behind it, eight in all: is none of them a dash? */
static bool
has_no_dash(const char *at)
{
	enum { N = DASHES_LEN };

	return at[0] != '-' && at[N] != '-' && at[2 * N] != '-' && at[3 * N] != '-' && at[4 * N] != '-' &&
	       at[5 * N] != '-' && at[6 * N] != '-' && at[7 * N] != '-';
}

/* One octet of seven is looked at: one of them is among the seven dashes. */
const char *
msrp_end_find(const struct msrp_framer *f, struct span s)
{
	size_t need = msrp_end_flag_at(f);
	const char *at, *end = s.p + s.len;

	if (s.len < need)
		return NULL;
	for (at = s.p + CRLF_LEN + DASHES_LEN - 1; at < end; at += DASHES_LEN) {
		const char *first, *far;

		while (end - at > 8 * DASHES_LEN && has_no_dash(at))
			at += 8 * DASHES_LEN;
		if (*at != '-')
			continue;
		for (first = at, far = at - (DASHES_LEN - 1); first > far && first[-1] == '-'; first--)
			;
		first -= CRLF_LEN;
		if ((size_t)(end - first) >= need && memcmp(first, f->end, need) == 0)
			return first;
	}
	return NULL;
}
