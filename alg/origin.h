/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure: the version of o= in what one side is sent. Who reads an SDP with a version that it knows may skip it (RFC 3264
 * 8), so when a peer says the same as before under the same version, while our part of it has changed (another port,
 * after a context was lost or replaced), we count one further, and stay as far ahead of that peer from then on. */
#pragma once

#include "proto/codec/sdp.h"

struct origin {
	uint64_t session; /* hash of user and session id; 0: nothing was sent yet */
	uint64_t in, out; /* hashes of the last SDP, as it came (version and all) and as it left */
	uint64_t ahead;   /* what is added to each version */
};

/* An SDP is about to be written: of another session, everything begins anew. */
void origin_begin(struct origin *o, const struct sdp *sdp);
/* True, and ahead is one more, when this must not leave under the version that it has. */
bool origin_must_count(struct origin *o, struct span in, struct span out);
/* This leaves. */
void origin_end(struct origin *o, struct span in, struct span out);
