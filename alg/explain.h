/* SPDX-License-Identifier: BSD-2-Clause */
/* What would be sent for an offer, and for its answer, and why, line by line. Pure: no gateway is asked, nothing is
 * counted or kept. */
#pragma once

#include "alg/call.h"
#include "proto/codec/ngmsg.h"

/* Fills reply with the SDP that would leave for the offer of req (key sdp, with stand-ins for what a gateway would choose)
 * and a list lines: treatment, reason, clause and the changes of each m-line with their rules; and, unless answer is empty,
 * the same for it under the key answer, with who would connect on each side. 0, or ERR_SYNTAX, ERR_UNSUPPORTED, ERR_TOOBIG
 * or ERR_NOMEM with a sentence in error, as the offer or the answer would be refused with. Strings live in a. */
int explain(struct arena *a, const struct calls_conf *conf, const struct alg_request *req, struct span answer,
            struct ng_val *reply, struct span *error);
