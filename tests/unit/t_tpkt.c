/* SPDX-License-Identifier: BSD-2-Clause */

#include "proto/base/err.h"
#include "proto/codec/tpkt.h"
#include "tests/lib/tmain.h"

static void
a_frame_is_found_only_when_whole(void)
{
	static const char stream[] = { 3, 0, 0, 7, 'a', 'b', 'c', 3, 0, 0, 4 };
	struct span payload = SPAN_LIT("untouched");
	size_t total = 99;

	for (size_t n = 0; n < 7; n++)
		CU_ASSERT_EQUAL(tpkt_frame(span_of(stream, n), &total, &payload), ERR_MORE);
	CU_ASSERT(total == 99 && span_eqs(payload, "untouched"));
	CU_ASSERT_EQUAL(tpkt_frame(span_of(stream, sizeof(stream)), &total, &payload), 0);
	CU_ASSERT(total == 7 && span_eqs(payload, "abc"));
	CU_ASSERT_EQUAL(tpkt_frame(span_of(stream + total, sizeof(stream) - total), &total, &payload), 0);
	CU_ASSERT(total == 4 && payload.len == 0);
}

static void
what_is_no_tpkt_is_refused_at_the_first_byte_that_shows_it(void)
{
	struct span payload;
	size_t total;

	CU_ASSERT_EQUAL(tpkt_frame(SPAN_LIT("M"), &total, &payload), ERR_SYNTAX);
	CU_ASSERT_EQUAL(tpkt_frame(span_of("\3\0\0\3", 4), &total, &payload), ERR_SYNTAX);
	CU_ASSERT_EQUAL(tpkt_frame(span_of("\3\0\0\0", 4), &total, &payload), ERR_SYNTAX);
	CU_ASSERT_EQUAL(tpkt_frame(span_of("\3\377\0\4", 4), &total, &payload), 0);
}

static void
headers_carry_the_length_with_the_header(void)
{
	static char frame[TPKT_HEADER + TPKT_PAYLOAD_MAX];
	uint8_t header[TPKT_HEADER] = { 9, 9, 9, 9 };
	struct span payload;
	size_t total;

	CU_ASSERT_EQUAL(tpkt_header(TPKT_PAYLOAD_MAX + 1, header), ERR_TOOBIG);
	CU_ASSERT_EQUAL(header[0], 9);
	CU_ASSERT_EQUAL(tpkt_header(0, header), 0);
	CU_ASSERT_EQUAL(memcmp(header, "\3\0\0\4", 4), 0);
	CU_ASSERT_EQUAL(tpkt_header(TPKT_PAYLOAD_MAX, header), 0);
	CU_ASSERT_EQUAL(memcmp(header, "\3\0\377\377", 4), 0);
	memcpy(frame, header, TPKT_HEADER);
	CU_ASSERT_EQUAL(tpkt_frame(span_of(frame, sizeof(frame)), &total, &payload), 0);
	CU_ASSERT_EQUAL(payload.len, TPKT_PAYLOAD_MAX);
}

const char test_suite[] = "tpkt";
const struct test_case test_cases[] = {
	TEST(a_frame_is_found_only_when_whole),
	TEST(what_is_no_tpkt_is_refused_at_the_first_byte_that_shows_it),
	TEST(headers_carry_the_length_with_the_header),
	{ NULL, NULL },
};
