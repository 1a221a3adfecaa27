/* SPDX-License-Identifier: BSD-2-Clause */
/* What a call has agreed on and what is still only offered. An offer touches nothing that is agreed: it names the
 * contexts that it would keep and reserves those that it needs beyond. So an answer is the one moment at which a call
 * changes, and dropping a proposal is all that a refused, cancelled or forgotten re-offer needs (RFC 3264 8). */
#pragma once

#include "alg/mgc.h"
#include "alg/policy.h"
#include "proto/base/list.h"
#include "proto/base/slot.h"

/* An SDP as it came in and as it left; heap. in NULL: there was none. */
struct sdp_pair {
	char *in, *out;
	size_t in_len, out_len;
};

struct proposal_line {
	enum treatment treatment;
	enum sdp_setup offered; /* a=setup as it came */
	bool tls;               /* TCP/TLS/MSRP, as it came */
	slot_id media;          /* its context, kept or reserved; 0: none */
	struct mgc_term near;   /* the offerer's side, as it will be once agreed */
};

struct proposal {
	enum side from;         /* who offered */
	struct sdp_pair sdp;
	char *via_branch;       /* heap; "" when not told */
	uint32_t n;
	struct proposal_line line[];
};

/* One answer to the agreed offer. A forked INVITE has several, by to-tag. */
struct dialog {
	struct list node;       /* in call.dialogs, oldest first */
	char *to_tag;           /* heap */
	struct sdp_pair answer;
};

/* NULL out of memory. */
struct proposal *proposal_new(enum side from, struct span via_branch, uint32_t n_lines);
/* The same offer, without contexts. NULL out of memory. */
struct proposal *proposal_copy(const struct proposal *p);
/* Its contexts are the caller's business. NULL is legal. */
void proposal_free(struct proposal *p);
struct dialog *dialog_new(struct span to_tag);
/* Unlinks it as well. NULL is legal. */
void dialog_free(struct dialog *d);

/* Copies in and takes out over. ERR_NOMEM: the pair is as before and out still the caller's. */
int sdp_pair_set(struct sdp_pair *s, struct span in, char *out, size_t out_len);
bool sdp_pair_is(const struct sdp_pair *s, struct span in);
