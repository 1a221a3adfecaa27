/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/fpr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "tests/lib/tmain.h"

/* "AB:AB:..." of n octets behind a prefix. */
static struct span
line(char *buf, size_t cap, const char *prefix, const char *octet, unsigned n)
{
	size_t len = (size_t)snprintf(buf, cap, "%s", prefix);

	for (unsigned i = 0; i < n; i++)
		len += (size_t)snprintf(buf + len, cap - len, "%s%s", i ? ":" : "", octet);
	return span_of(buf, len);
}

static void
every_hash_has_its_length(void)
{
	static const struct {
		const char *prefix;
		unsigned len;
		enum fpr_hash hash;
	} rows[] = {
		{ "sha-1 ", 20, FPR_SHA1 },     { "sha-224 ", 28, FPR_SHA224 }, { "sha-256 ", 32, FPR_SHA256 },
		{ "sha-384 ", 48, FPR_SHA384 }, { "sha-512 ", 64, FPR_SHA512 },
	};
	char buf[300];
	struct fpr f;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *name = rows[i].prefix;
		unsigned len = rows[i].len;

		CU_ASSERT_EQUAL(fpr_parse(line(buf, sizeof(buf), name, "aB", len), &f), 0);
		CU_ASSERT_EQUAL(f.hash, rows[i].hash);
		CU_ASSERT_EQUAL(f.len, len);
		CU_ASSERT_EQUAL(f.digest[f.len - 1], 0xab);
		CU_ASSERT_EQUAL(fpr_parse(line(buf, sizeof(buf), name, "aB", len - 1), &f), ERR_SYNTAX);
		CU_ASSERT_EQUAL(fpr_parse(line(buf, sizeof(buf), name, "aB", len + 1), &f), ERR_SYNTAX);
	}
}

static void
any_case_is_read_and_one_is_written(void)
{
	char buf[300], text[FPR_TEXT_MAX], want[300];
	struct fpr f;

	CU_ASSERT_EQUAL(fpr_parse(line(buf, sizeof(buf), " SHA-256  ", "c9", 32), &f), 0);
	line(want, sizeof(want), "sha-256 ", "C9", 32);
	CU_ASSERT_STRING_EQUAL(fpr_text(&f, text), want);
	CU_ASSERT_EQUAL(fpr_parse(line(buf, sizeof(buf), "sha-512 ", "00", 64), &f), 0);
	CU_ASSERT_EQUAL(strlen(fpr_text(&f, text)), FPR_TEXT_MAX - 2); /* the longest, with its NUL */
}

static void
unknown_hashes_are_not_syntax_errors(void)
{
	char buf[300];
	struct fpr f = { .len = 77 };

	CU_ASSERT_EQUAL(fpr_parse(line(buf, sizeof(buf), "md5 ", "AB", 16), &f), ERR_UNSUPPORTED);
	CU_ASSERT_EQUAL(fpr_parse(span_str("sha3-256 whatever"), &f), ERR_UNSUPPORTED);
	CU_ASSERT_EQUAL(fpr_parse(span_str("sha-256"), &f), ERR_SYNTAX);
	CU_ASSERT_EQUAL(fpr_parse(span_str(""), &f), ERR_SYNTAX);
	CU_ASSERT_EQUAL(fpr_parse(line(buf, sizeof(buf), "sha-1 ", "GG", 20), &f), ERR_SYNTAX);
	line(buf, sizeof(buf), "sha-1 ", "AB", 20);
	buf[6 + 2] = '-';
	CU_ASSERT_EQUAL(fpr_parse(span_str(buf), &f), ERR_SYNTAX);
	line(buf, sizeof(buf), "sha-1 ", "AB", 20);
	strcat(buf, " x");
	CU_ASSERT_EQUAL(fpr_parse(span_str(buf), &f), ERR_SYNTAX);
	CU_ASSERT_EQUAL(f.len, 77);
}

