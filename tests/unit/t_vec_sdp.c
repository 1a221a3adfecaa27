/* SPDX-License-Identifier: BSD-2-Clause */
/* Plays tests/vec/sdp: NN-name.txt says what is called and how, .offer and .answer are what arrives, .offer.out and
 * .answer.out what leaves. Expectations of the .txt are lines "line N = ...", one for each m-line, "T1 remote" and "T2
 * remote", the peers' addresses as the gateway learns them for the first m-line that it serves, and "offer refused" or
 * "answer refused", the reason of a refusal. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "alg/setup.h"
#include "tests/lib/alg_explains.h"
#include "tests/lib/tmain.h"

enum { FILE_MAX = 65536, MIN_VECTORS = 15 };

struct vec {
	char path[1024]; /* without the ending */
	struct pass pass;
	char expect[SDP_MEDIA_MAX][128];
	uint32_t n_expect;
	struct flow_host hosts[FLOW_HOSTS_MAX];
	char names[FLOW_HOSTS_MAX][64];
	struct addr remote[SIDES]; /* family ADDR_NONE: not asked */
	char refused[2][32];       /* offer, answer: the reason, "" when it must pass */
	bool has_clause;
};

/* A NUL ends it; len counts what is behind one, too. */
static char *
read_file(const struct vec *v, const char *ending, size_t *len)
{
	char path[1100];
	char *text = calloc(1, FILE_MAX);
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", v->path, ending);
	f = fopen(path, "rb");
	*len = f && text ? fread(text, 1, FILE_MAX - 1, f) : 0;
	if (*len == 0) {
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

/* host NAME = ADDRESS: what the name resolves to; without an address it does not. */
static bool
add_host(struct vec *v, struct span name, struct span value)
{
	unsigned n = v->pass.opts.n_hosts++;

	if (n == FLOW_HOSTS_MAX || span_copy(name, v->names[n], sizeof(v->names[n])))
		return false;
	v->hosts[n].name = span_str(v->names[n]);
	v->pass.opts.hosts = v->hosts;
	return value.len == 0 || addr_parse_ip(value, &v->hosts[n].addr) == 0;
}

static bool
set_expectation(struct vec *v, struct span key, struct span value)
{
	if (span_eqs(key, "T1 remote"))
		return addr_parse_hostport(value, &v->remote[SIDE_ACCESS]) == 0;
	if (span_eqs(key, "T2 remote"))
		return addr_parse_hostport(value, &v->remote[SIDE_CORE]) == 0;
	if (span_eqs(key, "offer refused"))
		return span_copy(value, v->refused[0], sizeof(v->refused[0])) == 0;
	if (span_eqs(key, "answer refused"))
		return span_copy(value, v->refused[1], sizeof(v->refused[1])) == 0;
	if (span_has_prefix(key, "line ") && v->n_expect < SDP_MEDIA_MAX)
		return span_copy(value, v->expect[v->n_expect++], sizeof(v->expect[0])) == 0;
	return span_eqs(key, "title");
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
		p->opts.interlink = span_eqs(value, "A");
	} else if (span_eqs(key, "offerer")) {
		ok = set_choice(value, "access", "core", "", &choice);
		p->offerer = choice ? SIDE_CORE : SIDE_ACCESS;
	} else if (span_eqs(key, "syn-policy")) {
		ok = set_choice(value, "ignore", "latch", "filter", &choice);
		p->opts.syn = (enum syn_policy)choice;
	} else if (span_eqs(key, "msrp")) {
		ok = set_choice(value, "auto", "agnostic", "aware", &choice);
		p->msrp = (enum msrp_policy)choice;
	} else if (span_eqs(key, "T1 path")) {
		ok = span_copy(value, p->path[SIDE_ACCESS], sizeof(p->path[0])) == 0;
	} else if (span_eqs(key, "T2 path")) {
		ok = span_copy(value, p->path[SIDE_CORE], sizeof(p->path[0])) == 0;
	} else if (span_eqs(key, "replace")) {
		p->hide_origin = span_has_prefix(value, "origin");
		p->hide_session = !span_eqs(value, "origin");
	} else if (span_eqs(key, "setup-role")) {
		ok = setup_prefer_parse(value, p->opts.prefer) == 0;
	} else if (span_eqs(key, "address-family")) {
		ok = set_choice(value, "", "IP4", "IP6", &choice);
		p->opts.family = (enum addr_family)choice;
	} else if (span_eqs(key, "received-from")) {
		ok = addr_parse_ip(value, &p->opts.source) == 0;
	} else if (span_eqs(key, "T1")) {
		ok = set_address(p, SIDE_ACCESS, value);
	} else if (span_eqs(key, "T2")) {
		ok = set_address(p, SIDE_CORE, value);
	} else if (span_has_prefix(key, "host ")) {
		ok = add_host(v, span_of(key.p + 5, key.len - 5), value);
	} else if (span_eqs(key, "fingerprint")) {
		ok = fpr_set_add(&p->fprs, value) == 0;
	} else {
		ok = set_expectation(v, key, value);
	}
	return ok;
}

static bool
read_parameters(struct vec *v)
{
	size_t len;
	char *text = read_file(v, ".txt", &len);
	struct span rest = span_str(text);
	bool ok = text != NULL;

	v->pass = (struct pass){ .offerer = SIDE_CORE, .opts = { .interlink = true } };
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
	char *want = read_file(v, ending, &len);
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
	return read_file(v, ending, &len);
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
	char *offer = read_file(v, ".offer", &offer_len);
	char *answer = read_file(v, ".answer", &answer_len);
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
