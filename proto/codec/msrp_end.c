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

/* Seven octets hold a whole word of any row of words of four. So the row that begins with the body is searched for words
 * of dashes, a block of vectors at a time: most bodies have none. What is around one costs a few steps, so that no body
 * makes the search slow. */
enum { WORD = 4, VECTOR = 16, VECTORS = 4, BLOCK = VECTORS * VECTOR };

typedef uint32_t words __attribute__((vector_size(VECTOR)));

static const uint32_t dashes = 0x2d2d2d2d;

static bool
is_dashes(const char *at)
{
	uint32_t w;

	memcpy(&w, at, WORD);
	return w == dashes;
}

static bool
has_dashes(const char *block)
{
	const words all = { dashes, dashes, dashes, dashes };
	uint64_t any[2];
	words w[VECTORS], hit;

	memcpy(w, block, BLOCK);
	hit = (words)((w[0] == all) | (w[1] == all) | (w[2] == all) | (w[3] == all));
	memcpy(any, &hit, VECTOR);
	return (any[0] | any[1]) != 0;
}

/* The end-line of which the word at `at` is the first that lies in its dashes; NULL: there is none. */
static const char *
find_around(const struct msrp_framer *f, const char *at, const char *end)
{
	size_t need = msrp_end_flag_at(f);
	const char *first = at;

	if (!is_dashes(at) || is_dashes(at - WORD))
		return NULL;
	while (first[-1] == '-')
		first--;
	first -= CRLF_LEN;
	return *first == '\r' && (size_t)(end - first) >= need && memcmp(first, f->end, need) == 0 ? first : NULL;
}

const char *
msrp_end_find(const struct msrp_framer *f, struct span s)
{
	/* The first seven dashes that there can be hold this word and none before it. */
	const char *at = s.p + CRLF_LEN + DASHES_LEN - WORD, *end = s.p + s.len;

	if (s.len < msrp_end_flag_at(f))
		return NULL;
	while (end - at >= WORD) {
		const char *stop = end - at >= BLOCK ? at + BLOCK : end;

		if (stop - at == BLOCK && !has_dashes(at)) {
			at = stop;
			continue;
		}
		for (; stop - at >= WORD; at += WORD) {
			const char *found = find_around(f, at, end);

			if (found)
				return found;
		}
	}
	return NULL;
}
