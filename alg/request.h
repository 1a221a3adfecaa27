/* SPDX-License-Identifier: BSD-2-Clause */
/* The contract between a front end (NG today) and the calls: one request in, one result out. */
#pragma once

#include <stdbool.h>

#include "alg/policy.h"
#include "alg/side.h"
#include "proto/base/addr.h"
#include "proto/base/slot.h"
#include "proto/base/span.h"

enum tri { TRI_DEFAULT, TRI_ON, TRI_OFF };

/* Offer, answer, delete or query as the front end understood it. Spans are borrowed for the call. */
struct alg_request {
	struct span call_id;
	struct span from_tag;   /* whoever made the offer, in the offer and in its answer; may be empty in delete */
	struct span to_tag;
	struct span via_branch;
	struct span sdp;
	bool has_direction;
	enum side from;         /* the side that this SDP comes from; valid with has_direction */
	struct addr received_from; /* source of the SIP message; family ADDR_NONE: not told */
	bool source_address;    /* flag SIP-source-address: believe received_from rather than c= */
	enum addr_family family; /* NG address-family: of our address in the SDP that leaves; ADDR_NONE: no wish */
	enum e2ae_key e2ae;
	bool ue_e2ae;           /* the UE registered with msrp-tls */
	bool has_msrp;
	enum msrp_policy msrp;  /* with has_msrp: instead of --msrp */
	bool hide_origin, hide_session; /* replace origin, session-connection: our address in o= and the session's c= */
	enum tri interlink;     /* variant A or B for this call */
	struct span setup_role; /* as --setup-role, for this call; checked by the front end; empty: not told */
	unsigned status;        /* answer: of the SIP response that carries it (NG key status); 0: not told */
	bool rollback;          /* delete: only what was offered and not answered */
};

struct call;

/* error empty: success. Valid during the callback only. */
struct alg_result {
	struct span sdp;         /* offer, answer */
	const char *error;       /* "reason: text", or NULL */
	const char *warning;     /* or NULL */
	const struct call *call; /* delete: the call that ended, for its statistics; NULL when unknown */
};

/* waiter is the front end's name for the request. Called exactly once a request, perhaps before it returns. */
typedef void (*alg_done_fn)(void *arg, slot_id waiter, const struct alg_result *r);
