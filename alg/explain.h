/* SPDX-License-Identifier: BSD-2-Clause */
/* What would be sent for an offer and why, line by line. Pure: no gateway is asked, nothing is counted or kept. */
#pragma once

#include "alg/call.h"
#include "proto/codec/ngmsg.h"

/* Fills reply with the SDP that would leave (key sdp, with stand-ins for what a gateway would choose) and a list lines:
 * treatment, reason, clause and the changes of each m-line with their rules. 0, or ERR_SYNTAX or ERR_UNSUPPORTED with a
 * sentence in error, as the offer would be refused with. Strings live in a. */
int explain_offer(struct arena *a, const struct calls_conf *conf, const struct alg_request *req, struct ng_val *reply,
                  struct span *error);
