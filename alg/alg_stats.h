/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters of one ims-alg; each module adds to the ones that it causes. */
#pragma once

#include "alg/cause.h"

struct alg_stats {
#define STAT(name, help) uint64_t name;
#define STAT_BY_CAUSE(name, help) uint64_t name[CAUSES];
#include "alg/alg_stats.def"
#undef STAT_BY_CAUSE
#undef STAT
};

/* All causes together. */
uint64_t alg_stats_sum(const uint64_t by_cause[CAUSES]);
