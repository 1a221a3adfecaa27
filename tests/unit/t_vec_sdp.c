/* SPDX-License-Identifier: BSD-2-Clause */
/* Plays tests/vec/sdp: NN-name.txt says what is called and how, .offer and .answer are what arrives, .offer.out and
 * .answer.out what leaves. Expectations of the .txt are lines "line N = ...", one for each m-line. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/alg_pass.h"
#include "tests/lib/tmain.h"

enum { FILE_MAX = 65536, MIN_VECTORS = 15 };

struct vec {
	char path[1024]; /* without the ending */
	struct pass pass;
	char expect[SDP_MEDIA_MAX][128];
	uint32_t n_expect;
	bool has_clause;
};

static char *
read_file(const struct vec *v, const char *ending)
{
	char path[1100];
	char *text = calloc(1, FILE_MAX);
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", v->path, ending);
	f = fopen(path, "rb");
	if (!f || !text || fread(text, 1, FILE_MAX - 1, f) == 0) {
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	return text;
}

static bool
set_address(struct pass *p, enum side side, struct span value)
{
	return addr_parse_hostport(value, &p->local[side]) == 0;
}

static bool
set_choice(struct span value, const char *a, const char *b, const char *c, unsigned *v)
{
	*v = span_eqs(value, a) ? 0 : span_eqs(value, b) ? 1 : 2;
	return *v < 2 || span_eqs(value, c);
}

static bool
set_key(struct vec *v, struct span key, struct span value)
{
	struct pass *p = &v->pass;
	unsigned choice = 0;
	bool ok = true;

	if (span_eqs(key, "clause")) {
		v->has_clause = value.len > 0;
	} else if (span_eqs(key, "e2ae")) {
		ok = set_choice(value, "auto", "on", "off", &choice);
		p->key = (enum e2ae_key)choice;
	} else if (span_eqs(key, "policy")) {
		ok = set_choice(value, "when-supported", "always", "never", &choice);
		p->policy = (enum e2ae_policy)choice;
	} else if (span_eqs(key, "ue-e2ae")) {
		p->ue_e2ae = span_eqs(value, "yes");
	} else if (span_eqs(key, "variant")) {
		p->interlink = span_eqs(value, "A");
	} else if (span_eqs(key, "T1")) {
		ok = set_address(p, SIDE_ACCESS, value);
	} else if (span_eqs(key, "T2")) {
		ok = set_address(p, SIDE_CORE, value);
	} else if (span_eqs(key, "fingerprint")) {
		ok = fpr_set_add(&p->fprs, value) == 0;
	} else if (span_has_prefix(key, "line ") && v->n_expect < SDP_MEDIA_MAX) {
		ok = span_copy(value, v->expect[v->n_expect++], sizeof(v->expect[0])) == 0;
	} else {
		ok = span_eqs(key, "title");
	}
	return ok;
}

static bool
read_parameters(struct vec *v)
{
	char *text = read_file(v, ".txt");
	struct span rest = span_str(text);
	bool ok = text != NULL;

	v->pass = (struct pass){ .offerer = SIDE_CORE, .interlink = true };
	while (ok && rest.p) {
		struct span value = span_trim(span_cut(&rest, '\n'));
		struct span key;

		if (value.len == 0 || value.p[0] == '#')
			continue;
		key = span_trim(span_cut(&value, '='));
		ok = set_key(v, key, span_trim(value));
		if (!ok)
			printf("  %s.txt: \"%.*s\"\n", v->path, SPAN_FMT(key));
	}
	free(text);
	return ok && v->has_clause;
}

static const char *
sides(const bool at[SIDES])
{
	return at[0] && at[1] ? "T1,T2" : at[0] ? "T1" : at[1] ? "T2" : "-";
}

static void
describe(const struct pass_line *l, char *buf, size_t cap)
{
	int n = snprintf(buf, cap, "%s", treatment_name(l->treatment));

	if (l->is_answered)
		snprintf(buf + n, cap - (size_t)n, " T1=%s T2=%s link=%s order=%s",
		         sdp_setup_name(l->answer.role[SIDE_ACCESS]), sdp_setup_name(l->answer.role[SIDE_CORE]),
		         sides(l->answer.link), sides(l->answer.establish));
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
check_output(const struct vec *v, const char *ending, bool is_answer, struct span in, struct out *o)
{
	char *want = read_file(v, ending);
	struct span got = out_get(o);
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
	char *offer = read_file(v, ".offer");
	char *answer = read_file(v, ".answer");
	struct out o;

	out_init_heap(&o, SDP_BYTES_MAX * 2);
	CU_ASSERT_PTR_NOT_NULL(offer);
	if (offer && pass_offer(&v->pass, span_str(offer), &o) == 0)
		check_output(v, ".offer.out", false, span_str(offer), &o);
	else
		CU_FAIL("offer");
	out_reset(&o);
	if (answer && pass_answer(&v->pass, span_str(answer), &o) == 0)
		check_output(v, ".answer.out", true, span_str(answer), &o);
	else if (answer)
		CU_FAIL("answer");
	check_lines(v);
	out_fini(&o);
	free(offer);
	free(answer);
}

static int
is_txt(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".txt") == 0;
}

static void
every_vector_leaves_as_its_file_says(void)
{
	const char *top = getenv("TOP_SRCDIR");
	struct dirent **names;
	char dir[512];
	int n;

	snprintf(dir, sizeof(dir), "%s/tests/vec/sdp", top ? top : ".");
	n = scandir(dir, &names, is_txt, alphasort);
	CU_ASSERT_FATAL(n >= MIN_VECTORS);
	for (int i = 0; i < n; i++) {
		struct vec *v = calloc(1, sizeof(*v));

		CU_ASSERT_PTR_NOT_NULL_FATAL(v);
		snprintf(v->path, sizeof(v->path), "%s/%.*s", dir, (int)strlen(names[i]->d_name) - 4,
		         names[i]->d_name);
		if (read_parameters(v))
			play(v);
		else
			CU_FAIL("parameters");
		free(v);
		free(names[i]);
	}
	free(names);
}

const char test_suite[] = "vec_sdp";
const struct test_case test_cases[] = {
	TEST(every_vector_leaves_as_its_file_says),
	{ 0 },
};
