/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure: TCP roles of both terminations from a=setup (RFC 4145, RFC 6135, RFC 4975), in TCP proxy mode, where both
 * sides are negotiated apart, or transparently, where the peers' own choice is carried and mirrored. */
#pragma once

#include <stdbool.h>

#include "alg/side.h"
#include "proto/codec/sdp.h"

struct setup_in {
	enum side offerer;        /* the side that made the offer */
	enum sdp_setup offered;   /* a=setup as it came in */
	bool answered;            /* false: only the offer is known yet */
	enum sdp_setup answer;    /* a=setup of the answer as it came in */
	bool no_port[SIDES];      /* that peer's port is 9 or 0: nobody can connect to it (RFC 4145 4) */
	bool interlink;           /* variant A (true) or B (false) */
	enum sdp_setup prefer[SIDES]; /* our own role towards a side that leaves us the choice: ACTIVE, PASSIVE, else
	                             (0) what suits the other side best. Proxy mode only */
	bool transparent;         /* TREAT_ANCHOR: a=setup is carried as it is and the roles mirror it, so that TLS
	                             between the peers finds one client and one server (TS 23.334 5.16.2.2) */
};

/* What to write and what to order, for an offer (answered false) or for the answered session. */
struct setup_out {
	enum sdp_setup write;        /* a=setup of the forwarded offer or answer; ABSENT: none is written */
	enum sdp_setup role[SIDES];  /* our own role towards each side, as Local a=setup for the gateway: ACTIVE,
	                                PASSIVE, ACTPASS (undecided, proxy) or HOLDCONN */
	bool link[SIDES];            /* an incoming connection at this side triggers one at the other (seplink) */
	bool establish[SIDES];       /* the gateway is ordered to connect on this side now */
	const char *clause;          /* static */
};

/* "SIDE:ROLE" with access or core and auto, active or passive, several with commas between: what --setup-role and the NG
 * key setup-role say. Sides that are not named stay. ERR_SYNTAX; prefer is then untouched. */
int setup_prefer_parse(struct span s, enum sdp_setup prefer[SIDES]);

/* We never connect to a peer without a port: actpass in its offer, or no a=setup in its answer, then means active.
 * ERR_SYNTAX for a bad value, ERR_MISMATCH when the answer is not legal for the offer that we sent (RFC 4145
 * section 4.1), or for passive without a port. *out is then untouched. */
int setup_resolve(const struct setup_in *said, struct setup_out *out);
