/* SPDX-License-Identifier: BSD-2-Clause */
/* H.248 TimeStamp, yyyymmddThhmmssss in UTC, of observed events and registrations. */
#pragma once

#include "proto/base/arena.h"
#include "proto/base/span.h"

/* Now, in the arena; the empty span without memory. */
struct span mgco_time_now(struct arena *a);
