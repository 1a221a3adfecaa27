/* SPDX-License-Identifier: BSD-2-Clause */
/* First byte: the call's parameters. Then an offer and, behind a NUL, its answer. Whatever they are: lines that are
 * not ours leave byte-identical and in order, and rewriting the output again gives the same output. */
#include "tests/fuzz/fuzz.h"
#include "tests/lib/alg_pass.h"

enum { OUT_BYTES = 256 * 1024 };

static void
check(const struct pass *p, bool is_answer, struct span in, struct out *o)
{
	struct out again;

	FUZZ_ASSERT(pass_kept_the_rest(p, in, out_get(o)));
	out_init_heap(&again, OUT_BYTES);
	if (o->len <= SDP_BYTES_MAX)
		FUZZ_ASSERT(pass_again(p, is_answer, out_get(o), &again) == 0 && span_eq(out_get(&again), out_get(o)));
	out_fini(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct pass call;
	struct span offer, answer;
	struct out o;

	if (len == 0)
		return 0;
	call = (struct pass){
		.offerer = (enum side)(p[0] & 1),
		.policy = (enum e2ae_policy)((p[0] >> 1 & 3) % 3),
		.key = (enum e2ae_key)((p[0] >> 3 & 3) % 3),
		.ue_e2ae = p[0] >> 5 & 1,
		.opts = { .interlink = p[0] >> 6 & 1 },
	};
	/* No bit is left in the first byte, so the length says the rest. */
	call.msrp = (enum msrp_policy)(len % 3);
	call.hide_origin = len >> 2 & 1;
	call.hide_session = len >> 3 & 1;
	if (len >> 4 & 1) {
		snprintf(call.path[SIDE_ACCESS], sizeof(call.path[0]), "msrps://192.0.2.10:40000/own1;tcp");
		snprintf(call.path[SIDE_CORE], sizeof(call.path[0]), "msrp://198.51.100.20:30000/own2;tcp");
	}
	addr_parse_hostport(span_str(p[0] & 128 ? "[2001:db8::a]:40000" : "192.0.2.10:40000"), &call.local[0]);
	addr_parse_hostport(span_str("198.51.100.20:30000"), &call.local[1]);
	fpr_set_add(&call.fprs, span_str("sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33"));
	answer = span_of((const char *)p + 1, len - 1);
	offer = span_cut(&answer, '\0');
	out_init_heap(&o, OUT_BYTES);
	if (pass_offer(&call, offer, &o) == 0) {
		check(&call, false, offer, &o);
		out_reset(&o);
		if (pass_answer(&call, answer, &o) == 0)
			check(&call, true, answer, &o);
	}
	out_fini(&o);
	return 0;
}
