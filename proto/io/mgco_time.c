/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/io/mgco_time.h"

#include <time.h>

struct span
mgco_time_now(struct arena *a)
{
	struct timespec ts;
	struct tm tm;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	(void)gmtime_r(&ts.tv_sec, &tm);
	return arena_printf(a, "%04d%02d%02dT%02d%02d%02d%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	                    tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(ts.tv_nsec / 10000000));
}
