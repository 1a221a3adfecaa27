/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes an offer and its answer through policy, setup and rewrite as the ALG does, without a gateway: the addresses
 * that it would have allocated are given. */
#pragma once

#include "alg/rewrite.h"
#include "proto/base/out.h"

struct pass {
	/* set by the test */
	enum side offerer;
	enum e2ae_policy policy;
	enum e2ae_key key;
	bool ue_e2ae, interlink;
	struct addr local[SIDES]; /* of the first line of ours; each further one has a port two higher */
	struct fpr_set fprs;
	/* written by pass_offer and pass_answer, by m-line */
	uint32_t n;
	struct pass_line {
		enum treatment treatment;
		enum sdp_setup offered;
		struct setup_out offer, answer;
		bool is_answered; /* answer holds a result */
	} line[SDP_MEDIA_MAX];
};

/* 0, or the error of sdp_parse, setup_resolve or sdp_edit_apply. o is heap or caller's. */
int pass_offer(struct pass *p, struct span in, struct out *o);
int pass_answer(struct pass *p, struct span in, struct out *o);
/* Rewrites once more, with the decisions that were taken for the offer or the answer. */
int pass_again(const struct pass *p, bool is_answer, struct span in, struct out *o);
/* True when the lines that are not ours left byte-identical and in order. Ours are, at session level: c=, a=setup,
 * a=fingerprint, a=3ge2ae; in a section that is neither passed nor refused: m=, c= and the same attributes and
 * a=key-mgmt; in a refused one m=. A last line without an end may have got one. */
bool pass_kept_the_rest(const struct pass *p, struct span in, struct span out);
