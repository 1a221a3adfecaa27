/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes an offer and its answer through policy, flow and rewrite as the ALG does, without a gateway: the addresses
 * that it would have allocated are given. */
#pragma once

#include "alg/flow.h"
#include "alg/rewrite.h"
#include "proto/base/out.h"

struct pass {
	/* set by the test */
	enum side offerer;
	enum e2ae_policy policy;
	enum e2ae_key key;
	bool ue_e2ae;
	struct flow_opts opts;
	enum msrp_policy msrp;
	bool hide_origin, hide_session;
	char path[SIDES][MGC_OWN_PATH_MAX]; /* our URI for aware handling; "": the gateway is agnostic only */
	struct addr local[SIDES]; /* of the first line of ours; each further one has a port two higher */
	struct fpr_set fprs;
	/* written by pass_offer and pass_answer, by m-line */
	uint32_t n;
	struct pass_line {
		enum treatment treatment;
		bool offered_tls;
		enum sdp_setup offered, write;
		enum msrp_mode msrp;
		bool cema;
		struct mgc_term want[SIDES]; /* what the gateway would be told */
		bool is_answered; /* want and write are those of the answer */
	} line[SDP_MEDIA_MAX];
	struct flow_out why; /* when a flow refused */
};

/* 0, or the error of sdp_parse, a flow (why says more) or sdp_edit_apply. o is heap or caller's. */
int pass_offer(struct pass *p, struct span in, struct out *o);
int pass_answer(struct pass *p, struct span in, struct out *o);
/* Rewrites once more, with the decisions that were taken for the offer or the answer. */
int pass_again(const struct pass *p, bool is_answer, struct span in, struct out *o);
/* True when the lines that are not ours left byte-identical and in order. Ours are, at session level: c=, a=setup,
 * a=fingerprint, a=3ge2ae (and o= when it is to be hidden); in a section that is neither passed nor refused: m=, c= and the same attributes and
 * a=key-mgmt, and with aware handling a=path and a=msrp-cema; in a refused one m=. A last line without an end may have got one. */
bool pass_kept_the_rest(const struct pass *p, struct span in, struct span out);
