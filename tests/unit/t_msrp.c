/* SPDX-License-Identifier: BSD-2-Clause */
/* Plays tests/vec/msrp: NN-name.in is what a peer sends, NN-name.events what the framer says of it,
 * whichever way it is cut. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/codec/msrp_end.h"
#include "tests/lib/msrp_trace.h"
#include "tests/lib/tmain.h"

enum { FILE_MAX = 65536, TEXT_MAX = 1 << 20, MIN_VECTORS = 15, RANDOM_CUTS = 200 };

static size_t
read_file(const char *dir, const char *name, const char *ending, char *buf)
{
	char path[1100];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s%s", dir, name, ending);
	f = fopen(path, "rb");
	if (f) {
		n = fread(buf, 1, FILE_MAX, f);
		fclose(f);
	}
	return n;
}

static bool
same(const char *name, struct span want, struct out *got, const char *how, size_t at)
{
	bool ok = !got->err && span_eq(want, out_get(got));

	if (!ok)
		printf("  %s, %s %zu: wanted\n%.*s  got\n%.*s", name, how, at, SPAN_FMT(want),
			SPAN_FMT(out_get(got)));
	CU_ASSERT(ok);
	out_reset(got);
	return ok;
}

static void
play(const char *dir, const char *name)
{
	static char in[FILE_MAX], want[FILE_MAX];
	struct span stream = span_of(in, read_file(dir, name, ".in", in));
	struct span events = span_of(want, read_file(dir, name, ".events", want));
	struct out o;
	uint64_t seed = 4711;
	bool ok;

	out_init_heap(&o, TEXT_MAX);
	CU_ASSERT(stream.len > 0 && events.len > 0);
	(void)msrp_trace(stream, msrp_cut_none, NULL, &o);
	ok = same(name, events, &o, "whole", 0);
	for (size_t at = 1; ok && at < stream.len; at++) {
		size_t first = at;

		(void)msrp_trace(stream, msrp_cut_once, &first, &o);
		ok = same(name, events, &o, "cut at", at);
	}
	if (ok) {
		(void)msrp_trace(stream, msrp_cut_all, NULL, &o);
		ok = same(name, events, &o, "octet by octet", 0);
	}
	for (size_t i = 0; ok && i < RANDOM_CUTS; i++) {
		(void)msrp_trace(stream, msrp_cut_random, &seed, &o);
		ok = same(name, events, &o, "random cuts", i);
	}
	out_fini(&o);
}

static int
is_in(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 3 && strcmp(d->d_name + n - 3, ".in") == 0;
}

static void
every_vector_gives_its_events_whichever_way_it_is_cut(void)
{
	const char *top = getenv("TOP_SRCDIR");
	struct dirent **names;
	char dir[512];
	int n;

	snprintf(dir, sizeof(dir), "%s/tests/vec/msrp", top ? top : ".");
	n = scandir(dir, &names, is_in, alphasort);
	CU_ASSERT_FATAL(n >= MIN_VECTORS);
	for (int i = 0; i < n; i++) {
		names[i]->d_name[strlen(names[i]->d_name) - 3] = '\0';
		play(dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

/* Bodies full of what end-lines are made of, each in memory of just its size. */
static void
end_lines_are_found_where_an_octet_by_octet_search_finds_them(void)
{
	static const char *const words[] = {
		"-", "--", "-------", "\r\n", "\r\n-------", "-------ab1", "\r\n-------ab1", "ab1-", "\r", "a",
		"what has no dashes in it, and is longer than what is looked at in one go",
	};
	static const char *const tids[] = { "ab1-", "-ab1", "----", "a1b2c3d4e5f6" };
	unsigned found = 0;

	srandom(7);
	for (unsigned i = 0; i < 40000; i++) {
		struct msrp_framer f = { .state = MSRP_IN_BODY };
		size_t max = (size_t)random() % 300, len = 0, need;
		char *body = malloc(max + 1), *exact;
		const char *at;

		msrp_end_set(&f, span_str(tids[i % 4]));
		need = msrp_end_flag_at(&f);
		while (len < max) {
			bool is_end = random() % 16 == 0;
			const char *w = is_end ? f.end : words[(unsigned)random() % (sizeof(words) / sizeof(words[0]))];
			size_t n = is_end ? need : strlen(w);

			n = n < max - len ? n : max - len;
			memcpy(body + len, w, n);
			len += n;
		}
		exact = malloc(len ? len : 1);
		memcpy(exact, body, len);
		at = msrp_end_find(&f, span_of(exact, len));
		CU_ASSERT_PTR_EQUAL(at, memmem(exact, len, f.end, need));
		found += at != NULL;
		free(exact);
		free(body);
	}
	CU_ASSERT(found > 1000 && found < 39000);
}

