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

/* One octet of seven is looked at: one of them is among the seven dashes. */
const char *
msrp_end_find(const struct msrp_framer *f, struct span s)
{
	size_t need = msrp_end_flag_at(f), at = CRLF_LEN + DASHES_LEN - 1;

	if (s.len < need)
		return NULL;
	for (; at < s.len; at += DASHES_LEN) {
		size_t first, far;

		while (at + 4 * DASHES_LEN < s.len && s.p[at] != '-' && s.p[at + DASHES_LEN] != '-' &&
		       s.p[at + 2 * DASHES_LEN] != '-' && s.p[at + 3 * DASHES_LEN] != '-')
			at += 4 * DASHES_LEN;
		if (s.p[at] != '-')
			continue;
		for (first = at, far = at - (DASHES_LEN - 1); first > far && s.p[first - 1] == '-'; first--)
			;
		first -= CRLF_LEN;
		if (s.len - first >= need && memcmp(s.p + first, f->end, need) == 0)
			return s.p + first;
	}
	return NULL;
}
