/* SPDX-License-Identifier: BSD-2-Clause */
/* An MSRP back-to-back without sockets: what a peer says, and what the peers are told. Side 0 is the UE's. */
#pragma once

#include "agw/msrp_b2b.h"
#include "proto/base/out.h"

#define B2B_GW_UE "msrps://203.0.113.10:20000/gwUe0123456789;tcp"
#define B2B_GW_CORE "msrp://10.0.0.20:30000/gwCore123456789;tcp"
#define B2B_UE "msrps://192.0.2.7:7777/ueSession;tcp"
#define B2B_CORE "msrp://10.0.0.9:8888/coreSession;tcp"

struct b2b_bench {
	struct msrp_b2b *b;
	struct msrp_sink sink;
	struct msrp_limits limits; /* none, unless set after b2b_init() */
	struct out to[2]; /* what the peers got since the last b2b_told() */
	uint8_t room[4096];
	uint64_t now_ms;
	unsigned writes;
};

void b2b_init(struct b2b_bench *x);
/* Other peers' paths, or NULL; types_empty as in struct leg_msrp, for side 1. */
void b2b_set(struct b2b_bench *x, const char *ue_path, const char *core_path, bool types_empty);
void b2b_fini(struct b2b_bench *x);
/* The answer of msrp_b2b_feed(). */
int b2b_say(struct b2b_bench *x, unsigned from, const char *text);
/* In pieces of at most n octets. */
int b2b_say_slowly(struct b2b_bench *x, unsigned from, struct span text, size_t n);
/* What a side got, all of it; forgets it. The text lasts until the next call for that side. */
const char *b2b_told(struct b2b_bench *x, unsigned side);
