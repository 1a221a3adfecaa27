/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker's counters: one writer, readers anywhere, no lock and no locked instruction either. */
#pragma once

#include <stddef.h>

#include "agw/worker.h"

/* Adds n to one of them. */
void worker_count(uint64_t *counter, uint64_t n);
void worker_count_octets(struct worker_counters *c, unsigned side, size_t len, bool spliced);
/* EVENT_FAILED: what its reason counts as. */
void worker_count_failure(struct worker_counters *c, const struct event *e);
void worker_count_msrp(struct worker_counters *c, const struct msrp_stats *more);
struct leg_env;
/* env: has the legs' own. */
void worker_copy_counters(const struct worker_counters *from, const struct leg_env *env, struct worker_counters *c);
