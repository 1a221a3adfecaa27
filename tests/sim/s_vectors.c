/* SPDX-License-Identifier: BSD-2-Clause */
/* The vectors of tests/vec/sdp through both daemons: NG in, a real gateway's ports, paths and certificate in the SDP that
 * leaves, which is that of the vector otherwise. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/alg_explains.h"
#include "tests/lib/call_rig.h"
#include "tests/lib/tmain.h"
#include "tests/lib/vec_sdp.h"

enum { MIN_VECTORS = 70, KEYS_MAX = 512 };

static int n_played;

/* What the rig cannot play: its realms have IPv4 only, and names are not resolved in tests. */
static bool
stands_aside(const struct vec *v)
{
	return v->pass.opts.n_hosts || v->pass.local[SIDE_ACCESS].family == ADDR_V6 ||
	       v->pass.local[SIDE_CORE].family == ADDR_V6 || strcmp(v->refused[0], "no SDP") == 0;
}

static void
print_keys(const struct vec *v, enum side from, char keys[KEYS_MAX])
{
	static const char *const sides[SIDES] = { [SIDE_ACCESS] = "access", [SIDE_CORE] = "core" };
	static const char *const e2ae[] = { "auto", "on", "off" }, *const msrp[] = { "auto", "agnostic", "aware" };
	const struct pass *p = &v->pass;
	enum msrp_policy aware = p->msrp == MSRP_POLICY_AUTO && !p->path[SIDE_CORE][0] ? MSRP_POLICY_AGNOSTIC : p->msrp;
	char source[ADDR_TEXT_MAX] = "0.0.0.0";

	if (p->opts.source.family != ADDR_NONE)
		addr_ip_text(&p->opts.source, source);
	snprintf(keys, KEYS_MAX,
	         "\"from-tag\":\"ft\",\"to-tag\":\"tt\",\"direction\":[\"%s\",\"%s\"],\"ue-e2ae\":\"%s\",\"e2ae\":\"%s\","
	         "\"msrp\":\"%s\",\"interlink\":\"%s\",\"replace\":[%s%s%s],\"received-from\":[\"IP4\",\"%s\"],"
	         "\"flags\":[%s]%s%s%s",
	         sides[from], sides[side_other(from)], p->ue_e2ae ? "yes" : "no", e2ae[p->key], msrp[aware],
	         p->opts.interlink ? "on" : "off", p->hide_origin ? "\"origin\"" : "", p->hide_origin && p->hide_session ? "," : "",
	         p->hide_session ? "\"session-connection\"" : "", source,
	         p->opts.source.family != ADDR_NONE ? "\"SIP-source-address\"" : "", v->setup_role[0] ? ",\"setup-role\":\"" : "",
	         v->setup_role, v->setup_role[0] ? "\"" : "");
}

/* Asks; what left, or the null span when it was refused as the vector says. */
static struct span
ask(struct call_rig *k, const struct vec *v, bool is_answer, const char *sdp)
{
	const char *want = v->refused[is_answer], *got;
	char keys[KEYS_MAX];
	const struct ng_val *reply;

	print_keys(v, is_answer ? side_other(v->pass.offerer) : v->pass.offerer, keys);
	reply = bench_ask(&k->b, is_answer ? "answer" : "offer", "c1", sdp, keys);
	if (!reply) {
		CU_FAIL("no reply");
		return SPAN_NULL;
	}
	got = bench_str(&k->b, reply, "error-reason");
	if ((*want != 0) != (*got != 0) || strncmp(got, want, strlen(want)) != 0) {
		printf("  %s: %s refused with \"%s\", wanted \"%s\"\n", v->path, is_answer ? "answer" : "offer", got, want);
		CU_FAIL("refusal");
	}
	return ng_get_str(reply, "sdp");
}

/* What the gateway chose, so that it can be told from the rest. */
static void
learn(struct call_rig *k, struct vec *v)
{
	const struct alg_request req = { .call_id = SPAN_LIT("c1") };
	const struct call *c = calls_find(k->b.alg->calls, &req);

	for (uint32_t i = 0; c && i < c->n_media; i++) {
		for (int s = 0; s < SIDES; s++) {
			v->pass.local[s] = c->media[i]->end[s].local;
			snprintf(v->pass.path[s], sizeof(v->pass.path[s]), "%s", c->media[i]->end[s].path);
		}
		if (c->media[i]->end[SIDE_ACCESS].fprs.n)
			v->pass.fprs = c->media[i]->end[SIDE_ACCESS].fprs;
	}
}

static void
play(struct vec *v)
{
	static struct call_rig k;
	static struct vec real;
	size_t len;
	char *offer = vec_read_file(v, ".offer", &len), *answer = vec_read_file(v, ".answer", &len);
	char *offer_out = vec_read_file(v, ".offer.out", &len), *answer_out = vec_read_file(v, ".answer.out", &len);
	struct span left;

	if (!offer || stands_aside(v))
		goto done;
	call_rig_init(&k);
	k.b.conf.e2ae = v->pass.policy;
	k.b.conf.syn = v->pass.opts.syn;
	call_rig_start(&k, MGCO_TCP);
	left = ask(&k, v, false, offer);
	real = *v;
	learn(&k, &real);
	if (left.p)
		CU_ASSERT(offer_out && alg_same_but_for_gateway(&v->pass, span_str(offer_out), &real.pass, left));
	if (left.p && answer) {
		left = ask(&k, v, true, answer);
		if (left.p)
			CU_ASSERT(answer_out && alg_same_but_for_gateway(&v->pass, span_str(answer_out), &real.pass, left));
	}
	n_played++;
	bench_ask(&k.b, "delete", "c1", NULL, "\"from-tag\":\"ft\"");
	call_rig_stop(&k);
done:
	free(offer);
	free(answer);
	free(offer_out);
	free(answer_out);
}

static void
every_vector_leaves_both_daemons_as_its_file_says(void)
{
	vec_each(MIN_VECTORS, play);
	CU_ASSERT(n_played >= MIN_VECTORS);
}

const char test_suite[] = "vectors";
const struct test_case test_cases[] = {
	TEST(every_vector_leaves_both_daemons_as_its_file_says),
	{ NULL, NULL },
};
