/* SPDX-License-Identifier: BSD-2-Clause */
/* Plays tests/vec/sdp through policy, flows and rewriting, and through explain. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/alg_explains.h"
#include "tests/lib/tmain.h"
#include "tests/lib/vec_sdp.h"

enum { MIN_VECTORS = 15 };

static const char *
sides(bool t1, bool t2)
{
	return t1 && t2 ? "T1,T2" : t1 ? "T1" : t2 ? "T2" : "-";
}

static void
describe(const struct pass_line *l, char *buf, size_t cap)
{
	int n = snprintf(buf, cap, "%s%s", treatment_name(l->treatment),
	                 l->want[SIDE_CORE].msrp != MSRP_AGNOSTIC ? " aware" : "");
	const struct mgc_term *t1 = &l->want[SIDE_ACCESS], *t2 = &l->want[SIDE_CORE];

	if (l->is_answered)
		snprintf(buf + n, cap - (size_t)n, " T1=%s T2=%s link=%s order=%s",
		         sdp_setup_name(t1->setup), sdp_setup_name(t2->setup), sides(t1->link, t2->link),
		         sides(t1->establish, t2->establish));
}

static void
check_lines(const struct vec *v)
{
	CU_ASSERT_EQUAL(v->n_expect, v->pass.n);
	for (uint32_t i = 0; i < v->pass.n && i < v->n_expect; i++) {
		char got[128];

		describe(&v->pass.line[i], got, sizeof(got));
		if (strcmp(got, v->expect[i]) != 0) {
			printf("  %s line %u: wanted \"%s\", got \"%s\"\n", v->path, i + 1, v->expect[i], got);
			CU_FAIL("decision");
		}
	}
}

static void
check_remotes(const struct vec *v)
{
	const struct pass_line *l = NULL;

	for (uint32_t i = 0; i < v->pass.n && !l; i++)
		if (v->pass.line[i].treatment == TREAT_E2AE || v->pass.line[i].treatment == TREAT_ANCHOR)
			l = &v->pass.line[i];
	for (int s = 0; s < SIDES; s++) {
		char want[ADDR_TEXT_MAX], got[ADDR_TEXT_MAX] = "none";

		if (v->remote[s].family == ADDR_NONE || (l && addr_same(&l->want[s].remote, &v->remote[s])))
			continue;
		printf("  %s: T%d's remote is %s, not %s\n", v->path, s + 1, l ? addr_text(&l->want[s].remote, got) : got,
		       addr_text(&v->remote[s], want));
		CU_FAIL("remote address");
	}
}

/* True when the flow refused it, as the vector says. */
static bool
check_refusal(const struct vec *v, int which, int rc)
{
	const char *want = v->refused[which], *got = !rc ? "" : v->pass.why.reason ? v->pass.why.reason : "no SDP";

	if (!rc && !*want)
		return false;
	if (strcmp(want, got) != 0) {
		printf("  %s: %s refused with \"%s\" (%s), wanted \"%s\"\n", v->path, which ? "answer" : "offer", got,
		       v->pass.why.why, want);
		CU_FAIL("refusal");
	}
	return true;
}

/* What must leave. VEC_WRITE=1 makes the file of a new vector, to be read and judged by its author. */
static char *
expected(const struct vec *v, const char *ending, struct span got)
{
	size_t len;
	char *want = vec_read_file(v, ending, &len);
	char path[1100];
	FILE *f;

	if (want || !getenv("VEC_WRITE"))
		return want;
	snprintf(path, sizeof(path), "%s%s", v->path, ending);
	f = fopen(path, "wb");
	if (f) {
		fwrite(got.p, 1, got.len, f);
		fclose(f);
	}
	return vec_read_file(v, ending, &len);
}

static void
check_output(const struct vec *v, const char *ending, bool is_answer, struct span in, struct out *o)
{
	struct span got = out_get(o);
	char *want = expected(v, ending, got);
	struct out again;

	if (!want || !span_eqs(got, want)) {
		printf("  %s%s: wanted\n%s  got\n%.*s", v->path, ending, want ? want : "(no file)", SPAN_FMT(got));
		CU_FAIL("rewritten SDP");
	}
	CU_ASSERT(pass_kept_the_rest(&v->pass, in, got));
	out_init_heap(&again, SDP_BYTES_MAX * 2);
	CU_ASSERT_EQUAL(pass_again(&v->pass, is_answer, got, &again), 0);
	CU_ASSERT(span_eq(out_get(&again), got));
	out_fini(&again);
	free(want);
}

static void
play(struct vec *v)
{
	size_t offer_len, answer_len;
	char *offer = vec_read_file(v, ".offer", &offer_len);
	char *answer = vec_read_file(v, ".answer", &answer_len);
	struct out o, left;

	out_init_heap(&o, SDP_BYTES_MAX * 2);
	CU_ASSERT_PTR_NOT_NULL(offer);
	out_init_heap(&left, SDP_BYTES_MAX * 2);
	if (offer && !check_refusal(v, 0, pass_offer(&v->pass, span_of(offer, offer_len), &o)))
		check_output(v, ".offer.out", false, span_str(offer), &o);
	if (answer && !check_refusal(v, 1, pass_answer(&v->pass, span_of(answer, answer_len), &left)))
		check_output(v, ".answer.out", true, span_str(answer), &left);
	if (!v->refused[0][0] && !alg_explains(&v->pass, span_of(offer, offer_len), out_get(&o),
	                                       span_of(answer, answer ? answer_len : 0), out_get(&left))) {
		printf("  %s\n", v->path);
		CU_FAIL("explained");
	}
	check_lines(v);
	check_remotes(v);
	out_fini(&o);
	out_fini(&left);
	free(offer);
	free(answer);
}

static void
every_vector_leaves_as_its_file_says(void)
{
	vec_each(MIN_VECTORS, play);
}

const char test_suite[] = "vec_sdp";
const struct test_case test_cases[] = {
	TEST(every_vector_leaves_as_its_file_says),
	{ 0 },
};
