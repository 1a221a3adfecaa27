/* SPDX-License-Identifier: BSD-2-Clause */
/* ServiceChange of the gateway on ROOT, and what comes back. */
#pragma once

#include "proto/io/mgco_node.h"

/* Sends it with Version 2 and our profile. Errors as mgco_request(). */
int mg_service_send(struct mgco_assoc *as, const char *method, const char *reason, mgco_reply_fn fn, void *arg);
/* True with *e when the reply is an error; else *s gets its Services, or NULL. */
bool mg_service_refused(const struct mgco_txn *reply, const struct mgco_error **e, const struct mgco_services **s);
/* "[192.0.2.1]:2944" or "[2001:db8::1]"; without a port 2944. ERR_SYNTAX for other kinds of MId. */
int mg_mid_addr(struct span mid, struct addr *a);
