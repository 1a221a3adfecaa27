/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/h248_trace.h"

#include <stdio.h>
#include <stdlib.h>

/* FNV-1a over the text with a run of digits as one. */
static uint64_t
shape_of(struct span msg)
{
	uint64_t hash = 0xcbf29ce484222325;
	bool was_digit = false;

	for (size_t i = 0; i < msg.len; i++) {
		bool is_digit = msg.p[i] >= '0' && msg.p[i] <= '9';

		if (!is_digit || !was_digit)
			hash = (hash ^ (is_digit ? '0' : (unsigned char)msg.p[i])) * 0x100000001b3;
		was_digit = is_digit;
	}
	return hash;
}

static bool
keep(void *arg, struct span msg)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%016llx", (const char *)arg, (unsigned long long)shape_of(msg));
	f = fopen(path, "wx");
	if (f) {
		fwrite(msg.p, 1, msg.len, f);
		fclose(f);
	}
	return true;
}

void
h248_trace(struct mgco_node *n)
{
	char *folder = getenv("H248_TRACE");

	if (folder)
		mgco_node_set_tap(n, keep, folder);
}
