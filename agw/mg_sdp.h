/* SPDX-License-Identifier: BSD-2-Clause */
/* Local and Remote descriptors: SDP to values and back. The "$" of H.248 asks us to choose. */
#pragma once

#include "agw/term.h"
#include "proto/base/arena.h"

/* What is wrong with a descriptor: H.248.8 code, and a text that names the offending part (static or in the
 * arena). */
struct mg_fault {
	uint32_t code;
	const char *text;
};

/* 0, or ERR_SYNTAX / ERR_UNSUPPORTED with *f set. Several session descriptions are alternatives, and the first that we
 * can do is taken (H.248.1 7.1.8); *f is what the first one lacks. An empty Remote is a peer that is not known. */
int mg_sdp_read_local(struct arena *a, struct span sdp, struct term_local *l, struct span *path,
                      struct mg_fault *f);
int mg_sdp_read_remote(struct arena *a, struct span sdp, struct term_remote *r, struct fpr_set *fprs,
                       struct span *path, struct mg_fault *f);
/* Are there alternatives? */
bool mg_sdp_has_several(struct span sdp);
/* Local with everything filled in. The empty span when the arena is exhausted. */
struct span mg_sdp_print_local(struct arena *a, const struct term_stream *s);
/* Remote as it was given; SPAN_NULL when none was. */
struct span mg_sdp_print_remote(struct arena *a, const struct term_stream *s);
