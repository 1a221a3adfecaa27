/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure: what is done with a m-line of an offer, and why. */
#pragma once

#include <stdbool.h>

#include "alg/side.h"
#include "proto/codec/sdp.h"

enum treatment {
	TREAT_PASS,   /* not ours: leaves byte-identical */
	TREAT_E2AE,   /* TLS ends at the gateway on the access side (TS 23.334 6.2.10.3) */
	TREAT_ANCHOR, /* through the gateway, transport and TLS attributes untouched (TS 23.334 6.2.10A) */
	TREAT_REJECT, /* refused: port 0 */
};
enum e2ae_policy { E2AE_WHEN_SUPPORTED, E2AE_ALWAYS, E2AE_NEVER }; /* --e2ae */
enum e2ae_key { E2AE_KEY_AUTO, E2AE_KEY_ON, E2AE_KEY_OFF };        /* NG key e2ae */

struct policy_in {
	enum side from;          /* the side that the offer came from */
	enum e2ae_policy policy;
	enum e2ae_key key;
	bool ue_e2ae;            /* NG key ue-e2ae=yes: the UE registered with msrp-tls */
	const struct sdp *sdp;
	const struct sdp_media *media;
};

struct policy_out {
	enum treatment treatment;
	const char *why;    /* static, for logs and explain */
	const char *clause; /* static: where the rule stands */
};

/* How much the gateway knows of MSRP on this m-line (TS 23.334 5.19). */
enum msrp_mode {
	MSRP_AGNOSTIC, /* octets pass; a=path is between the peers (RFC 6714 CEMA, or peers that match sessions only) */
	MSRP_AWARE_IF_ABLE, /* aware, unless the gateway refuses to */
	MSRP_AWARE,    /* the gateway has a URI of its own on each side and rewrites To-Path and From-Path */
};
enum msrp_policy { MSRP_POLICY_AUTO, MSRP_POLICY_AGNOSTIC, MSRP_POLICY_AWARE }; /* --msrp, NG key msrp */

struct msrp_in {
	enum msrp_policy policy;
	enum treatment treatment; /* E2AE or ANCHOR */
	const struct sdp *sdp;    /* the offer */
	const struct sdp_media *media;
};

struct msrp_out {
	enum msrp_mode mode;
	const char *why, *clause; /* static */
};

/* For a line that goes through a gateway. */
struct msrp_out policy_msrp(const struct msrp_in *in);
/* For any m-line of an offer; what is no MSRP passes. */
struct policy_out policy_decide(const struct policy_in *in);
/* For logs and ims-ctl; static. */
const char *treatment_name(enum treatment t);
const char *msrp_mode_name(enum msrp_mode m);
