/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificate fingerprints as in a=fingerprint (RFC 8122 section 5). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/bounds.h"
#include "proto/base/out.h"
#include "proto/base/span.h"

enum fpr_hash { FPR_SHA1, FPR_SHA224, FPR_SHA256, FPR_SHA384, FPR_SHA512, FPR_HASHES };
enum { FPR_DIGEST_MAX = 64, FPR_TEXT_MAX = 8 + 1 + 3 * FPR_DIGEST_MAX };

struct fpr {
	enum fpr_hash hash;
	uint8_t len; /* octets in digest */
	uint8_t digest[FPR_DIGEST_MAX];
};

/* The fingerprints that were signalled for one peer; any one match is enough (RFC 8122 section 5.1). */
struct fpr_set {
	uint8_t n;
	uint8_t unknown; /* lines whose hash we do not know: never a match, but not a syntax error either */
	struct fpr v[SDP_FINGERPRINTS_MAX];
};

/* The members of a set in a block no larger than they are, for what keeps them as long as a call. */
struct fpr_list {
	uint8_t n, unknown; /* as in struct fpr_set */
	struct fpr v[];
};

/* "sha-256 AB:CD:..." - name and hex in any case, the length must fit the hash. ERR_UNSUPPORTED: hash unknown;
 * ERR_SYNTAX otherwise. */
int fpr_parse(struct span s, struct fpr *f);
/* Upper-case hex, lower-case hash name. buf holds FPR_TEXT_MAX bytes; returns buf. */
const char *fpr_text(const struct fpr *f, char *buf);
const char *fpr_hash_name(enum fpr_hash h);
/* Octets of its digests; 0: no such hash. */
uint8_t fpr_hash_len(enum fpr_hash h);
/* Same hash and digest; time does not depend on where they differ. */
bool fpr_equal(const struct fpr *a, const struct fpr *b);
/* Adds one parsed a=fingerprint value; an unknown hash is counted, not an error. ERR_LIMIT when full. */
int fpr_set_add(struct fpr_set *set, struct span s);
/* Same members in any order. */
bool fpr_set_equal(const struct fpr_set *a, const struct fpr_set *b);
/* The caller's, to free(). NULL: out of memory. */
struct fpr_list *fpr_list_new(const struct fpr_set *set);
/* l NULL: a set without members. */
void fpr_list_get(const struct fpr_list *l, struct fpr_set *set);