static void
equal_means_hash_and_every_octet(void)
{
	char buf[300];
	struct fpr a, b;

	CU_ASSERT_EQUAL(fpr_parse(line(buf, sizeof(buf), "sha-256 ", "AB", 32), &a), 0);
	b = a;
	CU_ASSERT(fpr_equal(&a, &b));
	b.digest[31] ^= 1;
	CU_ASSERT_FALSE(fpr_equal(&a, &b));
	b = a;
	b.digest[0] ^= 0x80;
	CU_ASSERT_FALSE(fpr_equal(&a, &b));
	b = a;
	b.hash = FPR_SHA384;
	CU_ASSERT_FALSE(fpr_equal(&a, &b));
}

static void
sets_compare_without_order_and_end_at_their_limit(void)
{
	struct fpr_set a = { 0 }, b = { 0 };
	char one[300], two[300];
	struct span s1 = line(one, sizeof(one), "sha-256 ", "11", 32);
	struct span s2 = line(two, sizeof(two), "sha-384 ", "22", 48);

	CU_ASSERT_EQUAL(fpr_set_add(&a, s1), 0);
	CU_ASSERT_EQUAL(fpr_set_add(&a, s2), 0);
	CU_ASSERT_EQUAL(fpr_set_add(&b, s2), 0);
	CU_ASSERT_FALSE(fpr_set_equal(&a, &b));
	CU_ASSERT_FALSE(fpr_set_equal(&b, &a));
	CU_ASSERT_EQUAL(fpr_set_add(&b, s1), 0);
	CU_ASSERT(fpr_set_equal(&a, &b));
	CU_ASSERT_EQUAL(fpr_set_add(&a, span_str("md5 AB")), 0);
	CU_ASSERT_EQUAL(a.unknown, 1);
	CU_ASSERT(fpr_set_equal(&a, &b));
	while (a.n + a.unknown < SDP_FINGERPRINTS_MAX)
		CU_ASSERT_EQUAL(fpr_set_add(&a, span_str("md5 AB")), 0);
	CU_ASSERT_EQUAL(fpr_set_add(&a, span_str("md5 AB")), ERR_LIMIT);
	CU_ASSERT_EQUAL(fpr_set_add(&a, s1), ERR_LIMIT);
	CU_ASSERT_EQUAL(fpr_set_add(&b, span_str("sha-256 AB")), ERR_SYNTAX);
	CU_ASSERT_EQUAL(b.n, 2);
}

static void
a_list_is_the_set_without_its_empty_places(void)
{
	struct fpr_set set = { .n = 0 }, got;
	struct fpr_list *l;
	char one[300], two[300];

	fpr_set_add(&set, line(one, sizeof(one), "sha-512 ", "7F", 64));
	fpr_set_add(&set, span_str("md5 AB"));
	fpr_set_add(&set, line(two, sizeof(two), "sha-1 ", "01", 20));
	l = fpr_list_new(&set);
	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	memset(&got, 0xA5, sizeof(got));
	fpr_list_get(l, &got);
	CU_ASSERT_EQUAL(got.n, 2);
	CU_ASSERT_EQUAL(got.unknown, 1);
	CU_ASSERT(fpr_equal(&got.v[0], &set.v[0]) && fpr_equal(&got.v[1], &set.v[1]));
	CU_ASSERT_EQUAL(l->v[0].len, fpr_hash_len(FPR_SHA512));
	free(l);
	fpr_list_get(NULL, &got);
	CU_ASSERT_EQUAL(got.n + got.unknown, 0);
}

const char test_suite[] = "fpr";
const struct test_case test_cases[] = {
	TEST(every_hash_has_its_length),
	TEST(any_case_is_read_and_one_is_written),
	TEST(unknown_hashes_are_not_syntax_errors),
	TEST(equal_means_hash_and_every_octet),
	TEST(sets_compare_without_order_and_end_at_their_limit),
	TEST(a_list_is_the_set_without_its_empty_places),
	{ 0 },
};
