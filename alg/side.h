/* SPDX-License-Identifier: BSD-2-Clause */
/* The two sides of the access gateway. T1 is the access termination, T2 the core termination, everywhere. */
#pragma once

enum side { SIDE_ACCESS, SIDE_CORE, SIDES };

static inline enum side
side_other(enum side s)
{
	return s == SIDE_ACCESS ? SIDE_CORE : SIDE_ACCESS;
}
