/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminating e2ae, TS 23.334 6.2.10.3.1.2.1 (variant A, interlinkage) and .2 (variant B, the ALG orders T2). */
#include "alg/flow_kinds.h"

/* Steps 2-7: T1 towards the UE with TLS, of whom nothing is known yet; T2 towards the core with the offer's address. */
static int
on_offer(const struct flow_line *in, struct mgc_term want[SIDES], struct flow_out *out)
{
	struct mgc_term *t1 = &want[SIDE_ACCESS], *t2 = &want[SIDE_CORE];
	int rc;

	flow_begin(in, want);
	if ((rc = flow_peer(in, t2, out)))
		return rc;
	t2->family = t2->remote.family;
	t1->family = in->opts->family != ADDR_NONE ? in->opts->family : t2->family;
	t1->tls = true;
	return flow_settle(in, false, want, out);
}

/* Steps 14-16 (A), 13-18 (B). */
static int
on_answer(const struct flow_line *in, struct mgc_term want[SIDES], struct flow_out *out)
{
	struct mgc_term *t1 = &want[SIDE_ACCESS];
	int rc;

	if ((rc = flow_fingerprints(in, &t1->remote_fprs, out)))
		return rc;
	if ((rc = flow_peer(in, t1, out)))
		return rc;
	return flow_settle(in, true, want, out);
}

const struct flow flow_e2ae_terminating = { "e2ae-terminating", on_offer, on_answer };
