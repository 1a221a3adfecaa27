/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a packet filter tool: fixed arguments, its script on standard input, no shell. */
#pragma once

#include "agw/gate.h" /* SYNGATE_WHY_MAX */
#include "proto/base/span.h"

/* Looks argv[0] up in the system's directories, runs it with script on standard input and waits for its end. A process
 * that is not root but holds CAP_NET_ADMIN passes that on. 0, ERR_NOTFOUND without such a tool, ERR_IO when it
 * failed; then why (of SYNGATE_WHY_MAX bytes) holds what it said first. */
int syngate_cmd_run(const char *const *argv, struct span script, char *why);
