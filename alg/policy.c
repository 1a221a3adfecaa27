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
	struct span keys;

	if (is_forbidden(in))
		return decide_forbidden(in, ORIGINATING);
	if (!is_demanded(in) && sdp_is_msrp_tls(in->media) && sdp_attr(in->sdp, in->media, "key-mgmt", &keys))
		return decided(TREAT_ANCHOR, "a=key-mgmt: the peers have keys end to end", TRANSPARENT);
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

static struct msrp_out
handled(enum msrp_mode mode, const char *why, const char *clause)
{
	return (struct msrp_out){ mode, why, clause };
}

struct msrp_out
policy_msrp(const struct msrp_in *in)
{
	struct span value;

	if (in->treatment == TREAT_ANCHOR && sdp_is_msrp_tls(in->media))
		return handled(MSRP_AGNOSTIC, "nobody can look into TLS that is end to end", TRANSPARENT);
	if (in->policy == MSRP_POLICY_AGNOSTIC)
		return handled(MSRP_AGNOSTIC, "agnostic handling is switched on", "TS 23.334 5.19");
	if (in->policy == MSRP_POLICY_AWARE)
		return handled(MSRP_AWARE, "aware handling is switched on", "TS 23.334 5.19.5");
	if (sdp_attr(in->sdp, in->media, "msrp-cema", &value))
		return handled(MSRP_AGNOSTIC, "the offerer knows CEMA", "TS 23.334 5.19, RFC 6714");
	if (!sdp_attr(in->sdp, in->media, "path", &value))
		return handled(MSRP_AGNOSTIC, "there is no a=path to take over", "TS 23.334 5.19");
	return handled(MSRP_AWARE_IF_ABLE, "the offerer does not know CEMA", "TS 23.334 5.19.5");
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

const char *
msrp_mode_name(enum msrp_mode m)
{
	switch (m) {
	case MSRP_AGNOSTIC:
		return "agnostic";
	case MSRP_AWARE_IF_ABLE:
		return "aware if able";
	case MSRP_AWARE:
		return "aware";
	}
	return "unknown";
}