static const char head[] = "MSRP abcd SEND\r\nTo-Path: msrp://a:1/x;tcp\r\nFrom-Path: msrp://b:2/y;tcp\r\n";

/* A head of exactly len octets, end-line included. */
static struct span
long_head(char *buf, size_t len)
{
	static const char end[] = "-------abcd$\r\n";
	size_t at = sizeof(head) - 1, fill = len - at - (sizeof(end) - 1) - 5;

	memcpy(buf, head, at);
	memcpy(buf + at, "X: ", 3);
	memset(buf + at + 3, 'x', fill);
	memcpy(buf + at + 3 + fill, "\r\n", 2);
	memcpy(buf + at + 5 + fill, end, sizeof(end) - 1);
	return span_of(buf, len);
}

static void
a_head_of_ten_kib_passes_and_one_octet_more_does_not(void)
{
	static char buf[MSRP_HEAD_MAX + 1];
	msrp_cut_fn cuts[] = { msrp_cut_none, msrp_cut_all, msrp_cut_random };
	struct out o;

	out_init_heap(&o, TEXT_MAX);
	for (size_t i = 0; i < 3; i++) {
		uint64_t seed = 7;

		CU_ASSERT_EQUAL(msrp_trace(long_head(buf, MSRP_HEAD_MAX), cuts[i], &seed, &o), ERR_MORE);
		CU_ASSERT_EQUAL(msrp_trace(long_head(buf, MSRP_HEAD_MAX + 1), cuts[i], &seed, &o), ERR_TOOBIG);
	}
	out_fini(&o);
}

static void
a_line_without_end_is_refused_at_the_limit(void)
{
	struct msrp_framer f = { .state = MSRP_IN_HEAD };
	struct msrp_event ev;
	size_t sent = sizeof(head) - 1;
	struct span in = span_of(head, sent);

	CU_ASSERT_EQUAL(msrp_next(&f, &in, &ev), ERR_MORE);
	for (; sent < MSRP_HEAD_MAX; sent++) {
		in = SPAN_LIT("x");
		CU_ASSERT_EQUAL_FATAL(msrp_next(&f, &in, &ev), ERR_MORE);
	}
	in = SPAN_LIT("x");
	CU_ASSERT_EQUAL(msrp_next(&f, &in, &ev), ERR_TOOBIG);
	in = SPAN_LIT("MSRP");
	CU_ASSERT_EQUAL(msrp_next(&f, &in, &ev), ERR_TOOBIG); /* once broken, broken */
	msrp_reset(&f);
	in = SPAN_LIT("MSRP");
	CU_ASSERT_EQUAL(msrp_next(&f, &in, &ev), ERR_MORE);
	msrp_reset(&f);
}

static void
what_is_no_msrp_is_refused_at_the_first_octet_that_shows_it(void)
{
	static const char *const bad[] = { "G", "MSRp", "MSRPx", "\r\nmsrp", "\x16\x03\x01" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct out o;

		out_init_heap(&o, TEXT_MAX);
		CU_ASSERT_EQUAL(msrp_trace(span_str(bad[i]), msrp_cut_all, NULL, &o), ERR_SYNTAX);
		CU_ASSERT_EQUAL(msrp_trace(span_str(bad[i]), msrp_cut_none, NULL, &o), ERR_SYNTAX);
		CU_ASSERT_PTR_NOT_NULL(strstr(out_cstr(&o), "this is not MSRP"));
		out_fini(&o);
	}
}

