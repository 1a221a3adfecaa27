/* SPDX-License-Identifier: BSD-2-Clause */
#include "alg/policy.h"

static const char TERMINATING[] = "TS 23.334 6.2.10.3.1.2";
static const char ORIGINATING[] = "TS 23.334 6.2.10.3.1.1";
static const char TRANSPARENT[] = "TS 23.334 6.2.10A";

static struct policy_out
decided(enum treatment t, const char *why, const char *clause)
{
	return (struct policy_out){ t, why, clause };
}

/* Nothing but e2ae will do: the operator or the script said so, and plain would be a silent downgrade. */
static bool
is_demanded(const struct policy_in *in)
{
	return in->key == E2AE_KEY_ON || in->policy == E2AE_ALWAYS;
}

static bool
is_forbidden(const struct policy_in *in)
{
	return in->policy == E2AE_NEVER || (in->key == E2AE_KEY_OFF && in->policy != E2AE_ALWAYS);
}

static struct policy_out
decide_forbidden(const struct policy_in *in, const char *clause)
{
	if (is_demanded(in))
		return decided(TREAT_REJECT, "e2ae is demanded for this call and switched off by policy", clause);
	return decided(TREAT_ANCHOR, "e2ae is switched off", TRANSPARENT);
}

/* The offer comes from the core: the UE will answer. */
static struct policy_out
decide_terminating(const struct policy_in *in)
{
	if (is_forbidden(in))
		return decide_forbidden(in, TERMINATING);
	if (sdp_is_msrp_tls(in->media) && is_demanded(in))
		return decided(TREAT_REJECT, "e2ae is demanded, but the core offers TLS end to end", TERMINATING);
	if (sdp_is_msrp_tls(in->media))
		return decided(TREAT_ANCHOR, "TLS is end to end", TRANSPARENT);
	if (is_demanded(in))
		return decided(TREAT_E2AE, "e2ae is demanded", TERMINATING);
	if (in->ue_e2ae)
		return decided(TREAT_E2AE, "the UE registered with msrp-tls", TERMINATING);
	return decided(TREAT_ANCHOR, "the UE did not register with msrp-tls", TRANSPARENT);
}

static bool
has_usable_fingerprint(const struct policy_in *in)
{
	struct fpr_set set = { 0 };

	return sdp_fingerprints(in->sdp, in->media, &set) == 0 && set.n > 0;
}

/* The offer comes from the UE, which asks for e2ae itself, by a=3ge2ae:requested (TS 24.229 7.5.2). */
static struct policy_out
decide_originating(const struct policy_in *in)
{
	bool requested = sdp_3ge2ae(in->sdp, in->media) == SDP_E2AE_REQUESTED;

	if (is_forbidden(in))
		return decide_forbidden(in, ORIGINATING);
	if (!requested && !is_demanded(in))
		return decided(TREAT_ANCHOR, "the UE did not request e2ae", TRANSPARENT);
	if (!sdp_is_msrp_tls(in->media))
		return decided(TREAT_REJECT, "e2ae is wanted, but the UE offers plain TCP", ORIGINATING);
	if (!has_usable_fingerprint(in))
		return decided(TREAT_REJECT, "e2ae is wanted, but the UE gives no usable fingerprint", ORIGINATING);
	return decided(TREAT_E2AE, requested ? "the UE requested e2ae" : "e2ae is demanded", ORIGINATING);
}

struct policy_out
policy_decide(const struct policy_in *in)
{
	if (in->media->is_broken)
		return decided(TREAT_PASS, "the m= line is broken", "RFC 8866 5.14");
	if (!sdp_is_msrp(in->media))
		return decided(TREAT_PASS, "not MSRP over TCP", "TS 23.334 6.2.10.3");
	if (in->media->port == 0)
		return decided(TREAT_PASS, "the line is closed", "RFC 3264 5.1");
	return in->from == SIDE_CORE ? decide_terminating(in) : decide_originating(in);
}

const char *
treatment_name(enum treatment t)
{
	switch (t) {
	case TREAT_PASS:
		return "pass";
	case TREAT_E2AE:
		return "e2ae";
	case TREAT_ANCHOR:
		return "anchor";
	case TREAT_REJECT:
		return "reject";
	}
	return "unknown";
}
