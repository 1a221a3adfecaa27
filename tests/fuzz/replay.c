/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/lib/own_net.h"

/* Not fuzz.h, which defines main. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);
int fuzz_replay(int argc, char **argv);

enum { INPUT_MAX = 1 << 20 };

/* The input sits in a heap block of its exact size, so that a sanitizer or valgrind sees a read beyond it. */
static bool
replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *buf = malloc(INPUT_MAX);
	uint8_t *exact = NULL;
	size_t len = 0;
	bool done = false;

	if (f && buf) {
		len = fread(buf, 1, INPUT_MAX, f);
		exact = malloc(len ? len : 1);
	}
	if (exact && !ferror(f)) {
		memcpy(exact, buf, len);
		LLVMFuzzerTestOneInput(exact, len);
		done = true;
	} else {
		perror(path);
	}
	if (f)
		fclose(f);
	free(buf);
	free(exact);
	return done;
}

/* Number of inputs that ran, -1 when the folder is missing or a file cannot be read. */
static int
replay_folder(const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, alphasort);
	int ran = 0;

	if (n < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		char path[4096];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		free(names[i]);
		if (ran < 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
			continue;
		ran = replay_file(path) ? ran + 1 : -1;
	}
	free(names);
	return ran;
}

int
fuzz_replay(int argc, char **argv)
{
	/* Written by us, found by the fuzzer's search for coverage, findings. Only the first must be there. */
	static const char *const kinds[] = { "in", "min", "repro" };
	const char *top = getenv("TOP_SRCDIR");
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash ? slash + 1 : argv[0];
	char dir[2048];

	own_net_try();
	if (argc > 1) {
		for (int i = 1; i < argc; i++)
			if (!replay_file(argv[i]))
				return EXIT_FAILURE;
		return EXIT_SUCCESS;
	}
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int ran;

		snprintf(dir, sizeof(dir), "%s/tests/fuzz/%s.%s", top ? top : ".", name, kinds[i]);
		ran = replay_folder(dir);
		if (ran <= 0 && i == 0) {
			fprintf(stderr, "%s: no inputs in %s\n", name, dir);
			return EXIT_FAILURE;
		}
		printf("%s: %d inputs of %s\n", name, ran > 0 ? ran : 0, kinds[i]);
	}
	return EXIT_SUCCESS;
}
