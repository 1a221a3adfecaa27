/* SPDX-License-Identifier: BSD-2-Clause */
/* Originating e2ae, TS 23.334 6.2.10.3.1.1: the UE offers TLS and says a=3ge2ae:requested. .1 (variant A): the core's
 * connection at T2 triggers ours at T1, or the UE's at T1 ours at T2; .2 (variant B): the ALG orders them. */
#include "alg/flow_kinds.h"

/* T1 gets all at once: the UE's address and certificate stand in the offer. Of the core nothing is known yet. */
static int
on_offer(const struct flow_line *in, struct mgc_term want[SIDES], struct flow_out *out)
{
	struct mgc_term *t1 = &want[SIDE_ACCESS], *t2 = &want[SIDE_CORE];
	int rc;

	flow_begin(in, want);
	t1->tls = true;
	if ((rc = flow_fingerprints(in, &t1->remote_fprs, out)))
		return rc;
	if ((rc = flow_peer(in, t1, out)))
		return rc;
	t1->family = t1->remote.family;
	t2->family = in->opts->family != ADDR_NONE ? in->opts->family : t1->family;
	return flow_settle(in, false, want, out);
}

/* The core's address; who connects on either side follows from both a=setup (digest of RFC 4145 in setup.c). */
static int
on_answer(const struct flow_line *in, struct mgc_term want[SIDES], struct flow_out *out)
{
	int rc;

	if (sdp_is_msrp_tls(in->line))
		return flow_fail(out, ERR_MISMATCH, "bad-sdp", "the core answered \"%.*s\" to TCP/MSRP",
		                 SPAN_FMT(in->line->proto));
	if ((rc = flow_peer(in, &want[SIDE_CORE], out)))
		return rc;
	return flow_settle(in, true, want, out);
}

const struct flow flow_e2ae_originating = { "e2ae-originating", on_offer, on_answer };
