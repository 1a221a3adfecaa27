/* SPDX-License-Identifier: BSD-2-Clause */
/* One NG request and its reply, over UDP (repeated under the same cookie) or TCP. Blocking, with time-outs. */
#pragma once

#include "proto/codec/ngmsg.h"
#include "proto/ctl/ctl_conf.h"

/* reply's strings live in a. CTL_NO_ANSWER or CTL_ERROR with a line on standard error. */
enum ctl_exit ctl_exchange(const struct ctl_conf *c, const struct ng_val *request, struct arena *a, struct ng_msg *reply);
