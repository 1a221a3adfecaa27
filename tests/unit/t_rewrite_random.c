/* SPDX-License-Identifier: BSD-2-Clause */
/* What holds for any SDP that is rewritten, on seeded random ones. Single rules are in t_rewrite. */
#include <stdio.h>

#include "tests/lib/alg_pass.h"
#include "tests/lib/tmain.h"

#define SHA1 "11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44"
#define OUR_FP "sha-1 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:01"

static uint32_t seed;

static uint32_t
roll(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

static const char *
pick(const char *const *list)
{
	uint32_t n = 0;

	while (list[n])
		n++;
	return list[roll(n)];
}

static const char *const attrs[] = {
	"a=setup:active", "a=setup:passive", "a=setup:actpass", "a=setup:holdconn", "a=SETUP:Active", "a=sendonly",
	"a=fingerprint:sha-1 " SHA1, "a=Fingerprint:SHA-1 " SHA1, "a=fingerprint:md5 00:11", "a=msrp-cema",
	"a=path:msrp://[2001:db8::5]:9/s;tcp", "a=accept-types:message/cpim *", "a=3ge2ae:requested",
	"a=file-selector:name:\"x y\" size:5", "a=x-\xc3\xa9:1", "a=key-mgmt:mikey AQAA", "a=connection:new", "a=",
	"a=max-size:1", "b=AS:10", "k=clear:x", "", "junk", "c=IN IP4 10.0.0.9", "c=IN IP6 2001:db8::9",
	"c=IN IP4 0.0.0.0", NULL,
};
static const char *const medias[] = {
	"m=message 7654 TCP/MSRP *", "m=message 7654 TCP/TLS/MSRP *", "m=MESSAGE 1/1 tcp/msrp *",
	"m=message 0 TCP/MSRP *",
	"m=audio 4000 RTP/AVP 0 8", "m=audio 4000 UDP/TLS/RTP/SAVP 0", "m=application 9 TCP/TLS/BFCP *",
	"m=message 99999 TCP/MSRP *", "m=video 0 RTP/AVP 31", "m=message 2855 TCP/MSRP * x", NULL,
};
static const char *const heads[] = {
	"o=- 1 1 IN IP4 10.0.0.1", "s=-", "i=title", "c=IN IP4 10.0.0.1", "c=IN IP6 2001:db8::1", "t=0 0", "v=0",
	"a=setup:actpass", "a=fingerprint:sha-1 " SHA1, "a=group:BUNDLE 1 2", "a=3ge2ae:requested", "a=key-mgmt:mikey A", "", NULL,
};

static void
write_random(struct out *o)
{
	const char *eol = roll(3) ? "\r\n" : "\n";
	uint32_t n = roll(4);

	out_printf(o, "v=0%s", eol);
	for (uint32_t i = roll(7); i > 0; i--)
		out_printf(o, "%s%s", pick(heads), eol);
	for (uint32_t i = 0; i < n; i++) {
		out_printf(o, "%s%s", pick(medias), eol);
		if (!roll(4))
			out_printf(o, "i=title%s", eol);
		for (uint32_t k = roll(8); k > 0; k--)
			out_printf(o, "%s%s", pick(attrs), eol);
	}
	if (!roll(4))
		out_str(o, "a=no-line-end");
}

/* What the far side may rely on, whatever came in. */
static void
check_meaning(const struct pass *p, bool is_answer, struct span text)
{
	enum side to = is_answer ? p->offerer : side_other(p->offerer);
	struct fpr_set fprs = { 0 };
	struct arena a;
	struct sdp s;

	arena_init(&a, 1 << 20);
	CU_ASSERT_EQUAL_FATAL(sdp_parse(&a, text, &s), 0);
	for (uint32_t i = 0; i < s.n_media && i < p->n; i++) {
		const struct sdp_media *m = &s.media[i];

		if (p->line[i].want[SIDE_CORE].msrp != MSRP_AGNOSTIC && p->path[to][0] && sdp_is_msrp(m) && m->port) {
			struct span path;

			CU_ASSERT(sdp_attr(&s, m, "path", &path) && span_eqs(path, p->path[to]));
			CU_ASSERT_EQUAL(sdp_attr(&s, m, "msrp-cema", &path), p->line[i].cema);
			CU_ASSERT(sdp_attr_line(&s, m, "path", 1) < 0);
		}
		if (p->line[i].treatment != TREAT_E2AE || !sdp_is_msrp(m))
			continue;
		CU_ASSERT_EQUAL(sdp_is_msrp_tls(m), to == SIDE_ACCESS);
		CU_ASSERT(sdp_attr_line(&s, m, "setup", 1) < 0);
		if (to == SIDE_CORE) {
			CU_ASSERT(sdp_attr_line(&s, m, "fingerprint", 0) < 0);
			CU_ASSERT(sdp_attr_line(&s, m, "3ge2ae", 0) < 0);
			CU_ASSERT(sdp_attr_line(&s, m, "key-mgmt", 0) < 0);
		} else if (m->port) {
			CU_ASSERT_EQUAL(sdp_fingerprints(&s, m, &fprs), 0);
			CU_ASSERT(fpr_set_equal(&fprs, &p->fprs) && fprs.unknown == 0);
			CU_ASSERT_EQUAL(sdp_3ge2ae(&s, m), is_answer ? SDP_E2AE_ABSENT : SDP_E2AE_APPLIED);
		}
		CU_ASSERT_EQUAL(m->port == 0, m->port < p->local[to].port);
	}
	arena_fini(&a);
}

static void
check_output(const struct pass *p, bool is_answer, struct span in, struct span got)
{
	struct out again;
	bool ok;

	out_init_heap(&again, SDP_BYTES_MAX);
	ok = pass_kept_the_rest(p, in, got);
	ok = ok && pass_again(p, is_answer, got, &again) == 0 && span_eq(out_get(&again), got);
	if (!ok) {
		printf("  in:\n%.*s\n  out:\n%.*s\n  again:\n%.*s\n", SPAN_FMT(in), SPAN_FMT(got),
		       SPAN_FMT(out_get(&again)));
		CU_FAIL("property");
	}
	check_meaning(p, is_answer, got);
	out_fini(&again);
}

/* A gateway that is able to be MSRP-aware, or not. */
static void
give_paths(struct pass *p, bool able)
{
	static const char *const paths[SIDES] = { "msrps://198.51.100.1:40000/own1;tcp", "msrp://203.0.113.1:30000/own2;tcp" };

	for (int s = 0; s < SIDES; s++)
		snprintf(p->path[s], sizeof(p->path[s]), "%s", able ? paths[s] : "");
}

static void
random_sdp_keeps_what_is_not_ours(void)
{
	static struct pass p;
	unsigned offers = 0, answers = 0;
	struct out in, got;

	out_init_heap(&in, SDP_BYTES_MAX);
	out_init_heap(&got, SDP_BYTES_MAX);
	for (uint32_t i = 1; i <= 20000; i++) {
		seed = i * 2654435761u | 1;
		p = (struct pass){ .offerer = (enum side)roll(2), .policy = (enum e2ae_policy)roll(3),
			           .key = (enum e2ae_key)roll(3), .ue_e2ae = roll(2), .opts = { .interlink = roll(2) },
			           .msrp = (enum msrp_policy)roll(3), .hide_origin = roll(2),
			           .hide_session = roll(2) };
		give_paths(&p, roll(2));
		addr_parse_hostport(span_str(roll(2) ? "[2001:db8::a]:40000" : "198.51.100.1:40000"), &p.local[0]);
		addr_parse_hostport(span_str("203.0.113.1:30000"), &p.local[1]);
		fpr_set_add(&p.fprs, span_str(OUR_FP));
		out_reset(&in);
		out_reset(&got);
		write_random(&in);
		if (pass_offer(&p, out_get(&in), &got) != 0)
			continue;
		check_output(&p, false, out_get(&in), out_get(&got));
		offers++;
		out_reset(&in);
		out_reset(&got);
		write_random(&in);
		if (pass_answer(&p, out_get(&in), &got) != 0)
			continue;
		check_output(&p, true, out_get(&in), out_get(&got));
		answers++;
		if (CU_get_number_of_failures() > 0) {
			printf("  seed %u\n", i);
			break;
		}
	}
	CU_ASSERT(offers > 15000 && answers > 10000); /* most of it must get that far */
	out_fini(&in);
	out_fini(&got);
}

const char test_suite[] = "rewrite_random";
const struct test_case test_cases[] = {
	TEST(random_sdp_keeps_what_is_not_ours),
	{ 0 },
};
