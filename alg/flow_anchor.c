/* SPDX-License-Identifier: BSD-2-Clause */
/* Transparent anchoring (TS 23.334 6.2.10A): both terminations are plain TCP, transport and attributes of the SDP stay
 * as they are, and so does a=setup; only the addresses become the gateway's, and a=path where it is MSRP-aware. */
#include "alg/flow_kinds.h"

#include "proto/base/err.h"

static int
on_offer(const struct flow_line *in, struct mgc_term want[SIDES], struct flow_out *out)
{
	struct mgc_term *near = &want[in->from], *far = &want[side_other(in->from)];
	int rc;

	flow_begin(in, want);
	if ((rc = flow_peer(in, near, out)))
		return rc;
	near->family = near->remote.family;
	far->family = in->opts->family != ADDR_NONE ? in->opts->family : near->family;
	return flow_settle(in, false, want, out);
}

static int
on_answer(const struct flow_line *in, struct mgc_term want[SIDES], struct flow_out *out)
{
	int rc;

	/* TLS is between the peers: they have it both or neither (RFC 3264 6). */
	if (sdp_is_msrp_tls(in->line) != in->offered_tls)
		return flow_fail(out, ERR_MISMATCH, in->offered_tls ? "downgrade" : "bad-sdp", "\"%.*s\" answers %s",
		                 SPAN_FMT(in->line->proto), in->offered_tls ? "TCP/TLS/MSRP" : "TCP/MSRP");
	if ((rc = flow_peer(in, &want[in->from], out)))
		return rc;
	return flow_settle(in, true, want, out);
}

const struct flow flow_anchor = { "anchor", on_offer, on_answer };
