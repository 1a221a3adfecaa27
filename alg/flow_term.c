/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminating e2ae, TS 23.334 6.2.10.3.1.2.1 (variant A, interlinkage) and .2 (variant B, the ALG orders T2). */
#include "alg/flow_kinds.h"
#include "alg/setup.h"

/* Steps 2-7: T1 towards the UE with TLS, of whom nothing is known yet; T2 towards the core with the offer's address. */
static int
on_offer(const struct flow_line *in, struct mgc_term want[SIDES], struct flow_out *out)
{
	struct mgc_term *t1 = &want[SIDE_ACCESS], *t2 = &want[SIDE_CORE];
	struct setup_in si = {
		.offerer = SIDE_CORE,
		.offered = sdp_setup(in->sdp, in->line),
		.interlink = in->opts->interlink,
	};
	struct setup_out so;
	int rc;

	for (int s = 0; s < SIDES; s++)
		want[s] = (struct mgc_term){ .realm = in->opts->realm[s] };
	if ((rc = setup_resolve(&si, &so)))
		return flow_fail(out, rc, "bad-sdp", "a=setup of the offer is not legal");
	if ((rc = flow_remote(in, &t2->remote, out)))
		return rc;
	t2->family = t2->remote.family;
	t2->remote_setup = si.offered;
	t1->family = in->opts->family != ADDR_NONE ? in->opts->family : t2->family;
	t1->tls = true;
	for (int s = 0; s < SIDES; s++) {
		want[s].setup = so.role[s];
		want[s].link = so.link[s];
		want[s].establish = so.establish[s];
		flow_gate(in->opts->syn, (enum side)s, false, false, &want[s]);
	}
	out->write = so.write;
	return 0;
}

/* The certificate that the UE will show (RFC 8122). Without one there is no e2ae, and never a plain leg instead. */
static int
read_fingerprints(const struct flow_line *in, struct fpr_set *set, struct flow_out *out)
{
	if (!sdp_is_msrp_tls(in->line))
		return flow_fail(out, ERR_MISMATCH, "downgrade", "the UE answered \"%.*s\" to e2ae",
		                 SPAN_FMT(in->line->proto));
	*set = (struct fpr_set){ 0 };
	if (sdp_fingerprints(in->sdp, in->line, set))
		return flow_fail(out, ERR_SYNTAX, "fp-unsupported", "malformed a=fingerprint in the answer");
	if (set->n == 0 && set->unknown)
		return flow_fail(out, ERR_UNSUPPORTED, "fp-unsupported", "no known hash in a=fingerprint of the answer");
	if (set->n == 0)
		return flow_fail(out, ERR_MISMATCH, "fp-missing", "no a=fingerprint in the answer");
	return 0;
}

/* Steps 14-16 (A), 13-18 (B). */
static int
on_answer(const struct flow_line *in, struct mgc_term want[SIDES], struct flow_out *out)
{
	struct mgc_term *t1 = &want[SIDE_ACCESS];
	struct setup_in si = {
		.offerer = SIDE_CORE,
		.offered = in->offered,
		.answered = true,
		.answer = sdp_setup(in->sdp, in->line),
		.interlink = in->opts->interlink,
	};
	struct setup_out so;
	int rc;

	if ((rc = read_fingerprints(in, &t1->remote_fprs, out)))
		return rc;
	if ((rc = setup_resolve(&si, &so)))
		return flow_fail(out, rc, "bad-sdp", "a=setup:%s is no legal answer", sdp_setup_name(si.answer));
	if ((rc = flow_remote(in, &t1->remote, out)))
		return rc;
	t1->remote_setup = si.answer;
	for (int s = 0; s < SIDES; s++) {
		want[s].setup = so.role[s];
		want[s].link = so.link[s];
		want[s].establish = so.establish[s];
		flow_gate(in->opts->syn, (enum side)s, true, out->moved, &want[s]);
	}
	out->write = so.write;
	return 0;
}

const struct flow flow_e2ae_terminating = { "e2ae-terminating", on_offer, on_answer };
