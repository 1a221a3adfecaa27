/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure: the edits of one m-line of an offer or answer on its way through. */
#pragma once

#include "alg/policy.h"
#include "alg/setup.h"
#include "proto/codec/sdp_edit.h"

struct rewrite_in {
	enum side to;             /* the side that the SDP goes to */
	bool is_answer;
	enum treatment treatment;
	struct addr local;        /* the gateway's (advertised) address and port on that side */
	struct span path;         /* our a=path on that side when the gateway is MSRP-aware; empty: the peers' own stays */
	bool cema;                /* with path: a=msrp-cema is said, else dropped (RFC 6714) */
	struct fpr_set fprs;      /* TREAT_E2AE towards access: our certificate's fingerprints */
	enum sdp_setup setup;     /* what a=setup becomes; ABSENT: the line is dropped or not added */
};

/* Adds the edits for media m (TS 23.334 6.2.10.3 steps 8 and 17). A c= line at session level that also
 * serves other m-lines is left alone and one is inserted at media level; 0.0.0.0 and :: (hold) stay what they are.
 * PASS and lines that are not MSRP get no edits, REJECT sets port 0; so does E2AE or ANCHOR without a local address,
 * and E2AE towards access without fingerprints. The result is the same when applied to its own output. */
void rewrite_media(struct sdp_edits *e, const struct sdp_media *m, const struct rewrite_in *in);

/* Topology hiding, as NG's replace asks for it. */
struct rewrite_session {
	struct addr origin; /* o= gets this address, its other fields stay; family ADDR_NONE: o= stays */
	struct addr conn;   /* c= at session level becomes this, unless it is a hold or a line that is not ours needs it;
	                       family ADDR_NONE: only as far as rewrite_media() must */
	uint64_t version_ahead; /* o= counts so much further; what is no number stays */
	bool (*is_ours)(void *arg, uint32_t media); /* whether this m-line has its own address from us, or none */
	void *arg;
};

/* The edits of o= and c= of the session. */
void rewrite_session(struct sdp_edits *e, const struct rewrite_session *in);
