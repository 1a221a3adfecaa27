/* SPDX-License-Identifier: BSD-2-Clause */
/* The SYN gate by NFQUEUE: SYNs of the port ranges wait in kernel queues, one thread a queue says what becomes of
 * them. Nobody answers for a SYN while it waits, and a full queue drops: it always fails closed. */
#pragma once

#include "agw/gate.h"
#include "agw/syngate_cmd.h" /* SYNGATE_WHY_MAX */

struct syngate_nfq;

/* Binds queues num .. num + count - 1 and starts their threads. With park what may yet be let in goes on to queue num +
 * count (see syngate_park.h). t is borrowed. On failure (no CAP_NET_ADMIN, a queue in
 * use, no kernel support) NULL and in why, of SYNGATE_WHY_MAX bytes, a sentence. */
struct syngate_nfq *syngate_nfq_new(uint16_t num, uint16_t count, const struct gate_table *t, bool park, char *why);
/* Unbinds the queues, whose waiting packets the kernel drops, and ends the threads. */
void syngate_nfq_free(struct syngate_nfq *q);
/* Adds to *c. */
void syngate_nfq_read_counters(const struct syngate_nfq *q, struct gate_counters *c);

enum { SYNGATE_QUEUES_MAX = 64 };