/* 64 MiB of body in one chunk, in 64 KiB pieces; half of them end inside what may be an end-line. */
static void
a_body_of_any_length_takes_no_memory(void)
{
	static char piece[65536];
	struct msrp_framer f = { .state = MSRP_IN_HEAD };
	struct msrp_event ev = { .kind = MSRP_HEAD };
	struct span in = span_of(head, sizeof(head) - 1);
	uint64_t got = 0, sent = 0;
	int err;

	CU_ASSERT_EQUAL(msrp_next(&f, &in, &ev), ERR_MORE);
	in = SPAN_LIT("Content-Type: a/b\r\n\r\n");
	CU_ASSERT_EQUAL(msrp_next(&f, &in, &ev), 0);
	memset(piece, '-', sizeof(piece));
	for (unsigned i = 0; i < 1024; i++) {
		memcpy(piece + sizeof(piece) - 12, i & 1 ? "x\r\n-------ab" : "\r\n\r\n\r\n\r\n\r\n\r\n", 12);
		in = span_of(piece, sizeof(piece));
		sent += in.len;
		while ((err = msrp_next(&f, &in, &ev)) == 0) {
			CU_ASSERT_EQUAL_FATAL(ev.kind, MSRP_BODY);
			got += ev.body.len;
		}
		CU_ASSERT_EQUAL_FATAL(err, ERR_MORE);
		CU_ASSERT_PTR_NULL(f.gathered);
	}
	in = SPAN_LIT("\r\n-------abcd$\r\n");
	while ((err = msrp_next(&f, &in, &ev)) == 0 && ev.kind == MSRP_BODY)
		got += ev.body.len;
	CU_ASSERT_EQUAL(err, 0);
	CU_ASSERT_EQUAL(ev.kind, MSRP_END);
	CU_ASSERT_EQUAL(ev.flag, '$');
	CU_ASSERT_EQUAL(got, sent);
	msrp_reset(&f);
}

static void
headers_are_cut_one_by_one(void)
{
	struct msrp_framer f = { .state = MSRP_IN_HEAD };
	struct msrp_event ev = { .kind = MSRP_END };
	struct msrp_header h;
	struct span rest, in = SPAN_LIT("MSRP abcd SEND\r\nTo-Path: a\r\nFrom-Path: b\r\n"
	                          "success-REPORT:  yes \r\n-------abcd$\r\n");

	CU_ASSERT_EQUAL(msrp_next(&f, &in, &ev), 0);
	rest = ev.head.headers;
	CU_ASSERT(msrp_header_next(&rest, &h) && span_eqs(h.name, "To-Path") && span_eqs(h.value, "a"));
	CU_ASSERT(msrp_header_next(&rest, &h) && span_eqs(h.name, "From-Path"));
	CU_ASSERT(msrp_header_next(&rest, &h) && span_eqs(h.name, "success-REPORT") && span_eqs(h.value, "yes"));
	CU_ASSERT_FALSE(msrp_header_next(&rest, &h));
	msrp_reset(&f);
}

const char test_suite[] = "msrp";
const struct test_case test_cases[] = {
	TEST(every_vector_gives_its_events_whichever_way_it_is_cut),
	TEST(end_lines_are_found_where_an_octet_by_octet_search_finds_them),
	TEST(a_head_of_ten_kib_passes_and_one_octet_more_does_not),
	TEST(a_line_without_end_is_refused_at_the_limit),
	TEST(what_is_no_msrp_is_refused_at_the_first_octet_that_shows_it),
	TEST(a_body_of_any_length_takes_no_memory),
	TEST(headers_are_cut_one_by_one),
	{ NULL, NULL },
};
