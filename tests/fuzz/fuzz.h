/* SPDX-License-Identifier: BSD-2-Clause */
/* Included by each fuzz target: the entry point that libFuzzer calls, and without libFuzzer a main() that replays the
 * target's corpus. A target states properties with FUZZ_ASSERT, which also holds under NDEBUG. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define FUZZ_ASSERT(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: property does not hold: %s\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

/* Runs every file of tests/fuzz/<program>.in, and of .min and .repro when they exist, or only the files named in
 * argv. 0 when at least one input ran. */
int fuzz_replay(int argc, char **argv);

#ifndef HAVE_LIBFUZZER
int
main(int argc, char **argv)
{
	return fuzz_replay(argc, argv);
}
#endif
