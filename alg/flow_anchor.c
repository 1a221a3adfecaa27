/* SPDX-License-Identifier: BSD-2-Clause */
/* Transparent anchoring (TS 23.334 6.2.10A): both terminations are plain TCP, transport and attributes of the SDP stay
 * as they are, and so does a=setup; only the addresses become the gateway's. */
#include "alg/flow_kinds.h"
#include "alg/setup.h"

static int
resolve(const struct flow_line *in, enum side offerer, bool answered, struct mgc_term want[SIDES],
        struct flow_out *out)
{
	enum sdp_setup here = sdp_setup(in->sdp, in->line);
	struct setup_in si = {
		.offerer = offerer,
		.offered = answered ? in->offered : here,
		.answered = answered,
		.answer = answered ? here : SDP_SETUP_ABSENT,
		.interlink = in->opts->interlink,
		.transparent = true,
	};
	struct setup_out so;
	int rc = setup_resolve(&si, &so);

	if (rc)
		return flow_fail(out, rc, "bad-sdp", "a=setup:%s is not legal here", sdp_setup_name(here));
	for (int s = 0; s < SIDES; s++) {
		want[s].setup = so.role[s];
		want[s].link = so.link[s];
		want[s].establish = so.establish[s];
		flow_gate(in->opts->syn, (enum side)s, answered, out->moved, &want[s]);
	}
	out->write = so.write;
	return 0;
}

static int
on_offer(const struct flow_line *in, struct mgc_term want[SIDES], struct flow_out *out)
{
	struct mgc_term *near = &want[in->from], *far = &want[side_other(in->from)];
	int rc;

	for (int s = 0; s < SIDES; s++)
		want[s] = (struct mgc_term){ .realm = in->opts->realm[s] };
	if ((rc = flow_remote(in, &near->remote, out)))
		return rc;
	near->remote_setup = sdp_setup(in->sdp, in->line);
	near->family = near->remote.family;
	far->family = in->opts->family != ADDR_NONE ? in->opts->family : near->family;
	return resolve(in, in->from, false, want, out);
}

static int
on_answer(const struct flow_line *in, struct mgc_term want[SIDES], struct flow_out *out)
{
	struct mgc_term *near = &want[in->from];
	int rc;

	if ((rc = flow_remote(in, &near->remote, out)))
		return rc;
	near->remote_setup = sdp_setup(in->sdp, in->line);
	return resolve(in, side_other(in->from), true, want, out);
}

const struct flow flow_anchor = { "anchor", on_offer, on_answer };
