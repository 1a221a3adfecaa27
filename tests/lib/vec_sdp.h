/* SPDX-License-Identifier: BSD-2-Clause */
/* The vectors of tests/vec/sdp: NN-name.txt says what is called and how, .offer and .answer are what arrives, .offer.out and
 * .answer.out what leaves. Expectations of the .txt are lines "line N = ...", one for each m-line, "T1 remote" and "T2
 * remote", the peers' addresses as the gateway learns them for the first m-line that it serves, and "offer refused" or
 * "answer refused", the reason of a refusal. */
#pragma once

#include "tests/lib/alg_pass.h"

enum { VEC_FILE_MAX = 65536 };

struct vec {
	char path[1024]; /* without the ending */
	struct pass pass;
	char expect[SDP_MEDIA_MAX][128];
	uint32_t n_expect;
	struct flow_host hosts[FLOW_HOSTS_MAX];
	char names[FLOW_HOSTS_MAX][64];
	struct addr remote[SIDES]; /* family ADDR_NONE: not asked */
	char refused[2][32];       /* offer, answer: the reason, "" when it must pass */
	char setup_role[64];       /* "": none */
	bool has_clause;
};

/* A file of the vector, on the heap; a NUL ends it, and *len counts what is behind one, too. NULL: there is none. */
char *vec_read_file(const struct vec *v, const char *ending, size_t *len);
/* Calls play for each vector with its parameters. At least min are there, or the test ends. */
void vec_each(int min, void (*play)(struct vec *v));
