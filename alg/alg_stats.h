/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters of one ims-alg; each module adds to the ones that it causes. */
#pragma once

#include <stdint.h>

struct alg_stats {
#define STAT(name, help) uint64_t name;
#include "alg/alg_stats.def"
#undef STAT
};
